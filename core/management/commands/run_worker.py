"""The process beside the web server that does background jobs and begins the day's work."""

import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import SOME_FAILED
from core.jobs import Outcome
from core.worker import Worker


class Command(BaseCommand):
    """`run_worker`; as many as there is work for, on as many computers as there are."""

    help = _("Do background jobs until it is stopped. SIGTERM and Ctrl-C let it finish the job at hand.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help=_("Do what is due and end; 3 when a job failed."))
        parser.add_argument("--interval", type=float, default=1.0, help=_("Seconds between two looks, 1 without it."))
        parser.add_argument("--no-day", action="store_true", help=_("Leave the day's work to others, or to run_daily."))

    def handle(self, *, once: bool, interval: float, no_day: bool, verbosity: int, **options: Any) -> None:
        if verbosity:
            logging.getLogger("core.jobs").setLevel(logging.INFO)
        worker = Worker(interval=interval, days=not no_day)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.stop)
        worker.run(once=once)
        if not once:
            return
        count = worker.outcomes.total()
        self.stdout.write(ngettext("%(count)d job taken.", "%(count)d jobs taken.", count) % {"count": count})
        failed = worker.outcomes[Outcome.AGAIN] + worker.outcomes[Outcome.FAILED]
        if failed:
            raise CommandError(
                _("Failed: %(count)s. list_jobs tells why; what can be tried again will be.") % {"count": failed},
                returncode=SOME_FAILED,
            )
