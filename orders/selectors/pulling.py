"""What the orders of a day, or a number of bouquets, take from the cold room: the florist's pull list."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import Sum

from inventory.models import Reservation, StockDemand, Warehouse
from inventory.selectors.pulling import Pull, pull
from inventory.services.stocks import free_in
from orders.domain.lifecycle import Stage
from orders.models import Order, OrderItem
from products.models import ProductKit
from products.recipes import Component, chosen, products_of, recipes_of

Needed = dict[int, Decimal]  # product → base units


@dataclass(frozen=True)
class PullList:
    """What is taken in one warehouse."""

    warehouse: Warehouse
    rows: list[Pull]

    @property
    def to_buy(self) -> list[tuple[str, list[Pull]]]:
        """What lacks, by the name of whom it was bought from last; those without come last."""
        rows = [row for row in self.rows if row.lacking]
        rows.sort(key=lambda row: (not row.supplier, row.supplier.casefold()))  # stable: goods stay in their order
        return [(name, list(group)) for name, group in groupby(rows, key=lambda row: row.supplier)]


def pull_for_orders(keys: Iterable[int]) -> list[PullList]:
    """What open orders still take, warehouse by warehouse: as frozen where they have asked the stock, else by today's
    recipes with what is free. Eight statements for one warehouse, seven more for each other."""
    orders = list(Order.objects.filter(pk__in=list(keys)).select_related("status", "warehouse").order_by("pk"))
    places = {order.warehouse_id: order.warehouse for order in orders}
    frozen = [order.pk for order in orders if order.status.stage is Stage.RESERVED]
    asked: dict[int, Needed] = defaultdict(lambda: defaultdict(Decimal))
    held: dict[int, Needed] = defaultdict(dict)
    if frozen:
        demands = StockDemand.objects.filter(order_link__item__order__in=frozen, is_open=True)
        for place, product, amount in demands.values_list("warehouse", "product").annotate(Sum("quantity")):
            asked[place][product] = amount
        mine = Reservation.objects.filter(demand__order_link__item__order__in=frozen, is_active=True)
        for place, product, amount in mine.values_list("stock__warehouse", "stock__product").annotate(Sum("quantity")):
            held[place][product] = amount
    for place, planned in _planned(
        [order.pk for order in orders if order.status.stage is Stage.NOTHING], places
    ).items():
        for product, amount in planned.items():
            asked[place][product] += amount
    return [
        PullList(places[place], pull(needed, warehouse=places[place], own=held[place]))
        for place, needed in sorted(asked.items(), key=lambda item: (places[item[0]].position, item[0]))
    ]


def pull_for_bouquets(kit: ProductKit, times: int, *, warehouse: Warehouse) -> PullList:
    """What `times` bouquets take: nine statements."""
    recipe = recipes_of([kit.pk])[kit.pk]
    free = free_in(warehouse, products_of([recipe]))
    needed = {part.product.pk: part.quantity for part in chosen(recipe, times=Decimal(times), free=free)}
    return PullList(warehouse, pull(needed, warehouse=warehouse))


def _planned(orders: list[int], places: dict[int, Warehouse]) -> dict[int, Needed]:
    """Warehouse → what the lines of orders that have asked nothing yet would ask for."""
    if not orders:
        return {}
    items = OrderItem.objects.filter(order__in=orders).select_related("product", "order").order_by("order", "pk")
    goods = [item for item in items if not item.is_service]
    recipes = recipes_of(item.kit_id for item in goods if item.kit_id)
    has_choices = any(part.instead for recipe in recipes.values() for part in recipe)
    needed: dict[int, Needed] = {}
    for place, lines in groupby(
        sorted(goods, key=lambda item: item.order.warehouse_id), key=lambda item: item.order.warehouse_id
    ):
        taken = needed[place] = defaultdict(Decimal)
        free = free_in(places[place], products_of(recipes.values())) if has_choices else {}
        for item in lines:
            parts = [Component(item.product, Decimal(1))] if item.product else recipes[item.kit_id or 0]
            for part in chosen(parts, times=item.quantity, free=free):
                taken[part.product.pk] += part.quantity
                free[part.product.pk] = free.get(part.product.pk, Decimal(0)) - part.quantity
    return needed
