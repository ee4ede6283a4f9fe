"""`manage.py compile_translations`: what compilemessages does, without the gettext tools."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.translations import compile_translations


class Command(BaseCommand):
    """Compile the .po files that changed."""

    help = _("Compiles the translations of all apps that changed since the last time.")
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile and say how many. Raises CommandError naming the file that can't be read."""
        try:
            made = compile_translations(settings.BASE_DIR)
        except ValueError as error:
            raise CommandError(
                _("The translation can't be read: %(why)s. Correct the file and run the command again.")
                % {"why": error}
            ) from error
        self.stdout.write(_("Compiled translations: %(count)d.") % {"count": len(made)})
