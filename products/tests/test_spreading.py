"""Which of several interchangeable products is taken, without a database."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from products.domain.spreading import Need, makeable, spread

RED, PINK, MOSS = 1, 2, 3


def need(each, *choices):
    return Need(choices, Decimal(each))


def have(*pairs):
    return {key: Decimal(amount) for key, amount in pairs}


def test_the_most_wanted_is_taken_while_it_lasts_for_a_whole_bouquet():
    taken = spread([need(7, RED, PINK)], 10, have((RED, 40), (PINK, 40)))
    assert taken == [{RED: 35, PINK: 35}]


def test_where_nothing_lasts_the_most_wanted_lacks():
    assert spread([need(7, RED, PINK)], 3, have((RED, 8), (PINK, 6))) == [{RED: 21}]


def test_what_a_line_can_not_do_without_is_not_taken_for_a_choice():
    needs = [need(5, RED, PINK), need(4, RED)]
    assert spread(needs, 1, have((RED, 5), (PINK, 5))) == [{PINK: 5}, {RED: 4}]


def test_as_many_as_all_choices_together_make():
    assert makeable([need(7, RED, PINK), need(1, MOSS)], have((RED, 13), (PINK, 22), (MOSS, 3))) == 3
    assert makeable([need(7, RED)], have((RED, -3))) == 0
    assert makeable([], {}) == 0


needs_of_bouquets = st.lists(
    st.builds(
        lambda choices, each: Need(choices, Decimal(each)),
        st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True), st.integers(1, 5),
    ),
    min_size=1, max_size=5,
)  # fmt: skip
stocks = st.dictionaries(st.integers(1, 4), st.integers(0, 40).map(Decimal))


@given(needs_of_bouquets, st.integers(1, 8), stocks)
def test_everything_is_taken_in_whole_bouquets_and_of_nothing_else(needs, times, stock):
    taken = spread(needs, times, stock)
    for wanted, parts in zip(needs, taken, strict=True):
        assert sum(parts.values()) == wanted.each * times
        assert set(parts) <= set(wanted.choices)
        assert all(amount % wanted.each == 0 for amount in parts.values())


@given(st.integers(1, 5), st.integers(1, 8), stocks)
def test_nothing_lacks_that_another_choice_could_give(each, times, stock):
    wanted = need(each, 1, 2, 3)
    [taken] = spread([wanted], times, stock)
    there = sum(min(amount // each, stock.get(key, 0) // each) for key, amount in taken.items())
    assert there == min(times, makeable([wanted], stock))
