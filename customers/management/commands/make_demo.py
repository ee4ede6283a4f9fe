"""A platform to look at: an operator, and a small shop that was filled through the services."""

import json
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from core.tenancy import in_public, in_schema
from core.transactions import run
from customers.models import Client
from customers.services.provisioning import default_domain, provision_shop

SCHEMA, NAME = "pion", "Пион"
OPERATOR, PASSWORD = "operator", "operator-demo-2026"  # of the demo platform


class Command(RefusingCommand):
    """Safe to repeat: a shop that is there is left as it is."""

    help = _("Makes a demo shop with goods and orders, and an operator of the platform. May be repeated.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print-logins", action="store_true", help=_("Only print who can log in, as JSON."))

    def handle(self, *, print_logins: bool, **options: Any) -> None:
        if print_logins:
            self.stdout.write(json.dumps(logins(), ensure_ascii=False))
            return
        call_command("ensure_platform", superuser=OPERATOR, password=PASSWORD, stdout=self.stderr)
        with in_public():
            there = Client.objects.filter(schema_name=SCHEMA).exists()
        if there:
            self.stdout.write(_("The demo shop is already there."))
            return

        def work() -> None:
            provision_shop(schema_name=SCHEMA, name=NAME, owner_name="Марина Петрова", language="ru")
            with in_schema(SCHEMA), translation.override("ru"):
                import_module(settings.DEMO_FILLER).fill()

        run(work)
        self.stdout.write(_("The demo shop %(name)s is ready.") % {"name": NAME})


def logins() -> list[dict[str, str]]:
    """Pages and log-ins for a greeting; `host` has no port."""
    shop = default_domain(SCHEMA)
    people = import_module(settings.DEMO_FILLER).logins()
    with translation.override(settings.LANGUAGE_CODE):
        entries = [
            {
                "title": _("The shop “%(name)s” · %(person)s") % {"name": NAME, "person": person["name"]},
                "host": shop,
                "path": "/",
                "login": person["login"],
                "password": person["password"],
            }
            for person in people
        ]
        platform = {
            "title": _("Platform: applications and shops"),
            "host": settings.PLATFORM_DOMAIN,
            "path": "/admin/",
            "login": OPERATOR,
            "password": PASSWORD,
        }
    return [*entries, platform]
