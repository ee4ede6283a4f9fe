from products.models.category import ProductCategory
from products.models.kit import KitItem, ProductKit
from products.models.photo import ProductCategoryPhoto, ProductKitPhoto, ProductPhoto
from products.models.product import Product, Unit
from products.models.purchase_unit import Packing, PurchaseUnit
from products.models.variants import ProductVariant, ProductVariantGroup

__all__ = [
    "KitItem",
    "Packing",
    "Product",
    "ProductCategory",
    "ProductCategoryPhoto",
    "ProductKit",
    "ProductKitPhoto",
    "ProductPhoto",
    "ProductVariant",
    "ProductVariantGroup",
    "PurchaseUnit",
    "Unit",
]
