"""Reject an application with a reason that the applicant reads."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from core.transactions import run
from customers.management.applications import add_application_options, chosen_application
from customers.services.registration import reject


class Command(RefusingCommand):
    """`reject_registration --schema=papa --reason="…"`."""

    help = _("Rejects a waiting application; the applicant is mailed the reason, the address is free again.")

    def add_arguments(self, parser: CommandParser) -> None:
        add_application_options(parser)
        parser.add_argument("--reason", required=True, help=_("Why; the applicant reads it."))

    def handle(self, *, reason: str, **options: Any) -> None:
        application = chosen_application(options)
        run(lambda: reject(registration=application, reason=reason, by=None, now=timezone.now()))
        self.stdout.write(_("The application of “%(name)s” is rejected.") % {"name": application.shop_name})
