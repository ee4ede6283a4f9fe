"""Two callers at once, on real connections. Each race has a control that shows what happens without the guard."""

import threading
import time
import uuid
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from core.errors import DomainError, StaleForm
from core.models import RecentAction
from core.transactions import run
from core.undo import KINDS, Kind, TooLateToUndo, remember, undo
from inventory import engine
from inventory.errors import InsufficientStock
from inventory.models import MovementKind, Receipt, Reservation, Sale, Stock, StockBatch, StockMovement, WriteOff
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.returns import ReturnRefused, return_sale
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stocks import ensure_stocks
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import product, receive, stock_of, stocked, warehouse
from orders.invariants import INVARIANTS
from orders.models import Order
from orders.services.lifecycle import cancel_order, complete_order, confirm_order, reopen_order, set_status, step_order
from orders.services.placing import OrderInput, change_order, place_order
from orders.services.stock_sync import replace_demands, sync_stock_to_status
from orders.tests.factories import lines, order, status, today
from orders.undo import step_and_remember, step_and_remember_together

pytestmark = pytest.mark.race


def again(row):
    """The row as a thread of its own would have loaded it."""
    return type(row).objects.get(pk=row.pk)


def clean():
    return check_stock(extra=INVARIANTS) == []


def test_without_the_lock_both_tills_pass_the_check(committed_shop, in_threads):
    """The control: look, then write, with nothing held in between. Both see five roses, both sell five."""
    rose = stocked("Red rose", ("5", "10"))
    both_looked = threading.Barrier(2)

    def careless(_):
        free = stock_of(rose).free
        both_looked.wait(timeout=10)
        if free >= 5:
            Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=5, processed=True)])

    in_threads(2, careless)

    assert Sale.objects.count() == 2
    assert not clean()


def test_the_last_roses_are_sold_once(committed_shop, in_threads):
    rose = stocked("Red rose", ("5", "10"))
    orders = [order((rose, "5")) for _ in range(8)]

    outcomes = in_threads(8, lambda n: run(lambda: complete_order(again(orders[n]))))

    assert sum(isinstance(outcome, InsufficientStock) for outcome in outcomes) == 7
    assert Sale.objects.get().quantity == 5
    assert Order.objects.filter(status__category="completed").count() == 1
    assert stock_of(rose).quantity == 0
    assert clean()


def test_one_demand_is_sold_once_even_without_its_order(committed_shop, in_threads):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    demands = [link.demand for item in placed.items.all() for link in item.demand_links.all()]

    outcomes = in_threads(8, lambda _: [sale.pk for sale in run(lambda: SaleProcessor.sell(demands))])

    assert outcomes == [[Sale.objects.get().pk]] * 8
    assert stock_of(rose).quantity == 20


def test_completing_against_cancelling_ends_in_one_of_the_two(committed_shop, in_threads):
    rose = stocked("Red rose", ("200", "10"))
    for _ in range(10):
        placed = confirm_order(order((rose, "10")))
        steps = [complete_order, cancel_order] * 4
        outcomes = in_threads(8, lambda n, placed=placed, steps=steps: run(lambda: steps[n](again(placed))))
        unexpected = [
            item for item in outcomes if isinstance(item, BaseException) and not isinstance(item, DomainError)
        ]
        assert unexpected == []
    assert clean()
    completed = Order.objects.filter(status__category="completed").count()
    assert stock_of(rose).quantity == 200 - 10 * completed


def test_orders_with_the_same_goods_in_opposite_order_never_block_each_other(committed_shop, in_threads):
    goods = [stocked(f"Flower {n}", ("500", "1")) for n in range(6)]
    orders = [order(*[(item, "1") for item in (goods if n % 2 else reversed(goods))]) for n in range(40)]

    def work(n):
        for placed in orders[n::8]:
            run(lambda placed=placed: confirm_order(again(placed)))
            run(lambda placed=placed: complete_order(again(placed)))

    assert in_threads(8, work) == [None] * 8
    assert [stock_of(item).quantity for item in goods] == [460] * 6
    assert clean()


def test_saving_statuses_from_everywhere_keeps_the_stock_right(committed_shop, in_threads):
    """Pages, a shell that saves the row, the receiver and reservations saved by hand, all on one order."""
    rose = stocked("Red rose", ("100", "10"))
    placed = confirm_order(order((rose, "10")))

    def shell(code):
        row = again(placed)
        row.status = status(code)
        row.save()

    def work(n):
        actions = [
            lambda: run(lambda: complete_order(again(placed))),
            lambda: run(lambda: reopen_order(again(placed))),
            lambda: run(lambda: shell("completed")),
            lambda: run(lambda: shell("assembling")),
            lambda: run(lambda: sync_stock_to_status(again(placed), by=None)),
            lambda: [run(row.save) for row in Reservation.objects.filter(is_active=True)],
            lambda: run(lambda: set_status(again(placed), status("ready"))),
            lambda: [run(row.save) for row in Sale.objects.all()],
        ]
        refused = 0
        for turn in range(6):
            try:
                actions[(n + turn) % 8]()
            except DomainError:
                refused += 1
            except Exception as error:
                if "reservation_one_active" not in str(error):
                    raise
        return refused

    outcomes = in_threads(8, work)

    assert [item for item in outcomes if not isinstance(item, int)] == []
    assert clean()
    run(lambda: set_status(again(placed), status("completed")))
    assert stock_of(rose).quantity == 90
    assert Sale.objects.filter(reversed_at=None).count() == 1


