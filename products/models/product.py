from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import SoftDelete
from core.quantities import MAX_MONEY, MoneyField, bounded
from core.series import next_number
from products.models.category import ProductCategory


class Unit(models.TextChoices):
    """The base unit in which a product is counted, sold and kept."""

    STEM = "stem", _("stems")
    PIECE = "piece", _("pcs")
    POT = "pot", _("pots")
    METRE = "metre", _("m")
    PACK = "pack", pgettext_lazy("unit", "packs")


class Product(SoftDelete):
    """Something that can be sold and is kept in stock: a rose of 60 cm, a ribbon, a vase.

    The goods of `reduced_from` that are sold cheaper, and the bouquets of the recipe `made_from` that stand ready, are
    products of their own: at most one live one each.
    """

    soft_owned = ("photos",)

    name = models.CharField(_("name"), max_length=200)
    sku = models.CharField(_("SKU"), max_length=40, blank=True, help_text=_("Left empty, it is made automatically."))
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("category")
    )
    unit = models.CharField(_("unit"), max_length=10, choices=Unit, default=Unit.STEM)
    sale_price = MoneyField(_("price"), default=0)
    vase_life_days = models.PositiveSmallIntegerField(
        _("vase life, days"), null=True, blank=True, help_text=_("How long it stays fresh; empty if it does not wilt.")
    )
    description = models.TextField(_("description"), blank=True, max_length=5000)
    is_active = models.BooleanField(_("on sale"), default=True)
    reduced_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="reduced",
        verbose_name=_("reduced from"),
    )  # fmt: skip
    made_from = models.ForeignKey(
        "products.ProductKit", models.PROTECT, null=True, blank=True, editable=False, related_name="made",
        verbose_name=_("made from the bouquet"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(SoftDelete.Meta):
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Upper("sku"), condition=models.Q(is_deleted=False), name="product_sku_once"),
            models.CheckConstraint(condition=~models.Q(sku=""), name="product_sku_present"),
            bounded("sale_price", "product_sale_price_range", 0, MAX_MONEY),
            models.UniqueConstraint(
                fields=["reduced_from"], condition=models.Q(is_deleted=False), name="product_one_reduced"
            ),
            models.UniqueConstraint(
                fields=["made_from"], condition=models.Q(is_deleted=False), name="product_one_made_from_kit"
            ),
        ]
        indexes = [models.Index(Lower("name"), name="product_name_folded")]

    def __str__(self) -> str:
        return self.name

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Forms may leave the SKU empty: it is made when the product is saved."""
        super().validate_constraints({*(exclude or ()), "sku"} if not self.sku else exclude)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.sku:
            self.sku = free_sku()
        super().save(*args, **kwargs)


def free_sku() -> str:
    """A new six-digit SKU: digits alone read the same in every keyboard layout. Numbers typed by hand are skipped."""
    while True:
        sku = f"{next_number('products_sku_seq'):06d}"
        if not Product.all_objects.filter(sku=sku).exists():
            return sku
