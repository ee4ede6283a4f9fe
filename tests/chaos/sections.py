"""The parts of `dev.py chaos`. Each works in the current shop, which must be fresh, and answers with a Report."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from core.transactions import run
from inventory.models import Sale, Stock, Warehouse
from inventory.services.checking import check_stock
from inventory.services.receiving import ReceiptLineInput, post_receipt
from orders.domain.lifecycle import Category
from orders.invariants import INVARIANTS
from orders.models import Order
from orders.services.lifecycle import complete_order, confirm_order, status_of
from orders.services.placing import LineInput, OrderInput, place_order
from products.models import Product, ProductKit
from tests.chaos.crew import (
    Crew,
    Report,
    ask,
    crew,
    deadlocks,
    documents_before,
    judge,
    judge_answers,
    processes,
    say,
    unfinished,
)
from tests.chaos.operations import World, build_world
from tests.chaos.worker import submit

HELD_TOO_LONG = 5  # seconds


def random_operations(*, operations: int, workers: int, stocks: int, seed: int) -> Report:
    """Every worker carries out `operations` random requests on the same few goods."""
    report = Report(f"random operations: {operations} × {workers} workers, {stocks} stocks", {"seed": seed})
    world = build_world(stocks)
    before, crossed = documents_before(), deadlocks()
    with crew(world, seed, operations=operations) as workforce:
        for _ in range(workers):
            workforce.hire()
        started = time.monotonic()
        report.expect(workforce.wait(60 + operations * workers), "a worker hung or died")
        seconds = time.monotonic() - started
        lines = workforce.lines()
    judge_answers(report, lines, seconds=seconds, held=workforce.held)
    report.figures["deadlocks"] = deadlocks() - crossed
    report.expect(report.figures["deadlocks"] == 0, f"{report.figures['deadlocks']} deadlocks")
    started = time.monotonic()
    judge(report, lines, before)
    report.figures["ledger rows"] = ask("select count(*) from inventory_stockmovement")[0][0]
    report.figures["checked in, s"] = round(time.monotonic() - started, 1)
    return report


def double_submit(*, orders: int, workers: int, seed: int) -> Report:
    """Every order is completed by all workers at the same moment. It is sold once."""
    report = Report(f"double submit: {orders} orders × {workers} simultaneous completions", {"seed": seed})
    world = build_world(4)
    dice = random.Random(seed)  # noqa: S311 - repeatable
    keys = [standing_order(world, dice).pk for _ in range(orders)]
    say(f"{orders} orders stand")
    had = goods_there()
    asked = ask("select coalesce(sum(quantity), 0) from inventory_stockdemand where is_open")[0][0]
    crossed = deadlocks()
    together = processes.Barrier(workers)
    with crew(world, seed, operations=0) as workforce:
        for _ in range(workers):
            workforce.hire(target=submit, extra=(keys, together))
        started = time.monotonic()
        report.expect(workforce.wait(60 + orders), "a worker hung or died")
        seconds = time.monotonic() - started
        lines = workforce.lines()
    judge_answers(report, lines, seconds=seconds, held=workforce.held)
    demands = ask("select count(*) from inventory_stockdemand")[0][0]
    sales = Sale.objects.count()
    completed = ask(
        "select count(*) from orders_orderevent e join orders_orderstatus s on s.id = e.status_id"
        " where s.category = 'completed' and e.kind = 'status'"
    )[0][0]
    movements = ask("select count(*) from inventory_stockmovement where source_kind = 2")[0][0]
    fell = had - goods_there()
    report.figures |= {
        "answers": len(lines), "orders sold": completed, "sales / demands": f"{sales} / {demands}",
        "units gone / asked": f"{fell} / {asked}", "deadlocks": deadlocks() - crossed,
    }  # fmt: skip
    report.expect(len(lines) == orders * workers, f"{len(lines)} answers instead of {orders * workers}")
    report.expect(completed == orders, f"{completed} completions in the history instead of {orders}")
    report.expect(sales == demands == movements, f"{sales} sales and {movements} movements for {demands} demands")
    report.expect(fell == asked, f"{fell} units left the stock, {asked} were asked for")
    report.expect(report.figures["deadlocks"] == 0, "deadlocks")
    report.violations += [f"{each.invariant.code}: {each.count} rows" for each in check_stock(extra=INVARIANTS)]
    return report


def standing_order(world: World, dice: random.Random, *, confirm: bool = True) -> Order:
    """An order of a bouquet and a flower, in a warehouse that has enough for it."""
    place = Warehouse.objects.get(pk=world.warehouses[0])
    lines = [
        LineInput(Decimal(1), kit=ProductKit.objects.get(pk=dice.choice(world.kits))),
        LineInput(Decimal(dice.randint(1, 3)), product=Product.objects.get(pk=dice.choice(world.products))),
    ]
    replenish(place)
    status = status_of(Category.CONFIRMED) if confirm else None
    taken = OrderInput(due_on=timezone.localdate(), lines=lines, warehouse=place, status=status)
    return run(lambda: place_order(taken))


def replenish(place: Warehouse) -> None:
    """A receipt for every product that runs short."""
    low = [row.product for row in Stock.objects.filter(warehouse=place).select_related("product") if row.free < 50]
    if low:
        run(
            lambda: post_receipt(
                warehouse=place, lines=[ReceiptLineInput(item, Decimal(500), Decimal(2)) for item in low]
            )
        )


def goods_there() -> Any:
    """Units in all stocks."""
    return ask("select sum(quantity - short) from inventory_stock")[0][0]


def kills(*, kills: int, workers: int, stocks: int, seed: int) -> Report:
    """Workers are killed at random moments; the next one sends the request that was cut off again."""
    report = Report(f"worker kills: {kills} × SIGKILL among {workers} workers, {stocks} stocks", {"seed": seed})
    world = build_world(stocks)
    before, crossed = documents_before(), deadlocks()
    dice = random.Random(seed)  # noqa: S311 - repeatable
    longest, cut_off = 0.0, 0
    with crew(world, seed, operations=10**6) as workforce:
        for _ in range(workers):
            workforce.hire()
        started = told = time.monotonic()
        for number in range(kills):
            workforce.rest(dice.uniform(0.02, 0.25))
            place = dice.randrange(len(workforce.members))
            process, task = workforce.members.pop(place)
            report.expect(process.is_alive(), f"worker {task.name} ended by itself")
            process.kill()
            killed = time.monotonic()
            process.join(timeout=10)
            begun = unfinished(task.journal)
            cut_off += begun is not None
            workforce.hire(resume=begun)
            longest = max(longest, session_gone(task.name, since=killed))
            if time.monotonic() - told > 15:
                told = time.monotonic()
                say(f"{number + 1} kills, {workforce.answered()} answers")
        seconds = time.monotonic() - started
        remaining = list(workforce.members)
        workforce.dismiss()
        for _process, task in remaining:
            session_gone(task.name, since=time.monotonic())
        lines = workforce.lines()
    judge_answers(report, lines, seconds=seconds, held=workforce.held)
    report.figures |= {
        "kills": kills, "in the middle of a request": cut_off, "longest a dead worker's session lived, s": round(longest, 2),
        "deadlocks": deadlocks() - crossed,
    }  # fmt: skip
    report.expect(longest <= HELD_TOO_LONG or workforce.held > 1, f"a dead worker held its locks for {longest:.1f} s")
    report.expect(report.figures["deadlocks"] == 0, "deadlocks")
    judge(report, lines, before)
    return report


def session_gone(name: str, *, since: float) -> float:
    """Wait until the server has ended the session of a dead worker; seconds it lived on."""
    while time.monotonic() - since < 4 * HELD_TOO_LONG:
        if not ask("select 1 from pg_stat_activity where application_name = %s", name):
            break
        time.sleep(0.005)
    return time.monotonic() - since


def deaths_after_commit(*, cases: int, workers: int, seed: int) -> Report:
    """Every worker dies after its commit and before its answer; the next one sends the same request again."""
    report = Report(f"killed between commit and answer: {cases} cases", {"seed": seed})
    world = build_world(6)
    before = documents_before()
    with crew(world, seed, operations=1, die_after_commit=True) as workforce:
        started = time.monotonic()
        for number in range(0, cases, workers):
            batch = [workforce.hire() for _ in range(min(workers, cases - number))]
            workforce.wait(60)
            workforce.members.clear()
            for task in batch:
                begun = unfinished(task.journal)
                report.expect(begun is not None, f"worker {task.name} left nothing to repeat")
                if begun:
                    workforce.hire(resume=begun)
            report.expect(workforce.wait(60), "a worker hung or died")
            workforce.members.clear()
        seconds = time.monotonic() - started
        lines = workforce.lines()
    judge_answers(report, lines, seconds=seconds, held=workforce.held)
    judge(report, lines, before)
    report.expect(report.figures["answered"] == cases, f"{report.figures['answered']} answers for {cases} cases")
    return report


def lost_answers(*, cases: int, workers: int, seed: int) -> Report:
    """Every answer is taken for lost and every request sent again: the same document comes back, nothing moves twice."""
    report = Report(f"lost answers: {cases} requests sent twice", {"seed": seed})
    world = build_world(6)
    before = documents_before()
    with crew(world, seed, operations=-(-cases // workers), twice=True) as workforce:
        for _ in range(workers):
            workforce.hire()
        started = time.monotonic()
        report.expect(workforce.wait(60 + cases), "a worker hung or died")
        seconds = time.monotonic() - started
        lines = workforce.lines()
    judge_answers(report, lines, seconds=seconds, held=workforce.held)
    judge(report, lines, before)
    return report


def crashes(server: Any, *, operations: int, workers: int, crashes: int, seed: int) -> Report:
    """The database server stops dead `crashes` times while `operations` requests are carried out in all. `server` is a
    core.embedded.postgres.Cluster of our own with durable commits."""
    report = Report(f"database crashes: {crashes} in {operations} operations of {workers} workers", {"seed": seed})
    [(durable,)] = ask("select current_setting('fsync') || '/' || current_setting('synchronous_commit')")
    report.figures["fsync / synchronous_commit"] = durable
    report.expect(durable == "on/on", f"the server is not durable: {durable}")
    world = build_world(20)
    before = documents_before()
    recoveries: list[float] = []
    with crew(world, seed, operations=-(-operations // workers)) as workforce:
        for _ in range(workers):
            workforce.hire()
        started = time.monotonic()

        def crash_when_due() -> None:
            if len(recoveries) < crashes and workforce.answered() >= (len(recoveries) + 1) * operations / (crashes + 1):
                recoveries.append(crash_and_recover(server, workforce))
                say(f"crash {len(recoveries)}: {recoveries[-1]:.2f} s until the next answer")
                found = check_stock(extra=INVARIANTS)
                report.expect(not found, f"after crash {len(recoveries)}: {[each.invariant.code for each in found]}")

        report.expect(workforce.wait(120 + operations, while_waiting=crash_when_due), "a worker hung or died")
        seconds = time.monotonic() - started
        lines = workforce.lines()
    judge_answers(report, lines, seconds=seconds, held=workforce.held, may_lose_sessions=True)
    report.figures["crashes"] = len(recoveries)
    report.figures["start of the server to the next answer, s"] = ", ".join(f"{each:.2f}" for each in recoveries)
    report.expect(len(recoveries) == crashes, f"{len(recoveries)} crashes instead of {crashes}")
    report.expect(max(recoveries, default=0) <= 10, "recovery took more than 10 s")
    judge(report, lines, before)
    return report


def crash_and_recover(server: Any, workforce: Crew) -> float:
    """Stop the server at once, as a power cut does, start it again; seconds from the start to a worker's next answer."""
    running = server.running()
    port = running[1]
    os.kill(running[0], signal.SIGQUIT)
    while server.running():
        time.sleep(0.02)
    time.sleep(0.2)
    connection.close()
    answered = workforce.answered()
    started = time.monotonic()
    if server.ensure_running() != port:
        raise RuntimeError("the server came back on another port")
    while workforce.answered() == answered and time.monotonic() - started < 60:
        time.sleep(0.01)
    return time.monotonic() - started


