"""What an order costs, in plain numbers. Money has 2 decimals, rounded half up; the last share takes the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class LineMoney:
    """One line: base units (or bouquets) and money for one of them."""

    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


def order_total(lines: Sequence[LineMoney], *, discount: Decimal, delivery_price: Decimal) -> Decimal:
    """Lines minus the discount plus delivery. Raises ValueError when the discount is more than the lines cost."""
    goods = sum((line.amount for line in lines), ZERO)
    if discount > goods:
        raise ValueError(goods)
    return goods - discount + delivery_price


def share(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split money by weights: differences of rounded running shares, so every part is within a kopeck of exact and
    the parts sum to `total`. Weights that sum to zero share evenly."""
    if not weights:
        return []
    whole = sum(weights, ZERO)
    if whole == ZERO:
        weights, whole = [Decimal(1)] * len(weights), Decimal(len(weights))
    parts, running, given = [], ZERO, ZERO
    for weight in weights[:-1]:
        running += weight
        upto = (total * running / whole).quantize(CENT, ROUND_HALF_UP)
        parts.append(upto - given)
        given = upto
    return [*parts, total - given]


def revenues(lines: Sequence[LineMoney], discount: Decimal) -> list[Decimal]:
    """Each line's money after its share of the order's discount."""
    amounts = [line.amount for line in lines]
    return [amount - part for amount, part in zip(amounts, share(discount, amounts), strict=True)]
