"""Figures for pages. Nothing is written here; the day and the moment are passed in."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from core.quantities import round_money
from inventory.models import Sale, WriteOff
from orders.domain.lifecycle import Category
from orders.models import Order, PriceNote

DAYS = 14
WEEK = timedelta(days=7)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Takings:
    """Money of a time: orders completed in it and goods sold past an order, with their number, and the price notes posted
    in it: a note changes the day it is posted on, not the day of the sale.

    `revenue` and `cost` are of the goods alone, net of returns, so that the margin is true; `lost` is the cost of
    what was written off.
    """

    takings: Decimal = ZERO
    count: int = 0
    revenue: Decimal = ZERO
    cost: Decimal = ZERO
    lost: Decimal = ZERO

    @property
    def average(self) -> Decimal | None:
        """Money per order, 2 decimals; None without orders."""
        return round_money(self.takings / self.count) if self.count else None

    @property
    def margin(self) -> Decimal | None:
        """Per cent of the goods' revenue that is left after their cost, whole; None where nothing was sold, or less than
        price notes took off."""
        return ((self.revenue - self.cost) * 100 / self.revenue).quantize(Decimal(1)) if self.revenue > 0 else None

    @property
    def lost_share(self) -> Decimal | None:
        """Write-offs in per cent of the takings, 1 decimal; None without takings."""
        return (self.lost * 100 / self.takings).quantize(Decimal("0.1")) if self.takings > 0 else None


def start_of(day: date) -> datetime:
    """The moment a calendar day begins in the shop's time."""
    return timezone.make_aware(datetime.combine(day, time()))


def takings_between(start: datetime, end: datetime) -> Takings:
    """From `start` up to but without `end`: three statements."""
    money, count = {"order": ZERO, "note": ZERO}, 0
    for kind, _day, amount, number in _orders(start, end).union(_notes(start, end), all=True):
        money[kind] += amount
        count += number
    sales = _sold(start, end).aggregate(**_sums())
    written_off = WriteOff.objects.filter(reversed_at__isnull=True, posted_at__gte=start, posted_at__lt=end)
    lost = written_off.aggregate(cost=Sum("cost"))["cost"]
    return Takings(
        takings=money["order"] + money["note"] + (sales["free"] or ZERO),
        count=count + sales["free_count"],
        revenue=round_money(sales["revenue"] or ZERO) + money["note"],
        cost=sales["costs"] or ZERO,
        lost=lost or ZERO,
    )


def takings_by_day(last: date, *, days: int = DAYS) -> list[tuple[date, Takings]]:
    """The days up to `last`, oldest first, those without a sale too: one statement. Without costs and write-offs."""
    first = last - timedelta(days=days - 1)
    start, end = start_of(first), start_of(last + timedelta(days=1))
    money: dict[date, Decimal] = defaultdict(Decimal)
    count: dict[date, int] = defaultdict(int)
    free = _daily("sale", _sold(start, end).filter(demand__isnull=True), "sold_at", F("amount"))
    for _kind, day, amount, number in _orders(start, end).union(_notes(start, end), free, all=True):
        money[day] += amount
        count[day] += number
    every = [first + timedelta(days=number) for number in range(days)]
    return [(day, Takings(takings=money[day], count=count[day])) for day in every]


def _orders(start: datetime, end: datetime) -> QuerySet[Any, Any]:
    """What orders were completed for, by day of completion."""
    completed = Order.objects.filter(
        status__category=Category.COMPLETED.value, completed_at__gte=start, completed_at__lt=end
    )
    return _daily("order", completed, "completed_at", F("total") - F("corrections"))


def _notes(start: datetime, end: datetime) -> QuerySet[Any, Any]:
    """Price notes by the day they were posted on, of orders that are completed now: one that was taken back sold nothing
    that could be corrected."""
    notes = PriceNote.objects.filter(
        order__status__category=Category.COMPLETED.value, posted_at__gte=start, posted_at__lt=end
    )
    return _daily("note", notes, "posted_at", F("amount"))


def _daily(kind: str, rows: QuerySet[Any], moment: str, amount: Any) -> QuerySet[Any, Any]:
    """(kind, day, money, how many) for each day; notes are none of a shop's sales, so they count for nothing."""
    number = Value(0, output_field=BigIntegerField()) if kind == "note" else Count("pk")
    by_day = rows.annotate(kind=Value(kind), day=TruncDate(moment)).order_by().values("kind", "day")
    return by_day.annotate(money=Sum(amount), number=number).values_list("kind", "day", "money", "number")


def _sold(start: datetime, end: datetime) -> QuerySet[Sale]:
    return Sale.objects.filter(reversed_at__isnull=True, sold_at__gte=start, sold_at__lt=end)


def _sums() -> dict[str, Any]:
    kept = ExpressionWrapper(
        F("amount") * (F("quantity") - F("returned")) / F("quantity"),
        output_field=DecimalField(max_digits=24, decimal_places=6),
    )
    is_free = Q(demand__isnull=True)
    return {
        "free": Sum("amount", filter=is_free),
        "free_count": Count("pk", filter=is_free),
        "revenue": Sum(kept),
        "costs": Sum(F("cost") - F("returned_cost")),
    }


@dataclass(frozen=True)
class MoneyOfDay:
    """A day's money beside the same weekday a week before, and the fortnight up to it.

    A day that is not over is compared with the other one up to the same time of day.
    """

    day: Takings
    before: Takings
    fortnight: list[tuple[date, Takings]]


def money_of_day(day: date, now: datetime) -> MoneyOfDay:
    """Seven statements for any amount of data."""
    start, end = start_of(day), start_of(day + timedelta(days=1))
    upto = start_of(day - WEEK + timedelta(days=1))
    if start <= now < end:
        upto = start_of(day - WEEK) + (now - start)
    return MoneyOfDay(
        day=takings_between(start, end),
        before=takings_between(start_of(day - WEEK), upto),
        fortnight=takings_by_day(day),
    )


def change(now: Decimal | int | None, before: Decimal | int | None) -> int | None:
    """By how many per cent a figure differs from the earlier one; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return int(((Decimal(now) - Decimal(before)) * 100 / Decimal(before)).quantize(Decimal(1)))