# --- A completion cut off at every statement ----------------------------------------------------------------------------

TABLES = (
    "orders_order", "orders_orderitem", "orders_orderitemdemand", "orders_orderevent", "inventory_stock",
    "inventory_stockbatch", "inventory_stockdemand", "inventory_stockmovement", "inventory_reservation", "inventory_sale",
    "inventory_saleallocation",
)  # fmt: skip
# Counts the statements that write, those inside SQL functions included, and ends the session at the one that is set.
STOP = """
    create or replace function chaos_stop() returns trigger language plpgsql as $$
    declare seen int := coalesce(nullif(current_setting('chaos.seen', true), ''), '0')::int + 1;
    begin
        perform set_config('chaos.seen', seen::text, false);
        if seen = coalesce(nullif(current_setting('chaos.stop_at', true), ''), '0')::int then
            perform pg_terminate_backend(pg_backend_pid());
        end if;
        return null;
    end $$
"""


def cut_off_everywhere(*, seed: int) -> Report:
    """One completion after the other, the session ended at the first, second, third … statement: before and after each
    that Python sends, before and after each that writes (inside the SQL functions too), before and after the commit."""
    report = Report("a completion cut off at every statement", {"seed": seed})
    world = build_world(4)
    dice = random.Random(seed)  # noqa: S311 - repeatable
    with connection.cursor() as cursor:
        cursor.execute(STOP)
        for table in TABLES:
            for moment in ("before", "after"):
                cursor.execute(
                    f"create trigger chaos_{moment} {moment} insert or update or delete on {table}"
                    " for each statement execute function chaos_stop()"
                )
    try:
        for way, confirmed in (("in one call", True), ("step by step", False)):
            for kind, cut in CUTS.items():
                report.figures[f"{way}, {kind}"] = cut_one_by_one(report, world, dice, cut, confirmed=confirmed)
    finally:
        connection.close()
        with connection.cursor() as cursor:
            for table in TABLES:
                for moment in ("before", "after"):
                    cursor.execute(f"drop trigger if exists chaos_{moment} on {table}")
            cursor.execute("drop function if exists chaos_stop()")
    return report


