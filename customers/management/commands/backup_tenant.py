"""Write one shop into one file, or every shop into one each."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import SOME_FAILED, USAGE, DomainError
from core.management.refusing import RefusingCommand
from customers.services import backups
from customers.services.backups import PLATFORM
from customers.services.cleanup import existing_names


class Command(RefusingCommand):
    """`backup_tenant --schema=papa`: schema, files and a signed list of both, in one tar file; `--all` for every shop."""

    help = _("Backs up the schema of a shop, living or gone, and its files.")

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("-s", "--schema", dest="schema_name", help=_("The shop's schema name."))
        which.add_argument(
            "--all",
            action="store_true",
            dest="every",
            help=_("Every shop, one after the other, and the platform's own tables."),
        )
        parser.add_argument("--output", type=Path, help=_("The folder to write into; BACKUP_ROOT without it."))
        parser.add_argument("--without-files", action="store_true", help=_("Leave pictures out."))
        parser.add_argument("--verify", action="store_true", help=_("Restore it into a scratch schema afterwards."))
        parser.add_argument("--keep", type=int, help=_("Delete all but this many newest backups of the shop."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(
        self,
        *,
        schema_name: str | None,
        every: bool,
        output: Path | None,
        without_files: bool,
        verify: bool,
        keep: int | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        if keep is not None and keep < 1:
            raise CommandError(_("At least one backup is kept: --keep=1. Nothing was changed."), returncode=USAGE)
        folder = output or Path(settings.BACKUP_ROOT)

        def one(name: str) -> dict[str, Any]:
            began = time.monotonic()
            backup = backups.back_up(name, folder=folder, with_files=not without_files, now=timezone.now())
            if verify:
                backups.verify(backup.path, restore=True)
            gone = backups.keep_newest(name, folder=folder, count=keep) if keep else []
            return {
                "file": str(backup.path),
                "bytes": backup.path.stat().st_size,
                "rows": backup.rows,
                "files": len(backup.manifest["files"]),
                "seconds": round(time.monotonic() - began, 1),
                "deleted": [str(path) for path in gone],
            }

        if every:
            self._every(one, folder, keep, as_json=as_json)
            return
        facts = one(str(schema_name))
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        self.stdout.write(
            _("%(file)s: %(rows)s rows, %(files)s files, %(kilobytes)s KB, %(seconds).1f s")
            % {**facts, "kilobytes": facts["bytes"] // 1024}
        )
        for path in facts["deleted"]:
            self.stdout.write(_("Deleted: %(file)s") % {"file": path})

    def _every(self, one: Callable[[str], dict[str, Any]], folder: Path, keep: int | None, *, as_json: bool) -> None:
        """The platform and every shop; one that fails stops no other."""
        began = time.monotonic()
        done, failed = [], {}
        names = existing_names()
        platform = backups.back_up_platform(folder=folder, now=timezone.now())
        if keep:
            backups.keep_newest(PLATFORM, folder=folder, count=keep, suffix=".dump")
        for number, name in enumerate(names, 1):
            try:
                done.append(one(name))
                said = f"ok {done[-1]['seconds']:.1f} s"
            except DomainError as refusal:
                failed[name] = said = str(refusal)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is this shop's trouble alone
                connection.close()
                failed[name] = said = f"{type(error).__name__}: {error}".strip()
            self.stderr.write(f"{number}/{len(names)} {name} {said}")
        if as_json:
            facts = {"platform": str(platform), "shops": done, "failed": failed}
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
        else:
            self.stdout.write(
                _("Backed up: %(done)s shops, %(megabytes)s MB, and the platform; failed: %(failed)s; %(seconds).1f s.")
                % {
                    "done": len(done),
                    "megabytes": sum(facts["bytes"] for facts in done) // 1_000_000,
                    "failed": len(failed),
                    "seconds": time.monotonic() - began,
                }
            )
        if failed:
            raise CommandError(
                _("Not backed up: %(names)s. Mend the cause and repeat for these.") % {"names": ", ".join(failed)},
                returncode=SOME_FAILED,
            )
