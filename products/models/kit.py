from decimal import Decimal

from django.db import models
from django.db.models.functions import Lower, Round
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from core.quantities import MAX_MONEY, MAX_QUANTITY, QUANTITY_STEP, MoneyField, QuantityField, bounded
from products.domain.kit_price import KitPrice, Rule
from products.domain.prices import Rounding
from products.models.category import ProductCategory
from products.models.product import Product
from products.models.season import Season
from products.models.variants import ProductVariantGroup


class Size(models.IntegerChoices):
    """The sizes in which a bouquet is offered, small ones first."""

    ONE = 0, _("one size")
    XS = 1, "XS"
    S = 2, "S"
    M = 3, "M"
    L = 4, "L"
    XL = 5, "XL"


class PriceRule(models.TextChoices):
    """How a bouquet gets its price (products/domain/kit_price.py)."""

    FIXED = "fixed", _("typed by hand")
    SUM = "sum", _("what its parts cost one by one")
    MARKUP = "markup", _("its cost and a markup")


class RoundedTo(models.TextChoices):
    """What a price by a rule is rounded to."""

    NONE = "none", _("to the kopeck")
    ONE = "1", _("to whole ones")
    TEN = "10", _("to 10")
    FIFTY = "50", _("to 50")
    NINETY = "90", _("to end in 90")


class ProductKit(Season, SoftDelete):
    """A bouquet's recipe. It has no stock of its own: what is sold are its components.

    Each size is a recipe of its own with its own price: what is ordered, promised and made is always one size. Bouquets
    of one name are the sizes of one bouquet.
    """

    soft_owned = ("photos",)

    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveSmallIntegerField(_("size"), choices=Size, default=Size.ONE)
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="kits", verbose_name=_("category")
    )
    sale_price = MoneyField(_("price"), default=0)
    work_cost = MoneyField(_("work on one bouquet"), default=Decimal(0))
    price_rule = models.CharField(_("price by"), max_length=6, choices=PriceRule, default=PriceRule.FIXED)
    markup = models.DecimalField(_("markup, %"), max_digits=6, decimal_places=2, default=Decimal(0))
    rounded_to = models.CharField(_("price rounded"), max_length=4, choices=RoundedTo, default=RoundedTo.NONE)
    description = models.TextField(_("description"), blank=True, max_length=5000)
    is_active = models.BooleanField(_("on sale"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(SoftDelete.Meta):
        verbose_name = _("bouquet")
        verbose_name_plural = _("bouquets")
        ordering = ["name", "size", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), "size", condition=models.Q(is_deleted=False), name="kit_name_and_size_once"
            ),
            models.CheckConstraint(condition=models.Q(size__in=Size.values), name="kit_size_known"),
            bounded("sale_price", "kit_sale_price_range", 0, MAX_MONEY),
            Season.in_order("kit_season_in_order"),
            bounded("work_cost", "kit_work_cost_range", 0, MAX_MONEY),
            bounded("markup", "kit_markup_range", 0, Decimal(9999)),
            models.CheckConstraint(
                condition=models.Q(price_rule__in=PriceRule.values, rounded_to__in=RoundedTo.values),
                name="kit_price_rule_known",
            ),
        ]

    @property
    def priced(self) -> KitPrice:
        """The rule of its price."""
        return KitPrice(Rule(self.price_rule), self.markup, self.work_cost, Rounding(self.rounded_to))

    def __str__(self) -> str:
        return f"{self.name} {Size(self.size).label}" if self.size else self.name


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


INSTEAD_AT_MOST = 4


class KitItemAlternative(models.Model):
    """What a line of a recipe may take instead of its product; what has the lower position is taken first.

    That it is another product than the line's, that the line has one at all, and that it is no service, is what
    `products.services.kits` checks under the lock of all recipes."""

    item = models.ForeignKey(KitItem, models.CASCADE, related_name="alternatives")
    product = models.ForeignKey(Product, models.PROTECT, related_name="alternative_in", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("product that may be taken instead")
        verbose_name_plural = _("products that may be taken instead")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["item", "product"], name="alternative_once"),
            models.UniqueConstraint(fields=["item", "position"], name="alternative_place_once"),
            models.CheckConstraint(
                condition=models.Q(position__gte=1, position__lte=INSTEAD_AT_MOST), name="alternative_position_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.product}"
