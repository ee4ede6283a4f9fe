"""All documents of goods as one list: every kind, what narrows it, paging, the page of one."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import Role
from inventory.documents import KINDS, documents
from inventory.models import (
    Receipt,
    Regrade,
    SaleReturn,
    StockBatch,
    StockTake,
    Supplier,
    SupplierReturn,
    Transfer,
    WriteOff,
)
from inventory.services.assembling import assemble, take_apart
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.regrading import regrade
from inventory.services.returns import return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import open_stock_take
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import cellar, kit, product, stock_of, stocked, warehouse

ALL = {code for code, kind in KINDS.items() if kind.among_all}
LIST = reverse("inventory:document_list", urlconf="myproject.urls_shop")


@pytest.fixture
def one_of_each(shop, owner):
    """A document of every kind, each about the rose, in the order of `KINDS` backwards in time."""
    rose, other = product("Red rose"), product("Other")
    receipt = post_receipt(
        warehouse=warehouse(), supplier=Supplier.objects.create(name="Rosa Optima"), received_at=timezone.now(),
        lines=[ReceiptLineInput(rose, Decimal(50), Decimal(10))], by=owner, key=None, comment="by lorry",
    )  # fmt: skip
    gone = write_off(product=rose, warehouse=warehouse(), quantity=Decimal(3), reason="wilted", by=owner)
    return_to_supplier(batch=StockBatch.objects.get(), quantity=Decimal(2), by=owner)
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(4), sale_price=Decimal(9))
    return_sale(sale=sale, quantity=Decimal(1), by=owner)
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(rose, Decimal(5))], by=owner)
    regrade(source=rose, target=other, warehouse=warehouse(), quantity=Decimal(2), by=owner)
    posy = assemble(bouquet=kit("Posy", "100", (rose, "2")), warehouse=warehouse(), quantity=Decimal(2), by=owner)
    take_apart(batch=StockBatch.objects.filter(stock__product=posy.product).earliest("pk"), by=owner)
    open_stock_take(warehouse=warehouse(), by=owner, comment="rose")
    return {"rose": rose, "receipt": receipt, "write_off": gone}


def test_every_kind_stands_in_the_list_and_leads_to_a_page(one_of_each, login, owner):
    browser, rows = login(owner), documents(size=20)
    assert sorted(row.kind.code for row in rows) == sorted(ALL)
    assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
    page = browser.get(LIST).content.decode()
    for row in rows:
        assert f'href="{row.url}"' in page
        opened = browser.get(row.url)
        assert opened.status_code == 200, row.url
        assert str(row.number) in opened.content.decode()


def test_rows_say_what_and_how_much(one_of_each):
    said = {row.kind.code: (row.what, row.quantity, row.cost, row.place) for row in documents(size=20)}
    place = str(warehouse())
    assert said == {
        "receipt": ("Rosa Optima", None, 500, place),
        "write_off": ("Red rose", 3, 30, place),
        "supplier_return": ("Red rose", 2, 20, place),
        "sale_return": ("Red rose", 1, 10, place),
        "transfer": ("→ Cellar", None, None, place),
        "regrade": ("Red rose → Other", 2, 20, place),
        "assembly": ("Posy", 2, 40, place),
        "disassembly": ("Posy", 1, 20, place),
        "stock_take": ("", None, None, place),
    }


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("kind=write_off", {"write_off"}),
        ("kind=gossip", ALL),
        ("q=optima", {"receipt", "supplier_return"}),
        ("q=red+rose", {"receipt", "write_off", "supplier_return", "sale_return", "transfer", "regrade", "assembly"}),
        ("q=lorry", {"receipt"}),
        ("q=cellar", {"transfer"}),
        ("q=nothing+like+this", set()),
        ("since=2999-01-01", set()),
        ("until=2020-01-01", set()),
        ("since=yesterday", ALL),
        ("since=2026-02-31", ALL),
        ("warehouse=x", ALL),
        ("warehouse=999999", set()),
        ("after=x", ALL),
        ("after=1-gossip-1", ALL),
        ("after=0-receipt-1", set()),
        ("q=%00", ALL),
    ],
)
def test_the_address_narrows_the_list(one_of_each, login, owner, query, kinds):
    answer = login(owner).get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert {row.kind.code for row in answer.context["rows"]} == kinds


def test_a_warehouse_has_what_came_to_it_and_what_left_it(one_of_each):
    assert {row.kind.code for row in documents(size=20, warehouse=cellar().pk)} == {"transfer"}
    assert {row.kind.code for row in documents(size=20, warehouse=warehouse().pk)} == ALL


def test_the_days_are_the_shops(one_of_each):
    today = timezone.localdate()
    assert len(documents(size=20, since=today, until=today)) == len(ALL)
    assert documents(size=20, until=today - timedelta(days=1)) == []
    assert documents(size=20, since=today + timedelta(days=1)) == []


def test_a_number_finds_its_document(one_of_each):
    found = documents(size=20, text=str(one_of_each["write_off"].number))
    assert ("write_off", one_of_each["write_off"].pk) in {(row.kind.code, row.key) for row in found}
    assert documents(size=20, text="9" * 30) == []


def test_the_list_is_read_page_by_page_even_where_moments_are_the_same(shop, login, owner):
    rose, now = stocked("Rose", ("500", "1")), timezone.now()
    other = product("Other")
    for _ in range(30):
        write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted", at=now)
        regrade(source=rose, target=other, warehouse=warehouse(), quantity=Decimal(1), at=now)
        open_stock_take(warehouse=warehouse(), at=now)
    Receipt.objects.update(posted_at=now)
    browser, address, seen = login(owner), LIST, []
    while address:
        page = browser.get(address, headers={"HX-Request": "true"}).content.decode()
        seen += re.findall(r'data-row href="([^"]+)"', page)
        onward = re.search(r'hx-get="(\?[^"]*after=[^"]+)"', page)
        address = onward and LIST + html.unescape(onward[1])
    assert len(seen) == len(set(seen)) == 91


@pytest.mark.parametrize("role", list(Role))
def test_documents_are_for_who_sees_the_stock_and_money_for_the_office(one_of_each, login, staff, role):
    browser, floor = login(staff(role)), role != Role.COURIER
    page = reverse("inventory:document_detail", args=["write_off", one_of_each["write_off"].pk])
    for address in (LIST, page):
        answer = browser.get(address)
        assert answer.status_code == (200 if floor else 403)
        if floor:
            assert ("₽" in answer.content.decode()) == (role in {Role.OWNER, Role.MANAGER})


def test_the_page_of_a_document_shows_what_it_moved(one_of_each, login, owner):
    gone = one_of_each["write_off"]
    address = reverse("inventory:document_detail", args=["write_off", gone.pk])
    page = login(owner).get(address).content.decode()
    assert "Wilted" in page
    assert "−3" in page
    reverse_write_off(gone, by=owner)
    page = login(owner).get(address).content.decode()
    assert "the goods are back in their batches" in page
    assert "+3" in page
    assert "reversed" in login(owner).get(LIST).content.decode()
    assert stock_of(one_of_each["rose"]).quantity > 0


def test_what_is_no_document_of_one_line_is_404(one_of_each, login, owner):
    browser = login(owner)
    for kind, model in (("receipt", Receipt), ("transfer", Transfer), ("stock_take", StockTake)):
        assert browser.get(f"{LIST}{kind}/{model.objects.get().pk}/").status_code == 404
    for kind, model in (("regrade", Regrade), ("supplier_return", SupplierReturn), ("sale_return", SaleReturn)):
        assert browser.get(f"{LIST}{kind}/{model.objects.get().pk}/").status_code == 200
        assert browser.get(f"{LIST}{kind}/999999/").status_code == 404
    assert browser.get(f"{LIST}gossip/1/").status_code == 404
    assert WriteOff.objects.count() == 1


@pytest.mark.parametrize("number", [2, 60])
def test_the_list_asks_few_questions(shop, login, owner, number, django_assert_max_num_queries):
    rose, browser = stocked("Rose", ("500", "1")), login(owner)
    for _ in range(number):
        write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted", by=owner)
    browser.get(LIST)
    with django_assert_max_num_queries(8):
        browser.get(LIST)
    with django_assert_max_num_queries(6):
        browser.get(LIST, headers={"HX-Request": "true"})
