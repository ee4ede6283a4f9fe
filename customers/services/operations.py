"""The journal: every operation on a shop is written down before it begins, at each step and when it ends.

Two operators never work on one shop at a time, and what a killed process left half done is found and carried on by
whoever asks for the same again. Steps are written in autocommit or in the very transaction whose work they tell.
"""

import datetime
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from core.tenancy import in_public
from customers.errors import OperationHeld, OperationUnfinished, TakenOver
from customers.models import TenantOperation

# Longer than the longest single step, a backup of a big shop among a thousand.
SILENT_FOR = datetime.timedelta(minutes=15)
LET_GO = 0  # instead of a process: it lives, perhaps, but does not go on


class Journal:
    """One operation that is being carried out. `resumed_at` is the step where an earlier process broke off."""

    def __init__(self, row: TenantOperation, resumed_at: str) -> None:
        self.row = row
        self.resumed_at = resumed_at
        self._only_forward = False

    def step(self, name: str) -> None:
        """Write down that `name` is done. Raises TakenOver when somebody else carries the operation on."""
        now = timezone.now()
        steps = [*self.row.steps, [name, now.isoformat()]]
        with in_public():
            self._write(step=name, steps=steps, heartbeat_at=now)
        self.row.step, self.row.steps = name, steps

    def only_forward(self) -> None:
        """From here on an error ends nothing: whoever asks for the same again carries it on."""
        self._only_forward = True

    def finish(self) -> None:
        """Write down the end."""
        now = timezone.now()
        with in_public():
            self._write(finished_at=now, heartbeat_at=now, error="")

    def fail(self, error: str) -> None:
        """Write down an error. It ends the operation, and repeating it is a new one, unless there is only a way forward."""
        now = timezone.now()
        end: dict[str, Any] = {"pid": LET_GO} if self._only_forward else {"finished_at": now}
        with in_public():
            self._write(heartbeat_at=now, error=error[:2000], **end)

    def _write(self, **values: Any) -> None:
        mine = TenantOperation.objects.filter(pk=self.row.pk, attempt=self.row.attempt, finished_at=None)
        if not mine.update(**values):
            raise TakenOver(self.row.schema_name)


@contextmanager
def operation(
    kind: str, schema_name: str, *, parameters: Mapping[str, Any] | None = None, operator: str = ""
) -> Iterator[Journal]:
    """Carry out an operation on a shop, alone. Carries on what a dead process left of the same kind.

    Inside a transaction the journal is part of it: what fails leaves no line. Outside, every step and the error stay.
    Raises OperationHeld while another process works on the shop, OperationUnfinished when another kind broke off.
    """
    inside = connection.in_atomic_block
    with transaction.atomic() if inside else nullcontext():
        journal = Journal(*_begin(kind, schema_name, dict(parameters or {}), operator or _who()))
        try:
            yield journal
        except TakenOver:
            raise
        except BaseException as error:
            if not inside:
                journal.fail(f"{type(error).__name__}: {error}")
            raise
        journal.finish()


def note_failure(
    kind: str, schema_name: str, *, error: BaseException, began: datetime.datetime, operator: str = ""
) -> None:
    """Write down that an operation failed of which nothing is left, its own line in the journal included."""
    now = timezone.now()
    with in_public():
        TenantOperation.objects.create(
            kind=kind,
            schema_name=schema_name,
            operator=operator or _who(),
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=began,
            heartbeat_at=now,
            finished_at=now,
            error=f"{type(error).__name__}: {error}"[:2000],
        )


def last_of(schema_name: str, kind: str) -> TenantOperation | None:
    """The latest operation of this kind that ended well."""
    with in_public():
        done = TenantOperation.objects.filter(schema_name=schema_name, kind=kind, error="")
        return done.exclude(finished_at=None).first()


def broke_off(schema_name: str, kind: str) -> bool:
    """Whether an operation of this kind on this schema was begun and has no end."""
    with in_public():
        return TenantOperation.objects.filter(schema_name=schema_name, kind=kind, finished_at=None).exists()


def is_dead(row: TenantOperation, now: datetime.datetime) -> bool:
    """Whether the process of an unfinished operation is gone or has let go: asked of this computer, guessed of others."""
    if row.pid == LET_GO:
        return True
    if row.host == socket.gethostname():
        try:
            os.kill(row.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return False
    return now - row.heartbeat_at > SILENT_FOR


def _begin(kind: str, schema_name: str, parameters: dict[str, Any], operator: str) -> tuple[TenantOperation, str]:
    now = timezone.now()
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "heartbeat_at": now, "operator": operator}
    with in_public():
        try:
            with transaction.atomic():
                row = TenantOperation.objects.create(
                    kind=kind, schema_name=schema_name, parameters=parameters, started_at=now, **mine
                )
        except IntegrityError:
            return _take_over(kind, schema_name, parameters, mine, now)
        return row, ""


def _take_over(
    kind: str, schema_name: str, parameters: dict[str, Any], mine: dict[str, Any], now: datetime.datetime
) -> tuple[TenantOperation, str]:
    unfinished = TenantOperation.objects.filter(schema_name=schema_name, finished_at=None).first()
    if unfinished is None:  # it ended between our try and our look
        raise OperationHeld(schema_name, "")
    if not is_dead(unfinished, now):
        raise OperationHeld(schema_name, unfinished.get_kind_display())
    if unfinished.kind != kind:
        raise OperationUnfinished(schema_name, unfinished.get_kind_display(), unfinished.kind)
    taken = TenantOperation.objects.filter(pk=unfinished.pk, attempt=unfinished.attempt, finished_at=None)
    if not taken.update(attempt=F("attempt") + 1, parameters=parameters, **mine):
        raise OperationHeld(schema_name, unfinished.get_kind_display())
    row = TenantOperation.objects.get(pk=unfinished.pk)
    return row, row.step


def _who() -> str:
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or ""
