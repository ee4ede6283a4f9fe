"""The door to the SQL function that completes an order in one call. Call it inside a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import BadInput
from core.sql_functions import SqlFunctions
from inventory.engine import refusals_as_errors

functions = SqlFunctions(Path(__file__).parent / "sql")


@dataclass(frozen=True)
class Completed:
    """An order as it was left: keys of its status now and before, its version, the key of its line of history."""

    status_id: int
    status_before_id: int
    version: int
    event_id: int


class DiscountTooLarge(BadInput):
    """The goods cost less than the discount on them."""

    def __init__(self) -> None:
        super().__init__(_("The discount is more than the goods cost. Lower the discount."), field="discount")


@contextmanager
def _refusing_negative_money() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if broken_constraint(error, ["sale_amount_range"]) is None:
            raise
        raise DiscountTooLarge from error


@_refusing_negative_money()
def complete(order_id: int, *, status_id: int | None = None, by: int | None, at: datetime) -> Completed | None:
    """Sell what the order's demands ask for and give it `status_id` (None: the shop's first of completed).

    None means that nothing was done, because something else has to be done first: look at the order and go step by
    step. Raises InsufficientStock, DemandClosed, DiscountTooLarge; the transaction is then broken.
    """
    with refusals_as_errors(), connection.cursor() as cursor:
        cursor.execute(
            "select status_id, status_before_id, version, event_id"
            " from order_complete(%s::bigint, %s::bigint, %s::bigint, %s::date, %s::timestamptz)",
            [order_id, status_id, by, timezone.localtime(at).date(), at],
        )
        row = cursor.fetchone()
    return None if row is None else Completed(*row)
