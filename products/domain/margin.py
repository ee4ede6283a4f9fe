"""What is left of a price when the goods are paid."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

USUAL_MINIMUM = 45  # per cent of the price, while the shop has not settled another


@dataclass(frozen=True)
class Margin:
    """A price beside a cost, both in the shop's currency. What leaves less than `minimum` per cent is little."""

    price: Decimal
    cost: Decimal
    minimum: int = USUAL_MINIMUM

    @property
    def amount(self) -> Decimal:
        """What is left, negative for a loss."""
        return self.price - self.cost

    @property
    def percent(self) -> int | None:
        """The share of the price that is left, in whole per cent; None without a price."""
        if not self.price:
            return None
        return int((self.amount * 100 / self.price).to_integral_value(ROUND_HALF_UP))

    @property
    def level(self) -> str:
        """`loss`, `low` (below the minimum) or `fine`."""
        if self.amount < 0:
            return "loss"
        return "low" if self.amount * 100 < self.minimum * self.price or not self.price else "fine"

    @property
    def bar(self) -> int:
        """How long a bar of it is, 0 to 100."""
        return min(max(self.percent or 0, 0), 100)
