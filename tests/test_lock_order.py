"""The order of locks, watched from outside: whatever Python and SQL a service is made of, it must stand and wait where
this file says it does.

A row is held by somebody else; the service runs into it. Then the server itself is asked what the service holds already
and whether it has written to the stock. Holding the lowest row of two: the others must still be free. Holding the
highest: the lower ones must be locked, so all locks come in key order and before the first write.
"""

import threading
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import Busy
from core.transactions import run
from inventory.models import ReceiptLine, Reservation, Sale, Stock, StockBatch, Warehouse
from inventory.services.assembling import assemble, take_apart, undo_assembly
from inventory.services.cost_corrections import correct_cost
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.regrading import regrade
from inventory.services.repairing import repair
from inventory.services.reservations import give_way, release, reserve, reserve_waiting
from inventory.services.returns import SaleBack, return_sale, return_to_supplier, take_back
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.transfers import (
    TransferLineInput,
    cancel_transfer,
    receive_transfer,
    send_transfer,
    transfer_stock,
)
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import cellar, kit, stocked, warehouse
from orders.models import Order
from orders.services.holding import let_go_of
from orders.services.lifecycle import cancel_order, complete_order, confirm_order, reopen_order
from orders.services.placing import OrderInput, change_order
from orders.services.stock_sync import lock_orders_with_stocks, replace_demands
from orders.tests.factories import lines, order, status, today
from products.recipes import Component

pytestmark = pytest.mark.race

# Written only under the stock's lock. Documents, demands and orders are written by whoever makes them.
GUARDED = (
    "inventory_stock", "inventory_stockbatch", "inventory_saleallocation", "inventory_shortage",
    "inventory_stockmovement", "inventory_reservation",
)  # fmt: skip


class Shop:
    """Two goods, the bouquet made of them in the opposite order, and everything a service may be called with."""

    def __init__(self):
        self.low, self.high = stocked("Low", ("50", "10")), stocked("High", ("50", "10"))
        pair = kit("Pair", "60", (self.high, "1"), (self.low, "1"))
        self.bouquet = kit("Both", "100", (self.high, "1"), (pair, "1"))
        self.place = warehouse()
        self.stocks = [self.stock(self.low).pk, self.stock(self.high).pk]
        assert self.stocks == sorted(self.stocks)

    def stock(self, item):
        return Stock.objects.get(product=item, warehouse=self.place)

    def order(self, **fields):
        # The higher one first, as no service may lock it.
        return order((self.high, "2"), (self.low, "3"), (self.bouquet, "1"), **fields)

    def confirmed(self):
        return confirm_order(self.order())

    def completed(self):
        return complete_order(self.confirmed())

    def demands(self):
        wanted = [DemandInput(self.high, Decimal(3)), DemandInput(self.low, Decimal(2))]
        return freeze_demands(wanted, warehouse=self.place, needed_on=today())

    def reserved_demands(self):
        made = self.demands()
        reserve(made)
        return made

    def sales(self):
        return SaleProcessor.sell(self.demands())

    def receipt_lines(self):
        return [ReceiptLineInput(item, Decimal(5), Decimal(2)) for item in (self.high, self.low)]

    def transfer_lines(self):
        return [TransferLineInput(item, Decimal(2)) for item in (self.high, self.low)]

    def parts(self):
        return [Component(item, Decimal(3)) for item in (self.high, self.low)]

    def counted(self):
        take = open_stock_take(warehouse=self.place)
        count(take, product=self.high, quantity=Decimal(3))
        count(take, product=self.low, quantity=Decimal(60))
        return take


def order_row(made):
    return Order.objects.get(pk=made.pk)


