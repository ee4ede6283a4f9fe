"""Python doors to the SQL functions. Call them inside a transaction; they lock the stock rows in key order first."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import BadInput, Busy
from core.transactions import sqlstate
from inventory.errors import (
    DemandClosed,
    InsufficientBatch,
    InsufficientStock,
    Missing,
    PeriodClosed,
    StockInconsistent,
)
from inventory.models import MovementKind, SourceKind

ATTEMPTS = 4
OUT_OF_RANGE = "22003"
TOO_LARGE = {"stock_quantity_range", "stock_short_range", "stock_value_range", "movement_value_after_range"}


@dataclass(frozen=True)
class IssueRow:
    """One source line that takes goods out. `reserved` is what the line's own reservation holds, base units."""

    source_id: int
    stock_id: int
    quantity: Decimal
    batch_id: int | None = None
    reserved: Decimal = Decimal(0)


@dataclass(frozen=True)
class ReceiveRow:
    """Goods of a source line that become one batch. `cost` is the total for `quantity`, 4 decimals; `allocation_id` is
    what took them from another batch, when they come from one."""

    source_id: int
    stock_id: int
    quantity: Decimal
    cost: Decimal
    received_at: datetime
    expires_on: date | None
    allocation_id: int | None = None


@dataclass(frozen=True)
class PutBackRow:
    """What goes back to where it was taken from: to an allocation's batch, or off an open shortage."""

    source_id: int
    quantity: Decimal
    allocation_id: int | None = None
    shortage_id: int | None = None


@dataclass(frozen=True)
class Issued:
    """What a line cost the shop (4 decimals) and how much of it was not there and opened a shortage."""

    cost: Decimal
    short: Decimal


@dataclass(frozen=True)
class Sold:
    """A live sale of a demand. `is_new` is False when it was sold before."""

    sale_id: int
    demand_id: int
    is_new: bool
    short: Decimal


def issue(
    kind: MovementKind,
    source: SourceKind,
    rows: Sequence[IssueRow],
    *,
    by: int | None,
    at: datetime,
    allow_short: bool = False,
) -> dict[int, Issued]:
    """Take goods out, in the order of the warehouse or from the named batch; answer by source line.

    Raises InsufficientStock with every product that lacks, InsufficientBatch, StockInconsistent.
    """
    named = [row.batch_id for row in rows if row.batch_id is not None]
    if named and (len(named) != len(rows) or len(set(named)) != len(named)):
        raise ValueError("Name a batch on every row or on none, and each batch once.")
    answer = _call(
        "select source_id, cost, short from stock_issue(%s::smallint, %s::smallint, %s::bigint[], %s::bigint[],"
        " %s::numeric[], %s::bigint[], %s::numeric[], %s, %s::bigint, %s::date, %s::timestamptz)",
        [
            kind, source,
            [row.source_id for row in rows], [row.stock_id for row in rows], [row.quantity for row in rows],
            [row.batch_id for row in rows] if named else None, [row.reserved for row in rows],
            allow_short, by, _business_date(at), at,
        ],
    )  # fmt: skip
    return {source_id: Issued(cost, short) for source_id, cost, short in answer}


def receive(
    kind: MovementKind, source: SourceKind, rows: Sequence[ReceiveRow], *, by: int | None, at: datetime
) -> list[int]:
    """Bring goods in and cover the oldest shortages; answer with the batch made for each row, in their order."""
    answer = _call(
        "select batch_id from stock_receive(%s::smallint, %s::smallint, %s::bigint[], %s::bigint[],"
        " %s::numeric[], %s::numeric[], %s::timestamptz[], %s::date[], %s::bigint, %s::date, %s::timestamptz,"
        " %s::bigint[])",
        [
            kind, source,
            [row.source_id for row in rows], [row.stock_id for row in rows], [row.quantity for row in rows],
            [row.cost for row in rows], [row.received_at for row in rows], [row.expires_on for row in rows],
            by, _business_date(at), at, [row.allocation_id for row in rows],
        ],
    )  # fmt: skip
    return [batch for (batch,) in answer]


