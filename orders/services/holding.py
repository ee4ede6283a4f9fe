"""Goods that are held for an order up to a day are let go when the day is over."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import transaction

from core.transactions import run
from inventory.models import StockDemand
from inventory.services.reservations import end_overdue, overdue
from orders.models import EventKind, Order, OrderItemDemand
from orders.services.history import note
from orders.services.stock_sync import lock_order


def end_reservations(*, at: datetime) -> int:
    """End every reservation of the shop whose time is over at the moment `at`, each order in a transaction of its own, so
    that whoever is stopped half-way has let go of whole orders. Answers how many were ended."""
    return sum(len(run(partial(let_go_of, order, at=at))) for order in orders_to_let_go(at))


def orders_to_let_go(at: datetime) -> list[int | None]:
    """Keys of the orders that hold goods beyond their time at the moment `at`; None stands for what no order asks."""
    demands = list(overdue(at).order_by("demand").values_list("demand", flat=True))
    order_of = dict(OrderItemDemand.objects.filter(demand__in=demands).values_list("demand", "item__order"))
    return sorted({order_of.get(demand) for demand in demands}, key=lambda key: key or 0)


def let_go_of(order: int | None, *, at: datetime) -> dict[int, Decimal]:
    """End what an order (None: nobody's order) holds beyond its time at the moment `at`: the order is locked, then its
    stock. The order stays, and waits.

    Answers demand id → base units let go; a second call lets nothing go.
    """
    with transaction.atomic():
        if order is None:
            of_orders = OrderItemDemand.objects.values("demand")
            free = StockDemand.objects.filter(reservations__in=overdue(at)).exclude(pk__in=of_orders)
            return end_overdue(list(free), at=at)
        locked = lock_order(Order(pk=order))
        asked = list(StockDemand.objects.filter(order_link__item__order=locked, is_open=True).select_related("product"))
        ended = end_overdue(asked, at=at)
        if ended:
            goods: dict[str, Decimal] = defaultdict(Decimal)
            for demand in asked:
                goods[str(demand.product)] += ended.get(demand.pk, Decimal(0))
            note(
                locked, EventKind.HOLD_ENDED, by=None, at=at,
                goods=[[name, str(quantity)] for name, quantity in goods.items() if quantity],
            )  # fmt: skip
        return ended
