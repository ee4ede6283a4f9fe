"""The process that does the jobs: takes them one by one, finishes the one at hand when it is asked to stop."""

import logging
import os
import socket
import threading
import time
import uuid
from collections import Counter
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from core.daily import begin_day
from core.jobs import Outcome, claim, perform, take_back_from_the_dead

logger = logging.getLogger(__name__)

ROUND_SECONDS = 15.0
LONGEST_REST = 30.0


class Hold:
    """A second connection that holds a lock on the row of the job at hand.

    PostgreSQL gives the lock up when the process is gone, however it went, on whichever computer it ran. `FOR KEY SHARE`
    lets the worker itself write the row, and nobody take it.
    """

    def __init__(self) -> None:
        self._connection: Any = connection.copy()

    def take(self, pk: uuid.UUID) -> None:
        """Hold the row until `release`."""
        self._connection.set_autocommit(False)
        with self._connection.cursor() as cursor:
            # Until the end of the job the connection has nothing to say. That the other computer has vanished PostgreSQL
            # is to notice within two minutes.
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', '0', true),"
                " set_config('tcp_keepalives_idle', '60', true), set_config('tcp_keepalives_interval', '15', true),"
                " set_config('tcp_keepalives_count', '4', true)"
            )
            cursor.execute("SELECT 1 FROM django_tasks_database_dbtaskresult WHERE id = %s FOR KEY SHARE", [str(pk)])

    def release(self) -> None:
        """Let go of it."""
        try:
            self._connection.rollback()
        except (DatabaseError, InterfaceError):
            self.close()

    def close(self) -> None:
        """Close the connection; the next `take` opens another."""
        self._connection.close()


class Worker:
    """Does jobs until `stop`. With `days` it also begins the day's work, once a day however many workers there are."""

    def __init__(self, *, interval: float = 1.0, days: bool = False) -> None:
        self.interval = interval
        self.days = days
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:64]
        self.outcomes: Counter[Outcome] = Counter()
        self._hold = Hold()
        self._stopping = threading.Event()
        self._next_round = 0.0

    def stop(self, *_signal: Any) -> None:
        """Finish the job at hand and end; with nothing at hand end at once."""
        self._stopping.set()

    def run(self, *, once: bool = False) -> None:
        """Work until `stop`, or with `once` until nothing is due. A database that is away is waited for."""
        rest = self.interval
        while not self._stopping.is_set():
            try:
                found = self._step()
                rest = self.interval
            except (DatabaseError, InterfaceError) as error:
                if once:
                    raise
                found, rest = False, min(rest * 2, LONGEST_REST)
                logger.warning("the database does not answer, again in %.0f s: %s", rest, str(error).strip())
                connection.close()
                self._hold.close()
            if not found:
                if once:
                    break
                self._stopping.wait(rest)
        self._hold.close()

    def _step(self) -> bool:
        """Do one job; False when none is due."""
        close_old_connections()
        if time.monotonic() >= self._next_round:
            self._next_round = time.monotonic() + ROUND_SECONDS
            take_back_from_the_dead()
            if self.days:
                begin_day()
        try:
            row = claim(self.name, self._hold.take)
            if row is not None:
                self.outcomes[perform(row)] += 1
        finally:
            self._hold.release()
        return row is not None