def cut_one_by_one(report: Report, world: World, dice: random.Random, cut: Any, *, confirmed: bool) -> int:
    """Cut at point 1, 2, 3 … until a completion gets through; gives how many points there were."""
    point = 0
    while True:
        point += 1
        row = standing_order(world, dice, confirm=confirmed)
        there = goods_there()
        got_through = cut(point, lambda row=row: run(lambda: complete_order(row)))
        connection.close()
        committed = Order.objects.get(pk=row.pk).status.category == "completed"
        sales = Sale.objects.filter(demand__order_link__item__order=row).count()
        report.expect(committed == (sales > 0), f"point {point}: completed {committed}, {sales} sales")
        report.expect(committed or goods_there() == there, f"point {point}: goods are gone without a sale")
        report.violations += [f"point {point}: {each.invariant.code}" for each in check_stock(extra=INVARIANTS)]
        fresh = Order.objects.get(pk=row.pk)
        if not committed:
            run(lambda fresh=fresh: confirm_order(fresh))
        run(lambda fresh=fresh: complete_order(fresh))
        again = Sale.objects.filter(demand__order_link__item__order=row, reversed_at=None).count()
        report.expect(again > 0 and (not committed or again == sales), f"point {point}: {again} sales after repeating")
        if got_through:
            report.violations += [f"repeated: {each.invariant.code}" for each in check_stock(extra=INVARIANTS)]
            return point - 1