# Service → what has to be there first, the call. Every one of them moves both goods.
BOTH = {
    "post_receipt": (lambda s: None, lambda s, _: post_receipt(warehouse=s.place, lines=s.receipt_lines())),
    "reserve": (Shop.demands, lambda s, made: reserve(made)),
    "release": (Shop.reserved_demands, lambda s, made: release(made)),
    "cancel_demands": (Shop.reserved_demands, lambda s, made: cancel_demands(made)),
    "reserve_waiting": (Shop.demands, lambda s, made: reserve_waiting(on=today())),
    "give_way": (Shop.reserved_demands, lambda s, made: give_way(dict.fromkeys(reversed(s.stocks), Decimal(50)))),
    "SaleProcessor.sell": (Shop.reserved_demands, lambda s, made: SaleProcessor.sell(made)),
    "SaleProcessor.reverse": (Shop.sales, lambda s, made: SaleProcessor.reverse(made)),
    "place_order, confirmed": (lambda s: None, lambda s, _: s.order(status=status("confirmed"))),
    "confirm_order": (Shop.order, lambda s, made: confirm_order(order_row(made))),
    "complete_order": (Shop.confirmed, lambda s, made: complete_order(order_row(made))),
    "complete_order, a draft": (Shop.order, lambda s, made: complete_order(order_row(made))),
    "cancel_order": (Shop.confirmed, lambda s, made: cancel_order(order_row(made))),
    "cancel_order, completed": (Shop.completed, lambda s, made: cancel_order(order_row(made))),
    "reopen_order": (Shop.completed, lambda s, made: reopen_order(order_row(made))),
    "change_order": (
        Shop.confirmed,
        lambda s, made: change_order(order_row(made), OrderInput(due_on=today(), lines=lines((s.bouquet, "2")))),
    ),
    "replace_demands": (
        lambda s: confirm_order(order((s.high, "2"))),
        lambda s, made: replace_demands(made.items.get(), [DemandInput(s.low, Decimal(1))], by=None),
    ),
    "delete a line": (
        lambda s: confirm_order(order((s.bouquet, "2"), (s.low, "1"))),
        lambda s, made: made.items.first().delete(),
    ),
    "send_transfer": (
        lambda s: None,
        lambda s, _: send_transfer(source=s.place, target=cellar(), lines=s.transfer_lines()),
    ),
    "transfer_stock": (
        lambda s: post_receipt(warehouse=cellar(), lines=s.receipt_lines()),  # stock rows are made before the locks
        lambda s, _: transfer_stock(source=s.place, target=cellar(), lines=s.transfer_lines()),
    ),
    "cancel_transfer": (
        lambda s: send_transfer(source=s.place, target=cellar(), lines=s.transfer_lines()),
        lambda s, made: cancel_transfer(made),
    ),
    "receive_transfer": (
        lambda s: [
            post_receipt(warehouse=cellar(), lines=s.receipt_lines()),
            send_transfer(source=cellar(), target=s.place, lines=s.transfer_lines()),
        ][1],
        lambda s, made: receive_transfer(made),
    ),
    "regrade": (
        lambda s: None,
        lambda s, _: regrade(source=s.high, target=s.low, warehouse=s.place, quantity=Decimal(3)),
    ),
    "correct_cost": (  # what became another product is corrected there too
        lambda s: regrade(source=s.high, target=s.low, warehouse=s.place, quantity=Decimal(3)),
        lambda s, _: correct_cost(ReceiptLine.objects.filter(product=s.high).latest("pk"), cost=Decimal(7)),
    ),
    "assemble": (
        lambda s: assemble(
            bouquet=s.bouquet, warehouse=s.place, quantity=Decimal(1)
        ),  # the bouquet's own stock is there
        lambda s, _: assemble(bouquet=s.bouquet, warehouse=s.place, quantity=Decimal(2)),
    ),
    "take_apart": (
        lambda s: assemble(bouquet=s.bouquet, warehouse=s.place, quantity=Decimal(1)),
        lambda s, made: take_apart(batch=StockBatch.objects.get(assembly=made)),
    ),
    "repair": (
        lambda s: assemble(bouquet=s.bouquet, warehouse=s.place, quantity=Decimal(1)),
        lambda s, made: repair(batch=StockBatch.objects.get(assembly=made), parts=s.parts()),
    ),
    "let_go_of": (
        lambda s: confirm_order(s.order(hold_until=today())),
        lambda s, made: let_go_of(made.pk, at=timezone.now() + timedelta(days=2)),
    ),
    "undo_assembly": (
        lambda s: assemble(bouquet=s.bouquet, warehouse=s.place, quantity=Decimal(2)),
        lambda s, made: undo_assembly(made),
    ),
    "take_back": (
        Shop.sales,
        lambda s, made: take_back([SaleBack(sale, Decimal(1)) for sale in reversed(made)]),
    ),
    "apply_stock_take": (Shop.counted, lambda s, made: apply_stock_take(made)),
    "lock_orders_with_stocks": (Shop.confirmed, lambda s, made: lock_orders_with_stocks([made.pk])),
}
OF_AN_ORDER = [name for name, (before, _call) in BOTH.items() if before in {Shop.order, Shop.confirmed, Shop.completed}]

