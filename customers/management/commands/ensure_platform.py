"""The first command on a new database: the platform's own row, its domains, and an operator."""

import os
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.models import User
from core.management.refusing import RefusingCommand
from core.tenancy import in_public
from core.transactions import run
from customers.services.platform import ensure_platform


class Command(RefusingCommand):
    """Safe to repeat: makes what is missing and leaves the rest, an existing operator's password included."""

    help = _("Makes the platform's own row with its domains and, if asked, a superuser. May be repeated.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--superuser", metavar="NAME", help=_("Make this operator unless there is one."))
        parser.add_argument(
            "--password", help=_("The operator's password; better in the variable PLATFORM_PASSWORD, unseen by others.")
        )
        parser.add_argument("--email", default="", help=_("The operator's e-mail."))

    def handle(self, *, superuser: str | None, password: str | None, email: str, **options: Any) -> None:
        password = password or os.environ.get("PLATFORM_PASSWORD")
        with in_public():
            missing = bool(superuser) and not User.objects.filter(username__iexact=superuser).exists()
            if missing and not password:
                raise CommandError(_("A new operator needs a password: use --password= or PLATFORM_PASSWORD."))

            def work() -> None:
                ensure_platform()
                if missing:
                    user = User(username=str(superuser), email=email)
                    user.clean_fields(exclude=["password"])
                    User.objects.create_superuser(str(superuser), email, password)

            run(work)
        self.stdout.write(_("The platform is ready."))
        if missing:
            self.stdout.write(_("Operator %(name)s made.") % {"name": superuser})
