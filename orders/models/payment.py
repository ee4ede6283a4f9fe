from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.quantities import MAX_MONEY, MONEY_STEP, MoneyField, bounded
from orders.models.order import Order


class PaymentMethod(models.TextChoices):
    """How the money came."""

    CASH = "cash", pgettext_lazy("payment", "cash")
    CARD = "card", pgettext_lazy("payment", "card")
    TRANSFER = "transfer", pgettext_lazy("payment", "transfer")
    ONLINE = "online", pgettext_lazy("payment", "online")


class Payment(models.Model):
    """Money received for an order. Never edited."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod)
    paid_at = models.DateTimeField(_("paid"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["id"]
        constraints = [bounded("amount", "payment_amount_range", MONEY_STEP, MAX_MONEY)]

    def __str__(self) -> str:
        return f"{self.order}: {self.amount}"
