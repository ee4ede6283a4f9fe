"""Look over all shops: rows, schemas, tables, domains, files, operations."""

import json
from collections import Counter
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import FOUND_SOMETHING
from core.management.refusing import RefusingCommand
from customers.services.auditing import LEVELS, NOTE, WARNING, audit, mend


class Command(RefusingCommand):
    """`audit_tenants`: nightly, and before and after a deployment."""

    help = _(
        "Tells what does not fit together. Ends with 5 when there is something of the level of --fail-on or worse."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fail-on",
            choices=LEVELS,
            default=WARNING,
            help=_("From which level on it ends with 5; warning without it."),
        )
        parser.add_argument(
            "--fix-safe", action="store_true", help=_("Write mere notes anew; nothing else is touched.")
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(self, *, fail_on: str, fix_safe: bool, as_json: bool, **options: Any) -> None:
        found = audit(now=timezone.now())
        if fix_safe:
            mended = mend(found)
            found = [each for each in found if each not in mended]
            for each in mended:
                self.stderr.write(_("%(schema)s: the note is written anew") % {"schema": each.schema_name})
        if as_json:
            rows = [{**vars(each), "sentence": str(each.sentence)} for each in found]
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
        else:
            for each in found:
                style = self.style.ERROR if each.level != NOTE else self.style.NOTICE
                self.stdout.write(style(f"{each.schema_name}: {each.code}: {each.sentence}"))
            counts = Counter(each.level for each in found)
            self.stdout.write(
                _("Errors: %(error)s, warnings: %(warning)s, notes: %(note)s.")
                % {level: counts[level] for level in LEVELS}
            )
        if any(LEVELS.index(each.level) <= LEVELS.index(fail_on) for each in found):
            raise CommandError(_("Not everything fits together."), returncode=FOUND_SOMETHING)
