"""The list of goods to begin a catalogue with."""

from decimal import Decimal

import pytest
from django.urls import reverse

from products.models import GoodsImport, Kind, Product, ProductCategory, Unit
from products.starter import entries

URL = "/catalogue/starter/"


def number_of(name, language="en"):
    return next(entry.number for entry in entries(language) if entry.name == name)


def test_the_list_is_whole_in_both_languages(shop):
    for language in ("ru", "en"):
        found = entries(language)
        assert len({entry.name.casefold() for entry in found}) == len(found) >= 80
        assert all(entry.name and entry.shelf for entry in found)
        assert {entry.kind for entry in found} <= set(Kind.values)
        assert {entry.unit for entry in found} <= set(Unit.values)
    assert [entry.kind for entry in entries("ru")] == [entry.kind for entry in entries("en")]


def test_what_is_ticked_is_shown_and_then_imported_like_a_file(shop, login, owner):
    browser, rose, service = login(owner), number_of("Rose 60 cm"), number_of("Hand-tying")
    answer = browser.post(URL, {"take": [rose, service], f"price-{rose}": "1 250,50"})
    kept = GoodsImport.objects.get()
    assert answer["Location"] == reverse("products:import_check", args=[kept.pk])
    assert not Product.objects.exists(), "nothing is written before it was looked at"
    page = browser.get(answer["Location"])
    assert browser.post(answer["Location"], {"seen": page.context["plan"].fingerprint}).status_code == 302
    made = Product.objects.get(name="Rose 60 cm")
    assert (made.sale_price, made.vase_life_days, made.kind, made.unit) == (Decimal("1250.50"), 10, "flower", "stem")
    assert (made.category.name, made.role, made.is_active) == ("Roses", "focal", True)
    unpriced = Product.objects.get(name="Hand-tying")
    assert (unpriced.is_service, unpriced.is_active, unpriced.sale_price) == (True, False, 0)
    assert ProductCategory.objects.count() == 2


def test_a_price_without_a_tick_is_meant_too(shop, login, owner):
    rose = number_of("Rose 60 cm")
    answer = login(owner).post(URL, {f"price-{rose}": "90"})
    assert answer.status_code == 302


def test_every_entry_can_be_imported(shop, login, owner):
    owner.language = "ru"
    owner.save()
    browser = login(owner)
    answer = browser.post(URL, {"take": [entry.number for entry in entries("ru")]})
    plan = browser.get(answer["Location"]).context["plan"]
    assert plan.problems == []
    assert plan.made == len(entries("ru"))
    assert plan.rows[0].after["name"] == "Роза 40 см"


def test_a_price_that_is_none_is_told_with_its_row(shop, login, owner):
    rose = number_of("Rose 60 cm")
    browser = login(owner)
    answer = browser.post(URL, {"take": [rose], f"price-{rose}": "cheap"})
    plan = browser.get(answer["Location"]).context["plan"]
    assert [(problem.row, problem.value) for problem in plan.problems] == [(rose + 1, "cheap")]
    assert not Product.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"take": "x"}, {"take": "-1"}, {"take": "99999999999999999999"}])
def test_nothing_ticked_is_said(shop, login, owner, sent):
    answer = login(owner).post(URL, sent)
    assert answer.status_code == 422
    assert "Nothing is ticked. Tick what you sell, then go on." in answer.content.decode()
    assert not GoodsImport.objects.exists()


def test_what_the_shop_has_is_not_offered_again(shop, login, owner):
    Product.objects.create(name="rose 60 CM", sale_price=1)
    browser, rose = login(owner), number_of("Rose 60 cm")
    page = browser.get(URL).content.decode()
    assert "Rose 60 cm · in the catalogue" in page
    assert browser.post(URL, {"take": [rose]}).status_code == 422
