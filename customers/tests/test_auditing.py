"""What the audit sees: every kind of misfit is made once and found, and sound shops are silent."""

import json
import os
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult

from core.shop_files import shop_files
from customers.models import Client, Domain, TenantOperation, TenantRegistration
from customers.services.auditing import audit, mend
from customers.services.operations import SILENT_FOR
from customers.services.provisioning import provision_shop
from tests.files import PHOTO, both_ways, in_the_store, write


def sql(*statements):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)


def found(now=None):
    return [(each.schema_name, each.level, each.code) for each in audit(now=now or timezone.now())]


def no_schema():
    sql("DROP SCHEMA tulip CASCADE")


def no_domain():
    Domain.objects.filter(tenant__schema_name="tulip").delete()


def approved_without_shop():
    TenantRegistration.objects.create(
        shop_name="T", schema_name="tulip", owner_name="A", owner_email="a@example.com", status="approved"
    )


def orphan():
    Client.objects.filter(schema_name="tulip").delete()


def archived():
    sql("CREATE SCHEMA _archived_lily_20260101000000")


def foreign():
    sql('CREATE SCHEMA "Reports"')


def tables_missing():
    sql("DROP TABLE tulip.axes_accesslog")


def tables_extra():
    sql("CREATE TABLE tulip.by_hand (id bigint PRIMARY KEY)")


def fingerprint_note():
    Client.objects.filter(schema_name="tulip").update(fingerprint="of another day")


def outdated():
    sql("DELETE FROM tulip.django_migrations WHERE app = 'accounts' AND name LIKE '0002%'")


def key_across():
    sql(
        "CREATE TABLE tulip.by_hand (id bigint PRIMARY KEY REFERENCES public.customers_client)",
    )


def constraints_differ():
    sql("ALTER TABLE tulip.inventory_stock ADD CONSTRAINT by_hand CHECK (id > 0)")


def content_types_differ():
    sql("UPDATE tulip.django_content_type SET model = 'other' WHERE model = 'session'")


def files_without_shop():
    write("lily")


def broken_off():
    now = timezone.now()
    TenantOperation.objects.create(
        kind="backup", schema_name="tulip", host="elsewhere", pid=1, started_at=now, heartbeat_at=now - 2 * SILENT_FOR
    )


def jobs_failed():
    DBTaskResult.objects.create(
        args_kwargs={"args": ["tulip"], "kwargs": {}}, task_path="x", backend_name="default", status="FAILED"
    )


def jobs_late():
    DBTaskResult.objects.create(args_kwargs={"args": ["tulip"], "kwargs": {}}, task_path="x", backend_name="default")
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(hours=2))


MISFITS = {
    no_schema: ("tulip", "error"),
    no_domain: ("tulip", "error"),
    approved_without_shop: ("tulip", "warning"),
    orphan: ("tulip", "warning"),
    archived: ("_archived_lily_20260101000000", "note"),
    foreign: ("Reports", "note"),
    tables_missing: ("tulip", "error"),
    tables_extra: ("tulip", "warning"),
    fingerprint_note: ("tulip", "warning"),
    outdated: ("tulip", "warning"),
    key_across: ("tulip", "error"),
    constraints_differ: ("tulip", "warning"),
    content_types_differ: ("tulip", "warning"),
    files_without_shop: ("lily", "warning"),
    broken_off: ("tulip", "warning"),
    jobs_failed: ("public", "warning"),
    jobs_late: ("public", "warning"),
}


@pytest.fixture
def three(shops):
    """A third shop, so that two of them are the usual ones."""
    provision_shop(schema_name="daisy", name="Daisy")
    return shops


def test_sound_shops_are_silent(three):
    assert found() == []


@pytest.mark.parametrize("misfit", MISFITS, ids=lambda each: each.__name__)
def test_every_misfit_is_found_and_told_in_both_languages(three, misfit):
    misfit()
    name, level = MISFITS[misfit]
    assert (name, level, misfit.__name__) in found()
    assert {each[0] for each in found()} == {name}
    said = {}
    for language in ("en", "ru"):
        with translation.override(language):
            [sentence] = [str(each.sentence) for each in audit(now=timezone.now()) if each.code == misfit.__name__]
            said[language] = sentence
    assert said["en"] != said["ru"]


@both_ways
def test_files_without_a_shop_are_found_and_those_put_aside_are_not(three, media):
    write("rose")
    write("_archived_lily_20260101000000")
    archived()
    assert found() == [("_archived_lily_20260101000000", "note", "archived")]
    write("lily")
    shop_files().stage("iris", PHOTO, BytesIO(b"x"))
    assert found()[1:] == [("iris", "warning", "files_without_shop"), ("lily", "warning", "files_without_shop")]
    for name in ("iris", "lily"):
        with translation.override("en"):
            call_command("cleanup_tenant", f"--schema={name}", "--noinput", "--delete-files", stdout=StringIO())
    assert found() == [("_archived_lily_20260101000000", "note", "archived")]


