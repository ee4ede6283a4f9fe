"""Compare photos and their files: exit code 0 when they agree, 1 when they do not, 2 when it could not be seen."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.management.shops import add_shop_options, chosen_shops
from core.photo_check import PhotoFiles, check_photo_files, remove_orphans
from core.tenancy import in_schema

SHOWN = 20


class Command(BaseCommand):
    """`check_files --all`, `check_files --schema=papa --remove-orphans`."""

    help = _("Check that every photo has its files and every file its photo.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))
        parser.add_argument(
            "--remove-orphans",
            action="store_true",
            help=_("Remove files that belong to no photo, deleted ones included."),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report: dict[str, PhotoFiles] = {}
        for name in chosen_shops(options):
            try:
                with in_schema(name):
                    found = check_photo_files(now=timezone.now())
                    if options["remove_orphans"]:
                        remove_orphans(found)
            except (DatabaseError, OSError) as error:
                why = getattr(error, "strerror", None) or error
                self.stderr.write(_("%(shop)s: could not be checked: %(error)s") % {"shop": name, "error": why})
                sys.exit(2)
            report[name] = found
            if not options["as_json"]:
                self._tell(name, found, removed=options["remove_orphans"])
        if options["as_json"]:
            self.stdout.write(json.dumps({name: asdict(found) for name, found in report.items()}, ensure_ascii=False))
        left = [found.missing or (found.orphans and not options["remove_orphans"]) for found in report.values()]
        if any(left):
            sys.exit(1)

    def _tell(self, name: str, found: PhotoFiles, *, removed: bool) -> None:
        if not found.missing and not found.orphans:
            self.stdout.write(
                self.style.SUCCESS(
                    _("%(shop)s: photos: %(photos)s, files: %(files)s, all in place")
                    % {"shop": name, "photos": found.photos, "files": found.files}
                )
            )
        no_photo = (
            _("%(shop)s: removed, no photo had them: %(count)s")
            if removed
            else _("%(shop)s: no photo has them: %(count)s")
        )
        for sentence, paths in ((_("%(shop)s: missing: %(count)s"), found.missing), (no_photo, found.orphans)):
            if paths:
                self.stdout.write(self.style.ERROR(sentence % {"shop": name, "count": len(paths)}))
                for path in paths[:SHOWN]:
                    self.stdout.write(f"  {path}")
