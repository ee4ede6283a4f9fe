"""Reading the catalogue: lists, search, and the product that a typed text means."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Lower, Upper

from core.links import shop_url
from core.models import SoftDelete
from products.domain.barcodes import key_of_own_code, normal
from products.domain.tag_names import folded
from products.domain.tree import subtree
from products.models import (
    KitItem,
    Product,
    ProductCategory,
    ProductKit,
    ProductTag,
    ProductTagging,
    ProductVariantGroup,
    Size,
)

FOUND_AT_MOST = 8
SEPARATOR = " · "
KIT_MARK, GROUP_MARK = f"{SEPARATOR}#", f"{SEPARATOR}~"


def search_products(text: str, *, queryset: QuerySet[Product] | None = None) -> QuerySet[Product]:
    """Products in use with every word of `text` in the name or the SKU; those whose SKU is the text come first. A
    barcode finds its product alone."""
    found = carried() if queryset is None else queryset
    if (scanned := product_by_code(text)) is not None:
        return found.filter(pk=scanned.pk)
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(sku__icontains=word))
    exact = Case(When(sku__iexact=text.strip(), then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(exact, "name", "id")


def search_kits(text: str, *, queryset: QuerySet[ProductKit] | None = None) -> QuerySet[ProductKit]:
    """Live bouquets with every word of `text` in the name."""
    found = ProductKit.objects.all() if queryset is None else queryset
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(size=_size_of(word)))
    return found.order_by("name", "id")


def _size_of(word: str) -> int:
    """The size a word names; one no bouquet has for any other word."""
    return next((size.value for size in Size if size and size.label == word.upper()), -1)


def sizes_called(name: str) -> QuerySet[ProductKit]:
    """The live sizes of the bouquet with this name, small ones first."""
    return ProductKit.objects.filter(name__iexact=name).order_by("size", "id")


def kit_called(text: str) -> ProductKit | None:
    """The one live bouquet whose name this is, with its size behind it or, where one has no size or there is but one,
    without."""
    text = text.strip()
    name, _space, word = text.rpartition(" ")
    sized = sizes_called(name.strip()).filter(size=_size_of(word)).first() if name else None
    found = [sized] if sized else list(sizes_called(text)[:2])
    return found[0] if found and (len(found) == 1 or not found[0].size) else None


def search_groups(text: str) -> QuerySet[ProductVariantGroup]:
    """Live groups of interchangeable products with every word of `text` in the name."""
    found = ProductVariantGroup.objects.all()
    for word in text.split():
        found = found.filter(name__icontains=word)
    return found.order_by("name", "id")


def carried() -> QuerySet[Product]:
    """What the shop works with: neither deleted nor in the archive."""
    return Product.objects.filter(archived_at=None)


CODE_PATH = re.compile(r"/catalogue/code/([0-9]{6,14})/?", re.ASCII)


def product_by_code(text: str) -> Product | None:
    """The live product with this barcode, its own or the maker's, or whose label's address this is. None for any other
    text: only what a scanner may have read is looked up."""
    text = text.strip()
    if text.startswith(("http://", "https://")):
        address = urlsplit(text)
        found = CODE_PATH.fullmatch(address.path) if address.hostname == urlsplit(shop_url("")).hostname else None
        text = found[1] if found else ""
    try:
        code = normal(text)
    except ValueError:
        return None
    own = key_of_own_code(code)
    return Product.objects.filter(
        Q(pk=own) if own is not None else Q(barcodes__code=code, barcodes__is_deleted=False)
    ).first()


@dataclass(frozen=True)
class Resolved:
    """The product a typed text means, or what it might mean."""

    product: Product | None
    suggestions: Sequence[Product] = ()


def products_by_sku(texts: Iterable[str]) -> dict[str, Product]:
    """The products that texts of many lines end in, by SKU in capitals: one query instead of one per line."""
    wanted = {_sku_of(text).upper() for text in texts} - {""}
    if not wanted:
        return {}
    rows = carried().annotate(sku_folded=Upper("sku")).filter(sku_folded__in=wanted)
    return {product.sku.upper(): product for product in rows}


def _sku_of(text: str) -> str:
    return text.strip().rpartition(SEPARATOR)[2].strip()


def resolve_product(text: str, *, known: Mapping[str, Product] | None = None) -> Resolved:
    """Read `text` as a picker, a scanner or a person writes it: SKU, barcode, `name · SKU`, or a name that only one
    product has. What is in the archive is not offered and not found.

    `known` are products that `products_by_sku` has found already.
    """
    text = text.strip()
    if not text:
        return Resolved(None)
    sku = _sku_of(text)
    if known and sku.upper() in known:
        return Resolved(known[sku.upper()])
    for wanted in dict.fromkeys([sku, text]):
        product = carried().filter(sku__iexact=wanted).first()
        if product is not None:
            return Resolved(product)
    scanned = product_by_code(text)
    if scanned is not None and scanned.archived_at is None:
        return Resolved(scanned)
    named = list(carried().filter(name__iexact=text)[:FOUND_AT_MOST])
    if len(named) == 1:
        return Resolved(named[0])
    return Resolved(None, named or list(search_products(text)[:FOUND_AT_MOST]))


# What only one product has: who it is, its codes, where it came from and went.
_ITS_OWN = {"id", "name", "sku", "archived_at", "created_at", "reduced_from", "made_from"}


def copy_of(product: Product) -> Product:
    """A new product, not saved, with everything of this one's card but what is its own; its name is to be changed."""
    own = _ITS_OWN | {field.name for field in SoftDelete._meta.fields}
    facts = {field.attname: getattr(product, field.attname) for field in Product._meta.fields if field.name not in own}
    return Product(**facts, name=product.name)


