"""What the search finds in the catalogue."""

from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.search import Hit, Provider, matching, register
from core.search_text import SearchQuery
from core.templatetags.florist import money
from products.domain.barcodes import is_barcode
from products.models import Product, ProductKit
from products.selectors import product_by_code


def find_products(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Live products by barcode, else by name, variety and SKU; what is not on sale comes last and says so."""
    if is_barcode(query.text) and (scanned := product_by_code(query.text)) is not None:
        return [_hit(scanned, 0)]
    rows = matching(Product.objects.all(), query, "name", "variety", "sku")
    rows = rows.order_by("reading", "-is_active", F("archived_at").desc(nulls_first=True), "name", "pk")
    return [_hit(product, product.reading) for product in rows[:limit]]


def _hit(product: Product, reading: int) -> Hit:
    return Hit(
        title=product.name,
        note=_note(product, product.sku),
        url=reverse("products:product_detail", args=[product.pk]),
        icon="catalogue",
        reading=reading,
    )


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
    state = _("in the archive") if getattr(goods, "archived_at", None) else "" if goods.is_active else _("not on sale")
    return " · ".join(filter(None, [*parts, money(goods.sale_price), state]))


register(Provider("products", gettext_lazy("Products"), "catalogue.view", 30, find_products))
register(Provider("kits", gettext_lazy("Bouquets"), "catalogue.view", 40, find_kits))
