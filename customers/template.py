"""The text of an empty shop: SQL that makes what the tenant migrations make, several times faster.

It is rendered from a freshly migrated scratch schema and kept with the fingerprint of the migrations it was made by; with
other migrations it is not used. The scratch schema's name is one that no shop can have, so that putting a shop's name in
its place touches nothing else.
"""

import re

from django.core.management import call_command
from django.db import connection, transaction

from core import pg_programs
from core.tenancy import in_public
from customers.models import SchemaTemplate, TenantOperation
from customers.schema import bodies_unchecked, code_fingerprint, schema_fingerprint
from customers.services.operations import operation
from customers.structure import structure_of

SCRATCH = "_template_of_a_shop"
# Without the first the planner answers one of pg_dump's questions in a minute where there are a thousand schemas; the rest
# is worth a tenth.
DUMP_OPTIONS = {"enable_nestloop": "off", "work_mem": "256MB", "jit": "off"}
# The first line of the text: what the structure of the schema comes to that it was rendered from.
_STRUCTURE = re.compile(r"-- structure ([0-9a-f]{32})\n")
# pg_dump's own headings; what stands under them is rows or makes something.
_PART = re.compile(r"^(?=--\n-- (?:Data for )?Name: )", re.MULTILINE)
_ROWS = re.compile(r"--\n-- (?:Data for )?Name: .*; Type: (?:TABLE DATA|SEQUENCE SET); ")
# Lines for psql and settings for the session of whoever restores: neither is wanted here.
_SESSION = re.compile(
    r"^(?:\\(?:un)?restrict \S+"
    r"|SET (?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|transaction_timeout|client_encoding"
    r"|standard_conforming_strings|check_function_bodies|xmloption|client_min_messages|row_security|default_tablespace"
    r"|default_table_access_method) = .*;"
    r"|SELECT pg_catalog\.set_config\('search_path', '', false\);"
    rf"|CREATE SCHEMA {SCRATCH};)\n",
    re.MULTILINE,
)


def template_text() -> str | None:
    """The text for the migrations on disk; None when nobody has rendered it."""
    with in_public():
        found = SchemaTemplate.objects.filter(fingerprint=code_fingerprint()).values_list("text", flat=True).first()
    return found


def fill_from(text: str, schema_name: str) -> None:
    """Make what the text describes inside an existing, empty schema, in the caller's transaction.

    The session is afterwards as it was before.
    """
    with bodies_unchecked(), connection.cursor() as cursor:
        cursor.execute(text.replace(SCRATCH, schema_name))


def structure_text(schema_name: str) -> tuple[str, str] | None:
    """The statements that make a schema exactly like this one without its rows: those that come before the rows, and those
    after them. None unless this schema is made of the very things that the template of today makes."""
    text = template_text()
    said = _STRUCTURE.match(text or "")
    if text is None or said is None or structure_of(schema_name) != said[1]:
        return None
    before: list[str] = []
    after: list[str] = []
    for part in _PART.split(text.replace(SCRATCH, schema_name)):
        if _ROWS.match(part):
            before, after = before + after, []
        else:
            after.append(part)
    return "".join(before), "".join(after)


def render() -> SchemaTemplate:
    """Migrate a scratch schema, write down what came of it, drop it. Takes seconds; must not run inside a transaction,
    because another program reads the schema. Raises ProgramMissing, ProgramFailed, OperationHeld while another process
    renders it."""
    if connection.in_atomic_block:
        raise RuntimeError("A template is rendered outside of a transaction: pg_dump sees only what is committed.")
    with in_public(), operation(TenantOperation.Kind.PROVISION, SCRATCH):
        _drop_scratch()
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"CREATE SCHEMA {SCRATCH}")
                call_command("migrate_schemas", tenant=True, schema_name=SCRATCH, interactive=False, verbosity=0)
            # Migrating leaves the connection somewhere else than `in_public` put it.
            with in_public():
                text = f"-- structure {structure_of(SCRATCH)}\n{dump_text(SCRATCH)}"
                fingerprint = schema_fingerprint(SCRATCH)
        finally:
            with in_public():
                _drop_scratch()
        with in_public(), transaction.atomic():
            template, _made = SchemaTemplate.objects.update_or_create(fingerprint=fingerprint, defaults={"text": text})
            SchemaTemplate.objects.exclude(pk=template.pk).delete()
    return template


def keep_template() -> bool:
    """Render the template unless there is one for the migrations of today; whether there is one now. Without the programs of
    PostgreSQL there is none, and shops are migrated."""
    if template_text() is None:
        try:
            render()
        except pg_programs.ProgramMissing:
            return False
    return True


def dump_text(schema_name: str) -> str:
    """Structure and rows of a schema as statements that no session setting precedes."""
    arguments = ["--schema", schema_name, "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=1000"]
    said = pg_programs.run("pg_dump", arguments, options=DUMP_OPTIONS).decode()
    return _SESSION.sub("", said)


def _drop_scratch() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {SCRATCH} CASCADE")
