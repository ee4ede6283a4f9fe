"""Reading prices: which holds for whom, and how they came to be. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from products.domain.margin import USUAL_MINIMUM
from products.domain.prices import Prices, Promotion, Who, price_for
from products.models import CatalogueSettings, PriceChange, PriceKind, Product, ProductPrice

CHANGES_SHOWN = 20
POINTS_AT_MOST = 60


def minimum_margin() -> int:
    """What a price has to leave, in per cent of itself: less is told wherever a margin stands."""
    settled = CatalogueSettings.objects.values_list("minimum_margin", flat=True).first()
    return USUAL_MINIMUM if settled is None else settled


def with_minimum_margin(rows: QuerySet[Product]) -> QuerySet[Product]:
    """The same rows with `minimum_margin`, without a statement of its own."""
    settled = CatalogueSettings.objects.values("minimum_margin")[:1]
    return rows.annotate(minimum_margin=Coalesce(Subquery(settled), Value(USUAL_MINIMUM)))


def prices_of(products: Sequence[Product]) -> dict[int, Prices]:
    """Product → all its prices: one statement."""
    rows: dict[int, list[ProductPrice]] = {}
    for row in ProductPrice.objects.filter(product__in=[product.pk for product in products]):
        rows.setdefault(row.product_id, []).append(row)
    return {product.pk: prices_from(product.sale_price, rows.get(product.pk, [])) for product in products}


def prices_from(retail: Decimal, rows: Sequence[ProductPrice]) -> Prices:
    """The retail price and the rows beside it as the rule reads them."""
    return Prices(
        retail,
        staff=next((row.price for row in rows if row.kind == PriceKind.STAFF), None),
        places={row.place: row.price for row in rows if row.place is not None},
        promotions=[
            Promotion(row.price, row.from_on, row.until_on) for row in rows if row.from_on and row.until_on
        ],
    )  # fmt: skip


def holding_prices(
    products: Sequence[Product], *, place: int | None, day: date, who: Who = Who.GUEST
) -> dict[int, Decimal]:
    """Product → the price of one base unit in a warehouse on a day: one statement."""
    return {key: price_for(prices, place=place, day=day, who=who) for key, prices in prices_of(products).items()}


@dataclass(frozen=True)
class Step:
    """A stretch of the chart at one price: x and y in per cent."""

    x: Decimal
    y: Decimal
    width: Decimal
    price: Decimal


@dataclass(frozen=True)
class PriceChart:
    """The retail price over time: steps from the first known price to today, the scale at its ends."""

    steps: Sequence[Step]
    path: str
    most: Decimal
    least: Decimal
    since: date
    until: date


def price_chart(product: Product, changes: Sequence[PriceChange], *, now: datetime) -> PriceChart | None:
    """The chart of the retail price out of its history, newest first; None while it never changed."""
    lines = [row for row in reversed(changes) if row.kind == PriceKind.RETAIL and row.before is not None]
    lines = [row for row in lines if row.after is not None][-POINTS_AT_MOST:]
    if not lines:
        return None
    start = min(product.created_at, lines[0].at) if len(lines) < POINTS_AT_MOST else lines[0].at
    known = [(start, lines[0].before or Decimal(0)), *((row.at, row.after or Decimal(0)) for row in lines)]
    prices = [price for _at, price in known]
    most, least = max(prices), min(prices)
    whole = max((now - start).total_seconds(), 0.001)
    spread = (most - least) or Decimal(1)

    def x_of(at: datetime) -> Decimal:
        return (Decimal((at - start).total_seconds() / whole) * 100).quantize(Decimal("0.1"))

    steps = []
    for (at, price), (until, _price) in zip(known, [*known[1:], (now, prices[-1])], strict=True):
        left = x_of(at)
        height = (Decimal(90) - (price - least) / spread * 80).quantize(Decimal("0.1"))
        steps.append(Step(left, height, max(x_of(until) - left, Decimal(0)), price))
    path = " ".join(
        f"{'M' if not number else 'L'}{step.x} {step.y} H{step.x + step.width}" for number, step in enumerate(steps)
    )
    return PriceChart(steps, path, most, least, timezone.localdate(start), timezone.localdate(now))
