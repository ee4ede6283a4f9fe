"""A worker that was killed while it waited keeps nothing locked."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection, transaction

from inventory.models import Stock
from inventory.tests.factories import stock_of, stocked

pytestmark = pytest.mark.race

# Takes the second row, then waits for the first for as long as a minute.
WAITS = """
import django
django.setup()
from django.db import connection, transaction
connection.set_schema({schema!r})
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute("set lock_timeout = '60s'; set statement_timeout = '60s'; set application_name = 'to be killed'")
    cursor.execute("set client_connection_check_interval = {interval!r}") if {interval!r} else None
    cursor.execute("select 1 from inventory_stock where id = {second} for update")
    cursor.execute("select 1 from inventory_stock where id = {first} for update")
"""


def sessions(*, waiting=False):
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")  # a transaction sees its first look again and again
        cursor.execute(
            "select count(*) from pg_stat_activity where application_name = 'to be killed'"
            " and (wait_event_type = 'Lock' or not %s)",
            [waiting],
        )
        return cursor.fetchone()[0]


def until(happened, *, seconds):
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return happened()


def killed_while_it_waits(first, second, *, interval=""):
    """Whether its session has ended ten seconds later, while the first row is still held."""
    parts = connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
    work = WAITS.format(schema=connection.schema_name, first=first.pk, second=second.pk, interval=interval)
    with transaction.atomic():
        Stock.objects.select_for_update().get(pk=first.pk)
        process = subprocess.Popen(
            [sys.executable, "-c", work], cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "myproject.settings"},
        )  # fmt: skip
        try:
            assert until(lambda: sessions(waiting=True) == 1, seconds=60)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        return until(lambda: sessions() == 0, seconds=10)


def test_it_is_noticed_while_it_still_waits(committed_shop):
    first, second = stock_of(stocked("Rose")), stock_of(stocked("Tulip"))
    assert killed_while_it_waits(first, second)
    with transaction.atomic():
        assert Stock.objects.select_for_update(nowait=True).get(pk=second.pk) == second


def test_without_looking_it_holds_its_lock_until_its_wait_ends(committed_shop):
    """The control: nobody looks whether the worker is still there."""
    first, second = stock_of(stocked("Rose")), stock_of(stocked("Tulip"))
    assert not killed_while_it_waits(first, second, interval="0")
    assert until(lambda: sessions() == 0, seconds=30), "it ends when it gets the row it waited for"
