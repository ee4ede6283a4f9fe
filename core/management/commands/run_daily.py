"""The day's work of all open shops and of the platform, now."""

import json
import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from core.daily import Day, do_day, open_shops
from core.errors import SOME_FAILED, USAGE
from core.parallel import for_each


class Command(BaseCommand):
    """`run_daily`: what the worker does by itself once a day. Twice a day does nothing more."""

    help = _("Do the day's work. Ends with 3 when a shop failed; the others are done.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", help=_("Only this open shop, without the platform."))
        parser.add_argument("--parallel", type=int, default=1, help=_("How many shops at a time, 1 without it."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(self, *, schema: str | None, parallel: int, as_json: bool, **options: Any) -> None:
        if parallel < 1:
            raise CommandError(_("At least one shop at a time: --parallel=1."), returncode=USAGE)
        names = open_shops()
        if schema is not None and schema not in names:
            raise CommandError(
                _("There is no open shop with the schema “%(name)s”. Open: %(known)s")
                % {"name": schema, "known": ", ".join(names) or "—"}
            )
        names = [schema] if schema else [get_public_schema_name(), *names]
        began, days = time.monotonic(), list[Day]()
        for day in for_each(names, partial(do_day, now=timezone.now()), workers=parallel):
            days.append(day)
            said = "; ".join(f"{path}: {error}" for path, error in day.errors.items()) or "ok"
            self.stderr.write(f"{len(days)}/{len(names)} {day.schema_name} {said} {day.seconds:.1f} s")
        failed = [day.schema_name for day in days if day.errors]
        if as_json:
            self.stdout.write(json.dumps([vars(day) for day in days], ensure_ascii=False))
        else:
            for day in days:
                if told := ", ".join(f"{path} {count}" for path, count in day.changed.items() if count):
                    self.stdout.write(f"{day.schema_name}: {told}")
            self.stdout.write(
                _("Done: %(done)s, failed: %(failed)s, %(seconds).1f s.")
                % {"done": len(days) - len(failed), "failed": len(failed), "seconds": time.monotonic() - began}
            )
        if failed:
            raise CommandError(
                _("Not everything was done for: %(names)s. Mend the cause and repeat; what is done stays done.")
                % {"names": ", ".join(failed)},
                returncode=SOME_FAILED,
            )
