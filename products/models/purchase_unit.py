from decimal import Decimal

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import npgettext

from core.quantities import MAX_QUANTITY, QUANTITY_STEP, QuantityField, bounded
from core.templatetags.florist import quantity
from products.models.product import Product


class Packing(models.TextChoices):
    """In what goods are bought."""

    BUNCH = "bunch", _("bunch")
    BOX = "box", _("box")
    PACK = "pack", _("pack")
    BUCKET = "bucket", _("bucket")
    ROLL = "roll", _("roll")
    OTHER = "other", _("other, with a name of its own")


class PurchaseUnit(models.Model):
    """How a product is bought: a bunch of 25 stems, a box of 400.

    Never changed, only added and removed: another size is another unit. So a form that names a unit by its key means
    the size its reader saw.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="purchase_units", verbose_name=_("product"))
    packing = models.CharField(_("packing"), max_length=10, choices=Packing, default=Packing.BUNCH)
    own_name = models.CharField(_("own name"), max_length=40, blank=True)
    factor = QuantityField(_("base units in one"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("purchase unit")
        verbose_name_plural = _("purchase units")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                "product", "packing", Lower("own_name"), "factor", name="purchase_unit_once"
            ),
            models.CheckConstraint(
                condition=models.Q(packing=Packing.OTHER) & ~models.Q(own_name="")
                | ~models.Q(packing=Packing.OTHER) & models.Q(own_name=""),
                name="purchase_unit_own_name_when_other",
            ),
            bounded("factor", "purchase_unit_factor_range", QUANTITY_STEP, MAX_QUANTITY),
        ]  # fmt: skip

    @property
    def facts(self) -> tuple[str, str, Decimal]:
        """What makes it this unit and no other."""
        return (self.packing, self.own_name.casefold(), self.factor)

    def __str__(self) -> str:
        return f"{packing_name(self.packing, self.own_name)} × {quantity(self.factor)}"


def packing_name(packing: str, own_name: str) -> str:
    """`bunch`, or the name the shop gave."""
    return own_name or str(Packing(packing).label)


def counted_in_words(packs: Decimal, packing: str, own_name: str) -> str:
    """`10 bunches`; a name of the shop's own isn't declined: `crate: 10`."""
    if own_name:
        return f"{own_name}: {quantity(packs)}"
    number = int(packs) if packs == int(packs) else 2  # a fraction takes the form of two: 2,5 пучка
    words = {
        Packing.BUNCH: npgettext("packing", "bunch", "bunches", number),
        Packing.BOX: npgettext("packing", "box", "boxes", number),
        Packing.PACK: npgettext("packing", "pack", "packs", number),
        Packing.BUCKET: npgettext("packing", "bucket", "buckets", number),
        Packing.ROLL: npgettext("packing", "roll", "rolls", number),
    }
    return quantity(packs, words[Packing(packing)])
