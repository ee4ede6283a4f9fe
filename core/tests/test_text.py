import unicodedata

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.text import clean_text


def test_blanks_are_trimmed_and_joined():
    assert clean_text("  Анна \u00a0\t Белова\n", max_length=60) == "Анна Белова"


def test_letters_with_marks_come_out_in_one_form():
    assert clean_text("и\u0306од", max_length=60) == "йод"


def test_invisible_and_bidi_controls_disappear():
    assert clean_text("Ро\u200bза\u202e \ufeffпи\u00adон\u2066", max_length=60) == "Роза пион"


def test_composed_emoji_stay_whole_but_a_joiner_between_letters_goes():
    family = "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f468"
    assert clean_text(f"Люблю {family}", max_length=60) == f"Люблю {family}"
    assert clean_text("ро\u200dза", max_length=60) == "роза"


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x08", "\x7f", "\ud800"])
def test_control_characters_and_lone_surrogates_are_refused(bad):
    with translation.override("en"), pytest.raises(BadInput, match="can't be printed"):
        clean_text(f"Роза{bad}", max_length=60)


def test_line_breaks_stay_only_where_they_are_wanted():
    pasted = "С днём рождения!\r\n\r\n\r\n\r\nТвоя \rМаша "
    assert clean_text(pasted, max_length=100, multiline=True) == "С днём рождения!\n\nТвоя\nМаша"
    assert clean_text(pasted, max_length=100) == "С днём рождения! Твоя Маша"


def test_length_counts_after_tidying_and_the_refusal_names_both_figures():
    assert clean_text("а" + " " * 30 + "б", max_length=10) == "а б"
    with translation.override("ru"), pytest.raises(BadInput) as refusal:
        clean_text("а" * 11, max_length=10)
    assert str(refusal.value) == "Текст слишком длинный: 11 знаков, можно не больше 10. Сократите его."


def test_a_megabyte_is_refused_without_being_tidied():
    with pytest.raises(BadInput):
        clean_text(" " * 1_000_000, max_length=10)


def test_markup_and_database_syntax_are_plain_text():
    for text in ("<script>alert(1)</script>", "'; DROP TABLE orders; --", "{{ user }}", "=1+1"):
        assert clean_text(text, max_length=60) == text


@given(st.text(max_size=50), st.booleans())
def test_tidied_text_is_a_fixed_point_without_controls(text, multiline):
    try:
        tidy = clean_text(text, max_length=60, multiline=multiline)
    except BadInput:
        return
    assert clean_text(tidy, max_length=60, multiline=multiline) == tidy
    assert not any(unicodedata.category(character) == "Cc" and character != "\n" for character in tidy)
    assert multiline or "\n" not in tidy
