"""Everything a shop owns in one zip file, readable without this program: for the owner, not for restoring.

`csv/` and `jsonl/` hold one file for each table, `media/` the pictures, `README.txt` says in the owner's language what is
what, `manifest.json` holds counts, columns and SHA-256 of every file. All tables are of one moment. What is left out, and
why, stands in `settings.EXPORT_LEAVES_OUT`; a table that is added later is in the archive by itself.
"""

import datetime
import hashlib
import json
import re
import uuid
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, models, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.links import current_shop_name
from core.shop_files import shop_files
from core.tenancy import in_schema
from core.transactions import sqlstate

FORMAT = 1
UNDEFINED_COLUMN = "42703"
MANIFEST, README = "manifest.json", "README.txt"
_CHUNK = 64 * 1024
_ROWS = 2000  # asked of the database at a time
# A spreadsheet takes a text that begins so for a formula; a mere number, such as that of a telephone, does no harm.
_FORMULA = re.compile(r"\A(?![+-]?\d+\Z)[=+@\t\r-]")
# What some system does not allow in a file's name.
_UNSAFE = str.maketrans(dict.fromkeys('\\:*?"<>|', "_") | {chr(code): "_" for code in range(32)})


class TablesBehind(DomainError):
    """The shop's tables are not those that this version of the program knows."""

    code = "tables_behind"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The tables of this shop are not those of this version, so no archive was made. An operator brings them up to date with migrate_tenants."
            )
        )


@dataclass(frozen=True)
class Export:
    """What went into an archive: rows of all tables together, and pictures."""

    tables: int
    rows: int
    files: int


def exported_models() -> list[type[models.Model]]:
    """The models whose tables a shop owns and takes along, those of many-to-many relations included."""
    owned = set(settings.TENANT_APPS)
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_config is not None
        and model._meta.app_config.name in owned
        and model._meta.managed
        and not model._meta.proxy
        and model._meta.label not in settings.EXPORT_LEAVES_OUT
    ]


