from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.quantities import (
    MAX_MONEY,
    MAX_QUANTITY,
    MAX_VALUE,
    QUANTITY_STEP,
    MoneyField,
    QuantityField,
    ValueField,
    bounded,
    round_money,
)
from inventory.models.demand import StockDemand
from inventory.models.guard import EngineManager, EngineRowError
from inventory.models.warehouse import Warehouse
from products.models import Product


class Sale(models.Model):
    """Goods of one product that left the stock for money. Never edited; undone by a reversal or a return.

    `amount` is what the buyer pays for them after discounts, `cost` what they cost the shop. A sale saved with
    `processed=False` (in the admin, in a shell) is written off by the receiver `process_sale_fifo` in the same
    transaction; the sale processor itself creates sales already processed.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="sales", verbose_name=_("product"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="sales", db_index=False, verbose_name=_("warehouse")
    )
    quantity = QuantityField(_("quantity"))
    amount = MoneyField(_("amount"), default=0)
    cost = ValueField(_("cost"), default=0, editable=False)
    returned = QuantityField(_("returned"), default=0, editable=False)
    returned_cost = ValueField(_("returned cost"), default=0, editable=False)
    demand = models.ForeignKey(
        StockDemand, models.PROTECT, null=True, blank=True, related_name="sales", editable=False, db_index=False
    )
    processed = models.BooleanField(_("written off"), default=False, editable=False)
    sold_at = models.DateTimeField(_("sold"), default=timezone.now)
    reversed_at = models.DateTimeField(_("reversed"), null=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("by"),
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EngineManager()

    class Meta:
        verbose_name = _("sale")
        verbose_name_plural = _("sales")
        ordering = ["-sold_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["demand"],
                condition=Q(reversed_at__isnull=True, demand__isnull=False),
                name="sale_one_live_per_demand",
            ),
            bounded("quantity", "sale_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("amount", "sale_amount_range", 0, MAX_MONEY),
            bounded("cost", "sale_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=F("quantity")), name="sale_returned_range"
            ),
            models.CheckConstraint(
                condition=Q(returned_cost__gte=0, returned_cost__lte=F("cost")), name="sale_returned_cost_range"
            ),
        ]
        indexes = [
            models.Index(fields=["demand"], condition=Q(demand__isnull=False), name="sale_demand"),
            models.Index(fields=["sold_at"], name="sale_sold_at"),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"

    @property
    def sale_price(self) -> Decimal:
        """Money per base unit, 2 decimals; the amount is the exact figure."""
        return round_money(self.amount / self.quantity)

    @property
    def is_live(self) -> bool:
        return self.reversed_at is None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and, through the receiver, write off, or leave no trace: without the transaction a refusal by the
        receiver would keep the row. What was sold can't be changed afterwards; saving it again changes nothing."""
        with transaction.atomic():
            if not self._state.adding:
                self._refuse_changes()
            elif self.processed:
                self._refuse_unless_written_off()
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise EngineRowError(_("A sale is never deleted. Reverse it or take the goods back."))

    def _refuse_unless_written_off(self) -> None:
        """`processed` is the sale processor's word, given after the goods have left."""
        if self.pk is None or not (self.allocations.exists() or self.shortages.exists()):
            raise EngineRowError(
                _("Only the sale processor marks a sale as written off. Save it without the mark, and it will be.")
            )

    def _refuse_changes(self) -> None:
        stored = Sale.objects.select_for_update(of=("self",), no_key=True).get(pk=self.pk)
        fixed = (
            "product_id", "warehouse_id", "quantity", "amount", "cost", "returned", "returned_cost", "demand_id",
            "processed", "reversed_at",
        )  # fmt: skip
        if any(getattr(stored, name) != getattr(self, name) for name in fixed):
            raise EngineRowError(_("A sale is never edited. Reverse it and sell again, or take the goods back."))
