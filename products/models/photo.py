"""Photos of products, bouquets and categories."""

from django.db import models

from core.photos import Photo
from products.models.category import ProductCategory
from products.models.kit import ProductKit
from products.models.product import Product


class ProductPhoto(Photo):
    folder, owner_field = "products", "product"
    product = models.ForeignKey(Product, models.CASCADE, related_name="photos")


class ProductKitPhoto(Photo):
    folder, owner_field = "kits", "kit"
    kit = models.ForeignKey(ProductKit, models.CASCADE, related_name="photos")


class ProductCategoryPhoto(Photo):
    folder, owner_field = "categories", "category"
    category = models.ForeignKey(ProductCategory, models.CASCADE, related_name="photos")