def test_writing_off_against_completing_never_takes_more_than_there_is(committed_shop, in_threads):
    rose = stocked("Red rose", ("40", "10"))
    orders = [confirm_order(order((rose, "5"))) for _ in range(4)]

    def work(n):
        if n < 4:
            return run(lambda: complete_order(again(orders[n])))
        return run(lambda: write_off(product=rose, warehouse=warehouse(), quantity=Decimal(8), reason="wilted"))

    in_threads(8, work)

    gone = 5 * Sale.objects.count() + 8 * WriteOff.objects.count()
    assert stock_of(rose).quantity == 40 - gone
    assert clean()


def test_one_key_makes_one_receipt_and_one_order(committed_shop, in_threads):
    rose = product("Red rose")
    key, other = uuid.uuid4(), uuid.uuid4()
    at = timezone.now()

    receipts = in_threads(
        8,
        lambda _: (
            run(
                lambda: post_receipt(
                    warehouse=warehouse(),
                    lines=[ReceiptLineInput(rose, Decimal(10), Decimal(3))],
                    received_at=at,
                    key=key,
                )
            ).pk
        ),
    )
    orders = in_threads(
        8, lambda _: run(lambda: place_order(OrderInput(due_on=today(), lines=lines((rose, "2"))), key=other)).pk
    )

    assert receipts == [Receipt.objects.get().pk] * 8
    assert orders == [Order.objects.get().pk] * 8
    assert stock_of(rose).quantity == 10


def test_without_a_key_every_receipt_counts(committed_shop, in_threads):
    """The control: the same eight requests without a key are eight receipts."""
    rose = product("Red rose")

    in_threads(8, lambda _: run(lambda: receive(rose, "10")).pk)

    assert Receipt.objects.count() == 8
    assert stock_of(rose).quantity == 80
    assert clean()


def test_a_new_stock_row_is_made_once(committed_shop, in_threads):
    rose = product("Red rose")
    pair = (rose.pk, warehouse().pk)

    outcomes = in_threads(8, lambda _: run(lambda: ensure_stocks([pair]))[pair])

    assert outcomes == [Stock.objects.get().pk] * 8


def test_a_sale_comes_back_only_as_far_as_it_went(committed_shop, in_threads):
    rose = stocked("Red rose", ("10", "7"))
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(6), sale_price=Decimal(20))

    outcomes = in_threads(8, lambda _: run(lambda: return_sale(sale=sale, quantity=Decimal(2))))

    assert sum(isinstance(outcome, ReturnRefused) for outcome in outcomes) == 5
    assert stock_of(rose).quantity == 10
    assert StockBatch.objects.get().remaining_value == 70
    assert clean()


def test_a_held_lock_is_answered_with_busy_and_other_goods_sell_on(committed_shop, in_threads):
    from django.db import connection

    from core.errors import Busy

    rose, tulip = stocked("Red rose", ("5", "10")), stocked("Tulip", ("5", "10"))
    orders = [order((rose, "1")), order((tulip, "1"))]
    held, done = threading.Event(), threading.Event()

    def work(n):
        if n == 2:
            with transaction.atomic():
                Stock.objects.select_for_update().get(product=rose)
                held.set()
                done.wait(timeout=20)
            return None
        held.wait(timeout=10)
        with connection.cursor() as cursor:
            cursor.execute("set lock_timeout = '300ms'")
        try:
            return run(lambda: complete_order(again(orders[n])))
        finally:
            if n == 0:
                done.set()

    started = time.monotonic()
    outcomes = in_threads(3, work)

    assert isinstance(outcomes[0], Busy)
    assert outcomes[1].status.category == "completed"
    assert time.monotonic() - started < 15
    assert stock_of(rose).quantity == 5
    assert clean()


def test_an_order_cancelled_while_a_receipt_reserves_for_it_holds_nothing(committed_shop, in_threads):
    rose = product("Red rose")
    placed = confirm_order(order((rose, "10")))
    reserved, cancelled = threading.Event(), threading.Event()

    def work(n):
        if n == 0:
            with transaction.atomic():
                receive(rose, "20")
                reserved.set()
                cancelled.wait(timeout=1)
        else:
            reserved.wait(timeout=10)
            run(lambda: cancel_order(again(placed)))
            cancelled.set()

    assert in_threads(2, work) == [None, None]
    assert clean()
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (20, 0)


