"""`create_tenant` of django-tenants on our provisioning: one transaction, an existing schema is refused."""

import argparse
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import models
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand, ask
from core.transactions import run
from customers.models import Client
from customers.services.provisioning import default_domain, provision_shop

TENANT_FIELDS = [field for field in Client._meta.fields if field.editable and not field.primary_key]
MUST = {"schema_name", "name"}
LONGEST_DOMAIN = 253


class Command(RefusingCommand):
    """An option per field of the shop; asks for what is missing; `-s` makes a superuser as well."""

    help = _("Makes a shop: row, domain, schema, tables, first data and, with an e-mail, its invited owner.")

    def add_arguments(self, parser: CommandParser) -> None:
        for field in TENANT_FIELDS:
            parser.add_argument(f"--{field.attname}", dest=field.attname, help=str(field.verbose_name))
        parser.add_argument(
            "--domain-domain",
            "--domain_url",
            "--domain-url",
            dest="domain_domain",
            help=_("The shop's domain, without port and www."),
        )
        for stock_only in ("--domain-tenant_id", "--domain-is_primary"):  # a new shop's only domain is its primary one
            parser.add_argument(stock_only, help=argparse.SUPPRESS)
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help=_("Do not ask anything.")
        )
        parser.add_argument("-s", action="store_true", dest="superuser", help=_("Make a superuser afterwards."))

    def handle(self, *, interactive: bool, superuser: bool, domain_domain: str | None, **options: Any) -> None:
        texts = {field.attname: options.get(field.attname) for field in TENANT_FIELDS}
        if interactive:
            for field in TENANT_FIELDS:
                if texts[field.attname] is None:
                    texts[field.attname] = self._ask(field)
        values = self._clean(texts)
        if domain_domain is None and interactive:
            suggestion = default_domain(values["schema_name"])
            domain_domain = ask(_("domain") + f" [{suggestion}]: ", instead="--domain-domain=") or suggestion
        domain = self._clean_domain(domain_domain or default_domain(values["schema_name"]))
        shop = run(lambda: provision_shop(domain=domain, verbosity=options["verbosity"] - 1, **values))
        self.stdout.write(
            _("The shop “%(name)s” is ready: schema %(schema)s, domain %(domain)s.")
            % {"name": shop.name, "schema": shop.schema_name, "domain": domain}
        )
        if superuser:
            call_command("create_tenant_superuser", schema_name=shop.schema_name, interactive=interactive)

    @staticmethod
    def _ask(field: "models.Field[Any, Any]") -> str | None:
        default = Client.Status.ACTIVE if field.attname == "status" else field.get_default()
        hint = "" if default in {None, ""} else f" [{default}]"
        return ask(f"{field.verbose_name}{hint}: ", instead=f"--{field.attname}=").strip() or None

    @staticmethod
    def _clean(texts: dict[str, str | None]) -> dict[str, Any]:
        missing = [f"--{name}=" for name in sorted(MUST) if not texts[name]]
        if missing:
            raise CommandError(_("Say what to make: %(options)s is missing.") % {"options": ", ".join(missing)})
        values: dict[str, Any] = {}
        for field in TENANT_FIELDS:
            text = texts[field.attname]
            if text is None or field.attname == "schema_name":
                continue
            try:
                values[field.attname] = field.clean(text, None)
            except ValidationError as error:
                raise CommandError(f"--{field.attname}: {' '.join(error.messages)}") from error
        return {"schema_name": str(texts["schema_name"]), **values}  # the service judges the name

    @staticmethod
    def _clean_domain(domain: str) -> str:
        domain = domain.strip().lower().removeprefix("www.")
        if not domain or any(sign in domain for sign in " /:@_") or len(domain) > LONGEST_DOMAIN:
            raise CommandError(
                _("“%(domain)s” is not a domain: write it like rose.example.com, without port.")
                % {"domain": domain[:80]}
            )
        return domain
