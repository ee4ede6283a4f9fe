"""One worker: a process that draws requests, writes each down, carries it out and writes down the answer.

The journal is appended line by line, so it survives the death of the process at any moment: a line `begin` without its
`end` is a request whose outcome nobody knows. The next worker sends it again with the same key.
"""

import faulthandler
import json
import logging
import os
import random
import signal
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
    django.setup()

from django.db import DatabaseError, InterfaceError, OperationalError, connection, connections

from core.errors import Busy, DomainError
from core.transactions import run, sqlstate
from orders.models import Order
from orders.services.lifecycle import complete_order
from tests.chaos.operations import REQUESTS, World, draw

STUCK = 8  # seconds after which a worker writes down where it stands
PATIENCE = 90  # seconds a worker waits for a database that is gone


@dataclass(frozen=True)
class Task:
    """What a worker is to do. Everything in it can be sent to another process."""

    database: str
    schema: str
    world: World
    seed: int
    journal: Path
    operations: int
    twice: bool = False  # take every first answer for lost and send the request again
    die_after_commit: bool = False
    resume: dict[str, Any] | None = None  # a line `begin` that has no end

    @property
    def name(self) -> str:
        """What the server knows the worker as."""
        return f"chaos-{self.journal.stem}"


class Journal:
    """Lines of JSON, each written by one system call."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, **line: Any) -> None:
        os.write(self.file, (json.dumps(line) + "\n").encode())


class Repeats(logging.Handler):
    """Counts transactions that were tried again."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        self.journal.write(line="repeat", why=record.getMessage())


def enter(database: str, schema: str, name: str) -> None:
    """Connect this process to the database by its name, as `name`, inside the shop."""
    connections.close_all()
    connection.settings_dict["NAME"] = database
    connection.settings_dict["OPTIONS"] = {**connection.settings_dict["OPTIONS"], "application_name": name}
    connection.set_schema(schema)


def work(task: Task) -> None:
    """Carry out `task.operations` requests."""
    journal = Journal(task.journal)
    repeats = logging.getLogger("core.transactions")
    repeats.handlers, repeats.propagate = [Repeats(journal)], False
    logging.getLogger("django").setLevel(logging.CRITICAL)
    enter(task.database, task.schema, task.name)
    dice = random.Random(task.seed)  # noqa: S311 - repeatable
    unfinished = task.resume
    stuck = task.journal.with_suffix(".stuck").open("w")
    for _ in range(task.operations):
        if unfinished:
            begun, unfinished = unfinished, None
            journal.write(**begun)  # this worker may be killed at it too
        else:
            name, facts = patiently(journal, lambda: draw(dice, task.world))
            key = str(uuid.UUID(int=dice.getrandbits(128), version=4))
            begun = {"line": "begin", "key": key, "name": name, "facts": facts}
            journal.write(**begun)
        started = time.perf_counter()
        faulthandler.dump_traceback_later(STUCK, file=stuck)
        end = patiently(journal, lambda begun=begun: answer(begun))
        faulthandler.cancel_dump_traceback_later()
        if task.die_after_commit and not task.resume:
            os.kill(os.getpid(), signal.SIGKILL)
        if task.twice:
            again = patiently(journal, lambda begun=begun: answer(begun))
            if REQUESTS[begun["name"]].scope and end["outcome"] == "done" and again != end:
                end = {"outcome": "error", "why": f"first {end}, then {again}"}
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        journal.write(line="end", key=begun["key"], name=begun["name"], ms=milliseconds, at=time.time(), **end)
    connections.close_all()
    stuck.close()


def answer(begun: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request; gives its outcome: done, refused, busy, error. A lost connection is raised."""
    request = REQUESTS[begun["name"]]
    try:
        made = run(lambda: request.do(begun["facts"], uuid.UUID(begun["key"])))
    except Busy:
        return {"outcome": "busy"}
    except DomainError as refusal:
        return {"outcome": "refused", "why": refusal.code}
    except (DatabaseError, InterfaceError) as error:
        if gone(error):
            raise
        return {"outcome": "error", "why": f"{type(error).__name__}: {error}"}
    except Exception as error:  # noqa: BLE001 - the report judges it
        return {"outcome": "error", "why": f"{type(error).__name__}: {error}"}
    version = made.version if request.moves and isinstance(made, Order) else None
    return {"outcome": "done", "id": getattr(made, "pk", None), "version": version}


def gone(error: Exception) -> bool:
    """Whether the session itself went away, rather than that a statement was refused: the driver says so without a code,
    the server with one of class 08 or 57P."""
    state = sqlstate(error)
    return isinstance(error, (OperationalError, InterfaceError)) and (state is None or state.startswith(("08", "57P")))


def patiently(journal: Journal, call: Any) -> Any:
    """Try again as long as the database is gone. Whether that may happen the report judges."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (OperationalError, InterfaceError) as error:
            if not gone(error) or time.monotonic() > until:
                raise
            journal.write(line="lost", why=str(error).splitlines()[0])
            connection.close()
            time.sleep(0.05)


def submit(task: Task, orders: list[int], together: Any) -> None:
    """Complete every order, each at the same moment as all other workers."""
    journal = Journal(task.journal)
    enter(task.database, task.schema, task.name)
    for key in orders:
        row = Order.objects.get(pk=key)
        together.wait(timeout=60)
        started = time.perf_counter()
        end = completed(row)
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        journal.write(line="end", key=str(key), name="complete", ms=milliseconds, at=time.time(), **end)
    connections.close_all()


def completed(row: Order) -> dict[str, Any]:
    try:
        made = run(lambda: complete_order(row))
    except Exception as error:  # noqa: BLE001 - the report judges it
        return {"outcome": "error", "why": f"{type(error).__name__}: {error}"}
    return {"outcome": "done", "id": made.pk, "version": made.version}
