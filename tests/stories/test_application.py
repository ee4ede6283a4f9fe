"""Somebody applies for a shop: the address is suggested from the name, and what was typed by hand stays, however slow the net."""

import pytest

from tests.stories.hand import answered, wait_until

OWN = "marinas"


@pytest.fixture
def form(visit, live_shop):
    """The application's page, and `form.answer()` that lets the oldest suggestion on its way arrive."""
    page = visit(live_shop.origin.replace("rose.", ""), locale="en")
    on_the_way = []

    def hold(route):
        on_the_way.append(route)

    page.route("**/apply/address/**", hold)
    page.goto("/apply/")

    def answer():
        wait_until(page, lambda: on_the_way)
        with answered(page, "**/apply/address/**"):
            on_the_way.pop(0).continue_()

    page.answer = answer
    page.on_the_way = on_the_way
    return page


def name_it(page, name):
    page.fill("[name=shop_name]", name)
    page.press("[name=shop_name]", "Tab")


def address(page):
    return page.input_value("[name=schema_name]")


@pytest.mark.slow
def test_a_suggestion_fills_the_address_and_follows_the_name_until_somebody_types_one(form):
    name_it(form, "Роза ветров")
    form.answer()
    assert address(form) == "rozavetrov"
    name_it(form, "Лилия")
    form.answer()
    assert address(form) == "liliya"
    form.fill("[name=schema_name]", OWN)
    name_it(form, "Ирис")
    form.answer()
    assert address(form) == OWN
    form.fill("[name=schema_name]", "")  # left empty, it is suggested again
    name_it(form, "Астра")
    form.answer()
    assert address(form) == "astra"


@pytest.mark.slow
def test_a_late_suggestion_takes_nothing_from_what_was_typed_meanwhile(form):
    name_it(form, "Роза ветров")
    form.click("[name=schema_name]")
    form.keyboard.type(OWN)
    form.answer()
    assert address(form) == OWN
    assert form.evaluate("document.activeElement.name") == "schema_name"
    form.keyboard.type("2")
    assert address(form) == OWN + "2", "the field that was typed into is still the same"
