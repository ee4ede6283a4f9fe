"""The one rule that brings the stock in line with an order's status, whoever set it.

Nothing for a draft or a new order; demands frozen and reserved from "confirmed" on; sold when completed; released, or
reversed exactly, when cancelled or set back. Calling it again changes nothing. A line that names a service asks nothing
of the stock: it has money and no demand.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, StaleForm
from core.quantities import MAX_MONEY, round_money, round_quantity
from inventory.models import Sale, StockDemand
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.reservations import hold_until, reserve_due
from inventory.services.sale_processor import SaleProcessor, sell_demands
from inventory.services.stocks import checked_quantity, ensure_stocks, free_in, lock_stocks
from orders.domain.lifecycle import Stage
from orders.domain.totals import LineMoney, revenues, share
from orders.engine import DiscountTooLarge
from orders.models import EventKind, Order, OrderItem, OrderItemDemand
from orders.services.history import note
from products.models import Kind
from products.recipes import Component, chosen, products_in, products_of, recipes_of


class NothingToSell(DomainError):
    """An order without lines can't be confirmed or completed."""

    code = "nothing_to_sell"


class CompositionChanged(StaleForm):
    """What a line takes from the stock is not what the person saw."""

    def __init__(self, item: OrderItem) -> None:
        super().__init__(
            _("Somebody changed what “%(line)s” is made of meanwhile. Look at it as it is now and decide again.")
            % {"line": item}
        )


def lock_order(order: Order) -> Order:
    """The order as it is now, locked. Raises Order.DoesNotExist.

    The order alone: a join is not read again after waiting for the lock, so a status joined in would be the old one.
    """
    return Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)


def lock_stocks_of_order(order: Order, *, products: Iterable[int] = (), kits: Iterable[int] = ()) -> None:
    """Lock in one statement every stock row that changing a locked order may touch: what its demands ask for now, and
    `products` and the components of `kits` in its warehouse. Who takes them one after the other, as the lines come,
    and another order that takes the same ones the other way round would wait for each other."""
    wanted = {*products, *products_in(kits)}
    asked = StockDemand.objects.filter(order_link__item__order=order, cancelled_at__isnull=True)
    pairs = {(product, order.warehouse_id) for product in wanted}
    lock_stocks(ensure_stocks(pairs.union(asked.values_list("product", "warehouse"))).values())


def lock_orders_with_stocks(keys: Iterable[int]) -> list[Order]:
    """Several orders locked in key order, then in one statement every stock row that their demands ever asked of: for
    work on all of them in one transaction."""
    rows = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(keys)).order_by("pk")
    orders = list(rows)
    asked = StockDemand.objects.filter(order_link__item__order__in=orders)
    lock_stocks(ensure_stocks(asked.values_list("product", "warehouse")).values())
    return orders


def sync_stock_to_status(order: Order, *, by: Any) -> None:
    """Do what the order's status asks of the stock; what is done already is left alone.

    Raises NothingToSell for an order without lines, InsufficientStock when it is to be completed and goods lack.
    """
    with transaction.atomic():
        locked = lock_order(order)
        bring_stock_to(locked, locked.status.stage, by=by)


def bring_stock_to(order: Order, stage: Stage, *, by: Any, at: datetime | None = None) -> None:
    """The rule itself, for a locked order: from whatever stands to `stage`, now unless `at` is given."""
    at = at or timezone.now()
    asked = _asked(order)
    demands = [row.demand_id for row in asked if row.demand_id]
    if stage in {Stage.NOTHING, Stage.CANCELLED}:
        _take_all_back(order, demands, by=by, at=at)
        return
    if not asked:
        raise NothingToSell(
            _("Order %(number)s has no lines, so there is nothing to reserve or sell. Add what is ordered.")
            % {"number": order.number}
        )
    if stage is Stage.RESERVED and any(row.is_sold for row in asked):
        SaleProcessor.reverse(_live_sales(demands), by=by, at=at)
        asked = _asked(order)
    sold = {row.item_id for row in asked if row.is_sold}
    if changed := {row.item_id for row in asked if row.frozen_as != _fingerprint(order, row)} - sold:
        _freeze(order, changed, by=by, at=at)
        asked = _asked(order)
        demands = [row.demand_id for row in asked if row.demand_id]
    if stage is Stage.RESERVED:
        wanted = _demands(demands)
        if any(demand.hold_until != order.hold_until for demand in wanted):
            hold_until(wanted, order.hold_until)
        reserve_due(wanted, on=timezone.localdate(at), by=by, at=at)
    elif not all(row.is_sold or row.is_service for row in asked):
        sell_demands(demands, _amounts(asked, order.discount), by=by, at=at)


