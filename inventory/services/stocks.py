"""Stock rows: made when first needed, locked in one order, their reserved total recomputed."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.quantities import MAX_QUANTITY, round_quantity
from inventory.errors import InsufficientStock, Missing
from inventory.models import Reservation, Sale, Stock, StockBatch, StockDemand, Warehouse
from products.models import Kind, Product


def ensure_stocks(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """(product id, warehouse id) → stock id, missing rows made. Inserted in key order, so that two callers never wait
    for each other crosswise. Raises BadInput for a service: it has no stock, whatever document asks."""
    wanted = sorted(set(pairs))
    if not wanted:
        return {}
    products, warehouses = [pair[0] for pair in wanted], [pair[1] for pair in wanted]
    with connection.cursor() as cursor:
        known = _find(cursor, products, warehouses)
        if len(known) < len(wanted):
            _refuse_services(products)
            cursor.execute(
                "insert into inventory_stock (product_id, warehouse_id, quantity, reserved, short, value, version)"
                " select p, w, 0, 0, 0, 0, 0 from unnest(%s::bigint[], %s::bigint[]) as t (p, w) order by p, w"
                " on conflict (product_id, warehouse_id) do nothing",
                [products, warehouses],
            )
            known = _find(cursor, products, warehouses)
    return known


def _refuse_services(products: list[int]) -> None:
    """Goods never become services, so whoever has a stock row is none."""
    service = Product.all_objects.filter(pk__in=products, kind=Kind.SERVICE).order_by("pk").first()
    if service is not None:
        raise BadInput(
            _("“%(name)s” is a service: it isn't kept in stock. Take it out of the document.") % {"name": service}
        )


def _find(cursor: Any, products: list[int], warehouses: list[int]) -> dict[tuple[int, int], int]:
    cursor.execute(
        "select s.product_id, s.warehouse_id, s.id from unnest(%s::bigint[], %s::bigint[]) as t (p, w)"
        " join inventory_stock s on s.product_id = t.p and s.warehouse_id = t.w",
        [products, warehouses],
    )
    return {(product, warehouse): stock for product, warehouse, stock in cursor.fetchall()}


def lock_stocks(ids: Iterable[int]) -> dict[int, Stock]:
    """The stock rows as they are now, locked in key order in one statement. Decide on these, not on older copies."""
    rows = Stock.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=sorted(set(ids))).order_by("pk")
    return {row.pk: row for row in rows}


def free_in(warehouse: Warehouse, products: Iterable[int]) -> dict[int, Decimal]:
    """Product → base units that lie in the warehouse and are promised to nobody; for decisions, hold the rows first."""
    return {row.product_id: row.free for row in Stock.objects.filter(product__in=set(products), warehouse=warehouse)}


def lock_stocks_of_demands(demand_ids: Iterable[int]) -> dict[int, Stock]:
    """The stock rows that demands ask of, as they are now, locked in key order in one statement."""
    asked = StockDemand.objects.filter(
        pk__in=list(demand_ids), product=OuterRef("product"), warehouse=OuterRef("warehouse")
    )
    rows = Stock.objects.select_for_update(of=("self",), no_key=True).filter(Exists(asked)).order_by("pk")
    return {row.pk: row for row in rows}


def lock_stocks_of_sales(sale_ids: Iterable[int]) -> list[int]:
    """Lock the stock rows that sales were taken from and answer with their keys.

    Before the sales themselves: a receipt holds the stock when it gives a sale its true cost. What is read here before
    the lock, product and warehouse of a sale, never changes.
    """
    pairs = Sale.objects.filter(pk__in=list(sale_ids)).values_list("product", "warehouse")
    return list(lock_stocks(ensure_stocks(pairs).values()))


def set_reserved(stock_ids: Sequence[int]) -> None:
    """Write `reserved` anew from the active reservations. The caller holds the stock rows.

    Doing it again changes nothing: that is the guard of the receiver `update_stock_on_reservation_change`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "update inventory_stock s set reserved = coalesce("
            " (select sum(r.quantity) from inventory_reservation r where r.stock_id = s.id and r.is_active), 0)"
            " where s.id = any (%s)",
            [sorted(set(stock_ids))],
        )


def checked_quantity(quantity: Decimal) -> Decimal:
    """`quantity` in base units if it can be meant: finite, above zero, at most 3 decimals. Raises BadInput."""
    if not quantity.is_finite() or quantity <= 0 or quantity > MAX_QUANTITY or quantity != round_quantity(quantity):
        raise BadInput(
            _("A quantity is a number above zero with at most 3 decimals. Correct the quantity."), field="quantity"
        )
    return round_quantity(quantity)


def refuse_foreign_batch(batch: StockBatch | None, *, product: Product, warehouse: Warehouse) -> None:
    """Raise BadInput when `batch` is not of this product in this warehouse; what is read here never changes."""
    if batch is not None and not Stock.objects.filter(pk=batch.stock_id, product=product, warehouse=warehouse).exists():
        raise BadInput(
            _("This batch of %(product)s does not lie in %(warehouse)s. Choose another batch or none.")
            % {"product": product, "warehouse": warehouse},
            field="batch",
        )


def bring_reserved_in_line(stock_id: int) -> None:
    """Recompute `reserved` of one stock under its lock. Raises InsufficientStock when more is promised than there is."""
    with transaction.atomic():
        stock = lock_stocks([stock_id])[stock_id]
        active = Reservation.objects.filter(stock=stock, is_active=True)
        promised = active.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
        if promised > stock.quantity:
            others = stock.quantity - stock.reserved
            asked = promised - stock.reserved
            raise InsufficientStock([Missing(str(stock.product), str(stock.warehouse), asked, others)])
        set_reserved([stock_id])
