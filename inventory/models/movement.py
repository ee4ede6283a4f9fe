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


class SourceKind(models.IntegerChoices):
    """Which table `source_id` of a ledger row points to. The numbers stand in the engine's SQL files."""

    RECEIPT_LINE = 1, _("receipt line")
    SALE = 2, _("sale")
    WRITE_OFF = 3, _("write-off")
    SUPPLIER_RETURN = 4, _("return to supplier")
    SALE_RETURN = 5, _("return from a buyer")
    SHORTAGE = 6, _("shortage")


class StockMovement(EngineRow):
    """The ledger: append-only, gapless per stock, with running balance and value.

    `seq` counts 1, 2, 3 … under the stock's lock and is the order of events; `created_at` is only for people.
    `balance_after` is on hand minus short. A source can be booked once per kind and part.
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
