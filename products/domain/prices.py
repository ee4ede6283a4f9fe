"""Which price holds, and what becomes of prices that are changed together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import Enum

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Promotion:
    """A price for some days, the first and the last included."""

    price: Decimal
    from_on: date
    until_on: date

    def holds_on(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return self.from_on <= day <= self.until_on


@dataclass(frozen=True)
class Prices:
    """What one base unit of a product may cost: at retail, for the staff, in some places, for some days."""

    retail: Decimal
    staff: Decimal | None = None
    places: Mapping[int, Decimal] = field(default_factory=dict)
    promotions: Sequence[Promotion] = ()


class Who(Enum):
    """Who buys."""

    GUEST = "guest"
    STAFF = "staff"


def price_for(prices: Prices, *, place: int | None, day: date, who: Who = Who.GUEST) -> Decimal:
    """The price of one base unit in `place` on `day`.

    A place's own price stands instead of the retail price. A promotion holds everywhere, the staff's price for the staff:
    of all that hold the buyer pays the lowest, so neither ever makes anything dearer.
    """
    usual = prices.retail if place is None else prices.places.get(place, prices.retail)
    holding = [usual, *(each.price for each in prices.promotions if each.holds_on(day))]
    if who is Who.STAFF and prices.staff is not None:
        holding.append(prices.staff)
    return min(holding)


class Way(Enum):
    """How prices are changed: by per cent up or down, or all to one."""

    UP = "up"
    DOWN = "down"
    SET = "set"


class Rounding(Enum):
    """To what a changed price is rounded, half up: to the kopeck, to 1, 10 or 50, or to what ends in 90."""

    NONE = "none"
    ONE = "1"
    TEN = "10"
    FIFTY = "50"
    NINETY = "90"


_STEPS = {Rounding.NONE: CENT, Rounding.ONE: Decimal(1), Rounding.TEN: Decimal(10), Rounding.FIFTY: Decimal(50)}


@dataclass(frozen=True)
class Change:
    """What is done to every price: `amount` per cent, or the price itself."""

    way: Way
    amount: Decimal
    rounding: Rounding = Rounding.NONE

    def of(self, price: Decimal) -> Decimal:
        """The new price. Rounding never gives goods away, what costs something costs at least one step; and it never turns a
        raise into a cut, or the other way round."""
        if self.way is Way.SET:
            return self._rounded(self.amount)
        share = self.amount if self.way is Way.UP else -self.amount
        new = self._rounded(price * (100 + share) / 100)
        if self.way is Way.UP and new < price:
            return self._rounded(price, ROUND_CEILING)
        if self.way is Way.DOWN and new > price:
            return min(self._rounded(price, ROUND_FLOOR), price)
        return new

    def _rounded(self, exact: Decimal, how: str = ROUND_HALF_UP) -> Decimal:
        if exact <= 0:
            return Decimal(0).quantize(CENT)
        if self.rounding is Rounding.NINETY:
            step, ends = Decimal(100), Decimal(-10)
        else:
            step, ends = _STEPS[self.rounding], Decimal(0)
        steps = max(((exact - ends) / step).quantize(Decimal(1), how), Decimal(1))
        return (steps * step + ends).quantize(CENT)
