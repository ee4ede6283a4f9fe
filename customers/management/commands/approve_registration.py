"""Approve an application: the shop is made in the same moment."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from customers.management.applications import add_application_options, chosen_application
from customers.services.registration import try_to_approve


class Command(RefusingCommand):
    """`approve_registration --schema=papa`."""

    help = _("Approves a waiting application and makes its shop, all or nothing.")

    def add_arguments(self, parser: CommandParser) -> None:
        add_application_options(parser)
        parser.add_argument(
            "--unconfirmed", action="store_true", help=_("Also when nobody has confirmed the e-mail: you know it.")
        )

    def handle(self, *, unconfirmed: bool, **options: Any) -> None:
        application = chosen_application(options)
        shop = try_to_approve(registration=application, by=None, now=timezone.now(), unconfirmed=unconfirmed)
        self.stdout.write(
            _("The shop “%(name)s” is ready: schema %(schema)s, domain %(domain)s.")
            % {"name": shop.name, "schema": shop.schema_name, "domain": shop.get_primary_domain()}
        )
