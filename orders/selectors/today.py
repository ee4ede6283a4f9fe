"""The orders of a day and those that need a decision now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import (
    Count,
    Prefetch,
    Value,
)
from django.db.models.functions import Coalesce, ExtractHour

from orders.domain.lifecycle import Category
from orders.models import (
    Order,
    OrderItem,
    OrderStatus,
)
from orders.selectors.lists import END_OF_DAY, Row, first_of, late_orders, rows_of, still_open, uncovered, unpaid_orders


@dataclass(frozen=True)
class Exceptions:
    """How many orders need a decision now: past their slot, handed over and not paid, waiting for goods."""

    late: int
    unpaid: int
    waiting: int


def exceptions_at(now: datetime, statuses: Sequence[OrderStatus]) -> Exceptions:
    """Two statements; each part of the first one is found by an index of its own. `statuses` are all of the shop's."""
    late = Order.objects.filter(late_orders(now, statuses))
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


def orders_of_day(day: date, now: datetime, statuses: Sequence[OrderStatus]) -> DayOfOrders:
    """Orders of the day by status and by the hour of their slot (those without one come last), and the next three to
    hand over. Cancelled ones and drafts have no hour: they are promised to nobody. A fixed number of statements."""
    groups = (
        Order.objects.filter(due_on=day)
        .order_by()
        .values("status", "status__category", hour=ExtractHour(Coalesce("due_from", "due_until")))
        .annotate(count=Count("pk"), late=Count("pk", filter=late_orders(now, statuses)))
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
        Order.objects.filter(still_open(statuses), due_on=day)
        .annotate(starts=Coalesce("due_from", Value(END_OF_DAY)))
        .select_related("status", "recipient", "buyer")
        .prefetch_related(Prefetch("items", OrderItem.objects.select_related("product", "kit")))
        .order_by("starts", "pk")[:3]
    )
    return DayOfOrders(
        by_status=[(status, numbers[status.pk]) for status in statuses if status.pk in numbers],
        hours=[HourOfOrders(hour, *hours[hour]) for hour in sorted(hours, key=lambda hour: (hour is None, hour or 0))],
        next_rows=rows_of(list(upcoming), now, first_of(statuses), with_photos=False),
    )
