"""Put the schema of a shop that is gone aside: nothing is lost, and its name is free."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from core.management.refusing import RefusingCommand
from customers.services.lifecycle import put_aside


class Command(RefusingCommand):
    """`archive_schema --schema=papa`."""

    help = _("Renames schema and media files of a shop that was taken off, so that its name can be given again.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("-s", "--schema", required=True, dest="schema_name", help=_("The schema."))

    def handle(self, *, schema_name: str, **options: Any) -> None:
        aside = put_aside(schema_name, now=timezone.now())
        self.stdout.write(
            _("%(schema)s is now called %(aside)s. The name %(schema)s is free.")
            % {"schema": schema_name, "aside": aside}
        )
        self.stdout.write(_("Drop it one day with: drop_tenant_schema --schema=%(aside)s") % {"aside": aside})
