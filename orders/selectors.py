"""Reading orders for lists and pages. Nothing is written here; the moment is passed in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Max,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, ExtractHour
from django.utils import timezone

from core.errors import BadInput
from core.photos import Photo
from core.text import clean_text
from inventory.models import SaleAllocation, StockDemand
from orders.domain.lifecycle import Category, Stage, following
from orders.goods import free_for, recipes_of
from orders.models import (
    Contact,
    EventKind,
    Fulfilment,
    Order,
    OrderEvent,
    OrderItem,
    OrderItemDemand,
    OrderPhoto,
    OrderStatus,
    PhotoKind,
)
from products.models import Product, ProductKitPhoto, ProductPhoto

PAGE = 50
LONGEST_SEARCH = 100
DIGITS_OF_A_PHONE = 3
MOST_DIGITS = 15
ENDED = (Category.COMPLETED.value, Category.CANCELLED.value)
END_OF_DAY = time(23, 59, 59, 999999)
_DECIMAL_ZERO = Decimal(0)


class View(StrEnum):
    """The saved views of the list."""

    TODAY = "today"
    TOMORROW = "tomorrow"
    LATE = "late"
    UNPAID = "unpaid"
    WAITING = "waiting"
    ALL = "all"


@dataclass(frozen=True)
class Lateness:
    """Where an open order stands against its slot: minutes late, or minutes until it begins (both from 0 up)."""

    late: int | None = None
    ahead: int | None = None


@dataclass
class Row:
    """One order of the list. `waiting` is what demands still lack, by unit: base units."""

    order: Order
    lateness: Lateness
    items: list[OrderItem]
    more_lines: int
    has_bouquet: bool
    waiting: dict[str, Decimal]
    next_status: OrderStatus | None
    photo: Photo | None = None


@dataclass
class Page:
    """A page of the list; `after` is the cursor of the next one, empty on the last."""

    rows: list[Row]
    after: str = ""


def late_orders(now: datetime) -> Q:
    """Orders somebody is waiting for past their slot; a draft is promised to nobody yet."""
    local = timezone.localtime(now)
    clock = local.time()
    passed = Q(due_until__lt=clock) | Q(due_until__isnull=True, due_from__lt=clock)
    is_open = ~Q(status__category__in=[*ENDED, Category.DRAFT.value])
    return is_open & (Q(due_on__lt=local.date()) | Q(due_on=local.date()) & passed)


def unpaid_orders() -> Q:
    """Orders handed over and not paid in full: before that, money may still come with the flowers."""
    return Q(status__category=Category.COMPLETED.value, paid__lt=F("total"))


def view_counts(now: datetime, statuses: Iterable[OrderStatus]) -> dict[str, int]:
    """How many orders each view with a badge holds: one statement. `statuses` are all of the shop's."""
    today = timezone.localdate(now)
    tomorrow = today + timedelta(days=1)
    kept = [status.pk for status in statuses if status.category != Category.CANCELLED]
    # By keys of statuses: both halves are found by index, and the years of ended orders are not looked at.
    looked_at = Order.objects.filter(Q(due_on__range=(today, tomorrow)) | Q(status__in=_still_open(statuses)))
    return looked_at.aggregate(
        today=Count("pk", filter=Q(due_on=today, status__in=kept)),
        tomorrow=Count("pk", filter=Q(due_on=tomorrow, status__in=kept)),
        late=Count("pk", filter=late_orders(now)),
    )


def _still_open(statuses: Iterable[OrderStatus]) -> list[int]:
    """Keys of the statuses in which somebody waits for an order."""
    return [status.pk for status in statuses if not status.is_end and status.category != Category.DRAFT]


