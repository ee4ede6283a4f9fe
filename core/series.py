"""Document numbers from a sequence of the shop's schema: unique, never waiting, gaps allowed."""

from django.db import connection
from django.db.models import BigIntegerField, Func, Value


class NextVal(Func):
    """The next number of a sequence, usable as a column's database default."""

    function = "nextval"

    def __init__(self, sequence: str) -> None:
        super().__init__(Value(sequence), output_field=BigIntegerField())


def next_number(sequence: str) -> int:
    """The next number of `sequence`, given away for good."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval(%s)", [sequence])
        return int(cursor.fetchone()[0])
