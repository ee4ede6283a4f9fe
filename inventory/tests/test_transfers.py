"""Goods between warehouses: what left is on its way, arrived or lost, and keeps its cost and its age."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import BadInput
from core.soft_delete import StillInUse
from inventory.errors import InsufficientBatch, InsufficientStock
from inventory.models import (
    Sale,
    SaleAllocation,
    StockBatch,
    StockMovement,
    Transfer,
    TransferLine,
    TransferState,
    WriteOff,
)
from inventory.selectors.documents import on_its_way
from inventory.selectors.ledger import explain_stock
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import reserve
from inventory.services.returns import return_sale
from inventory.services.sale_processor import SaleProcessor
from inventory.services.transfers import (
    Missing,
    TransferLineInput,
    TransferRefused,
    cancel_transfer,
    receive_transfer,
    send_transfer,
    transfer_stock,
)
from inventory.tests.factories import (
    FIRST_DAY,
    cellar,
    product,
    receive,
    refused,
    stock_of,
    stocked,
    warehouse,
)


def sent(*lines, work=send_transfer, **fields):
    inputs = [TransferLineInput(line[0], Decimal(line[1]), *line[2:]) for line in lines]
    return work(source=warehouse(), target=cellar(), lines=inputs, **fields)


def ask(item, quantity, at=None):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=at or warehouse(), needed_on=timezone.localdate()
    )
    return demand


def figures(*places):
    """Stock and batches without the ledger's counter."""
    return [
        (row.stock_id, row.quantity, row.remaining, row.remaining_value, row.stock.quantity, row.stock.value)
        for row in StockBatch.objects.select_related("stock").order_by("pk")
    ]


def test_goods_keep_their_batches_costs_and_days(shop, owner):
    rose = product("Rose")
    receive(rose, "3", "10.3333", expires_on=FIRST_DAY.date() + timedelta(days=9))
    receive(rose, "7", "12.3333", day=1, expires_on=FIRST_DAY.date() + timedelta(days=8))

    done = sent((rose, "5"), work=transfer_stock, by=owner, comment="by hand")

    assert (done.state, done.by, done.comment) == (TransferState.RECEIVED, owner, "by hand")
    assert (stock_of(rose).quantity, stock_of(rose, cellar()).quantity) == (5, 5)
    assert stock_of(rose).value + stock_of(rose, cellar()).value == Decimal("117.3330")
    moved = StockBatch.objects.filter(stock__warehouse=cellar()).order_by("pk")
    assert [
        (row.quantity, row.total_cost, row.received_at, row.expires_on, row.origin_id, row.came_by.transfer_line.transfer)
        for row in moved
    ] == [
        (quantity, cost, row.received_at, row.expires_on, row.pk, done)
        for row, quantity, cost in zip(
            StockBatch.objects.filter(origin=None).order_by("pk"), [3, 2], [Decimal("30.9999"), Decimal("24.6666")],
            strict=True,
        )
    ]  # fmt: skip
    assert explain_stock(stock_of(rose, cellar()))[-1].document == str(done)
    assert explain_stock(stock_of(rose))[-1].document == str(done)
    assert check_stock() == []


def test_on_the_way_goods_are_in_no_stock(shop):
    rose = stocked("Rose", ("10", "10"))
    travelling = sent((rose, "4"))
    assert (travelling.state, stock_of(rose).quantity, stock_of(rose).value) == (TransferState.IN_TRANSIT, 6, 60)
    assert not StockBatch.objects.filter(stock__warehouse=cellar()).exists()
    assert [line.missing for line in on_its_way(rose, warehouse=cellar())] == [4]
    assert check_stock() == []
    receive_transfer(travelling)
    assert (stock_of(rose, cellar()).quantity, stock_of(rose, cellar()).value) == (4, 40)
    assert not on_its_way().exists()
    assert check_stock() == []


def test_a_named_batch_is_sent_and_the_rest_comes_from_the_oldest(shop):
    rose = stocked("Rose", ("5", "10"), ("5", "20"))
    old, new = StockBatch.objects.order_by("pk")
    travelling = sent((rose, "2"), (rose, "3", new))
    assert [line.cost for line in travelling.lines.order_by("pk")] == [20, 60]
    assert [StockBatch.objects.get(pk=row.pk).remaining for row in (old, new)] == [3, 2]


def test_what_is_missing_is_written_off_as_damaged_on_the_way(shop, owner):
    rose = stocked("Rose", ("3", "10.0001"), ("7", "20"))
    travelling = sent((rose, "8"))
    [line] = travelling.lines.all()
    done = receive_transfer(travelling, arrived={line.pk: Decimal(6)}, by=owner)
    line.refresh_from_db()
    assert (done.state, line.received, line.lost, line.received_cost) == (TransferState.RECEIVED, 6, 2, line.cost)
    gone = WriteOff.objects.get()
    assert (gone.warehouse, gone.quantity, gone.cost, gone.reason, gone.by) == (cellar(), 2, 40, "transit", owner)
    assert gone.comment == str(done)
    assert stock_of(rose, cellar()).quantity == 6
    assert check_stock() == []


