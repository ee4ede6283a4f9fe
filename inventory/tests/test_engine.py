"""The SQL primitives against the plain rule of domain/fifo.py, on random input."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import engine
from inventory.domain.fifo import Batch, plan_issue
from inventory.errors import InsufficientStock
from inventory.models import (
    MovementKind,
    Sale,
    SaleAllocation,
    SourceKind,
    Stock,
    StockBatch,
    StockMovement,
    Warehouse,
)
from inventory.selectors.costs import costs_now
from inventory.services.checking import check_stock
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stocks import ensure_stocks
from inventory.tests.factories import FIRST_DAY, product, receive, stock_of, stocked, warehouse

AT = timezone.now()
amounts = st.decimals(min_value="0.001", max_value="999.999", places=3)
costs = st.decimals(min_value="0", max_value="99999.9999", places=4)
batches = st.lists(st.tuples(st.integers(0, 3), amounts, costs), min_size=1, max_size=6)
# Days until a batch wilts; None for goods that do not.
lives = st.lists(st.none() | st.integers(0, 3), min_size=6, max_size=6)


class _Undo(Exception):
    pass


def _fill(item, rows, lives=(None,) * 6):
    """Batches by (day, quantity, total cost), each with its days of life; answers with the stock's key."""
    [stock_id] = ensure_stocks([(item.pk, warehouse().pk)]).values()
    engine.receive(
        MovementKind.RECEIPT,
        SourceKind.SHORTAGE,  # any source but a receipt line: this test makes no receipts
        [
            engine.ReceiveRow(
                -number,
                stock_id,
                quantity,
                cost,
                FIRST_DAY + timedelta(days=day),
                None if life is None else FIRST_DAY.date() + timedelta(days=life),
            )
            for number, ((day, quantity, cost), life) in enumerate(zip(rows, lives, strict=False), start=1)
        ],
        by=None,
        at=AT,
    )
    return stock_id


def _sales(item, quantities):
    rows = Sale.objects.bulk_create(
        Sale(product=item, warehouse=warehouse(), quantity=quantity, processed=True) for quantity in quantities
    )
    return [row.pk for row in rows]


