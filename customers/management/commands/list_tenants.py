"""Who is here."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from core.management.refusing import RefusingCommand
from customers.models import Client
from customers.schema import schema_exists


class Command(RefusingCommand):
    """`list_tenants`, `list_tenants --status=suspended`."""

    help = _("Lists the shops: schema, domain, status, name; says when a schema is missing.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--status", choices=Client.Status.values, help=_("Only shops in this status."))

    def handle(self, *, status: str | None, **options: Any) -> None:
        shops = Client.objects.exclude(schema_name=get_public_schema_name()).prefetch_related("domains")
        if status:
            shops = shops.filter(status=status)
        for shop in shops:
            primary = next((domain.domain for domain in shop.domains.all() if domain.is_primary), "—")
            missing = "" if schema_exists(shop.schema_name) else "  " + _("(its schema is missing)")
            self.stdout.write(
                f"{shop.schema_name:<30}  {primary:<40}  {shop.get_status_display():<14}  {shop.name}{missing}"
            )
        if not shops:
            self.stdout.write(_("There is no such shop."))
