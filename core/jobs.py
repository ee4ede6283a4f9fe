"""Work that is done after the answer: asked for in the caller's transaction, done by a worker, tried again when it fails.

    @job()
    def mail_invitation(user_id: int) -> None: …

    mail_invitation.enqueue(user.pk)

The row is written in the transaction of whoever asks: without its commit there is no job, and with it the job is done,
whatever becomes of the process. It is done **at least once**: a worker may die between the effect and the note of it. So a
job is told keys, looks at things as they are when it runs, and does nothing when that is already so. Its name and its
arguments are stored: whoever renames a job keeps the old name for a release.

Jobs belong to the schema they were asked for in, which is always their first argument. The table is public: names and
texts of people, passwords and links have no place in the arguments.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import wraps
from traceback import format_exception
from typing import Any, ParamSpec, TypeAlias

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import Task, TaskResultStatus
from django_tasks.utils import normalize_json
from django_tasks_db.models import DBTaskResult, get_date_max
from django_tenants.utils import get_public_schema_name, get_tenant_model, schema_exists

from core.tenancy import current_schema_name, in_public, in_schema, leave_room_for

P = ParamSpec("P")
Row: TypeAlias = DBTaskResult[..., None]
logger = logging.getLogger(__name__)

READY, RUNNING = TaskResultStatus.READY, TaskResultStatus.RUNNING
DONE, FAILED = TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED

ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
# A closed shop may open again: its jobs wait, and are looked at so often.
CLOSED_PAUSE = timedelta(hours=1)
WITHIN = timedelta(days=30)
DONE_KEPT, FAILED_KEPT = timedelta(days=3), timedelta(days=30)
# Keys of jobs that are asked for once, see Job.enqueue_once.
_KEYS = uuid.UUID("6f0f6d53-4a0e-4c39-9d5c-3f5bb0c1a7be")


class JobOverdue(Exception):
    """The job could not be done in the time in which it made sense."""


class WorkerGone(Exception):
    """The worker ended in the middle of the job."""


@dataclass(frozen=True, kw_only=True)
class Job(Task):  # type: ignore[type-arg]
    """A job as it is declared. Only `on_platform` jobs may be asked for in the public schema.

    It is tried `attempts` times with growing pauses, and not at all any more when `within` is over since it was asked for.
    Only `when_closed` jobs are done while their shop is closed; the others wait until it is open again.
    """

    on_platform: bool = False
    attempts: int = ATTEMPTS
    within: timedelta = WITHIN
    when_closed: bool = False

    def enqueue(self, *args: Any, **kwargs: Any) -> Any:
        """Ask for it in the current schema and transaction. Raises RuntimeError in public for a shop's job."""
        return super().enqueue(self._place(), *args, **kwargs)

    def enqueue_once(self, key: str, *args: Any, **kwargs: Any) -> bool:
        """Likewise, but only the first of all who ask with this key in this schema does. False for the others.

        The key is known as long as the row is kept: at least three days.
        """
        place = self._place()
        row = Row(
            id=uuid.uuid5(_KEYS, f"{place}:{self.module_path}:{key}"),
            args_kwargs=normalize_json({"args": [place, *args], "kwargs": kwargs}),
            priority=self.priority,
            task_path=self.module_path,
            queue_name=self.queue_name,
            backend_name=self.backend,
            run_after=self.run_after or get_date_max(),
        )
        if DBTaskResult.objects.filter(pk=row.pk).exists():
            return False
        DBTaskResult.objects.bulk_create([row], ignore_conflicts=True)
        return True

    def newest(self, *args: Any) -> Row | None:
        """The last one that was asked for in the current schema, with these first arguments; None when none is known any
        more."""
        wanted = {f"args_kwargs__args__{number}": value for number, value in enumerate([self._place(), *args])}
        with in_public():
            asked = DBTaskResult.objects.filter(task_path=self.module_path, **wanted)
            row: Row | None = asked.order_by("-enqueued_at").first()
        return row

    def _place(self) -> str:
        name = current_schema_name()
        if name == get_public_schema_name() and not self.on_platform:
            raise RuntimeError(
                f"The job {self.name} belongs to a shop, but no shop is set. Enter one with core.tenancy.in_schema()."
            )
        return name


