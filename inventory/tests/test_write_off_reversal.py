"""A write-off taken back: the stock is what it was before, to the last kopeck, and the papers tell both."""

import uuid
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import KeyReused
from inventory import engine
from inventory.models import MovementKind, Sale, Stock, StockBatch, StockMovement, WriteOff
from inventory.selectors.ledger import explain_stock
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import receive, stock_of, stocked, warehouse


def gone(item, quantity, **fields):
    return write_off(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), reason="wilted", **fields
    )  # fmt: skip


def figures():
    """Stock rows and batches without the ledger's own counter."""
    stocks = list(Stock.objects.order_by("pk").values("quantity", "reserved", "short", "value"))
    return stocks, list(StockBatch.objects.order_by("pk").values())


def test_every_stem_goes_back_to_its_batch_at_its_cost(shop, owner, manager):
    rose = stocked("Rose", ("3", "10.0001"), ("7", "12.3333"))
    before = figures()
    document = gone(rose, "5", by=owner)
    assert stock_of(rose).quantity == 5
    back = reverse_write_off(document, by=manager)
    assert figures() == before
    assert (back.pk, back.reversed_by, back.quantity, back.cost) == (document.pk, manager, 5, document.cost)
    assert back.reversed_at is not None
    last = StockMovement.objects.latest("seq")
    assert (last.kind, last.quantity, last.value, last.by) == (
        MovementKind.WRITE_OFF_REVERSAL, 5, document.cost, manager,
    )  # fmt: skip
    assert explain_stock(stock_of(rose))[-1].document == str(document)
    assert check_stock() == []


def test_a_second_reversal_changes_nothing(shop, owner, manager):
    rose = stocked("Rose", ("10", "10"))
    document = gone(rose, "4")
    first = reverse_write_off(document, by=owner)
    after = figures(), StockMovement.objects.count()
    again = reverse_write_off(document, by=manager)
    assert (again.reversed_at, again.reversed_by) == (first.reversed_at, owner)
    assert (figures(), StockMovement.objects.count()) == after


def test_one_key_reverses_one_write_off(shop):
    rose = stocked("Rose", ("10", "10"))
    one, other, key = gone(rose, "4"), gone(rose, "3"), uuid.uuid4()
    assert reverse_write_off(one, key=key) == reverse_write_off(one, key=key) == one
    with pytest.raises(KeyReused), transaction.atomic():
        reverse_write_off(other, key=key)
    assert stock_of(rose).quantity == 7
    assert WriteOff.objects.get(pk=other.pk).reversed_at is None


def test_goods_sold_from_the_same_batch_meanwhile_stay_sold(shop):
    rose = stocked("Rose", ("10", "9.99"))
    document = gone(rose, "4")
    [demand] = freeze_demands([DemandInput(rose, Decimal(6))], warehouse=warehouse(), needed_on=timezone.localdate())
    engine.sell([demand.pk], [Decimal(600)], by=None, at=timezone.now())
    receive(rose, "5", "11", day=3)
    reverse_write_off(document)
    assert [batch.remaining for batch in StockBatch.objects.order_by("pk")] == [4, 5]
    assert Sale.objects.get().cost == Decimal("59.94")
    assert stock_of(rose).value == Decimal("39.96") + 55
    assert check_stock() == []


def test_goods_that_come_back_cover_what_was_sold_before_it_was_entered(shop):
    rose = stocked("Rose", ("5", "10"))
    document = gone(rose, "5")
    [demand] = freeze_demands([DemandInput(rose, Decimal(2))], warehouse=warehouse(), needed_on=timezone.localdate())
    engine.sell([demand.pk], [Decimal(200)], by=None, at=timezone.now(), allow_short=True)
    reverse_write_off(document)
    assert (stock_of(rose).quantity, stock_of(rose).short) == (3, 0)
    assert Sale.objects.get().cost == 20
    assert check_stock() == []


def test_nobody_reverses_without_a_moment(shop, owner):
    document = gone(stocked("Rose", ("5", "10")), "1")
    with pytest.raises(IntegrityError, match="write_off_reversed_when"), transaction.atomic():
        WriteOff.objects.filter(pk=document.pk).update(reversed_by=owner)


def test_the_list_says_that_it_was_reversed_and_by_whom(shop, login, owner):
    document = gone(stocked("Rose", ("5", "10")), "1", by=owner)
    browser = login(owner)

    def listed():
        return browser.get("/stock/write-offs/").content.decode().split("<table")[1].split("</table>")[0]

    assert "i-undo" not in listed()
    reverse_write_off(document, by=owner)
    table = listed()
    assert "reversed" in table
    assert "i-undo" in table
