"""Completed orders per second beside hand-written SQL on the same server, in one run.

    python3 dev.py bench [--part matrix history clients] [--lines 1,5,20] [--batches 1,3,10] [--orders 200] [--repeat 5]

Engines, taken in turns inside every repetition so that a noisy machine hits them alike:

floor_func   one SQL function per order and nothing else: the physical floor
floor_set    the same in ten hand-written statements from psycopg2, first in first out in Python
ours         complete_order() through `core.transactions.run`: ledger, values, history, tenant

`matrix` varies lines per order and batches used up per line, `history` the used-up batches that lie behind every product,
`clients` how many complete at once, spread over 200 products and all on one.

Every run is checked: one sale per line, allocations equal lines, stock fell by what was sold, nothing stays reserved.
Absolute figures belong to the machine; judge the ratios (medians). Statements are those PostgreSQL counted, with BEGIN
and COMMIT; database time is what it says they took; client CPU is this process's time; WAL is what the server wrote.
"""

import argparse
import logging
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.engines import Floor, Ours, Work
from benchmarks.shop import bench_shop

PARTS = ("matrix", "history", "clients")
HISTORIES = (10, 1_000, 100_000)
CLIENTS = (1, 4, 8)


@dataclass
class Result:
    """One run; all but `seconds` per order: statements, seconds of the client's processor and of the database, bytes."""

    seconds: float
    statements: float
    cpu: float
    database: float
    wal: float


def measure(connection: Any, orders: Sequence[Any], complete: Callable[[Any], None]) -> Result:
    """Run `complete` over `orders` on an open psycopg2 connection's server and count what it cost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_stat_statements_reset(0, (select oid from pg_database where datname = current_database()), 0)"
        )
        cursor.execute("select pg_current_wal_lsn()")
        wal = cursor.fetchone()[0]
    cpu, clock = time.process_time(), time.perf_counter()
    for order in orders:
        complete(order)
    seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
    with connection.cursor() as cursor:
        cursor.execute("select pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", (wal,))
        written = float(cursor.fetchone()[0])
        cursor.execute(
            "select coalesce(sum(calls), 0), coalesce(sum(total_exec_time), 0) / 1000"
            " from pg_stat_statements s join pg_database d on d.oid = s.dbid"
            " where d.datname = current_database() and toplevel and query not like '%%pg_%%'"
        )
        calls, database = map(float, cursor.fetchone())
    number = len(orders)
    return Result(seconds, calls / number, cpu / number, database / number, written / number)


# --- Many at once ----------------------------------------------------------------------------------------------------


class _Repeats(logging.Handler):
    """Counts the transactions that had to be tried again."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1


def _client(engine: Any, orders: Sequence[Any], together: Any, told: Any) -> None:
    """One process: its share of the orders, from the moment that all are ready."""
    engine.reconnect()
    repeats = _Repeats()
    logging.getLogger("core.transactions").addHandler(repeats)
    errors: list[str] = []
    together.wait()
    for order in orders:
        try:
            engine.complete(order)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and shown
            errors.append(repr(error))
    told.put((errors, repeats.count))


def crowd(engine: Any, orders: Sequence[Any], clients: int) -> tuple[float, list[str], int]:
    """Seconds that `clients` processes need for `orders` together, their errors, and how often they tried again."""
    from django.db import connections

    connections.close_all()
    fork = multiprocessing.get_context("fork")
    together, told = fork.Barrier(clients + 1), fork.Queue()
    processes = [
        fork.Process(target=_client, args=(engine, orders[nth::clients], together, told)) for nth in range(clients)
    ]
    for process in processes:
        process.start()
    together.wait()
    began = time.perf_counter()
    answers = [told.get() for _process in processes]
    seconds = time.perf_counter() - began
    for process in processes:
        process.join()
    return seconds, [error for errors, _count in answers for error in errors], sum(count for _errors, count in answers)


# --- The parts -------------------------------------------------------------------------------------------------------


