"""What stands in the warehouses: the stock list, what wilts, runs out or has expired. Nothing is written here."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate

from core.quantities import QuantityField
from inventory.models import Shortage, Stock, StockBatch, StockDemand
from inventory.selectors.figures import below_minimum


@dataclass(frozen=True)
class Freshness:
    """How far a batch is in its life. `days_left` may be negative; `level` is fresh, soon, wilting, expired or none."""

    level: str
    age_days: int
    days_left: int | None


def freshness(batch: StockBatch, *, on: date) -> Freshness:
    """Of the days between receipt and expiry: more than half left is fresh, more than a fifth soon, else wilting."""
    received = batch.received_on
    age = (on - received).days
    if batch.expires_on is None:
        return Freshness("none", age, None)
    left, whole = (batch.expires_on - on).days, max((batch.expires_on - received).days, 1)
    if left < 0:
        return Freshness("expired", age, left)
    share = Decimal(left) / whole
    level = "fresh" if share > Decimal("0.5") else "soon" if share > Decimal("0.2") else "wilting"
    return Freshness(level, age, left)


class Risk:
    """What needs a look first: flowers that wilt, then what is short or all promised, the rest, and what is gone."""

    WILTING, LOW, FINE, GONE = range(4)


VIEWS = {"wilting": Risk.WILTING, "low": Risk.LOW}

# Parts of what wilts or lacks, so they are no levels of risk of their own.
EXPIRED, OWED = "expired", "owed"


def stock_list(*, on: date, warehouse: int | None = None, text: str = "", view: str = "") -> QuerySet[Any]:
    """Stock rows of live products by risk, with `risk`, `waiting` (base units asked for and not held) and
    `open_batches`, oldest first, and photos: three queries for any number of rows. `on` is the shop's day of today."""
    rows = with_risk(on, warehouse)
    for word in text.split():
        rows = rows.filter(Q(product__name__icontains=word) | Q(product__sku__icontains=word))
    if view in VIEWS:
        # The conditions themselves, not their number: PostgreSQL guesses how many rows meet a condition, but not how
        # many have a number that is computed, and joined 2 000 products by nested loops.
        rows = rows.filter(wilts=True) if VIEWS[view] is Risk.WILTING else rows.filter(_LOW, wilts=False)
    elif view == EXPIRED:
        rows = rows.filter(pk__in=expired_batches(on).values("stock"))
    elif view == OWED:
        rows = rows.filter(pk__in=owed_too_long(on).values("stock"))
    return _to_show(rows).order_by("risk", "product__name", "id")


def wilting_stocks(*, on: date) -> QuerySet[Any]:
    """Stock rows with a batch that wilts, as `stock_list` reads them but without their risk."""
    return _to_show(_live().filter(pk__in=_wilting(on))).order_by("product__name", "id")


def low_stocks(*, on: date) -> QuerySet[Any]:
    """Stock rows that lack goods and do not wilt, with `waiting`, as `stock_list` reads them but without their risk."""
    rows = _live().annotate(waiting=_waiting()).filter(_LOW).exclude(pk__in=_wilting(on))
    return _to_show(rows).order_by("product__name", "id")


