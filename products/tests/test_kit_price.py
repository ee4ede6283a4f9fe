"""What a bouquet costs by its rule, without a database."""

from decimal import Decimal

import pytest

from products.domain.kit_price import KitPrice, Rule
from products.domain.prices import Rounding


def by(rule, percent="0", work="0", rounding=Rounding.NONE):
    return KitPrice(rule, Decimal(percent), Decimal(work), rounding)


@pytest.mark.parametrize(
    ("priced", "retail", "cost", "price"),
    [
        (by(Rule.FIXED, "50", "9", Rounding.TEN), "700", "300", None),
        (by(Rule.SUM), "701.33", "300", "701.33"),
        (by(Rule.SUM, "10", "100", Rounding.TEN), "700", None, "880"),
        (by(Rule.MARKUP, "150", "50", Rounding.FIFTY), "700", "300", "900"),
        (by(Rule.MARKUP, "150", "50", Rounding.NINETY), "700", "300", "890"),
        (by(Rule.MARKUP, "150", "50", Rounding.TEN), "700", None, None),
        (by(Rule.SUM, rounding=Rounding.TEN), "0", "0", "0"),
    ],
)
def test_a_price_by_its_rule(priced, retail, cost, price):
    found = priced.of(retail=Decimal(retail), cost=None if cost is None else Decimal(cost))
    assert found == (None if price is None else Decimal(price))
