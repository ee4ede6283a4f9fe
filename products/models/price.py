from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.quantities import MAX_MONEY, MoneyField, bounded
from products.models.product import Product


class PriceKind(models.TextChoices):
    """For what a price is. Retail is `Product.sale_price`, the others are rows of their own."""

    RETAIL = "retail", pgettext_lazy("price", "retail")
    STAFF = "staff", pgettext_lazy("price", "for the staff")
    PROMOTION = "promotion", pgettext_lazy("price", "promotion")
    PLACE = "place", pgettext_lazy("price", "in one warehouse")


class PriceReason(models.TextChoices):
    """How a price came to be changed."""

    FORM = "form", pgettext_lazy("price", "on the card")
    LIST = "list", pgettext_lazy("price", "in the list")
    BULK = "bulk", pgettext_lazy("price", "many at once")
    IMPORT = "import", pgettext_lazy("price", "by import")
    MARKDOWN = "markdown", pgettext_lazy("price", "marked down")
    UNDO = "undo", pgettext_lazy("price", "undone")


class ProductPrice(models.Model):
    """A price beside the retail price: for the staff, for some days, or in one warehouse.

    `place` is the key of a warehouse. Warehouses stand above the catalogue, so the database can't hold it as a foreign
    key; they are never removed for good, and the price of one that is deleted holds nowhere.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices", verbose_name=_("product"))
    kind = models.CharField(_("kind"), max_length=10, choices=PriceKind)
    price = MoneyField(_("price"))
    place = models.BigIntegerField(_("warehouse"), null=True, blank=True)
    from_on = models.DateField(_("from"), null=True, blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("price of a product")
        verbose_name_plural = _("prices of products")
        ordering = ["id"]
        constraints = [
            bounded("price", "product_price_range", 0, MAX_MONEY),
            models.CheckConstraint(
                condition=Q(kind="staff", place=None, from_on=None, until_on=None)
                | Q(kind="place", place__isnull=False, from_on=None, until_on=None)
                | Q(
                    kind="promotion",
                    place=None,
                    from_on__isnull=False,
                    until_on__isnull=False,
                    until_on__gte=F("from_on"),
                ),
                name="product_price_shape",
            ),
            models.UniqueConstraint(fields=["product"], condition=Q(kind="staff"), name="product_price_one_for_staff"),
            models.UniqueConstraint(
                fields=["product", "place"], condition=Q(kind="place"), name="product_price_one_in_place"
            ),
            # The product's key as a range of one: overlapping then means equal, and no extension is needed.
            ExclusionConstraint(
                name="product_price_promotions_apart",
                expressions=[
                    (Func("product", "product", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (
                        Func("from_on", "until_on", Value("[]"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(kind="promotion"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.get_kind_display()} {self.price}"


class PriceChange(models.Model):
    """One line of the history of prices; never changed. `before` is empty for a price that was not there, `after` for one
    that was taken away. `operation` is what lines changed in one go have in common."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="price_changes", verbose_name=_("product"))
    kind = models.CharField(_("kind"), max_length=10, choices=PriceKind)
    place = models.BigIntegerField(null=True)
    before = MoneyField(null=True)
    after = MoneyField(null=True)
    why = models.CharField(max_length=10, choices=PriceReason)
    operation = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["operation"], condition=Q(operation__isnull=False), name="price_change_operation")
        ]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.before} → {self.after}"
