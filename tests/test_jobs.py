"""Jobs: asked for with the deed, done in the right shop, tried again, and done although their worker was killed."""

import os
import re
import signal
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from core.jobs import (
    FAILED,
    Job,
    Outcome,
    claim,
    forget_jobs,
    job,
    pause_after,
    perform,
    take_back_from_the_dead,
    try_again,
)
from core.models import ShopFlag
from core.tenancy import current_schema_name, in_public, in_schema
from core.worker import Hold, Worker
from customers.models import Client

HERE = "tests.test_jobs"
calls = []


@job()
def note(word):
    calls.append((current_schema_name(), word))


@job(on_platform=True)
def note_anywhere(word):
    calls.append((current_schema_name(), word))


@job(attempts=3)
def fail(word):
    raise ValueError(f"not {word}")


@job()
def leave():
    sys.exit(7)


@job()
def raise_flag(name, seconds=0.0):
    """What every job must be like: a second time changes nothing. Ends its own process the first time it is asked to."""
    ShopFlag.objects.get_or_create(name=name)
    fuse = os.environ.get("FUSE")
    if fuse and Path(fuse).exists():
        Path(fuse).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(seconds)


@pytest.fixture(autouse=True)
def _no_calls():
    calls.clear()


@pytest.fixture
def told(monkeypatch):
    """What the log says."""
    lines = []
    for level in ("info", "warning", "error"):
        monkeypatch.setattr(
            f"core.jobs.logger.{level}", lambda text, *values: lines.append((current_schema_name(), text % values))
        )
    return lines


def only():
    [row] = DBTaskResult.objects.all()
    return row


def test_a_job_is_done_in_the_shop_that_asked_for_it(shop, do_jobs):
    note.enqueue("rose")
    with in_schema("tulip"):
        note.enqueue("tulip")
    with in_public():
        note_anywhere.enqueue("platform")
        assert do_jobs() == 3
        assert current_schema_name() == "public"
    assert sorted(calls) == [("public", "platform"), ("rose", "rose"), ("tulip", "tulip")]
    assert do_jobs() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = 'django_tasks_database_dbtaskresult'")
        assert cursor.fetchall() == [("public",)], "one queue for all, in no shop's schema"


def test_a_shops_job_is_refused_on_the_platform(platform):
    with pytest.raises(RuntimeError, match="belongs to a shop, but no shop is set"):
        note.enqueue("x")
    with pytest.raises(RuntimeError, match="belongs to a shop, but no shop is set"):
        note.enqueue_once("key", "x")
    assert not DBTaskResult.objects.exists()


def test_without_the_deed_there_is_no_job(shop, do_jobs):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        note.enqueue("x")
        raise ZeroDivisionError
    assert do_jobs() == 0
    assert calls == []


def test_what_is_asked_for_once_is_done_once_in_each_shop(shop, do_jobs):
    assert [note.enqueue_once("today", word) for word in "ab"] == [True, False]
    assert note.enqueue_once("tomorrow", "c")
    with in_schema("tulip"):
        assert note.enqueue_once("today", "d")
    do_jobs()
    assert not note.enqueue_once("today", "e"), "also when it is done"
    assert sorted(calls) == [("rose", "a"), ("rose", "c"), ("tulip", "d")]


def test_the_important_comes_first_then_the_older(shop, do_jobs):
    note.using(priority=-5).enqueue("last")
    note.enqueue("first")
    note.enqueue("second")
    note.using(priority=9).enqueue("at once")
    note.using(run_after=timezone.now() + timedelta(hours=1)).enqueue("later")
    assert do_jobs() == 4
    assert [word for _schema, word in calls] == ["at once", "first", "second", "last"]


def test_what_fails_is_tried_again_with_growing_pauses_and_then_given_up(shop, told):
    fail.enqueue("this")
    for attempt in (1, 2):
        assert perform(claim("test")) is Outcome.AGAIN
        row = only()
        pause = (row.run_after - timezone.now()).total_seconds()
        assert 25 * 4 ** (attempt - 1) < pause < 35 * 4 ** (attempt - 1)
        assert claim("test") is None, "not before its time"
        DBTaskResult.objects.update(run_after=timezone.now())
    assert perform(claim("test")) is Outcome.FAILED
    row = only()
    assert (row.status, row.exception_class_path, len(row.worker_ids)) == (FAILED, "builtins.ValueError", 3)
    assert "ValueError: not this" in row.traceback
    assert claim("test") is None
    assert [schema for schema, _line in told] == ["rose"] * 3, "the log names the shop"
    assert "attempt 2 of 3" in told[1][1]
    assert "failed for good after 3 attempts" in told[2][1]


def test_pauses_end_at_six_hours():
    hours = [pause_after(tried).total_seconds() / 3600 for tried in (1, 5, 8, 500)]
    assert hours[0] < 0.01
    assert 1.9 < hours[1] < 2.4
    assert all(5.3 < value < 6.7 for value in hours[2:])