def exported_columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns of a table that go along."""
    return [
        field
        for field in model._meta.concrete_fields
        if f"{model._meta.label}.{field.attname}" not in settings.EXPORT_LEAVES_OUT
    ]


def make_export(
    schema_name: str,
    out: IO[bytes],
    *,
    now: datetime.datetime,
    language: str = settings.LANGUAGE_CODE,
    with_files: bool = True,
) -> Export:
    """Write the archive of a shop into `out`, row by row, whatever its size.

    To be called outside a transaction: it reads in one of its own that sees a single moment and can change nothing.
    Raises TablesBehind when a table or a column is not there.
    """
    with in_schema(schema_name), transaction.atomic(durable=True), translation.override(language):
        with connection.cursor() as cursor:
            if not connection.savepoint_ids:  # in a test, it is inside the test's own
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # A big shop takes longer than a request may.
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            _refuse_missing_tables(cursor, schema_name)
        try:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                return _Writer(archive, now).write(schema_name, with_files=with_files)
        except ProgrammingError as error:
            if sqlstate(error) == UNDEFINED_COLUMN:
                raise TablesBehind from error
            raise


def _refuse_missing_tables(cursor: Any, schema_name: str) -> None:
    """A table that is missing would be looked for in the platform's schema, and its rows are nobody else's business."""
    cursor.execute(
        "SELECT 1 FROM unnest(%s::text[]) AS t (name) WHERE to_regclass(format('%%I.%%I', %s::text, t.name)) IS NULL",
        [[model._meta.db_table for model in exported_models()], schema_name],
    )
    if cursor.fetchone() is not None:
        raise TablesBehind


class _Writer:
    """One archive on its way; remembers the SHA-256 of what it has written."""

    def __init__(self, archive: zipfile.ZipFile, now: datetime.datetime) -> None:
        self._archive = archive
        self._now = now
        self._sums: dict[str, str] = {}

    def write(self, schema_name: str, *, with_files: bool) -> Export:
        tables = [self._table(model) for model in exported_models()]
        names = [self._file(file.name) for file in shop_files().files(schema_name)] if with_files else []
        left_out = {what: str(why) for what, why in settings.EXPORT_LEAVES_OUT.items()}
        facts = {
            "format": FORMAT,
            "schema": schema_name,
            "shop": current_shop_name(),
            "made_at": _plain(self._now),
            "tables": tables,
            "left_out": left_out,
        }
        rows = sum(table["rows"] for table in tables)
        context = {
            **facts, "rows": rows, "files": names, "made_at": self._now, "reasons": sorted(set(left_out.values()))
        }  # fmt: skip
        self._put(README, [render_to_string("core/export_readme.txt", context).replace("\n", "\r\n").encode()])
        manifest = {**facts, "sha256": self._sums.copy()}
        self._put(MANIFEST, [json.dumps(manifest, ensure_ascii=False, indent=1).encode()])
        return Export(len(tables), rows, len(names))

    def _table(self, model: type[models.Model]) -> dict[str, Any]:
        """Both files of a table: read twice, for a zip file takes one file at a time; the moment is the same."""
        fields = exported_columns(model)
        columns = [field.attname for field in fields]
        table = model._meta.db_table
        counted = self._put(f"csv/{table}.csv", _csv(columns, _rows(model, columns)))
        self._put(f"jsonl/{table}.jsonl", _json_lines(columns, _rows(model, columns)))
        return {
            "table": table,
            "name": str(model._meta.verbose_name_plural),
            "rows": counted - 1,  # without the line of names
            "columns": {field.attname: str(field.verbose_name) for field in fields},
        }

    def _file(self, name: str) -> str:
        inside = f"media/{name.translate(_UNSAFE)}"
        with shop_files().open(name) as file:
            self._put(inside, iter(lambda: file.read(_CHUNK), b""), compressed=False)
        return inside

    def _put(self, name: str, pieces: Iterable[bytes], *, compressed: bool = True) -> int:
        """Write one file of the archive, and answer of how many pieces it was."""
        info = zipfile.ZipInfo(name, timezone.localtime(self._now).timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        digest, count, waiting = hashlib.sha256(), 0, bytearray()
        with self._archive.open(info, "w", force_zip64=True) as file:
            for piece in pieces:
                count += 1
                waiting += piece
                if len(waiting) >= _CHUNK:
                    digest.update(waiting)
                    file.write(waiting)
                    waiting.clear()
            digest.update(waiting)
            file.write(waiting)
        self._sums[name] = digest.hexdigest()
        return count


def _rows(model: type[models.Model], columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """All rows in the order of their keys, deleted ones included, a few thousand in memory at a time."""
    return model._base_manager.order_by("pk").values_list(*columns).iterator(chunk_size=_ROWS)


def _csv(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with the mark by which spreadsheets know it. Every value is quoted but one that is missing."""
    yield ("\ufeff" + ",".join(columns) + "\r\n").encode()
    for row in rows:
        yield (",".join(map(_cell, row)) + "\r\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = f"'{value}" if _FORMULA.match(value) else value
    elif isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = str(_plain(value))
    return '"' + text.replace('"', '""') + '"'


def _json_lines(columns: list[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
    """One object in a line; numbers with decimals are texts, so that none loses a digit."""
    for row in rows:
        line = dict(zip(columns, row, strict=True))
        yield (json.dumps(line, ensure_ascii=False, default=_plain) + "\n").encode()


def _plain(value: Any) -> Any:
    """A value for machines: ISO dates and moments in UTC, decimals with a point."""
    if isinstance(value, datetime.datetime):
        return (value.astimezone(datetime.UTC) if timezone.is_aware(value) else value).isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes | memoryview):
        return b64encode(bytes(value)).decode()
    if isinstance(value, int | float):
        return value
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form for machines yet: say which in core.exporting")
