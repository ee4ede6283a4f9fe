"""Recipes down to their flowers, without a database."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.explosion import (
    LEVELS_AT_MOST,
    PARTS_AT_MOST,
    Circular,
    Entry,
    TooDeep,
    TooManyParts,
    explode,
)

SEAT, ARM, BOLT, CUSHION = 1, 2, 70, 80


def of(quantity, *, part=None, kit=None):
    return Entry(Decimal(quantity), part, kit)


def test_two_arms_with_two_bolts_each_make_four_bolts():
    recipes = {SEAT: [of(2, kit=ARM), of(1, part=CUSHION)], ARM: [of(2, part=BOLT)]}
    assert explode(recipes, SEAT) == {BOLT: 4, CUSHION: 1}


def test_what_stands_inside_and_beside_is_summed():
    recipes = {SEAT: [of(3, part=BOLT), of(2, kit=ARM)], ARM: [of("0.5", part=BOLT)]}
    assert explode(recipes, SEAT) == {BOLT: 4}


def test_a_bouquet_inside_itself_is_refused_however_long_the_way():
    for length in range(1, LEVELS_AT_MOST):
        ring = {key: [of(1, kit=(key + 1) % length), of(1, part=BOLT)] for key in range(length)}
        for start in ring:
            with pytest.raises(Circular):
                explode(ring, start)


def test_five_levels_are_the_deepest():
    chain = {level: [of(1, kit=level + 1)] for level in range(1, LEVELS_AT_MOST)}
    deepest = {**chain, LEVELS_AT_MOST: [of(1, part=BOLT)]}
    assert explode(deepest, 1) == {BOLT: 1}
    with pytest.raises(TooDeep):
        explode({0: [of(1, kit=1)], **deepest}, 0)


def test_two_hundred_different_parts_are_the_most():
    many = [of(1, part=number) for number in range(PARTS_AT_MOST)]
    assert len(explode({1: many}, 1)) == PARTS_AT_MOST
    assert len(explode({1: many * 2}, 1)) == PARTS_AT_MOST
    with pytest.raises(TooManyParts):
        explode({1: [*many, of(1, part=-1)]}, 1)


@st.composite
def forests(draw):
    """Recipes in which a bouquet holds only bouquets with a higher key: never circular, at most five levels deep."""
    recipes = {}
    for key in range(LEVELS_AT_MOST):
        things = [("part", number) for number in range(4)] + [("kit", k) for k in range(key + 1, LEVELS_AT_MOST)]
        lines = draw(st.lists(st.tuples(st.sampled_from(things), st.integers(1, 5)), max_size=4))
        recipes[key] = [of(quantity, **{what: thing}) for (what, thing), quantity in lines]
    return recipes


@given(forests())
def test_it_is_as_if_every_flower_were_laid_out_by_hand(recipes):
    def laid_out(key):
        flowers = []
        for entry in recipes[key]:
            one = [entry.part] if entry.kit is None else laid_out(entry.kit)
            flowers += one * int(entry.quantity)
        return flowers

    by_hand = laid_out(0)
    assert explode(recipes, 0) == {flower: by_hand.count(flower) for flower in set(by_hand)}
