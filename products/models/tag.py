from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from products.models.product import TAG_LENGTH, Product


class ProductTag(SoftDelete):
    """A word that products are found by: wedding, 8 March. One name whatever its case.

    A deleted tag stays on its products unseen, so that restoring puts it back on exactly these.
    """

    name = models.CharField(_("name"), max_length=TAG_LENGTH)

    class Meta(SoftDelete.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=models.Q(is_deleted=False), name="product_tag_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="product_tag_name_present"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductTagging(models.Model):
    """A tag on a product."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="taggings", db_index=False)
    tag = models.ForeignKey(
        ProductTag, models.CASCADE, related_name="taggings", db_index=False, verbose_name=_("tag")
    )  # fmt: skip

    class Meta:
        verbose_name = _("tag of a product")
        verbose_name_plural = _("tags of products")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["product", "tag"], name="product_tagging_once")]
        indexes = [models.Index(fields=["tag", "product"], name="product_tagging_of_tag")]

    def __str__(self) -> str:
        return f"{self.product}: {self.tag}"
