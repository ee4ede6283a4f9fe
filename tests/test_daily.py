"""The day's work: every open shop, a failing one stops no other, twice does nothing more."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from axes.models import AccessLog
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from core.daily import begin_day, day_of_shop, do_day, open_shops
from core.jobs import Outcome, claim, perform
from core.models import IdempotencyKey, RecentAction, ShopFlag
from core.photos import hang_photos
from core.sessions import SessionStore
from core.tenancy import current_schema_name, in_public, in_schema
from customers.daily import expire_applications
from customers.models import Client, TenantRegistration
from customers.services.paying import reminder_due
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import reserve
from inventory.tests.factories import stocked, warehouse
from products.models import GoodsImport, ProductPhoto
from products.tests.test_photos import every_file, read
from products.tests.test_photos import picture as jpeg

THIS = "tests.test_daily"


@transaction.atomic
def break_in_rose(*, now):
    ShopFlag.objects.create(name="half done")
    if current_schema_name() == "rose":
        raise ValueError("the pump is broken")
    return 1


def note_flag(*, now):
    return int(ShopFlag.objects.get_or_create(name="noted")[1])


def called(*arguments):
    """(exit code, what was printed, what was complained about)."""
    out, err = StringIO(), StringIO()
    try:
        with translation.override("en"):
            call_command("run_daily", *arguments, stdout=out, stderr=err)
    except CommandError as refusal:
        return refusal.returncode, out.getvalue(), err.getvalue() + str(refusal)
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def old_things(shop, owner, settings, django_capture_on_commit_callbacks):
    """One thing of each kind whose time is over, and one whose time is not."""
    now = timezone.now()
    rose = stocked("Rose", ("10", "10"))
    with django_capture_on_commit_callbacks(execute=True):
        hang_photos(ProductPhoto, rose, [read(jpeg(), "old.jpg"), read(jpeg(), "new.jpg")])
    for photo in rose.photos.all():
        photo.delete()
    half = ProductPhoto.objects.create(product=rose, original_name="half.jpg")  # its files were never stored
    ProductPhoto.objects.filter(pk=half.pk).update(created_at=now - timedelta(days=1))
    freeze_demands([DemandInput(rose, Decimal(4))], warehouse=warehouse(), needed_on=timezone.localdate())
    held = freeze_demands([DemandInput(stocked("Tulip", ("10", "10")), Decimal(4))], warehouse=warehouse(), needed_on=timezone.localdate())  # fmt: skip
    reserve(held, until=now - timedelta(days=1))
    for days in (1, 400):
        then = now - timedelta(days=days)
        IdempotencyKey.objects.create(scope="test", payload_hash="x", created_at=then)
        RecentAction.objects.create(by=owner, kind="orders.discard_draft", payload={}, at=then)
        log = AccessLog.objects.create(username="anna", session_hash="x")
        AccessLog.objects.filter(pk=log.pk).update(attempt_time=then)
        GoodsImport.objects.create(file_name="goods.csv", content=b"x", at=now - timedelta(days=days * 3 - 2))
        session = SessionStore()
        session.save()
        kept = SessionStore.get_model_class().objects.filter(session_key=session.session_key)
        kept.update(expire_date=now + timedelta(days=200 - days))
        name = {1: "new.jpg", 400: "old.jpg"}[days]
        ProductPhoto.all_objects.filter(original_name=name).update(deleted_at=then)


def test_what_is_old_goes_what_waits_is_served_and_the_rest_stays(old_things, settings, django_capture_on_commit_callbacks):  # fmt: skip
    assert len(every_file(settings)) == 8
    with django_capture_on_commit_callbacks(execute=True):
        day = do_day("rose", now=timezone.now())
    assert day.errors == {}
    assert set(day.changed) == set(settings.DAILY_WORK)
    assert set(day.changed.values()) == {1}, day.changed
    assert [model.objects.count() for model in (IdempotencyKey, RecentAction, AccessLog)] == [1, 1, 1]
    assert SessionStore.get_model_class().objects.count() == 1
    assert [photo.original_name for photo in ProductPhoto.all_objects.all()] == ["new.jpg"]
    assert len(every_file(settings)) == 4
    again = do_day("rose", now=timezone.now())
    assert set(again.changed.values()) == {0}, "twice does nothing more"


def test_a_failing_shop_keeps_no_other_from_its_day_and_no_other_work(shop, settings):
    settings.DAILY_WORK = [f"{THIS}.break_in_rose", f"{THIS}.note_flag"]
    code, out, err = called()
    assert code == 3
    assert "2/3 rose tests.test_daily.break_in_rose: ValueError: the pump is broken" in err
    assert "3/3 tulip ok" in err
    assert "Not everything was done for: rose." in err
    assert "Done: 2, failed: 1" in out
    for name, flags in (("rose", ["noted"]), ("tulip", ["half done", "noted"])):
        with in_schema(name):
            there = ShopFlag.objects.filter(name__in=["half done", "noted"])
            assert sorted(there.values_list("name", flat=True)) == flags, "what failed left nothing behind"


def test_one_shop_alone_and_for_machines(shop, settings):
    settings.DAILY_WORK = [f"{THIS}.note_flag"]
    code, out, err = called("--schema=tulip", "--json")
    assert code == 0, err
    [day] = json.loads(out)
    assert (day["schema_name"], day["changed"], day["errors"]) == ("tulip", {f"{THIS}.note_flag": 1}, {})
    assert not ShopFlag.objects.filter(name="noted").exists()
    assert "tests.test_daily.note_flag 1" in called("--schema=rose")[1]
    assert "note_flag" not in called("--schema=rose")[1]


@pytest.mark.parametrize(("option", "code", "said"), [("--schema=lily", 1, "Open: rose, tulip"), ("--parallel=0", 2, "at a time")])  # fmt: skip
def test_what_makes_no_sense_is_refused(shop, option, code, said):
    answer = called(option)
    assert (answer[0], answer[1]) == (code, "")
    assert said in answer[2]


def test_closed_shops_are_left_alone(shops):
    Client.objects.filter(schema_name="rose").update(status="suspended")
    Client.objects.filter(schema_name="tulip").update(paid_until=timezone.localdate() - timedelta(days=20))
    assert open_shops() == []
    code, _out, err = called("--schema=rose")
    assert code == 1
    assert "There is no open shop" in err


def test_a_shop_without_a_schema_never_works_on_the_platforms_tables(shops):
    session = SessionStore()
    session.save()
    SessionStore.get_model_class().objects.update(expire_date=timezone.now() - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute("ALTER SCHEMA tulip RENAME TO _aside")
    day = do_day("tulip", now=timezone.now())
    assert (day.changed, list(day.errors)) == ({}, ["schema"])
    assert SessionStore.get_model_class().objects.count() == 1
    assert do_day("public", now=timezone.now()).changed["core.sessions.forget_sessions"] == 1


def test_the_worker_begins_the_day_once_and_does_it_for_every_shop(shop, settings, do_jobs):
    settings.DAILY_WORK = [f"{THIS}.note_flag"]
    settings.DAY_BEGINS_AT = 0
    assert begin_day()
    assert not begin_day()
    assert do_jobs() == 3
    assert not begin_day()
    assert do_jobs() == 0
    for name in ("rose", "tulip"):
        with in_schema(name):
            assert ShopFlag.objects.filter(name="noted").count() == 1


def test_the_day_does_not_begin_before_its_hour(shop, settings):
    for hour in (-1, 24):
        settings.DAY_BEGINS_AT = hour
        assert not begin_day()
    assert not DBTaskResult.objects.exists()


def test_a_day_that_failed_in_one_shop_is_tried_again_there_alone(shop, settings, do_jobs):
    settings.DAILY_WORK = [f"{THIS}.break_in_rose"]
    settings.DAY_BEGINS_AT = 0
    begin_day()
    with pytest.raises(AssertionError, match="the pump is broken"):
        do_jobs()
    do_jobs()
    [left] = DBTaskResult.objects.exclude(status="SUCCESSFUL")
    assert left.args_kwargs["args"] == ["rose"]
    assert left.status == "READY"


@pytest.mark.race
def test_several_shops_at_a_time(committed_shop, settings):
    settings.DAILY_WORK = [f"{THIS}.note_flag"]
    code, out, err = called("--parallel=2")
    assert code == 0, err
    assert "Done: 3, failed: 0" in out
    for name in ("rose", "tulip"):
        with in_schema(name):
            assert ShopFlag.objects.filter(name="noted").exists()


# --- The platform ----------------------------------------------------------------------------------------------------


def test_a_connection_that_did_the_day_of_very_many_shops_is_closed_before_the_next(committed_shop, monkeypatch):
    """By run_daily and by the worker: PostgreSQL keeps what it knows of every table for as long as a connection lives."""

    def process():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    monkeypatch.setattr("core.tenancy.SHOPS_PER_CONNECTION", 1)
    connection.close()
    do_day("rose", now=timezone.now())
    first = process()
    do_day("rose", now=timezone.now())
    assert process() == first
    do_day("tulip", now=timezone.now())
    second = process()
    assert second != first
    do_day("tulip", now=timezone.now())
    assert process() == second
    with in_schema("rose"):
        day_of_shop.enqueue()
    assert perform(claim("test")) is Outcome.DONE
    assert process() != second


def test_applications_nobody_confirmed_expire_and_free_their_address(platform):
    now = timezone.now()
    rows = {
        name: TenantRegistration.objects.create(
            shop_name=name, schema_name=name, owner_name="Анна", owner_email="anna@example.com", **fields
        )
        for name, fields in {
            "old": {}, "confirmed": {"email_verified_at": now}, "fresh": {}, "rejected": {"status": "rejected"},
        }.items()
    }  # fmt: skip
    TenantRegistration.objects.exclude(pk=rows["fresh"].pk).update(created_at=now - timedelta(days=15))
    assert expire_applications(now=now) == 1
    assert expire_applications(now=now) == 0
    expired = TenantRegistration.objects.exclude(expired_at=None)
    assert [row.schema_name for row in expired] == ["old"]
    TenantRegistration.objects.create(
        shop_name="O", schema_name="old", owner_name="Иван", owner_email="ivan@example.com"
    )


PAID = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "reminded", "due"),
    [
        (-7, None, False), (-6, None, True), (-5, -6, False), (0, None, True), (0, -380, True),
        (1, -6, True), (5, 1, False), (14, None, True), (15, None, False),
    ],
)  # fmt: skip
def test_the_owner_is_told_when_the_end_comes_near_and_when_it_has_come(days, reminded, due):
    told = None if reminded is None else PAID + timedelta(days=reminded)
    assert reminder_due(PAID, told, PAID + timedelta(days=days)) is due
    assert not reminder_due(None, told, PAID)


MAIL = {
    "en": ("“Роза” is paid until", "nothing can be changed; on", "was paid until"),
    "ru": ("«Роза»: оплачено до", "менять — ничего", "оплата кончилась"),
}


@pytest.mark.parametrize("language", ["en", "ru"])
def test_each_reminder_is_mailed_once(shop, language, mails):
    with in_public():
        row = Client.objects.filter(pk=shop.pk)
        row.update(
            owner_email="anna@example.com", language=language, paid_until=timezone.localdate() + timedelta(days=3)
        )
        Client.objects.filter(schema_name="tulip").update(paid_until=timezone.localdate())  # nobody to write to
        for _time in range(2):
            do_day("public", now=timezone.now())
            [mail] = mails()
        subject, body, later = MAIL[language]
        assert mail.to == ["anna@example.com"]
        assert mail.subject.startswith(subject)
        assert body in mail.body
        assert "http://rose.localhost/" in mail.body
        row.update(paid_until=timezone.localdate() - timedelta(days=2), reminded_on=timezone.localdate() - timedelta(4))
        for _time in range(2):
            do_day("public", now=timezone.now())
            assert len(mails()) == 2
        assert later in mails()[1].subject


def test_who_has_paid_meanwhile_gets_no_mail(shop, mails):
    with in_public():
        row = Client.objects.filter(pk=shop.pk)
        row.update(owner_email="anna@example.com", paid_until=timezone.localdate())
        assert do_day("public", now=timezone.now()).changed["customers.daily.remind_of_payment"] == 1
        row.update(paid_until=timezone.localdate() + timedelta(days=365))
        assert mails() == []
