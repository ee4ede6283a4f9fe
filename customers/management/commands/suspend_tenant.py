"""Close a shop for the time being."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from customers.services.lifecycle import set_open


class Command(RefusingCommand):
    """`suspend_tenant --schema=papa`; a second time changes nothing."""

    help = _("Switches the pages of a shop off; nothing is lost.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-s", "--schema", required=True, dest="schema_name", help=_("The shop's schema name."))
        parser.add_argument("--reason", default="", help=_("Why; it is kept in the journal."))

    def handle(self, *, schema_name: str, reason: str, **options: Any) -> None:
        changed = set_open(schema_name, is_open=False, reason=reason)
        self.stdout.write(
            _("The shop “%(name)s” is suspended: its pages are switched off, nothing is lost.") % {"name": schema_name}
            if changed
            else _("It is suspended already.")
        )
