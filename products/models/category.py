from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import SoftDelete


class Channel(models.TextChoices):
    """Where goods are offered to somebody who looks for them by name."""

    ORDERS = "orders", pgettext_lazy("not offered in", "orders")
    BOUQUETS = "bouquets", pgettext_lazy("not offered in", "bouquets and their recipes")


class ProductCategory(SoftDelete):
    """A shelf of the catalogue; categories form a tree.

    What is in it or under it is not offered in the channels of `hidden_from`: crates are in no customer's order, greeting
    cards in no bouquet. Whoever scans such a thing or types its SKU or whole name means it and gets it.
    """

    soft_owned = ("photos",)

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(_("position"), default=0)
    hidden_from = ArrayField(
        models.CharField(max_length=10, choices=Channel), verbose_name=_("not offered in"), default=list, db_default=[],
        blank=True,
    )  # fmt: skip

    class Meta(SoftDelete.Meta):
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), "parent", condition=models.Q(is_deleted=False), name="category_name_once"
            ),
            # Two empty parents are not equal to the database.
            models.UniqueConstraint(
                Lower("name"), condition=models.Q(is_deleted=False, parent__isnull=True), name="category_top_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
