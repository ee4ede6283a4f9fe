"""One shop in one file: its schema as pg_dump writes it, its files, and a manifest that says what must be in there.

A backup is a tar file `NAME-DAY-TIME.tar`: `manifest.json` first, then the schema, then `files/…`. The schema is
`schema.sql.gz`, a script that psql alone can read too: the statements of the template and every table's rows. It is so when
the schema is made of exactly what the template makes; otherwise pg_dump writes `schema.dump`, which pg_restore alone can
read. Among a thousand shops pg_dump takes ten seconds for each, because it looks through the tables of all; the script
takes half a second. The archive is written under a temporary name and renamed when it is complete and
on the disk, so whatever carries the final name is whole. Rows are counted in the snapshot that is dumped. The manifest
is signed with this installation's key: nothing of an archive that is not ours is ever executed.
"""

import contextlib
import datetime
import gzip
import hashlib
import hmac
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from django_tenants.utils import get_public_schema_name, quote_schema_name

from core import pg_programs
from core.shop_files import shop_files
from core.tenancy import in_public
from customers.errors import BackupNotWritten, BadArchive, NameLeftBehind, NameNotAllowed, UnknownShop
from customers.models import Client, Domain, TenantOperation
from customers.schema import bodies_unchecked, code_fingerprint, schema_exists, schema_fingerprint
from customers.services import names
from customers.services.cleanup import check_files, existing_names
from customers.services.operations import Journal, operation
from customers.services.provisioning import default_domain, what_is_left
from customers.template import DUMP_OPTIONS, structure_text

FORMAT = 1
MANIFEST, SCRIPT, DUMP, FILES = "manifest.json", "schema.sql.gz", "schema.dump", "files"
UNFINISHED = ".part"
PLATFORM = "platform"  # a reserved name: no shop's backup is called so
_SALT = "customers.backup"
_CHUNK = 1024 * 1024
# How values are written into the script, whatever the server's own taste is; and an error instead of rows left out.
_PLAINLY = {"DateStyle": "ISO", "IntervalStyle": "postgres", "extra_float_digits": "1", "row_security": "off"}
# Facts of the shop's row that come back with it; whether it is open and until when it is paid is decided anew.
_FACTS = ("name", "owner_name", "owner_email", "phone", "language", "on_trial")


