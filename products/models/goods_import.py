from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from products.models.product import Product


class ImportWork(models.TextChoices):
    """What the worker is asked to do with a large file; nothing while it waits for the person."""

    NONE = "", ""
    READ = "read", _("the file is read")
    CHECK = "check", _("the rows are compared with the catalogue")
    APPLY = "apply", _("the products are written")


class GoodsImport(models.Model):
    """A file of products on its way into the catalogue. What was read of it lies here until it is applied or too old
    (`core.sheets.packed`), never among the files that browsers are given. `columns` are the keys of what its columns mean.

    `file` is what was uploaded, as long as it may have to be read anew: a large one until the worker has read it, a text
    until it is applied, for its letters may be read in another `encoding`. `look` is what the worker found that a large one
    would do, `refusal` why it could not do what it was asked for.
    """

    file_name = models.CharField(_("file"), max_length=120)
    file = models.BinaryField(null=True, editable=False)
    content = models.BinaryField(editable=False)
    encoding = models.CharField(max_length=10, blank=True)
    rows = models.PositiveIntegerField(default=0)
    work = models.CharField(max_length=5, choices=ImportWork, blank=True, default="")
    refusal = models.TextField(blank=True)
    look = models.JSONField(null=True)
    columns = models.JSONField(default=list)
    deleted_ones = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import of products")
        verbose_name_plural = _("imports of products")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=models.Q(work__in=ImportWork.values), name="import_work_known")]

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
