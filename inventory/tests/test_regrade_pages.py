"""Marking down and regrading on the screen: who may, what is suggested, what becomes of the goods, what is refused."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import Role
from inventory.models import Regrade, StockBatch
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.regrading import regrade
from inventory.services.reservations import reserve
from inventory.tests.factories import everything, product, stock_of, stocked, warehouse
from products.models import Product

OFFICE = {Role.OWNER, Role.MANAGER}


def url(name, item=None, batch=None):
    query = f"?batch={batch.pk}" if batch else f"?stock={stock_of(item).pk}" if item else ""
    return reverse(f"inventory:{name}") + query


def lower(quantity, price, **fields):
    return {"quantity": quantity, "price": price, "key": uuid.uuid4(), **fields}


def really(what, quantity, **fields):
    return {"lines-0-product": what, "lines-0-quantity": quantity, "key": uuid.uuid4(), **fields}


@pytest.mark.parametrize("role", list(Role))
def test_the_office_marks_down_and_the_florist_regrades_too(shop, login, staff, role):
    rose = stocked()
    browser, before = login(staff(role)), everything()
    for name, may in (("mark_down", OFFICE), ("regrade", OFFICE | {Role.FLORIST})):
        assert browser.get(url(name, rose)).status_code == (200 if role in may else 403)
        assert browser.post(url(name, rose), {}).status_code == (422 if role in may else 403)
    floor = OFFICE | {Role.FLORIST, Role.SELLER}
    assert browser.get(url("regrade_list")).status_code == (200 if role in floor else 403)
    assert everything() == before


def test_a_third_off_and_everything_free_is_suggested(shop, login, owner):
    rose = stocked("Rose", ("20", "10"), ("6", "20"), price="199")
    reserve(freeze_demands([DemandInput(rose, Decimal(4))], warehouse=warehouse(), needed_on=timezone.localdate()))
    form = login(owner).get(url("mark_down", rose)).context["form"]
    assert form.initial == {"quantity": 22, "price": 139}
    batch = StockBatch.objects.get(remaining=6)
    assert login(owner).get(url("mark_down", batch=batch)).context["form"].initial["quantity"] == 6


def test_goods_are_marked_down_once_at_their_own_cost(shop, login, manager):
    rose, browser, data = stocked("Rose", ("20", "10"), price="200"), login(manager), lower("8", "140")
    answers = [browser.post(url("mark_down", rose), data) for _ in range(2)]
    reduced = Product.objects.get(reduced_from=rose)
    assert {answer.url for answer in answers} == {reverse("inventory:stock_detail", args=[stock_of(reduced).pk])}
    assert reduced.sale_price == 140
    assert (stock_of(rose).quantity, stock_of(reduced).quantity, stock_of(reduced).value) == (12, 8, 80)
    assert Regrade.objects.get().by == manager
    assert "cost ₽140 already" in browser.get(url("mark_down", rose)).content.decode()
    assert check_stock() == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantity": "31"}, "Not enough in stock. Rose: asked 31, free 30"),
        ({"quantity": "0"}, "greater than zero"),
        ({"quantity": ""}, "This field is required"),
        ({"price": "0"}, "greater than zero"),
        ({"price": "-3"}, "greater than zero"),
        ({"price": "cheap"}, "not a number"),
        ({"key": "x"}, "lost its key"),
    ],
)
def test_a_markdown_that_cannot_be_meant_is_refused(shop, login, owner, fields, said):
    rose = stocked("Rose")
    before = everything()
    answer = login(owner).post(url("mark_down", rose), {**lower("5", "70"), **fields})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(("language", "said"), [("en", "is reduced already"), ("ru", "уже уцен")])
def test_reduced_goods_are_not_reduced_again(shop, login, staff, language, said):
    rose, browser = stocked("Rose"), login(staff("owner", language=language))
    browser.post(url("mark_down", rose), lower("5", "70"))
    reduced, before = Product.objects.get(reduced_from=rose), everything()
    answer = browser.post(url("mark_down", reduced), lower("5", "50"))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_goods_become_what_they_really_are(shop, login, florist):
    rose, short = stocked("Rose 60", ("10", "10"), ("6", "20")), product("Rose 50")
    batch = StockBatch.objects.get(remaining=6)
    browser = login(florist)
    page = browser.get(url("regrade", batch=batch)).content.decode()
    assert 'value="6"' in page
    answer = browser.post(url("regrade", batch=batch), really("rose 50", "6", comment="measured"))
    assert answer.url == reverse("inventory:stock_detail", args=[stock_of(short).pk])
    assert (stock_of(rose).quantity, stock_of(short).value) == (10, 120)
    assert Regrade.objects.get().comment == "measured"
    listed = browser.get(url("regrade_list")).content.decode()
    assert "Rose 60" in listed
    assert "measured" in listed
    assert "₽" not in listed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("orchid", "5"), "There is no product “orchid”"),
        (("Rose 60", "5"), "It is this product already"),
        (("Ribbon", "5"), "Choose a product counted alike"),
        (("Rose 50", "31"), "Not enough in stock"),
        (("Rose 50", ""), "This field is required"),
        (("", "5"), "This field is required"),
    ],
)
def test_a_regrade_that_cannot_be_meant_is_refused(shop, login, florist, line, said):
    rose = stocked("Rose 60")
    product("Rose 50")
    product("Ribbon", unit="m")
    before = everything()
    answer = login(florist).post(url("regrade", rose), really(*line))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_a_product_is_offered_and_chosen_without_posting(shop, login, florist):
    rose, short = stocked("Rose 60"), product("Rose 50")
    browser, before = login(florist), everything()
    chosen = browser.post(
        url("regrade", rose), really("ro", "5", choose=f"0:{short.pk}"), headers={"HX-Request": "true"}
    ).content.decode()
    assert f'value="Rose 50 · {short.sku}"' in chosen
    assert "<!doctype" not in chosen
    assert everything() == before


def test_who_comes_without_goods_is_sent_to_the_stock(shop, login, owner):
    for name in ("mark_down", "regrade"):
        assert login(owner).get(url(name)).url == reverse("inventory:stock_list")
        for query in ("?stock=999999", "?batch=999999"):
            assert login(owner).get(url(name) + query).status_code == 404


@pytest.mark.parametrize("number", [3, 60])
def test_the_list_asks_few_questions_and_goes_on(shop, login, owner, number, django_assert_max_num_queries):
    rose, other, browser = stocked("Rose", ("99", "1")), product("Other"), login(owner)
    for _ in range(number):
        regrade(source=rose, target=other, warehouse=warehouse(), quantity=Decimal(1))
    browser.get(url("regrade_list"))
    with django_assert_max_num_queries(12):
        page = browser.get(url("regrade_list")).content.decode()
    assert ("rows_more" in page) == (number > 50)
    with django_assert_max_num_queries(8):
        part = browser.get(
            url("regrade_list") + f"?after={Regrade.objects.latest('pk').pk}", headers={"HX-Request": "true"}
        )
    assert part.content.decode().count("<tr>") == min(number - 1, 50)


def test_the_stock_leads_to_all_of_it(shop, login, owner):
    rose = stocked("Rose")
    for page in (reverse("inventory:stock_list"), reverse("inventory:stock_detail", args=[stock_of(rose).pk])):
        text = login(owner).get(page).content.decode()
        for name in ("mark_down", "regrade", "transfer_send"):
            assert url(name, rose) in text, (page, name)
