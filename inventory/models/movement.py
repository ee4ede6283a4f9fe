from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QuantityField, ValueField, bounded
from inventory.models.guard import EngineRow
from inventory.models.stock import Stock


class MovementKind(models.IntegerChoices):
    """Why the ledger has a row. The numbers stand in the engine's SQL files."""

    RECEIPT = 1, _("receipt")
    SALE = 2, _("sale")
    WRITE_OFF = 3, _("write-off")
    SUPPLIER_RETURN = 4, _("return to supplier")
    REVERSAL = 5, _("reversal of a sale")
    SALE_RETURN = 6, _("return from a buyer")
    RECOST = 7, _("true cost of goods sold before entry")
    WRITE_OFF_REVERSAL = 8, _("reversal of a write-off")
    TRANSFER_OUT = 9, _("sent to another warehouse")
    TRANSFER_IN = 10, _("received from another warehouse")
    COUNT_SURPLUS = 11, _("surplus of a count")
    COUNT_SHORTFALL = 12, _("shortfall of a count")
    ASSEMBLY_OUT = 13, _("used in a bouquet")
    ASSEMBLY_IN = 14, _("bouquet made")
    DISASSEMBLY_OUT = 15, _("bouquet taken apart")
    DISASSEMBLY_IN = 16, _("back from a bouquet")
    COST_CORRECTION = 17, _("correction of cost")
    REGRADE_OUT = 18, _("became another product")
    REGRADE_IN = 19, _("was another product")
    TRANSFER_CANCELLED = 20, _("transfer cancelled")


class SourceKind(models.IntegerChoices):
    """Which table `source_id` of a ledger row points to. The numbers stand in the engine's SQL files."""

    RECEIPT_LINE = 1, _("receipt line")
    SALE = 2, _("sale")
    WRITE_OFF = 3, _("write-off")
    SUPPLIER_RETURN = 4, _("return to supplier")
    SALE_RETURN = 5, _("return from a buyer")
    SHORTAGE = 6, _("shortage")
    TRANSFER_LINE = 7, _("transfer line")
    COUNT_LINE = 8, _("count")
    ASSEMBLY = 9, _("assembly")
    ASSEMBLY_PART = 10, _("part of a bouquet")
    REGRADE = 11, _("regrade")
    COST_CORRECTION = 12, _("correction of cost")
    DISASSEMBLY = 13, _("taking apart")


class StockMovement(EngineRow):
    """The ledger: append-only, gapless per stock, with running balance and value.

    `seq` counts 1, 2, 3 … under the stock's lock and is the order of events; `created_at` is only for people.
    `balance_after` is on hand minus short. A source can be booked once per kind and part; `part` is the batch
    where goods of one source make several batches.
    """

    stock = models.ForeignKey(Stock, models.PROTECT, related_name="movements", db_index=False)
    seq = models.BigIntegerField(_("no."))
    kind = models.PositiveSmallIntegerField(_("kind"), choices=MovementKind)
    quantity = QuantityField(_("quantity"))
    value = ValueField(_("value"))
    balance_after = QuantityField(_("balance"))
    value_after = ValueField(_("value after"))
    source_kind = models.PositiveSmallIntegerField(_("document"), choices=SourceKind)
    source_id = models.BigIntegerField(_("document no."))
    part = models.BigIntegerField(default=0)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )
    business_date = models.DateField(_("date"))
    created_at = models.DateTimeField(_("entered"))

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["stock_id", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["stock", "seq"], name="movement_seq_once"),
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "kind", "part", "stock"], name="movement_source_once"
            ),
            bounded("quantity", "movement_quantity_range", -MAX_QUANTITY, MAX_QUANTITY),
            bounded("value", "movement_value_range", -MAX_VALUE, MAX_VALUE),
            bounded("balance_after", "movement_balance_range", -MAX_QUANTITY, MAX_QUANTITY),
            bounded("value_after", "movement_value_after_range", -MAX_VALUE, MAX_VALUE),
        ]

    def __str__(self) -> str:
        return f"{self.stock} #{self.seq}"
