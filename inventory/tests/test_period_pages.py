"""Closed periods on the screen: who may, what stands against closing, closing, opening again."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from core.access import Role
from inventory.models import PeriodClosing, Sale
from inventory.services.periods import close_period, closed_upto, reopen_period
from inventory.services.stock_takes import open_stock_take
from inventory.tests.factories import everything, product, stock_of, stocked, warehouse

LIST = reverse("inventory:period_list", urlconf="myproject.urls_shop")
TODAY = timezone.localdate()


def ago(days):
    return TODAY - timedelta(days=days)


def url(closing):
    return reverse("inventory:period_reopen", args=[closing.pk])


@pytest.fixture
def unfinished(shop):
    """An open stock-take and goods sold before entry, both of three days ago."""
    rose, place, then = product("Rose"), warehouse(), timezone.now() - timedelta(days=3)
    place.allow_short = True
    place.save()
    stocked("Tulip")
    Sale(product=rose, warehouse=place, quantity=Decimal(2), amount=Decimal(100), sold_at=then).save()
    return stock_of(rose), open_stock_take(warehouse=place, at=then)


@pytest.mark.parametrize("role", list(Role))
def test_only_the_owner_closes_and_opens(shop, login, staff, role):
    closing = close_period(upto=ago(5))
    browser, before = login(staff(role)), everything()
    mine = role is Role.OWNER
    assert browser.get(LIST).status_code == (200 if mine else 403)
    assert browser.post(LIST, {}).status_code == (422 if mine else 403)
    assert browser.get(url(closing)).status_code == (200 if mine else 403)
    assert everything() == before
    assert browser.post(url(closing)).status_code == (302 if mine else 403)
    assert (closed_upto() is None) == mine


def test_what_stands_against_closing_is_told_before_and_led_to(unfinished, login, owner):
    stock, take = unfinished
    browser, before = login(owner), everything()
    for upto, there in ((ago(2), True), (ago(4), False)):
        seen = browser.post(LIST, {"upto": upto.isoformat(), "do": "look"}, headers={"HX-Request": "true"})
        page = seen.content.decode()
        assert "<!doctype" not in page
        assert (reverse("inventory:stock_take_detail", args=[take.pk]) in page) == there
        assert ("Nothing stands against" in page) != there
    refused = browser.post(LIST, {"upto": ago(1).isoformat()})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "The period can&#x27;t be closed yet: 1 stock-take is open" in page
    assert reverse("inventory:stock_detail", args=[stock.pk]) in page
    assert "2\u00a0stems sold before entry" in page
    assert everything() == before


def test_a_month_is_closed_with_a_comment(shop, login, owner):
    browser = login(owner)
    assert "Nothing was ever closed" in browser.get(LIST).content.decode()
    form = browser.get(LIST).context["form"]
    assert form.initial["upto"] == TODAY.replace(day=1) - timedelta(days=1)
    assert browser.post(LIST, {"upto": ago(3).isoformat(), "comment": "told the bank"}).url == LIST
    closing = PeriodClosing.objects.get()
    assert (closing.upto, closing.by, closing.comment) == (ago(3), owner, "told the bank")
    page = browser.get(LIST).content.decode()
    assert "told the bank" in page
    assert url(closing) in page


@pytest.mark.parametrize(
    ("upto", "said"),
    [
        (TODAY, "Only days that are over can be closed"),
        (TODAY + timedelta(days=1), "too far ahead"),
        (ago(5), "is closed already. Choose a later day"),
        ("", "This field is required"),
        ("2026-02-31", "There is no such day"),
    ],
)
def test_a_day_that_cannot_be_closed_is_refused(shop, login, owner, upto, said):
    close_period(upto=ago(5))
    before = everything()
    answer = login(owner).post(LIST, {"upto": str(upto)})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_the_last_one_is_opened_again_after_a_warning(shop, login, owner):
    first, second = close_period(upto=ago(9)), close_period(upto=ago(5))
    browser = login(owner)
    page = browser.get(LIST).content.decode()
    assert url(second) in page
    assert url(first) not in page
    warning = browser.get(url(second)).content.decode()
    assert "may no longer hold" in warning
    before = everything()
    refused = browser.post(url(first))
    assert refused.status_code == 422
    assert f"A later period is closed, up to {date_format(ago(5))}" in refused.content.decode()
    assert everything() == before
    assert browser.post(url(second)).url == LIST
    second.refresh_from_db()
    assert (closed_upto(), second.reopened_by) == (ago(9), owner)
    assert "It was opened again" in browser.get(url(second)).content.decode()


def test_a_second_press_opens_nothing_twice(shop, login, owner):
    closing = reopen_period(close_period(upto=ago(5)), by=owner)
    assert login(owner).post(url(closing)).status_code == 302
    again = PeriodClosing.objects.get()
    assert again.reopened_at == closing.reopened_at
