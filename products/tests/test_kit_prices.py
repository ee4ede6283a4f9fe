"""Prices of many bouquets at once: what is shown, what is written, what is taken back."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.errors import BadInput, StaleForm
from core.models import RecentAction
from products.domain.prices import Change, Rounding, Way
from products.models import KitItem, PriceRule, Product, ProductKit
from products.services.kit_prices import change_kit_prices, plan_of_kits, undo_kit_prices
from products.services.prices import PricesMoved, fingerprint

UP = Change(Way.UP, Decimal(10), Rounding.TEN)
PAGE = "/catalogue/kits/prices/"


@pytest.fixture
def kits(shop):
    """Two sizes with a typed price and a bouquet whose price its recipe reckons."""
    rose = Product.objects.create(name="Red rose", sale_price=100)
    made = [
        ProductKit.objects.create(name="Morning", size=2, sale_price=1000),
        ProductKit.objects.create(name="Morning", size=3, sale_price=1500),
        ProductKit.objects.create(name="Sum of roses", sale_price=700, price_rule=PriceRule.SUM),
    ]
    for kit in made:
        KitItem.objects.create(kit=kit, product=rose, quantity=7)
    return made


def prices():
    return {str(kit): kit.sale_price for kit in ProductKit.all_objects.all()}


def seen(kits, change=UP):
    return fingerprint(plan_of_kits([kit.pk for kit in kits], change))


BEFORE = {"Morning S": Decimal(1000), "Morning M": Decimal(1500), "Sum of roses": Decimal(700)}
AFTER = BEFORE | {"Morning S": Decimal(1100), "Morning M": Decimal(1650)}


def test_typed_prices_are_changed_and_reckoned_ones_stay(kits):
    keys = [kit.pk for kit in kits]
    undoing = change_kit_prices(keys, UP, seen=seen(kits))
    assert prices() == AFTER
    assert undoing == {str(kits[0].pk): ["1000.00", "1100.00"], str(kits[1].pk): ["1500.00", "1650.00"]}
    assert undo_kit_prices(undoing) == []
    assert prices() == BEFORE
    with pytest.raises(StaleForm, match="All of these prices were changed since"):
        undo_kit_prices(undoing)
    assert prices() == BEFORE


@pytest.mark.parametrize(
    "meanwhile",
    [{"sale_price": 1001}, {"price_rule": PriceRule.MARKUP}, {"is_deleted": True, "deleted_at": "2026-01-01T00:00Z"}],
)
def test_what_was_changed_since_the_preview_is_refused(kits, meanwhile):
    looked = seen(kits)
    ProductKit.all_objects.filter(pk=kits[0].pk).update(**meanwhile)
    before = prices()
    with pytest.raises(PricesMoved, match="Nothing was changed"):
        change_kit_prices([kit.pk for kit in kits], UP, seen=looked)
    assert prices() == before


def test_what_was_changed_since_keeps_its_price_when_the_rest_is_taken_back(kits):
    undoing = change_kit_prices([kit.pk for kit in kits], UP, seen=seen(kits))
    ProductKit.objects.filter(pk=kits[0].pk).update(price_rule=PriceRule.SUM)
    assert undo_kit_prices(undoing) == ["These keep their price, it was changed since: Morning S."]
    assert prices() == AFTER | {"Morning M": Decimal(1500)}


def test_a_change_that_changes_nothing_or_too_much_is_refused(kits):
    keys = [kit.pk for kit in kits]
    for change, said in (
        (Change(Way.UP, Decimal(0)), "No price would change"),
        (Change(Way.SET, Decimal(10) ** 13), "too large to be meant"),
    ):
        with pytest.raises(BadInput, match=said):
            change_kit_prices(keys, change, seen=seen(kits, Change(Way.UP, Decimal(0))))
    assert prices() == BEFORE
    with pytest.raises(BadInput, match="At most 2000 prices"):
        change_kit_prices(range(2001), UP, seen="")


def test_the_page_shows_what_becomes_of_them_and_does_it(kits, login, owner, seller):
    browser = login(owner)
    assert PAGE in browser.get("/catalogue/kits/").content.decode()
    assert login(seller).get(PAGE).status_code == 403
    plain = browser.get(PAGE).content.decode()
    assert "3 bouquets of the list" in plain
    assert "1 stays: its price is reckoned" in plain
    asked = {"way": "up", "amount": "10", "rounding": "10"}
    page = browser.get(PAGE, asked).content.decode()
    for words in (
        "2 prices change",
        "Morning S",
        "₽1,100",
        "₽1,650",
        "Change 2 prices",
        "Sum of roses",
        "what its parts cost",
    ):
        assert words in page, words
    assert prices() == BEFORE
    stale = browser.post(PAGE, {**asked, "seen": "0" * 32})
    assert (stale.status_code, prices()) == (409, BEFORE)
    token = page.split('name="seen" value="')[1].split('"')[0]
    assert browser.post(PAGE, {**asked, "seen": token}).url == "/catalogue/kits/"
    assert prices() == AFTER
    [action] = RecentAction.objects.all()
    assert "2 prices of bouquets changed: +10\xa0%." in browser.get("/catalogue/kits/").content.decode().replace(
        "+10 %", "+10\xa0%"
    )
    browser.post(reverse("undo", args=[action.pk]))
    assert prices() == BEFORE


def test_the_page_keeps_to_the_list_and_to_its_statements(kits, login, owner):
    browser = login(owner)
    narrowed = browser.get(PAGE, {"q": "sum", "way": "up", "amount": "10", "rounding": "10"}).content.decode()
    assert "Morning" not in narrowed
    assert "Change 0 prices" not in narrowed
    wrong = browser.get(PAGE, {"way": "up", "amount": "much"})
    assert wrong.status_code == 422
    asked = {"way": "up", "amount": "10", "rounding": "10"}
    browser.get(PAGE, asked)
    with CaptureQueriesContext(connection) as statements:
        browser.get(PAGE, asked)
    assert len(statements) <= 12
