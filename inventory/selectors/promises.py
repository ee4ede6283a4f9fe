"""Goods promised and goods waited for. Nothing is written here."""

from collections.abc import Sequence

from django.db.models import QuerySet

from inventory.models import Reservation, Stock, StockDemand
from inventory.services.reservations import waiting_demands


def waiting_of(stock: Stock) -> list[StockDemand]:
    """Open demands of a stock that hold less than they ask, earliest needed first; `held` is what they hold."""
    rows = waiting_demands().filter(product=stock.product_id, warehouse=stock.warehouse_id)
    return list(rows.order_by("needed_on", "pk"))


def waiting_for(products: Sequence[int], *, warehouse: int) -> QuerySet[StockDemand]:
    """Open demands for any of these products in a warehouse that hold less than they ask, earliest needed first; `held`
    is what they hold."""
    rows = waiting_demands().filter(product__in=products, warehouse=warehouse)
    return rows.select_related("product").order_by("needed_on", "pk")


def active_reservations() -> QuerySet[Reservation]:
    """Goods promised now, earliest needed first."""
    return (
        Reservation.objects.filter(is_active=True)
        .select_related("demand", "stock__product", "stock__warehouse", "by")
        .order_by("demand__needed_on", "pk")
    )


def waiting_list() -> QuerySet[StockDemand]:
    """Open demands that hold less than they ask, earliest needed first."""
    return waiting_demands().select_related("product", "warehouse").order_by("needed_on", "pk")