@given(
    rows=batches, lives=lives, wilting_first=st.booleans(), shares=st.lists(st.integers(1, 100), min_size=1, max_size=4)
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_issue_takes_what_the_plain_rule_takes(shop, rows, lives, wilting_first, shares):
    with pytest.raises(_Undo), transaction.atomic():
        Warehouse.objects.update(issue_order="fefo" if wilting_first else "fifo")
        item = product(sku="x")
        stock_id = _fill(item, rows, lives)
        total = sum(quantity for _day, quantity, _cost in rows)
        whole = sum(shares)
        quantities = [
            part for share in shares if (part := (total * share / whole).quantize(Decimal("0.001"), "ROUND_DOWN"))
        ]
        if not quantities:
            raise _Undo
        before = list(StockBatch.objects.filter(stock=stock_id))
        plan = plan_issue(
            [
                Batch(row.received_at.timestamp(), row.pk, row.remaining, row.remaining_value, row.expires_on)
                for row in before
            ],
            quantities,
            wilting_first=wilting_first,
        )
        sales = _sales(item, quantities)

        issued = engine.issue(
            MovementKind.SALE,
            SourceKind.SALE,
            [engine.IssueRow(sale, stock_id, quantity) for sale, quantity in zip(sales, quantities, strict=True)],
            by=None,
            at=AT,
        )

        assert [
            (row.sale_id, row.batch_id, row.quantity, row.cost) for row in SaleAllocation.objects.order_by("pk")
        ] == [(sales[take.line], take.batch, take.quantity, take.cost) for take in plan.takes]
        assert {row.pk: (row.remaining, row.remaining_value) for row in StockBatch.objects.filter(stock=stock_id)} == {
            batch.id: (batch.remaining, batch.value) for batch in plan.batches
        }
        assert [issued[sale].cost for sale in sales] == [
            sum((take.cost for take in plan.takes if take.line == number), Decimal(0)) for number in range(len(sales))
        ]
        Sale.objects.filter(pk__in=sales).update(cost=0)
        for sale in sales:
            Sale.objects.filter(pk=sale).update(cost=issued[sale].cost)
        assert check_stock() == []
        raise _Undo


@given(
    rows=batches,
    sold=st.lists(amounts, min_size=1, max_size=3),
    back=st.integers(1, 100),
    arrives=st.tuples(amounts, costs),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_mix_of_shortage_return_and_receipt_adds_up(shop, rows, sold, back, arrives):
    """Sales beyond what is there open shortages; part of a sale comes back; a receipt covers the rest at true cost."""
    with pytest.raises(_Undo), transaction.atomic():
        item = product(sku="x")
        stock_id = _fill(item, rows)
        sales = _sales(item, sold)
        issued = engine.issue(
            MovementKind.SALE,
            SourceKind.SALE,
            [engine.IssueRow(sale, stock_id, quantity) for sale, quantity in zip(sales, sold, strict=True)],
            by=None,
            at=AT,
            allow_short=True,
        )
        for sale, done in issued.items():
            Sale.objects.filter(pk=sale).update(cost=done.cost)
        assert check_stock() == []
        total = sum(quantity for _day, quantity, _cost in rows)
        stock = Stock.objects.get(pk=stock_id)
        assert (stock.quantity, stock.short) == (max(total - sum(sold), 0), max(sum(sold) - total, 0))

        from inventory.services.returns import return_sale

        part = (sold[0] * back / 100).quantize(Decimal("0.001"), "ROUND_DOWN")
        if part:
            return_sale(sale=Sale.objects.get(pk=sales[0]), quantity=part)
            assert check_stock() == []
        receive(item, str(arrives[0]), str(arrives[1]))
        assert check_stock() == []
        stock.refresh_from_db()
        assert stock.quantity - stock.short == total - sum(sold) + part + arrives[0]
        raise _Undo


def test_the_oldest_batch_gives_first_and_the_last_piece_takes_the_rest(shop):
    rose = stocked("Red rose", ("10", "10"), ("10", "12"), ("10", "14"))
    [sale] = _sales(rose, [Decimal(15)])

    done = engine.issue(
        MovementKind.SALE, SourceKind.SALE, [engine.IssueRow(sale, stock_of(rose).pk, Decimal(15))], by=None, at=AT
    )

    assert done[sale].cost == Decimal(160)
    assert [row.remaining for row in StockBatch.objects.order_by("received_at")] == [0, 5, 10]


def _wilting(item, *batches):
    """Batches of 10 by (unit cost, days until they wilt), a day apart."""
    for day, (cost, life) in enumerate(batches):
        receive(item, "10", cost, day=day, expires_on=life and FIRST_DAY.date() + timedelta(days=life))


def test_what_wilts_first_leaves_first_where_the_warehouse_says_so(shop):
    rose = product("Red rose")
    _wilting(rose, ("10", None), ("12", 9), ("14", 5))
    assert costs_now([rose.pk]).of(rose.pk, Decimal(15)).value == 10 * 10 + 5 * 12
    Warehouse.objects.update(issue_order="fefo")
    assert costs_now([rose.pk]).of(rose.pk, Decimal(15)).value == 10 * 14 + 5 * 12

    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(15), sale_price=Decimal(1))

    assert sale.cost == 10 * 14 + 5 * 12
    assert [row.remaining for row in StockBatch.objects.order_by("received_at")] == [10, 5, 0]
    assert check_stock() == []


def test_the_oldest_counts_first_when_one_of_the_warehouses_goes_by_age(shop):
    rose, cellar = product("Red rose"), Warehouse.objects.create(name="Cellar", issue_order="fefo")
    _wilting(rose, ("10", None), ("14", 5))
    receive(rose, "1", "99", day=9, warehouse=cellar, expires_on=FIRST_DAY.date())
    assert costs_now([rose.pk]).of(rose.pk, Decimal(10)).value == 100


@pytest.mark.parametrize(("order", "cost"), [("fifo", 10), ("fefo", 14)])
def test_shortages_are_covered_in_the_order_of_the_warehouse(shop, order, cost):
    Warehouse.objects.update(issue_order=order)
    rose = product("Red rose")
    [stock_id] = ensure_stocks([(rose.pk, warehouse().pk)]).values()
    [sale] = _sales(rose, [Decimal(3)])
    row = engine.IssueRow(sale, stock_id, Decimal(3))
    engine.issue(MovementKind.SALE, SourceKind.SALE, [row], by=None, at=AT, allow_short=True)
    day = FIRST_DAY.date()
    post_receipt(
        warehouse=warehouse(),
        lines=[
            ReceiptLineInput(rose, Decimal(10), Decimal(10), expires_on=day + timedelta(days=9)),
            ReceiptLineInput(rose, Decimal(10), Decimal(14), expires_on=day + timedelta(days=5)),
        ],
    )
    assert Sale.objects.get().cost == 3 * cost
    assert check_stock() == []


def test_all_lacking_products_are_named_and_nothing_is_changed(shop):
    rose, tulip = stocked("Red rose", ("5", "10")), stocked("Tulip", ("2", "3"))
    sales = _sales(rose, [Decimal(6)]) + _sales(tulip, [Decimal(3)])
    before = list(StockMovement.objects.values())

    with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
        engine.issue(
            MovementKind.SALE,
            SourceKind.SALE,
            [
                engine.IssueRow(sales[0], stock_of(rose).pk, Decimal(6)),
                engine.IssueRow(sales[1], stock_of(tulip).pk, Decimal(3)),
            ],
            by=None,
            at=AT,
        )

    assert [(item.product, item.asked, item.free) for item in refusal.value.missing] == [
        ("Red rose", 6, 5),
        ("Tulip", 3, 2),
    ]
    assert "Red rose: asked 6, free 5" in str(refusal.value)
    assert list(StockMovement.objects.values()) == before
    assert [stock_of(rose).quantity, stock_of(tulip).quantity] == [5, 2]


def test_goods_sold_before_entry_get_their_true_cost_from_the_receipt(shop):
    rose = stocked("Red rose", ("5", "10"))
    [sale] = _sales(rose, [Decimal(8)])
    done = engine.issue(
        MovementKind.SALE,
        SourceKind.SALE,
        [engine.IssueRow(sale, stock_of(rose).pk, Decimal(8))],
        by=None,
        at=AT,
        allow_short=True,
    )
    Sale.objects.filter(pk=sale).update(cost=done[sale].cost)
    assert (stock_of(rose).quantity, stock_of(rose).short, stock_of(rose).value) == (0, 3, Decimal(-30))

    receive(rose, "10", "14", day=5)

    assert Sale.objects.get(pk=sale).cost == Decimal(5 * 10 + 3 * 14)
    assert (stock_of(rose).quantity, stock_of(rose).short, stock_of(rose).value) == (7, 0, Decimal(98))
    assert StockMovement.objects.order_by("seq").last().kind == MovementKind.RECOST
    assert check_stock() == []


def test_the_plain_rule_leaves_nothing_uncovered_when_there_is_enough():
    plan = plan_issue([Batch(0, 1, Decimal(3), Decimal("0.0001"))], [Decimal(1), Decimal(2)])
    assert plan.uncovered == {}
    assert [take.cost for take in plan.takes] == [Decimal("0.0000"), Decimal("0.0001")]
    assert plan.batches == (replace(plan.batches[0], remaining=Decimal(0), value=Decimal(0)),)
