"""A shop's PostgreSQL schema: is it there, make it, fill it. Nothing here drops one: people do that by hand."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import cast

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import translation
from django.utils.module_loading import import_string
from django_tenants.utils import quote_schema_name

from core.tenancy import in_public, in_schema


def schema_exists(name: str) -> bool:
    """Whether PostgreSQL has a schema of this name, in any case of letters. Sees what was dropped by hand in psql."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE lower(nspname) = lower(%s))", [name])
        return cast(bool, cursor.fetchone()[0])


@cache
def code_fingerprint() -> str:
    """What the migrations on disk come to: 32 hexadecimal digits, the same on every machine."""
    names = sorted(f"{app}.{name}" for app, name in MigrationLoader(None).graph.nodes)
    return _digest(names)


def schema_fingerprint(schema_name: str) -> str:
    """The same of the migrations a schema has had."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {quote_schema_name(schema_name)}.django_migrations")  # noqa: S608 - quoted
        names = sorted(f"{app}.{name}" for app, name in cursor.fetchall())
    return _digest(names)


def _digest(names: list[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]


def make_schema(name: str, *, verbosity: int = 0) -> None:
    """Create the schema with all its tables in one transaction: from the template when there is one for the migrations of
    today, else by migrating. Fails when the schema exists."""
    from customers.template import fill_from, template_text  # the template is a model of this app

    # Migrating leaves the connection in public; the context puts back whatever schema the caller was in.
    with transaction.atomic(), in_public():
        text = template_text()
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {quote_schema_name(name)}")
        if text is not None:
            fill_from(text, name)
        else:
            call_command("migrate_schemas", tenant=True, schema_name=name, interactive=False, verbosity=verbosity)


@contextmanager
def bodies_unchecked() -> Iterator[None]:
    """For making functions whose bodies name tables without a schema, as they must: those are looked up when a shop calls
    them. In the caller's transaction; the session is afterwards as it was before."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW check_function_bodies")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('check_function_bodies', 'off', true)")
        yield
        cursor.execute("SELECT set_config('check_function_bodies', %s, true)", [before])


def seed_schema(name: str, *, language: str) -> None:
    """Fill a new shop with what it starts from: calls settings.TENANT_SEEDERS inside it, in its language."""
    with transaction.atomic(), in_schema(name), translation.override(language):
        for dotted in settings.TENANT_SEEDERS:
            seeder: Callable[[], object] = import_string(dotted)
            seeder()
