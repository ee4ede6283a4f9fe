"""One order for its page: what stands behind its lines, its history, the steps it may take."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import (
    Q,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from inventory.models import Sale, SaleAllocation
from orders.domain.lifecycle import Stage, following
from orders.goods import free_for
from orders.models import (
    EventKind,
    Order,
    OrderEvent,
    OrderItem,
    OrderItemDemand,
    OrderStatus,
)
from products.models import Product
from products.recipes import Component, chosen, products_of, recipes_of

_DECIMAL_ZERO = Decimal(0)


@dataclass
class Part:
    """One product that a line takes from the stock, base units. `free` counts what this order itself holds."""

    product: Product
    asked: Decimal
    reserved: Decimal = _DECIMAL_ZERO
    free: Decimal = _DECIMAL_ZERO
    cost: Decimal | None = None
    allocations: list[SaleAllocation] = field(default_factory=list)

    @property
    def waiting(self) -> Decimal:
        """What is asked and not reserved."""
        return max(self.asked - self.reserved, _DECIMAL_ZERO)

    @property
    def lacking(self) -> Decimal:
        """What is asked and could not be taken now."""
        return max(self.asked - self.free, _DECIMAL_ZERO)


@dataclass
class Line:
    """One line of an order with what stands behind it in the stock."""

    item: OrderItem
    parts: list[Part]

    @property
    def waiting(self) -> Decimal:
        return sum((part.waiting for part in self.parts), _DECIMAL_ZERO)

    @property
    def lacking(self) -> list[Part]:
        return [part for part in self.parts if part.lacking]

    @property
    def cost(self) -> Decimal | None:
        """What the sold goods cost; None before the sale."""
        costs = [part.cost for part in self.parts if part.cost is not None]
        return sum(costs, _DECIMAL_ZERO) if costs else None

    @property
    def returned(self) -> Decimal:
        """What the buyer brought back of it, base units."""
        return sum((allocation.returned for allocation in self.allocations), _DECIMAL_ZERO)

    @property
    def allocations(self) -> list[SaleAllocation]:
        return [allocation for part in self.parts for allocation in part.allocations]


def order_lines(order: Order) -> list[Line]:
    """The order's lines with demands, reservations, batches and cost. A fixed number of statements."""
    items = list(order.items.select_related("product", "kit"))
    stage = order.status.stage
    if stage in {Stage.RESERVED, Stage.SOLD}:
        parts = _frozen_parts(order)
        products = {part.product.pk for group in parts.values() for part in group}
        free = free_for(products, warehouse=order.warehouse, order=order)
    else:
        parts, free = _planned_parts(order, items)
    for group in parts.values():
        for part in group:
            part.free = free.get(part.product.pk, _DECIMAL_ZERO)
    return [Line(item, parts.get(item.pk, [])) for item in items]


def sales_of(order: Order) -> list[int]:
    """Keys of the live sales of an order: one statement."""
    links = OrderItemDemand.objects.filter(item__order=order).values("demand")
    return list(Sale.objects.filter(demand__in=links, reversed_at=None).order_by("pk").values_list("pk", flat=True))


def _frozen_parts(order: Order) -> dict[int, list[Part]]:
    links = list(
        OrderItemDemand.objects.filter(item__order=order, demand__cancelled_at__isnull=True)
        .select_related("demand__product")
        .annotate(
            held=Coalesce(
                Sum("demand__reservations__quantity", filter=Q(demand__reservations__is_active=True)),
                Value(_DECIMAL_ZERO),
            )
        )
        .order_by("pk")
    )
    sold: dict[int, list[SaleAllocation]] = defaultdict(list)
    for allocation in (
        SaleAllocation.objects.filter(sale__demand__in=[link.demand_id for link in links], sale__reversed_at=None)
        .select_related("sale", "batch")
        .order_by("pk")
    ):
        if allocation.sale is not None and allocation.sale.demand_id is not None:
            sold[allocation.sale.demand_id].append(allocation)
    parts: dict[int, list[Part]] = defaultdict(list)
    for link in links:
        allocations = sold.get(link.demand_id, [])
        parts[link.item_id].append(
            Part(
                product=link.demand.product,
                asked=link.demand.quantity,
                reserved=link.held,
                cost=sum((row.cost for row in allocations), _DECIMAL_ZERO) if allocations else None,
                allocations=allocations,
            )
        )
    return parts


def _planned_parts(order: Order, items: Sequence[OrderItem]) -> tuple[dict[int, list[Part]], dict[int, Decimal]]:
    """What the lines would ask for if the order were confirmed now, and what is free of it."""
    recipes = recipes_of(item.kit_id for item in items if item.kit_id)
    goods = [item for item in items if not item.is_service]
    products = {item.product_id for item in goods if item.product_id} | set(products_of(recipes.values()))
    free = free_for(products, warehouse=order.warehouse, order=order)
    parts: dict[int, list[Part]] = {}
    for item in goods:
        wanted = [Component(item.product, Decimal(1))] if item.product else recipes[item.kit_id or 0]
        parts[item.pk] = [Part(part.product, part.quantity) for part in chosen(wanted, times=item.quantity, free=free)]
    return parts, free


@dataclass(frozen=True)
class Step:
    """A status the order may be put into, with what that does to the stock."""

    status: OrderStatus
    effect: str
    needs: str


def steps_from(order: Order, statuses: Iterable[OrderStatus]) -> list[Step]:
    """Every status the order may go to by hand, in the shop's order. `effect` names the sentence for the stock:
    reserve, sell, release, put_back, put_back_and_reserve or nothing; `needs` is the right for the step."""
    here = order.status
    allowed = {category.value for category in following(here.category)} | {here.category}
    return [
        Step(status, effect_of(here.stage, status.stage), right_for(here, status))
        for status in statuses
        if status.category in allowed and status.pk != here.pk
    ]


def right_for(before: OrderStatus, after: OrderStatus) -> str:
    """The right that a step asks for."""
    if before.is_end and before.category != after.category:
        return "orders.reopen"
    if after.stage is Stage.SOLD:
        return "orders.complete"
    return "orders.cancel" if after.stage is Stage.CANCELLED else "orders.change"


def effect_of(before: Stage, after: Stage) -> str:
    """What a step does to the stock, as a word for the page."""
    if before is Stage.SOLD:
        return {Stage.SOLD: "", Stage.RESERVED: "put_back_and_reserve"}.get(after, "put_back")
    if after is Stage.SOLD:
        return "sell"
    if after is Stage.RESERVED:
        return "" if before is Stage.RESERVED else "reserve"
    return "release" if before is Stage.RESERVED else ""


def history_of(order: Order) -> list[OrderEvent]:
    """The order's history, newest first."""
    return list(order.events.select_related("by", "status", "status_before").order_by("-id"))


def passed_steps(events: Sequence[OrderEvent]) -> dict[str, OrderEvent]:
    """Category → the event that brought the order there last."""
    passed: dict[str, OrderEvent] = {}
    for event in events:
        if event.kind in {EventKind.STATUS, EventKind.CREATED} and event.status is not None:
            passed.setdefault(event.status.category, event)
    return passed
