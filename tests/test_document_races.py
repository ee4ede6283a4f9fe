"""Documents that move goods against sales of the same goods, on real connections, each beside its control."""

import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.transactions import DEADLOCK, run, sqlstate
from inventory.engine import install, primitives
from inventory.errors import InsufficientStock
from inventory.models import (
    MovementKind,
    ReceiptLine,
    Regrade,
    Sale,
    Stock,
    StockBatch,
    StockMovement,
    Transfer,
    Warehouse,
)
from inventory.services import assembling, cost_corrections, periods, regrading, returns, sale_processor, stock_takes
from inventory.services.assembling import assemble
from inventory.services.checking import check_stock
from inventory.services.cost_corrections import correct_cost
from inventory.services.periods import close_period
from inventory.services.places import refuse_to_forbid_what_is_owed
from inventory.services.regrading import mark_down
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.stocks import lock_stocks
from inventory.services.transfers import TransferLineInput, receive_transfer, send_transfer, transfer_stock
from inventory.services.write_offs import write_off
from inventory.tests.factories import cellar, stock_of, stocked, warehouse
from products.models import Product
from products.recipes import Component

pytestmark = pytest.mark.race


def sell(item, quantity, at=None):
    return SaleProcessor.create_sale(
        product=item, warehouse=at or warehouse(), quantity=Decimal(quantity), sale_price=Decimal(20)
    )


def send(item, quantity, work=send_transfer, back=False):
    ends = (cellar(), warehouse()) if back else (warehouse(), cellar())
    return work(source=ends[0], target=ends[1], lines=[TransferLineInput(item, Decimal(quantity))])


def test_without_the_lock_the_last_roses_are_sold_and_sent(committed_shop, in_threads):
    """The control: look, then write, with nothing held in between. Both see five roses, both take five."""
    rose = stocked("Red rose", ("5", "10"))
    cellar()
    both_looked = threading.Barrier(2)

    def careless(number):
        free = stock_of(rose).free
        both_looked.wait(timeout=10)
        if free >= 5:
            Stock.objects.filter(product=rose).update(quantity=free - 5)
            if number:
                Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=5, processed=True)])
            else:
                Transfer.objects.create(source=warehouse(), target=cellar())

    in_threads(2, careless)

    assert (Sale.objects.count(), Transfer.objects.count()) == (1, 1)
    assert check_stock() != []


def test_the_last_roses_are_either_sold_or_sent(committed_shop, in_threads):
    rose = stocked("Red rose", ("5", "10"))
    cellar()

    outcomes = in_threads(8, lambda n: run(lambda: sell(rose, "5") if n % 2 else send(rose, "5")))

    assert sum(isinstance(outcome, InsufficientStock) for outcome in outcomes) == 7
    assert Sale.objects.count() + Transfer.objects.count() == 1
    assert stock_of(rose).quantity == 0
    assert check_stock() == []


def test_carrying_crosswise_while_selling_never_blocks_and_loses_nothing(committed_shop, in_threads):
    goods = [stocked(f"Flower {n}", ("60", "1.3333")) for n in range(3)]
    for item in goods:
        run(lambda item=item: send(item, "30", transfer_stock))

    def work(n):
        for turn in range(6):
            for item in goods if n % 2 else reversed(goods):
                if n < 2:
                    run(lambda item=item, turn=turn: sell(item, "1", cellar() if turn % 2 else None))
                else:
                    run(lambda item=item: send(item, "1", transfer_stock, back=bool(n % 2)))

    assert in_threads(6, work) == [None] * 6
    assert check_stock() == []
    assert [stock_of(item).quantity + stock_of(item, cellar()).quantity for item in goods] == [48] * 3


def test_what_is_on_its_way_arrives_once(committed_shop, in_threads):
    rose = stocked("Red rose", ("10", "10"))
    travelling = run(lambda: send(rose, "6"))

    in_threads(8, lambda _: run(lambda: receive_transfer(travelling)).pk)

    assert stock_of(rose, cellar()).quantity == 6
    assert StockBatch.objects.filter(stock__warehouse=cellar()).count() == 1
    assert check_stock() == []


LACKING = 3  # stems that the books have and the shelf has not


