"""How a delivery is counted: packs and a price per pack become base units and the exact cost of the line.

Packs and base units have 3 decimals, prices and costs 4. The cost of a line is packs × price, never base units × a
rounded cost of one: 3 bunches of 7 at 100 cost 300, though a stem costs 14.2857.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

WHOLE, QUANTITY_STEP, COST_STEP = Decimal(1), Decimal("0.001"), Decimal("0.0001")


class TooExact(ValueError):
    """The packs make `quantity` base units: more decimals than are kept."""

    def __init__(self, quantity: Decimal) -> None:
        super().__init__(quantity)
        self.quantity = quantity


@dataclass(frozen=True)
class Counted:
    """A line in base units: how much, what all of it costs, what one costs (rounded to 4 decimals, for reading)."""

    quantity: Decimal
    total: Decimal
    unit_cost: Decimal


def count(packs: Decimal, price: Decimal, factor: Decimal = WHOLE) -> Counted:
    """`packs` of `factor` base units each at `price` per pack. Raises TooExact."""
    quantity = packs * factor
    kept = quantity.quantize(QUANTITY_STEP, ROUND_HALF_UP)
    if quantity != kept:
        raise TooExact(quantity)
    total = _cost(packs * price)
    return Counted(kept, total, price if factor == WHOLE else _cost(total / quantity))


def _cost(value: Decimal) -> Decimal:
    return value.quantize(COST_STEP, ROUND_HALF_UP)


def dearer_by(cost: Decimal, before: Decimal | None) -> int | None:
    """By how many per cent `cost` is above `before`; negative when it fell, None when nothing can be compared."""
    if not before:
        return None
    return int(((cost - before) * 100 / before).to_integral_value("ROUND_HALF_UP"))
