"""What of the catalogue lies in the trash."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.trash import Kind, register
from products.models import (
    Product,
    ProductCategory,
    ProductCategoryPhoto,
    ProductKit,
    ProductKitPhoto,
    ProductPhoto,
    ProductTag,
    ProductVariantGroup,
)
from products.services.catalogue import restore_row
from products.services.categories import restore_category
from products.services.photos import restore_photo

register(Kind(Product, "catalogue.change", restore_row, searched=("name", "sku")))
register(Kind(ProductKit, "catalogue.change", restore_row))
register(Kind(ProductVariantGroup, "catalogue.change", restore_row))
register(Kind(ProductCategory, "catalogue.change", restore_category))
register(Kind(ProductTag, "catalogue.change", restore_row))
# A photo whose owner is deleted too waits with it.
register(
    Kind(
        ProductPhoto, "catalogue.change", label=_("photo of a product"), name="product__name",
        searched=("product__name",), shown=Q(product__is_deleted=False),
    )
)  # fmt: skip
register(
    Kind(
        ProductKitPhoto, "catalogue.change", label=_("photo of a bouquet"), name="kit__name",
        searched=("kit__name",), shown=Q(kit__is_deleted=False),
    )
)  # fmt: skip
register(
    Kind(
        ProductCategoryPhoto, "catalogue.change", restore_photo, label=_("photo of a category"), name="category__name",
        searched=("category__name",), shown=Q(category__is_deleted=False),
    )
)  # fmt: skip
