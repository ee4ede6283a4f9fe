"""Bringing shops up to date: only those that are behind, and one that fails stops no other."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation

from core.tenancy import in_public
from customers.models import Client, TenantOperation
from customers.schema import code_fingerprint, schema_fingerprint
from customers.services import migrating
from customers.services.migrating import migrate_shop, outdated
from customers.services.provisioning import provision_shop


def set_back(name):
    """Take the last migration of the people's app back in one shop."""
    call_command("migrate_schemas", "accounts", "0001", tenant=True, schema_name=name, interactive=False, verbosity=0)
    connection.set_schema_to_public()


def lose_record(name):
    """A shop whose migration can't run: what it would make is there."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {name}.django_migrations WHERE app = 'accounts' AND name LIKE '0002%'")  # noqa: S608
    migrating.note_fingerprint(name)


def call(*arguments, **options):
    out, err = StringIO(), StringIO()
    try:
        with translation.override("en"):
            call_command("migrate_tenants", *arguments, stdout=out, stderr=err, **options)
    except CommandError as refusal:
        return refusal.returncode, out.getvalue(), err.getvalue() + str(refusal)
    return 0, out.getvalue(), err.getvalue()


@pytest.fixture
def shops_to_migrate(committed_shop, monkeypatch):
    monkeypatch.setattr("customers.management.commands.migrate_tenants.migrate_platform", lambda: None)
    with in_public():
        for name in ("lily", "daisy"):
            provision_shop(schema_name=name, name=name)
        yield
        connection.set_schema_to_public()


def test_a_new_shop_is_up_to_date(shops):
    made = provision_shop(schema_name="lily", name="Lily")
    assert made.fingerprint == code_fingerprint() == schema_fingerprint("lily")
    assert "lily" not in outdated()


@pytest.mark.slow
def test_only_shops_that_are_behind_are_migrated_and_a_failing_one_stops_no_other(shops_to_migrate):
    set_back("lily")
    lose_record("daisy")
    assert outdated() == ["daisy", "lily"]
    code, out, _err = call(dry_run=True)
    assert (code, out.splitlines()) == (0, ["daisy", "lily", "Shops that are behind: 2."])
    assert outdated() == ["daisy", "lily"]

    code, out, err = call(parallel=1)
    assert code == 3
    assert "Migrated: 1, failed: 1" in out
    assert "1/2 daisy" in err
    assert "2/2 lily ok" in err
    assert "Not migrated: daisy" in err
    assert schema_fingerprint("lily") == code_fingerprint()
    assert outdated() == ["daisy"]
    kept = TenantOperation.objects.filter(kind="migrate").order_by("pk")
    assert [(row.schema_name, row.finished_at is not None) for row in kept] == [("daisy", True), ("lily", True)]


@pytest.mark.slow
def test_several_at_a_time_in_processes_of_their_own(shops_to_migrate):
    set_back("lily")
    set_back("daisy")
    code, out, _err = call(parallel=2, as_json=True)
    said = json.loads(out)
    assert not said["failed"], "; ".join(said["failed"].values())
    assert (code, sorted(said["migrated"])) == (0, ["daisy", "lily"])
    connection.set_schema_to_public()
    assert outdated() == []
    code, out, _err = call(parallel=2)
    assert (code, "Migrated: 0, failed: 0" in out) == (0, True)


def test_a_shop_without_schema_is_left_alone(shops):
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA tulip CASCADE")
    Client.objects.filter(schema_name="tulip").update(fingerprint="")
    assert migrate_shop("tulip").error == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'tulip'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(("language", "said"), [("en", "There is no shop “nope”"), ("ru", "Магазина «nope» нет")])
def test_an_unknown_shop_is_refused_before_anything_is_migrated(shops, monkeypatch, language, said):
    monkeypatch.setattr("customers.management.commands.migrate_tenants.migrate_platform", lambda: 1 / 0)
    with translation.override(language), pytest.raises(CommandError, match=said) as refusal:
        call_command("migrate_tenants", schema=["nope"])
    assert refusal.value.returncode == 1


def test_a_platform_that_is_up_to_date_is_not_migrated_again(shops, monkeypatch):
    called = []
    monkeypatch.setattr(migrating, "call_command", lambda *args, **kwargs: called.append(args[0]))
    migrating.migrate_platform()
    assert called == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.django_migrations WHERE app = 'accounts' AND name LIKE '0002%'")
    migrating.migrate_platform()
    assert called == ["migrate_schemas"]
