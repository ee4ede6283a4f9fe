"""Where stock and orders meet: who loses a promise hears of it, and no broken invariant goes unseen."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone, translation

from inventory.models import ReceiptLine, StockBatch, StockDemand
from inventory.services.assembling import NewBouquet, assemble, take_apart
from inventory.services.checking import INVARIANTS, check_stock
from inventory.services.cost_corrections import correct_cost
from inventory.services.periods import close_period
from inventory.services.regrading import mark_down
from inventory.services.returns import return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import cellar, stock_of, stocked, warehouse
from orders.invariants import INVARIANTS as ORDER_INVARIANTS
from orders.models import EventKind, OrderEvent
from orders.services.lifecycle import complete_order, confirm_order
from orders.tests.factories import order
from products.recipes import Component


def falsify(statement):
    """Write past all services and past the database's own triggers and keys."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("set session_replication_role = origin")


def test_wilted_goods_take_the_latest_promise_with_them_and_its_order_hears_of_it(
    shop, django_capture_on_commit_callbacks
):
    rose = stocked("Rose", ("10", "10"))
    sooner = order((rose, "4"), due_on=timezone.localdate())
    later = order((rose, "5"), due_on=timezone.localdate() + timedelta(days=1))
    for placed in (sooner, later):
        confirm_order(placed)
    with django_capture_on_commit_callbacks(execute=True):
        document = write_off(product=rose, warehouse=warehouse(), quantity=Decimal(4), reason="wilted")
    [(demand, lost)] = document.lost.items()
    assert lost == 3
    assert StockDemand.objects.get(pk=demand).order_link.item.order == later
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (6, 6)
    event = OrderEvent.objects.get(kind=EventKind.RESERVATION_LOST)
    assert (event.order, event.data) == (later, {"product": "Rose", "quantity": "3.000"})
    assert check_stock() == []


def test_a_write_off_taken_back_gives_the_promise_back_too(shop):
    rose = stocked("Rose", ("10", "10"))
    sooner = order((rose, "4"), due_on=timezone.localdate())
    later = order((rose, "5"), due_on=timezone.localdate() + timedelta(days=1))
    for placed in (sooner, later):
        confirm_order(placed)
    document = write_off(product=rose, warehouse=warehouse(), quantity=Decimal(4), reason="wilted")
    [lost] = document.lost
    assert stock_of(rose).reserved == 6
    back = reverse_write_off(document)
    assert back.served == {lost: 3}
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (10, 9)
    assert check_stock(extra=ORDER_INVARIANTS) == []


