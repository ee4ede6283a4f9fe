"""The one rule that brings the stock in line with an order's status, whoever set it.

Nothing for a draft or a new order; demands frozen and reserved from "confirmed" on; sold when completed; released, or
reversed exactly, when cancelled or set back. Calling it again changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.quantities import round_money, round_quantity
from inventory.models import Sale, StockDemand
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.reservations import reserve_due
from inventory.services.sale_processor import SaleProcessor, sell_demands
from inventory.services.stocks import checked_quantity
from orders.domain.lifecycle import Stage
from orders.domain.totals import LineMoney, revenues, share
from orders.models import EventKind, Order, OrderItem, OrderItemDemand
from orders.services.history import note
from products.models import KitItem, Product


class NothingToSell(DomainError):
    """An order without lines can't be confirmed or completed."""

    code = "nothing_to_sell"


def lock_order(order: Order) -> Order:
    """The order as it is now, locked. Raises Order.DoesNotExist.

    The order alone: a join is not read again after waiting for the lock, so a status joined in would be the old one.
    """
    return Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)


def sync_stock_to_status(order: Order, *, by: Any) -> None:
    """Do what the order's status asks of the stock; what is done already is left alone.

    Raises NothingToSell for an order without lines, InsufficientStock when it is to be completed and goods lack.
    """
    with transaction.atomic():
        locked = lock_order(order)
        bring_stock_to(locked, locked.status.stage, by=by)


def bring_stock_to(order: Order, stage: Stage, *, by: Any) -> None:
    """The rule itself, for a locked order: from whatever stands to `stage`."""
    links = _links(order)
    if stage in {Stage.NOTHING, Stage.CANCELLED}:
        _take_all_back(order, links, by=by)
        return
    items = list(order.items.select_related("product", "kit"))
    if not items:
        raise NothingToSell(
            _("Order %(number)s has no lines, so there is nothing to reserve or sell. Add what is ordered.")
            % {"number": order.number}
        )
    sold = [link for link in links if link.is_sold]  # type: ignore[attr-defined]  # annotated by _links
    if stage is Stage.RESERVED and sold:
        SaleProcessor.reverse(_live_sales(sold), by=by)
        sold = []
    if not sold:
        links = _freeze(order, items, links, by=by)
    if stage is Stage.RESERVED:
        reserve_due([link.demand for link in links], on=timezone.localdate(), by=by)
    elif len(sold) < len(links):
        sell_demands([link.demand_id for link in links], _amounts(order, items, links), by=by)


def replace_demands(item: OrderItem, wanted: Sequence[DemandInput], *, by: Any) -> list[StockDemand]:
    """Change what a line really takes from the stock: a substitution, or the stems that were used in the end.

    The old demands are cancelled and stay as history. Raises DomainError once the order is completed or before it is
    confirmed.
    """
    with transaction.atomic():
        order = lock_order(item.order)
        if order.status.stage is not Stage.RESERVED:
            raise DomainError(
                _("The composition can be changed between confirmation and completion. Order %(number)s: %(status)s.")
                % {"number": order.number, "status": order.status}
            )
        for want in wanted:
            checked_quantity(want.quantity)
        if not wanted:
            raise NothingToSell(_("A line needs at least one product. To drop the line, delete it from the order."))
        old = [link.demand for link in _links(order) if link.item_id == item.pk]
        cancel_demands(old, by=by)
        new = freeze_demands(wanted, warehouse=order.warehouse, needed_on=order.due_on)
        _link(zip([item] * len(new), new, strict=True))
        reserve_due(new, on=timezone.localdate(), by=by)
        note(
            order, EventKind.SUBSTITUTED, by=by, line=str(item),
            before=[[str(demand.product), str(demand.quantity)] for demand in old],
            after=[[str(demand.product), str(demand.quantity)] for demand in new],
        )  # fmt: skip
    return new


def _links(order: Order) -> list[OrderItemDemand]:
    """The order's demands that are not cancelled, in the order they were frozen; `is_sold` tells of a live sale."""
    live = Sale.objects.filter(demand=OuterRef("demand"), reversed_at__isnull=True)
    return list(
        OrderItemDemand.objects.filter(item__order=order, demand__cancelled_at__isnull=True)
        .annotate(is_sold=Exists(live))
        .select_related("demand__product", "demand__warehouse")
        .order_by("pk")
    )