def refuse_unless_reserved(order: Order) -> None:
    """Raises DomainError when what the order's lines take from the stock is not frozen yet, or is sold already."""
    if order.status.stage is not Stage.RESERVED:
        raise DomainError(
            _("The composition can be changed between confirmation and completion. Order %(number)s: %(status)s.")
            % {"number": order.number, "status": order.status}
        )


def replace_demands(
    item: OrderItem, wanted: Sequence[DemandInput], *, by: Any, seen: Collection[int] | None = None
) -> list[StockDemand]:
    """Change what a line really takes from the stock: a substitution, or the stems that were used in the end.

    The old demands are cancelled and stay as history. Raises DomainError once the order is completed or before it is
    confirmed, CompositionChanged when the line is gone or its demands are not those that the person has `seen`.
    """
    with transaction.atomic():
        order = lock_order(item.order)
        refuse_unless_reserved(order)
        if not order.items.filter(pk=item.pk).exists():  # the order was edited while we waited
            raise CompositionChanged(item)
        for want in wanted:
            checked_quantity(want.quantity)
        if item.is_service:
            raise DomainError(
                _("“%(line)s” is a service: it takes nothing from the stock, so there is nothing to replace.")
                % {"line": item}
            )
        if not wanted:
            raise NothingToSell(_("A line needs at least one product. To drop the line, delete it from the order."))
        old = list(
            StockDemand.objects.filter(order_link__item=item, cancelled_at__isnull=True).select_related("product")
        )
        if seen is not None and {demand.pk for demand in old} != set(seen):
            raise CompositionChanged(item)
        lock_stocks_of_order(order, products=[want.product.pk for want in wanted])
        cancel_demands(old, by=by)
        new = freeze_demands(wanted, warehouse=order.warehouse, needed_on=order.due_on, hold_until=order.hold_until)
        _link((item, demand, _list_amount(want)) for want, demand in zip(wanted, new, strict=True))
        reserve_due(new, on=timezone.localdate(), by=by)
        note(
            order, EventKind.SUBSTITUTED, by=by, line=str(item),
            before=[[str(demand.product), str(demand.quantity)] for demand in old],
            after=[[str(demand.product), str(demand.quantity)] for demand in new],
        )  # fmt: skip
    return new


@dataclass(frozen=True, slots=True)
class _Asked:
    """A line of an order and one of its live demands (`demand_id` is None: none yet, or never, for a service)."""

    item_id: int
    product_id: int | None
    kit_id: int | None
    quantity: Decimal
    price: Decimal
    frozen_as: str
    demand_id: int | None
    list_amount: Decimal | None
    is_sold: bool
    is_service: bool


