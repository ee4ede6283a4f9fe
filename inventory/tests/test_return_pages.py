"""Goods that come back on the screen: who may, one sale or all of an order, spoiled ones, another warehouse."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from core.access import Role
from inventory.documents import documents
from inventory.models import Sale, SaleReturn, Transfer, WriteOff
from inventory.services.checking import check_stock
from inventory.services.returns import return_sale
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import cellar, everything, stock_of, stocked, warehouse

URL = reverse("inventory:take_back", urlconf="myproject.urls_shop")
MAY = {Role.OWNER, Role.MANAGER, Role.SELLER}


@pytest.fixture
def by_owner(shop, login, owner):
    return login(owner)


def sold(item, quantity="5"):
    return SaleProcessor.create_sale(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(100)
    )


def url(*sales):
    return URL + "?" + "&".join(f"sale={sale.pk}" for sale in sales)


def back(*lines, **fields):
    data = {"key": uuid.uuid4(), "reason": "wilted", **fields}
    for sale, quantity, spoiled in lines:
        data |= {f"sale-{sale.pk}-quantity": quantity, f"sale-{sale.pk}-spoiled": spoiled}
    return data


def page_of(sale):
    return reverse("inventory:document_detail", args=["sale", sale.pk])


@pytest.mark.parametrize("role", list(Role))
def test_the_office_and_the_seller_take_back(shop, login, staff, role):
    sale, browser = sold(stocked()), login(staff(role))
    before = everything()
    assert browser.get(url(sale)).status_code == (200 if role in MAY else 403)
    assert browser.post(url(sale), {}).status_code == (422 if role in MAY else 403)
    floor = MAY | {Role.FLORIST}
    seen = browser.get(page_of(sale))
    assert seen.status_code == (200 if role in floor else 403)
    assert (url(sale) in seen.content.decode()) == (role in MAY)
    assert everything() == before


def test_a_sale_says_what_it_brought_and_where_its_goods_came_from(shop, login, owner, florist):
    rose = stocked("Rose", ("3", "10"), ("7", "20"))
    sale = sold(rose)
    return_sale(sale=sale, quantity=Decimal(1))
    page = login(owner).get(page_of(sale)).content.decode()
    # 4 of 5 stayed: 400 for goods worth 3 × 10 + 1 × 20.
    assert "₽350" in page
    assert "88 %" in page
    assert page.count(">Receipt ") == 2
    assert reverse("inventory:document_detail", args=["sale_return", SaleReturn.objects.get().pk]) in page
    blind = login(florist).get(page_of(sale)).content.decode()
    assert "Margin" not in blind
    assert "₽350" not in blind


def test_sales_are_listed_when_they_are_asked_for(shop, login, owner):
    sale = sold(stocked("Rose"))
    sold(stocked("Tulip"))
    assert {row.kind.code for row in documents(size=9)} == {"receipt"}
    assert [row.what for row in documents(size=9, kind="sale")] == ["Tulip", "Rose"]
    assert [row.key for row in documents(size=9, kind="sale", text="rose")] == [sale.pk]
    assert [row.key for row in documents(size=9, kind="sale", text=str(sale.pk))] == [sale.pk]
    list_page = reverse("inventory:document_list")
    page = login(owner).get(f"{list_page}?kind=sale").content.decode()
    assert f'href="{page_of(sale)}"' in page
    first = documents(size=1, kind="sale")
    assert [row.key for row in documents(size=9, kind="sale", after=first[0].cursor)] == [sale.pk]


def test_goods_of_several_sales_come_back_once(shop, login, owner):
    rose, tulip = stocked("Rose"), stocked("Tulip", ("20", "5"))
    first, second = sold(rose), sold(tulip)
    browser = login(owner)
    data = back((first, "3", "1"), (second, "2", ""), reason="broken")
    answers = [browser.post(url(first, second), data) for _ in range(2)]
    assert {answer.url for answer in answers} == {reverse("inventory:document_list") + "?kind=sale_return"}
    assert [(row.sale, row.quantity) for row in SaleReturn.objects.order_by("pk")] == [(first, 3), (second, 2)]
    assert [(row.product, row.quantity, row.reason) for row in WriteOff.objects.all()] == [(rose, 1, "broken")]
    assert (stock_of(rose).quantity, stock_of(tulip).quantity) == (27, 17)
    assert check_stock() == []


def test_good_ones_go_to_another_warehouse(shop, login, owner):
    rose, there = stocked("Rose"), cellar()
    sale = sold(rose)
    answer = login(owner).post(url(sale), back((sale, "3", "1"), to=there.pk))
    assert answer.url == reverse("inventory:document_detail", args=["sale_return", SaleReturn.objects.get().pk])
    assert page_of(sale) in login(owner).get(answer.url).content.decode()
    assert (stock_of(rose).quantity, stock_of(rose, there).quantity) == (25, 2)
    assert Transfer.objects.count() == 1
    assert check_stock() == []


@pytest.mark.parametrize(
    ("typed", "fields", "said"),
    [
        (("6", ""), {}, "Of this sale 5 can come back, not 6"),
        (("2", "3"), {}, "Of 2 that came back no more can be spoiled"),
        (("", "1"), {}, "Enter how much came back, the spoiled ones among it"),
        (("", ""), {}, "Enter how much came back of at least one product"),
        (("0", ""), {}, "Enter how much came back of at least one product"),
        (("x", ""), {}, "not a number"),
        (("1", "-1"), {}, "too small"),
        (("1", ""), {"to": "999999"}, "Select a valid choice"),
        (("1", "1"), {"reason": "gossip"}, "Select a valid choice"),
        (("1", ""), {"key": "x"}, "lost its key"),
    ],
)
def test_a_return_that_cannot_be_meant_is_refused(by_owner, typed, fields, said):
    sale = sold(stocked("Rose"))
    other = sold(stocked("Tulip"))
    before = everything()
    answer = by_owner.post(url(other, sale), back((other, "", ""), (sale, *typed), **fields))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_one_refused_line_leaves_the_others_where_they_are(shop, login, owner):
    good, bad = sold(stocked("Rose")), sold(stocked("Tulip"))
    before = everything()
    answer = login(owner).post(url(good, bad), back((good, "1", ""), (bad, "9", "")))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="id_sale-{bad.pk}-quantity_error"' in page
    assert f'id="id_sale-{good.pk}-quantity_error"' not in page
    assert everything() == before


def test_what_is_back_can_not_come_back_again(shop, login, owner):
    sale = sold(stocked("Rose"))
    return_sale(sale=sale, quantity=Decimal(5))
    browser, before = login(owner), everything()
    assert "Nothing of it can come back" in browser.get(url(sale)).content.decode()
    assert browser.post(url(sale), back((sale, "1", ""))).status_code == 422
    assert url(sale) not in browser.get(page_of(sale)).content.decode()
    assert everything() == before


def test_careless_addresses_are_answered_calmly(shop, login, owner):
    browser = login(owner)
    assert browser.get(URL).status_code == 302
    assert browser.get(f"{URL}?sale=x").status_code == 302
    assert browser.get(f"{URL}?sale=999999").status_code == 404


def test_goods_sold_before_entry_say_so(shop, login, owner):
    rose, place = stocked("Rose", ("2", "10")), warehouse()
    place.allow_short = True
    place.save()
    sale = Sale(product=rose, warehouse=place, quantity=Decimal(5), amount=Decimal(500))
    sale.save()
    browser = login(owner)
    assert "3 of these goods were sold before they were entered" in browser.get(url(sale)).content.decode()
    before = everything()
    refused = browser.post(url(sale), back((sale, "4", "1")))
    assert refused.status_code == 422
    assert "Enter the receipt first" in refused.content.decode()
    assert everything() == before
