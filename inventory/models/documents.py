from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QUANTITY_STEP, QuantityField, ValueField, bounded
from core.series import NextVal
from core.templatetags.florist import quantity
from inventory.models.warehouse import Supplier, Warehouse
from products.models import Packing, Product
from products.models.purchase_unit import counted_in_words


class Document(models.Model):
    """What every posted document has: a number, a moment, a person. Posted documents are never edited or deleted."""

    posted_at = models.DateTimeField(_("posted"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    class Meta:
        abstract = True
        ordering = ["-id"]


class FreightSpread(models.TextChoices):
    """How the freight of a delivery is shared over its goods."""

    VALUE = "value", _("by what the goods cost")
    QUANTITY = "quantity", _("by how many there are")


class Receipt(Document):
    """Goods that arrived together from one supplier. `total_cost` is what they cost with their `freight`.

    `served` is there only right after posting: demand id → base units reserved at once for demands that waited.
    """

    served: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_receipt_number_seq"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="receipts", verbose_name=_("warehouse"))
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("supplier")
    )
    received_at = models.DateTimeField(_("received"))
    total_cost = ValueField(_("total cost"), default=0)
    freight = ValueField(_("freight"), default=0)
    spread = models.CharField(_("shared"), max_length=10, choices=FreightSpread, default=FreightSpread.VALUE)

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            bounded("total_cost", "receipt_total_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=models.Q(freight__gte=0, freight__lte=models.F("total_cost")), name="receipt_freight_range"
            ),
        ]

    @property
    def is_backdated(self) -> bool:
        """Whether the goods came on an earlier day than they were entered: what was sold between kept its cost."""
        return timezone.localdate(self.received_at) < timezone.localdate(self.posted_at)

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class ReceiptLine(models.Model):
    """One product of a receipt; it becomes one batch. `total_cost` and `unit_cost` are with its share of the freight.

    `packs`, `packing`, `own_name` and `factor` remember how it was counted when it was not counted in base units; they
    are words and numbers of that day and point to nothing.
    """

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = QuantityField(_("quantity"))
    unit_cost = ValueField(_("cost per unit"))
    total_cost = ValueField(_("total cost"))
    freight = ValueField(_("share of the freight"), default=0)
    expires_on = models.DateField(_("fresh until"), null=True)
    packs = QuantityField(_("packs"), null=True)
    factor = QuantityField(_("base units in one"), null=True)
    packing = models.CharField(_("packing"), max_length=10, choices=Packing, blank=True)
    own_name = models.CharField(_("own name"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ["id"]
        constraints = [
            bounded("quantity", "receipt_line_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("unit_cost", "receipt_line_unit_cost_range", 0, MAX_VALUE),
            bounded("total_cost", "receipt_line_total_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=models.Q(freight__gte=0, freight__lte=models.F("total_cost")),
                name="receipt_line_freight_range",
            ),
            models.CheckConstraint(
                condition=models.Q(packs__isnull=True, factor__isnull=True, packing="", own_name="")
                | models.Q(packs__gt=0, factor__gt=0, quantity=models.F("packs") * models.F("factor"))
                & ~models.Q(packing=""),
                name="receipt_line_packs_make_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"

    @property
    def packed_in(self) -> tuple[str, str, Decimal | None]:
        """The purchase unit it was counted in, as `PurchaseUnit.facts` tells it."""
        return (self.packing, self.own_name.casefold(), self.factor)

    @property
    def counted_as(self) -> str:
        """`10 bunches × 25`; empty when it was counted in base units."""
        if self.packs is None or self.factor is None:
            return ""
        return f"{counted_in_words(self.packs, self.packing, self.own_name)} × {quantity(self.factor)}"


class WriteOffReason(models.TextChoices):
    """Why goods are written off."""

    WILTED = "wilted", _("wilted")
    BROKEN = "broken", _("broken")
    PESTS = "pests", _("pests")
    TRANSIT = "transit", _("damaged in transit")
    TRAINING = "training", _("training")
    OWN_USE = "own_use", _("own use")
    GIFT = "gift", _("gift")
    OTHER = "other", _("other")


class WriteOff(Document):
    """Goods of one product that are gone without a sale; reversed, they are all back in their batches.

    `lost` is there only right after posting: demand id → base units whose reservation had to give way. `served` is
    there only right after reversing: demand id → base units reserved at once for demands that waited.
    """

    lost: dict[int, Decimal] | None = None
    served: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_writeoff_number_seq"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="write_offs", verbose_name=_("product"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="write_offs", verbose_name=_("warehouse"))
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))
    reason = models.CharField(_("reason"), max_length=20, choices=WriteOffReason)
    reversed_at = models.DateTimeField(_("reversed"), null=True, editable=False)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("reversed by"),
    )

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        constraints = [
            bounded("quantity", "write_off_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "write_off_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=models.Q(reversed_at__isnull=False) | models.Q(reversed_by__isnull=True),
                name="write_off_reversed_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class SupplierReturn(Document):
    """Goods of one batch that went back to who brought them. `lost` as with a write-off."""

    lost: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_supplierreturn_number_seq"))
    batch = models.ForeignKey("inventory.StockBatch", models.PROTECT, related_name="supplier_returns")
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, related_name="returns")
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("return to supplier")
        verbose_name_plural = _("returns to suppliers")
        constraints = [
            bounded("quantity", "supplier_return_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "supplier_return_cost_range", 0, MAX_VALUE),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class SaleReturn(Document):
    """Goods of one sale that the buyer brought back."""

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_salereturn_number_seq"))
    sale = models.ForeignKey("inventory.Sale", models.PROTECT, related_name="returns")
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("return from a buyer")
        verbose_name_plural = _("returns from buyers")
        constraints = [
            bounded("quantity", "sale_return_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "sale_return_cost_range", 0, MAX_VALUE),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
