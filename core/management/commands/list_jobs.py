"""Background jobs: which wait, which failed and why; let failed ones begin anew."""

import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from core.jobs import FAILED, Row, place_of, try_again
from core.management.shops import chosen_shops
from core.tenancy import in_public


class Command(BaseCommand):
    """`list_jobs`, `list_jobs --failed`, `list_jobs --retry=all`."""

    help = _("List background jobs that are not done, newest first, with what went wrong.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--failed", action="store_true", help=_("Only those that failed for good."))
        parser.add_argument("--schema", help=_("Only this shop's."))
        parser.add_argument("--retry", help=_("Let this failed job begin anew, by its key; “all” for every one."))
        parser.add_argument("--json", action="store_true", dest="as_json", help=_("Machine-readable."))

    def handle(self, *, failed: bool, schema: str | None, retry: str | None, as_json: bool, **options: Any) -> None:
        if schema is not None:
            chosen_shops({"schema": schema})
        with in_public():
            rows = DBTaskResult.objects.exclude(pk__in=DBTaskResult.objects.successful()).order_by("-enqueued_at")
            if failed or retry:
                rows = rows.filter(status=FAILED)
            if schema:
                rows = rows.filter(args_kwargs__args__0=schema)
            if retry and retry != "all":
                try:
                    rows = rows.filter(pk=uuid.UUID(retry))
                except ValueError:
                    raise CommandError(_("“%s” is no key of a job. list_jobs --failed lists them.") % retry) from None
            found = list(rows)
        if retry:
            if not found and retry != "all":
                raise CommandError(_("There is no failed job with this key. Nothing was changed."))
            self.stdout.write(_("Begin anew: %s.") % try_again(found))
            return
        facts = [_facts(row) for row in found]
        if as_json:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        for fact in facts:
            self.stdout.write(
                "  ".join(
                    str(fact[name] or "—") for name in ("key", "schema", "job", "status", "asked", "attempts", "error")
                )
            )
        if not facts:
            self.stdout.write(_("No job waits, none has failed."))


def _facts(row: Row) -> dict[str, Any]:
    return {
        "key": str(row.pk),
        "schema": place_of(row),
        "job": row.task_path,
        "status": row.status.lower(),
        "asked": timezone.localtime(row.enqueued_at).isoformat(timespec="seconds"),
        "attempts": len(row.worker_ids),
        "error": row.traceback.strip().rpartition("\n")[2],
    }