# Services that move one of the goods: the row is held, so nothing may be written.
ONE = {
    "write_off": (lambda s: None, lambda s, _: write_off(product=s.low, warehouse=s.place, quantity=Decimal(1), reason="wilted")),
    "reverse_write_off": (
        lambda s: write_off(product=s.low, warehouse=s.place, quantity=Decimal(1), reason="wilted"),
        lambda s, made: reverse_write_off(made),
    ),
    "return_to_supplier": (
        lambda s: StockBatch.objects.get(stock=s.stocks[0]),
        lambda s, made: return_to_supplier(batch=made, quantity=Decimal(1)),
    ),
    "create_sale": (
        lambda s: None,
        lambda s, _: SaleProcessor.create_sale(product=s.low, warehouse=s.place, quantity=Decimal(1), sale_price=Decimal(1)),
    ),
    "return_sale": (
        lambda s: SaleProcessor.create_sale(product=s.low, warehouse=s.place, quantity=Decimal(1), sale_price=Decimal(1)),
        lambda s, made: return_sale(sale=made, quantity=Decimal(1)),
    ),
    "type in a sale": (
        lambda s: None, lambda s, _: Sale.objects.create(product=s.low, warehouse=s.place, quantity=Decimal(1)),
    ),
    "count": (
        lambda s: open_stock_take(warehouse=s.place),
        lambda s, made: count(made, product=s.low, quantity=Decimal(3)),
    ),
    "save a reservation": (Shop.reserved_demands, lambda s, made: Reservation.objects.get(stock=s.stocks[0]).save()),
}  # fmt: skip


class Standing:
    """A service that runs into a row held by this thread, and stands there while the block runs."""

    def __init__(self, table, key, call):
        self.table, self.key, self.call = table, key, call

    def __enter__(self):
        self.schema = connection.schema_name
        self.pid = None
        self.outcome = None
        self.held = transaction.atomic()
        self.held.__enter__()
        assert is_locked_by_us(self.table, self.key)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        self._wait_until_it_stands()
        return self

    def _run(self):
        connection.set_schema(self.schema)
        try:
            with connection.cursor() as cursor:
                cursor.execute("set lock_timeout = '20s'")
                cursor.execute("select pg_backend_pid()")
                self.pid = cursor.fetchone()[0]
            self.outcome = run(self.call)
        except BaseException as error:  # noqa: BLE001 - the test judges it
            self.outcome = error
        finally:
            connections.close_all()

    def _wait_until_it_stands(self):
        until = time.monotonic() + 10
        while time.monotonic() < until and self.thread.is_alive():
            rows("select pg_stat_clear_snapshot()")  # a transaction keeps its first look at the others
            if self.pid and rows(
                "select 1 from pg_stat_activity where pid = %s and wait_event_type = 'Lock'", self.pid
            ):
                return
            time.sleep(0.005)
        self.__exit__(None, None, None)
        raise AssertionError(f"the service did not wait for {self.table} {self.key}: {self.outcome!r}")

    def has_written(self):
        """Guarded tables that its transaction has written to. A row lock leaves another mode behind than a write."""
        return {
            name
            for (name,) in rows(
                "select c.relname from pg_locks l join pg_class c on c.oid = l.relation"
                " where l.pid = %s and l.mode = 'RowExclusiveLock' and c.relname = any (%s)",
                self.pid, list(GUARDED),
            )
        }  # fmt: skip

    def __exit__(self, *_unused):
        self.held.__exit__(None, None, None)
        self.thread.join(timeout=20)
        assert not self.thread.is_alive(), "the service hangs"


def rows(query, *params):
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def is_locked_by_us(table, key):
    return bool(rows(f"select 1 from {table} where id = %s for no key update", key))  # noqa: S608 - names of ours


