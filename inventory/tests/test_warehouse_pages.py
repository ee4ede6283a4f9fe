"""Warehouses on the screen: who may, what is refused, what is owed."""

from decimal import Decimal

import pytest
from django.urls import reverse

from core.access import Role
from inventory.models import IssueOrder, Sale, Warehouse
from inventory.tests.factories import cellar, everything, product, receive, stock_of, warehouse

LIST = reverse("inventory:warehouse_list", urlconf="myproject.urls_shop")
NEW = reverse("inventory:warehouse_create", urlconf="myproject.urls_shop")


def url(place):
    return reverse("inventory:warehouse_edit", args=[place.pk])


def typed(**fields):
    return {
        "name": "Cooler", "issue_order": "fifo", "short_limit": "100", "short_in_all": "100", "short_days": "3",
        "reserve_ahead_days": "3", "position": "1", **fields,
    }  # fmt: skip


@pytest.fixture
def owing(shop):
    """A rose of which two were sold before they were entered."""
    rose, place = product("Rose"), warehouse()
    place.allow_short = True
    place.save()
    Sale(product=rose, warehouse=place, quantity=Decimal(2), amount=Decimal(100)).save()
    return rose


@pytest.mark.parametrize("role", list(Role))
def test_only_the_owner_sets_warehouses_up(shop, login, staff, role):
    browser, before = login(staff(role)), everything()
    mine = role is Role.OWNER
    for path in (LIST, NEW, url(warehouse())):
        assert browser.get(path).status_code == (200 if mine else 403)
    for path in (NEW, url(warehouse())):
        assert browser.post(path, {}).status_code == (422 if mine else 403)
    assert everything() == before


def test_a_warehouse_is_made_and_changed(shop, login, owner):
    browser = login(owner)
    assert browser.post(NEW, typed(name="Second shop", issue_order="fefo")).url == LIST
    made = Warehouse.objects.get(name="Second shop")
    assert (made.issue_order, made.allow_short, made.is_default) == (IssueOrder.FEFO, False, False)
    browser.post(url(made), typed(name="Branch", allow_short="on", short_limit="7,5", reserve_ahead_days="0"))
    made.refresh_from_db()
    assert (made.name, made.issue_order, made.allow_short) == ("Branch", IssueOrder.FIFO, True)
    assert (made.short_limit, made.reserve_ahead_days) == (Decimal("7.5"), 0)
    page = browser.get(LIST).content.decode()
    assert "Branch" in page
    assert "up to 7.5 per line" in page


def test_another_one_becomes_the_main_one(shop, login, owner):
    before, other = warehouse(), cellar()
    browser = login(owner)
    assert "make_main" not in browser.get(url(before)).context["form"].fields
    browser.post(url(other), typed(name="Cellar", make_main="on"))
    assert Warehouse.objects.get(is_default=True) == other
    browser.post(url(other), typed(name="Cellar"))
    assert Warehouse.objects.get(is_default=True) == other


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "cellar"}, "Another warehouse has this name"),
        ({"issue_order": "lifo"}, "Select a valid choice"),
        ({"short_limit": "0"}, "greater than zero"),
        ({"short_limit": "lots"}, "not a number"),
        ({"reserve_ahead_days": "-1"}, "greater than or equal to 0"),
        ({"position": "x"}, "Enter a whole number"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(shop, login, owner, fields, said):
    cellar()
    browser, before = login(owner), everything()
    for path in (NEW, url(warehouse())):
        answer = browser.post(path, typed(**fields))
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert everything() == before


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Sold before entry and not received yet: Rose. Enter the receipt"), ("ru", "Продано до приёмки и ещё не принято: Rose")],
)  # fmt: skip
def test_selling_before_entry_stays_allowed_while_goods_are_owed(owing, login, staff, language, said):
    browser, place = login(staff("owner", language=language)), warehouse()
    before = everything()
    answer = browser.post(url(place), typed(name=place.name))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert reverse("inventory:stock_detail", args=[stock_of(owing).pk]) in page
    assert f"{reverse('inventory:receive')}?product={owing.pk}&amp;warehouse={place.pk}" in page
    assert everything() == before
    assert browser.post(url(place), typed(name=place.name, allow_short="on", short_limit="5")).status_code == 302
    receive(owing, "2")
    assert browser.post(url(place), typed(name=place.name)).status_code == 302
    assert not warehouse().allow_short


def test_the_list_says_where_goods_are_owed(owing, login, owner):
    cellar()
    page = login(owner).get(LIST).content.decode()
    assert page.count("1 product is owed") == 1