def test_what_is_missing_may_arrive_later_to_the_last_kopeck(shop):
    rose = product("Rose")
    receive(rose, "7", "0.3333")
    travelling = sent((rose, "7"))
    [line] = travelling.lines.all()
    for quantity in (1, 3, 2):
        done = receive_transfer(travelling, arrived={line.pk: Decimal(quantity)}, missing=Missing.WAIT)
        assert done.state == TransferState.IN_TRANSIT
        assert check_stock() == []
    assert receive_transfer(travelling, missing=Missing.WAIT).state == TransferState.RECEIVED
    line.refresh_from_db()
    assert (line.received, line.received_cost) == (7, line.cost)
    assert stock_of(rose, cellar()).value == line.cost == Decimal("2.3331")
    assert check_stock() == []


def test_a_cancelled_transfer_leaves_everything_as_it_was(shop):
    rose = stocked("Rose", ("3", "10.0001"), ("7", "12.3333"))
    before = figures()
    travelling = sent((rose, "5"))
    assert cancel_transfer(travelling).state == TransferState.CANCELLED
    assert figures() == before
    rows = StockMovement.objects.count()
    assert cancel_transfer(travelling).state == TransferState.CANCELLED
    assert StockMovement.objects.count() == rows
    assert check_stock() == []
    refused(
        TransferRefused,
        "was cancelled: its goods are back",
        lambda: receive_transfer(travelling),
        ru="отменено: товар снова на складе",
    )


def test_what_has_arrived_is_not_called_back(shop):
    rose = stocked("Rose", ("10", "10"))
    part, whole = sent((rose, "4")), sent((rose, "4"))
    receive_transfer(part, arrived={part.lines.get().pk: Decimal(1)}, missing=Missing.WAIT)
    receive_transfer(whole)
    refused(TransferRefused, "A part of transfer", lambda: cancel_transfer(part), ru="Часть")
    refused(
        TransferRefused,
        "has arrived. Send the goods back",
        lambda: cancel_transfer(whole),
        ru="Отправьте товар обратно",
    )


def test_reserved_goods_stay(shop):
    rose = stocked("Rose", ("10", "10"))
    reserve([ask(rose, "8")])
    refused(InsufficientStock, "Rose: asked 3, free 2", lambda: sent((rose, "3")), ru="Rose: нужно 3, свободно 2")
    refused(InsufficientStock, "Rose: asked 3, free 2", lambda: sent((rose, "3", StockBatch.objects.get())))
    assert sent((rose, "2")).lines.get().quantity == 2


def test_waiting_orders_are_served_by_what_arrives_and_by_what_comes_back(shop):
    rose = stocked("Rose", ("10", "10"))
    first, second = sent((rose, "4")), sent((rose, "6"))
    there, here = ask(rose, "3", cellar()), ask(rose, "2")
    assert receive_transfer(first).served == {there.pk: 3}
    assert cancel_transfer(second).served == {here.pk: 2}
    assert check_stock() == []


def test_receiving_twice_receives_once(shop):
    rose = stocked("Rose", ("10", "10"))
    travelling = sent((rose, "4"))
    receive_transfer(travelling)
    rows = StockMovement.objects.count()
    assert receive_transfer(travelling).state == TransferState.RECEIVED
    key = uuid.uuid4()
    other = sent((rose, "6"))
    for _ in range(2):
        receive_transfer(other, arrived={other.lines.get().pk: Decimal(2)}, missing=Missing.WAIT, key=key)
    assert other.lines.get().received == 2
    assert StockMovement.objects.count() == rows + 2


@pytest.mark.parametrize("work", [send_transfer, transfer_stock])
def test_one_key_sends_once(shop, work):
    rose, key = stocked("Rose", ("10", "10")), uuid.uuid4()
    assert sent((rose, "4"), work=work, key=key) == sent((rose, "4"), work=work, key=key)
    assert Transfer.objects.count() == 1
    assert stock_of(rose).quantity == 6


