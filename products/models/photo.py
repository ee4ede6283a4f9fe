"""Photos of products, bouquets and categories.

Files lie under the shop's media folder as `<kind>/<owner id>/<photo id>/original.jpg, large.webp, medium.webp,
thumb.webp`. The row is saved first, for its id; renditions overwrite each other.
"""

from django.core.files.storage import default_storage
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import SoftDelete
from products.models.category import ProductCategory
from products.models.kit import ProductKit
from products.models.product import Product

RENDITIONS = {"large": 1600, "medium": 800, "thumb": 240}  # longest side, pixels


class Photo(SoftDelete):
    """What the three kinds of photos share. `folder` and `owner_field` name the place of the files."""

    folder: str
    owner_field: str

    position = models.PositiveIntegerField(_("position"), default=0)
    alt = models.CharField(_("description of the picture"), max_length=200, blank=True)
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    original_name = models.CharField(max_length=100, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(SoftDelete.Meta):
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.path("original")

    def path(self, rendition: str) -> str:
        """The file's path in the shop's storage. `rendition` is original, large, medium or thumb."""
        if rendition not in {"original", *RENDITIONS}:
            raise KeyError(rendition)
        suffix = "jpg" if rendition == "original" else "webp"
        owner_id = getattr(self, f"{self.owner_field}_id")
        return f"{self.folder}/{owner_id}/{self.pk}/{rendition}.{suffix}"

    @property
    def thumb_url(self) -> str:
        """The address of the smallest rendition."""
        return default_storage.url(self.path("thumb"))

    @property
    def large_url(self) -> str:
        """The address of the largest rendition."""
        return default_storage.url(self.path("large"))


class ProductPhoto(Photo):
    folder, owner_field = "products", "product"
    product = models.ForeignKey(Product, models.CASCADE, related_name="photos")


class ProductKitPhoto(Photo):
    folder, owner_field = "kits", "kit"
    kit = models.ForeignKey(ProductKit, models.CASCADE, related_name="photos")


class ProductCategoryPhoto(Photo):
    folder, owner_field = "categories", "category"
    category = models.ForeignKey(ProductCategory, models.CASCADE, related_name="photos")
