"""The admin of stock and catalogue: two doors that move the stock, the rest is for looking, deleting is marking."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.admin import shop_site
from inventory.models import (
    Assembly,
    CostCorrection,
    Disassembly,
    PeriodClosing,
    Receipt,
    ReceiptLine,
    Regrade,
    Reservation,
    Sale,
    SaleAllocation,
    SaleReturn,
    Shortage,
    Stock,
    StockBatch,
    StockDemand,
    StockMovement,
    StockTake,
    Supplier,
    SupplierReturn,
    Transfer,
    Warehouse,
    WriteOff,
)
from inventory.services.assembling import assemble, take_apart
from inventory.services.checking import check_stock
from inventory.services.cost_corrections import correct_cost
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.periods import close_period
from inventory.services.regrading import mark_down
from inventory.services.reservations import reserve
from inventory.services.returns import return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.services.write_offs import write_off
from inventory.tests.factories import cellar, kit, product, receive, stock_of, stocked, warehouse
from products.models import Product, ProductCategory, ProductKit, ProductTag
from products.selectors import tags_on
from products.services.catalogue import save_product

READ_ONLY = [
    Stock, StockBatch, SaleAllocation, StockMovement, StockDemand, Receipt, WriteOff, SupplierReturn, SaleReturn, Shortage,
    CostCorrection, Transfer, Regrade, StockTake, Assembly, Disassembly, PeriodClosing,
]  # fmt: skip


def place(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def sale_form(item, quantity, **fields):
    now = timezone.localtime()
    return {
        "product": item.pk, "warehouse": warehouse().pk, "quantity": quantity, "amount": "400",
        "sold_at_0": f"{now:%Y-%m-%d}", "sold_at_1": f"{now:%H:%M:%S}", **fields,
    }  # fmt: skip


@pytest.fixture
def everything(shop):
    """A row of every model of the stock."""
    rose = stocked("Red rose", ("30", "10"))
    [demand] = freeze_demands([DemandInput(rose, Decimal(4))], warehouse=warehouse(), needed_on=timezone.localdate())
    reserve([demand])
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(5), sale_price=Decimal(9))
    return_sale(sale=sale, quantity=Decimal(1))
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(2), reason="gift")
    return_to_supplier(batch=StockBatch.objects.get(), quantity=Decimal(3))
    Supplier.objects.create(name="Farm")
    bouquet = kit("Bouquet", "900", (rose, "3"))
    correct_cost(ReceiptLine.objects.get(), cost=Decimal(330))
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(rose, Decimal(2))])
    mark_down(product=rose, warehouse=warehouse(), quantity=Decimal(1), price=Decimal(5))
    take = open_stock_take(warehouse=warehouse())
    count(take, product=rose, quantity=Decimal(12))
    apply_stock_take(take)
    made = assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(1))
    take_apart(batch=made.batches.get())
    close_period(upto=timezone.localdate() - timedelta(days=1))
    ProductCategory.objects.create(name="Roses")
    save_product(rose, tags=["wedding"])
    return rose


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_list_and_every_row_opens(everything, login, staff, language):
    browser = login(staff("owner", language=language))
    for model in [*READ_ONLY, Reservation, Sale, Warehouse, Supplier, Product, ProductKit, ProductCategory, ProductTag]:
        assert browser.get(place(model, "changelist"), {"q": "rose"}).status_code == 200, model
        row = model.objects.first()
        if row is not None:
            assert browser.get(place(model, "change", row.pk)).status_code == 200, model


def test_the_admin_is_for_the_office(everything, login, staff, client):
    for role, status in (("owner", 200), ("manager", 200), ("florist", 403), ("seller", 403), ("courier", 403)):
        answer = login(staff(role)).get(place(Stock, "changelist"), follow=True)
        assert answer.status_code == status, role
    assert client.get(place(Stock, "changelist")).status_code == 302


def test_the_ledger_and_documents_can_be_neither_added_changed_nor_deleted(everything, login, owner):
    browser = login(owner)
    before = [list(model.objects.order_by("pk").values()) for model in READ_ONLY]
    for model in READ_ONLY:
        assert browser.get(place(model, "add")).status_code == 403, model
        row = model.objects.first()
        if row is None:
            continue
        assert browser.post(place(model, "change", row.pk), {"quantity": "1"}).status_code == 403, model
        assert browser.post(place(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model
        browser.post(
            place(model, "changelist"), {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        )
    assert [list(model.objects.order_by("pk").values()) for model in READ_ONLY] == before


def test_a_sale_typed_in_the_admin_takes_stock_once(shop, login, owner):
    rose = stocked("Red rose", ("30", "10"))
    answer = login(owner).post(place(Sale, "add"), sale_form(rose, "4"))
    assert answer.status_code == 302
    sale = Sale.objects.get()
    assert (sale.processed, sale.cost, sale.by) == (True, 40, owner)
    assert stock_of(rose).quantity == 26
    assert StockMovement.objects.filter(quantity__lt=0).count() == 1
    for answer in (
        login(owner).post(place(Sale, "change", sale.pk), sale_form(rose, "9")),
        login(owner).post(place(Sale, "delete", sale.pk), {"post": "yes"}),
    ):
        assert answer.status_code == 403
    assert stock_of(rose).quantity == 26
    assert check_stock() == []


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Red rose: asked 31, free 30"), ("ru", "Red rose: нужно 31, свободно 30")]
)
def test_too_large_a_sale_is_refused_in_words_and_no_row_stays(shop, login, staff, language, said):
    rose = stocked("Red rose", ("30", "10"))
    answer = login(staff("owner", language=language)).post(place(Sale, "add"), sale_form(rose, "31"))
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert not Sale.objects.exists()
    assert stock_of(rose).quantity == 30


def test_careless_numbers_in_a_sale_are_asked_again(shop, login, owner):
    rose = stocked("Red rose", ("30", "10"))
    browser = login(owner)
    for quantity in ("0", "-1", "nan", "1e30", "", "x", "1.00001"):
        assert browser.post(place(Sale, "add"), sale_form(rose, quantity)).status_code in {200, 422}, quantity
    assert not Sale.objects.exists()
    assert stock_of(rose).quantity == 30


def hold(rose, quantity="8"):
    [demand] = freeze_demands(
        [DemandInput(rose, Decimal(quantity))], warehouse=warehouse(), needed_on=timezone.localdate()
    )
    reserve([demand])
    return Reservation.objects.get(demand=demand, is_active=True)


def test_a_reservation_changed_in_the_admin_keeps_the_stock_right(shop, login, owner):
    rose = stocked("Red rose", ("10", "10"))
    held, browser = hold(rose), login(owner)
    url = place(Reservation, "change", held.pk)
    assert browser.post(url, {"quantity": "5", "is_active": "on"}).status_code == 302
    assert stock_of(rose).reserved == 5
    assert browser.post(url, {"quantity": "5"}).status_code == 302
    held.refresh_from_db()
    assert (held.is_active, stock_of(rose).reserved) == (False, 0)
    assert held.ended_at is not None
    assert check_stock() == []


def test_a_reservation_that_makes_no_sense_is_refused(shop, login, owner):
    rose = stocked("Red rose", ("10", "10"))
    held, browser = hold(rose), login(owner)
    url = place(Reservation, "change", held.pk)
    too_much = browser.post(url, {"quantity": "9", "is_active": "on"})
    assert "no more can be held" in too_much.content.decode()
    held.is_active = False
    held.save()
    reserve([held.demand])
    double = browser.post(url, {"quantity": "1", "is_active": "on"})
    assert "Another reservation holds goods" in double.content.decode()
    SaleProcessor.sell([held.demand])
    sold = browser.post(url, {"quantity": "1", "is_active": "on"})
    assert "sold or cancelled" in sold.content.decode()
    assert stock_of(rose).reserved == 0
    assert check_stock() == []


def test_deleting_marks_and_restoring_brings_back(shop, login, owner):
    rose = product("Red rose")
    browser, url = login(owner), place(Product, "changelist")
    browser.post(url, {"action": "mark_chosen_deleted", "_selected_action": rose.pk})
    rose.refresh_from_db()
    assert (rose.is_deleted, rose.deleted_by) == (True, owner)
    assert "Red rose" not in re.sub(r"<title>.*", "", browser.get(url).content.decode())
    assert "Red rose" in browser.get(url, {"deleted": "yes"}).content.decode()
    browser.post(url + "?deleted=yes", {"action": "restore_chosen", "_selected_action": rose.pk})
    rose.refresh_from_db()
    assert not rose.is_deleted
    assert browser.post(place(Product, "delete", rose.pk), {"post": "yes"}).status_code == 403
    assert Product.objects.filter(pk=rose.pk).exists()


def test_deleting_what_is_in_use_says_why_and_changes_nothing(shop, login, owner):
    rose = stocked("Red rose", ("10", "10"))
    page = login(owner).post(
        place(Product, "changelist"), {"action": "mark_chosen_deleted", "_selected_action": rose.pk}, follow=True
    )
    assert "10 on hand" in page.content.decode()
    rose.refresh_from_db()
    assert not rose.is_deleted


NO_UNITS = {
    f"{prefix}-{number}_FORMS": 0 for prefix in ("purchase_units", "taggings") for number in ("TOTAL", "INITIAL")
}


CELLAR = {
    "name": "Cellar",
    "reserve_ahead_days": "3",
    "issue_order": "fifo",
    "short_limit": "100",
    "short_in_all": "100",
    "short_days": "3",
    "position": "0",
}


def test_a_taken_name_is_a_sentence_not_a_crash(shop, login, owner):
    Supplier.objects.create(name="Farm")
    answer = login(owner).post(place(Supplier, "add"), {"name": "FARM"})
    assert answer.status_code == 422
    assert "Another supplier has this name" in answer.content.decode()
    assert Supplier.objects.count() == 1
    product("Rose", sku="R1")
    made = login(owner).post(
        place(Product, "add"),
        {"name": "Iris", "sku": "", "unit": "stem", "kind": "flower", "sale_price": "10", **NO_UNITS},
    )
    assert made.status_code == 302
    assert Product.objects.get(name="Iris").sku
    answer = login(owner).post(
        place(Product, "add"),
        {"name": "Tulip", "sku": "r1", "unit": "stem", "kind": "flower", "sale_price": "10", **NO_UNITS},
    )
    assert answer.status_code == 422
    assert "Another product has this SKU" in answer.content.decode()
    second = login(owner).post(place(Warehouse, "add"), {**CELLAR, "is_default": "on"})
    assert "There is a main warehouse already" in second.content.decode()
    assert Warehouse.objects.count() == 1


def test_tags_of_a_product_are_put_on_and_taken_off_and_a_deleted_one_stays_unseen(shop, login, owner):
    rose, browser = product("Rose", sku="R1", tags=["gone", "old"]), login(owner)
    answer = browser.post(place(ProductTag, "add"), {"name": "OLD"})
    assert answer.status_code == 422
    assert "The tag “old” is there already." in answer.content.decode()
    assert browser.post(place(ProductTag, "add"), {"name": "new"}).status_code == 302
    ProductTag.objects.get(name="gone").delete()
    page = browser.get(place(Product, "change", rose.pk)).content.decode()
    assert ("old" in page, ">gone<" in page) == (True, False)
    card = {"name": "Rose", "sku": "R1", "unit": "stem", "kind": "flower", "sale_price": "10", **NO_UNITS}
    card |= {
        "taggings-TOTAL_FORMS": 2, "taggings-INITIAL_FORMS": 1, "taggings-0-DELETE": "on",
        "taggings-0-id": rose.taggings.get(tag__name="old").pk, "taggings-0-product": rose.pk,
        "taggings-0-tag": ProductTag.objects.get(name="old").pk,
        "taggings-1-product": rose.pk, "taggings-1-tag": ProductTag.objects.get(name="new").pk,
    }  # fmt: skip
    assert browser.post(place(Product, "change", rose.pk), card).status_code == 302
    assert tags_on() == {rose.pk: ["new"]}
    assert set(rose.taggings.values_list("tag__name", flat=True)) == {"gone", "new"}


def test_selling_before_entry_is_not_forbidden_while_goods_are_owed(shop, login, owner):
    Warehouse.objects.update(allow_short=True)
    main = warehouse()
    rose = product("Rose")
    [demand] = freeze_demands([DemandInput(rose, Decimal(3))], warehouse=main, needed_on=timezone.localdate())
    SaleProcessor.sell([demand])
    answer = login(owner).post(place(Warehouse, "change", main.pk), {**CELLAR, "is_default": "on"})
    assert "Sold before entry and not received yet: Rose" in answer.content.decode()
    main.refresh_from_db()
    assert (main.allow_short, main.name == "Cellar") == (True, False)
    receive(rose, "3")
    assert login(owner).post(place(Warehouse, "change", main.pk), {**CELLAR, "is_default": "on"}).status_code == 302
    assert not Warehouse.objects.get(pk=main.pk).allow_short


def test_only_live_rows_are_offered_for_a_choice(shop, login, owner):
    product("Rose live")
    product("Rose gone").delete()
    answer = login(owner).get(
        reverse("admin:autocomplete"),
        {"term": "rose", "app_label": "inventory", "model_name": "sale", "field_name": "product"},
    )
    assert [row["text"] for row in answer.json()["results"]] == ["Rose live"]


def test_nothing_of_the_stock_is_missing_in_the_admin():
    for model in [*READ_ONLY, Reservation, Sale, Warehouse, Supplier, Product, ProductKit, ProductCategory, ProductTag]:
        assert model in shop_site._registry