def written(goods: Product | ProductKit | ProductVariantGroup) -> str:
    """Goods as a picker writes them into its field; `resolve_product` or `resolve_marked` reads them back."""
    if isinstance(goods, Product):
        return f"{goods.name}{SEPARATOR}{goods.sku}"
    return f"{goods}{KIT_MARK if isinstance(goods, ProductKit) else GROUP_MARK}{goods.pk}"


def resolve_marked(text: str) -> ProductKit | ProductVariantGroup | None:
    """The live bouquet or group of interchangeable products that a picker wrote (`written`)."""
    for mark, model in ((KIT_MARK, ProductKit), (GROUP_MARK, ProductVariantGroup)):
        name, _mark, key = text.strip().rpartition(mark)
        if name and key.isdecimal() and len(key) < 19:
            found: ProductKit | ProductVariantGroup | None = model.objects.filter(pk=int(key)).first()
            return found if found is not None and str(found) == name else None
    return None


def resolve_named(text: str) -> ProductKit | ProductVariantGroup | None:
    """The live bouquet, or failing that the group, with this name."""
    return kit_called(text) or ProductVariantGroup.objects.filter(name__iexact=text.strip()).first()


def tags_on(products: Collection[int] | None = None) -> dict[int, list[str]]:
    """Product → the names of its live tags by the alphabet, of these products or of all: one statement."""
    rows = ProductTagging.objects.filter(tag__is_deleted=False)
    if products is not None:
        rows = rows.filter(product__in=products)
    found: dict[int, list[str]] = {}
    for key, name in rows.order_by().values_list("product_id", "tag__name"):
        found.setdefault(key, []).append(name)
    for names in found.values():
        names.sort(key=folded)
    return found


def tagged(name: str) -> QuerySet[Any, Any]:
    """The keys of the products that carry the live tag with this name, whatever its case."""
    folded_name = Lower(Value(name, output_field=CharField()))
    tags = ProductTag.objects.annotate(folded=Lower("name")).filter(folded=folded_name)
    return ProductTagging.objects.filter(tag__in=tags.values("pk")).order_by().values("product")


def used_tags() -> list[str]:
    """The names of the live tags that a live product carries, by the alphabet: one statement."""
    carried_by = ProductTagging.objects.filter(tag=OuterRef("pk"), product__is_deleted=False)
    return list(ProductTag.objects.filter(Exists(carried_by)).values_list("name", flat=True))


def tag_list() -> QuerySet[Any]:
    """Live tags by the alphabet with how many products carry them: `goods` that the shop works with, `archived` ones."""
    live = Q(taggings__product__is_deleted=False)
    return ProductTag.objects.annotate(
        goods=Count("taggings", filter=live & Q(taggings__product__archived_at=None)),
        archived=Count("taggings", filter=live & Q(taggings__product__archived_at__isnull=False)),
    ).order_by("name", "id")


@dataclass(frozen=True)
class Shelf:
    """A category in the tree: its level from 1, whether it is the first and last among its neighbours, and how many
    live products and bouquets stand in it and under it (`goods_below` with the categories under it)."""

    category: ProductCategory
    level: int
    is_first: bool
    is_last: bool
    goods: int
    goods_below: int

    @property
    def indented(self) -> str:
        """The name as a list to choose from shows it."""
        return f"{'— ' * (self.level - 1)}{self.category.name}"


