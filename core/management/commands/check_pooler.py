"""Does whatever stands between us and PostgreSQL keep every connection's schema?

A pooler in transaction mode hands a statement of one shop to a connection that another shop has set: in a trial half of
all rows came from the neighbour. Asked here with schemas that do not exist, so no data are read.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _

CONNECTIONS, TURNS = 6, 20
FOUND = 5  # the exit code of checks that found something


class Command(BaseCommand):
    help = _("Finds out whether a pooler mixes up the schemas of shops.")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = mixed_up(CONNECTIONS, TURNS)
        if wrong:
            raise CommandError(
                _(
                    "Shops would see each other's rows: %(wrong)d of %(asked)d statements met the schema of another "
                    "connection. Do not open the shops: run the pooler in session mode, or connect without it."
                )
                % {"wrong": wrong, "asked": CONNECTIONS * TURNS},
                returncode=FOUND,
            )
        self.stdout.write(
            _("Every connection keeps its schema: %(asked)d of %(asked)d.") % {"asked": CONNECTIONS * TURNS}
        )


def mixed_up(count: int, turns: int) -> int:
    """How many statements found another schema than their connection had set, in the way the program sets it."""
    connections: list[Any] = [connection.copy() for _number in range(count)]
    wrong = 0
    try:
        for number, each in enumerate(connections):
            each.set_schema(f"pooler_probe_{number}")
            _ask(each, "SELECT 1")  # the first statement carries the schema to the server
        for _turn in range(turns):
            for number, each in enumerate(connections):
                wrong += f"pooler_probe_{number}" not in _ask(each, "SHOW search_path")
    finally:
        for each in connections:
            each.close()
    return wrong


def _ask(one: Any, sql: str) -> str:
    with one.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])