def _to_show(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With photos and `open_batches`, oldest first."""
    batches = StockBatch.objects.filter(is_open=True).order_by("received_at", "id")
    return rows.select_related("product__category", "warehouse").prefetch_related(
        "product__photos", Prefetch("batches", batches, to_attr="open_batches")
    )


def _live() -> QuerySet[Stock]:
    return Stock.objects.filter(product__is_deleted=False, warehouse__is_deleted=False)


def expired_batches(on: date) -> QuerySet[StockBatch]:
    """Batches that still hold goods although their last day is over."""
    return StockBatch.objects.filter(
        is_open=True, expires_on__lt=on, stock__product__is_deleted=False, stock__warehouse__is_deleted=False
    )


def owed_too_long(on: date) -> QuerySet[Shortage]:
    """Goods that were sold before they were entered and are still not, for longer than their warehouse allows."""
    day = Value(timedelta(days=1), output_field=DurationField())
    since = ExpressionWrapper(
        Value(on, output_field=DateField()) - TruncDate("created_at"), output_field=DurationField()
    )
    return (
        Shortage.objects.filter(open__gt=0, stock__product__is_deleted=False, stock__warehouse__is_deleted=False)
        .annotate(since=since)
        .filter(since__gt=ExpressionWrapper(F("stock__warehouse__short_days") * day, output_field=DurationField()))
    )


# Sold before it was entered, waited for, all of it promised, or less than the product's minimum left in the shop.
_LOW = Q(short__gt=0) | Q(waiting__gt=0) | Q(quantity__gt=0, quantity=F("reserved")) | Q(product__in=below_minimum())


def _wilting(on: date) -> QuerySet[Any, Any]:
    """Keys of stocks with a batch that wilts, by the rule of `freshness`: a fifth of its life or less is left."""
    day = Value(timedelta(days=1), output_field=DurationField())
    left = ExpressionWrapper((F("expires_on") - Value(on, output_field=DateField())) * 5, output_field=DurationField())
    whole = ExpressionWrapper(F("expires_on") - TruncDate("received_at"), output_field=DurationField())
    return (
        StockBatch.objects.filter(is_open=True, expires_on__isnull=False)
        .annotate(left=left, whole=Greatest(whole, day))
        .filter(left__lte=F("whole"))
        .values("stock")
    )


def _waiting() -> Greatest:
    """Base units that open demands ask for and the stock does not hold for them."""
    asked = (
        StockDemand.objects.filter(product=OuterRef("product"), warehouse=OuterRef("warehouse"), is_open=True)
        .order_by()
        .values("product")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    nothing = Value(Decimal(0), output_field=QuantityField())
    held = Coalesce(Subquery(asked, output_field=QuantityField()), nothing) - F("reserved")
    return Greatest(held, nothing, output_field=QuantityField())


def with_risk(on: date, warehouse: int | None) -> QuerySet[Any]:
    rows = _live()
    if warehouse is not None:
        rows = rows.filter(warehouse=warehouse)
    return rows.annotate(
        # A set of keys, made once: a question for every row would be asked as often as there are rows.
        wilts=ExpressionWrapper(Q(pk__in=_wilting(on)), output_field=BooleanField()),
        waiting=_waiting(),
        is_below_minimum=ExpressionWrapper(Q(product__in=below_minimum()), output_field=BooleanField()),
        risk=Case(
            When(wilts=True, then=Value(Risk.WILTING)),
            When(_LOW, then=Value(Risk.LOW)),
            When(quantity__gt=0, then=Value(Risk.FINE)),
            default=Value(Risk.GONE),
            output_field=IntegerField(),
        ),
    )


@dataclass(frozen=True)
class StockCounts:
    """How many products each view of the stock list shows, and what all of it cost."""

    wilting: int
    expired: int
    low: int
    owed: int
    all: int
    value: Decimal


def stock_counts(*, on: date, warehouse: int | None = None) -> StockCounts:
    """One query."""
    expired = Q(pk__in=expired_batches(on).values("stock"))
    owed = Q(pk__in=owed_too_long(on).values("stock"))
    found = (
        with_risk(on, warehouse)
        .annotate(
            has_expired=ExpressionWrapper(expired, output_field=BooleanField()),
            is_owed=ExpressionWrapper(owed, output_field=BooleanField()),
        )
        .aggregate(
            wilting=Count("pk", filter=Q(risk=Risk.WILTING)),
            expired=Count("pk", filter=Q(has_expired=True)),
            low=Count("pk", filter=Q(risk=Risk.LOW)),
            owed=Count("pk", filter=Q(is_owed=True)),
            all=Count("pk"),
            value=Sum("value"),
        )
    )
    return StockCounts(
        found["wilting"], found["expired"], found["low"], found["owed"], found["all"], found["value"] or Decimal(0)
    )  # fmt: skip


@dataclass(frozen=True)
class Risks:
    """What needs a look in one warehouse: products that wilt, run out or are owed for too long (sold before
    they were entered), batches that have expired."""

    warehouse: int
    name: str
    wilting: int
    low: int
    expired: int
    owed: int


def risks_by_warehouse(*, on: date) -> list[Risks]:
    """Every live warehouse that has stock, the main one first: two statements."""
    expired = dict(
        expired_batches(on).order_by().values_list("stock__warehouse").annotate(count=Count("pk")).values_list(
            "stock__warehouse", "count"
        )
    )  # fmt: skip
    rows = (
        with_risk(on, None)
        .order_by("-warehouse__is_default", "warehouse__position", "warehouse")
        .values("warehouse", "warehouse__name", "warehouse__is_default", "warehouse__position")
        .annotate(
            wilting=Count("pk", filter=Q(risk=Risk.WILTING)),
            low=Count("pk", filter=Q(risk=Risk.LOW)),
            owed=Count("pk", filter=Q(pk__in=owed_too_long(on).values("stock"))),
        )
    )
    return [
        Risks(
            row["warehouse"],
            row["warehouse__name"],
            row["wilting"],
            row["low"],
            expired.get(row["warehouse"], 0),
            row["owed"],
        )
        for row in rows
    ]


def after_risk(rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
    """The rows behind a cursor `<risk>-<key>` of `risk_cursor`; a cursor that means nothing is no cursor."""
    risk, _dash, key = cursor.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (risk, key)):
        return rows
    last = Stock.objects.filter(pk=int(key)).values_list("product__name", flat=True).first()
    if last is None or int(risk) > Risk.GONE:
        return rows
    behind = Q(risk=int(risk), product__name=last, pk__gt=int(key)) | Q(risk=int(risk), product__name__gt=last)
    return rows.filter(Q(risk__gt=int(risk)) | behind)


def risk_cursor(stock: Any) -> str:
    """Where `after_risk` goes on behind this row of `stock_list`."""
    return f"{stock.risk}-{stock.pk}"


def behind_name(rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
    """The rows of stocks ordered by name behind the one with this key; a cursor that means nothing is no cursor."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        return rows
    last = Stock.objects.filter(pk=int(cursor)).values_list("product__name", flat=True).first()
    if last is None:
        return rows
    return rows.filter(Q(product__name__gt=last) | Q(product__name=last, pk__gt=int(cursor)))
