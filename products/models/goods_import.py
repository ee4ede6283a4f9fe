from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from products.models.product import Product


class GoodsImport(models.Model):
    """A file of products on its way into the catalogue. The file lies here until it is applied or too old, never among
    the files that browsers are given. `columns` are the keys of what its columns mean."""

    file_name = models.CharField(_("file"), max_length=120)
    content = models.BinaryField(editable=False)
    columns = models.JSONField(default=list)
    deleted_ones = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import of products")
        verbose_name_plural = _("imports of products")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name


class GoodsImportLine(models.Model):
    """What an import made of one product: the card before (empty for a new one) and after, for taking it back."""

    goods_import = models.ForeignKey(GoodsImport, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", db_index=False)
    before = models.JSONField(null=True)
    after = models.JSONField()
    was_deleted = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.goods_import_id}: {self.product_id}"
