"""A platform to look at: an operator, and small shops that were filled through the services."""

import json
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from core.tenancy import in_public, in_schema
from core.transactions import run
from customers.models import Client
from customers.services.provisioning import default_domain, provision_shop
from customers.template import keep_template

OPERATOR, PASSWORD = "operator", "operator-demo-2026"  # of the demo platform


class Command(RefusingCommand):
    """Safe to repeat and to interrupt: a shop is made whole or not at all, a picture that is there is left alone."""

    help = _("Makes demo shops with goods, orders and pictures, and an operator of the platform. May be repeated.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print-logins", action="store_true", help=_("Only print who can log in, as JSON."))
        parser.add_argument("--first", action="store_true", help=_("Only the first shop, and no pictures."))
        parser.add_argument("--progress", action="store_true", help=_("Print what is done as lines of JSON."))

    def handle(self, *, print_logins: bool, first: bool, progress: bool, **options: Any) -> None:
        if print_logins:
            self.stdout.write(json.dumps(logins(), ensure_ascii=False))
            return
        self.progress = progress
        call_command("ensure_platform", superuser=OPERATOR, password=PASSWORD, stdout=self.stderr)
        with connection.cursor() as cursor:
            # Held until the command ends: another one at the same time waits and then finds everything made.
            cursor.execute("select pg_advisory_lock(hashtextextended('make_demo', 0))")
        try:
            keep_template()
            shops = list(_filler().SHOPS.values())
            for shop in shops[:1] if first else shops:
                self._make_shop(shop)
            for shop in [] if first else shops:
                self._hang_pictures(shop)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(hashtextextended('make_demo', 0))")

    def _make_shop(self, shop: Any) -> None:
        with in_public():
            there = Client.objects.filter(schema_name=shop.schema_name).exists()
        if there:
            self._tell(_("The demo shop %(name)s is already there.") % {"name": shop.name})
            return

        def work() -> None:
            provision_shop(
                schema_name=shop.schema_name, name=shop.name, owner_name=shop.people[0][1], language=shop.language
            )
            with in_schema(shop.schema_name):
                _filler().fill_shop(shop, now=timezone.now())

        run(work)
        self._tell(_("The demo shop %(name)s is ready.") % {"name": shop.name}, step="shop", name=shop.name)

    def _hang_pictures(self, shop: Any) -> None:
        with in_schema(shop.schema_name):
            for done, every in _filler().hang_pictures(shop):
                if done % 20 == 0 or done == every:
                    self._tell(
                        _("%(name)s: %(done)s of %(every)s pictures")
                        % {"name": shop.name, "done": done, "every": every},
                        step="pictures", name=shop.name, done=done, every=every,
                    )  # fmt: skip

    def _tell(self, sentence: str, **facts: Any) -> None:
        """A line for people, or with --progress the facts for a program."""
        if not self.progress:
            self.stdout.write(sentence)
        elif facts:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
        self.stdout.flush()


def _filler() -> Any:
    return import_module(settings.DEMO_FILLER)


def logins() -> list[dict[str, str]]:
    """Pages and log-ins for a greeting; `host` has no port."""
    with translation.override(settings.LANGUAGE_CODE):
        entries = [
            {
                "title": _("The shop “%(name)s” · %(person)s") % {"name": shop.name, "person": person["name"]},
                "host": default_domain(shop.schema_name),
                "path": "/",
                "login": person["login"],
                "password": person["password"],
            }
            for shop in _filler().SHOPS.values()
            for person in _filler().logins(shop)
        ]
        platform = {
            "title": _("Platform: applications and shops"),
            "host": settings.PLATFORM_DOMAIN,
            "path": "/admin/",
            "login": OPERATOR,
            "password": PASSWORD,
        }
    return [*entries, platform]
