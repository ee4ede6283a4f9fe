"""Write everything a shop owns into one file that needs no program of ours to be read."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from core.errors import USAGE
from core.export_shelf import put_together
from core.exporting import make_export
from core.management.refusing import RefusingCommand
from core.tenancy import in_schema
from customers.errors import PlatformItself, UnknownShop
from customers.models import Client
from customers.services.cleanup import existing_names


class Command(RefusingCommand):
    """`export_tenant --schema=papa --output=papa.zip`, or `--for-owner`: onto the page where the owner fetches it."""

    help = _("Writes everything a shop owns into one zip file: tables as CSV and JSON Lines, pictures, no passwords.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-s", "--schema", required=True, dest="schema_name", help=_("The shop's schema name."))
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--output", type=Path, help=_("The file to write; it must not be there yet."))
        where.add_argument("--for-owner", action="store_true", help=_("Put it where the shop's owner downloads it."))
        parser.add_argument("--with-files", action="store_true", default=True, help=_("With pictures, as without it."))
        parser.add_argument("--no-files", action="store_false", dest="with_files", help=_("Leave pictures out."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(
        self, *, schema_name: str, output: Path | None, for_owner: bool, with_files: bool, as_json: bool, **options: Any
    ) -> None:
        shop = _chosen(schema_name)
        began, now = time.monotonic(), timezone.now()
        how: dict[str, Any] = {"now": now, "language": shop.language, "with_files": with_files}
        if output is None:
            with in_schema(schema_name):
                path = put_together(**how).path
        else:
            path = output
            _write(schema_name, path, how)
        facts = {"file": str(path), "bytes": path.stat().st_size, "seconds": round(time.monotonic() - began, 1)}
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        self.stdout.write(
            _("%(file)s: %(kilobytes)s KB, %(seconds).1f s") % {**facts, "kilobytes": path.stat().st_size // 1024}
        )


def _chosen(schema_name: str) -> Client:
    if schema_name == get_public_schema_name():
        raise PlatformItself
    shop: Client | None = Client.objects.filter(schema_name=schema_name).first()
    if shop is None:
        raise UnknownShop(schema_name, existing_names())
    return shop


def _write(schema_name: str, path: Path, how: dict[str, Any]) -> None:
    """Write under another name and rename: what has the wanted name is whole."""
    if path.exists():
        raise CommandError(
            _("%(file)s is there already. Nothing was written: name another file.") % {"file": path}, returncode=USAGE
        )
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as file:
            make_export(schema_name, file, **how)
        unfinished.replace(path)
    except OSError as error:
        raise CommandError(
            _("%(file)s could not be written: %(error)s.") % {"file": path, "error": error.strerror or error}
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
