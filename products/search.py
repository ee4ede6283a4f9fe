"""What the search finds in the catalogue."""

from dataclasses import replace
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.search import Hit, Provider, matching, register
from core.search_text import FOLDED_INTO, FOLDED_LETTERS, SHORTEST_MISTYPED, SearchQuery, corrected, fold
from core.templatetags.florist import money
from products.domain.barcodes import is_barcode
from products.models import Product, ProductKit, Size
from products.selectors import product_by_code

VOCABULARY, VOCABULARY_KEPT = "products.vocabulary", 60  # seconds
PUNCTUATION = '.,;:!?()[]{}"«»“”„/\\+*№#&'


def find_products(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Live products by barcode, else by name, variety and SKU, else by the words that mistyped ones are most like. What
    is not on sale comes last and says so."""
    if is_barcode(query.text) and (scanned := product_by_code(query.text)) is not None:
        return [_hit(scanned, 0)]
    if query.digits:
        return _found(query, limit)
    words: list[str] | None = cache.get(VOCABULARY)
    if words is None:
        if found := _found(query, limit):
            return found
        words = _vocabulary()
        cache.set(VOCABULARY, words, VOCABULARY_KEPT)
        meant = corrected(query, words)
        return _found(meant, limit) if meant is not None else []
    return _found_or_meant(query, corrected(query, words), limit)


def _found_or_meant(query: SearchQuery, meant: SearchQuery | None, limit: int) -> list[Hit]:
    """What is called as it was typed, else what was meant: both in one scan, for that is what a search takes its time
    for."""
    if meant is None:
        return _found(query, limit)
    both = SearchQuery(query.text, (*query.readings, *meant.readings))
    found = _found(both, limit)
    typed = [hit for hit in found if hit.reading < len(query.readings)]
    return typed or [replace(hit, reading=hit.reading - len(query.readings)) for hit in found]


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
    """Live bouquets by name, a size by its letter behind the name: that one comes first."""
    letters = Case(*(When(size=size.value, then=Value(f" {size.label}")) for size in Size if size), default=Value(""))
    named = ProductKit.objects.annotate(called=Concat("name", letters, output_field=CharField()))
    meant = [
        size.value for size in Size if any(reading.words[-1] == fold(str(size.label)) for reading in query.readings)
    ]
    by_letter = [Case(When(size__in=meant, then=Value(0)), default=Value(1))] if meant else []
    rows = matching(named, query, "called").order_by("reading", *by_letter, "-is_active", "name", "size", "pk")
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