def _live_sales(links: Iterable[OrderItemDemand]) -> list[Sale]:
    return list(Sale.objects.filter(demand__in=[link.demand_id for link in links], reversed_at__isnull=True))


def _take_all_back(order: Order, links: Sequence[OrderItemDemand], *, by: Any) -> None:
    """Reverse what was sold, release what was promised; the demands are closed and a later confirmation freezes anew."""
    if not links:
        return
    SaleProcessor.reverse(_live_sales(links), by=by)
    cancel_demands([link.demand for link in links], by=by)
    order.items.update(frozen_as="")


def _freeze(
    order: Order, items: Sequence[OrderItem], links: Sequence[OrderItemDemand], *, by: Any
) -> list[OrderItemDemand]:
    """Freeze the demands of lines that have none, or that were changed since; leave the others as they are."""
    changed = [item for item in items if item.frozen_as != _fingerprint(order, item)]
    if not changed:
        return list(links)
    stale = {item.pk for item in changed}
    cancel_demands([link.demand for link in links if link.item_id in stale], by=by)
    owners: list[OrderItem] = []
    wanted: list[DemandInput] = []
    for item, composition in _compositions(changed):
        owners += [item] * len(composition)
        wanted += composition
    demands = freeze_demands(wanted, warehouse=order.warehouse, needed_on=order.due_on)
    made = _link(zip(owners, demands, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "update orders_orderitem i set frozen_as = t.print from unnest(%s::bigint[], %s::text[]) as t (id, print)"
            " where i.id = t.id",
            [[item.pk for item in changed], [_fingerprint(order, item) for item in changed]],
        )
    return [link for link in links if link.item_id not in stale] + made


def _fingerprint(order: Order, item: OrderItem) -> str:
    """What a line's demands depend on. A recipe changed later is not part of it: a confirmed bouquet stays as it was."""
    what = f"p{item.product_id}" if item.product_id else f"k{item.kit_id}"
    return f"{what}:{round_quantity(item.quantity)}:{order.warehouse_id}:{order.due_on:%Y%m%d}"


def _compositions(items: Sequence[OrderItem]) -> Iterable[tuple[OrderItem, list[DemandInput]]]:
    """What each line takes from the stock: the product itself, or the bouquet's components."""
    recipes: dict[int, list[KitItem]] = defaultdict(list)
    kits = [item.kit_id for item in items if item.kit_id]
    if kits:
        for component in KitItem.objects.filter(kit__in=kits).select_related("product").order_by("pk"):
            recipes[component.kit_id].append(component)
    for item in items:
        if item.product is not None:
            yield item, [DemandInput(item.product, item.quantity)]
            continue
        recipe = recipes[item.kit_id or 0]
        if not recipe:
            raise NothingToSell(
                _("The bouquet %(name)s has no composition. Enter what it is made of first.") % {"name": item.kit}
            )
        yield item, [DemandInput(part.product, round_quantity(part.quantity * item.quantity)) for part in recipe]


def _link(pairs: Iterable[tuple[OrderItem, StockDemand]]) -> list[OrderItemDemand]:
    return OrderItemDemand.objects.bulk_create(
        OrderItemDemand(item=item, demand=demand, list_amount=_list_amount(demand.product, demand.quantity))
        for item, demand in pairs
    )


def _list_amount(product: Product, quantity: Decimal) -> Decimal:
    return round_money(product.sale_price * quantity)


def _amounts(order: Order, items: Sequence[OrderItem], links: Sequence[OrderItemDemand]) -> list[Decimal]:
    """Money of each demand: the line's revenue after discounts, shared by list price, the last takes the rest."""
    by_item = dict(
        zip(
            [item.pk for item in items],
            revenues([LineMoney(item.quantity, item.price) for item in items], order.discount),
            strict=True,
        )
    )
    grouped: dict[int, list[OrderItemDemand]] = defaultdict(list)
    for link in links:
        grouped[link.item_id].append(link)
    amount: dict[int, Decimal] = {}
    for item_id, group in grouped.items():
        parts = share(by_item[item_id], [link.list_amount for link in group])
        amount.update({link.pk: part for link, part in zip(group, parts, strict=True)})
    return [amount[link.pk] for link in links]
