"""The catalogue in a browser: a bouquet's figures follow the typing, the tree of categories is put in order."""

import re

import pytest
from playwright.sync_api import expect

from inventory.tests.factories import product, stocked
from products.models import ProductCategory, ProductKit
from products.services.categories import save_category
from tests.stories.conftest import PHONE
from tests.stories.hand import Hand
from tests.stories.test_a_day import LANGUAGES, ON_A_PHONE


@LANGUAGES
def test_the_figures_of_a_bouquet_follow_the_typing(browse, staff, live_shop, language):
    stocked("Роза 50 см", ("40", "60"))
    stocked("Эвкалипт", ("7", "40"))
    page = browse(staff("owner", language=language))
    page.goto("/catalogue/kits/new/")
    figures = page.locator("#kit_figures")
    hand = Hand(page, f"a bouquet of two components ({language})", 9)
    hand.fill("[name=name]", "Нежность")
    hand.fill("[name=sale_price]", "1500")
    hand.fill("[name=lines-0-product]", "роза")
    hand.click("#lines-0-found button")
    hand.fill("[name=lines-0-quantity]", "11")
    expect(figures).to_contain_text("660")
    expect(figures).to_contain_text("56 %")
    expect(figures.locator("[data-tone=ok]")).to_be_visible()
    assert page.evaluate("document.activeElement.name") == "lines-0-quantity", "typing goes on where it was"
    hand.click("#lines_add")
    hand.fill("[name=lines-1-product]", "эвкалипт")
    hand.click("#lines-1-found button")
    hand.fill("[name=lines-1-quantity]", "5")
    expect(figures).to_contain_text({"ru": "раньше закончится Эвкалипт", "en": "Эвкалипт ends first"}[language])
    expect(figures.locator("[data-tone=warn]")).to_contain_text("45 %")
    hand.finish()
    page.locator("[name=sale_price]").fill("800")
    expect(figures.locator("[data-tone=danger]")).to_be_visible()
    page.locator("form.card button.primary").click()
    expect(page.locator("h1")).to_have_text("Нежность")
    assert ProductKit.objects.get().items.count() == 2


def test_categories_are_put_in_order_on_a_phone(browse, staff, live_shop):
    for name in ("Розы", "Тюльпаны", "Зелень"):
        save_category(ProductCategory(name=name), parent=None)
    page = browse(staff("owner", language="ru"), **ON_A_PHONE)
    page.goto("/catalogue/categories/")
    last = ProductCategory.objects.get(name="Зелень").pk
    page.locator(f"#category_{last}_menu").tap()
    page.locator(f"#category_{last}_up").tap()
    expect(page.locator(".tree .link")).to_have_text(["Розы", "Зелень", "Тюльпаны"])
    page.locator(f"#category_{last}_up").tap()
    expect(page.locator(".tree .link")).to_have_text(["Зелень", "Розы", "Тюльпаны"])
    expect(page.locator(f"#category_{last}_up")).to_be_disabled()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("phone", [True, False])
def test_charts_are_folded_on_a_phone_only(browse, staff, live_shop, phone):
    product("Роза")
    page = browse(staff("owner", language="ru"), **(ON_A_PHONE if phone else {}))
    page.goto("/")
    chart = page.locator("details.fold").last
    if phone:
        expect(chart).not_to_have_attribute("open", re.compile(".*"))
        chart.locator("> summary").tap()
    expect(chart.locator("svg[role=img]")).to_be_visible()