@dataclass(frozen=True)
class Backup:
    """A backup that was read and found whole: where it is and what its manifest says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def schema_name(self) -> str:
        return str(self.manifest["schema"])

    @property
    def made_at(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self.manifest["made_at"])

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(self.manifest["rows"].values())


# --- Making ----------------------------------------------------------------------------------------------------------


def back_up(schema_name: str, *, folder: Path, with_files: bool, now: datetime.datetime, operator: str = "") -> Backup:
    """Write a backup of a schema into `folder` and answer with it, read back and checked.

    A schema whose shop is gone can be backed up as well. Raises UnknownShop, UnsafeMedia for a symbolic link among the
    files, OperationHeld, ProgramMissing, ProgramFailed, BackupNotWritten for a full disk or a file that can't be read; no
    file of the final name is left then.
    """
    if not names.is_ours(schema_name) or not schema_exists(schema_name):
        raise UnknownShop(schema_name, existing_names())
    parameters = {"folder": str(folder), "files": with_files}
    with operation(TenantOperation.Kind.BACKUP, schema_name, parameters=parameters, operator=operator) as journal:
        path = folder / f"{schema_name}-{now:%Y%m%d-%H%M%S}.tar"
        unfinished = path.with_name(path.name + UNFINISHED)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(f"{schema_name}-*.tar{UNFINISHED}"):
                left.unlink()
            _write(unfinished, schema_name, with_files=with_files, now=now, journal=journal)
            unfinished.replace(path)
        except OSError as error:
            why = f"{error.strerror or error} ({error.filename})" if error.filename else str(error.strerror or error)
            raise BackupNotWritten(schema_name, folder, why) from error
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
        _sync_folder(folder)
        journal.step("written")
        return read(path)


def back_up_platform(*, folder: Path, now: datetime.datetime) -> Path:
    """Write the platform's own tables (shops, domains, applications, operators) into `platform-DAY-TIME.dump` by pg_dump.

    Raises ProgramMissing, ProgramFailed, BackupNotWritten.
    """
    path = folder / f"{PLATFORM}-{now:%Y%m%d-%H%M%S}.dump"
    unfinished = path.with_name(path.name + UNFINISHED)
    arguments = ["--format=custom", "--schema", get_public_schema_name(), "--no-owner", "--no-privileges"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as out:
            pg_programs.run("pg_dump", arguments, stdout=out, options=DUMP_OPTIONS)
            os.fsync(out.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise BackupNotWritten(PLATFORM, folder, str(error.strerror or error)) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    _sync_folder(folder)
    return path


def _write(path: Path, schema_name: str, *, with_files: bool, now: datetime.datetime, journal: Journal) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".dump-") as scratch:
        manifest, dump = _dump(schema_name, Path(scratch), now=now)
        journal.step("dumped")
        files = list(_files_of(schema_name, Path(scratch))) if with_files else []
        manifest["files"] = {inside: _digest(file) for inside, file in files}
        manifest["holds"] = dump.name
        manifest["dump"] = _digest(dump)
        text = Path(scratch) / MANIFEST
        text.write_text(json.dumps({"manifest": manifest, "signature": _signature(manifest)}, ensure_ascii=False))
        with path.open("wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
            archive.add(text, MANIFEST)
            archive.add(dump, dump.name)
            for inside, file in files:
                archive.add(file, f"{FILES}/{inside}")
            archive.close()
            raw.flush()
            os.fsync(raw.fileno())


def _dump(schema_name: str, folder: Path, *, now: datetime.datetime) -> tuple[dict[str, Any], Path]:
    """Dump the schema into a file of this folder and say what was in it, both of one snapshot."""
    with in_public(), transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # The dump of a big shop takes longer than a request may.
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
        shop = Client.objects.filter(schema_name=schema_name).first()
        domains = list(Domain.objects.filter(tenant=shop).values_list("domain", flat=True)) if shop else []
        rows = count_rows(schema_name)
        structure = structure_text(schema_name)
        if structure is not None and schema_fingerprint(schema_name) == code_fingerprint():
            path = folder / SCRIPT
            _write_script(path, schema_name, *structure, tables=list(rows))
        else:
            path = folder / DUMP
            cursor.execute("SELECT pg_export_snapshot()")
            [snapshot] = cursor.fetchone()
            with path.open("wb") as out:
                arguments = ["--format=custom", "--schema", schema_name, "--no-owner", "--no-privileges"]
                pg_programs.run("pg_dump", [*arguments, f"--snapshot={snapshot}"], stdout=out, options=DUMP_OPTIONS)
        manifest = {
            "format": FORMAT,
            "schema": schema_name,
            "made_at": now.isoformat(),
            "fingerprint": schema_fingerprint(schema_name),
            "shop": {field: getattr(shop, field) for field in _FACTS} if shop else {},
            "domains": domains,
            "rows": rows,
        }
        return manifest, path


def _write_script(path: Path, schema_name: str, before: str, after: str, *, tables: list[str]) -> None:
    """Statements, rows and the counters' states as a script; tables in any order, for the keys between them come after."""
    place = quote_schema_name(schema_name)
    with gzip.open(path, "wb", compresslevel=6) as out, connection.cursor() as cursor:
        for name, value in _PLAINLY.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        out.write(
            b"SET client_encoding = 'UTF8';\nSET check_function_bodies = false;\n"
            b"SELECT pg_catalog.set_config('search_path', '', false);\n"
        )
        out.write(f"CREATE SCHEMA {place};\n\n{before}".encode())
        for table in tables:
            of_table = f"{place}.{connection.ops.quote_name(table)}"
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_catalog.pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [of_table],
            )
            [columns] = cursor.fetchone()
            out.write(f"COPY {of_table} ({columns}) FROM stdin;\n".encode())
            cursor.copy_expert(f"COPY {of_table} ({columns}) TO STDOUT", out)
            out.write(b"\\.\n\n")
        # Counters know no snapshot: read after the rows they are at least as far.
        cursor.execute(
            "SELECT sequencename FROM pg_catalog.pg_sequences WHERE schemaname = %s ORDER BY 1", [schema_name]
        )
        for (name,) in cursor.fetchall():
            counter = f"{place}.{connection.ops.quote_name(name)}"
            cursor.execute(f"SELECT last_value, is_called FROM {counter}")  # noqa: S608 - quoted
            last, is_called = cursor.fetchone()
            out.write(f"SELECT pg_catalog.setval('{counter}', {last}, {str(is_called).lower()});\n".encode())
        out.write(f"\n{after}".encode())


def count_rows(schema_name: str) -> dict[str, int]:
    """Table → rows, counted, one table after the other."""
    counted = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s ORDER BY 1", [schema_name])
        for (table,) in cursor.fetchall():
            place = f"{quote_schema_name(schema_name)}.{connection.ops.quote_name(table)}"
            cursor.execute(f"SELECT count(*) FROM {place}")  # noqa: S608 - quoted
            counted[str(table)] = int(cursor.fetchone()[0])
    return counted


def _files_of(schema_name: str, scratch: Path) -> Iterator[tuple[str, Path]]:
    """(name inside the shop's place, file on this disk); from an object store they come into `scratch`. Raises UnsafeMedia."""
    check_files(schema_name)
    fetched = scratch / FILES
    fetched.mkdir()
    return shop_files().fetch(schema_name, fetched)


