"""Categories that are not offered in some channel: to whoever types a name, not to whoever has the thing in hand."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.tests.factories import kit, stocked, warehouse
from orders.goods import exact_goods, load_goods, search_goods
from orders.tests.factories import order
from products.models import Channel, Product, ProductCategory

PART = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def crates(shop):
    """Crates are under Packaging, which is hidden from orders; cards are hidden from bouquets; a rose is on no shelf."""
    packaging = ProductCategory.objects.create(name="Packaging", hidden_from=[Channel.ORDERS])
    under = ProductCategory.objects.create(name="Crates", parent=packaging)
    cards = ProductCategory.objects.create(name="Cards", hidden_from=[Channel.BOUQUETS])
    crate, card, rose = (
        stocked("Red crate", ("9", "10")),
        stocked("Red card", ("9", "10")),
        stocked("Red rose", ("9", "1")),
    )
    Product.objects.filter(pk=crate.pk).update(category=under, sku="CRATE-1")
    Product.objects.filter(pk=card.pk).update(category=cards)
    bouquet = kit("Red crate of roses", "100", (rose, "3"))
    bouquet.category = under
    bouquet.save()
    return crate, card, rose


def offered(text):
    return {goods.name for goods in search_goods(text, warehouse=warehouse())}


def in_recipe(browser, text, **more):
    page = browser.get(reverse("products:product_search"), {"q": text, **more}, **PART).content.decode()
    return set(re.findall(r"Red [a-z ]+", page))


def test_a_name_finds_what_is_not_hidden_there(crates, login, owner):
    assert offered("red") == {"Red card", "Red rose"}
    browser = login(owner)
    assert in_recipe(browser, "red", kits="1") == {"Red crate", "Red rose", "Red crate of roses"}
    assert in_recipe(browser, "red") == {"Red crate", "Red card", "Red rose"}, "receipts and counts know everything"


def test_who_has_the_code_gets_it(crates):
    crate = Product.objects.get(name="Red crate")
    assert offered("crate-1") == {"Red crate"}
    assert offered(crate.own_code) == {"Red crate"}
    assert exact_goods("CRATE-1", warehouse=warehouse()).product == crate
    assert offered("crate") == set()


def test_a_recipe_finds_by_its_code_what_is_hidden_from_bouquets(crates, login, owner):
    card = crates[1]
    browser = login(owner)
    for text in (card.sku, card.own_code):
        assert in_recipe(browser, text, kits="1") == {"Red card"}, text
    assert in_recipe(browser, "card", kits="1") == set()


def test_looking_costs_one_statement_more(crates):
    with CaptureQueriesContext(connection) as asked:
        search_goods("red", warehouse=warehouse())
    assert sum("hidden_from" in each["sql"] for each in asked) == 1


def test_the_page_of_a_category_says_and_keeps_it(shop, login, manager):
    browser = login(manager)
    made = browser.post(
        reverse("products:category_create"), {"name": "Packaging", "parent": "", "hidden_from": ["orders", "bouquets"]}
    )
    assert made.status_code == 302
    category = ProductCategory.objects.get()
    assert category.hidden_from == ["orders", "bouquets"]
    page = browser.get(reverse("products:category_edit", args=[category.pk])).content.decode()
    assert len(re.findall(r"name=\"hidden_from\"[^>]* checked", page)) == 2
    assert "not offered everywhere" in browser.get(reverse("products:category_list")).content.decode()
    browser.post(reverse("products:category_edit", args=[category.pk]), {"name": "Packaging", "parent": ""})
    category.refresh_from_db()
    assert category.hidden_from == []
    answer = browser.post(
        reverse("products:category_edit", args=[category.pk]),
        {"name": "Packaging", "parent": "", "hidden_from": ["website"]},
    )
    assert answer.status_code == 422
    category.refresh_from_db()
    assert category.hidden_from == []


def test_an_order_keeps_what_was_hidden_since(crates, login, owner):
    crate = crates[0]
    taken = order((crate, "1"))
    assert taken.total == Decimal(crate.sale_price)
    assert load_goods([f"p{crate.pk}"], warehouse=warehouse())
    assert login(owner).get(reverse("orders:order_edit", args=[taken.pk])).status_code == 200
