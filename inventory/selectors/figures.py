"""Figures of products for the catalogue and for orders. Nothing is written here."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, QuerySet, Sum

from inventory.models import Stock, Warehouse
from products.models import Product
from products.stock_figures import Figures


def figures_by_product(product_ids: Sequence[int]) -> dict[int, Figures]:
    """Product → on hand and free in all live warehouses: what the catalogue shows."""
    rows = (
        Stock.objects.filter(product__in=list(product_ids), warehouse__is_deleted=False)
        .order_by()
        .values("product")
        .annotate(on_hand=Sum("quantity"), promised=Sum("reserved"))
    )
    return {row["product"]: Figures(row["on_hand"], row["on_hand"] - row["promised"]) for row in rows}


def free_by_place(product_ids: Sequence[int]) -> list[dict[int, Decimal]]:
    """What is free of these products, one mapping per live warehouse."""
    places: dict[int, dict[int, Decimal]] = {}
    for stock in Stock.objects.filter(product__in=product_ids, warehouse__is_deleted=False):
        places.setdefault(stock.warehouse_id, {})[stock.product_id] = stock.free
    return list(places.values())


def products_in_state(state: str) -> QuerySet[Any, Any]:
    """Keys of products of which something is `free` in the live warehouses together, or less than the product's minimum
    (`low`)."""
    free = Stock.objects.filter(warehouse__is_deleted=False).order_by().values("product")
    free = free.annotate(left=Sum(F("quantity") - F("reserved"), output_field=DecimalField()))
    if state == "free":
        return free.filter(left__gt=0).values("product")
    return below_minimum()


def in_stock_ever(product_ids: Collection[int]) -> set[int]:
    """Those of the products that some document has brought into a stock."""
    return set(Stock.objects.filter(product__in=product_ids).values_list("product", flat=True))


def live_places() -> dict[int, str]:
    """Key → name of the live warehouses, the main one first."""
    return dict(Warehouse.objects.order_by("-is_default", "position", "pk").values_list("pk", "name"))


def below_minimum() -> QuerySet[Any, Any]:
    """Keys of products with a minimum of which less than that is free in the live warehouses together."""
    rows = Stock.objects.filter(
        warehouse__is_deleted=False, product__minimum_stock__isnull=False, product__archived_at=None
    )
    free = (
        rows.order_by().values("product").annotate(left=Sum(F("quantity") - F("reserved"), output_field=DecimalField()))
    )
    return free.filter(left__lt=F("product__minimum_stock")).values("product")


def products_by_key(keys: Sequence[int]) -> dict[int, Product]:
    """Product by key, deleted ones too: documents keep naming them."""
    return Product.all_objects.in_bulk(list(keys))


def free_by_product(product_ids: Sequence[int], *, warehouse: int) -> dict[int, Decimal]:
    """Product → base units that are on hand and promised to nobody; products without a stock row are left out."""
    rows = Stock.objects.filter(product__in=product_ids, warehouse=warehouse)
    return {row.product_id: row.free for row in rows}
