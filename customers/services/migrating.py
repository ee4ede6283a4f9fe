"""Bring the schemas of all shops up to date: only those that are behind, several at a time, each on its own."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django_tenants.utils import get_public_schema_name

from core.errors import DomainError
from core.parallel import for_each
from core.tenancy import in_public
from customers.models import Client, TenantOperation
from customers.schema import code_fingerprint, schema_exists, schema_fingerprint
from customers.services.operations import operation
from customers.template import keep_template


@dataclass(frozen=True)
class Migrated:
    """One shop: how long it took in seconds, and why it could not be done, empty when it could."""

    schema_name: str
    seconds: float
    error: str = ""


def outdated() -> list[str]:
    """Shops whose migrations are not those of the code, by their note of them, and those whose migration broke off, were it
    after the very last of it: in one statement."""
    broken_off = TenantOperation.objects.filter(kind=TenantOperation.Kind.MIGRATE, finished_at=None)
    behind = ~Q(fingerprint=code_fingerprint()) | Q(schema_name__in=broken_off.values("schema_name"))
    with in_public():
        shops = Client.objects.exclude(schema_name=get_public_schema_name()).order_by("schema_name")
        return list(shops.filter(behind).values_list("schema_name", flat=True))


def migrate_platform() -> None:
    """Bring the public schema up to date and render the text of an empty shop for the new migrations."""
    # Django looks through all tables of all shops before it finds that there is nothing to do.
    if not _is_made() or schema_fingerprint(get_public_schema_name()) != code_fingerprint():
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    keep_template()


def _is_made() -> bool:
    """Whether the platform has any tables yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def migrate_shop(schema_name: str) -> Migrated:
    """Bring one shop up to date; a failure is told, not raised, and leaves the shop as it was."""
    began = time.monotonic()
    try:
        with operation(TenantOperation.Kind.MIGRATE, schema_name), in_public():
            if schema_exists(schema_name) and schema_fingerprint(schema_name) != code_fingerprint():
                call_command("migrate_schemas", tenant=True, schema_name=schema_name, interactive=False, verbosity=0)
            note_fingerprint(schema_name)
    except DomainError as refusal:
        return Migrated(schema_name, time.monotonic() - began, str(refusal))
    except Exception as error:  # noqa: BLE001 - whatever a migration raises is this shop's trouble alone
        connection.close()
        return Migrated(schema_name, time.monotonic() - began, f"{type(error).__name__}: {error}".strip())
    return Migrated(schema_name, time.monotonic() - began)


def note_fingerprint(schema_name: str) -> None:
    """Write down which migrations a shop's schema has had."""
    with in_public():
        if schema_exists(schema_name):
            found = schema_fingerprint(schema_name)
            Client.objects.filter(schema_name=schema_name).exclude(fingerprint=found).update(fingerprint=found)


def migrate_shops(
    names: Sequence[str], *, workers: int = 1, work: Callable[[str], Migrated] = migrate_shop
) -> Iterator[Migrated]:
    """Bring these shops up to date, `workers` at a time, and tell each as soon as it is done, in any order."""
    yield from for_each(names, work, workers=workers)
