from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from products.models.product import Product


class ProductVariantGroup(SoftDelete):
    """Products that may stand for each other: any red rose of 60 cm. A recipe names the group, an order takes what is
    there."""

    name = models.CharField(_("name"), max_length=200)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta(SoftDelete.Meta):
        verbose_name = _("interchangeable products")
        verbose_name_plural = _("interchangeable products")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(is_deleted=False), name="variant_group_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class ProductVariant(models.Model):
    """One product of a group; what has the lower priority number is taken first."""

    group = models.ForeignKey(ProductVariantGroup, models.CASCADE, related_name="variants")
    product = models.ForeignKey(Product, models.PROTECT, related_name="variants", verbose_name=_("product"))
    priority = models.PositiveSmallIntegerField(_("priority"), default=1)

    class Meta:
        verbose_name = _("interchangeable product")
        verbose_name_plural = _("interchangeable products")
        ordering = ["priority", "id"]
        constraints = [models.UniqueConstraint(fields=["group", "product"], name="variant_once")]

    def __str__(self) -> str:
        return f"{self.group}: {self.product}"
