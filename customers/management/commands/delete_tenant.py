"""Delete a shop's row, as the command of django-tenants of this name; the schema stays."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from core.management.refusing import RefusingCommand, ask_yes
from core.transactions import run
from customers.errors import PlatformItself, UnknownShop
from customers.management.by_name import ask_for_schema
from customers.schema import schema_exists
from customers.services.cleanup import existing_names, remove_rows


class Command(RefusingCommand):
    """`delete_tenant --schema=NAME --noinput`, or without options as a conversation."""

    help = _("Deletes the row of a shop and its domains. Schema and files stay.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-s", "--schema", "--schema_name", dest="schema_name", help=_("The shop's schema name."))
        parser.add_argument(
            "--noinput", "--no-input", action="store_false", dest="interactive", help=_("Do not ask anything.")
        )

    def handle(self, *, schema_name: str | None, interactive: bool, **options: Any) -> None:
        if schema_name is None and not interactive:
            raise CommandError(_("With --noinput the shop has to be named: use --schema=."))
        name = schema_name if schema_name is not None else ask_for_schema(self.stdout)
        if name == get_public_schema_name():
            raise PlatformItself
        if name not in existing_names():
            raise UnknownShop(name, existing_names())
        if interactive:
            # In English like the rest of the conversation, which is documented word by word.
            question = f"Are you sure you want to delete the tenant: {name}? (yes/no): "
            if not ask_yes(question, instead="--noinput"):
                self.stdout.write(_("Cancelled, nothing was changed."))
                return
        self.stdout.write(f"Deleting '{name}'")
        run(lambda: remove_rows(name, purge_registration=False, now=timezone.now()))
        self.stdout.write(f"Deleted '{name}'")
        if schema_exists(name):
            self.stdout.write(
                _('The schema "%(schema)s" and the files stay. Drop the schema by hand when you are sure:')
                % {"schema": name}
            )
            self.stdout.write(f"DROP SCHEMA IF EXISTS {name} CASCADE;")