def count_while_selling(in_threads):
    """Three tills sell 20 roses one by one, one person counts what is really there and another applies. Answers with
    the roses that are left on the shelf."""
    rose = stocked("Red rose", ("100", "1.3333"))
    take = run(lambda: open_stock_take(warehouse=warehouse()))
    sold, counted = threading.Semaphore(0), threading.Event()

    def till():
        for turn in range(20):
            run(lambda: sell(rose, "1"))
            sold.release()
            if turn == 10:
                counted.wait(timeout=20)

    def stocktaker():
        for _ in range(15):
            sold.acquire(timeout=10)
        seen = stock_of(rose)  # the shelf and the books at one moment
        run(lambda: count(take, product=rose, quantity=seen.quantity - LACKING, watermark=seen.version))
        counted.set()
        for _ in range(20):
            sold.acquire(timeout=10)
        run(lambda: apply_stock_take(take))

    assert in_threads(4, lambda n: till() if n < 3 else stocktaker()) == [None] * 4
    return 100 - LACKING - 60, stock_of(rose).quantity


def test_a_count_while_selling_leaves_what_is_really_there(committed_shop, in_threads):
    on_the_shelf, in_the_books = count_while_selling(in_threads)
    assert in_the_books == on_the_shelf
    assert check_stock() == []


def test_a_count_compared_with_the_stock_of_later_counts_sales_twice(committed_shop, in_threads, monkeypatch):
    """The control: without the watermark the difference is taken to the stock as it is when the count is applied."""
    now = {}

    def balances_now(marks):
        now.update({key: Stock.objects.get(pk=key).quantity for key, _mark in marks})
        return dict(now)

    monkeypatch.setattr(stock_takes, "balances_at", balances_now)
    on_the_shelf, in_the_books = count_while_selling(in_threads)
    assert in_the_books > on_the_shelf


def test_a_count_is_applied_once(committed_shop, in_threads):
    rose = stocked("Red rose", ("20", "10"))
    take = run(lambda: open_stock_take(warehouse=warehouse()))
    run(lambda: count(take, product=rose, quantity=Decimal(15)))

    in_threads(8, lambda n: run(lambda: apply_stock_take(take) if n % 2 else sell(rose, "1")).pk)

    assert stock_of(rose).quantity == 15 - 4
    assert StockMovement.objects.filter(kind=MovementKind.COUNT_SHORTFALL).count() == 1
    assert check_stock() == []


def test_two_people_who_add_lose_nothing(committed_shop, in_threads):
    rose = stocked("Red rose", ("100", "10"))
    take = run(lambda: open_stock_take(warehouse=warehouse()))
    run(lambda: count(take, product=rose, quantity=Decimal(4)))

    in_threads(8, lambda _: run(lambda: count(take, product=rose, quantity=Decimal(2), again="add")).pk)

    assert take.lines.get().counted == 20


def close_while_posting(in_threads):
    """Somebody posts into yesterday while yesterday is closed. Answers with that ledger row's key and the last one the
    closing knows."""
    rose = stocked("Red rose", ("5", "10"))
    yesterday = timezone.now() - timedelta(days=1)
    posted, closed = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            gone = write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted", at=yesterday)
            posted.set()
            closed.wait(timeout=1)
            return gone.pk

    def closer():
        posted.wait(timeout=10)
        closing = run(lambda: close_period(upto=timezone.localdate(yesterday)))
        closed.set()
        return closing.last_movement

    written, last_movement = in_threads(2, lambda n: closer() if n else late())
    return StockMovement.objects.get(kind=MovementKind.WRITE_OFF, source_id=written).pk, last_movement


def test_a_period_is_closed_behind_those_who_are_posting(committed_shop, in_threads):
    written, last_movement = close_while_posting(in_threads)
    assert written == last_movement
    assert check_stock() == []


def test_without_waiting_a_period_is_closed_under_those_who_are_posting(committed_shop, in_threads, monkeypatch):
    """The control."""
    monkeypatch.setattr(periods, "_wait_for_writers", lambda: None)
    written, last_movement = close_while_posting(in_threads)
    assert written > last_movement
    assert [finding.invariant.code for finding in check_stock()] == ["closed_period_stands"]


def sell_while_a_closing_waits(in_threads):
    """A correction of cost waits for roses that are being sold, a closing waits for the correction. Answers with what
    became of the sale, which waits half a second at most, of the correction and of the closing."""
    rose = stocked("Red rose", ("20", "10"))
    held = threading.Event()

    def till():
        with transaction.atomic(), connection.cursor() as cursor:
            lock_stocks([stock_of(rose).pk])
            held.set()
            wait_for_locks(2)
            cursor.execute("set local lock_timeout = '500ms'")
            return sell(rose, "5").quantity

    def office():
        held.wait(timeout=10)
        return run(lambda: correct(rose, "400")).difference

    def accountant():
        wait_for_locks(1)
        return run(lambda: close_period(upto=timezone.localdate() - timedelta(days=1))).reopened_at

    return in_threads(3, lambda n: (till, office, accountant)[n]())


