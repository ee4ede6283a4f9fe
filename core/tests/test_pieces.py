from decimal import Decimal

import pytest
from django.utils.safestring import mark_safe
from django.utils.translation import override

from core.pieces import _drawn, piece

STATUS = "components/status.html"


@pytest.fixture(autouse=True)
def nothing_drawn_yet():
    _drawn.cache_clear()


def test_the_same_values_are_drawn_once_and_other_values_anew():
    assert piece(STATUS, label="Ready", hue="teal") == piece(STATUS, label="Ready", hue="teal")
    assert _drawn.cache_info().misses == 1
    assert 'data-hue="pink"' in piece(STATUS, label="Ready", hue="pink")


def test_each_language_has_a_piece_of_its_own():
    with override("en"):
        english = piece("components/freshness.html", level="wilting")
    with override("ru"):
        russian = piece("components/freshness.html", level="wilting")
    assert "wilting" in english
    assert "вянет" in russian


def test_a_safe_string_is_escaped_like_the_unsafe_one_it_equals():
    for text in (mark_safe("<b>"), "<b>"):
        assert "&lt;b&gt;" in piece(STATUS, label=text, hue="")


@pytest.mark.parametrize("value", [Decimal(1), 1.5, [1], object(), (1, Decimal(2))])
def test_what_may_change_or_equals_something_else_is_refused(value):
    with pytest.raises(TypeError, match="words and numbers"):
        piece(STATUS, label=value, hue="")
    assert _drawn.cache_info().misses == 0
