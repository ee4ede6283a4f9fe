"""How many bunches or boxes an amount takes, and what stays over of the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal


@dataclass(frozen=True)
class Packs:
    """`count` packs of `size` base units, of which `over` base units are not needed."""

    size: Decimal
    count: int
    over: Decimal


def in_packs(quantity: Decimal, sizes: Sequence[Decimal]) -> Packs | None:
    """The packs of one size that hold `quantity` (base units, above zero) with the least left over; of equal ones the
    fewest. None without sizes. Sizes are not mixed: a florist orders a flower in one kind of pack."""
    packs = []
    for size in sizes:
        count = (quantity / size).to_integral_value(ROUND_CEILING)
        packs.append(Packs(size, int(count), count * size - quantity))
    return min(packs, key=lambda each: (each.over, each.count), default=None)
