"""Reading the catalogue: lists, search, and the product that a typed text means."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Upper

from products.domain.tree import subtree
from products.models import KitItem, Product, ProductCategory, ProductKit, PurchaseUnit

FOUND_AT_MOST = 8
SEPARATOR = " · "
KIT_MARK = f"{SEPARATOR}#"


def search_products(text: str, *, queryset: QuerySet[Product] | None = None) -> QuerySet[Product]:
    """Live products with every word of `text` in the name or the SKU; those whose SKU is the text come first."""
    found = Product.objects.all() if queryset is None else queryset
    for word in text.split():
        found = found.filter(Q(name__icontains=word) | Q(sku__icontains=word))
    exact = Case(When(sku__iexact=text.strip(), then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(exact, "name", "id")


def search_kits(text: str, *, queryset: QuerySet[ProductKit] | None = None) -> QuerySet[ProductKit]:
    """Live bouquets with every word of `text` in the name."""
    found = ProductKit.objects.all() if queryset is None else queryset
    for word in text.split():
        found = found.filter(name__icontains=word)
    return found.order_by("name", "id")


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
    rows = Product.objects.annotate(sku_folded=Upper("sku")).filter(sku_folded__in=wanted)
    return {product.sku.upper(): product for product in rows}


def _sku_of(text: str) -> str:
    return text.strip().rpartition(SEPARATOR)[2].strip()


def resolve_product(text: str, *, known: Mapping[str, Product] | None = None) -> Resolved:
    """Read `text` as a picker or a person writes it: SKU, `name · SKU`, or a name that only one product has.

    `known` are products that `products_by_sku` has found already.
    """
    text = text.strip()
    if not text:
        return Resolved(None)
    sku = _sku_of(text)
    if known and sku.upper() in known:
        return Resolved(known[sku.upper()])
    for wanted in dict.fromkeys([sku, text]):
        product = Product.objects.filter(sku__iexact=wanted).first()
        if product is not None:
            return Resolved(product)
    named = list(Product.objects.filter(name__iexact=text)[:FOUND_AT_MOST])
    if len(named) == 1:
        return Resolved(named[0])
    return Resolved(None, named or list(search_products(text)[:FOUND_AT_MOST]))


def written(goods: Product | ProductKit) -> str:
    """A product or bouquet as a picker writes it into its field; `resolve_product` or `resolve_kit` reads it back."""
    return f"{goods.name}{SEPARATOR}{goods.sku}" if isinstance(goods, Product) else f"{goods.name}{KIT_MARK}{goods.pk}"


def resolve_kit(text: str) -> ProductKit | None:
    """The live bouquet that a picker wrote (`written`), or the one with this name."""
    text = text.strip()
    name, _mark, key = text.rpartition(KIT_MARK)
    if name and key.isdecimal() and len(key) < 19:
        return ProductKit.objects.filter(pk=int(key), name=name).first()
    return ProductKit.objects.filter(name__iexact=text).first()


def purchase_units(product_ids: Sequence[int]) -> dict[int, list[PurchaseUnit]]:
    """Product → how it is bought, in the order of its card: one query."""
    found: dict[int, list[PurchaseUnit]] = {}
    for unit in PurchaseUnit.objects.filter(product__in=product_ids).order_by("product_id", "position", "id"):
        found.setdefault(unit.product_id, []).append(unit)
    return found


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


def category_tree(*, counted: bool = True) -> list[Shelf]:
    """All live categories, every one followed by what is under it: three queries, one without the counts."""
    rows = list(ProductCategory.objects.order_by("position", "name", "pk"))
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


STATES = {"on": True, "off": False}  # on sale or not, as the address says it


def product_list(
    *, text: str = "", deleted: bool = False, categories: Collection[int] | None = None, state: str = ""
) -> QuerySet[Product]:
    """Products by name, live ones or the deleted ones, with their category and photos: two queries.

    `categories` are the keys to stay in, None for all; `state` is a key of STATES or nothing.
    """
    rows = Product.all_objects.filter(is_deleted=deleted).select_related("category").prefetch_related("photos")
    if categories is not None:
        rows = rows.filter(category__in=categories)
    if state in STATES:
        rows = rows.filter(is_active=STATES[state])
    for word in text.split():
        rows = rows.filter(Q(name__icontains=word) | Q(sku__icontains=word))
    return rows.order_by("name", "id")


def kit_list(*, text: str = "", deleted: bool = False) -> QuerySet[ProductKit]:
    """Bouquets by name, live ones or the deleted ones, with their components and photos: five queries."""
    rows = (
        ProductKit.all_objects.filter(is_deleted=deleted)
        .select_related("category")
        .prefetch_related("items__product", "items__inner", "photos")
    )
    return search_kits(text, queryset=rows)


def kits_with(product: Product) -> list[ProductKit]:
    """Live bouquets that contain the product."""
    keys = KitItem.objects.filter(product=product).values("kit")
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