def _asked(order: Order) -> list[_Asked]:
    """The order's lines with their demands in the order they were frozen, as they are now: one statement, no model
    instances, because every completed order passes here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select i.id, i.product_id, i.kit_id, i.quantity, i.price, i.frozen_as, l.demand_id, l.list_amount,"
            "       exists (select 1 from inventory_sale x where x.demand_id = l.demand_id and x.reversed_at is null),"
            "       coalesce(p.kind = %s, false)"
            "  from orders_orderitem i"
            "  left join products_product p on p.id = i.product_id"
            "  left join (orders_orderitemdemand l join inventory_stockdemand d"
            "                on d.id = l.demand_id and d.cancelled_at is null) on l.item_id = i.id"
            " where i.order_id = %s order by i.id, l.id",
            [Kind.SERVICE.value, order.pk],
        )
        return [_Asked(*row) for row in cursor.fetchall()]


def _demands(keys: Sequence[int]) -> list[StockDemand]:
    return list(StockDemand.objects.filter(pk__in=keys).select_related("product", "warehouse").order_by("pk"))


def _live_sales(demands: Sequence[int]) -> list[Sale]:
    return list(Sale.objects.filter(demand__in=demands, reversed_at__isnull=True))


def _take_all_back(order: Order, demands: Sequence[int], *, by: Any, at: datetime) -> None:
    """Reverse what was sold, release what was promised; the demands are closed and a later confirmation freezes anew."""
    if not demands:
        return
    SaleProcessor.reverse(_live_sales(demands), by=by, at=at)
    cancel_demands(_demands(demands), by=by, at=at)
    order.items.update(frozen_as="")


def _freeze(order: Order, changed: set[int], *, by: Any, at: datetime) -> None:
    """Freeze the demands of lines that have none, or that were changed since; the others are left as they are.

    Where only the warehouse or the day changed, the composition stays the one that was frozen: a substitution is kept,
    and a recipe changed meanwhile changes nothing.
    """
    items = list(order.items.filter(pk__in=changed).select_related("product", "kit").order_by("pk"))
    kept: dict[int, list[OrderItemDemand]] = defaultdict(list)
    stale = list(
        OrderItemDemand.objects.filter(item__in=changed, demand__cancelled_at__isnull=True)
        .select_related("demand__product")
        .order_by("pk")
    )
    moved = {item.pk for item in items if item.frozen_as.split("@")[0] == _fingerprint(order, item).split("@")[0]}
    for link in stale:
        if link.item_id in moved:
            kept[link.item_id].append(link)
    plan: list[tuple[OrderItem, DemandInput, Decimal]] = [
        (item, DemandInput(link.demand.product, link.demand.quantity), link.list_amount)
        for item in items
        for link in kept[item.pk]
    ]
    anew = [item for item in items if not kept[item.pk]]
    recipes = recipes_of(item.kit_id for item in anew if item.kit_id)
    choices = any(part.instead for recipe in recipes.values() for part in recipe)
    goods = [item.product_id for item in anew if item.product_id and not item.is_service]
    products = [*products_of(recipes.values()), *goods]
    if stale or choices:
        lock_stocks_of_order(order, products=[*products, *(want.product.pk for _item, want, _money in plan)])
        cancel_demands([link.demand for link in stale], by=by, at=at)
    free = free_in(order.warehouse, products) if choices else {}
    for item in anew:
        composition = _composition(item, recipes, free)
        plan += [(item, want, _list_amount(want)) for want in composition]
    demands = freeze_demands(
        [want for _item, want, _money in plan], warehouse=order.warehouse, needed_on=order.due_on,
        hold_until=order.hold_until, at=at,
    )  # fmt: skip
    _link((item, demand, money) for (item, _want, money), demand in zip(plan, demands, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "update orders_orderitem i set frozen_as = t.print from unnest(%s::bigint[], %s::text[]) as t (id, print)"
            " where i.id = t.id",
            [[item.pk for item in items], [_fingerprint(order, item) for item in items]],
        )


def _fingerprint(order: Order, line: OrderItem | _Asked) -> str:
    """What a line's demands depend on: what (`s…` for a service, which has none) and how much, then where and when. A
    recipe changed later is not part of it: a confirmed bouquet stays as it was."""
    what = f"{'s' if line.is_service else 'p'}{line.product_id}" if line.product_id else f"k{line.kit_id}"
    return f"{what}:{round_quantity(line.quantity)}@{order.warehouse_id}:{order.due_on:%Y%m%d}"


def _composition(
    item: OrderItem, recipes: Mapping[int, Sequence[Component]], free: dict[int, Decimal]
) -> list[DemandInput]:
    """What a line takes from the stock: the product itself, nothing for a service, or the bouquet's flowers, chosen among
    interchangeable ones by what is free under the lock. What it takes is no longer free for the lines that come after
    it."""
    if item.is_service:
        return []
    wanted = [Component(item.product, Decimal(1))] if item.product else recipes[item.kit_id or 0]
    if not wanted:
        raise NothingToSell(
            _("The bouquet %(name)s has no composition. Enter what it is made of first.") % {"name": item.kit}
        )
    parts = [
        DemandInput(part.product, round_quantity(part.quantity))
        for part in chosen(wanted, times=item.quantity, free=free)
    ]
    for part in parts:
        checked_quantity(part.quantity)
        free[part.product.pk] = free.get(part.product.pk, Decimal(0)) - part.quantity
    return parts


def _list_amount(want: DemandInput) -> Decimal:
    """What the goods would cost at list price. A weight, not a price: beyond what the column holds it says no more."""
    return min(round_money(want.product.sale_price * want.quantity), MAX_MONEY)


def _link(rows: Iterable[tuple[OrderItem, StockDemand, Decimal]]) -> None:
    OrderItemDemand.objects.bulk_create(
        OrderItemDemand(item=item, demand=demand, list_amount=money) for item, demand, money in rows
    )


def _amounts(asked: Sequence[_Asked], discount: Decimal) -> list[Decimal]:
    """Money of each demand: the line's revenue after discounts, shared by list price, the last takes the rest. A service
    bears its share of the discount and leaves no sale.

    Raises DiscountTooLarge: a line may have gone since the discount was given.
    """
    lines: dict[int, list[_Asked]] = defaultdict(list)
    for row in asked:
        lines[row.item_id].append(row)
    money = revenues([LineMoney(rows[0].quantity, rows[0].price) for rows in lines.values()], discount)
    if sum(money, Decimal(0)) < 0:
        raise DiscountTooLarge
    return [
        part
        for rows, revenue in zip(lines.values(), money, strict=True)
        if not rows[0].is_service
        for part in share(revenue, [row.list_amount or Decimal(0) for row in rows])
    ]
