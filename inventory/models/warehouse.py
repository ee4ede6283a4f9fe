from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from core.quantities import MAX_QUANTITY, QuantityField, bounded
from products.models import PurchaseUnit


class IssueOrder(models.TextChoices):
    """Which goods leave first."""

    FIFO = "fifo", _("what came first")
    FEFO = "fefo", _("what wilts first")


class Warehouse(SoftDelete):
    """A place where goods are kept: the cooler, the shop floor, the second shop's store."""

    name = models.CharField(_("name"), max_length=100)
    is_default = models.BooleanField(_("main warehouse"), default=False)
    reserve_ahead_days = models.PositiveSmallIntegerField(
        _("reserve ahead, days"),
        default=3,
        help_text=_("An order takes free goods when it is needed within this many days; later ones wait."),
    )
    issue_order = models.CharField(
        _("leaves first"),
        max_length=4,
        choices=IssueOrder,
        default=IssueOrder.FIFO,
        help_text=_("What came first, or what wilts first: goods without a day of wilting then leave last."),
    )
    allow_short = models.BooleanField(
        _("sell before entry"),
        default=False,
        help_text=_(
            "Orders may be completed with goods that are there but not entered yet; the receipt brings their cost."
        ),
    )
    short_limit = QuantityField(
        _("sold before entry, at most"),
        default=100,
        help_text=_("Per line of an order: more than this is taken for a slip of the finger."),
    )
    short_in_all = QuantityField(
        _("sold before entry of one product, at most"),
        default=100,
        help_text=_("Of one product in all: beyond this its receipt has to be entered first."),
    )
    short_days = models.PositiveSmallIntegerField(
        _("sold before entry for at most, days"),
        default=3,
        help_text=_("Then it stands among what needs a decision, and no more of the product is sold so."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta(SoftDelete.Meta):
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(is_deleted=False), name="warehouse_name_once"),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True, is_deleted=False),
                name="warehouse_one_default",
            ),
            bounded("short_limit", "warehouse_short_limit_range", 0, MAX_QUANTITY),
            bounded("short_in_all", "warehouse_short_in_all_range", 0, MAX_QUANTITY),
        ]

    def __str__(self) -> str:
        return self.name


class Supplier(SoftDelete):
    """Who brings the goods."""

    name = models.CharField(_("name"), max_length=200)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    comment = models.TextField(_("comment"), blank=True, max_length=2000)

    class Meta(SoftDelete.Meta):
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(is_deleted=False), name="supplier_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class SupplierUnit(models.Model):
    """This supplier packs a product so: bunches of 20, boxes of 400.

    A purchase unit that stands here is offered for its suppliers alone, one that stands nowhere for everybody. Rows of a
    deleted supplier stay and count: what one base packs so is not packed so by the others because it is gone.
    """

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="packs", verbose_name=_("supplier"))
    unit = models.ForeignKey(
        PurchaseUnit, models.CASCADE, related_name="packed_by", verbose_name=_("purchase unit")
    )  # fmt: skip

    class Meta:
        verbose_name = _("supplier's purchase unit")
        verbose_name_plural = _("suppliers' purchase units")
        constraints = [models.UniqueConstraint(fields=["supplier", "unit"], name="supplier_unit_once")]

    def __str__(self) -> str:
        return f"{self.supplier}: {self.unit}"