def is_free(table, key):
    """Whether a third session could lock the row."""
    try:
        with transaction.atomic():
            rows(f"select 1 from {table} where id = %s for no key update nowait", key)  # noqa: S608 - names of ours
    except OperationalError:
        return False
    return True


def finished(standing):
    assert not isinstance(standing.outcome, BaseException), standing.outcome


@pytest.mark.parametrize("service", BOTH)
def test_stocks_are_locked_from_the_lowest_key_on(committed_shop, service):
    shop = Shop()
    before, call = BOTH[service]
    made = before(shop)

    with Standing("inventory_stock", shop.stocks[0], lambda: call(shop, made)) as standing:
        assert is_free("inventory_stock", shop.stocks[1]), "the higher row was locked first"
        assert standing.has_written() == set()

    finished(standing)


@pytest.mark.parametrize("service", BOTH)
def test_all_stocks_are_locked_before_the_first_is_written(committed_shop, service):
    shop = Shop()
    before, call = BOTH[service]
    made = before(shop)

    with Standing("inventory_stock", shop.stocks[1], lambda: call(shop, made)) as standing:
        assert not is_free("inventory_stock", shop.stocks[0]), "the lower row was not locked"
        assert standing.has_written() == set()

    finished(standing)


@pytest.mark.parametrize("service", OF_AN_ORDER)
def test_the_order_is_locked_before_its_stocks(committed_shop, service):
    shop = Shop()
    before, call = BOTH[service]
    made = before(shop)

    with Standing("orders_order", made.pk, lambda: call(shop, made)) as standing:
        assert [is_free("inventory_stock", key) for key in shop.stocks] == [True, True]
        assert standing.has_written() == set()
    finished(standing)


def test_demands_of_two_warehouses_are_locked_together(committed_shop):
    """One warehouse sells before entry, the other does not: their stocks must still be locked in one order of keys."""
    shop = Shop()
    post_receipt(warehouse=cellar(), lines=shop.receipt_lines())
    Warehouse.objects.filter(pk=shop.place.pk).update(allow_short=True)
    wanted = [
        freeze_demands([DemandInput(shop.low, Decimal(1))], warehouse=place, needed_on=today())[0]
        for place in (cellar(), warehouse())
    ]
    high = Stock.objects.get(product=shop.low, warehouse=cellar()).pk
    assert shop.stocks[0] < high

    with Standing("inventory_stock", shop.stocks[0], lambda: SaleProcessor.sell(wanted)) as standing:
        higher_is_free = is_free("inventory_stock", high)

    finished(standing)
    assert higher_is_free, "the higher row was locked first"


@pytest.mark.parametrize("service", ONE)
def test_nothing_is_written_before_the_stock_is_locked(committed_shop, service):
    shop = Shop()
    before, call = ONE[service]
    made = before(shop)

    with Standing("inventory_stock", shop.stocks[0], lambda: call(shop, made)) as standing:
        assert standing.has_written() == set()

    finished(standing)


def test_a_service_that_writes_first_is_seen(committed_shop):
    """The control: what these tests look for shows when it is there."""
    shop = Shop()

    def careless():
        rows("update inventory_stockbatch set remaining = remaining where stock_id = %s returning id", shop.stocks[0])
        is_locked_by_us("inventory_stock", shop.stocks[1])
        is_locked_by_us("inventory_stock", shop.stocks[0])

    with Standing("inventory_stock", shop.stocks[0], careless) as standing:
        assert standing.has_written() == {"inventory_stockbatch"}
        assert not is_free("inventory_stock", shop.stocks[1])

    finished(standing)


# --- What Python sends ------------------------------------------------------------------------------------------------

LEVELS = [
    "core_idempotencykey",
    "orders_order",
    "inventory_transfer",
    "inventory_stocktake",
    "products_productkit",
    "inventory_stock",
    "inventory_sale",
    "inventory_writeoff",
]


