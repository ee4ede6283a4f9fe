"""Commands of django-tenants that would harm the shops: they refuse and name what to use instead."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser


class RefusedCommand(BaseCommand):
    """Takes whatever arguments the stock command takes, does nothing, and exits with 1."""

    why: Any

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("anything", nargs="*")

    def run_from_argv(self, argv: list[str]) -> None:
        """Past the parser: an option of the stock command must meet the explanation, not a usage message."""
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(str(self.why))
