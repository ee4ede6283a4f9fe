"""Stock-takes: what is to be counted, what was counted, what is missing. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count, Q, QuerySet

from core.quantities import round_value
from inventory.domain.fifo import Batch, plan_issue
from inventory.models import CountLine, IssueOrder, Stock, StockBatch, StockTake, StockTakeScope, StockTakeState
from inventory.selectors.costs import last_costs
from inventory.selectors.shelves import with_risk


def stock_takes() -> QuerySet[StockTake]:
    """Stock-takes, newest first."""
    return StockTake.objects.select_related("warehouse", "category", "by", "closed_by").order_by("-pk")


def to_be_counted(stock_take: StockTake, *, on: date) -> QuerySet[Any]:
    """Stock rows of live products that a stock-take is about, by name: with goods or sold before entry, of the category
    and those under it, or wilting on the day `on`; and whatever was counted besides."""
    rows = with_risk(on, stock_take.warehouse_id).filter(Q(quantity__gt=0) | Q(short__gt=0))
    if stock_take.scope == StockTakeScope.WILTING:
        rows = rows.filter(wilts=True)
    elif stock_take.scope == StockTakeScope.CATEGORY:
        own = Q(product__category=stock_take.category_id)
        under = Q(product__category__parent=stock_take.category_id)
        rows = rows.filter(own | under | Q(product__category__parent__parent=stock_take.category_id))
    counted = stock_take.lines.values("stock")
    return (
        Stock.objects.filter(Q(pk__in=rows.values("pk")) | Q(pk__in=counted))
        .select_related("product__category")
        .order_by("product__name", "pk")
    )


def left_to_count(stock_take: StockTake, *, on: date) -> QuerySet[Any]:
    """What a stock-take is about and nobody has counted in it yet, by name."""
    return to_be_counted(stock_take, on=on).exclude(pk__in=stock_take.lines.values("stock"))


def counted_lines(stock_take: StockTake) -> QuerySet[CountLine]:
    """What was counted, the latest first."""
    return stock_take.lines.select_related("stock__product", "by").order_by("-counted_at", "-pk")


def counters(stock_take: StockTake) -> list[tuple[Any, int]]:
    """Who counted how many products, the most busy first; nobody known is None."""
    rows = list(stock_take.lines.order_by().values_list("by").annotate(count=Count("pk")).order_by("-count", "by"))
    people = get_user_model()._default_manager.in_bulk([key for key, _count in rows if key is not None])
    return [(people.get(key), count) for key, count in rows]


def balances_at(marks: Sequence[tuple[int, int]]) -> dict[int, Decimal]:
    """Stock key → on hand minus short right after that ledger row; nothing before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select t.stock_id, coalesce(m.balance_after, 0) from unnest(%s::bigint[], %s::bigint[]) as t (stock_id, seq)"
            " left join inventory_stockmovement m on m.stock_id = t.stock_id and m.seq = t.seq",
            [[stock for stock, _seq in marks], [seq for _stock, seq in marks]],
        )
        return dict(cursor.fetchall())


def last_batches(stock_ids: Sequence[int]) -> dict[int, StockBatch]:
    """Stock key → the batch that came last, used up or not."""
    rows = StockBatch.objects.filter(stock__in=stock_ids).order_by("stock_id", "-received_at", "-pk")
    return {row.stock_id: row for row in rows.distinct("stock_id")}


@dataclass(frozen=True)
class Difference:
    """A counted product beside what the ledger had when it was counted: base units, and money at cost."""

    line: CountLine
    expected: Decimal
    quantity: Decimal
    cost: Decimal


def differences(stock_take: StockTake) -> list[Difference]:
    """What a stock-take found, the dearest difference first; four statements.

    While it is open the money is what applying it now would post: shortfalls from the goods that are first, surpluses
    like the last goods.
    """
    lines = list(counted_lines(stock_take))
    if stock_take.state != StockTakeState.OPEN:
        found = [
            Difference(
                line, line.counted - (line.difference or 0), line.difference or Decimal(0), line.cost or Decimal(0)
            )
            for line in lines
        ]
    else:
        at_count = balances_at([(line.stock_id, line.watermark) for line in lines])
        amounts = {line.stock_id: line.counted - at_count[line.stock_id] for line in lines}
        worth = _worth_of(lines, amounts, wilting_first=stock_take.warehouse.issue_order == IssueOrder.FEFO)
        found = [
            Difference(line, at_count[line.stock_id], amounts[line.stock_id], worth[line.stock_id]) for line in lines
        ]
    return sorted(found, key=lambda row: (-abs(row.cost), -abs(row.quantity), row.line.stock.product.name))


def _worth_of(lines: Sequence[CountLine], amounts: dict[int, Decimal], *, wilting_first: bool) -> dict[int, Decimal]:
    """Stock key → what its difference costs now, signed as the difference is."""
    queues: dict[int, list[Batch]] = {}
    open_batches = StockBatch.objects.filter(
        stock__in=[key for key, amount in amounts.items() if amount < 0], is_open=True
    )
    for row in open_batches:
        queues.setdefault(row.stock_id, []).append(
            Batch(row.received_at.timestamp(), row.pk, row.remaining, row.remaining_value, row.expires_on)
        )
    more = {line.stock_id: line.stock.product_id for line in lines if amounts[line.stock_id] > 0}
    last = last_batches(list(more))
    elsewhere = last_costs([product for key, product in more.items() if key not in last])
    worth: dict[int, Decimal] = {}
    for key, amount in amounts.items():
        if amount < 0:
            plan = plan_issue(queues.get(key, ()), [-amount], wilting_first=wilting_first)
            worth[key] = -sum((take.cost for take in plan.takes), Decimal(0))
        else:
            unit_cost = last[key].unit_cost if key in last else elsewhere.get(more.get(key, 0), Decimal(0))
            worth[key] = round_value(amount * unit_cost)
    return worth