def test_a_job_that_would_end_its_worker_only_fails(shop):
    leave.enqueue()
    assert perform(claim("test")) is Outcome.AGAIN
    assert only().exception_class_path == "builtins.SystemExit"


def test_a_job_this_program_does_not_know_waits_for_a_worker_that_does(shop):
    note.enqueue("x")
    DBTaskResult.objects.update(task_path="core.no_such_module.job")
    assert perform(claim("test")) is Outcome.AGAIN
    assert "No module named" in only().traceback


def test_a_row_that_somebody_wrote_by_hand_stops_no_worker(shop):
    for arguments in ({"args": [], "kwargs": {}}, {"args": ["rose'; x"], "kwargs": {}}):
        DBTaskResult.objects.create(args_kwargs=arguments, task_path=note.module_path, backend_name="default")
    outcomes = {perform(claim("test")), perform(claim("test"))}
    assert outcomes == {Outcome.AGAIN, Outcome.DROPPED}
    assert "public" in listed()
    DBTaskResult.objects.update(status="RUNNING")
    assert take_back_from_the_dead() == 2


def test_what_failed_for_good_may_begin_anew_even_after_its_time(shop):
    fail.enqueue("x")
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(days=31))
    Client.objects.update(created_at=timezone.now() - timedelta(days=90))
    assert perform(claim("test")) is Outcome.FAILED
    assert "JobOverdue" in only().traceback
    assert try_again(DBTaskResult.objects.all()) == 1
    assert try_again(DBTaskResult.objects.all()) == 0
    assert perform(claim("test")) is Outcome.AGAIN, "with all its attempts"
    assert "ValueError" in only().traceback


@pytest.mark.parametrize("how", ["suspended", "not paid"])
def test_a_closed_shops_jobs_wait_for_it_to_open(shop, how, do_jobs):
    note.enqueue("x")
    with in_public():
        if how == "suspended":
            Client.objects.filter(pk=shop.pk).update(status="suspended")
        else:
            Client.objects.filter(pk=shop.pk).update(paid_until=timezone.localdate() - timedelta(days=20))
        assert perform(claim("test")) is Outcome.WAITING
        assert (calls, only().worker_ids) == ([], []), "waiting is no attempt"
        assert claim("test") is None
        Client.objects.filter(pk=shop.pk).update(status="active", paid_until=None)
        DBTaskResult.objects.update(run_after=timezone.now())
        assert do_jobs() == 1
    assert calls == [("rose", "x")]


def gone(shop):
    Client.objects.filter(pk=shop.pk).delete()


def closing(shop):
    Client.objects.filter(pk=shop.pk).update(status="closing")


def another_of_this_name(shop):
    Client.objects.filter(pk=shop.pk).update(created_at=timezone.now() + timedelta(seconds=1))


def without_schema(shop):
    with connection.cursor() as cursor:
        cursor.execute("ALTER SCHEMA rose RENAME TO _aside")


@pytest.mark.parametrize("what", [gone, closing, another_of_this_name, without_schema])
def test_a_job_of_a_shop_that_is_gone_is_not_done_for_anybody_else(shop, what, told):
    note.enqueue("x")
    with in_public():
        what(shop)
        assert perform(claim("test")) is Outcome.DROPPED
        assert claim("test") is None
    assert calls == []
    assert "the shop it was for is gone" in told[0][1]


def test_rows_are_forgotten_in_time(shop, do_jobs):
    now = timezone.now()
    note.enqueue("done")
    do_jobs()
    fail.enqueue("x")
    DBTaskResult.objects.filter(task_path=fail.module_path).update(status=FAILED, finished_at=now)
    note.enqueue("waits")
    assert forget_jobs(now=now + timedelta(days=2)) == 0
    assert forget_jobs(now=now + timedelta(days=4)) == 1
    assert forget_jobs(now=now + timedelta(days=31)) == 1
    assert only().args_kwargs["args"] == ["rose", "waits"]


def test_jobs_are_declared_in_modules_only():
    def inner():
        pass

    assert isinstance(note, Job)
    with pytest.raises(Exception, match="module level"):
        job()(inner)


# --- The worker ------------------------------------------------------------------------------------------------------


def listed(*options):
    out = StringIO()
    with translation.override("en"):
        call_command("list_jobs", *options, stdout=out)
    return out.getvalue()


def test_the_list_tells_what_waits_and_what_failed_and_why(shop):
    assert "No job waits, none has failed." in listed()
    fail.enqueue("x")
    assert f"rose  {HERE}.fail  ready" in listed()
    assert "No job waits" in listed("--failed")
    for _attempt in range(3):
        perform(claim("test"))
        DBTaskResult.objects.update(run_after=timezone.now())
    [line] = listed("--failed").splitlines()
    assert line.endswith("3  ValueError: not x")
    assert "No job waits" in listed("--failed", "--schema=tulip")
    assert f'"job": "{HERE}.fail"' in listed("--json")
    for wrong, said in (("x", "is no key"), ("6f0f6d53-4a0e-4c39-9d5c-3f5bb0c1a7be", "no failed job")):
        with pytest.raises(CommandError, match=said):
            listed(f"--retry={wrong}")
    assert only().status == FAILED
    assert listed(f"--retry={line.split()[0]}").strip() == "Begin anew: 1."
    assert claim("test") is not None


