from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.models.status import OrderStatus


class EventKind(models.TextChoices):
    """What happened to an order."""

    CREATED = "created", _("created")
    STATUS = "status", _("status")
    EDITED = "edited", _("edited")
    PAYMENT = "payment", _("payment")
    SUBSTITUTED = "substituted", _("composition changed")
    PRICE_CORRECTED = "price_corrected", _("price corrected")
    HOLD_ENDED = "hold_ended", _("goods are not held any longer")
    RESERVATION_LOST = "reservation_lost", _("reserved goods were taken away")


class OrderEvent(models.Model):
    """One line of an order's history: what, when, who. `by` is empty for what no person did."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(_("event"), max_length=20, choices=EventKind)
    status_before = models.ForeignKey(OrderStatus, models.PROTECT, null=True, related_name="+", db_index=False)
    status = models.ForeignKey(OrderStatus, models.PROTECT, null=True, related_name="+", db_index=False)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("who")
    )

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("history of orders")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_kind_display()}"
