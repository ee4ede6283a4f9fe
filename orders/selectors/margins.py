"""What an order leaves after its goods: line by line, down to the receipts. Nothing is written here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from core.quantities import round_money
from inventory.askers import Asker
from inventory.models import Sale
from inventory.selectors.origins import Origin, origins_of_cost
from orders.models import Order, OrderItem, OrderItemDemand
from products.domain.margin import Margin


@dataclass(frozen=True)
class LineMargin:
    """One line: what the buyer pays for the goods that stayed with them, after the discount, and what they cost."""

    item: OrderItem
    margin: Margin
    costs: list[Origin]


@dataclass(frozen=True)
class OrderMargin:
    """The goods of an order, without delivery and services: revenue net of returns and with what price notes changed (2 decimals), cost
    (2 decimals), line by line; the notes belong to no line."""

    margin: Margin
    lines: list[LineMargin]
    corrections: Decimal


def margin_of(order: Order) -> OrderMargin | None:
    """The margin of a completed order, by the rule of the reports; None while nothing of it is sold."""
    links = OrderItemDemand.objects.filter(item__order=order).order_by("item", "pk").values_list("item", "demand")
    line_of = {demand: item for item, demand in links}
    sales = list(
        Sale.objects.filter(demand__in=line_of, reversed_at=None).select_related("product", "warehouse").order_by("pk")
    )
    if not sales:
        return None
    costs = origins_of_cost(sales)
    by_line: dict[int, list[Sale]] = defaultdict(list)
    for sale in sales:
        by_line[line_of[sale.demand_id or 0]].append(sale)
    lines = [
        LineMargin(item, _margin(by_line[item.pk]), [costs[sale.pk] for sale in by_line[item.pk]])
        for item in order.items.select_related("product", "kit")
        if not item.is_service
    ]
    return OrderMargin(_whole(order, sales), lines, order.corrections)


def margin_in_all(order: Order) -> Margin | None:
    """The margin of a completed order by the same rule, without its lines: one statement. None while nothing is sold."""
    sales = list(Sale.objects.filter(demand__order_link__item__order=order, reversed_at=None))
    return _whole(order, sales) if sales else None


def _whole(order: Order, sales: Iterable[Sale]) -> Margin:
    goods = _margin(sales)
    return Margin(goods.price + order.corrections, goods.cost)


def _margin(sales: Iterable[Sale]) -> Margin:
    sales = list(sales)
    kept = sum((sale.amount * (sale.quantity - sale.returned) / sale.quantity for sale in sales), Decimal(0))
    cost = sum((sale.cost - sale.returned_cost for sale in sales), Decimal(0))
    return Margin(round_money(kept), round_money(cost))


def askers_of(demands: list[int]) -> dict[int, Asker]:
    """Demand → the order that asks: what the inventory calls it."""
    rows = OrderItemDemand.objects.filter(demand__in=demands).values_list(
        "demand", "item__order", "item__order__number"
    )
    return {
        demand: Asker(_("Order %(number)s") % {"number": number}, reverse("orders:order_detail", args=[order]))
        for demand, order, number in rows
    }
