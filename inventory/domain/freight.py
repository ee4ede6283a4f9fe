"""What a delivery cost to bring, shared over its goods."""

from collections.abc import Sequence
from decimal import Decimal

from inventory.domain.fifo import piece

ZERO = Decimal(0)


def shares(freight: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`freight` in parts like `weights`, 4 decimals each; the last takes the rest, so that they add up exactly.

    A weight of zero gets nothing. At least one weight is above zero, none is below it.
    """
    left, whole = freight, sum(weights, ZERO)
    parts = []
    for weight in weights:
        part = piece(left, weight, whole)
        parts.append(part)
        left, whole = left - part, whole - weight
    return parts