# --- Reading ---------------------------------------------------------------------------------------------------------


def read(path: Path) -> Backup:
    """Open a backup, check signature, hashes and names. Raises BadArchive."""
    try:
        with tarfile.open(path) as archive:
            manifest = _manifest(archive, path)
            expected = {
                manifest.get("holds", DUMP): manifest["dump"],
                **{f"{FILES}/{name}": digest for name, digest in manifest["files"].items()},
            }
            found = {}
            for member in archive:
                if member.name == MANIFEST:
                    continue
                if not member.isfile() or member.name not in expected or ".." in Path(member.name).parts:
                    raise BadArchive(path, BadArchive.STRANGE)
                found[member.name] = _digest_of(archive.extractfile(member))
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise BadArchive(path, BadArchive.UNREADABLE) from error
    if found != expected:
        raise BadArchive(path, BadArchive.DAMAGED)
    return Backup(path, manifest)


def _manifest(archive: tarfile.TarFile, path: Path) -> dict[str, Any]:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isfile():
        raise BadArchive(path, BadArchive.STRANGE)
    file = archive.extractfile(first)
    said = json.loads(file.read()) if file else {}
    manifest: dict[str, Any] = said["manifest"]
    if not hmac.compare_digest(_signature(manifest), str(said["signature"])):
        raise BadArchive(path, BadArchive.FOREIGN)
    if manifest["format"] != FORMAT:
        raise BadArchive(path, BadArchive.STRANGE)
    return manifest


def keep_newest(schema_name: str, *, folder: Path, count: int, suffix: str = ".tar") -> list[Path]:
    """Delete all but the `count` newest backups of a schema in a folder, and answer with what was deleted."""
    name = re.compile(rf"{re.escape(schema_name)}-\d{{8}}-\d{{6}}{re.escape(suffix)}")
    found = sorted(path for path in folder.iterdir() if name.fullmatch(path.name))
    for path in found[:-count]:
        path.unlink()
    return found[:-count]


def verify(path: Path, *, restore: bool) -> Backup:
    """Read a backup and, with `restore`, put it into a scratch schema, count its rows there and drop it again.

    Every shop has a scratch schema of its own. Raises BadArchive when anything differs from the manifest, OperationHeld
    while another backup of the same shop is being verified.
    """
    backup = read(path)
    if restore:
        scratch = names.to_verify(backup.schema_name)
        with in_public(), operation(TenantOperation.Kind.RESTORE, scratch, parameters={"from": str(path)}):
            _drop(scratch)
            try:
                _load(backup, scratch)
                if count_rows(scratch) != backup.manifest["rows"]:
                    raise BadArchive(path, BadArchive.DAMAGED)
            finally:
                _drop(scratch)
    return backup


# --- Restoring -------------------------------------------------------------------------------------------------------


def restore(path: Path, *, schema_name: str, name: str = "", operator: str = "") -> Client:
    """Make a shop of a backup, under its own name or another one; it begins suspended, to be looked at first.

    Files are unpacked aside; then row, domain, schema and rows come in one transaction; then the files get their place.
    A break before the transaction ends leaves no shop, one after it is carried on. Raises BadArchive, NameNotAllowed,
    NameLeftBehind, FilesUnreachable.
    """
    if not names.fits_operator(schema_name):
        raise NameNotAllowed(schema_name)
    backup = read(path)
    files = shop_files()
    parameters = {"from": str(path), "of": backup.schema_name}
    with in_public(), operation(
        TenantOperation.Kind.RESTORE, schema_name, parameters=parameters, operator=operator
    ) as journal:  # fmt: skip
        if journal.resumed_at != "rows":
            files.forget_staged(schema_name)
            try:
                _unpack_files(backup, schema_name)
                with transaction.atomic():
                    _restore_rows(backup, schema_name, name=name)
                    journal.step("rows")
            except BaseException:
                with contextlib.suppress(OSError):
                    files.forget_staged(schema_name)
                raise
        journal.only_forward()
        files.place_staged(schema_name)
        return Client.objects.get(schema_name=schema_name)


def _restore_rows(backup: Backup, schema_name: str, *, name: str) -> None:
    domain = default_domain(schema_name)
    left = what_is_left(schema_name, domain=domain)
    if left:
        raise NameLeftBehind(schema_name, left)
    facts = {field: value for field, value in backup.manifest["shop"].items() if field in _FACTS}
    facts["name"] = name or facts.get("name") or schema_name
    # Past save(), which would make an empty schema.
    [shop] = Client.objects.bulk_create([Client(schema_name=schema_name, status=Client.Status.SUSPENDED, **facts)])
    Domain.objects.create(domain=domain, tenant=shop, is_primary=True)
    _load(backup, schema_name)
    if count_rows(schema_name) != backup.manifest["rows"]:
        raise BadArchive(backup.path, BadArchive.DAMAGED)
    Client.objects.filter(pk=shop.pk).update(fingerprint=schema_fingerprint(schema_name))