def wait_for_locks(count):
    """Until so many sessions stand and wait for a lock."""
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("select pg_stat_clear_snapshot()")  # a transaction keeps its first look at the others
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= count:
                return
            time.sleep(0.005)
    raise AssertionError(f"{count} sessions should wait")


def test_nobody_waits_for_a_closing_that_waits_itself(committed_shop, in_threads):
    assert sell_while_a_closing_waits(in_threads) == [5, 200, None]
    assert check_stock() == []


def test_with_the_ledger_held_too_early_a_sale_waits_for_the_closing(committed_shop, in_threads, monkeypatch):
    """The control: whoever corrects holds the ledger as those who write to it do, and the closing stands before it."""

    def hold_ledger():
        with connection.cursor() as cursor:
            cursor.execute("lock table inventory_stockmovement in row exclusive mode")

    monkeypatch.setattr(cost_corrections, "hold_periods", hold_ledger)
    sale, *_others = sell_while_a_closing_waits(in_threads)
    assert "lock timeout" in str(sale)


def bind(item):
    parts = [Component(item, Decimal(5))]
    bouquet, _made = Product.objects.get_or_create(name="Spring", defaults={"unit": "piece", "sale_price": 900})
    return assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(1), parts=parts)


def reduce(item):
    return mark_down(product=item, warehouse=warehouse(), quantity=Decimal(5), price=Decimal(5))


DOCUMENTS = {"bound": (assembling, bind), "reduced": (regrading, reduce)}


@contextmanager
def unlocked(*names):
    """The engine's functions without their locks."""
    texts = [
        install.text(install.newest()[name]).replace("create function", "create or replace function") for name in names
    ]
    with connection.cursor() as cursor:
        for text in texts:
            assert " for no key update" in text
            cursor.execute(text.replace(" for no key update", ""))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for text in texts:
                cursor.execute(text)


def while_five_are_sold(in_threads, rose, deed):
    """What becomes of `deed`, which begins when five roses are sold and not yet committed."""
    sold = threading.Event()

    def till():
        with transaction.atomic():
            sell(rose, "5")
            sold.set()
            time.sleep(1)

    def other():
        sold.wait(timeout=10)
        return run(deed)

    sale, outcome = in_threads(2, lambda n: other() if n else till())
    assert sale is None
    return outcome


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_last_roses_are_either_sold_or_become_something_else(committed_shop, in_threads, name):
    rose = stocked("Red rose", ("5", "10"))
    _module, work = DOCUMENTS[name]

    outcomes = in_threads(8, lambda n: run(lambda: sell(rose, "5") if n % 2 else work(rose)))

    assert sum(isinstance(outcome, InsufficientStock) for outcome in outcomes) == 7
    assert stock_of(rose).quantity == 0
    assert check_stock() == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_who_comes_while_the_last_roses_are_sold_waits_and_is_told(committed_shop, in_threads, name):
    rose = stocked("Red rose", ("5", "10"))
    outcome = while_five_are_sold(in_threads, rose, lambda: DOCUMENTS[name][1](rose))
    assert isinstance(outcome, InsufficientStock)
    assert check_stock() == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_without_the_lock_the_same_roses_are_taken_twice(committed_shop, in_threads, monkeypatch, name):
    """The control: nobody is told that they are gone; only the ledger's numbers stop the second one, with an error."""
    rose = stocked("Red rose", ("10", "10"))
    module, work = DOCUMENTS[name]
    run(lambda: work(rose))  # a stock row of the new product that would have to be made waits for the sale by chance
    monkeypatch.setattr(module, "lock_stocks", lambda ids: None)
    with unlocked("stock_issue"):
        outcome = while_five_are_sold(in_threads, rose, lambda: work(rose))
    assert isinstance(outcome, IntegrityError)
    assert "movement_seq_once" in str(outcome)


def correct(item, cost):
    return correct_cost(ReceiptLine.objects.get(product=item), cost=Decimal(cost))


def test_a_cost_is_corrected_behind_who_is_selling(committed_shop, in_threads):
    rose = stocked("Red rose", ("20", "10"))
    while_five_are_sold(in_threads, rose, lambda: correct(rose, "400"))
    assert (Sale.objects.get().cost, stock_of(rose).value) == (100, 300)
    assert check_stock() == []


def test_without_the_lock_a_correction_misses_what_is_being_sold(committed_shop, in_threads):
    """The control."""
    rose = stocked("Red rose", ("20", "10"))
    with unlocked("stock_recost"):
        outcome = while_five_are_sold(in_threads, rose, lambda: correct(rose, "400"))
    assert isinstance(outcome, IntegrityError) or check_stock() != []
    assert Sale.objects.get().cost == 50


