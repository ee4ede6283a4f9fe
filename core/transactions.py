"""The outermost transaction: who owns it, how long it may wait, what is tried again.

A view, a command or a job calls a service through `run`. Services themselves use plain `atomic()` and compose. The
limits (5 s for a lock, 15 s for a statement) come with the connection, see myproject.settings.
"""

import logging
import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction

from core.errors import Busy

Result = TypeVar("Result")
logger = logging.getLogger(__name__)

DEADLOCK, SERIALIZATION, LOCK_TIMEOUT = "40P01", "40001", "55P03"
ATTEMPTS = 4


def sqlstate(error: BaseException) -> str | None:
    """The five-character code PostgreSQL gave for a Django database error, if there is one."""
    return getattr(error.__cause__, "pgcode", None)


_in_run: ContextVar[bool] = ContextVar("in_run", default=False)


def unit() -> transaction.Atomic:
    """`atomic()` for a service that is called all day: without a savepoint directly inside `run`, where a refusal ends
    the whole work anyway. That is two round trips less. Anywhere else the caller may go on after a refusal."""
    return transaction.atomic(savepoint=not _in_run.get() or bool(connection.savepoint_ids))


def run(work: Callable[[], Result]) -> Result:
    """Run `work` in one durable transaction and return its result.

    A deadlock or a serialization failure is tried again, up to four times with a random pause; `work` must therefore
    have no effect outside the database. A lock that is not free in time raises `Busy` and is not tried again: the
    person decides.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(durable=True):
                token = _in_run.set(True)
                try:
                    return work()
                finally:
                    _in_run.reset(token)
        except (OperationalError, DatabaseError) as error:
            state = sqlstate(error)
            if state == LOCK_TIMEOUT:
                raise Busy from error
            if state not in {DEADLOCK, SERIALIZATION} or attempt == ATTEMPTS:
                raise
            logger.warning("transaction repeated after %s, attempt %s", state, attempt)
            time.sleep(random.uniform(0, 0.05) * 2**attempt)  # noqa: S311 - a pause, not a secret
    raise AssertionError("unreachable")
