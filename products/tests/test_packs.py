"""Whole bunches for an amount."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from products.domain.packs import Packs, in_packs

amounts = st.decimals("0.001", "99999", places=3)
sizes = st.lists(st.decimals("0.001", "400", places=3), min_size=1, max_size=4)


def test_of_several_kinds_the_one_with_the_least_left_over_then_the_fewest():
    assert in_packs(Decimal(70), [Decimal(25)]) == Packs(Decimal(25), 3, Decimal(5))
    assert in_packs(Decimal(70), [Decimal(25), Decimal(10)]) == Packs(Decimal(10), 7, Decimal(0))
    assert in_packs(Decimal(100), [Decimal(10), Decimal(25), Decimal(50)]) == Packs(Decimal(50), 2, Decimal(0))
    assert in_packs(Decimal(7), []) is None


@given(amount=amounts, kinds=sizes)
def test_packs_hold_the_amount_and_one_less_would_not(amount, kinds):
    found = in_packs(amount, kinds)
    assert found.size in kinds
    assert found.count * found.size == amount + found.over
    assert (found.count - 1) * found.size < amount
    for size in kinds:
        count = ceil(Fraction(amount) / Fraction(size))
        assert found.over <= count * size - amount
