"""How the engine's SQL functions come into a shop's schema: as operations of a tenant migration."""

import re
from pathlib import Path

from django.db.migrations import RunSQL

FOLDER = Path(__file__).parent / "sql"


def text(name: str) -> str:
    """The statement in `sql/<name>.sql`."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def function_name(name: str) -> str:
    """`stock_issue_0001` creates the function `stock_issue`."""
    return re.sub(r"_\d{4}$", "", name)


def create(name: str) -> RunSQL:
    """Create the function of `sql/<name>.sql`; the reverse drops it. The name in SQL is unqualified: it lands in the
    schema that is being migrated."""
    return RunSQL([(text(name), None)], [(f"drop function {function_name(name)}", None)])


def drop(name: str) -> RunSQL:
    """Drop the function that `sql/<name>.sql` created; the reverse creates it again."""
    return RunSQL([(f"drop function {function_name(name)}", None)], [(text(name), None)])


def newest() -> dict[str, str]:
    """Function name → file name of its newest version."""
    return {function_name(path.stem): path.stem for path in sorted(FOLDER.glob("*.sql"))}
