"""What the search finds in the catalogue."""

from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.search import Hit, Provider, matching, register
from core.search_text import FOLDED_INTO, FOLDED_LETTERS, SHORTEST_MISTYPED, SearchQuery, corrected
from core.templatetags.florist import money
from products.domain.barcodes import is_barcode
from products.models import Product, ProductKit
from products.selectors import product_by_code

VOCABULARY_KEPT = 60  # seconds
PUNCTUATION = '.,;:!?()[]{}"«»“”„/\\+*№#&'


def find_products(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Live products by barcode, else by name, variety and SKU, else by the words that mistyped ones are most like. What
    is not on sale comes last and says so."""
    if is_barcode(query.text) and (scanned := product_by_code(query.text)) is not None:
        return [_hit(scanned, 0)]
    if found := _found(query, limit):
        return found
    if query.digits:
        return []
    words: list[str] = cache.get_or_set("products.vocabulary", _vocabulary, VOCABULARY_KEPT) or []
    meant = corrected(query, words)
    return _found(meant, limit) if meant is not None else []


def _found(query: SearchQuery, limit: int) -> list[Hit]:
    rows = matching(Product.objects.all(), query, "name", "variety", "sku")
    rows = rows.order_by("reading", "-is_active", F("archived_at").desc(nulls_first=True), "name", "pk")
    return [_hit(product, product.reading) for product in rows[:limit]]


def _vocabulary() -> list[str]:
    """Every word of the live products' names and varieties, folded: what a mistyped word may stand for. Read when nothing
    was found, and kept for a minute; the words of 20,000 products are some thousands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct w from products_product p, string_to_table("
            " translate(lower(p.name || ' ' || p.variety), %s, %s), ' ') w where not p.is_deleted and length(w) >= %s",
            [PUNCTUATION + FOLDED_LETTERS, " " * len(PUNCTUATION) + FOLDED_INTO, SHORTEST_MISTYPED],
        )
        return [word for (word,) in cursor.fetchall()]


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
            title=str(kit),
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
