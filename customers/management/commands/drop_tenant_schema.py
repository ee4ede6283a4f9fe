"""Drop the schema of a shop that is gone, for good."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand, ask
from customers.errors import NotConfirmed
from customers.services.lifecycle import drop_schema


class Command(RefusingCommand):
    """`drop_tenant_schema --schema=papa --confirm=papa --backup=FILE`."""

    help = _("Drops a schema after its name was typed again and a backup was restored and compared with it.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-s", "--schema", required=True, dest="schema_name", help=_("The schema."))
        parser.add_argument("--confirm", help=_("The schema's name once more."))
        kept = parser.add_mutually_exclusive_group(required=True)
        kept.add_argument("--backup", type=Path, help=_("A backup of the schema as it is now."))
        kept.add_argument("--no-backup", action="store_true", help=_("There is none; needs --i-know as well."))
        parser.add_argument("--i-know", action="store_true", help=_("I know that nothing can bring the data back."))

    def handle(
        self,
        *,
        schema_name: str,
        confirm: str | None,
        backup: Path | None,
        no_backup: bool,
        i_know: bool,
        **options: Any,
    ) -> None:
        if no_backup and not i_know:
            raise NotConfirmed("--i-know")
        if confirm is None:
            confirm = ask(_("Type the name of the schema that is dropped for good: "), instead="--confirm=")
        if confirm != schema_name:
            raise NotConfirmed("--confirm")
        checked = drop_schema(schema_name, backup=backup)
        if checked is not None:
            self.stdout.write(_("The backup %(file)s restores and has every row.") % {"file": checked.path})
        self.stdout.write(_("The schema %(schema)s is dropped.") % {"schema": schema_name})
