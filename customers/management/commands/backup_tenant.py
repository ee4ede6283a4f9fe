"""Write one shop into one file."""

import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import USAGE
from core.management.refusing import RefusingCommand
from customers.services import backups


class Command(RefusingCommand):
    """`backup_tenant --schema=papa`: schema, files and a signed list of both, in one tar file."""

    help = _("Backs up the schema of a shop, living or gone, and its files.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-s", "--schema", required=True, dest="schema_name", help=_("The shop's schema name."))
        parser.add_argument("--output", type=Path, help=_("The folder to write into; BACKUP_ROOT without it."))
        parser.add_argument("--without-files", action="store_true", help=_("Leave pictures out."))
        parser.add_argument("--verify", action="store_true", help=_("Restore it into a scratch schema afterwards."))
        parser.add_argument("--keep", type=int, help=_("Delete all but this many newest backups of the shop."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(
        self,
        *,
        schema_name: str,
        output: Path | None,
        without_files: bool,
        verify: bool,
        keep: int | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        if keep is not None and keep < 1:
            raise CommandError(_("At least one backup is kept: --keep=1. Nothing was changed."), returncode=USAGE)
        began = time.monotonic()
        folder = output or Path(settings.BACKUP_ROOT)
        backup = backups.back_up(schema_name, folder=folder, with_files=not without_files, now=timezone.now())
        if verify:
            backups.verify(backup.path, restore=True)
        gone = backups.keep_newest(schema_name, folder=folder, count=keep) if keep else []
        facts = {
            "file": str(backup.path),
            "bytes": backup.path.stat().st_size,
            "rows": backup.rows,
            "files": len(backup.manifest["files"]),
            "seconds": round(time.monotonic() - began, 1),
            "deleted": [str(path) for path in gone],
        }
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        self.stdout.write(
            _("%(file)s: %(rows)s rows, %(files)s files, %(kilobytes)s KB, %(seconds).1f s")
            % {**facts, "kilobytes": int(str(facts["bytes"])) // 1024}
        )
        for path in gone:
            self.stdout.write(_("Deleted: %(file)s") % {"file": path})
