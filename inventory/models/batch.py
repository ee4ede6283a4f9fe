from datetime import date

from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QUANTITY_STEP, QuantityField, ValueField, bounded
from inventory.models.assembly import Assembly, AssemblyPart, Disassembly
from inventory.models.documents import ReceiptLine, SupplierReturn, WriteOff
from inventory.models.guard import EngineRow
from inventory.models.regrade import Regrade
from inventory.models.sale import Sale
from inventory.models.stock import Stock
from inventory.models.stock_take import CountLine
from inventory.models.transfer import TransferLine


class StockBatch(EngineRow):
    """Goods that came together, cost the same and wilt together.

    They came by a receipt, were found by a count (at an estimated cost), made as bouquets, or moved on from another
    batch: `origin` is that batch, whose age they keep, and `came_by` what was taken from it.
    """

    stock = models.ForeignKey(Stock, models.PROTECT, related_name="batches")
    receipt_line = models.ForeignKey(ReceiptLine, models.PROTECT, null=True, related_name="batches")
    count_line = models.ForeignKey(CountLine, models.PROTECT, null=True, related_name="batches", db_index=False)
    assembly = models.ForeignKey(Assembly, models.PROTECT, null=True, related_name="batches", db_index=False)
    origin = models.ForeignKey("self", models.PROTECT, null=True, related_name="moved_on", db_index=False)
    came_by = models.ForeignKey(
        "inventory.SaleAllocation", models.PROTECT, null=True, related_name="moved_on", db_index=False
    )
    received_at = models.DateTimeField(_("received"))
    expires_on = models.DateField(_("fresh until"), null=True)
    quantity = QuantityField(_("received quantity"))
    remaining = QuantityField(_("remaining"))
    unit_cost = ValueField(_("cost per unit"))
    total_cost = ValueField(_("total cost"))
    remaining_value = ValueField(_("remaining value"))
    # A boolean of its own: an index on a condition over `remaining` would be rewritten by every sale.
    is_open = models.BooleanField(_("open"), default=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["received_at", "id"]
        constraints = [
            bounded("quantity", "batch_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("unit_cost", "batch_unit_cost_range", 0, MAX_VALUE),
            bounded("total_cost", "batch_total_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("quantity")), name="batch_remaining_range"
            ),
            models.CheckConstraint(
                condition=Q(remaining_value__gte=0, remaining_value__lte=F("total_cost")), name="batch_value_range"
            ),
            models.CheckConstraint(condition=Q(remaining__gt=0) | Q(remaining_value=0), name="batch_empty_is_worth_0"),
            models.CheckConstraint(
                condition=Q(is_open=True, remaining__gt=0) | Q(is_open=False, remaining=0), name="batch_open_matches"
            ),
            models.CheckConstraint(
                condition=Q(origin__isnull=True, came_by__isnull=True) | Q(origin__isnull=False, came_by__isnull=False),
                name="batch_origin_by_allocation",
            ),
        ]
        indexes = [
            models.Index(fields=["stock", "received_at", "id"], condition=Q(is_open=True), name="batch_open_queue"),
            models.Index(fields=["expires_on"], condition=Q(is_open=True), name="batch_open_expiry"),
            models.Index(fields=["count_line"], condition=Q(count_line__isnull=False), name="batch_count_line"),
            models.Index(fields=["assembly"], condition=Q(assembly__isnull=False), name="batch_assembly"),
            models.Index(fields=["came_by"], condition=Q(came_by__isnull=False), name="batch_came_by"),
            models.Index(fields=["origin"], condition=Q(origin__isnull=False), name="batch_origin"),
        ]

    def __str__(self) -> str:
        return f"{self.stock} · {self.received_on:%d.%m.%Y}"

    @property
    def received_on(self) -> date:
        """The shop's calendar day of arrival."""
        return timezone.localdate(self.received_at)

    @property
    def cost_is_estimated(self) -> bool:
        """Found by a count: what it cost is what the last goods did."""
        return self.count_line_id is not None


# Exactly one of these says who took the goods.
ALLOCATION_SOURCES = (
    "sale", "write_off", "supplier_return", "transfer_line", "count_line", "assembly_part", "disassembly", "regrade",
)  # fmt: skip


class SaleAllocation(EngineRow):
    """What one issue line took from one batch: a sale, or the line of another document that takes goods out.

    `returned` and `returned_cost` are the part that was put back into the batch.
    """

    sale = models.ForeignKey(Sale, models.PROTECT, null=True, related_name="allocations", db_index=False)
    write_off = models.ForeignKey(WriteOff, models.PROTECT, null=True, related_name="allocations", db_index=False)
    supplier_return = models.ForeignKey(
        SupplierReturn, models.PROTECT, null=True, related_name="allocations", db_index=False
    )
    transfer_line = models.ForeignKey(
        TransferLine, models.PROTECT, null=True, related_name="allocations", db_index=False
    )
    count_line = models.ForeignKey(CountLine, models.PROTECT, null=True, related_name="allocations", db_index=False)
    assembly_part = models.ForeignKey(
        AssemblyPart, models.PROTECT, null=True, related_name="allocations", db_index=False
    )
    disassembly = models.ForeignKey(Disassembly, models.PROTECT, null=True, related_name="allocations", db_index=False)
    regrade = models.ForeignKey(Regrade, models.PROTECT, null=True, related_name="allocations", db_index=False)
    batch = models.ForeignKey(StockBatch, models.PROTECT, related_name="allocations")
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))
    returned = QuantityField(_("returned"), default=0)
    returned_cost = ValueField(_("returned cost"), default=0)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["id"]
        constraints = [
            bounded("quantity", "allocation_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "allocation_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(returned__gte=0, returned__lte=F("quantity")), name="allocation_returned_range"
            ),
            models.CheckConstraint(
                condition=Q(returned_cost__gte=0, returned_cost__lte=F("cost")), name="allocation_returned_cost_range"
            ),
            models.CheckConstraint(
                condition=Q(returned__lt=F("quantity")) | Q(returned_cost=F("cost")), name="allocation_full_return"
            ),
            models.CheckConstraint(
                condition=Exact(Func(*ALLOCATION_SOURCES, function="num_nonnulls", output_field=IntegerField()), 1),
                name="allocation_one_source",
            ),
        ]
        indexes = [
            models.Index(fields=["sale"], condition=Q(sale__isnull=False), name="allocation_sale"),
            models.Index(fields=["write_off"], condition=Q(write_off__isnull=False), name="allocation_write_off"),
            models.Index(
                fields=["supplier_return"], condition=Q(supplier_return__isnull=False), name="allocation_sup_return"
            ),
            models.Index(
                fields=["transfer_line"], condition=Q(transfer_line__isnull=False), name="allocation_transfer"
            ),
            models.Index(fields=["count_line"], condition=Q(count_line__isnull=False), name="allocation_count"),
            models.Index(fields=["assembly_part"], condition=Q(assembly_part__isnull=False), name="allocation_part"),
            models.Index(fields=["disassembly"], condition=Q(disassembly__isnull=False), name="allocation_disassembly"),
            models.Index(fields=["regrade"], condition=Q(regrade__isnull=False), name="allocation_regrade"),
        ]

    def __str__(self) -> str:
        return f"{self.batch} × {self.quantity}"


class Shortage(EngineRow):
    """Goods sold before they were entered: how much is still open and what it was estimated to cost."""

    stock = models.ForeignKey(Stock, models.PROTECT, related_name="shortages", db_index=False)
    sale = models.ForeignKey(Sale, models.PROTECT, related_name="shortages")
    quantity = QuantityField(_("quantity"))
    open = QuantityField(_("still open"))
    open_value = ValueField(_("estimated cost of the open part"))
    created_at = models.DateTimeField(_("opened"))

    class Meta:
        verbose_name = _("shortage")
        verbose_name_plural = _("shortages")
        ordering = ["id"]
        constraints = [
            bounded("quantity", "shortage_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("open_value", "shortage_open_value_range", 0, MAX_VALUE),
            models.CheckConstraint(condition=Q(open__gte=0, open__lte=F("quantity")), name="shortage_open_range"),
            models.CheckConstraint(condition=Q(open__gt=0) | Q(open_value=0), name="shortage_closed_is_worth_0"),
        ]
        indexes = [models.Index(fields=["stock", "id"], condition=Q(open__gt=0), name="shortage_open_queue")]

    def __str__(self) -> str:
        return f"{self.stock} −{self.open}"
