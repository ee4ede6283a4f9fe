"""Choosing a shop on the command line: by its name, whatever the name looks like."""

from typing import Any

from django.core.management.base import CommandError
from django_tenants.management.commands import InteractiveTenantOption
from django_tenants.utils import get_public_schema_name

from core.errors import DomainError
from core.management.refusing import ask
from customers.errors import UnknownShop
from customers.models import Client
from customers.services.cleanup import existing_names

ASK_SCHEMA = "Enter Tenant Schema ('?' to list schemas): "


def list_of_shops() -> str:
    """One line per shop, for the answer to `?`."""
    shops = Client.objects.exclude(schema_name=get_public_schema_name())
    return "\n".join(f"{shop.schema_name} - {shop.get_primary_domain() or '—'}" for shop in shops)


def ask_for_schema(stdout: Any) -> str:
    """The name the operator types; `?` lists the shops. Without a terminal raises CommandError."""
    while True:
        name = ask(ASK_SCHEMA, instead="--schema=").strip()
        if name == "?":
            stdout.write(list_of_shops())
        elif name:
            return name


class ByName(InteractiveTenantOption):
    """In place of the mixin of django-tenants, which takes a number for a position in an unordered list."""

    stdout: Any

    def get_tenant_from_options_or_interactive(self, **options: Any) -> Client:
        """The shop, or the platform, of exactly this name. Raises CommandError listing the names there are."""
        name = options.get("schema_name") or ask_for_schema(self.stdout)
        tenant: Client | None = Client.objects.filter(schema_name=name).first()
        if tenant is None:
            refusal: DomainError = UnknownShop(name, existing_names())
            raise CommandError(str(refusal))
        return tenant
