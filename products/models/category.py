from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete


class ProductCategory(SoftDelete):
    """A shelf of the catalogue; categories form a tree."""

    soft_owned = ("photos",)

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveIntegerField(_("position"), default=0)

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
