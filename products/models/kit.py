from django.db import models
from django.db.models.functions import Lower, Round
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from core.quantities import MAX_MONEY, MAX_QUANTITY, QUANTITY_STEP, MoneyField, QuantityField, bounded
from products.models.category import ProductCategory
from products.models.product import Product
from products.models.variants import ProductVariantGroup


class ProductKit(SoftDelete):
    """A bouquet's recipe. It has no stock of its own: what is sold are its components."""

    soft_owned = ("photos",)

    name = models.CharField(_("name"), max_length=200)
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="kits", verbose_name=_("category")
    )
    sale_price = MoneyField(_("price"), default=0)
    description = models.TextField(_("description"), blank=True, max_length=5000)
    is_active = models.BooleanField(_("on sale"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(SoftDelete.Meta):
        verbose_name = _("bouquet")
        verbose_name_plural = _("bouquets")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(is_deleted=False), name="kit_name_once"),
            bounded("sale_price", "kit_sale_price_range", 0, MAX_MONEY),
        ]

    def __str__(self) -> str:
        return self.name


class KitItem(models.Model):
    """One line of a recipe: how much of which product or of one of a group's, or how many of which other bouquet, go into
    one bouquet."""

    kit = models.ForeignKey(ProductKit, models.CASCADE, related_name="items", verbose_name=_("bouquet"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="kit_items", verbose_name=_("product")
    )
    inner = models.ForeignKey(
        ProductKit, models.PROTECT, null=True, blank=True, related_name="inside", verbose_name=_("bouquet inside")
    )
    group = models.ForeignKey(
        ProductVariantGroup, models.PROTECT, null=True, blank=True, related_name="kit_items",
        verbose_name=_("one of the interchangeable"),
    )  # fmt: skip
    quantity = QuantityField(_("quantity"))

    class Meta:
        verbose_name = _("component")
        verbose_name_plural = _("components")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["kit", "product"], name="kit_component_once"),
            models.UniqueConstraint(fields=["kit", "inner"], name="kit_inner_once"),
            models.UniqueConstraint(fields=["kit", "group"], name="kit_group_once"),
            models.CheckConstraint(
                condition=models.Q(product__isnull=False, inner__isnull=True, group__isnull=True)
                | models.Q(product__isnull=True, inner__isnull=False, group__isnull=True)
                | models.Q(product__isnull=True, inner__isnull=True, group__isnull=False),
                name="kit_component_one_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(inner__isnull=True) | ~models.Q(inner=models.F("kit")), name="kit_not_in_itself"
            ),
            models.CheckConstraint(  # half a bouquet can't be inside another
                condition=models.Q(inner__isnull=True) | models.Q(quantity=Round("quantity")),
                name="kit_inner_whole",
            ),
            bounded("quantity", "kit_component_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
        ]

    @property
    def goods(self) -> Product | ProductKit | ProductVariantGroup:
        """What goes in: a product, a bouquet, or one of a group."""
        thing = self.product or self.inner or self.group
        assert thing is not None  # noqa: S101 - the database keeps it so
        return thing

    def __str__(self) -> str:
        return f"{self.goods} × {self.quantity}"
