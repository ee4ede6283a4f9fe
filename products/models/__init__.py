from products.models.category import ProductCategory
from products.models.kit import KitItem, ProductKit
from products.models.photo import ProductCategoryPhoto, ProductKitPhoto, ProductPhoto
from products.models.product import Product, Unit

__all__ = [
    "KitItem",
    "Product",
    "ProductCategory",
    "ProductCategoryPhoto",
    "ProductKit",
    "ProductKitPhoto",
    "ProductPhoto",
    "Unit",
]
