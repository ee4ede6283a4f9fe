"""Choosing an application on the command line."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.errors import USAGE
from customers.models import TenantRegistration


def add_application_options(parser: CommandParser) -> None:
    """`--id 7` or `--schema papa`."""
    parser.add_argument("--id", type=int, dest="key", help=_("The application's number."))
    parser.add_argument("-s", "--schema", dest="schema_name", help=_("The address it asks for."))


def chosen_application(options: dict[str, Any]) -> TenantRegistration:
    """The application meant by the options: by its number any, by its address the waiting one, else the latest. Raises
    CommandError."""
    if (options["key"] is None) == (options["schema_name"] is None):
        raise CommandError(_("Say which application: --id= or --schema=."), returncode=USAGE)
    if options["key"] is not None:
        found = TenantRegistration.objects.filter(pk=options["key"]).first()
    else:
        rows = TenantRegistration.objects.filter(schema_name=options["schema_name"]).order_by("-pk")
        waiting = rows.filter(status=TenantRegistration.Status.PENDING, expired_at=None)
        found = waiting.first() or rows.first()
    if found is None:
        listed = TenantRegistration.objects.filter(status=TenantRegistration.Status.PENDING, expired_at=None)
        names = ", ".join(f"{each.pk} {each.schema_name}" for each in listed[:20])
        raise CommandError(_("There is no such application. Waiting: %(names)s.") % {"names": names or "—"})
    return found
