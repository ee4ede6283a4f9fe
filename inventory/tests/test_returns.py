"""What a buyer brings back may be spoiled, or come to another warehouse than it left."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import BadInput
from inventory import engine
from inventory.models import MovementKind, Sale, SaleReturn, SourceKind, StockBatch, Transfer, WriteOff
from inventory.services.checking import check_stock
from inventory.services.returns import ReturnRefused, return_sale
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stocks import ensure_stocks
from inventory.tests.factories import cellar, product, refused, stock_of, stocked, warehouse


def sold(item, quantity):
    return SaleProcessor.create_sale(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(1)
    )


def back(sale, quantity, spoiled="0", **fields):
    return return_sale(sale=sale, quantity=Decimal(quantity), spoiled=Decimal(spoiled), **fields)


def test_spoiled_goods_come_back_and_are_lost_at_their_own_cost(shop, owner):
    rose = stocked("Rose", ("3", "10"), ("7", "20"))
    sale = sold(rose, "5")
    document = back(sale, "4", "3", reason="broken", by=owner)
    gone = WriteOff.objects.order_by("pk")
    assert [(row.quantity, row.cost, row.reason, row.by, row.comment) for row in gone] == [
        (2, 40, "broken", owner, str(document)), (1, 10, "broken", owner, str(document)),
    ]  # fmt: skip
    sale.refresh_from_db()
    assert (sale.returned, sale.returned_cost, document.cost) == (4, 60, 60)
    assert (stock_of(rose).quantity, stock_of(rose).value) == (6, 110)
    assert check_stock() == []


def test_good_goods_are_carried_to_the_warehouse_where_they_came(shop):
    rose = stocked("Rose", ("3", "10"), ("7", "20"))
    before = stock_of(rose).quantity
    document = back(sold(rose, "5"), "4", "1", to=cellar())
    assert (stock_of(rose).quantity, stock_of(rose, cellar()).quantity) == (before - 5, 3)
    assert stock_of(rose, cellar()).value == 20 + 2 * 10
    moved = StockBatch.objects.filter(stock__warehouse=cellar()).order_by("received_at")
    assert [row.received_at for row in moved] == [row.origin.received_at for row in moved]
    assert Transfer.objects.get().comment == str(document)
    assert check_stock() == []


def test_the_same_warehouse_is_no_other_one(shop):
    rose = stocked("Rose", ("10", "10"))
    back(sold(rose, "5"), "5", to=warehouse())
    assert not Transfer.objects.exists()
    assert stock_of(rose).quantity == 10


def test_what_can_not_come_back_so(shop):
    rose = stocked("Rose", ("10", "10"))
    sale = sold(rose, "5")
    refused(BadInput, "Of 2 that came back no more", lambda: back(sale, "2", "3"), ru="больше испорченного")
    refused(BadInput, "A quantity is a number above zero", lambda: back(sale, "2", "-1"))
    refused(BadInput, "Choose one of the reasons", lambda: back(sale, "2", "1", reason="because"), ru="причин")
    refused(ReturnRefused, "Of this sale 5 can come back, not 6", lambda: back(sale, "6", "6", to=cellar()), ru="5")
    gone = cellar()
    gone.delete()
    refused(BadInput, "The warehouse Cellar is deleted", lambda: back(sale, "1", to=gone), ru="удалён")


@pytest.mark.parametrize("fields", [{"spoiled": "1"}, {"to": "cellar"}])
def test_what_was_never_entered_is_neither_spoiled_nor_carried(shop, fields):
    rose = product("Rose")
    [stock] = ensure_stocks([(rose.pk, warehouse().pk)]).values()
    [sale] = Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=3, processed=True)])
    row = engine.IssueRow(sale.pk, stock, Decimal(3))
    engine.issue(MovementKind.SALE, SourceKind.SALE, [row], by=None, at=timezone.now(), allow_short=True)
    if "to" in fields:
        fields = {"to": cellar()}
    refused(ReturnRefused, "were sold before they were entered", lambda: back(sale, "2", **fields), ru="до приёмки")
    back(sale, "2")
    assert stock_of(rose).short == 1


def test_one_key_takes_back_once(shop):
    rose, key = stocked("Rose", ("10", "10")), uuid.uuid4()
    sale = sold(rose, "5")
    assert back(sale, "2", "1", key=key) == back(sale, "2", "1", key=key) == SaleReturn.objects.get()
    assert stock_of(rose).quantity == 6
