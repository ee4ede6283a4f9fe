"""Make a shop of a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from customers.services.backups import read, restore


class Command(RefusingCommand):
    """`restore_tenant --from FILE --as papa2`: a suspended shop with everything the backup holds."""

    help = _("Restores a backup as a shop that is suspended at first. Only a name that nothing carries is taken.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", required=True, type=Path, dest="file", help=_("The backup."))
        parser.add_argument(
            "--as", "--schema", dest="schema_name", help=_("The schema name; that of the backup without it.")
        )
        parser.add_argument("--name", default="", help=_("What the shop is called; as in the backup without it."))
        parser.add_argument("--dry-run", action="store_true", help=_("Only say what would be restored."))

    def handle(self, *, file: Path, schema_name: str | None, name: str, dry_run: bool, **options: Any) -> None:
        backup = read(file)
        wanted = schema_name or backup.schema_name
        facts = {"rows": backup.rows, "files": len(backup.manifest["files"]), "schema": wanted}
        if dry_run:
            self.stdout.write(
                _("Would be restored as %(schema)s: %(rows)s rows, %(files)s files. Nothing was changed.") % facts
            )
            return
        restore(file, schema_name=wanted, name=name)
        self.stdout.write(_("Restored as %(schema)s: %(rows)s rows, %(files)s files. The shop is suspended.") % facts)
        self.stdout.write(
            _("Next: migrate_tenants --schema=%(schema)s, then activate_tenant --schema=%(schema)s") % facts
        )
