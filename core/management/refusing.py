"""Commands that answer a refusal with its sentence and an exit code (core.errors) instead of a traceback."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.errors import DomainError


class RefusingCommand(BaseCommand):
    """Base of our commands."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; a DomainError becomes a CommandError with the same sentence."""
        try:
            return super().execute(*args, **options)
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=refusal.exit_code) from refusal


def ask(question: str, *, instead: str) -> str:
    """What the operator types. Without a terminal raises CommandError that names the option to use `instead`."""
    try:
        return input(question)
    except EOFError:
        raise CommandError(
            _("There is no terminal to ask on. Nothing was changed: use %(option)s instead.") % {"option": instead}
        ) from None


def ask_yes(question: str, *, instead: str) -> bool:
    """Yes or no, asked until it is one of both. No terminal raises CommandError."""
    answer = ask(question, instead=instead)
    while answer.strip().lower() not in {"yes", "no", "y", "n", "да", "нет"}:
        answer = ask(_("Please answer yes or no: "), instead=instead)
    return answer.strip().lower() in {"yes", "y", "да"}
