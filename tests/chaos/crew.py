"""Processes at work on one shop, and what their journals say afterwards."""

import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.db import connection

from inventory.services.checking import check_stock
from orders.invariants import INVARIANTS
from tests.chaos.operations import REQUESTS, World
from tests.chaos.worker import Task, work

# Workers come from a small server process that has Django ready and no threads: a new one takes milliseconds.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.chaos.worker"])


@dataclass
class Report:
    """What a section found: figures to show, and what must not be. No violations, no harm."""

    title: str
    figures: dict[str, Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def expect(self, holds: bool, sentence: str) -> None:
        """Write down `sentence` as a violation unless it holds."""
        if not holds:
            self.violations.append(sentence)


def say(text: str) -> None:
    """Progress, beside the report."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


class Crew:
    """Workers with their journals in a folder of their own."""

    def __init__(self, folder: Path, world: World, seed: int, **task: Any) -> None:
        self.folder, self.world, self.seed = folder, world, seed
        self.task = Task(
            database=str(connection.settings_dict["NAME"]), schema=str(connection.schema_name), world=world, seed=0,
            journal=folder, **task,
        )  # fmt: skip
        self.number = 0
        self.members: list[tuple[Any, Task]] = []
        self.held = 0.0  # seconds that this very process was not let run: a stopped or overloaded machine

    def hire(self, resume: dict[str, Any] | None = None, *, target: Any = work, extra: tuple[Any, ...] = ()) -> Task:
        """Start one more worker, with a seed of its own."""
        self.number += 1
        task = replace(
            self.task,
            seed=self.seed * 1000 + self.number,
            journal=self.folder / f"{self.number:04}.jsonl",
            resume=resume,
        )
        process = processes.Process(target=target, args=(task, *extra), daemon=True)
        process.start()
        self.members.append((process, task))
        return task

    def wait(self, timeout: float, *, while_waiting: Any = None) -> bool:
        """Whether all ended by themselves, without an error, within `timeout` seconds."""
        until, told = time.monotonic() + timeout, time.monotonic()
        while any(process.is_alive() for process, _task in self.members) and time.monotonic() < until:
            if while_waiting:
                while_waiting()
            if time.monotonic() - told > 15:
                told = time.monotonic()
                say(f"{self.answered()} answers so far")
            self.rest(0.05)
        whole = all(process.exitcode == 0 for process, _task in self.members)
        for text in [] if whole else self.stuck():
            say(text)
        return whole

    def rest(self, seconds: float) -> None:
        """Sleep, and notice when it took much longer than it should."""
        started = time.monotonic()
        time.sleep(seconds)
        late = time.monotonic() - started - seconds
        self.held += late if late > 1 else 0

    def dismiss(self) -> None:
        """End whoever still works."""
        for process, _task in self.members:
            if process.is_alive():
                process.kill()
            process.join(timeout=10)

    def answered(self) -> int:
        """How many requests have been answered."""
        return sum(file.read_bytes().count(b'"line": "end"') for file in self.folder.glob("*.jsonl"))

    def stuck(self) -> list[str]:
        """Where workers stood that did not come on for a while."""
        return [text for file in self.folder.glob("*.stuck") if (text := file.read_text())]

    def lines(self) -> list[dict[str, Any]]:
        """All journals; a line cut off by a kill is left out."""
        found = []
        for file in sorted(self.folder.glob("*.jsonl")):
            for text in file.read_text().splitlines():
                try:
                    found.append(json.loads(text))
                except ValueError:
                    continue
        return found


@contextmanager
def crew(world: World, seed: int, **task: Any) -> Iterator[Crew]:
    """A crew that is gone afterwards, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    made = Crew(folder, world, seed, **task)
    try:
        yield made
    finally:
        made.dismiss()
        shutil.rmtree(folder, ignore_errors=True)


def unfinished(path: Path) -> dict[str, Any] | None:
    """The request in a journal that was begun and not answered."""
    begun: dict[str, dict[str, Any]] = {}
    if not path.exists():
        return None
    for text in path.read_text().splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if line["line"] == "begin":
            begun[line["key"]] = line
        elif line["line"] == "end":
            begun.pop(line["key"], None)
    return next(iter(begun.values()), None)


# --- Judging ------------------------------------------------------------------------------------------------------------


def ask(query: str, *params: Any) -> list[tuple[Any, ...]]:
    """Rows of a query in the current shop."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()


def documents_before() -> dict[str, int]:
    """How many rows each table has that requests with a key write to."""
    tables = {request.table for request in REQUESTS.values() if request.table}
    return {table: documents(table) for table in tables}


def documents(table: str) -> int:
    """Rows that a request asked for. Write-offs and transfers that another document makes name it in their comment."""
    asked_for = {
        "inventory_writeoff": "comment = ''",
        "inventory_transfer": "comment = ''",
        # A repaired bouquet's belongs to the repair.
        "inventory_disassembly": "not exists (select 1 from inventory_assembly a where a.repaired_id = t.id)",
    }.get(table, "true")
    return int(ask(f"select count(*) from {table} t where {asked_for}")[0][0])  # noqa: S608 - names of ours


def deadlocks() -> int:
    """What the server counted for this database; sessions report when they end or rest."""
    ask("select pg_stat_force_next_flush()")
    return int(ask("select deadlocks from pg_stat_database where datname = current_database()")[0][0])


# Documents alone, without batches and ledger: what came in, what went out, what came back.
FROM_DOCUMENTS = """
    select s.id, s.quantity - s.short,
           coalesce((select sum(l.quantity) from inventory_receiptline l join inventory_receipt r on r.id = l.receipt_id
                      where l.product_id = s.product_id and r.warehouse_id = s.warehouse_id), 0)
         - coalesce((select sum(x.quantity - x.returned) from inventory_sale x
                      where x.product_id = s.product_id and x.warehouse_id = s.warehouse_id), 0)
         - coalesce((select sum(w.quantity) from inventory_writeoff w where w.reversed_at is null
                        and w.product_id = s.product_id and w.warehouse_id = s.warehouse_id), 0)
         - coalesce((select sum(u.quantity) from inventory_supplierreturn u join inventory_stockbatch b on b.id = u.batch_id
                      where b.stock_id = s.id), 0)
         + coalesce((select sum(l.difference) from inventory_countline l where l.stock_id = s.id), 0)
         + coalesce((select sum(r.quantity) from inventory_regrade r
                      where r.target_id = s.product_id and r.warehouse_id = s.warehouse_id), 0)
         - coalesce((select sum(r.quantity) from inventory_regrade r
                      where r.source_id = s.product_id and r.warehouse_id = s.warehouse_id), 0)
         + coalesce((select sum(l.received + l.lost) from inventory_transferline l
                       join inventory_transfer t on t.id = l.transfer_id
                      where l.product_id = s.product_id and t.target_id = s.warehouse_id), 0)
         - coalesce((select sum(l.quantity) from inventory_transferline l
                       join inventory_transfer t on t.id = l.transfer_id and t.state <> 'cancelled'
                      where l.product_id = s.product_id and t.source_id = s.warehouse_id), 0)
         + coalesce((select sum(a.quantity) from inventory_assembly a
                      where a.product_id = s.product_id and a.warehouse_id = s.warehouse_id), 0)
         - (select count(*) from inventory_disassembly d join inventory_stockbatch b on b.id = d.batch_id
             where b.stock_id = s.id)
         - coalesce((select sum(p.quantity) from inventory_assemblypart p join inventory_assembly a on a.id = p.assembly_id
                      where p.product_id = s.product_id and a.warehouse_id = s.warehouse_id
                        and not exists (select 1 from inventory_disassembly d where d.batch_id = p.batch_id)), 0)
      from inventory_stock s
"""


def judge(report: Report, lines: list[dict[str, Any]], before: dict[str, int]) -> None:
    """Everything that must be true after any run: invariants, documents against stock, one effect for each key, nothing
    that was answered is missing."""
    for finding in check_stock(extra=INVARIANTS):
        report.violations.append(f"{finding.invariant.code}: {finding.count} rows, first {finding.examples[:3]}")
    for stock, has, should in ask(FROM_DOCUMENTS):
        report.expect(has == should, f"stock {stock} has {has}, its documents say {should}")

    begun = {line["key"]: line for line in lines if line["line"] == "begin"}
    ends = [line for line in lines if line["line"] == "end" and line["key"] in begun]
    kept = {
        (scope, str(key)): made for scope, key, made in ask("select scope, key, result_id from core_idempotencykey")
    }
    lost = 0
    versions: dict[int, int] = {}
    for end in ends:
        request = REQUESTS[end["name"]]
        if end["outcome"] == "done" and request.scope and kept.get((request.scope, end["key"])) != end["id"]:
            lost += 1
        if end.get("version"):
            versions[end["id"]] = max(versions.get(end["id"], 0), end["version"])
    stored = dict(ask("select id, version from orders_order"))
    lost += sum(stored.get(order, 0) < version for order, version in versions.items())
    report.expect(lost == 0, f"{lost} acknowledged operations are missing")
    strangers = [pair for pair in kept if pair[1] not in begun]
    report.expect(not strangers, f"keys that nobody sent: {strangers[:3]}")
    for table, had in before.items():
        scopes = {request.scope for request in REQUESTS.values() if request.table == table}
        made = documents(table) - had
        keys = sum(scope in scopes for scope, _key in kept)
        report.expect(made == keys, f"{table}: {made} rows were made for {keys} keys")
    short, corrected, closed = (
        ask(f"select count(*) from {table}")[0][0]  # noqa: S608 - names of ours
        for table in ("inventory_shortage", "inventory_costcorrection", "inventory_periodclosing")
    )
    report.figures["sold before entry / costs corrected / periods closed"] = f"{short} / {corrected} / {closed}"
    report.figures["requests begun"] = len(begun)
    report.figures["answered"] = len(ends)
    report.figures["acknowledged and found"] = sum(end["outcome"] == "done" for end in ends) - lost


def judge_answers(
    report: Report, lines: list[dict[str, Any]], *, seconds: float, held: float = 0, may_lose_sessions: bool = False
) -> None:
    """Outcomes and times. No error is expected, no lock may be waited for until its time is up, no session may be lost.

    When the machine stood still (`held`, seconds) the server ends transactions that stood with it: lost sessions and
    late locks are told then and not judged, for they say nothing about the stock's locks. The data is judged always.
    """
    ends = [line for line in lines if line["line"] == "end"]
    outcomes = Counter(end["outcome"] for end in ends)
    errors = Counter(end["why"].splitlines()[0] for end in ends if end["outcome"] == "error")
    for why, count in errors.most_common(5):
        report.violations.append(f"{count} × {why}")
    repeats = Counter(line["why"] for line in lines if line["line"] == "repeat")
    report.expect(not repeats, f"transactions had to be repeated: {dict(repeats.most_common(3))}")
    lost = sum(line["line"] == "lost" for line in lines)
    if held > 1:
        report.figures["the machine stood still, s"] = round(held)
    if lost:
        report.figures["lost sessions, with every new attempt"] = lost
    report.expect(held > 1 or may_lose_sessions or not lost, f"{lost} sessions were lost")
    late = outcomes["busy"]
    report.expect(held > 1 or not late, f"{late} requests found a lock held for too long")
    times = sorted(end["ms"] for end in ends)
    report.figures["outcomes"] = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    reasons = Counter(end["why"] for end in ends if end["outcome"] == "refused")
    if reasons:
        report.figures["refused"] = ", ".join(f"{code} {count}" for code, count in reasons.most_common())
    report.figures["operations per second"] = round(len(ends) / seconds, 1)
    if times:
        report.figures["p50 / p95 / max, ms"] = " / ".join(
            str(round(times[min(len(times) - 1, int(len(times) * share))])) for share in (0.5, 0.95, 1)
        )
        slowest = max(ends, key=lambda end: end["ms"])["name"]
        report.figures["p50 / p95 / max, ms"] += f" ({slowest})"