def test_lines_changed_to_the_goods_of_another_order_never_block_each_other(committed_shop, in_threads):
    """Every thread lets go of what it holds and takes what the other holds: all stocks are locked at once."""
    goods = [stocked(f"Flower {n}", ("500", "1")) for n in range(4)]
    orders = [confirm_order(order((item, "1"))) for item in goods]

    def work(n):
        for turn in range(8):
            wanted = goods if (n + turn) % 2 else list(reversed(goods))
            chosen = [(item, "1") for item in wanted[turn % 3 : turn % 3 + 2]]
            with transaction.atomic():
                change_order(again(orders[n]), OrderInput(due_on=today(), lines=lines(*chosen)))

    assert in_threads(4, work) == [None] * 4
    assert clean()


def test_receipts_that_cover_a_shortage_and_returns_of_its_sale_never_block_each_other(committed_shop, in_threads):
    rose = stocked("Red rose", ("1", "10"))
    [demand] = freeze_demands([DemandInput(rose, Decimal(100))], warehouse=warehouse(), needed_on=today())
    with transaction.atomic():
        [sold] = engine.sell([demand.pk], [Decimal(1000)], by=None, at=timezone.now(), allow_short=True)
    sale = Sale.objects.get(pk=sold.sale_id)

    def work(n):
        for _ in range(6):
            with transaction.atomic():
                if n % 2:
                    receive(rose, "1")
                else:
                    return_sale(sale=sale, quantity=Decimal(1))

    assert in_threads(4, work) == [None] * 4
    assert stock_of(rose).short == 100 - 1 - 12 - 12
    assert clean()


def action_that_counts(by, monkeypatch):
    """An action whose undoing is seen by how often it was done."""
    done = []
    kind = Kind(
        describe=lambda payload: "Counted.",
        undo=lambda payload, by: done.append(by.pk) or [],
        right=lambda payload: "orders.view",
        link=lambda payload: "",
    )
    monkeypatch.setitem(KINDS, "tests.count", kind)
    with transaction.atomic():
        return remember("tests.count", {}, by=by), done


def test_without_the_lock_both_presses_undo(committed_shop, in_threads, staff, monkeypatch):
    """The control: look, then undo, with nothing held in between. Both find it not undone yet."""
    owner = staff("owner")
    action, done = action_that_counts(owner, monkeypatch)
    both_looked = threading.Barrier(2)

    def careless(_):
        seen = again(action)
        both_looked.wait(timeout=10)
        if seen.undone_at is None:
            KINDS[seen.kind].undo(seen.payload, owner)
            RecentAction.objects.filter(pk=seen.pk).update(undone_at=timezone.now())

    in_threads(2, careless)

    assert len(done) == 2


def test_one_action_is_undone_once_however_many_press(committed_shop, in_threads, staff, monkeypatch):
    owner, manager = staff("owner"), staff("manager")
    action, done = action_that_counts(owner, monkeypatch)

    outcomes = in_threads(8, lambda n: run(lambda: undo(action, by=(owner, manager)[n % 2])))

    [winner] = done
    assert again(action).undone_by_id == winner
    assert sum(outcome == [] for outcome in outcomes) == 4, "the winner's own presses are answered alike"
    assert sum(isinstance(outcome, TooLateToUndo) for outcome in outcomes) == 4


def test_a_write_off_goes_back_once_while_its_goods_are_sold(committed_shop, in_threads):
    rose = stocked("Red rose", ("20", "10"), ("20", "12"))
    documents = [write_off(product=rose, warehouse=warehouse(), quantity=Decimal(5), reason="wilted") for _ in range(2)]
    orders = [confirm_order(order((rose, "5"))) for _ in range(2)]

    def work(n):
        if n < 6:
            return run(lambda: reverse_write_off(again(documents[n % 2])).pk)
        return run(lambda: complete_order(again(orders[n - 6])).pk)

    outcomes = in_threads(8, work)

    assert outcomes == [document.pk for document in documents] * 3 + [placed.pk for placed in orders]
    assert stock_of(rose).quantity == 40 - 10
    assert StockMovement.objects.filter(kind=MovementKind.WRITE_OFF_REVERSAL).count() == 2
    assert clean()


