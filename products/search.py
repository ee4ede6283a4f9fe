"""What the search finds in the catalogue."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.search import Hit, Provider, matching, register
from core.search_text import SearchQuery
from core.templatetags.florist import money
from products.models import Product, ProductKit


def find_products(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Live products by name and SKU; what is not on sale comes last and says so."""
    rows = matching(Product.objects.all(), query, "name", "sku").order_by("reading", "-is_active", "name", "pk")
    return [
        Hit(
            title=product.name,
            note=_note(product, product.sku),
            url=reverse("products:product_detail", args=[product.pk]),
            icon="catalogue",
            reading=product.reading,
        )
        for product in rows[:limit]
    ]


def find_kits(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Live bouquets by name."""
    rows = matching(ProductKit.objects.all(), query, "name").order_by("reading", "-is_active", "name", "pk")
    return [
        Hit(
            title=kit.name,
            note=_note(kit),
            url=reverse("products:kit_detail", args=[kit.pk]),
            icon="bouquet",
            reading=kit.reading,
        )
        for kit in rows[:limit]
    ]


def _note(goods: Any, *parts: str) -> str:
    return " · ".join([*parts, money(goods.sale_price), *([] if goods.is_active else [_("not on sale")])])


register(Provider("products", gettext_lazy("Products"), "catalogue.view", 30, find_products))
register(Provider("kits", gettext_lazy("Bouquets"), "catalogue.view", 40, find_kits))
