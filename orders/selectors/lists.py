"""Orders as rows of the list: the saved views, search, pages, what stands in a row."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Prefetch,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.errors import BadInput
from core.photos import Photo
from core.text import clean_text
from inventory.services.reservations import waiting_demands
from orders.domain.lifecycle import Category
from orders.models import (
    Contact,
    Order,
    OrderItem,
    OrderPhoto,
    OrderStatus,
    PhotoKind,
)
from orders.selectors.people import DIGITS_OF_A_PHONE, MOST_DIGITS, digits_of, end_of_number
from products.models import ProductKitPhoto, ProductPhoto

PAGE = 50
LONGEST_SEARCH = 100
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


def still_open(statuses: Iterable[OrderStatus]) -> Q:
    """Orders somebody waits for; a draft is promised to nobody yet. `statuses` are all of the shop's: by their keys such
    orders are found by index, and the years of ended ones are not looked at."""
    return Q(status__in=[row.pk for row in statuses if row.category not in {*ENDED, Category.DRAFT.value}])


def late_orders(now: datetime, statuses: Iterable[OrderStatus]) -> Q:
    """Orders somebody is waiting for past their slot."""
    local = timezone.localtime(now)
    clock = local.time()
    passed = Q(due_until__lt=clock) | Q(due_until__isnull=True, due_from__lt=clock)
    return still_open(statuses) & (Q(due_on__lt=local.date()) | Q(due_on=local.date()) & passed)


def unpaid_orders() -> Q:
    """Orders handed over and not paid in full: before that, money may still come with the flowers."""
    return Q(status__category=Category.COMPLETED.value, paid__lt=F("total"))


def view_counts(now: datetime, statuses: Sequence[OrderStatus]) -> dict[str, int]:
    """How many orders each view with a badge holds: one statement. `statuses` are all of the shop's."""
    today = timezone.localdate(now)
    tomorrow = today + timedelta(days=1)
    kept = [status.pk for status in statuses if status.category != Category.CANCELLED]
    looked_at = Order.objects.filter(Q(due_on__range=(today, tomorrow)) | still_open(statuses))
    return looked_at.aggregate(
        today=Count("pk", filter=Q(due_on=today, status__in=kept)),
        tomorrow=Count("pk", filter=Q(due_on=tomorrow, status__in=kept)),
        late=Count("pk", filter=late_orders(now, statuses)),
    )


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
    statuses: Sequence[OrderStatus],
    text: str = "",
    status: int | None = None,
    contact: int | None = None,
    after: str = "",
) -> Page:
    """A page of the list: orders of a view, or of all days when `text` is searched for or `contact` has ordered or
    received them; `after` is a cursor, `statuses` are all of the shop's.

    Raises BadInput for a text that can't be meant and ValueError for a broken cursor.
    """
    newest_first = view is View.ALL or bool(text) or contact is not None
    orders = of_view(View.ALL if newest_first else view, now, statuses)
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
    return Page(rows_of(shown, now, first_of(statuses)), "" if is_last else _cursor(shown[-1]))


def of_view(view: View, now: datetime, statuses: Iterable[OrderStatus]) -> QuerySet[Order]:
    """All orders of a saved view, in no order; `statuses` are all of the shop's."""
    today = timezone.localdate(now)
    if view is View.TODAY:
        return Order.objects.filter(due_on=today)
    if view is View.TOMORROW:
        return Order.objects.filter(due_on=today + timedelta(days=1))
    if view is View.LATE:
        return Order.objects.filter(late_orders(now, statuses))
    if view is View.UNPAID:
        return Order.objects.filter(unpaid_orders())
    if view is View.WAITING:
        return Order.objects.filter(pk__in=uncovered().values("order_link__item__order"))
    return Order.objects.all()


def to_make(view: View, now: datetime, statuses: Sequence[OrderStatus]) -> list[int]:
    """Keys of the orders of a view that somebody still has to make or hand over, by time; drafts are promised to
    nobody. `statuses` are all of the shop's."""
    orders = of_view(view, now, statuses).filter(still_open(statuses))
    starts = Coalesce("due_from", Value(END_OF_DAY))
    return list(orders.order_by("due_on", starts, "pk").values_list("pk", flat=True))


def _searched(orders: QuerySet[Order], text: str) -> QuerySet[Order]:
    """By number, by the end of a telephone number, by a name or an address."""
    tidy = clean_text(text, max_length=LONGEST_SEARCH)
    plain = tidy.lstrip("№# ")
    digits = digits_of(plain)
    is_number = bool(digits) and all(character in "+-() \u00a0" or character in digits for character in plain)
    if not is_number:
        named = _anybody(name__icontains=tidy)
        return orders.filter(Q(buyer__in=named) | Q(recipient__in=named) | Q(address__icontains=tidy))
    if len(digits) > MOST_DIGITS:
        raise BadInput("")
    found = Q(number=int(digits)) if plain.isdigit() else Q(pk__in=[])
    if len(digits) >= DIGITS_OF_A_PHONE:
        # Asked first and few: with their keys the orders are found by index.
        keys = list(_anybody(phone__endswith=end_of_number(digits)).values_list("pk", flat=True))
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
    orders: Sequence[Order], now: datetime, first: dict[str, OrderStatus], *, with_photos: bool = True
) -> list[Row]:
    """Orders, read with their items, as rows of a list; `first` is what `first_of` answers."""
    waiting = waiting_of(order.pk for order in orders)
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
    return waiting_demands().filter(order_link__isnull=False)


def all_statuses() -> list[OrderStatus]:
    """The shop's statuses in its order: one statement for everything that goes by them."""
    return list(OrderStatus.objects.all())


def first_of(statuses: Iterable[OrderStatus]) -> dict[str, OrderStatus]:
    """Category → the shop's first status of it, system ones before. `statuses` are all of the shop's."""
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


def products_on_orders(product_ids: Collection[int]) -> set[int]:
    """Those of the products that stand on an order, whatever its status."""
    return set(OrderItem.objects.filter(product__in=product_ids).values_list("product", flat=True).distinct())
