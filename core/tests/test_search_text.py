import pytest

from core.search_text import fold, in_other_layout, number_ranges, read_search, transliterated


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Королёва", "королева"), ("ОЛЬГА", "олга"), ("Подъезд", "подезд"), ("ROSE", "rose"), ("straße", "strasse")],
)
def test_folding_joins_what_people_mix_up(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hjpf", "роза"),
        ("Hjpf 60", "Роза 60"),
        ("hjpf,", "розаб"),
        ("[hbpfyntvf", "хризантема"),
        (";fcvby", "жасмин"),
        ("'rdfkbgn", "эквалипт"),
        (",ertn", "букет"),
        ("k.,bcnjr", "любисток"),
        ("gjl]tpl", "подъезд"),
        ("`krf", "ёлка"),
        ("{bkkf", "Хилла"),
        ("кщыу", "rose"),
        ("ЗЩТУ", "PONE"),
    ],
)
def test_a_text_is_read_in_the_other_layout_key_by_key(typed, meant):
    assert in_other_layout(typed) == meant


@pytest.mark.parametrize("text", ["", "60", "№ 12", "роза red", "[];"])
def test_a_text_without_one_alphabet_has_no_other_layout(text):
    assert in_other_layout(text) == ""
    assert transliterated(text) == ""


def test_layouts_are_each_others_inverse():
    for text in ("съешь ещё этих мягких французских булок", "Юбилей, ХЪЖЭБЮ"):
        assert in_other_layout(in_other_layout(text.replace(",", ""))) == text.replace(",", "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("roza", "роза"), ("Maria", "мария"), ("Mariya", "мария"), ("Dmitry", "дмитрий"), ("Sergey", "сергей"),
        ("Yulia", "юлия"), ("shchuka", "щука"), ("zhasmin", "жасмин"), ("pion", "пион"), ("aleksandr", "александр"),
        ("Роза", "roza"), ("щука", "shchuka"), ("Юлия", "yuliya"), ("тюльпан", "tyulpan"),
    ],
)  # fmt: skip
def test_a_text_is_read_in_the_other_alphabet_by_its_sound(typed, meant):
    assert transliterated(typed) == meant


def test_a_soft_sign_nobody_writes_in_latin_letters_does_not_matter():
    assert read_search("Olga").readings[2].fits("Ольга Петрова")


def test_readings_begin_with_what_was_typed_and_do_not_repeat():
    query = read_search("Hjpf  60")
    assert query.readings[0].text == "Hjpf  60"
    assert query.readings[1].words == ("роза", "60")
    assert len({reading.words for reading in query.readings}) == len(query.readings)
    assert query.reading_of("Роза Эквадор 60 см") == 1
    assert query.reading_of("HJPF-60") == 0
    assert query.reading_of("пион") == 0


@pytest.mark.parametrize(
    ("text", "digits", "phone_end"),
    [
        ("1042", "1042", "1042"),
        ("№ 1042", "1042", "1042"),
        ("#7", "7", ""),
        ("42", "42", ""),
        ("567", "567", "567"),
        ("8 (912) 345-67-89", "89123456789", "9123456789"),
        ("+7 912 345\u201167\u201189", "79123456789", "79123456789"),
        ("1234567890123456", "1234567890123456", ""),
        ("роза 60", "", ""),
        ("60см", "", ""),
        ("٣٤٥", "", ""),
    ],
)
def test_digits_are_a_number_of_an_order_or_the_end_of_a_telephone(text, digits, phone_end):
    query = read_search(text)
    assert (query.digits, query.phone_end) == (digits, phone_end)


@pytest.mark.parametrize(("text", "short"), [("", True), ("  ", True), ("р", True), ("ь", True), ("7", False), ("ро", False)])  # fmt: skip
def test_one_letter_is_too_short_and_one_digit_is_not(text, short):
    assert read_search(text).is_too_short is short


def test_numbers_that_begin_with_digits_are_ranges():
    assert number_ranges("12", longest=4) == [(12, 12), (120, 129), (1200, 1299)]
    assert number_ranges("1234567890") == []
    assert number_ranges("012") == []
    assert number_ranges("") == []
