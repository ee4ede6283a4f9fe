"""Tables are waited for in turns, and nobody is kept waiting for longer than one."""

import threading
import time

import pytest
from django.db import connection, connections

from core.migrations_support import locks
from core.migrations_support.locks import TablesInUse, take_tables

pytestmark = pytest.mark.race


def holding(schema, seconds, begun):
    """Somebody who reads a table and stays in his transaction."""
    from django.db import transaction

    connection.set_schema(schema)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE core_shopflag IN ACCESS SHARE MODE")
            begun.set()
            time.sleep(seconds)
    finally:
        connections.close_all()


@pytest.fixture
def held(committed_shop):
    """`held(2)`: the table is somebody else's for 2 seconds."""
    threads = []

    def hold(seconds):
        begun = threading.Event()
        threads.append(threading.Thread(target=holding, args=(committed_shop.schema_name, seconds, begun)))
        threads[-1].start()
        assert begun.wait(10)

    yield hold
    for thread in threads:
        thread.join(timeout=30)


def test_a_table_that_is_in_use_is_asked_for_again(held, monkeypatch):
    monkeypatch.setattr(locks, "TURN", 0.2)
    monkeypatch.setattr(locks, "PAUSE", 0.1)
    held(1)
    began = time.monotonic()
    with connection.schema_editor() as editor:
        take_tables(editor, ["core_shopflag", "core_recentaction"])
        assert time.monotonic() - began > 0.5, "it was not in use"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'"
            )
            assert cursor.fetchone() == (2,)
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("15s",), "the limit of the attempt stayed behind"


def test_who_gets_no_turn_gives_up_with_a_sentence_and_keeps_nothing(held, monkeypatch):
    monkeypatch.setattr(locks, "TURN", 0.1)
    monkeypatch.setattr(locks, "PAUSE", 0.05)
    monkeypatch.setattr(locks, "PATIENCE", 0.3)
    held(2)
    with connection.schema_editor() as editor:
        with pytest.raises(TablesInUse) as refusal:
            take_tables(editor, ["core_recentaction", "core_shopflag"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'"
            )
            assert cursor.fetchone() == (0,)
    assert str(refusal.value) == (
        "The tables core_recentaction, core_shopflag were in use for two minutes without a break. Nothing was changed: "
        "find the long transaction in pg_stat_activity, or repeat the command when there is less to do."
    )
