"""Goods as they stand in every list."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from core.pieces import piece

register = template.Library()


@register.simple_tag
def goods_photo(goods: Any, flower: str, petal: str) -> SafeString:
    """The main photo of a product or bouquet, small, or a drawn flower. Its photos are read with it."""
    photo = next(iter(goods.photos.all()), None)
    return piece(
        "products/_thumb.html", thumb=photo.thumb_url if photo else "", alt=photo.alt if photo else "",
        flower=flower, petal=petal,
    )  # fmt: skip
