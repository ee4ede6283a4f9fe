"""Who is here, and what is left of those who are not."""

import json
from typing import Any

from django.core.management.base import CommandParser
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from core.management.refusing import RefusingCommand
from customers.models import Client
from customers.schema import code_fingerprint, schema_exists
from customers.services.auditing import audit

ORPHANS = {"orphan", "archived", "files_without_shop"}


class Command(RefusingCommand):
    """`list_tenants`, `list_tenants --status=suspended`, `list_tenants --orphans`."""

    help = _("Lists the shops: schema, domain, status, name; says when a schema is missing or behind.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", choices=Client.Status.values, help=_("Only shops in this status."))
        parser.add_argument("--orphans", action="store_true", help=_("Schemas and media files without a shop instead."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable, with sizes."))

    def handle(self, *, status: str | None, orphans: bool, as_json: bool, **options: Any) -> None:
        if orphans:
            self._tell_orphans(as_json=as_json)
            return
        shops = Client.objects.exclude(schema_name=get_public_schema_name()).prefetch_related("domains")
        if status:
            shops = shops.filter(status=status)
        if as_json:
            self.stdout.write(json.dumps([_facts(shop) for shop in shops], ensure_ascii=False))
            return
        for shop in shops:
            notes = []
            if not schema_exists(shop.schema_name):
                notes.append(_("(its schema is missing)"))
            elif shop.fingerprint != code_fingerprint():
                notes.append(_("(its migrations are behind)"))
            self.stdout.write(
                f"{shop.schema_name:<30}  {_primary(shop) or '—':<40}  {shop.get_status_display():<14}  "
                + "  ".join([shop.name, *notes])
            )
        if not shops:
            self.stdout.write(_("There is no such shop."))

    def _tell_orphans(self, *, as_json: bool) -> None:
        found = [each for each in audit(now=timezone.now()) if each.code in ORPHANS]
        if as_json:
            self.stdout.write(json.dumps([{"schema": each.schema_name, "what": each.code} for each in found]))
            return
        for each in found:
            self.stdout.write(f"{each.schema_name:<50}  {each.sentence}")
        if not found:
            self.stdout.write(_("Nothing is left of shops that are gone."))


def _primary(shop: Client) -> str:
    return next((domain.domain for domain in shop.domains.all() if domain.is_primary), "")


def _facts(shop: Client) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_catalog.pg_total_relation_size(c.oid)) FROM pg_catalog.pg_class c"
            " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind = 'r'",
            [shop.schema_name],
        )
        [size] = cursor.fetchone()
    return {
        "schema": shop.schema_name,
        "name": shop.name,
        "domain": _primary(shop),
        "status": shop.status,
        "paid_until": shop.paid_until and shop.paid_until.isoformat(),
        "bytes": None if size is None else int(size),
        "up_to_date": shop.fingerprint == code_fingerprint(),
    }
