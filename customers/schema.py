"""A shop's PostgreSQL schema: is it there, make it, fill it. Nothing here drops one: people do that by hand."""

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import translation
from django.utils.module_loading import import_string
from django_tenants.utils import quote_schema_name

from core.tenancy import in_public, in_schema


def schema_exists(name: str) -> bool:
    """Whether PostgreSQL has a schema of this name, in any case of letters. Sees what was dropped by hand in psql."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE lower(nspname) = lower(%s))", [name])
        return cast(bool, cursor.fetchone()[0])


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


def seed_schema(name: str, *, language: str) -> None:
    """Fill a new shop with what it starts from: calls settings.TENANT_SEEDERS inside it, in its language."""
    with transaction.atomic(), in_schema(name), translation.override(language):
        for dotted in settings.TENANT_SEEDERS:
            seeder: Callable[[], object] = import_string(dotted)
            seeder()