def test_a_step_undone_against_the_next_step_ends_in_one_of_the_two(committed_shop, in_threads, staff):
    owner, rose = staff("owner"), stocked("Red rose", ("200", "10"))
    for _ in range(5):
        placed = order((rose, "10"), status=status("new"))
        with transaction.atomic():
            action = step_and_remember(placed, status("confirmed"), version=placed.version, by=owner)

        def work(n, placed=placed, action=action):
            if n % 2:
                return run(lambda: undo(action, by=owner))
            return run(lambda: step_order(again(placed), status("ready"), version=placed.version + 1, by=owner))

        outcomes = in_threads(4, work)

        refused = [item for item in outcomes if isinstance(item, BaseException)]
        assert all(isinstance(item, StaleForm) for item in refused), outcomes
        assert again(placed).status.code in {"new", "ready"}
        assert (again(action).undone_at is not None) == (again(placed).status.code == "new")
    assert clean()


def test_many_orders_undone_at_once_and_single_ones_never_block_each_other(committed_shop, in_threads, staff):
    owner = staff("owner")
    goods = [stocked(f"Flower {n}", ("500", "1")) for n in range(4)]
    placed = [
        order(*[(item, "1") for item in (goods if n % 2 else reversed(goods))], status=status("new")) for n in range(12)
    ]
    actions = []
    for half in (placed[:6], placed[6:]):
        action = None
        for row in half:
            with transaction.atomic():
                action = step_and_remember_together(
                    row, status("completed"), version=row.version, by=owner, action=action
                )
        actions.append(action)
    others = [confirm_order(order(*[(item, "1") for item in goods])) for _ in range(8)]

    def work(n):
        if n < 2:
            return run(lambda: undo(actions[n], by=owner))
        return [run(lambda row=row: complete_order(again(row)).pk) for row in others[n - 2 :: 4]]

    outcomes = in_threads(6, work)

    assert outcomes[:2] == [[], []]
    assert [item for item in outcomes if isinstance(item, BaseException)] == []
    assert [stock_of(item).quantity for item in goods] == [492] * 4
    assert {again(row).status.code for row in placed} == {"new"}
    assert clean()


def test_two_forms_of_one_order_saved_at_once_lose_neither_silently(committed_shop, in_threads):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    version = again(placed).version

    def save(number):
        taken = OrderInput(due_on=today(), lines=lines((rose, "11")), courier_note=f"note {number}")
        return change_order(again(placed), taken, version=version)

    outcomes = in_threads(4, save)

    saved = [number for number, outcome in enumerate(outcomes) if not isinstance(outcome, BaseException)]
    assert len(saved) == 1
    assert sum(isinstance(outcome, StaleForm) for outcome in outcomes) == 3
    assert again(placed).courier_note == f"note {saved[0]}"
    assert stock_of(rose).reserved == 11


def test_without_the_version_every_late_form_wins(committed_shop, in_threads):
    """The control: the last one to save has the whole order."""
    placed = order((stocked("Red rose"), "10"))
    taken = [OrderInput(due_on=today(), courier_note=f"note {number}") for number in range(2)]

    outcomes = in_threads(2, lambda number: change_order(again(placed), taken[number]))

    assert not any(isinstance(outcome, BaseException) for outcome in outcomes)


@pytest.mark.parametrize(("seen_matters", "done"), [(True, 1), (False, 4)], ids=["guarded", "control"])
def test_one_of_several_substitutions_of_the_same_page_is_made(committed_shop, in_threads, seen_matters, done):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("30", "10"))
    item = confirm_order(order((rose, "10"))).items.get()
    seen = [link.demand_id for link in item.demand_links.all()]

    def replace(number):
        wanted = [DemandInput(tulip, Decimal(number + 1))]
        return replace_demands(again(item), wanted, by=None, seen=seen if seen_matters else None)

    outcomes = in_threads(4, replace)

    made = [outcome[0].quantity for outcome in outcomes if isinstance(outcome, list)]
    assert len(made) == done
    assert sum(isinstance(outcome, StaleForm) for outcome in outcomes) == 4 - done
    assert stock_of(rose).reserved == 0
    assert stock_of(tulip).reserved in made
    assert clean()


def test_a_line_that_an_edit_took_away_is_not_substituted_any_more(committed_shop, in_threads):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    item = placed.items.get()
    edited, substituting = threading.Event(), threading.Event()

    def work(n):
        if n == 0:
            with transaction.atomic():
                change_order(again(placed), OrderInput(due_on=today(), lines=lines((rose, "4"))))
                edited.set()
                substituting.wait(timeout=1)
            return "edited"
        edited.wait(timeout=10)
        substituting.set()
        return run(lambda: replace_demands(item, [DemandInput(tulip, Decimal(3))], by=None))

    outcomes = in_threads(2, work)

    assert outcomes[0] == "edited"
    assert isinstance(outcomes[1], StaleForm)
    assert "Somebody changed what “Red rose” is made of meanwhile." in str(outcomes[1])
    assert (stock_of(rose).reserved, stock_of(tulip).reserved) == (4, 0)
    assert clean()