def test_a_correction_begins_again_when_the_goods_went_further_meanwhile(committed_shop, in_threads, monkeypatch):
    rose, moved = stocked("Red rose", ("20", "10")), threading.Event()
    asked = []
    call = primitives._call
    monkeypatch.setattr(primitives, "_call", lambda sql, params: asked.append(sql) or call(sql, params))

    def florist():
        with transaction.atomic():
            reduce(rose)
            moved.set()
            time.sleep(0.7)

    def office():
        moved.wait(timeout=10)
        return run(lambda: correct(rose, "400")).difference

    assert in_threads(2, lambda n: office() if n else florist()) == [None, 200]
    assert sum("stock_recost" in sql for sql in asked) == 2
    assert Regrade.objects.get().cost == 100
    assert check_stock() == []


def test_a_transfer_arrives_at_the_true_cost_whoever_is_first(committed_shop, in_threads):
    for turn in range(5):
        rose = stocked(f"Rose {turn}", ("20", "10"))
        travelling = run(lambda rose=rose: send(rose, "7"))

        def work(n, rose=rose, travelling=travelling):
            return run(lambda: correct(rose, "400") if n else receive_transfer(travelling)).pk

        in_threads(2, work)
        assert (stock_of(rose).value, stock_of(rose, cellar()).value) == (260, 140)
    assert check_stock() == []


def forbid_while_selling(in_threads):
    """Selling before entry is forbidden while somebody sells so. Answers with the outcome and what is owed."""
    Warehouse.objects.filter(is_default=True).update(allow_short=True)
    rose, sold = stocked("Red rose", ("2", "10")), threading.Event()

    def till():
        with transaction.atomic():
            sell(rose, "5")
            sold.set()
            time.sleep(0.7)

    def forbid():
        place = warehouse()
        place.allow_short = False
        refuse_to_forbid_what_is_owed(place)
        place.save(update_fields=["allow_short"])

    def office():
        sold.wait(timeout=10)
        return run(forbid)

    sale, outcome = in_threads(2, lambda n: office() if n else till())
    assert sale is None
    return outcome, stock_of(rose).short


def test_selling_before_entry_is_not_forbidden_under_who_sells_so(committed_shop, in_threads):
    outcome, owed = forbid_while_selling(in_threads)
    assert "Sold before entry and not received yet: Red rose" in str(outcome)
    assert (owed, warehouse().allow_short) == (3, True)


def test_without_holding_the_warehouse_it_is_forbidden_and_owed(committed_shop, in_threads, monkeypatch):
    """The control."""
    monkeypatch.setattr(
        sale_processor, "_hold_allowing", lambda key: Warehouse.objects.filter(pk=key, allow_short=True).first()
    )
    outcome, owed = forbid_while_selling(in_threads)
    assert outcome is None
    assert (owed, warehouse().allow_short) == (3, False)


def _crosswise(committed_shop, in_threads, work):
    """Two people take the same two sales back, half of each, in opposite order; what each got."""
    sales = [sell(stocked(name), "10") for name in ("Red rose", "Tulip")]
    return in_threads(2, lambda number: work(sales[::-1] if number else sales))


def test_one_return_after_the_other_locks_crosswise(committed_shop, in_threads):
    """The control: each holds the stock of its first sale and waits for the other's."""
    both_hold_one = threading.Barrier(2)

    def careless(sales):
        with transaction.atomic():
            for sale in sales:
                returns.return_sale(sale=sale, quantity=Decimal(5))
                if sale is sales[0]:
                    both_hold_one.wait(timeout=10)

    outcomes = _crosswise(committed_shop, in_threads, careless)
    [failed] = [outcome for outcome in outcomes if outcome is not None]
    assert sqlstate(failed) == DEADLOCK


def test_sales_are_taken_back_at_once_in_any_order(committed_shop, in_threads, monkeypatch):
    one = returns.return_sale

    def slow(**fields):
        done = one(**fields)
        time.sleep(0.2)  # time for the other one to take what this one needs next
        return done

    monkeypatch.setattr(returns, "return_sale", slow)
    outcomes = _crosswise(
        committed_shop, in_threads,
        lambda sales: returns.take_back([returns.SaleBack(sale, Decimal(5)) for sale in sales]),
    )  # fmt: skip
    assert [len(done) for done in outcomes] == [2, 2]
    assert {sale.returned for sale in Sale.objects.all()} == {10}
    assert check_stock() == []
