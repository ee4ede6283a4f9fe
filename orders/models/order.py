from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import DomainError
from core.quantities import MAX_MONEY, MoneyField, bounded
from core.series import NextVal
from inventory.models import Warehouse
from orders.models.contact import Contact
from orders.models.status import OrderStatus


class Fulfilment(models.TextChoices):
    """How the flowers reach the recipient."""

    DELIVERY = "delivery", _("delivery")
    PICKUP = "pickup", _("pickup")


class Order(models.Model):
    """What a buyer asked for, until it is delivered and paid.

    Whoever saves it, wherever: `create_sale_on_order_completion` brings the stock in line with the status inside the
    same transaction. `version` counts the savings of its content, so that a stale form is noticed.
    """

    number = models.BigIntegerField(
        _("no."), unique=True, db_default=NextVal("orders_order_number_seq"), editable=False
    )
    status = models.ForeignKey(OrderStatus, models.PROTECT, related_name="orders", verbose_name=_("status"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="orders", db_index=False, verbose_name=_("warehouse")
    )
    buyer = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="bought", verbose_name=_("buyer")
    )
    recipient = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="received", verbose_name=_("recipient")
    )
    fulfilment = models.CharField(_("handing over"), max_length=10, choices=Fulfilment, default=Fulfilment.DELIVERY)
    address = models.CharField(_("address"), max_length=300, blank=True)
    due_on = models.DateField(_("date"))
    due_from = models.TimeField(_("from"), null=True, blank=True)
    due_until = models.TimeField(_("until"), null=True, blank=True)
    card_message = models.TextField(pgettext_lazy("flowers", "card"), blank=True, max_length=500)
    courier_note = models.TextField(_("note for the courier"), blank=True, max_length=500)
    discount = MoneyField(_("discount"), default=0)
    delivery_price = MoneyField(_("delivery price"), default=0)
    total = MoneyField(_("total"), default=0, editable=False)
    paid = MoneyField(_("paid"), default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-due_on", "-id"]
        constraints = [
            bounded("discount", "order_discount_range", 0, MAX_MONEY),
            bounded("delivery_price", "order_delivery_price_range", 0, MAX_MONEY),
            bounded("total", "order_total_range", 0, MAX_MONEY),
            bounded("paid", "order_paid_range", 0, MAX_MONEY),
            models.CheckConstraint(
                condition=Q(due_from__isnull=True) | Q(due_until__isnull=True) | Q(due_from__lt=F("due_until")),
                name="order_slot_forward",
            ),
        ]
        indexes = [models.Index(fields=["due_on", "due_from", "id"], name="order_due")]

    def __str__(self) -> str:
        return _("Order %(number)s") % {"number": self.number}

    @property
    def debt(self) -> Decimal:
        """Money still to be paid; never below zero."""
        return max(self.total - self.paid, Decimal(0))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and let the receiver bring the stock in line, or leave no trace: without the transaction a refusal by
        the receiver would keep the saved status. A changed status is written to the history."""
        from orders.services.history import note_status_change

        with transaction.atomic():
            before = None
            if not self._state.adding:
                before = (
                    Order.objects.select_for_update(of=("self",), no_key=True)
                    .filter(pk=self.pk)
                    .values_list("status_id", flat=True)
                    .first()
                )
            super().save(*args, **kwargs)
            if before != self.status_id:
                note_status_change(self, before=before, by=self.created_by if before is None else None)

    def sync_stock(self) -> None:
        """Bring the stock in line with the status. Any number of calls leave the same stock."""
        from orders.services.stock_sync import sync_stock_to_status

        sync_stock_to_status(self, by=None)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Only an order that never asked anything of the stock may go."""
        if self.items.filter(demand_links__isnull=False).exists() or self.payments.exists():
            raise OrderKept(_("Order %(number)s is history and stays. Cancel it instead.") % {"number": self.number})
        return super().delete(*args, **kwargs)


class OrderKept(DomainError):
    """The order can't be deleted."""

    code = "order_kept"