def matrix(engines: dict[str, Any], watch: Any, options: argparse.Namespace) -> None:
    """Lines per order by batches per line."""
    print(f"{'k':>3}{'B':>4}  {'engine':<11}{'orders/s':>10}{'[min..max]':>16}{'÷ func':>8}{'÷ set':>7}"
          f"{'statements':>12}{'cpu ms':>8}{'db ms':>7}{'WAL B':>8}{'÷ func':>8}")  # fmt: skip
    for lines in options.lines:
        for batches in options.batches:
            work = Work(lines, batches, options.orders)
            results = run(engines, work, options.repeat, watch)
            rates = {name: [work.orders / result.seconds for result in got] for name, got in results.items()}
            middle = {name: statistics.median(values) for name, values in rates.items()}
            wal = {name: statistics.median(result.wal for result in got) for name, got in results.items()}
            for name, got in results.items():
                spread = f"[{min(rates[name]):.0f}..{max(rates[name]):.0f}]"
                print(
                    f"{lines:>3}{batches:>4}  {name:<11}{middle[name]:>10.0f}{spread:>16}"
                    f"{middle[name] / middle['floor_func']:>8.2f}{middle[name] / middle['floor_set']:>7.2f}"
                    f"{statistics.median(r.statements for r in got):>12.1f}"
                    f"{statistics.median(r.cpu for r in got) * 1000:>8.2f}"
                    f"{statistics.median(r.database for r in got) * 1000:>7.2f}"
                    f"{wal[name]:>8.0f}{wal[name] / wal['floor_func']:>8.2f}",
                    flush=True,
                )


def history(engines: dict[str, Any], watch: Any, options: argparse.Namespace) -> None:
    """Used-up batches behind each of ten products: they must not be looked at."""
    print(f"\n{'used-up batches behind a product':<36}{'database ms per order':>24}{'÷ first':>9}")
    first = 0.0
    for behind in HISTORIES:
        work = Work(1, 3, options.orders, products=10, history=behind)
        got = run({"ours": engines["ours"]}, work, options.repeat, watch)["ours"]
        middle = statistics.median(result.database for result in got) * 1000
        first = first or middle
        print(f"{behind:<36}{middle:>24.3f}{middle / first:>9.2f}", flush=True)


def clients(engines: dict[str, Any], _watch: Any, options: argparse.Namespace) -> None:
    """Several at once, spread over the products and all on one."""
    print(f"\n{'products':<9}{'engine':<12}" + "".join(f"{f'{n} clients/s':>13}" for n in CLIENTS)
          + f"{'8 ÷ 1':>8}{'errors':>8}{'repeats':>9}")  # fmt: skip
    for products in (200, 1):
        work = Work(1, 3, options.orders, products=products)
        for name, engine in engines.items():
            rates: dict[int, list[float]] = {number: [] for number in CLIENTS}
            errors: list[str] = []
            repeats = 0
            for _nth in range(options.repeat):
                for number in CLIENTS:
                    orders = engine.prepare(work)
                    seconds, failed, again = crowd(engine, orders, number)
                    rates[number].append(work.orders / seconds)
                    errors += failed
                    repeats += again
                    if not failed:
                        engine.check(work)
            middle = {number: statistics.median(values) for number, values in rates.items()}
            print(f"{products:<9}{name:<12}" + "".join(f"{middle[number]:>13.0f}" for number in CLIENTS)
                  + f"{middle[CLIENTS[-1]] / middle[1]:>8.2f}{len(errors):>8}{repeats:>9}", flush=True)  # fmt: skip
            for error in sorted(set(errors))[:3]:
                print(f"         {error}")


def run(engines: dict[str, Any], work: Work, repeat: int, watch: Any) -> dict[str, list[Result]]:
    """Every engine once per repetition, in turns, checked each time."""
    results: dict[str, list[Result]] = {name: [] for name in engines}
    for number in range(repeat):
        for name, engine in engines.items():
            orders = engine.prepare(work)
            results[name].append(measure(watch, orders, engine.complete))
            engine.check(work)
        print(f"  k={work.lines} B={work.batches} behind={work.history}: {number + 1}/{repeat}", file=sys.stderr)
    return results


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--lines", type=numbers, default=[1, 5, 20])
    parser.add_argument("--batches", type=numbers, default=[1, 3, 10])
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    with bench_shop("completion"):
        import psycopg2
        from django.db import connection

        from core.tenancy import in_public

        with in_public(), connection.cursor() as cursor:
            cursor.execute("create extension if not exists pg_stat_statements")
        raw = psycopg2.connect(os.environ["DATABASE_URL"])
        watch = psycopg2.connect(os.environ["DATABASE_URL"])
        watch.autocommit = True
        engines: dict[str, Any] = {
            "floor_func": Floor(raw, by_function=True),
            "floor_set": Floor(raw, by_function=False),
            "ours": Ours(),
        }
        for part in options.part:
            {"matrix": matrix, "history": history, "clients": clients}[part](engines, watch, options)
        with raw.cursor() as cursor:
            raw.rollback()
            cursor.execute("drop schema if exists bench_floor cascade")
            raw.commit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
