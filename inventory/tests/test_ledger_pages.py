"""The ledger on the screen, and what the figures of a stock are made of: every row leads to its document."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import Role
from inventory.models import MovementKind, Receipt, Sale, SourceKind, StockBatch, StockMovement, WriteOff
from inventory.selectors.ledger import Asked, movements
from inventory.services.assembling import assemble, take_apart
from inventory.services.cost_corrections import correct_cost
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.regrading import regrade
from inventory.services.reservations import reserve
from inventory.services.returns import return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.services.write_offs import write_off
from inventory.tests.factories import cellar, kit, product, receive, stock_of, stocked, warehouse

LIST = reverse("inventory:movement_list", urlconf="myproject.urls_shop")


def origins(stock, figure=""):
    return reverse("inventory:stock_origins", args=[stock.pk]) + (f"?figure={figure}" if figure else "")


@pytest.fixture
def busy(shop, owner):
    """Rows of every kind of document there is, all about roses."""
    rose, other = product("Red rose"), product("Other")
    receipt = post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(50), Decimal(10))], by=owner)
    correct_cost(receipt.lines.get(), cost=Decimal(600), by=owner)
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(3), reason="wilted", by=owner)
    return_to_supplier(batch=StockBatch.objects.get(), quantity=Decimal(2), by=owner)
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(4), sale_price=Decimal(90))
    return_sale(sale=sale, quantity=Decimal(1), by=owner)
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(rose, Decimal(5))], by=owner)
    regrade(source=rose, target=other, warehouse=warehouse(), quantity=Decimal(2), by=owner)
    posy = assemble(bouquet=kit("Posy", "100", (rose, "2")), warehouse=warehouse(), quantity=Decimal(2), by=owner)
    take_apart(batch=StockBatch.objects.filter(stock__product=posy.product).earliest("pk"), by=owner)
    take = open_stock_take(warehouse=warehouse(), by=owner)
    count(take, product=rose, quantity=Decimal(1))
    apply_stock_take(take)
    place = warehouse()
    place.allow_short = True
    place.save()
    short = product("Short")
    Sale(product=short, warehouse=place, quantity=Decimal(2), amount=Decimal(100)).save()
    receive(short, "5", "7")
    return rose


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_the_stock_sees_its_ledger_and_the_office_its_cost(shop, login, staff, role):
    stock, browser = stock_of(stocked()), login(staff(role))
    office, floor = {Role.OWNER, Role.MANAGER}, {Role.OWNER, Role.MANAGER, Role.FLORIST, Role.SELLER}
    for path, may in (
        (LIST, floor),
        (origins(stock), floor),
        (origins(stock, "reserve"), floor),
        (origins(stock, "cost"), office),
    ):
        answer = browser.get(path)
        assert answer.status_code == (200 if role in may else 403), path
        if answer.status_code == 200:
            main = answer.content.decode().partition("<main")[2]
            assert ("₽" in main) == (role in office and "reserve" not in path and "cost" not in path), path


def test_every_row_leads_to_its_document(busy, login, owner):
    assert {row.source_kind for row in StockMovement.objects.all()} == set(SourceKind.values)
    browser = login(owner)
    page = browser.get(LIST).content.decode()
    rows = movements(Asked(), before=None, size=100)
    assert [row.movement.pk for row in rows] == sorted((row.movement.pk for row in rows), reverse=True)
    for row in rows:
        assert row.document, row.movement.source_kind
        assert f'href="{row.url}"' in page
    for url in {row.url for row in rows}:
        opened = browser.get(url)
        assert opened.status_code == 200, url
    sold = next(row for row in rows if row.movement.kind == MovementKind.SALE)
    assert (sold.document, sold.url) == (
        f"sale {sold.movement.source_id}",
        reverse("inventory:document_detail", args=["sale", sold.movement.source_id]),
    )


def test_a_page_of_fifty_kinds_asks_as_much_as_one_of_one(busy, django_assert_num_queries):
    with django_assert_num_queries(2):
        movements(Asked(), before=None, size=100)


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("kind=3", {MovementKind.WRITE_OFF}),
        ("document=transfer", {MovementKind.TRANSFER_OUT, MovementKind.TRANSFER_IN}),
        ("document=assembly", {MovementKind.ASSEMBLY_OUT, MovementKind.ASSEMBLY_IN}),
        ("q=posy", {MovementKind.ASSEMBLY_IN, MovementKind.DISASSEMBLY_OUT}),
        ("q=red+rose&kind=2", {MovementKind.SALE}),
        ("q=nothing+like+this", set()),
        ("since=2999-01-01", set()),
        ("until=2020-01-01", set()),
        ("stock=999999", set()),
        ("warehouse=999999", set()),
        ("after=0", set()),
    ],
)
def test_the_address_narrows_the_ledger(busy, login, owner, query, kinds):
    answer = login(owner).get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert {row.movement.kind for row in answer.context["rows"]} == kinds


@pytest.mark.parametrize(
    "query", ["kind=99", "kind=x", "document=gossip", "since=yesterday", "stock=x", "after=x", "q=%00"]
)
def test_what_cannot_be_meant_narrows_nothing(busy, login, owner, query):
    answer = login(owner).get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert len(answer.context["rows"]) == StockMovement.objects.count()


def test_a_warehouse_and_a_stock_have_their_own_rows(busy, login, owner):
    browser, there = login(owner), stock_of(busy, cellar())
    for query in (f"warehouse={cellar().pk}", f"stock={there.pk}"):
        answer = browser.get(f"{LIST}?{query}")
        assert [row.movement.stock for row in answer.context["rows"]] == [there]
    assert "Red rose, Cellar" in answer.content.decode()


def test_the_ledger_goes_on_behind_its_last_row(shop, login, owner):
    rose = stocked("Rose", ("90", "1"))
    for _ in range(60):
        write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted")
    browser = login(owner)
    pages = [browser.get(f"{LIST}?kind=3")]
    pages.append(browser.get(LIST + pages[0].context["next_url"], headers={"HX-Request": "true"}))
    seen = [int(key) for page in pages for key in re.findall(r"/documents/write_off/([0-9]+)/", page.content.decode())]
    assert seen == sorted(WriteOff.objects.values_list("pk", flat=True), reverse=True)
    assert "rows_more" not in pages[1].content.decode()
    assert "<table" not in pages[1].content.decode()


def test_an_empty_ledger_says_what_will_stand_there(shop, login, owner):
    assert "Nothing has moved yet" in login(owner).get(LIST).content.decode()


def test_what_is_on_hand_is_told_down_to_the_receipts(shop, login, owner):
    rose = stocked("Rose", ("10", "10"), ("5", "20"))
    stock = stock_of(rose)
    page = login(owner).get(origins(stock)).content.decode()
    for receipt in Receipt.objects.all():
        assert reverse("inventory:receipt_detail", args=[receipt.pk]) in page
    assert "15\u00a0stems · ₽200" in page
    assert origins(stock) in login(owner).get(reverse("inventory:stock_detail", args=[stock.pk])).content.decode()


def test_what_is_reserved_is_told_by_who_asked(shop, login, florist):
    rose = stocked("Rose")
    today = timezone.localdate()
    [demand] = freeze_demands(
        [DemandInput(rose, Decimal(4))], warehouse=warehouse(), needed_on=today + timedelta(days=1)
    )
    reserve([demand])
    browser = login(florist)
    page = browser.get(origins(stock_of(rose), "reserve")).content.decode()
    assert f"Demand {demand.pk}" in page
    other = stock_of(stocked("Tulip"))
    assert "Nothing is promised" in browser.get(origins(other, "reserve")).content.decode()


def test_what_sold_goods_cost_is_told_sale_by_sale(shop, login, owner):
    rose = stocked("Rose", ("3", "10"), ("9", "20"))
    assert "Nothing of it was sold yet" in login(owner).get(origins(stock_of(rose), "cost")).content.decode()
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(5), sale_price=Decimal(90))
    page = login(owner).get(origins(stock_of(rose), "cost")).content.decode()
    assert reverse("inventory:document_detail", args=["sale", sale.pk]) in page
    assert "5\u00a0stems · ₽70" in page