def _load(backup: Backup, schema_name: str) -> None:
    """Make the schema of a backup under another name (or its own) in the caller's transaction or in one of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="restore-") as folder,
        _script(backup, Path(folder)) as lines,
        transaction.atomic(),
        bodies_unchecked(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
        cursor.execute(f"CREATE SCHEMA {quote_schema_name(schema_name)}")
        _play(lines, cursor, old=backup.schema_name, new=schema_name)


def _script(backup: Backup, folder: Path) -> IO[str]:
    """The statements of a backup, taken out of it into this folder."""
    holds = backup.manifest.get("holds", DUMP)
    with tarfile.open(backup.path) as archive:
        _take_out(archive, holds, folder / holds)
    if holds == SCRIPT:
        return gzip.open(folder / SCRIPT, "rt", encoding="utf-8", newline="\n")
    script = folder / "schema.sql"
    arguments = ["--no-owner", "--no-privileges", "--file", str(script), str(folder / DUMP)]
    pg_programs.run("pg_restore", arguments)
    return script.open(encoding="utf-8", newline="\n")


# What pg_restore says to the session, and the making of the schema, which is done already.
_SKIPPED = re.compile(
    r"^(?:\\(?:un)?restrict |SET [a-z_]+ = |SELECT pg_catalog\.set_config\('search_path'|CREATE SCHEMA |--)"
)
_COPY = re.compile(r"^COPY (\S+) (\(.*\)) FROM stdin;$")


class _UntilEnd:
    """The rows of one COPY as a file, up to the line that ends them."""

    def __init__(self, lines: IO[str]) -> None:
        self._lines = lines
        self._rest = ""
        self._ended = False

    def read(self, size: int = -1) -> str:
        while not self._ended and (size < 0 or len(self._rest) < size):
            line = self._lines.readline()
            if line in {"\\.\n", ""}:
                self._ended = True
            else:
                self._rest += line
        size = len(self._rest) if size < 0 else size
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def _play(lines: IO[str], cursor: Any, *, old: str, new: str) -> None:
    """Run a script of pg_restore with another schema's name: statement by statement, rows by COPY.

    Only the names that pg_restore itself puts before objects are replaced: not in rows, and not in the bodies of
    functions, which name no schema.
    """
    renamed = re.compile(rf'(?<![\w".$])(?:{old}|"{old}")\.')
    place = f"{quote_schema_name(new)}."
    statement: list[str] = []
    quote = ""
    while line := lines.readline():
        if not statement and not quote and (_SKIPPED.match(line) or not line.strip()):
            continue
        if not statement and (copy := _COPY.match(line)):
            table = renamed.sub(lambda _found: place, copy[1])
            cursor.copy_expert(f"COPY {table} {copy[2]} FROM STDIN", _UntilEnd(lines))
            continue
        inside = bool(quote)
        quote = _dollar_quote(line, quote)
        statement.append(line if inside and quote else renamed.sub(lambda _found: place, line))
        if not quote and line.endswith(";\n"):
            cursor.execute("".join(statement))
            statement = []
    if statement:
        raise ValueError("The script ends in the middle of a statement.")


def _dollar_quote(line: str, quote: str) -> str:
    """The dollar quote that is open after this line; `quote` was open before it."""
    for tag in re.findall(r"\$\w*\$", line):
        if not quote:
            quote = tag
        elif tag == quote:
            quote = ""
    return quote


def _unpack_files(backup: Backup, schema_name: str) -> None:
    with tarfile.open(backup.path) as archive:
        for inside in backup.manifest["files"]:
            source = archive.extractfile(f"{FILES}/{inside}")
            try:
                shop_files().stage(schema_name, inside, source)  # type: ignore[arg-type]  # read() has found it to be a file
            except SuspiciousFileOperation as error:
                raise BadArchive(backup.path, BadArchive.STRANGE) from error


def _take_out(archive: tarfile.TarFile, name: str, target: Path) -> None:
    """Write one file of an archive; its rights and owner are ours, whatever the archive says."""
    source = archive.extractfile(name)
    with target.open("wb") as out:
        shutil.copyfileobj(source, out)  # type: ignore[arg-type]  # read() has found it to be a file


# --- Small things ----------------------------------------------------------------------------------------------------


def _drop(schema_name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema_name(schema_name)} CASCADE")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return _digest_of(file)


def _digest_of(file: IO[bytes] | None) -> str:
    found = hashlib.sha256()
    while file and (chunk := file.read(_CHUNK)):
        found.update(chunk)
    return found.hexdigest()


def _signature(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True)
    return salted_hmac(_SALT, text, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
