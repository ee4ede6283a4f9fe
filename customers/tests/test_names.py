"""Rules for the names of shops."""

import pytest

from customers.services import names


@pytest.mark.parametrize("name", ["rose", "abc", "a12", "r" * 30])
def test_a_short_latin_word_is_a_name(name):
    assert names.fits_self_service(name)


@pytest.mark.parametrize(
    "name",
    ["", "ab", "2", "123", "1rose", "Rose", "ro-se", "ro_se", "роза", "rose\n", " rose", "r" * 31, "ro se", "../../etc",
     'x"; drop schema public', "rоse", "pg_rose"],
)  # fmt: skip
def test_nothing_else_is(name):
    assert not names.fits_self_service(name)


def test_an_operator_may_use_an_underscore():
    assert names.fits_operator("ro_se")
    assert not names.fits_self_service("ro_se")
    assert names.host_label("ro_se") == "ro-se"


@pytest.mark.parametrize(
    "name", ["public", "admin", "admins", "mail", "mails", "www", "information_schema", "pg_toast"]
)
def test_words_of_the_platform_are_kept_in_singular_and_plural(name):
    assert not names.fits_operator(name)


@pytest.mark.parametrize(
    ("shop", "name"),
    [
        ("Пион на Садовой", "pionnasadovoy"),
        ("Цветочный дом «Щука»", "tsvetochnyydomschuka"),
        ("24 розы", "rozy"),
        ("Ёж", "ezh"),
        ("Ю", "yuflowers"),
        ("Mail", "flowersmail"),
        ("花屋", ""),
        ("", ""),
        ("Объём", "obem"),
    ],
)
def test_a_name_is_suggested_from_what_the_shop_is_called(shop, name):
    assert names.suggest(shop) == name
    assert not name or names.fits_self_service(name)