def lost(work: Callable[[], Any]) -> bool:
    """Whether the connection broke under `work`."""
    try:
        work()
    except (OperationalError, InterfaceError, DatabaseError):
        return True
    return False


def cut_at_writes(point: int, work: Callable[[], Any]) -> bool:
    ask("select set_config('chaos.seen', '0', false), set_config('chaos.stop_at', %s, false)", str(point))
    return not lost(work)


def cut_between_statements(point: int, work: Callable[[], Any]) -> bool:
    """Odd points end the session before a statement, even ones after it."""
    sent = 0

    def count(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal sent
        sent += 1
        if sent * 2 - 1 == point:
            terminate_own_session()
        result = execute(sql, params, many, context)
        if sent * 2 == point:
            terminate_own_session()
        return result

    with connection.execute_wrapper(count):
        lost(work)
    return sent * 2 < point


def cut_at_the_commit(point: int, work: Callable[[], Any]) -> bool:
    """Point 1: just before, point 2: just after, so that the answer is lost."""
    commit = connection.commit

    def cut() -> None:
        if point == 1:
            terminate_own_session()
        commit()
        if point == 2:
            terminate_own_session()
            raise OperationalError("the answer was lost")

    connection.commit = cut  # type: ignore[method-assign]
    try:
        lost(work)
    finally:
        del connection.commit
    return point > 2


CUTS = {"writes": cut_at_writes, "statements": cut_between_statements, "commit": cut_at_the_commit}


def terminate_own_session() -> None:
    """End this thread's session from another one and wait until it is gone."""
    import psycopg2

    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    pid = connection.connection.info.backend_pid
    with suppress(psycopg2.Error):
        other = psycopg2.connect(**parameters)
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(%s, 5000)", [pid])
        other.close()
