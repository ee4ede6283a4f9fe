"""For somebody who lost the phone and the codes on paper."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from accounts.models import User
from accounts.services.second_factor import reset
from core.management.refusing import RefusingCommand
from core.management.shops import chosen_shops
from core.tenancy import in_schema
from core.transactions import run


class Command(RefusingCommand):
    """`reset_second_factor --schema=papa lena`; operators of the platform are in `public`."""

    help = _(
        "Takes the second factor from one person, whose sessions end. Make sure first that it is this person who asks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help=_("User name or e-mail."))
        parser.add_argument("--schema", required=True, help=_("The shop's schema, or public for the platform."))

    def handle(self, *, username: str, schema: str, **options: Any) -> None:
        name = schema if schema == get_public_schema_name() else chosen_shops({"schema": schema})[0]
        with in_schema(name):
            field = "email__iexact" if "@" in username else "username__iexact"
            user = User.objects.filter(**{field: username}).first()
            if user is None:
                raise CommandError(
                    _("There is nobody called “%(name)s” in %(schema)s.") % {"name": username, "schema": name}
                )
            had = run(lambda: reset(user=user))
        said = (
            _("The second factor of %(name)s is off.")
            if had
            else _("%(name)s has no second factor. Nothing was changed.")
        )
        self.stdout.write(said % {"name": user.username})
