import datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from core.templatetags import florist

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [
        (Decimal("1234.50"), f"1{NBSP}234,50{NBSP}₽", "₽1,234.50"),
        (Decimal("1234.00"), f"1{NBSP}234{NBSP}₽", "₽1,234"),
        (Decimal(0), f"0{NBSP}₽", "₽0"),
        (Decimal("-0.004"), f"0{NBSP}₽", "₽0"),
        (Decimal("-12.3"), f"\u221212,30{NBSP}₽", "\u2212₽12.30"),
        (Decimal("2.345"), f"2,35{NBSP}₽", "₽2.35"),
        (1000000, f"1{NBSP}000{NBSP}000{NBSP}₽", "₽1,000,000"),
        (None, "", ""),
    ],
)
def test_money_is_written_as_the_language_wants_with_kopecks_only_when_there_are_any(value, russian, english):
    with translation.override("ru"):
        assert florist.money(value) == russian
    with translation.override("en"):
        assert florist.money(value) == english


def test_a_float_is_a_mistake():
    with pytest.raises(TypeError):
        florist.money(0.1)


def test_a_quantity_loses_its_trailing_zeros_and_keeps_its_unit():
    with translation.override("ru"):
        assert florist.quantity(Decimal("12.000")) == "12"
        assert florist.quantity(Decimal("1.250"), "кг") == f"1,25{NBSP}кг"
        assert florist.quantity(None) == ""


@pytest.mark.parametrize("language", ["ru", "en"])
def test_values_for_machines_are_the_same_in_every_language(language):
    with translation.override(language):
        page = Template("{{ a|machine }} {{ b|machine }} {{ c|machine }} {{ d|machine }} {{ e|machine }}").render(
            Context(
                {
                    "a": Decimal("1234.50"),
                    "b": datetime.date(2026, 11, 20),
                    "c": True,
                    "d": 1000000,
                    "e": Decimal("1E+3"),
                }
            )
        )
    assert page == "1234.50 2026-11-20 true 1000000 1000"


def test_a_day_is_short_and_has_its_year_only_when_that_is_not_this_year():
    day, today = datetime.date(2026, 11, 20), datetime.date(2026, 1, 1)
    with translation.override("ru"):
        assert florist.day(day, today) == f"пт,{NBSP}20{NBSP}ноя"
        assert florist.day(day, datetime.date(2027, 1, 1)) == f"пт,{NBSP}20{NBSP}ноя{NBSP}2026"
    with translation.override("en"):
        assert florist.day(day, today) == f"Fri{NBSP}20{NBSP}Nov"
        assert florist.day(None) == ""


def test_a_moment_is_told_in_the_time_of_the_shop():
    late_evening_in_london = datetime.datetime(2026, 11, 20, 22, 5, tzinfo=datetime.UTC)
    with translation.override("ru"):
        assert florist.moment(late_evening_in_london).endswith("01:05")
        assert florist.day(late_evening_in_london, datetime.date(2026, 1, 1)) == f"сб,{NBSP}21{NBSP}ноя"


def test_a_slot_may_have_one_end_only():
    ten, noon = datetime.time(10), datetime.time(12)
    with translation.override("ru"):
        assert florist.slot(ten, noon) == "10:00–12:00"
        assert florist.slot(ten) == "с 10:00"
        assert florist.slot(None, noon) == "до 12:00"
        assert florist.slot(None) == ""


def test_a_telephone_number_is_readable_and_anything_else_stays_as_it_is():
    assert florist.phone("+79123456789") == f"+7{NBSP}912{NBSP}345-67-89"
    assert florist.phone("ask Anna") == "ask Anna"
    assert florist.phone("") == ""


def test_icons_are_hidden_from_screen_readers():
    icon = Template('{% icon "plus" "small" %}').render(Context())
    assert 'class="icon small"' in icon
    assert 'aria-hidden="true"' in icon
    assert "core/icons.svg#i-plus" in icon
    assert 'data-petal="red"' in Template('{% motif "rose" "red" %}').render(Context())


def test_people_have_initials_and_a_name_to_be_called():
    assert florist.initials("Марина Петрова Ивановна") == "МП"
    assert florist.initials("anna") == "A"
    assert florist.initials("") == ""


def test_minutes_are_rounded_up():
    assert florist.minutes(datetime.timedelta(minutes=15)) == 15
    assert florist.minutes(datetime.timedelta(seconds=61)) == 2
    assert florist.minutes(datetime.timedelta(0)) == 1
