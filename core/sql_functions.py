"""How an app's SQL functions come into a shop's schema: readable files, as operations of tenant migrations.

A released file is never edited: a change is a new file (`stock_issue_0002.sql`) and a new migration that drops the old
function and creates the new one.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from django.db.migrations import RunSQL


def function_name(name: str) -> str:
    """`stock_issue_0001` creates the function `stock_issue`."""
    return re.sub(r"_\d{4}$", "", name)


@dataclass(frozen=True)
class SqlFunctions:
    """The functions in the `*.sql` files of a folder, one in each."""

    folder: Path

    def text(self, name: str) -> str:
        """The statement in `<name>.sql`."""
        return (self.folder / f"{name}.sql").read_text(encoding="utf-8")

    def create(self, name: str) -> RunSQL:
        """Create the function of `<name>.sql`; the reverse drops it. The name in SQL is unqualified: it lands in the
        schema that is being migrated."""
        return RunSQL([(self.text(name), None)], [(f"drop function {function_name(name)}", None)])

    def drop(self, name: str) -> RunSQL:
        """Drop the function that `<name>.sql` created; the reverse creates it again."""
        return RunSQL([(f"drop function {function_name(name)}", None)], [(self.text(name), None)])

    def newest(self) -> dict[str, str]:
        """Function name → file name of its newest version."""
        return {function_name(path.stem): path.stem for path in sorted(self.folder.glob("*.sql"))}