def test_what_can_not_be_sent_or_received(shop):
    rose, tulip = stocked("Rose", ("10", "10")), stocked("Tulip", ("10", "10"))
    batch = StockBatch.objects.get(stock=stock_of(rose))
    cellar()
    refused(
        BadInput,
        "Choose two different ones",
        lambda: send_transfer(source=warehouse(), target=warehouse(), lines=[TransferLineInput(rose, Decimal(1))]),
        ru="Выберите два разных",
    )
    refused(BadInput, "at least one line", sent, ru="хотя бы одна строка")
    refused(BadInput, "A quantity is a number above zero", lambda: sent((rose, "0")))
    refused(BadInput, "This batch of Tulip does not lie in", lambda: sent((tulip, "1", batch)), ru="Этой партии")
    refused(
        BadInput, "One batch stands on two lines", lambda: sent((rose, "1", batch), (rose, "2", batch)), ru="дважды"
    )
    refused(InsufficientStock, "Rose: asked 11, free 10", lambda: sent((rose, "11")))
    receive(rose, "5")
    refused(InsufficientBatch, "This batch holds 10, asked were 12", lambda: sent((rose, "12", batch)))
    gone = product("Peony")
    gone.delete()
    refused(BadInput, "The product Peony is deleted", lambda: sent((gone, "1")))
    travelling = sent((rose, "4"))
    [line] = travelling.lines.all()
    refused(
        BadInput,
        "Of Rose 4 is on its way",
        lambda: receive_transfer(travelling, arrived={line.pk: Decimal(5)}),
        ru="В пути 4",
    )
    refused(
        BadInput,
        "A quantity is a number above zero",
        lambda: receive_transfer(travelling, arrived={line.pk: Decimal(-1)}),
    )
    refused(
        BadInput,
        "not of this transfer",
        lambda: receive_transfer(travelling, arrived={line.pk + 1: Decimal(1)}),
        ru="не из этого перемещения",
    )


def test_nothing_is_deleted_under_goods_on_their_way(shop):
    rose = stocked("Rose", ("4", "10"))
    travelling = sent((rose, "4"))
    refused(StillInUse, "it is on its way between warehouses", rose.delete, ru="он в пути между складами")
    refused(StillInUse, "goods are on their way from it or to it", lambda: cellar().delete(), ru="в пути")
    receive_transfer(travelling)


def _short_in_the_cellar(item, quantity):
    from inventory import engine
    from inventory.models import MovementKind, SourceKind
    from inventory.services.stocks import ensure_stocks

    [stock] = ensure_stocks([(item.pk, cellar().pk)]).values()
    [sale] = Sale.objects.bulk_create(
        [Sale(product=item, warehouse=cellar(), quantity=quantity, processed=True)]
    )  # fmt: skip
    row = engine.IssueRow(sale.pk, stock, quantity)
    engine.issue(MovementKind.SALE, SourceKind.SALE, [row], by=None, at=timezone.now(), allow_short=True)


def test_what_arrives_covers_what_was_sold_before_entry_but_what_was_lost_does_not(shop):
    rose = stocked("Rose", ("10", "10"))
    _short_in_the_cellar(rose, Decimal(5))
    travelling = sent((rose, "8"))
    [line] = travelling.lines.all()
    refused(
        TransferRefused,
        "more of Rose was sold than has been entered",
        lambda: receive_transfer(travelling, arrived={line.pk: Decimal(2)}),
        ru="продано больше, чем введено",
    )
    receive_transfer(travelling, arrived={line.pk: Decimal(6)})
    assert (stock_of(rose, cellar()).quantity, Sale.objects.get().cost) == (1, 50)
    assert check_stock() == []


def test_a_sold_stem_comes_back_to_the_batch_it_was_carried_in(shop):
    rose = stocked("Rose", ("10", "10"))
    sent((rose, "4"), work=transfer_stock)
    sale = SaleProcessor.create_sale(product=rose, warehouse=cellar(), quantity=Decimal(3), sale_price=Decimal(1))
    return_sale(sale=sale, quantity=Decimal(2))
    assert StockBatch.objects.get(stock=stock_of(rose, cellar())).remaining == 3
    assert check_stock() == []


@pytest.mark.parametrize(
    ("falsify", "code"),
    [
        (lambda: TransferLine.objects.update(quantity=5), "transfer_covered"),
        (
            lambda: SaleAllocation.objects.filter(write_off=None).update(returned=1, returned_cost=10),
            "transfer_covered",
        ),
        (lambda: TransferLine.objects.update(received_cost=39), "transfer_arrived"),
        (lambda: TransferLine.objects.update(lost=0), "transfer_arrived"),
        (lambda: StockBatch.objects.filter(origin=None).update(received_at=FIRST_DAY - timedelta(1)), "origin_kept"),
        (lambda: StockBatch.objects.filter(origin=None).update(expires_on=FIRST_DAY.date()), "origin_kept"),
    ],
)
def test_the_check_finds_a_transfer_that_does_not_add_up(shop, falsify, code):
    rose = stocked("Rose", ("10", "10"))
    travelling = sent((rose, "4"))
    receive_transfer(travelling, arrived={travelling.lines.get().pk: Decimal(3)})
    assert check_stock() == []
    falsify()
    assert code in {finding.invariant.code for finding in check_stock()}