@in_the_store
def test_an_object_store_that_is_away_is_told_in_both_languages(three, media, settings):
    settings.STORAGES["default"]["OPTIONS"]["bucket_name"] = "nobodys-bucket"
    settings.STORAGES = {**settings.STORAGES}
    assert found() == [("public", "error", "files_unreachable")]
    for language, said in (("en", "can't be reached"), ("ru", "не добраться")):
        with translation.override(language):
            [sentence] = [str(each.sentence) for each in audit(now=timezone.now())]
        assert said in sentence
        assert "s3://nobodys-bucket/test/" in sentence


def test_a_living_operation_is_no_misfit(three):
    now = timezone.now()
    TenantOperation.objects.create(
        kind="backup", schema_name="tulip", host=os.uname().nodename, pid=os.getpid(), started_at=now, heartbeat_at=now
    )
    assert found() == []
    assert found(now + timedelta(days=1)) == []


def test_only_the_note_of_migrations_is_mended(three):
    fingerprint_note()
    no_domain()
    mended = mend(audit(now=timezone.now()))
    assert [each.code for each in mended] == ["fingerprint_note"]
    assert found() == [("tulip", "error", "no_domain")]


def call(name, *arguments):
    out = StringIO()
    try:
        with translation.override("en"):
            call_command(name, *arguments, stdout=out, stderr=StringIO(), no_color=True)
    except CommandError as refusal:
        return refusal.returncode, out.getvalue()
    return 0, out.getvalue()


def test_the_command_ends_with_5_from_the_wanted_level_on(three):
    assert call("audit_tenants") == (0, "Errors: 0, warnings: 0, notes: 0.\n")
    archived()
    assert call("audit_tenants")[0] == 0
    assert call("audit_tenants", "--fail-on=note")[0] == 5
    fingerprint_note()
    code, out = call("audit_tenants", "--json")
    assert code == 5
    assert {row["code"] for row in json.loads(out)} == {"archived", "fingerprint_note"}
    assert call("audit_tenants", "--fix-safe")[0] == 0


def test_the_list_tells_sizes_and_what_is_left_of_shops_that_are_gone(three):
    code, out = call("list_tenants", "--json")
    rows = {row["schema"]: row for row in json.loads(out)}
    assert (code, sorted(rows)) == (0, ["daisy", "rose", "tulip"])
    assert rows["rose"]["bytes"] > 100_000
    assert (rows["rose"]["up_to_date"], rows["rose"]["domain"]) == (True, "rose.localhost")
    assert "Nothing is left" in call("list_tenants", "--orphans")[1]
    orphan()
    fingerprint_note()
    assert "tulip" in call("list_tenants", "--orphans")[1]


# --- Applications on the command line --------------------------------------------------------------------------------


def application(name="lily"):
    return TenantRegistration.objects.create(
        shop_name="Lily", schema_name=name, owner_name="Anna", owner_email="anna@example.com",
        email_verified_at=timezone.now(),
    )  # fmt: skip


def test_nobodys_e_mail_has_to_be_taken_on_trust(shops):
    application()
    TenantRegistration.objects.update(email_verified_at=None)
    with translation.override("en"), pytest.raises(CommandError, match="is not confirmed"):
        call_command("approve_registration", "--schema=lily")
    assert not Client.objects.filter(schema_name="lily").exists()
    assert TenantRegistration.objects.get().status == "pending"
    assert call("approve_registration", "--schema=lily", "--unconfirmed")[0] == 0
    assert Client.objects.get(schema_name="lily").status == "active"


def test_an_application_is_approved_and_its_shop_made(shops):
    application()
    code, out = call("approve_registration", "--schema=lily")
    assert (code, "schema lily, domain lily.localhost" in out) == (0, True)
    assert Client.objects.get(schema_name="lily").status == "active"
    assert call("approve_registration", "--schema=lily")[0] == 1
    assert TenantOperation.objects.filter(schema_name="lily", kind="provision").count() == 1


def test_an_application_is_rejected_with_its_reason(shops):
    row = application()
    assert call("reject_registration", f"--id={row.pk}", "--reason= ")[0] == 1
    assert TenantRegistration.objects.get().status == "pending"
    assert call("reject_registration", f"--id={row.pk}", "--reason=No such street.")[0] == 0
    assert TenantRegistration.objects.get().reason == "No such street."


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (["--id=1", "--schema=lily"], 2), (["--schema=nope"], 1), (["--id=999999"], 1)]
)
def test_an_application_has_to_be_named(shops, arguments, code):
    application()
    before = list(TenantRegistration.objects.values())
    assert call("approve_registration", *arguments)[0] == code
    assert list(TenantRegistration.objects.values()) == before