def job(
    *,
    on_platform: bool = False,
    attempts: int = ATTEMPTS,
    within: timedelta = WITHIN,
    priority: int = 0,
    when_closed: bool = False,
) -> Callable[[Callable[P, None]], Job]:
    """Make a function of a module a job. It is called in the schema where it was asked for, in no transaction.

    `priority` is from -100, last, to 100.
    """

    def declare(function: Callable[P, None]) -> Job:
        @wraps(function)
        def in_its_schema(schema_name: str, *args: P.args, **kwargs: P.kwargs) -> None:
            with in_schema(schema_name):
                function(*args, **kwargs)

        return Job(
            func=in_its_schema,
            on_platform=on_platform,
            attempts=attempts,
            within=within,
            priority=priority,
            when_closed=when_closed,
        )

    return declare


# --- Doing them: for workers ------------------------------------------------------------------------------------------


class Outcome(Enum):
    """What became of one try."""

    DONE = "done"
    AGAIN = "again"  # failed, and will be tried again
    FAILED = "failed"  # for good
    WAITING = "waiting"  # the shop is closed
    DROPPED = "dropped"  # the shop is gone


def claim(worker_id: str, hold: Callable[[uuid.UUID], None] = lambda pk: None) -> Row | None:
    """Take the next job that is due, or None. `hold` is called with its key before anybody sees that it is taken."""
    with in_public(), transaction.atomic():
        due = DBTaskResult.objects.ready()
        row: Row | None = due.select_for_update(skip_locked=True, no_key=True).first()
        if row is not None:
            hold(row.pk)
            row.claim(worker_id)
    return row


def place_of(row: Row) -> str:
    """The schema a job belongs to. A row without one, which somebody wrote by hand, fails on the platform."""
    arguments = row.args_kwargs.get("args")
    return str(arguments[0]) if arguments else get_public_schema_name()


def perform(row: Row) -> Outcome:
    """Do a job that was claimed, in its schema, and write down what became of it."""
    schema_name = place_of(row)
    leave_room_for(schema_name)
    with in_schema(schema_name):  # so that the log names the shop
        return _perform(row, schema_name)


def take_back_from_the_dead() -> int:
    """Give jobs whose worker is gone to the others, and answer how many.

    A living worker holds a lock on the row of its job (core.worker.Hold), which PostgreSQL gives up with its connection.
    """
    with in_public(), transaction.atomic():
        gone = list(DBTaskResult.objects.running().select_for_update(skip_locked=True))
        for row in gone:
            with in_schema(place_of(row)):
                _try_again(row, WorkerGone("The worker ended in the middle of the job."))
    return len(gone)


def try_again(rows: Iterable[Row]) -> int:
    """Let jobs that failed for good begin anew, at once; answer how many did."""
    with in_public():
        failed = DBTaskResult.objects.failed().filter(pk__in=[row.pk for row in rows])
        return failed.update(status=READY, run_after=timezone.now(), worker_ids=[])


def forget_jobs(*, now: datetime) -> int:
    """Remove the rows of jobs that were done three days ago, or failed for good a month ago; answer how many."""
    with in_public():
        over = DBTaskResult.objects.successful().filter(finished_at__lt=now - DONE_KEPT)
        given_up = DBTaskResult.objects.failed().filter(finished_at__lt=now - FAILED_KEPT)
        return sum(rows.delete()[0] for rows in (over, given_up))


