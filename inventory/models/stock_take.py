from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QuantityField, ValueField, bounded
from core.series import NextVal
from inventory.models.documents import Document
from inventory.models.stock import Stock
from inventory.models.warehouse import Warehouse
from products.models import ProductCategory


class StockTakeScope(models.TextChoices):
    """What is to be counted."""

    ALL = "all", _("everything")
    CATEGORY = "category", _("one category")
    WILTING = "wilting", _("what wilts")


class StockTakeState(models.TextChoices):
    """A stock-take is open until its differences are posted, or it is given up."""

    OPEN = "open", _("counting")
    APPLIED = "applied", _("applied")
    CANCELLED = "cancelled", _("cancelled")


class StockTake(Document):
    """A counting of goods in one warehouse. `posted_at` and `by` say when and by whom it was opened.

    `lost` is there only right after applying: demand id → base units whose reservation had to give way.
    """

    lost: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_stocktake_number_seq"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="stock_takes", verbose_name=_("warehouse"))
    scope = models.CharField(_("what is counted"), max_length=10, choices=StockTakeScope, default=StockTakeScope.ALL)
    category = models.ForeignKey(
        ProductCategory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    state = models.CharField(_("state"), max_length=10, choices=StockTakeState, default=StockTakeState.OPEN)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("closed by"),
    )

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("stock-take")
        verbose_name_plural = _("stock-takes")
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="category", category__isnull=False) | ~Q(scope="category") & Q(category__isnull=True),
                name="stock_take_scope_category",
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="stock_take_closed_when",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="open"), name="stock_take_open")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class CountLine(models.Model):
    """How much of one product somebody counted.

    `watermark` is the number of the stock's last ledger row when it was counted: what is sold afterwards does not spoil
    the count. `difference` (counted minus what the ledger had at the watermark) and its `cost` are there once applied.
    """

    stock_take = models.ForeignKey(StockTake, models.PROTECT, related_name="lines")
    stock = models.ForeignKey(Stock, models.PROTECT, related_name="counts", verbose_name=_("stock"))
    counted = QuantityField(_("counted"))
    watermark = models.BigIntegerField(_("last ledger row"))
    is_open = models.BooleanField(_("open"), default=True)
    difference = QuantityField(_("difference"), null=True)
    cost = ValueField(_("cost of the difference"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("counted by"),
    )
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("count")
        verbose_name_plural = _("counts")
        ordering = ["id"]
        constraints = [
            bounded("counted", "count_line_counted_range", 0, MAX_QUANTITY),
            bounded("difference", "count_line_difference_range", -MAX_QUANTITY, MAX_QUANTITY),
            bounded("cost", "count_line_cost_range", -MAX_VALUE, MAX_VALUE),
            models.CheckConstraint(condition=Q(watermark__gte=0), name="count_line_watermark_range"),
            # Two open counts of the same goods would post the same difference twice.
            models.UniqueConstraint(fields=["stock"], condition=Q(is_open=True), name="count_line_one_open"),
            models.UniqueConstraint(fields=["stock_take", "stock"], name="count_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stock}: {self.counted}"
