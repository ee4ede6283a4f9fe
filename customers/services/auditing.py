"""Do rows, schemas, domains, files and operations of the shops fit together? Looks only; `mend` writes what is a mere note.

A handful of questions to PostgreSQL's own tables for all shops at once, so that a thousand are looked at in seconds.
"""

import datetime
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, router
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name

from core.shop_files import shop_files
from core.tenancy import in_public, in_schema
from customers.models import LIVE_REGISTRATION, BackgroundJob, Client, Domain, TenantOperation, TenantRegistration
from customers.schema import code_fingerprint, schema_fingerprint
from customers.services import names
from customers.services.migrating import note_fingerprint
from customers.services.operations import is_dead

ERROR, WARNING, NOTE = "error", "warning", "note"
LEVELS = (ERROR, WARNING, NOTE)
JOBS_WAIT = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Found:
    """Something that does not fit: which shop or schema, how bad, what, and what to do about it."""

    schema_name: str
    level: str
    code: str
    sentence: Any


def audit(*, now: datetime.datetime) -> list[Found]:
    """Everything that does not fit, by schema."""
    with in_public():
        shops = {shop.schema_name: shop for shop in Client.objects.exclude(schema_name=get_public_schema_name())}
        schemas = _schemas()
        found = [
            *_rows(shops, schemas),
            *_schemas_without_shop(shops, schemas),
            *_tables(shops, schemas),
            *_migrations(shops, schemas),
            *_keys_across(),
            *_drift(shops, schemas),
            *_files(shops, schemas),
            *_stuck(now),
            *_jobs(now),
        ]
    return sorted(found, key=lambda each: (each.schema_name, LEVELS.index(each.level), each.code))


def mend(found: list[Found]) -> list[Found]:
    """Write anew what is only a note about something else (the fingerprint), and answer with what was mended."""
    mended = [each for each in found if each.code == "fingerprint_note"]
    for each in mended:
        note_fingerprint(each.schema_name)
    return mended


def _schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'")
        return {name for (name,) in cursor.fetchall()} - {"public", "information_schema"}


def _rows(shops: dict[str, Client], schemas: set[str]) -> Iterator[Found]:
    primary = set(Domain.objects.filter(is_primary=True).values_list("tenant", flat=True))
    for name, shop in shops.items():
        if name not in schemas:
            yield Found(
                name,
                ERROR,
                "no_schema",
                _("The shop has no schema. Restore it with restore_tenant, or take the shop off with cleanup_tenant."),
            )
        if shop.pk not in primary:
            yield Found(
                name, ERROR, "no_domain", _("The shop has no primary domain, nobody can visit it. Use create_domain.")
            )
    gone = TenantRegistration.objects.filter(LIVE_REGISTRATION, status=TenantRegistration.Status.APPROVED, tenant=None)
    for name in gone.values_list("schema_name", flat=True):
        yield Found(
            name,
            WARNING,
            "approved_without_shop",
            _("An application is approved, but there is no shop of it. Close it with cleanup_tenant."),
        )


def _schemas_without_shop(shops: dict[str, Client], schemas: set[str]) -> Iterator[Found]:
    for name in schemas - shops.keys():
        if names.ARCHIVED.fullmatch(name):
            yield Found(
                name,
                NOTE,
                "archived",
                _("Put aside. When nobody needs it any more: backup_tenant, drop_tenant_schema."),
            )
        elif names.is_ours(name):
            yield Found(
                name,
                WARNING,
                "orphan",
                _("A schema without a shop. Put it aside with archive_schema, or drop it with drop_tenant_schema."),
            )
        else:
            yield Found(name, NOTE, "foreign", _("No shop can have such a schema; somebody else made it."))


@cache
def _expected_tables() -> frozenset[str]:
    tables = {"django_migrations"}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.app_label
        if model._meta.managed and not model._meta.proxy and router.allow_migrate("default", label):
            tables.add(model._meta.db_table)
    return frozenset(tables)


def _tables(shops: dict[str, Client], schemas: set[str]) -> Iterator[Found]:
    there: dict[str, set[str]] = {name: set() for name in shops.keys() & schemas}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_catalog.pg_tables WHERE schemaname = ANY(%s)", [list(there)]
        )
        for schema, table in cursor.fetchall():
            there[schema].add(table)
    for name, tables in there.items():
        with in_schema(name):  # the router answers for the schema we are in
            expected = _expected_tables()
        if shops[name].fingerprint != code_fingerprint():
            continue  # what is missing comes with the migrations
        if missing := expected - tables:
            yield Found(
                name,
                ERROR,
                "tables_missing",
                _("Tables are missing: %(tables)s. Queries would fall through to the platform's. Restore a backup.")
                % {"tables": ", ".join(sorted(missing)[:5])},
            )
        if extra := tables - expected:
            yield Found(
                name,
                WARNING,
                "tables_extra",
                _("Tables that the code does not know: %(tables)s.") % {"tables": ", ".join(sorted(extra)[:5])},
            )


