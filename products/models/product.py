from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import SoftDelete
from core.quantities import MAX_MONEY, MAX_QUANTITY, QUANTITY_STEP, MoneyField, QuantityField, bounded
from core.series import next_number
from products.domain.barcodes import own_code
from products.models.category import ProductCategory
from products.models.season import Season


class Unit(models.TextChoices):
    """The base unit in which a product is counted, sold and kept."""

    STEM = "stem", _("stems")
    PIECE = "piece", _("pcs")
    POT = "pot", _("pots")
    METRE = "metre", _("m")
    PACK = "pack", pgettext_lazy("unit", "packs")


class Kind(models.TextChoices):
    """What a product is in the trade. A service has no stock; goods never become one, nor the other way round."""

    FLOWER = "flower", _("cut flower")
    GREENERY = "greenery", pgettext_lazy("kind of goods", "greenery")
    POT = "pot", _("pot plant")
    DRIED = "dried", _("dried flower")
    PACKAGING = "packaging", _("packaging")
    GIFT = "gift", _("gift or sundry")
    BOUQUET = "bouquet", _("ready bouquet")
    SERVICE = "service", _("service")


class Colour(models.TextChoices):
    """The colour family of a flower: how a florist looks for it, not how a breeder calls it."""

    WHITE = "white", _("white")
    CREAM = "cream", _("cream")
    YELLOW = "yellow", _("yellow")
    ORANGE = "orange", _("orange")
    CORAL = "coral", _("coral and peach")
    PINK = "pink", _("pink")
    RED = "red", _("red")
    CHERRY = "cherry", _("burgundy")
    LILAC = "lilac", _("lilac and violet")
    BLUE = "blue", _("blue")
    TERRACOTTA = "terracotta", _("brown and terracotta")
    GREEN = "green", _("green")
    MIXED = "mixed", _("several colours")


class DesignRole(models.TextChoices):
    """What a flower does in a bouquet."""

    FOCAL = "focal", _("focal flower")
    SECONDARY = "secondary", _("secondary flower")
    LINE = "line", _("line")
    FILLER = "filler", _("filler")
    FOLIAGE = "foliage", _("foliage")


DAYS_AT_MOST = 3650
STEM_AT_MOST = 400  # centimetres
TAG_LENGTH, TAGS_AT_MOST = 40, 20


class Product(Season, SoftDelete):
    """Something that can be sold: a rose of 60 cm, a ribbon, a vase, which are kept in stock, or a service, which is not.

    What is not on sale is still received, written off and put into bouquets; what is in the archive the shop carries no
    more: no picker offers it, its history stays. `minimum_stock` are base units in all warehouses together. `tax_rate` is
    per cent within the price, empty without tax; `trade_code` is what the auctions call it (VBN, Floricode). `notes` are for the staff alone. The goods of `reduced_from` that are sold cheaper, and the bouquets of the recipe `made_from` that stand ready, are
    products of their own: at most one live one each.
    """

    soft_owned = ("photos", "barcodes")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.FLOWER)
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
    shelf_life_days = models.PositiveSmallIntegerField(
        _("shelf life, days"), null=True, blank=True, help_text=_("How long the shop keeps it for sale.")
    )
    variety = models.CharField(_("variety"), max_length=100, blank=True)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, blank=True)
    stem_length = models.PositiveSmallIntegerField(_("stem length, cm"), null=True, blank=True)
    role = models.CharField(_("role in a bouquet"), max_length=10, choices=DesignRole, blank=True)
    minimum_stock = QuantityField(_("minimum stock"), null=True, blank=True)
    tax_rate = models.DecimalField(_("tax, %"), max_digits=5, decimal_places=2, null=True, blank=True)
    trade_code = models.CharField(_("trade code"), max_length=20, blank=True, default="", db_default="")
    tags = models.ManyToManyField(
        "products.ProductTag", through="products.ProductTagging", related_name="products", verbose_name=_("tags"), blank=True
    )  # fmt: skip
    notes = models.TextField(_("notes for the staff"), blank=True, max_length=5000)
    description = models.TextField(_("description"), blank=True, max_length=5000)
    archived_at = models.DateTimeField(_("in the archive since"), null=True, blank=True, editable=False)
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
            bounded("minimum_stock", "product_minimum_stock_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("tax_rate", "product_tax_rate_range", 0, Decimal(100)),
            Season.in_order("product_season_in_order"),
            bounded("stem_length", "product_stem_length_range", 1, Decimal(STEM_AT_MOST)),
            bounded("shelf_life_days", "product_shelf_life_range", 1, Decimal(DAYS_AT_MOST)),
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

    @property
    def is_service(self) -> bool:
        """Sold, but never kept in stock."""
        return self.kind == Kind.SERVICE

    @property
    def own_code(self) -> str:
        """The barcode that the shop prints itself, 13 digits."""
        return own_code(self.pk)

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