def put_back(
    kind: MovementKind, source: SourceKind, rows: Sequence[PutBackRow], *, by: int | None, at: datetime
) -> dict[int, tuple[Decimal, Decimal]]:
    """Put goods back into their own batches at their own cost; answer quantity and cost by source line."""
    answer = _call(
        "select source_id, quantity, cost from stock_put_back(%s::smallint, %s::smallint, %s::bigint[], %s::bigint[],"
        " %s::bigint[], %s::numeric[], %s::bigint, %s::date, %s::timestamptz)",
        [
            kind, source,
            [row.source_id for row in rows], [row.allocation_id for row in rows], [row.shortage_id for row in rows],
            [row.quantity for row in rows], by, _business_date(at), at,
        ],
    )  # fmt: skip
    return {source_id: (quantity, cost) for source_id, quantity, cost in answer}


def sell(
    demand_ids: Sequence[int],
    amounts: Sequence[Decimal],
    *,
    by: int | None,
    at: datetime,
    allow_short: bool = False,
) -> list[Sold]:
    """Make one live sale per open demand and write it off; demands sold before answer with their live sale.

    Raises InsufficientStock, DemandClosed.
    """
    answer = _call(
        "select sale_id, demand_id, is_new, short from stock_sell(%s::bigint[], %s::numeric[], %s, %s::bigint,"
        " %s::date, %s::timestamptz)",
        [list(demand_ids), list(amounts), allow_short, by, _business_date(at), at],
    )
    return [Sold(*row) for row in answer]


def recost(correction_id: int, batch_id: int, total: Decimal, *, by: int | None, at: datetime) -> Decimal:
    """Give a batch another total cost (4 decimals), wherever its goods are by now; answer with new minus old.

    When the goods went further while this waited for its locks, the locks are given back and all is begun again with
    the larger set. Raises Busy when that happens time and again.
    """
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                [(difference,)] = _call(
                    "select stock_recost(%s::bigint, %s::bigint, %s::numeric, %s::bigint, %s::date, %s::timestamptz)",
                    [correction_id, batch_id, total, by, _business_date(at), at],
                )
                return Decimal(difference)
        except DatabaseError as error:
            if getattr(getattr(error.__cause__, "diag", None), "message_primary", None) != "reach_grew":
                raise
    raise Busy


def _business_date(at: datetime) -> date:
    """The shop's calendar day of a moment."""
    return timezone.localtime(at).date()


def _call(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with refusals_as_errors(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


@contextmanager
def refusals_as_errors() -> Iterator[None]:
    """Turn what the functions raise into refusals. The names come with the error: the transaction is broken by then."""
    try:
        yield
    except DatabaseError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if sqlstate(error) == OUT_OF_RANGE or broken_constraint(error, TOO_LARGE):
            raise BadInput(
                _("With this the stock would be larger than can be meant. Correct the quantity or the cost."),
                field="quantity",
            ) from error
        name = getattr(diagnosis, "message_primary", None)
        if name == "demand_closed":
            raise DemandClosed(
                _("What is to be sold was cancelled meanwhile. Nothing was sold: look at the order as it is now.")
            ) from error
        if name == "period_closed":
            raise PeriodClosed(date.fromisoformat(diagnosis.message_detail)) from error  # type: ignore[union-attr]
        if name not in {"insufficient_stock", "insufficient_batch", "stock_inconsistent"}:
            raise
        detail = json.loads(diagnosis.message_detail)  # type: ignore[union-attr]  # the name came from it
        if name == "insufficient_stock":
            raise InsufficientStock(
                [
                    Missing(item["product"], item["warehouse"], Decimal(item["asked"]), Decimal(item["free"]))
                    for item in detail
                ]
            ) from error
        if name == "insufficient_batch":
            raise InsufficientBatch(Decimal(detail["asked"]), Decimal(detail["free"])) from error
        raise StockInconsistent(str(detail["stock"])) from error