def lateness_of(order: Order, now: datetime) -> Lateness:
    """How late an order is, or how soon its slot begins (within the next two hours only)."""
    if order.status.is_end or order.status.category == Category.DRAFT:
        return Lateness()
    deadline = _moment(order.due_on, order.due_until or order.due_from or END_OF_DAY)
    if now > deadline:
        return Lateness(late=int((now - deadline).total_seconds() // 60))
    if order.due_from is not None:
        ahead = int((_moment(order.due_on, order.due_from) - now).total_seconds() // 60)
        if 0 <= ahead <= 120:
            return Lateness(ahead=ahead)
    return Lateness()


def _moment(day: date, clock: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, clock))


def order_page(
    *,
    view: View,
    now: datetime,
    text: str = "",
    status: int | None = None,
    contact: int | None = None,
    after: str = "",
    first: dict[str, OrderStatus] | None = None,
) -> Page:
    """A page of the list: orders of a view, or of all days when `text` is searched for or `contact` has ordered or
    received them; `after` is a cursor, `first` what `first_statuses` answers.

    Raises BadInput for a text that can't be meant and ValueError for a broken cursor.
    """
    newest_first = view is View.ALL or bool(text) or contact is not None
    orders = of_view(View.ALL if newest_first else view, now)
    if text:
        orders = _searched(orders, text)
    if contact is not None:
        orders = orders.filter(Q(buyer=contact) | Q(recipient=contact))
    if status is not None:
        orders = orders.filter(status=status)
    orders = orders.annotate(
        is_over=ExpressionWrapper(Q(status__category__in=ENDED), output_field=BooleanField()),
        starts=Coalesce("due_from", Value(END_OF_DAY)),
    )
    if newest_first:
        orders = orders.order_by("-due_on", "-starts", "-pk")
    else:
        orders = orders.order_by("is_over", "due_on", "starts", "pk")
    if after:
        orders = orders.filter(_beyond(after, newest_first=newest_first))
    shown = list(
        orders.select_related("status", "recipient", "buyer").prefetch_related(
            Prefetch("items", OrderItem.objects.select_related("product", "kit"))
        )[: PAGE + 1]
    )
    is_last = len(shown) <= PAGE
    shown = shown[:PAGE]
    return Page(rows_of(shown, now, first), "" if is_last else _cursor(shown[-1]))


def of_view(view: View, now: datetime) -> QuerySet[Order]:
    """All orders of a saved view, in no order."""
    today = timezone.localdate(now)
    if view is View.TODAY:
        return Order.objects.filter(due_on=today)
    if view is View.TOMORROW:
        return Order.objects.filter(due_on=today + timedelta(days=1))
    if view is View.LATE:
        return Order.objects.filter(late_orders(now))
    if view is View.UNPAID:
        return Order.objects.filter(unpaid_orders())
    if view is View.WAITING:
        return Order.objects.filter(pk__in=uncovered().values("order_link__item__order"))
    return Order.objects.all()


def to_make(view: View, now: datetime) -> list[int]:
    """Keys of the orders of a view that somebody still has to make or hand over, by time; drafts are promised to
    nobody."""
    orders = of_view(view, now).exclude(status__category__in=[*ENDED, Category.DRAFT.value])
    starts = Coalesce("due_from", Value(END_OF_DAY))
    return list(orders.order_by("due_on", starts, "pk").values_list("pk", flat=True))


def _searched(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """By number, by the end of a telephone number, by a name or an address."""
    tidy = clean_text(text, max_length=LONGEST_SEARCH)
    plain = tidy.lstrip("№# ")
    digits = "".join(character for character in plain if character.isascii() and character.isdigit())
    is_number = bool(digits) and all(character in "+-() \u00a0" or character in digits for character in plain)
    if not is_number:
        named = _anybody(name__icontains=tidy)
        return orders.filter(Q(buyer__in=named) | Q(recipient__in=named) | Q(address__icontains=tidy))
    if len(digits) > MOST_DIGITS:
        raise BadInput("")
    found = Q(number=int(digits)) if plain.isdigit() else Q(pk__in=[])
    if len(digits) >= DIGITS_OF_A_PHONE:
        # A Russian number may begin with 8 where the stored one begins with +7.
        suffix = digits[1:] if len(digits) == 11 and digits[0] == "8" else digits
        # Asked first and few: with their keys the orders are found by index.
        keys = list(_anybody(phone__endswith=suffix).values_list("pk", flat=True))
        found |= Q(buyer__in=keys) | Q(recipient__in=keys)
    return orders.filter(found)


def _anybody(**condition: str) -> QuerySet[Any]:
    """Keys of contacts, deleted ones too: found once, instead of joined to every order and compared twice."""
    return Contact.all_objects.filter(**condition).order_by().values("pk")


def _cursor(order: Any) -> str:
    return f"{int(order.is_over)}_{order.due_on:%Y-%m-%d}_{order.starts:%H:%M:%S.%f}_{order.pk}"


def _beyond(after: str, *, newest_first: bool) -> Q:
    """Rows that follow the cursor. Raises ValueError."""
    parts = after.split("_")
    if len(parts) != 4 or not parts[3].isascii() or not parts[3].isdigit() or len(parts[3]) > 18:
        raise ValueError(after)
    is_over, day = bool(int(parts[0][:1])), date.fromisoformat(parts[1])
    starts, key = time.fromisoformat(parts[2]), int(parts[3])
    if newest_first:
        same_day = Q(due_on=day) & (Q(starts__lt=starts) | Q(starts=starts, pk__lt=key))
        return Q(due_on__lt=day) | same_day
    same_day = Q(due_on=day) & (Q(starts__gt=starts) | Q(starts=starts, pk__gt=key))
    same_half = Q(is_over=is_over) & (Q(due_on__gt=day) | same_day)
    return same_half if is_over else Q(is_over=True) | same_half


def rows_of(
    orders: Sequence[Order], now: datetime, first: dict[str, OrderStatus] | None = None, *, with_photos: bool = True
) -> list[Row]:
    """Orders, read with their items, as rows of a list; `first` is what `first_statuses` answers."""
    waiting = waiting_of(order.pk for order in orders)
    first = first_statuses() if first is None else first
    photos = thumbs_of(orders) if with_photos else {}
    rows = []
    for order in orders:
        items = list(order.items.all())
        rows.append(
            Row(
                order=order,
                lateness=lateness_of(order, now),
                items=items[:3],
                more_lines=max(len(items) - 3, 0),
                has_bouquet=any(item.kit_id for item in items),
                waiting=waiting.get(order.pk, {}),
                next_status=next_status(order, first),
                photo=photos.get(order.pk),
            )
        )
    return rows


def thumbs_of(orders: Sequence[Order]) -> dict[int, Photo]:
    """Order → the photo that stands for it: of the finished bouquet, else of what its first line names. The orders are
    read with their items. One statement."""
    first = {order.pk: next(iter(order.items.all()), None) for order in orders}
    found = _main_photos((item for item in first.values() if item), orders=[order.pk for order in orders])
    thumbs = {pk: found.get(f"o{pk}") or (found.get(goods_ref(item)) if item else None) for pk, item in first.items()}
    return {pk: photo for pk, photo in thumbs.items() if photo}


def thumbs_of_goods(items: Iterable[OrderItem]) -> dict[str, Photo]:
    """`p12` or `k3` → the main photo of the product or bouquet. One statement."""
    return _main_photos(items, orders=[])


def goods_ref(item: OrderItem) -> str:
    """What a line names: `p12` or `k3`."""
    return f"p{item.product_id}" if item.product_id else f"k{item.kit_id}"


def _main_photos(items: Iterable[OrderItem], *, orders: Sequence[int]) -> dict[str, Photo]:
    """Of products and bouquets the first photo, of orders the latest one of the finished bouquet. The photos are no
    whole rows: they know where their files are."""
    lines = list(items)
    work = OrderPhoto.objects.filter(order__in=orders, kind=PhotoKind.WORK)
    products = ProductPhoto.objects.filter(product__in={item.product_id for item in lines if item.product_id})
    kits = ProductKitPhoto.objects.filter(kit__in={item.kit_id for item in lines if item.kit_id})
    kinds: dict[str, tuple[Any, Any, str, Any]] = {
        "o": (work, OrderPhoto, "order_id", -F("position")),
        "p": (products, ProductPhoto, "product_id", "position"),
        "k": (kits, ProductKitPhoto, "kit_id", "position"),
    }
    parts = [
        rows.order_by().annotate(source=Value(source)).values_list("source", owner, place, "pk")
        for source, (rows, _model, owner, place) in kinds.items()
    ]
    found: dict[str, Photo] = {}
    for source, owner, _place, pk in sorted(parts[0].union(*parts[1:], all=True), key=lambda row: (row[2], row[3])):
        _rows, model, owner_field, _order = kinds[source]
        found.setdefault(f"{source}{owner}", model(pk=pk, **{owner_field: owner}))
    return found


def waiting_of(order_ids: Iterable[int]) -> dict[int, dict[str, Decimal]]:
    """Order → unit → base units that its open demands ask for and nothing covers: one statement."""
    found: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for demand in uncovered().filter(order_link__item__order__in=list(order_ids)).values(
        "order_link__item__order", "product__unit", "quantity", "held"
    ):  # fmt: skip
        found[demand["order_link__item__order"]][demand["product__unit"]] += demand["quantity"] - demand["held"]
    return {order: dict(units) for order, units in found.items()}


def uncovered() -> QuerySet[Any]:
    """Open demands of orders that hold less than they ask, with `held`."""
    # A demand has one active reservation at most, so there is nothing to add up.
    return (
        StockDemand.objects.filter(is_open=True, order_link__isnull=False)
        .annotate(active=FilteredRelation("reservations", condition=Q(reservations__is_active=True)))
        .annotate(held=Coalesce(F("active__quantity"), Value(_DECIMAL_ZERO)))
        .filter(held__lt=F("quantity"))
    )


def first_statuses() -> dict[str, OrderStatus]:
    """Category → the shop's first status of it, system ones before."""
    return first_of(OrderStatus.objects.all())


def first_of(statuses: Iterable[OrderStatus]) -> dict[str, OrderStatus]:
    """The same out of all statuses, where they are at hand."""
    first: dict[str, OrderStatus] = {}
    for status in sorted(statuses, key=lambda status: (not status.is_system, status.position, status.pk)):
        first.setdefault(status.category, status)
    return first


def next_status(order: Order, first: dict[str, OrderStatus]) -> OrderStatus | None:
    """The step that usually comes next; None for an ended order. A pickup is not sent out."""
    way = {
        Category.DRAFT: Category.NEW,
        Category.NEW: Category.CONFIRMED,
        Category.CONFIRMED: Category.ASSEMBLING,
        Category.ASSEMBLING: Category.READY,
        Category.READY: Category.DELIVERING if order.fulfilment == "delivery" else Category.COMPLETED,
        Category.DELIVERING: Category.COMPLETED,
    }
    onward = way.get(Category(order.status.category))
    return first.get(onward.value) if onward else None


# --- One order -------------------------------------------------------------------------------------------------------


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
    def allocations(self) -> list[SaleAllocation]:
        return [allocation for part in self.parts for allocation in part.allocations]


def order_lines(order: Order) -> list[Line]:
    """The order's lines with demands, reservations, batches and cost. A fixed number of statements."""
    items = list(order.items.select_related("product", "kit"))
    stage = order.status.stage
    parts = _frozen_parts(order) if stage in {Stage.RESERVED, Stage.SOLD} else _planned_parts(items)
    products = {part.product.pk for group in parts.values() for part in group}
    free = free_for(products, warehouse=order.warehouse, order=order)
    for group in parts.values():
        for part in group:
            part.free = free.get(part.product.pk, _DECIMAL_ZERO)
    return [Line(item, parts.get(item.pk, [])) for item in items]


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


def _planned_parts(items: Sequence[OrderItem]) -> dict[int, list[Part]]:
    """What the lines would ask for if the order were confirmed now."""
    recipes = recipes_of(item.kit_id for item in items if item.kit_id)
    parts: dict[int, list[Part]] = {}
    for item in items:
        if item.product is not None:
            parts[item.pk] = [Part(item.product, item.quantity)]
        else:
            parts[item.pk] = [
                Part(component.product, component.quantity * item.quantity) for component in recipes[item.kit_id or 0]
            ]
    return parts


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


# --- The first page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exceptions:
    """How many orders need a decision now: past their slot, handed over and not paid, waiting for goods."""

    late: int
    unpaid: int
    waiting: int


def exceptions_at(now: datetime) -> Exceptions:
    """Two statements; each part of the first one is found by an index of its own."""
    still_open = OrderStatus.objects.filter(is_positive_end=False, is_negative_end=False).exclude(
        category=Category.DRAFT.value
    )
    late = Order.objects.filter(late_orders(now), status__in=still_open)
    parts = [(late, "late"), (Order.objects.filter(unpaid_orders()), "unpaid")]
    counted = [
        rows.order_by()
        .annotate(part=Value(name))
        .values("part")
        .annotate(count=Count("pk"))
        .values_list("part", "count")
        for rows, name in parts
    ]
    found = dict(counted[0].union(*counted[1:], all=True))
    waiting = uncovered().aggregate(count=Count("order_link__item__order", distinct=True))["count"]
    return Exceptions(found.get("late", 0), found.get("unpaid", 0), waiting)


@dataclass(frozen=True)
class HourOfOrders:
    """Orders whose slot begins in one hour (None: at any time): ready or handed over, late, and still to be made."""

    hour: int | None
    ready: int
    late: int
    rest: int

    @property
    def total(self) -> int:
        return self.ready + self.late + self.rest


DONE = (Category.READY.value, Category.DELIVERING.value, Category.COMPLETED.value)


@dataclass(frozen=True)
class DayOfOrders:
    """What the shop's first page shows of a day's orders."""

    by_status: list[tuple[OrderStatus, int]]
    hours: list[HourOfOrders]
    next_rows: list[Row]


def orders_of_day(day: date, now: datetime) -> DayOfOrders:
    """Orders of the day by status and by the hour of their slot (those without one come last), and the next three to
    hand over. Cancelled ones and drafts have no hour: they are promised to nobody. A fixed number of statements."""
    groups = (
        Order.objects.filter(due_on=day)
        .order_by()
        .values("status", "status__category", hour=ExtractHour(Coalesce("due_from", "due_until")))
        .annotate(count=Count("pk"), late=Count("pk", filter=late_orders(now)))
    )
    numbers: dict[int, int] = defaultdict(int)
    hours: dict[int | None, list[int]] = defaultdict(lambda: [0, 0, 0])
    for group in groups:
        numbers[group["status"]] += group["count"]
        if group["status__category"] in {Category.CANCELLED.value, Category.DRAFT.value}:
            continue
        parts, on_time = hours[group["hour"]], group["count"] - group["late"]
        parts[0 if group["status__category"] in DONE else 2] += on_time
        parts[1] += group["late"]
    upcoming = (
        Order.objects.filter(due_on=day)
        .exclude(status__category__in=[*ENDED, Category.DRAFT.value])
        .annotate(starts=Coalesce("due_from", Value(END_OF_DAY)))
        .select_related("status", "recipient", "buyer")
        .prefetch_related(Prefetch("items", OrderItem.objects.select_related("product", "kit")))
        .order_by("starts", "pk")[:3]
    )
    statuses = list(OrderStatus.objects.all())
    return DayOfOrders(
        by_status=[(status, numbers[status.pk]) for status in statuses if status.pk in numbers],
        hours=[HourOfOrders(hour, *hours[hour]) for hour in sorted(hours, key=lambda hour: (hour is None, hour or 0))],
        next_rows=rows_of(list(upcoming), now, first_of(statuses), with_photos=False),
    )


# --- People ----------------------------------------------------------------------------------------------------------

CONTACTS = 5


def contacts_by_digits(text: str) -> list[Any]:
    """At most five contacts whose telephone ends with the digits of `text` (three or more), those with most orders
    first; `orders` is how many they have ordered, `last` the day of the latest."""
    digits = "".join(character for character in text if character.isascii() and character.isdigit())
    if not DIGITS_OF_A_PHONE <= len(digits) <= MOST_DIGITS:
        return []
    suffix = digits[1:] if len(digits) == 11 and digits[0] == "8" else digits
    found = Contact.objects.filter(phone__endswith=suffix)
    return list(
        found.annotate(orders=Count("bought"), last=Max("bought__due_on")).order_by("-orders", "name", "pk")[:CONTACTS]
    )


DELIVERIES = 3
LOOKED_AT = 50


def last_deliveries(phone: str) -> list[Order]:
    """The latest order of each of the last three places to which the buyer with this telephone (E.164) had flowers
    delivered: recipient and address together. One statement."""
    if not phone:
        return []
    orders = (
        Order.objects.filter(buyer__phone=phone, fulfilment=Fulfilment.DELIVERY)
        .exclude(address="")
        .select_related("buyer", "recipient")
        .order_by("-pk")[:LOOKED_AT]
    )
    found: dict[tuple[int | None, str], Order] = {}
    for order in orders:
        found.setdefault((order.recipient_id, order.address.casefold()), order)
    return list(found.values())[:DELIVERIES]
