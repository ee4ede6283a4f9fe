from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from products.models.product import Product


class Barcode(SoftDelete):
    """A code that stands on the goods when they come: the maker's or the supplier's. The shop's own codes are not kept,
    they follow from the product (`products.domain.barcodes`)."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="barcodes", verbose_name=_("product"))
    code = models.CharField(_("barcode"), max_length=14)

    class Meta(SoftDelete.Meta):
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=models.Q(is_deleted=False), name="barcode_once"),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[0-9]{6,14}$"), name="barcode_digits"),
        ]

    def __str__(self) -> str:
        return self.code