def _migrations(shops: dict[str, Client], schemas: set[str]) -> Iterator[Found]:
    for name in shops.keys() & schemas:
        really = schema_fingerprint(name)
        if really != shops[name].fingerprint:
            yield Found(
                name, WARNING, "fingerprint_note", _("The note of its migrations is out of date. --fix-safe mends it.")
            )
        if really != code_fingerprint():
            yield Found(name, WARNING, "outdated", _("Its migrations are not those of the code. Use migrate_tenants."))


def _keys_across() -> Iterator[Found]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, c.conname FROM pg_catalog.pg_constraint c"
            " JOIN pg_catalog.pg_class r ON r.oid = c.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace"
            " WHERE c.contype = 'f' AND r.relnamespace <> c.connamespace ORDER BY 1, 2"
        )
        for schema, name in cursor.fetchall():
            yield Found(
                schema,
                ERROR,
                "key_across",
                _("The foreign key %(name)s leads into another schema. Remove it.") % {"name": name},
            )


def _drift(shops: dict[str, Client], schemas: set[str]) -> Iterator[Found]:
    """Constraints and content types that differ from those of most shops with the same migrations.

    Their keys do differ: a shop that was made before a model came numbers it last. Nobody minds, for the process knows
    them by schema (core/content_types.py) and no row outside Django's own tables names one.
    """
    alike = {name for name in shops.keys() & schemas if shops[name].fingerprint == code_fingerprint()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname, md5(string_agg(c.contype::text || c.conname::text, ',' ORDER BY c.contype, c.conname))"
            " FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace"
            " WHERE n.nspname = ANY(%s) GROUP BY 1",
            [list(alike)],
        )
        constraints = dict(cursor.fetchall())
        types = {}
        for name in alike:
            cursor.execute(
                f"SELECT md5(string_agg(app_label || '.' || model, ',' ORDER BY app_label, model)) FROM {name}.django_content_type"  # noqa: S608 - a shop's name
            )
            types[name] = cursor.fetchone()[0]
    for code, prints, sentence in (
        ("constraints_differ", constraints, _("Its constraints differ from those of the other shops.")),
        ("content_types_differ", types, _("Its content types are not those of the other shops.")),
    ):
        usual = Counter(prints.values()).most_common(1)
        for name, mark in prints.items():
            if mark != usual[0][0]:
                yield Found(name, WARNING, code, sentence)


def _files(shops: dict[str, Client], schemas: set[str]) -> Iterator[Found]:
    try:
        owners = shop_files().owners() | shop_files().leftovers()
    except OSError as error:
        yield Found(
            get_public_schema_name(),
            ERROR,
            "files_unreachable",
            _("The files of shops can't be reached: %(why)s.") % {"why": error.strerror},
        )
        return
    going_on = set(TenantOperation.objects.filter(finished_at=None).values_list("schema_name", flat=True))
    for name in sorted(owners - shops.keys() - schemas - going_on):
        yield Found(
            name,
            WARNING,
            "files_without_shop",
            _("Media files without a shop. Remove them with cleanup_tenant --delete-files."),
        )


def _stuck(now: datetime.datetime) -> Iterator[Found]:
    for row in TenantOperation.objects.filter(finished_at=None):
        if is_dead(row, now):
            yield Found(
                row.schema_name,
                WARNING,
                "broken_off",
                _("An operation broke off (%(kind)s, step “%(step)s”). Give its command again, it carries on.")
                % {"kind": row.get_kind_display(), "step": row.step},
            )


def _jobs(now: datetime.datetime) -> Iterator[Found]:
    public = get_public_schema_name()
    if failed := BackgroundJob.objects.failed().count():
        yield Found(
            public,
            WARNING,
            "jobs_failed",
            _("Background jobs failed for good: %(count)s. list_jobs --failed tells why, --retry lets them begin anew.")
            % {"count": failed},
        )
    if late := BackgroundJob.objects.ready().filter(enqueued_at__lt=now - JOBS_WAIT, worker_ids=[]).count():
        yield Found(
            public,
            WARNING,
            "jobs_late",
            _("Background jobs wait for more than an hour: %(count)s. Does run_worker run?") % {"count": late},
        )
