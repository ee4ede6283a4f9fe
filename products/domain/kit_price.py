"""What a bouquet costs by the rule of its recipe."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from products.domain.prices import Change, Rounding, Way


class Rule(Enum):
    """How a bouquet gets its price: typed, what its parts cost at retail, or what they cost the shop, with a markup."""

    FIXED = "fixed"
    SUM = "sum"
    MARKUP = "markup"


@dataclass(frozen=True)
class KitPrice:
    """The rule of one recipe: per cent on top, the work on one bouquet (money), what the price is rounded to."""

    rule: Rule
    percent: Decimal = Decimal(0)
    work: Decimal = Decimal(0)
    rounding: Rounding = Rounding.NONE

    def of(self, *, retail: Decimal, cost: Decimal | None) -> Decimal | None:
        """The price of one bouquet whose parts cost `retail` in the shop and `cost` the shop itself; None for a price that
        is typed, or where the cost is asked and nobody knows it."""
        if self.rule is Rule.FIXED or (self.rule is Rule.MARKUP and cost is None):
            return None
        parts = retail if self.rule is Rule.SUM else cost or Decimal(0)
        return Change(Way.SET, (parts + self.work) * (100 + self.percent) / 100, self.rounding).of(Decimal(0))
