"""What the printed forms of orders show: a fixed number of statements for any number of orders."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch

from orders.domain.card_fit import fit_card
from orders.domain.lifecycle import Stage
from orders.models import Order, OrderItem, OrderItemDemand, Payment, PriceNote
from products.models import Product
from products.recipes import chosen, recipes_of

RECEIPT_LENGTHS = (100, 150, 200, 297, 450, 700)  # millimetres


@dataclass(frozen=True)
class SheetPart:
    """What a line is made of: base units for the whole line."""

    product: Product
    quantity: Decimal


@dataclass(frozen=True)
class SheetLine:
    """A line of a work order. `parts` is empty for a product that goes in as it is."""

    item: OrderItem
    parts: list[SheetPart]


@dataclass(frozen=True)
class WorkOrder:
    """One order as the florist needs it on paper."""

    order: Order
    lines: list[SheetLine]


@dataclass(frozen=True)
class Receipt:
    """One order's money. `goods` is the sum of its lines before the discount, `length` the paper's, millimetres."""

    order: Order
    lines: list[OrderItem]
    price_notes: list[PriceNote]
    payments: list[Payment]
    goods: Decimal
    length: int


@dataclass(frozen=True)
class Card:
    """A card's words and their size in points."""

    order: Order
    size: int
    text: str


def work_orders(keys: Iterable[int]) -> list[WorkOrder]:
    """Work orders in the order of `keys`; keys without an order are left out. At most four statements."""
    wanted = list(dict.fromkeys(keys))
    found = (
        Order.objects.filter(pk__in=wanted)
        .select_related("status", "buyer", "recipient", "created_by")
        .prefetch_related(Prefetch("items", OrderItem.objects.select_related("product", "kit")))
        .in_bulk()
    )
    orders = [found[key] for key in wanted if key in found]
    parts = _parts(orders)
    return [
        WorkOrder(order, [SheetLine(item, _shown(item, parts.get(item.pk, []))) for item in order.items.all()])
        for order in orders
    ]


def _parts(orders: list[Order]) -> dict[int, list[SheetPart]]:
    """Line → components: as frozen where the order has asked the stock, else by today's recipe with what is wanted most."""
    parts: dict[int, list[SheetPart]] = defaultdict(list)
    frozen = [order.pk for order in orders if order.status.stage in {Stage.RESERVED, Stage.SOLD}]
    if frozen:
        links = OrderItemDemand.objects.filter(item__order__in=frozen, demand__cancelled_at__isnull=True)
        for link in links.select_related("demand__product").order_by("pk"):
            parts[link.item_id].append(SheetPart(link.demand.product, link.demand.quantity))
    planned = [item for order in orders if order.pk not in frozen for item in order.items.all() if item.kit_id]
    recipes = recipes_of(item.kit_id for item in planned if item.kit_id)
    for item in planned:
        for part in chosen(recipes.get(item.kit_id or 0, []), times=item.quantity, free={}):
            parts[item.pk].append(SheetPart(part.product, part.quantity))
    return parts


def _shown(item: OrderItem, parts: list[SheetPart]) -> list[SheetPart]:
    """A product that is given as itself needs no list of what it is made of; a substitution does."""
    if item.product_id and all(part.product.pk == item.product_id for part in parts):
        return []
    return parts


def receipt_of(order: Order) -> Receipt:
    """The order's receipt. Two statements, three for an order whose price was corrected."""
    lines = list(order.items.select_related("product", "kit"))
    payments = list(order.payments.all())
    notes = list(order.price_notes.all()) if order.corrections else []
    rows = sum(3 + len(str(item)) // 24 for item in lines) + len(payments) + 2 * len(notes) + 11
    needed = rows * 4.6 + 8  # millimetres for a row of type, and the margins
    length = next((mm for mm in RECEIPT_LENGTHS if needed <= mm), RECEIPT_LENGTHS[-1])
    return Receipt(order, lines, notes, payments, sum((item.amount for item in lines), Decimal(0)), length)


def card_of(order: Order) -> Card:
    """The order's card with the size at which its words fill one A6."""
    size, text = fit_card(order.card_message)
    return Card(order, size, text)