def _perform(row: Row, schema_name: str) -> Outcome:
    now, began = timezone.now(), time.monotonic()
    hindrance = _hindrance(schema_name, row.enqueued_at, when_closed=getattr(_declared(row), "when_closed", False))
    if hindrance is Outcome.DROPPED:
        _mark(row, status=DONE, finished_at=now, traceback="The shop it was for is gone.")
        logger.warning("%s is not done: the shop it was for is gone", row.task_name)
        return hindrance
    try:
        found = import_string(row.task_path)
        # What failed for good and was let begin anew has `finished_at`, and its time begins there.
        if now - (row.finished_at or row.enqueued_at) > found.within:
            raise JobOverdue(f"It could not be done within {found.within}.")
        if hindrance is Outcome.WAITING:
            _mark(row, status=READY, run_after=now + CLOSED_PAUSE, worker_ids=row.worker_ids[:-1])
            logger.info("%s waits: the shop is closed", row.task_name)
            return hindrance
        found.func(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a job raises is its own trouble alone
        return _try_again(row, error)
    _mark(row, status=DONE, finished_at=timezone.now(), exception_class_path="", traceback="")
    logger.info("%s done in %.2f s", row.task_name, time.monotonic() - began)
    return Outcome.DONE


def _declared(row: Row) -> Job | None:
    """The job as this program declares it; None for one of another version of the program."""
    try:
        found: Job = import_string(row.task_path)
    except Exception:  # noqa: BLE001 - whatever importing raises: perhaps the next worker has it
        return None
    return found


def _hindrance(schema_name: str, asked_at: datetime, *, when_closed: bool) -> Outcome | None:
    """Why a shop's job can't be done now: DROPPED when the shop it was for is gone, or another has its name, WAITING
    while it is closed, unless it is a job for `when_closed`; None when nothing is in the way."""
    if schema_name == get_public_schema_name():
        return None
    with in_public():
        shop = get_tenant_model().objects.filter(schema_name=schema_name).first()
        # Without its schema a shop's queries would fall through to the platform's tables.
        if shop is None or shop.created_at > asked_at or not schema_exists(schema_name):
            return Outcome.DROPPED
        if when_closed or shop.is_open_on(timezone.localdate()):
            return None
        return Outcome.DROPPED if shop.status == "closing" else Outcome.WAITING


def _try_again(row: Row, error: BaseException) -> Outcome:
    now = timezone.now()
    tried, kind = len(row.worker_ids), type(error)
    attempts = getattr(_declared(row), "attempts", ATTEMPTS)
    why = {
        "exception_class_path": f"{kind.__module__}.{kind.__qualname__}",
        "traceback": "".join(format_exception(error)),
    }
    if tried >= attempts or isinstance(error, JobOverdue):
        _mark(row, status=FAILED, finished_at=now, **why)
        logger.error("%s failed for good after %s attempts: %s: %s", row.task_name, tried, kind.__name__, error)
        return Outcome.FAILED
    pause = pause_after(tried)
    _mark(row, status=READY, run_after=now + pause, **why)
    logger.warning(
        "%s failed, attempt %s of %s, again in %s s: %s: %s",
        row.task_name,
        tried,
        attempts,
        round(pause.total_seconds()),
        kind.__name__,
        error,
    )
    return Outcome.AGAIN


def pause_after(tried: int) -> timedelta:
    """How long a job rests after `tried` failures: half a minute, two, eight, …, at most six hours, a bit scattered."""
    pause = min(FIRST_PAUSE * 4 ** min(tried - 1, 10), LONGEST_PAUSE)
    return pause * random.uniform(0.9, 1.1)  # noqa: S311 - a pause, not a secret


def _mark(row: Row, **values: Any) -> None:
    """Write down what became of a claimed job, unless somebody else was given it meanwhile."""
    with in_public():
        mine = DBTaskResult.objects.filter(pk=row.pk, status=RUNNING, worker_ids=row.worker_ids)
        if not mine.update(**values):
            logger.warning("%s was given to another worker meanwhile", row.task_name)
