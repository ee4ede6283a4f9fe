"""Goods as they stand in every list."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.pieces import piece
from products.models import Colour, Kind, Product, ProductCategory, ProductKit

register = template.Library()


# How the drawn flower of a product without a photo looks, by its kind; its petals have its own colour.
_FLOWERS = {
    Kind.GREENERY: "eucalyptus",
    Kind.BOUQUET: "bouquet",
    Kind.PACKAGING: "wrap",
    Kind.GIFT: "vase",
    Kind.POT: "hydrangea",
}
_PETALS = {Colour.BLUE: "lavender", Colour.MIXED: "cream", "": "cream"}


@register.simple_tag
def product_photo(product: Product) -> SafeString:
    """The main photo of a product, small, or a drawn flower of its colour. Its photos are read with it."""
    flower = _FLOWERS.get(Kind(product.kind), "rose")
    return goods_photo(product, flower, _PETALS.get(product.colour, product.colour))


@register.simple_tag
def goods_photo(goods: Any, flower: str, petal: str) -> SafeString:
    """The main photo of a product, bouquet or category, small, or a drawn flower. Its photos are read with it."""
    photo = next(iter(goods.photos.all()), None)
    return piece(
        "products/_thumb.html", thumb=photo.thumb_url if photo else "", alt=photo.alt if photo else "",
        flower=flower, petal=petal,
    )  # fmt: skip


@register.simple_tag
def category_photo(category: ProductCategory) -> SafeString:
    """The photo of a category, small, or a drawn flower. Its photos are read with it."""
    return goods_photo(category, "tulip", "cream")


@register.filter
def goods_mark(goods: Any) -> str:
    """How a picker's button names a bouquet or a group of interchangeable products: `k3`, `g5`."""
    return f"{'k' if isinstance(goods, ProductKit) else 'g'}{goods.pk}"


@register.filter
def goods_kind(goods: Any) -> str:
    """`bouquet`, or that one of several is taken."""
    return _("bouquet") if isinstance(goods, ProductKit) else _("one of several")


@register.filter
def goods_page(goods: Any) -> str:
    """The address of a product, a bouquet or a group of interchangeable products."""
    if isinstance(goods, Product):
        return reverse("products:product_detail", args=[goods.pk])
    return reverse("products:kit_detail" if isinstance(goods, ProductKit) else "products:group_edit", args=[goods.pk])