def hidden_from(channel: str) -> set[int]:
    """The categories that are not offered in a channel, with all under them: one statement."""
    rows = ProductCategory.objects.values_list("pk", "parent", "hidden_from")
    parents = {key: parent for key, parent, _channels in rows}
    return {below for key, _parent, channels in rows if channel in channels for below in subtree(parents, key)}


def category_tree(*, counted: bool = True) -> list[Shelf]:
    """All live categories, every one followed by what is under it: four queries with counts and photos, one without."""
    found_rows = ProductCategory.objects.order_by("position", "name", "pk")
    rows = list(found_rows.prefetch_related("photos") if counted else found_rows)
    goods = _goods_by_category() if counted else {}
    parents = {row.pk: row.parent_id for row in rows}
    children: dict[int | None, list[ProductCategory]] = {}
    for row in rows:
        # One whose parent is deleted stands at the top rather than nowhere.
        children.setdefault(row.parent_id if row.parent_id in parents else None, []).append(row)
    found: list[Shelf] = []

    def walk(parent: int | None, level: int) -> None:
        beside = children.get(parent, [])
        for place, category in enumerate(beside):
            below = sum(goods.get(key, 0) for key in subtree(parents, category.pk))
            is_last = place == len(beside) - 1
            found.append(Shelf(category, level, place == 0, is_last, goods.get(category.pk, 0), below))
            walk(category.pk, level + 1)

    walk(None, 1)
    return found


def _goods_by_category() -> dict[int, int]:
    goods: dict[int, int] = {}
    for rows in (Product.objects.all(), ProductKit.objects.all()):
        counted = rows.filter(category__isnull=False).order_by().values_list("category").annotate(count=Count("pk"))
        for key, count in counted.values_list("category", "count"):
            goods[key] = goods.get(key, 0) + count
    return goods


def with_subcategories(shelves: Sequence[Shelf], key: str) -> set[int] | None:
    """The category with this key and all under it; None when there is no such category."""
    parents = {shelf.category.pk: shelf.category.parent_id for shelf in shelves}
    chosen = [pk for pk in parents if str(pk) == key]
    return subtree(parents, chosen[0]) if chosen else None


def narrowed(*, text: str = "", categories: Collection[int] | None = None, state: str = "") -> QuerySet[Product]:
    """Live products by name.

    `categories` are the keys to stay in, None for all; `state` is `on` or `off` sale, `archive`, or nothing for all that
    are not in the archive.
    """
    rows = Product.objects.all()
    if (scanned := product_by_code(text)) is not None:
        return rows.filter(pk=scanned.pk)
    if categories is not None:
        rows = rows.filter(category__in=categories)
    rows = rows.filter(archived_at__isnull=state != "archive")
    if state in {"on", "off"}:
        rows = rows.filter(is_active=state == "on")
    for word in text.split():
        rows = rows.filter(Q(name__icontains=word) | Q(sku__icontains=word))
    return rows.order_by("name", "id")


def kit_list(*, text: str = "") -> QuerySet[ProductKit]:
    """Live bouquets by name, with their components and photos: three queries."""
    items = KitItem.objects.select_related("product", "inner", "group")
    rows = ProductKit.objects.select_related("category").prefetch_related(Prefetch("items", items), "photos")
    return search_kits(text, queryset=rows)


def kits_with(product: Product) -> list[ProductKit]:
    """Live bouquets that contain the product, or may take it instead of another."""
    keys = KitItem.objects.filter(Q(product=product) | Q(alternatives__product=product)).values("kit")
    return list(ProductKit.objects.filter(pk__in=keys).order_by("name"))


def kits_around(kit: ProductKit) -> list[ProductKit]:
    """Live bouquets that contain the bouquet."""
    keys = KitItem.objects.filter(inner=kit).values("kit")
    return list(ProductKit.objects.filter(pk__in=keys).order_by("name"))


def after_name(rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
    """The rows behind the row whose key is `cursor` in the order of (name, id); a cursor that means nothing is no
    cursor."""
    if not (cursor.isdecimal() and len(cursor) < 19):
        return rows
    last = rows.model._base_manager.filter(pk=int(cursor)).values_list("name", "pk").first()
    if last is None:
        return rows
    name, key = last
    return rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=key))
