from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QuantityField, ValueField, bounded
from inventory.models.guard import EngineRow
from inventory.models.warehouse import Warehouse
from products.models import Product


class Stock(EngineRow):
    """How much of a product is in a warehouse: the checked cache of batches and ledger, and the lock above them.

    Whoever changes a batch, an allocation, a shortage, a reservation or the ledger of a product in a warehouse holds
    this row first. `quantity` is on hand, `reserved` is promised out of it, `short` was sold before it was entered;
    `value` is what the goods cost, minus the estimated cost of what is short.
    """

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="stocks", db_index=False, verbose_name=_("product")
    )
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="stocks", verbose_name=_("warehouse"))
    quantity = QuantityField(_("on hand"), default=0)
    reserved = QuantityField(_("reserved"), default=0)
    short = QuantityField(_("sold before entry"), default=0)
    value = ValueField(_("value"), default=0)
    version = models.BigIntegerField(_("ledger rows"), default=0)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        ordering = ["product__name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["product", "warehouse"], name="stock_once"),
            bounded("quantity", "stock_quantity_range", 0, MAX_QUANTITY),
            bounded("short", "stock_short_range", 0, MAX_QUANTITY),
            bounded("value", "stock_value_range", -MAX_VALUE, MAX_VALUE),
            models.CheckConstraint(
                condition=models.Q(reserved__gte=0, reserved__lte=models.F("quantity")), name="stock_reserved_range"
            ),
            models.CheckConstraint(condition=models.Q(quantity=0) | models.Q(short=0), name="stock_never_both"),
        ]

    def __str__(self) -> str:
        return f"{self.product} · {self.warehouse}"

    @property
    def free(self) -> Decimal:
        """On hand and promised to nobody, base units."""
        return self.quantity - self.reserved
