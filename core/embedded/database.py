"""The database inside a server: made when missing, checked before use, migrated by one machine at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.embedded.postgres import OLDEST
from core.embedded.words import Stop, say


def prepare_database(url: str, *, create: bool) -> None:
    """Connect to `url` and see that it can serve: PostgreSQL 15 or newer, Cyrillic known.

    With `create` a missing database is made first (our own server). Raises Stop with what is wrong and what to do.
    """
    import psycopg2

    target = connection_values(url)
    try:
        if create:
            with _session({**target, "dbname": "postgres"}) as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [target["dbname"]])
                if not cursor.fetchone():
                    cursor.execute(f'CREATE DATABASE "{target["dbname"]}"')
                    say("db_created", name=target["dbname"])
        with _session(target) as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            version = cursor.fetchone()[0]
            if version < OLDEST:
                raise Stop("db_old", version=version)
            cursor.execute("SELECT lower('РОЗА')")
            lowered = cursor.fetchone()[0]
    except (psycopg2.errors.UntranslatableCharacter, psycopg2.errors.CharacterNotInRepertoire):
        lowered = "?"
    except psycopg2.Error as error:
        raise Stop("db_unreachable", why=(str(error).strip() or repr(error)).splitlines()[0]) from error
    if lowered != "роза":
        raise Stop("db_locale", name=target["dbname"], found=lowered)


def connection_values(url: str) -> dict[str, str]:
    """The parts of a DATABASE_URL under the names the driver uses. Raises Stop when it can't be read."""
    import dj_database_url

    try:
        parts = dict(dj_database_url.parse(url))
        if "postgres" not in str(parts["ENGINE"]) or not parts["NAME"]:
            raise ValueError(url.partition(":")[0])
    except (ValueError, KeyError) as error:
        raise Stop("db_url_bad", why=error) from error
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found = {name: str(parts[key]) for key, name in names.items() if parts.get(key)}
    options = parts.get("OPTIONS")
    found |= {key: str(value) for key, value in options.items()} if isinstance(options, dict) else {}
    return {"connect_timeout": "10", "client_encoding": "UTF8", **found}


@contextmanager
def _session(target: dict[str, str]) -> Iterator[Any]:
    import psycopg2

    connection = psycopg2.connect(**target)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@contextmanager
def one_at_a_time(url: str) -> Iterator[None]:
    """Hold the database's own lock on migrating, so that two machines never do it at once."""
    with _session(connection_values(url)) as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('florist migrate_schemas'))")
        yield
