"""`migrate_schemas` of django-tenants with the `--list` of its guide and a sentence for an unknown schema."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import get_public_schema_name

from core.tenancy import in_schema
from customers.errors import UnknownShop
from customers.schema import schema_exists
from customers.services.cleanup import existing_names
from customers.services.migrating import note_fingerprint


class Command(MigrateSchemasCommand):
    """Everything the stock command does, by the same options."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--list",
            "-l",
            action="store_true",
            dest="list_migrations",
            help=_("Show which migrations each schema has instead of running them."),
        )

    def handle(self, *args: Any, list_migrations: bool = False, **options: Any) -> None:
        name = options.get("schema_name")
        if name and not schema_exists(name):
            raise CommandError(str(UnknownShop(name, existing_names())))
        if list_migrations:
            self._list(name, options)
        else:
            super().handle(*args, **options)
            for schema in [name] if name else existing_names():
                note_fingerprint(schema)

    def _list(self, name: str | None, options: dict[str, Any]) -> None:
        public = get_public_schema_name()
        both = not options["tenant"] and not options["shared"]
        shared = [public] if options["shared"] or both else []
        schemas = [name] if name else shared + (existing_names() if options["tenant"] or both else [])
        labels = [options["app_label"]] if options.get("app_label") else []
        for schema in schemas:
            self.stdout.write(f"[{schema}]")
            with in_schema(schema):
                call_command("showmigrations", *labels, stdout=self.stdout, no_color=options["no_color"])