def test_the_worker_of_the_library_is_refused():
    with pytest.raises(CommandError, match="use run_worker"), translation.override("en"):
        call_command("db_worker")


def worker(*options, **environment):
    """A worker as a process of its own, on the test's database."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_worker", "--no-day", "--interval=0.05", *options],
        cwd=django_settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "myproject.settings", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_job_whose_worker_was_killed_is_done_by_the_next_and_once(committed_shop, tmp_path):
    raise_flag.enqueue("killed")
    fuse = tmp_path / "fuse"
    fuse.touch()
    killed = worker("--once", FUSE=str(fuse))
    output = killed.communicate(timeout=60)[0]
    assert killed.returncode == -signal.SIGKILL, output
    row = only()
    assert (row.status, len(row.worker_ids)) == ("RUNNING", 1)
    until(lambda: take_back_from_the_dead() == 1, 10)  # as soon as the server has noticed
    row = only()
    assert (row.status, row.exception_class_path) == ("READY", "core.jobs.WorkerGone")
    DBTaskResult.objects.update(run_after=timezone.now())
    after = worker("--once")
    output = after.communicate(timeout=60)[0]
    assert after.returncode == 0, output
    assert only().status == "SUCCESSFUL"
    assert len(only().worker_ids) == 2
    assert ShopFlag.objects.filter(name="killed").count() == 1


@pytest.mark.slow
def test_sigterm_lets_the_job_at_hand_end_and_begins_no_other(committed_shop):
    raise_flag.enqueue("first", 1.5)
    raise_flag.enqueue("second")
    process = worker()
    until(lambda: DBTaskResult.objects.filter(status="RUNNING").exists())
    assert take_back_from_the_dead() == 0, "a living worker's job is nobody else's"
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=30)[0]
    assert process.returncode == 0, output
    assert "INFO [rose] core.jobs: raise_flag done" in output
    assert [row.status for row in DBTaskResult.objects.order_by("enqueued_at")] == ["SUCCESSFUL", "READY"]
    idle = worker()
    until(lambda: not DBTaskResult.objects.exclude(status="SUCCESSFUL").exists())
    idle.send_signal(signal.SIGTERM)
    idle.communicate(timeout=10)
    assert idle.returncode == 0


@pytest.mark.slow
def test_once_ends_with_3_when_a_job_failed(committed_shop):
    fail.enqueue("x")
    note.enqueue("y")
    process = worker("--once", LANG="C")
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 3, output
    assert re.search(r"attempt 1 of 3", output)
    assert only_of(note).status == "SUCCESSFUL"


def only_of(wanted):
    return DBTaskResult.objects.get(task_path=wanted.module_path)


@pytest.mark.race
def test_of_many_workers_one_does_each_job(committed_shop, in_threads):
    for number in range(20):
        note.enqueue(number)

    def work(_number):
        mine = Worker()
        mine.run(once=True)
        return mine.outcomes.total()

    done = in_threads(4, work)
    assert sum(done) == 20, done
    assert sorted(number for _schema, number in calls) == list(range(20))


@pytest.mark.race
def test_without_the_hold_a_living_workers_job_would_be_taken_away(committed_shop):
    """The control of the lock: with it a job stays with its worker, without it the next round takes it."""
    hold = Hold()
    note.enqueue("x")
    row = claim("one", hold.take)
    assert take_back_from_the_dead() == 0
    hold.release()
    assert take_back_from_the_dead() == 1
    assert perform(row) is Outcome.DONE
    assert only().status == "READY", "who was replaced writes nothing down any more"
    hold.close()


@pytest.mark.race
def test_of_many_who_begin_the_day_one_does(committed_shop, in_threads, settings):
    from core.daily import begin_day

    settings.DAY_BEGINS_AT = 0
    assert sorted(in_threads(6, lambda number: begin_day())).count(True) >= 1
    assert DBTaskResult.objects.count() == 1
    settings.DAY_BEGINS_AT = -1
    DBTaskResult.objects.all().delete()
    assert not begin_day()


def test_a_worker_waits_for_a_database_that_is_away(shop, monkeypatch):
    from django.db import OperationalError

    mine, rests = Worker(interval=1), []
    answers = iter([OperationalError("gone"), OperationalError("gone"), False])

    def step():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait(seconds):
        rests.append(seconds)
        if len(rests) == 3:
            mine.stop()

    monkeypatch.setattr(mine, "_step", step)
    monkeypatch.setattr(mine._stopping, "wait", wait)
    monkeypatch.setattr("core.worker.connection.close", lambda: None)
    mine.run()
    assert rests == [2, 4, 1]