# How each invariant is broken by hand. What constraints would stop is written past them.
BREAKS = {
    "quantity": "update inventory_stock set quantity = quantity + 1",
    "short": "update inventory_stock set quantity = 0, reserved = 0, short = 2",
    "reserved": "update inventory_stock set reserved = 0",
    "value": "update inventory_stock set value = value + 1",
    "no_goods_beside_shortage": "insert into inventory_shortage (stock_id, sale_id, quantity, open, open_value, created_at)"
    " select s.id, x.id, 1, 1, 0, now() from inventory_stock s, inventory_sale x limit 1",
    "batch_quantity": "update inventory_stockbatch set quantity = quantity + 1",
    "batch_value": "update inventory_stockbatch set total_cost = total_cost + 1",
    "sale_quantity": "update inventory_sale set quantity = quantity + 1",
    "sale_cost": "update inventory_sale set cost = cost + 1",
    "sale_processed": "update inventory_sale set processed = false",
    "write_off_covered": "update inventory_writeoff set quantity = quantity + 1",
    "write_off_reversed": "update inventory_saleallocation set returned = quantity, returned_cost = cost"
    " where write_off_id = (select min(id) from inventory_writeoff)",
    "write_off_booked_back": "update inventory_stockmovement set quantity = quantity - 1 where kind = 8",
    "supplier_return_covered": "update inventory_supplierreturn set cost = cost + 1",
    "transfer_covered": "update inventory_transferline set quantity = quantity + 1",
    "transfer_arrived": "update inventory_transferline set received_cost = received_cost - 1",
    "regrade_balanced": "update inventory_regrade set cost = cost + 1",
    "count_posted": "update inventory_countline set counted = counted + 1",
    "assembly_worth": "update inventory_assembly set cost = cost + 1",
    "assembly_part_covered": "update inventory_assemblypart set quantity = quantity + 1",
    "disassembly_balanced": "update inventory_disassembly set parts_cost = parts_cost - 1",
    "origin_kept": "update inventory_stockbatch set received_at = received_at - interval '1 day' where origin_id is not null",
    "receipt_cost": "update inventory_costcorrection set cost = cost + 1, difference = difference + 1",
    "correction_booked": "update inventory_stockmovement set quantity = 1 where kind = 17",
    "closed_period_stands": "update inventory_periodclosing set upto = current_date + 2, last_movement = 0",
    "ledger_gapless": "delete from inventory_stockmovement where seq = 2",
    "ledger_chain": "update inventory_stockmovement set quantity = quantity + 1 where seq = 2",
    "ledger_last": "update inventory_stockmovement set balance_after = balance_after + 1"
    " where seq = (select max(seq) from inventory_stockmovement)",
    "closed_demand_holds_nothing": "update inventory_stockdemand set is_open = false",
    "reservation_within_demand": "update inventory_reservation set quantity = 99 where is_active",
    "sold_demand_is_closed": "update inventory_stockdemand set is_open = true",
    "cost_conserved": "update inventory_saleallocation set cost = cost + 1 where returned = 0",
    "completed_order_is_sold": "update orders_order set status_id = (select id from orders_orderstatus"
    " where category = 'completed') where id = (select max(id) from orders_order)",
    "ended_order_holds_nothing": "update orders_order set status_id = (select id from orders_orderstatus"
    " where category = 'cancelled') where id = (select max(id) from orders_order)",
    "completed_order_money": "update inventory_sale set amount = amount + 1 where demand_id is not null",
    "order_corrections": "update orders_order set corrections = corrections - 1",
}


def test_every_invariant_has_its_break():
    assert set(BREAKS) == {invariant.code for invariant in [*INVARIANTS, *ORDER_INVARIANTS]}


@pytest.mark.parametrize("code", list(BREAKS))
def test_a_broken_invariant_is_reported(shop, code):
    rose = stocked("Rose", ("30", "10"), ("10", "12"))
    sold, held = order((rose, "3")), order((rose, "2"))
    complete_order(sold)
    confirm_order(held)
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(2), reason="gift")
    reverse_write_off(write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="broken"))
    return_to_supplier(batch=StockBatch.objects.order_by("pk").last(), quantity=Decimal(1))
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(1))
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(rose, Decimal(2))])
    mark_down(product=rose, warehouse=warehouse(), quantity=Decimal(1), price=Decimal(5))
    parts = [Component(rose, Decimal(1))]
    made = assemble(
        bouquet=NewBouquet("Lone", Decimal(9)), warehouse=warehouse(), quantity=Decimal(2), parts=parts
    )  # fmt: skip
    take_apart(batch=made.batches.latest("pk"))
    take = open_stock_take(warehouse=cellar())
    count(take, product=rose, quantity=Decimal(1))
    apply_stock_take(take)
    correct_cost(ReceiptLine.objects.earliest("pk"), cost=Decimal(330))
    close_period(upto=timezone.localdate() - timedelta(days=1))
    assert check_stock(extra=ORDER_INVARIANTS) == []
    falsify(BREAKS[code])
    found = {finding.invariant.code: finding for finding in check_stock(extra=ORDER_INVARIANTS)}
    assert code in found
    assert found[code].count >= 1
    for language in ("en", "ru"):
        with translation.override(language):
            assert str(found[code].invariant.sentence)