@pytest.mark.parametrize("service", {**BOTH, **ONE})
def test_locking_statements_come_level_by_level_and_name_their_order(shop, service):
    """Every statement with FOR UPDATE that Django sends: one table, the weak kind of lock, in key order, and never
    above one that was locked already."""
    made_of = Shop()
    before, call = {**BOTH, **ONE}[service]
    made = before(made_of)

    with CaptureQueriesContext(connection) as sent:
        call(made_of, made)

    locking = [
        query["sql"] for query in sent if " FOR " in query["sql"] and "UPDATE" in query["sql"].rpartition(" FOR ")[2]
    ]
    tables = [sql.partition(' FROM "')[2].partition('"')[0] for sql in locking]
    first = list(dict.fromkeys(tables))  # taking a lock again that one holds waits for nobody
    if service == "transfer_stock":
        first.remove("inventory_transfer")  # made in this very transaction: nobody else sees it yet
    assert first == sorted(first, key=LEVELS.index)
    for table, sql in zip(tables, locking, strict=True):
        assert "FOR NO KEY UPDATE" in sql, sql
        assert " JOIN " not in sql.partition(" WHERE ")[0], sql
        assert f'"{table}"."id" = ' in sql or f'ORDER BY "{table}"."id" ASC' in sql, sql


# --- What the server refuses and what is tried again -------------------------------------------------------------------


def test_the_database_itself_refuses_a_second_live_sale(shop):
    """Past every service: the last line of defence is a unique index."""
    rose = stocked("Red rose")
    [demand] = freeze_demands([DemandInput(rose, Decimal(2))], warehouse=warehouse(), needed_on=today())
    SaleProcessor.sell([demand])
    before = Sale.objects.count()

    with pytest.raises(IntegrityError, match="sale_one_live_per_demand"), transaction.atomic():
        Sale.objects.bulk_create(
            [
                Sale(
                    product=rose,
                    warehouse=warehouse(),
                    quantity=2,
                    demand=demand,
                    processed=True,
                    sold_at=timezone.now(),
                )
            ]
        )

    assert Sale.objects.count() == before


def test_a_deadlock_with_a_stranger_is_tried_again_and_nobody_notices(committed_shop, in_threads, caplog):
    """Somebody in psql locks the rows the other way round. One of the two is thrown out by the server; if it is us, the
    whole transaction is done again."""
    shop = Shop()
    made = shop.confirmed()
    holds, waits = threading.Event(), threading.Event()

    def work(n):
        if n == 0:
            holds.wait(timeout=10)
            return run(lambda: complete_order(order_row(made))).status.category
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local deadlock_timeout = '20s'")  # so that the other one finds the circle
            is_locked_by_us("inventory_stock", shop.stocks[1])
            holds.set()
            wait_for_somebody_at_a_lock()
            waits.set()
            is_locked_by_us("inventory_stock", shop.stocks[0])
        return "done"

    assert in_threads(2, work) == ["completed", "done"]
    assert "transaction repeated after 40P01" in caplog.text
    assert Sale.objects.count() == 4


def wait_for_somebody_at_a_lock():
    until = time.monotonic() + 10
    while time.monotonic() < until:
        rows("select pg_stat_clear_snapshot()")
        if rows("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"):
            return
        time.sleep(0.005)
    raise AssertionError("nobody waits")


def test_a_page_answers_503_when_a_lock_is_not_free_in_time(committed_shop, staff, login, monkeypatch):
    """Through the whole stack: the row is held by another session, the button says when to try again."""
    shop = Shop()
    made = shop.confirmed()
    browser = login(staff("owner"), committed_shop)
    held, done = threading.Event(), threading.Event()
    schema = connection.schema_name

    def hold():
        connection.set_schema(schema)
        with transaction.atomic():
            is_locked_by_us("inventory_stock", shop.stocks[0])
            held.set()
            done.wait(timeout=20)
        connections.close_all()

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    held.wait(timeout=10)
    rows("select set_config('lock_timeout', '200ms', false)")
    try:
        answer = browser.post(
            f"/orders/{made.pk}/status/", {"status": status("completed").pk, "version": order_row(made).version}
        )
    finally:
        done.set()
        thread.join(timeout=20)
        rows("select set_config('lock_timeout', '5s', false)")

    assert answer.status_code == Busy.status
    assert answer["Retry-After"] == "2"
    assert "try again in a moment" in answer.content.decode()
    assert order_row(made).status.code == "confirmed"
    assert Sale.objects.count() == 0
