from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.numbers import NO_BREAK_SPACE, format_decimal, parse_decimal, typed_decimal


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5", "5"),
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        (" 12 ", "12"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234,50", "1234.50"),
        ("1\u202f234\u202f567,8", "1234567.8"),
        ("1234.5", "1234.5"),
        ("+3", "3"),
        ("-3,25", "-3.25"),
        ("007", "7"),
        ("0,125", "0.125"),
        ("1 234,500", "1234.5"),
        ("1234,500", "1234.5"),
        ("1,2340", "1.234"),
    ],
)
def test_a_number_is_read_as_people_write_it(typed, meant):
    assert parse_decimal(typed, places=3) == Decimal(meant)


@pytest.mark.parametrize("typed", ["1,234", "1.234", "12,345", "123.456", "-1,234", "1,000"])
def test_three_digits_after_the_mark_are_asked_back_and_not_guessed(typed):
    with pytest.raises(BadInput, match="two ways"):
        parse_decimal(typed, places=3)


def test_the_question_back_names_both_readings_and_both_are_then_accepted():
    with translation.override("ru"), pytest.raises(BadInput) as refusal:
        parse_decimal("1,234", places=3)
    assert str(refusal.value) == (
        "«1,234» можно понять двояко. Напишите 1234, если это тысячи, или 1,2340, если это дробь."
    )
    assert parse_decimal("1234", places=3) == 1234
    assert parse_decimal("1,2340", places=3) == Decimal("1.234")


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "",
            " ",
            "abc",
            "NaN",
            "sNaN",
            "Infinity",
            "-inf",
            "1e5",
            "1E+1000000",
            "1_000",
            "0x10",
            "½",
            "٣",
            "１２",
            "²",
        ),
        *("1,,5", "1,5,5", "1.5.5", ",5", "5,", "--5", "+-5", "5-", "1 2345", "12 34", "1  234", "1,234.50", "1 ₽"),
        *("1\t234", "1\n", "\u200b5", "\u22125", "1'234", "5\x00"),
    ],
)
def test_what_is_no_plain_number_is_refused(typed):
    with pytest.raises(BadInput):
        parse_decimal(typed, places=3)


def test_an_endless_number_is_refused_before_it_is_read():
    with pytest.raises(BadInput, match="at most 32"):
        parse_decimal("1" * 10_000, places=3)


def test_more_decimals_than_allowed_are_refused_but_trailing_zeros_are_not_decimals():
    with pytest.raises(BadInput, match="at most 2"):
        parse_decimal("1,2345", places=2)
    with pytest.raises(BadInput, match="whole number"):
        parse_decimal("1,5", places=0)
    assert parse_decimal("1,0", places=0) == 1
    assert parse_decimal("1,5000", places=2) == Decimal("1.50")


def test_minus_zero_is_zero_and_zero_is_not_enough_where_something_is_needed():
    assert str(parse_decimal("-0", places=2)) == "0.00"
    for typed in ("0", "-0", "-1"):
        with pytest.raises(BadInput, match="greater than zero"):
            parse_decimal(typed, places=0, minimum=Decimal(1))


def test_bounds_are_named_in_the_language_of_the_reader():
    with translation.override("ru"), pytest.raises(BadInput) as refusal:
        parse_decimal("1500", places=2, maximum=Decimal("1250.5"))
    assert str(refusal.value) == f"Число слишком большое: нужно не больше 1{NO_BREAK_SPACE}250,5."
    with translation.override("en"), pytest.raises(BadInput, match=r"at most 1,250\.5\."):
        parse_decimal("1500", places=2, maximum=Decimal("1250.5"))
    with pytest.raises(BadInput, match="at least 5"):
        parse_decimal("3", places=2, minimum=Decimal(5))


def test_the_result_has_exactly_the_asked_decimals():
    assert str(parse_decimal("5", places=2)) == "5.00"
    assert str(parse_decimal("5", places=0)) == "5"


@given(st.text(max_size=40))
def test_any_text_is_either_a_finite_number_or_refused(text):
    try:
        number = parse_decimal(text, places=3, minimum=Decimal(0), maximum=Decimal(10**9))
    except BadInput:
        return
    assert number.is_finite()
    assert 0 <= number <= 10**9


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3), st.sampled_from(["ru", "en"]))
def test_what_a_field_shows_is_read_back_as_the_same_number(number, language):
    with translation.override(language):
        assert parse_decimal(typed_decimal(number), places=3) == number


def test_numbers_are_written_in_the_language_without_needless_zeros():
    with translation.override("ru"):
        assert format_decimal(Decimal("1234567.500")) == f"1{NO_BREAK_SPACE}234{NO_BREAK_SPACE}567,5"
        assert format_decimal(Decimal(-3)) == "\u22123"
        assert format_decimal(Decimal("-0.00")) == "0"
        assert format_decimal(Decimal("1E+3")) == f"1{NO_BREAK_SPACE}000"
    with translation.override("en"):
        assert format_decimal(Decimal("1234567.5"), places=2) == "1,234,567.50"
