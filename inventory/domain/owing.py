"""How far goods may be sold before they are entered."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum


class Limit(Enum):
    """Which limit stands in the way."""

    LINE = "line"
    PRODUCT = "product"
    AGE = "age"


@dataclass(frozen=True)
class Limits:
    """What a warehouse allows: base units in one line and of one product in all, and for how many days."""

    line: Decimal
    product: Decimal
    days: int


@dataclass(frozen=True)
class Owed:
    """What is owed of a product already, base units, and since which day (None: nothing is)."""

    quantity: Decimal = Decimal(0)
    since: date | None = None


def limit_in_the_way(lacking: Decimal, owed: Owed, limits: Limits, *, on: date) -> Limit | None:
    """What forbids to sell `lacking` base units more before they are entered; None when nothing does, or nothing lacks.

    A line beyond the limit is a slip of the finger; goods that are owed for longer than some days were forgotten.
    """
    if lacking <= 0:
        return None
    if lacking > limits.line:
        return Limit.LINE
    if owed.quantity + lacking > limits.product:
        return Limit.PRODUCT
    if owed.since is not None and (on - owed.since).days > limits.days:
        return Limit.AGE
    return None
