"""Plain rules: shares, totals, categories."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.domain.lifecycle import STAGES, Category, Stage, following, stage_of
from orders.domain.totals import LineMoney, order_total, revenues, share

money = st.decimals(min_value=0, max_value=10_000_000, places=2)


@given(total=money, weights=st.lists(money, min_size=1, max_size=20))
def test_shares_sum_to_the_whole_and_none_is_a_kopeck_off(total, weights):
    parts = share(total, weights)

    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = total * weight / whole if whole else total / len(weights)
        assert abs(part - exact) <= Decimal("0.01")


@given(
    lines=st.lists(
        st.builds(LineMoney, st.decimals(min_value="0.001", max_value=999, places=3), money), min_size=1, max_size=8
    ),
    percent=st.integers(0, 100),
)
def test_revenues_sum_to_the_lines_less_the_discount(lines, percent):
    goods = sum(line.amount for line in lines)
    discount = (goods * percent / 100).quantize(Decimal("0.01"), "ROUND_DOWN")

    assert sum(revenues(lines, discount)) == goods - discount
    assert order_total(lines, discount=discount, delivery_price=Decimal(5)) == goods - discount + 5


def test_a_discount_above_the_goods_is_refused():
    with pytest.raises(ValueError, match="10"):
        order_total([LineMoney(Decimal(1), Decimal(10))], discount=Decimal(11), delivery_price=Decimal(0))


def test_sharing_among_nobody_gives_nothing():
    assert share(Decimal(5), []) == []


def test_every_category_has_a_stage_and_leads_somewhere():
    assert set(STAGES) == set(Category)
    assert stage_of("ready") is Stage.RESERVED
    assert all(following(category) for category in Category)
    assert Category.COMPLETED not in following("cancelled")
    with pytest.raises(ValueError, match="gone"):
        stage_of("gone")
