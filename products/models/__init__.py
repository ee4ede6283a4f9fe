from products.models.barcode import Barcode
from products.models.category import Channel, ProductCategory
from products.models.goods_import import GoodsImport, GoodsImportLine, ImportWork
from products.models.kit import INSTEAD_AT_MOST, KitItem, KitItemAlternative, PriceRule, ProductKit, RoundedTo, Size
from products.models.photo import ProductCategoryPhoto, ProductKitPhoto, ProductPhoto
from products.models.price import PriceChange, PriceKind, PriceReason, ProductPrice
from products.models.product import Colour, DesignRole, Kind, Product, Unit
from products.models.purchase_unit import Packing, PurchaseUnit
from products.models.settings import CatalogueSettings
from products.models.tag import ProductTag, ProductTagging
from products.models.variants import ProductVariant, ProductVariantGroup

__all__ = [
    "INSTEAD_AT_MOST",
    "Barcode",
    "CatalogueSettings",
    "Channel",
    "Colour",
    "DesignRole",
    "GoodsImport",
    "GoodsImportLine",
    "ImportWork",
    "Kind",
    "KitItem",
    "KitItemAlternative",
    "Packing",
    "PriceChange",
    "PriceKind",
    "PriceReason",
    "PriceRule",
    "Product",
    "ProductCategory",
    "ProductCategoryPhoto",
    "ProductKit",
    "ProductKitPhoto",
    "ProductPhoto",
    "ProductPrice",
    "ProductTag",
    "ProductTagging",
    "ProductVariant",
    "ProductVariantGroup",
    "PurchaseUnit",
    "RoundedTo",
    "Size",
    "Unit",
]
