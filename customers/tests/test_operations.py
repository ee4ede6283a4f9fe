"""The journal of operations: alone on a shop, every step written down, a dead process's work carried on."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from customers.errors import OperationHeld, OperationUnfinished, TakenOver
from customers.models import TenantOperation
from customers.services.operations import SILENT_FOR, is_dead, last_of, operation

BACKUP, DROP = TenantOperation.Kind.BACKUP, TenantOperation.Kind.DROP


def dead_pid():
    """The number of a process that has just ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def broken_off(step="dumped", **fields):
    now = timezone.now()
    values = {"kind": BACKUP, "host": os.uname().nodename, "pid": dead_pid(), "started_at": now, "heartbeat_at": now}
    return TenantOperation.objects.create(schema_name="rose", step=step, **{**values, **fields})


def test_an_operation_is_written_down_with_its_steps_and_its_end(shops):
    with operation(BACKUP, "rose", parameters={"files": True}, operator="anna") as journal:
        row = TenantOperation.objects.get(kind=BACKUP)
        assert (row.kind, row.finished_at, row.step, row.attempt) == ("backup", None, "", 1)
        journal.step("dumped")
        assert TenantOperation.objects.get(kind=BACKUP).step == "dumped"
    row = TenantOperation.objects.get(kind=BACKUP)
    assert row.finished_at is not None
    assert (row.error, row.parameters, row.operator, row.pid) == ("", {"files": True}, "anna", os.getpid())
    assert last_of("rose", BACKUP) == row


def test_a_failure_ends_the_operation_and_is_no_success(committed_shop):
    connection.set_schema_to_public()
    with pytest.raises(OSError, match="disk"), operation(BACKUP, "rose"):
        raise OSError("the disk is full")
    row = TenantOperation.objects.get(kind=BACKUP)
    assert (row.finished_at is not None, row.error) == (True, "OSError: the disk is full")
    assert last_of("rose", BACKUP) is None
    with operation(BACKUP, "rose"):
        pass
    assert last_of("rose", BACKUP) is not None


def test_where_there_is_only_a_way_forward_an_error_leaves_it_to_whoever_asks_again(committed_shop):
    connection.set_schema_to_public()
    with pytest.raises(OSError, match="store"), operation(BACKUP, "rose") as journal:
        journal.step("renamed")
        journal.only_forward()
        raise OSError("the store is away")
    row = TenantOperation.objects.get(kind=BACKUP)
    assert (row.finished_at, row.step, row.error) == (None, "renamed", "OSError: the store is away")
    assert is_dead(row, timezone.now())
    with pytest.raises(OperationUnfinished), operation(DROP, "rose"):
        pass
    with operation(BACKUP, "rose") as journal:
        assert journal.resumed_at == "renamed"
    row.refresh_from_db()
    assert (row.finished_at is not None, row.error, row.attempt, row.pid) == (True, "", 2, os.getpid())


def test_inside_a_transaction_what_fails_leaves_no_line(shops):
    with pytest.raises(IntegrityError), transaction.atomic(), operation(BACKUP, "rose"):
        broken_off()
    assert not TenantOperation.objects.filter(kind=BACKUP).exists()


@pytest.mark.parametrize(("language", "said"), [("en", "wait until it has ended"), ("ru", "дождитесь")])
def test_a_second_operator_is_refused_and_changes_nothing(shops, language, said):
    with operation(BACKUP, "rose"):
        before = list(TenantOperation.objects.values())
        with translation.override(language), pytest.raises(OperationHeld) as refusal, operation(DROP, "rose"):
            raise AssertionError("entered")
        assert said in str(refusal.value)
        assert refusal.value.exit_code == 4
        assert list(TenantOperation.objects.values()) == before
        with operation(DROP, "tulip"):
            pass


def test_what_a_dead_process_began_is_carried_on_by_the_same_command(shops):
    row = broken_off()
    with operation(BACKUP, "rose") as journal:
        assert journal.resumed_at == "dumped"
        assert (journal.row.pk, journal.row.attempt, journal.row.pid) == (row.pk, 2, os.getpid())
    assert TenantOperation.objects.get(kind=BACKUP).finished_at is not None


@pytest.mark.parametrize(("language", "said"), [("en", "give that command once more"), ("ru", "повторите")])
def test_another_command_waits_until_the_broken_one_was_carried_on(shops, language, said):
    broken_off()
    before = list(TenantOperation.objects.values())
    with translation.override(language), pytest.raises(OperationUnfinished) as refusal, operation(DROP, "rose"):
        raise AssertionError("entered")
    assert said in str(refusal.value)
    assert (refusal.value.exit_code, refusal.value.data) == (4, {"kind": "backup"})
    assert list(TenantOperation.objects.values()) == before


def test_a_process_that_was_replaced_stops(committed_shop):
    connection.set_schema_to_public()
    with pytest.raises(TakenOver), operation(BACKUP, "rose") as journal:
        TenantOperation.objects.filter(kind=BACKUP).update(attempt=2)
        journal.step("dumped")
    row = TenantOperation.objects.get(kind=BACKUP)
    assert (row.step, row.finished_at, row.error) == ("", None, "")


def test_of_another_computer_only_its_silence_tells_that_it_is_dead(shops):
    now = timezone.now()
    row = broken_off(host="elsewhere")
    assert not is_dead(row, now)
    assert is_dead(row, now + SILENT_FOR + timedelta(seconds=1))
    row.host, row.pid = os.uname().nodename, 1
    assert not is_dead(row, now + SILENT_FOR * 2), "process 1 always lives"


@pytest.mark.slow
def test_a_killed_process_leaves_its_step_and_the_next_one_carries_on(committed_shop):
    work = (
        "import django, os, signal; django.setup()\n"
        "from customers.services.operations import operation\n"
        "with operation('backup', 'rose') as journal:\n"
        "    journal.step('dumped')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    done = subprocess.run(
        [sys.executable, "-c", work],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "myproject.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    connection.set_schema_to_public()
    row = TenantOperation.objects.get(kind=BACKUP)
    assert (row.step, row.finished_at, row.pid != os.getpid()) == ("dumped", None, True)
    with operation(BACKUP, "rose") as journal:
        assert journal.resumed_at == "dumped"
