"""A closed period: nothing is posted there, and nothing unfinished is closed in."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from core.errors import BadInput
from inventory import engine
from inventory.errors import PeriodClosed
from inventory.models import MovementKind, PeriodClosing, Sale, SourceKind, StockMovement
from inventory.services.checking import check_stock
from inventory.services.periods import PeriodNotClosed, close_period, closed_upto, reopen_period
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.stocks import ensure_stocks
from inventory.tests.factories import product, receive, refused, stock_of, stocked, warehouse

NOW = timezone.now()
TODAY = timezone.localdate()


def ago(days):
    return NOW - timedelta(days=days)


def entered(item, days, received_days=None):
    return post_receipt(
        warehouse=warehouse(), lines=[ReceiptLineInput(item, Decimal(5), Decimal(10))], at=ago(days),
        received_at=ago(days if received_days is None else received_days),
    )  # fmt: skip


def test_nothing_is_posted_in_a_closed_period(shop, owner):
    rose = product("Rose")
    entered(rose, 10)
    closing = close_period(upto=TODAY - timedelta(days=5), by=owner, comment="March")
    assert (closed_upto(), closing.by, closing.comment) == (TODAY - timedelta(days=5), owner, "March")
    for days in (5, 9):
        refused(PeriodClosed, "is closed. Nothing was saved", lambda days=days: entered(rose, days), ru="закрыт")
    entered(rose, 4)
    receive(rose, "1")
    assert stock_of(rose).quantity == 11
    assert check_stock() == []


def test_goods_that_came_before_the_closing_are_entered_today(shop):
    rose = stocked("Rose", ("5", "10"))
    close_period(upto=TODAY - timedelta(days=1))
    late = entered(rose, 0, received_days=30)
    batch = late.lines.get().batches.get()
    assert batch.received_at == ago(30)
    assert StockMovement.objects.latest("pk").business_date == TODAY


def test_a_period_is_opened_again_from_the_last_one_back(shop, owner):
    rose = product("Rose")
    first, second = close_period(upto=TODAY - timedelta(days=9)), close_period(upto=TODAY - timedelta(days=5))
    refused(BadInput, "A later period is closed", lambda: reopen_period(first), ru="более поздний")
    done = reopen_period(second, by=owner)
    assert (done.reopened_by, closed_upto()) == (owner, TODAY - timedelta(days=9))
    assert reopen_period(second).reopened_at == done.reopened_at
    entered(rose, 6)
    assert check_stock() == []
    close_period(upto=TODAY - timedelta(days=5))
    assert check_stock() == []


def test_what_can_not_be_closed(shop):
    for upto in (TODAY, TODAY + timedelta(days=1)):
        refused(BadInput, "Only days that are over", lambda upto=upto: close_period(upto=upto), ru="прошедшие дни")
    close_period(upto=TODAY - timedelta(days=5))
    for days in (5, 6):
        refused(
            BadInput, "is closed already", lambda days=days: close_period(upto=TODAY - timedelta(days=days)), ru="уже закрыт"
        )  # fmt: skip


def test_what_is_unfinished_keeps_the_period_open(shop):
    rose = product("Rose")
    [stock] = ensure_stocks([(rose.pk, warehouse().pk)]).values()
    take = open_stock_take(warehouse=warehouse(), at=ago(3))
    open_stock_take(warehouse=warehouse())
    [sale] = Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=3, processed=True)])
    row = engine.IssueRow(sale.pk, stock, Decimal(3))
    engine.issue(MovementKind.SALE, SourceKind.SALE, [row], by=None, at=ago(3), allow_short=True)

    def close():
        return close_period(upto=TODAY - timedelta(days=2))

    refused(
        PeriodNotClosed, "1 stock-take is open, 1 sale of goods that were not entered yet", close,
        ru="открыта 1 инвентаризация, 1 продажа товара",
    )  # fmt: skip
    count(take, product=rose, quantity=Decimal(0))
    apply_stock_take(take)
    assert close().upto == TODAY - timedelta(days=2)


def test_the_ledger_itself_refuses(shop):
    stocked("Rose")
    close_period(upto=TODAY - timedelta(days=1))
    row = StockMovement.objects.get()
    row.pk, row.seq, row.part, row.business_date = None, 2, 7, TODAY - timedelta(days=1)
    with pytest.raises(Exception, match="period_closed"), transaction.atomic():
        StockMovement.objects.bulk_create([row])
    row.business_date = TODAY
    StockMovement.objects.bulk_create([row])


def test_the_check_finds_what_was_posted_into_a_closed_period(shop):
    rose = product("Rose")
    entered(rose, 10)
    closing = close_period(upto=TODAY - timedelta(days=5))
    assert check_stock() == []
    PeriodClosing.objects.filter(pk=closing.pk).update(last_movement=closing.last_movement - 1)
    assert [finding.invariant.code for finding in check_stock()] == ["closed_period_stands"]
