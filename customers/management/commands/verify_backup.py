"""Is this file a whole backup of ours, and does it restore?"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from customers.services.backups import verify


class Command(RefusingCommand):
    """`verify_backup FILE --restore-test`."""

    help = _("Checks signature and hashes of a backup and, if asked, restores it into a scratch schema and counts.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help=_("The backup."))
        parser.add_argument("--restore-test", action="store_true", help=_("Restore it, count its rows, drop it again."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(self, *, file: Path, restore_test: bool, as_json: bool, **options: Any) -> None:
        backup = verify(file, restore=restore_test)
        facts = {
            "schema": backup.schema_name,
            "made_at": backup.manifest["made_at"],
            "fingerprint": backup.manifest["fingerprint"],
            "rows": backup.rows,
            "files": len(backup.manifest["files"]),
            "restored": restore_test,
        }
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        self.stdout.write(_("A whole backup of “%(schema)s” of %(made_at)s: %(rows)s rows, %(files)s files.") % facts)
        if restore_test:
            self.stdout.write(_("It was restored into a scratch schema, every table has its rows."))
