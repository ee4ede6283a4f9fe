"""The text of an empty shop makes what the migrations make, and it is used only for these migrations."""

import re

import pytest
from django.core.management import call_command
from django.db import connection

from core.tenancy import in_public, in_schema
from customers import template
from customers.errors import OperationHeld
from customers.models import SchemaTemplate, TenantOperation
from customers.schema import code_fingerprint, make_schema, schema_exists, schema_fingerprint, seed_schema
from customers.services.operations import operation
from customers.services.provisioning import provision_shop
from customers.structure import structure_of
from customers.template import SCRATCH, dump_text, fill_from, render


def text_of(name):
    """What pg_dump says of a schema, whatever the schema is called."""
    return re.sub(rf"\b{name}\b", "X", dump_text(name))


def settings_of_session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_catalog.pg_settings ORDER BY 1")
        return dict(cursor.fetchall())


@pytest.mark.slow
def test_a_shop_by_template_is_the_shop_by_migrations(committed_shop):
    with in_public():
        rendered = render()
        assert not schema_exists(SCRATCH)
        assert rendered.fingerprint == code_fingerprint()
        make_schema("lily")
        SchemaTemplate.objects.all().delete()
        make_schema("daisy")
        assert schema_fingerprint("lily") == schema_fingerprint("daisy") == code_fingerprint()
        by_template, by_migrations = text_of("lily"), text_of("daisy")
        assert structure_of("lily") == structure_of("daisy")
        assert f"-- structure {structure_of('daisy')}\n" in rendered.text
    # PostgreSQL writes the casts of a list of texts in another place once it has read them from a dump, and when a
    # migration ran is told by its row, not by the schema.
    aside = re.compile(r"::(?:character varying|text)(?:\[\])?|[()]|'\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+\+\d\d'")
    assert aside.sub("", by_template) == aside.sub("", by_migrations)
    assert by_template.count("CREATE TABLE") > 60
    assert by_template.count("CREATE FUNCTION") >= 10
    assert SCRATCH not in by_template


def test_the_template_is_used_when_its_migrations_are_those_of_today(shops, monkeypatch):
    def migrate(*args, **kwargs):
        raise AssertionError("migrated")

    monkeypatch.setattr("customers.schema.call_command", migrate)
    provision_shop(schema_name="lily", name="Lily")
    SchemaTemplate.objects.update(fingerprint="of another day")
    with pytest.raises(AssertionError, match="migrated"):
        provision_shop(schema_name="daisy", name="Daisy")
    assert not schema_exists("daisy")


def test_filling_a_schema_leaves_the_session_as_it_was(shops):
    text = SchemaTemplate.objects.get().text
    before, schema = settings_of_session(), connection.schema_name
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA lily")
    fill_from(text, "lily")
    assert settings_of_session() == before
    assert connection.schema_name == schema
    with in_schema("lily"):
        seed_schema("lily", language="en")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM inventory_warehouse")
            assert cursor.fetchone() == (1,)


def test_no_statement_of_the_text_is_about_the_session(shops):
    text = SchemaTemplate.objects.get().text
    assert re.findall(r"^(?:SET|RESET|BEGIN|COMMIT|\\.*|SELECT pg_catalog.set_config.*)", text, re.MULTILINE) == []
    assert SCRATCH in text


def test_a_fingerprint_tells_migrations_apart(shops, monkeypatch):
    assert schema_fingerprint("rose") == code_fingerprint()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tulip.django_migrations WHERE app = 'orders' AND name LIKE '0001%'")
    assert schema_fingerprint("tulip") != code_fingerprint()


def test_rendering_inside_a_transaction_is_refused(shops):
    with pytest.raises(RuntimeError, match="outside of a transaction"):
        render()
    assert SchemaTemplate.objects.count() == 1


def test_a_broken_rendering_leaves_no_scratch_schema(committed_shop, monkeypatch):
    def broken(name):
        assert schema_exists(name)
        raise OSError("the disk is full")

    monkeypatch.setattr(template, "call_command", lambda *args, **kwargs: None)  # what is in it does not matter here
    monkeypatch.setattr(template, "dump_text", broken)
    with in_public():
        with pytest.raises(OSError, match="disk is full"):
            render()
        assert not schema_exists(SCRATCH)
        assert SchemaTemplate.objects.count() == 1


def test_whoever_renders_at_the_same_time_is_refused(committed_shop):
    with in_public(), operation(TenantOperation.Kind.PROVISION, SCRATCH):
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {SCRATCH}")  # what the other one is at work on
        with pytest.raises(OperationHeld, match="going on"):
            render()
        assert schema_exists(SCRATCH)
        assert SchemaTemplate.objects.count() == 1


def test_the_command_says_what_it_did(committed_shop, capsys):
    with in_public():
        before = SchemaTemplate.objects.get()
        call_command("render_template")
        assert "already there" in capsys.readouterr().out
        assert SchemaTemplate.objects.get().rendered_at == before.rendered_at


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE tulip.extra (id int)",
        "CREATE VIEW tulip.extra AS SELECT 1 AS one",
        "CREATE UNLOGGED TABLE tulip.extra (id int)",
        "ALTER TABLE tulip.inventory_warehouse ADD COLUMN extra int",
        "ALTER TABLE tulip.inventory_warehouse ALTER COLUMN name TYPE text",
        "ALTER TABLE tulip.inventory_warehouse ALTER COLUMN name SET DEFAULT 'x'",
        "ALTER TABLE tulip.inventory_warehouse ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE tulip.inventory_warehouse ADD CONSTRAINT extra CHECK (name <> 'x')",
        "ALTER TABLE tulip.inventory_warehouse ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY extra ON tulip.inventory_warehouse USING (name <> 'x')",
        "CREATE RULE extra AS ON DELETE TO tulip.inventory_warehouse DO INSTEAD NOTHING",
        "CREATE INDEX extra ON tulip.inventory_warehouse (name)",
        "CREATE STATISTICS tulip.extra ON id, name FROM tulip.inventory_warehouse",
        "ALTER TABLE tulip.inventory_stockmovement DISABLE TRIGGER USER",
        "ALTER SEQUENCE tulip.inventory_warehouse_id_seq INCREMENT 2",
        "CREATE TYPE tulip.extra AS ENUM ('x')",
        "CREATE DOMAIN tulip.extra AS int",
        "CREATE FUNCTION tulip.extra() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_whatever_is_changed_by_hand_is_another_structure(shops, change):
    before = structure_of("tulip")
    assert before == structure_of("rose")
    assert template.structure_text("tulip") is not None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL check_function_bodies = off")
        cursor.execute(change)
    assert structure_of("tulip") != before
    assert template.structure_text("tulip") is None
    assert structure_of("rose") == before


def test_rows_and_counters_are_no_part_of_the_structure(shop):
    before = structure_of("rose")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_warehouse SET name = 'Elsewhere'")
        cursor.execute("SELECT nextval('inventory_warehouse_id_seq')")
    assert structure_of("rose") == before
