"""Taking tables for a moment while people work with them.

Whoever waits for a table keeps everybody waiting who comes after. So nobody here waits longer than a moment: then the
table is left to the others and asked for again. PostgreSQL looks for deadlocks after a second; until then nobody else's
request is ended for our sake.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import OperationalError, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.transactions import LOCK_TIMEOUT, sqlstate

TURN = 0.9  # seconds that others may be kept waiting
PAUSE = 0.6  # seconds that are left to them in between
PATIENCE = 120.0  # seconds until we give up
QUERY_CANCELED = "57014"


class TablesInUse(DomainError):
    """Somebody kept the tables all the time."""

    code = "tables_in_use"

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(
            _(
                "The tables %(tables)s were in use for two minutes without a break. Nothing was changed: find the long "
                "transaction in pg_stat_activity, or repeat the command when there is less to do."
            )
            % {"tables": ", ".join(tables)}
        )


def take_tables(
    schema_editor: BaseDatabaseSchemaEditor, tables: Sequence[str], *, mode: str = "ACCESS EXCLUSIVE"
) -> None:
    """Lock these tables of the current schema until the end of the transaction, all or none. Raises TablesInUse.

    Call it before anything else is locked: while we pause, what was locked before stays locked. First comes the table that
    people most likely begin with.
    """
    if not tables:
        return
    given = order = list(dict.fromkeys(tables))
    turned = 0
    connection = schema_editor.connection
    give_up = time.monotonic() + PATIENCE
    while True:
        statement = f"LOCK TABLE {', '.join(map(schema_editor.quote_name, order))} IN {mode} MODE"
        if schema_editor.collect_sql:
            schema_editor.execute(statement)
            return
        try:
            with transaction.atomic(connection.alias), _limit(schema_editor, f"{TURN * 1000:.0f}ms"):
                schema_editor.execute(statement)
        except OperationalError as error:
            if sqlstate(error) not in {LOCK_TIMEOUT, QUERY_CANCELED}:
                raise
            if time.monotonic() > give_up:
                raise TablesInUse(tables) from error
        else:
            return
        time.sleep(PAUSE)
        # Whoever has the second table and is about to ask for the first waits for us and we for him. Beginning with the
        # table that people begin with there is no such thing: every other time another one is tried.
        turned += 1
        begin = (turned + 1) // 2 % len(given) if turned % 2 else 0
        order = [*given[begin:], *given[:begin]]


@contextmanager
def unhurried(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """A transaction in which a statement may take as long as it takes: one that looks at all rows and locks nobody out."""
    with transaction.atomic(schema_editor.connection.alias), _limit(schema_editor, "0"):
        yield


@contextmanager
def _limit(schema_editor: BaseDatabaseSchemaEditor, limit: str) -> Iterator[None]:
    """How long a statement may take. The error of one that took longer takes the setting back by itself."""
    if schema_editor.collect_sql:
        yield
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [limit])
        yield
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
