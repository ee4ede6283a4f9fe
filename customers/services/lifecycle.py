"""A shop between its making and its end: suspended and opened again, its schema put aside or dropped.

Taking a shop off the platform is in cleanup.py, backups are in backups.py.
"""

import datetime
from pathlib import Path

from django.db import OperationalError, connection, transaction
from django_tenants.utils import get_public_schema_name, quote_schema_name

from core.shop_files import shop_files
from core.tenancy import in_public
from core.transactions import LOCK_TIMEOUT, sqlstate
from customers.errors import BackupTooOld, NotASchemaOfOurs, PlatformItself, SchemaInUse, StillAShop, UnknownShop
from customers.models import Client, TenantOperation
from customers.schema import schema_exists
from customers.services import backups, names
from customers.services.cleanup import existing_names
from customers.services.operations import broke_off, last_of, operation


def set_open(schema_name: str, *, is_open: bool, reason: str = "", operator: str = "") -> bool:
    """Suspend a shop or open it again, and answer whether that changed anything.

    Requests are answered accordingly at once, in other processes within a minute. Raises UnknownShop, PlatformItself.
    """
    kind = TenantOperation.Kind.ACTIVATE if is_open else TenantOperation.Kind.SUSPEND
    wanted = Client.Status.ACTIVE if is_open else Client.Status.SUSPENDED
    if schema_name == get_public_schema_name():
        raise PlatformItself
    with in_public(), transaction.atomic():
        shop = Client.objects.select_for_update().filter(schema_name=schema_name).first()
        if shop is None:
            raise UnknownShop(schema_name, existing_names())
        if shop.status == wanted:
            return False
        with operation(kind, schema_name, parameters={"reason": reason}, operator=operator):
            shop.status = wanted
            shop.save(update_fields=["status"])
    return True


def put_aside(schema_name: str, *, now: datetime.datetime, operator: str = "") -> str:
    """Rename the schema of a shop that is gone, give its files the new name too, and answer with that.

    Nothing is lost, and the shop's name is free again. Raises StillAShop, UnknownShop, NotASchemaOfOurs, OSError when disk
    or store refuse the files: the same again then carries on.
    """
    _refuse_living(schema_name, doing=TenantOperation.Kind.ARCHIVE)
    with in_public(), operation(TenantOperation.Kind.ARCHIVE, schema_name, operator=operator) as journal:
        aside = journal.resumed_at or names.archived(schema_name, now)
        if not journal.resumed_at:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"ALTER SCHEMA {quote_schema_name(schema_name)} RENAME TO {quote_schema_name(aside)}")
                journal.step(aside)
        journal.only_forward()
        shop_files().rename(schema_name, aside)
    return aside


def drop_schema(schema_name: str, *, backup: Path | None, operator: str = "") -> backups.Backup | None:
    """Drop the schema of a shop that is gone, for good. Answers with the backup that was checked.

    `backup` is read, put into a scratch schema and compared with what is there now; None drops without one. Files are not
    touched. Raises StillAShop, UnknownShop, NotASchemaOfOurs, BadArchive, BackupTooOld, SchemaInUse.
    """
    _refuse_living(schema_name, doing=TenantOperation.Kind.DROP)
    with in_public(), operation(
        TenantOperation.Kind.DROP, schema_name, parameters={"backup": str(backup or "")}, operator=operator
    ) as journal:  # fmt: skip
        checked = None
        if journal.resumed_at == "dropped":
            return backups.read(backup) if backup else None
        if backup is not None:
            checked = backups.verify(backup, restore=True)
            _refuse_old(checked, schema_name)
            journal.step("verified")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                _refuse_living(schema_name)
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
                cursor.execute(f"DROP SCHEMA {quote_schema_name(schema_name)} CASCADE")
                journal.step("dropped")
        except OperationalError as error:
            if sqlstate(error) == LOCK_TIMEOUT:
                raise SchemaInUse(schema_name) from error
            raise
    return checked


def _refuse_living(schema_name: str, *, doing: str = "") -> None:
    """Only the schema of a shop that is gone may be renamed or dropped. Where `doing` that broke off after its work was done,
    there is no such schema any more."""
    if schema_name == get_public_schema_name():
        raise PlatformItself
    if not names.is_ours(schema_name):
        raise NotASchemaOfOurs(schema_name)
    with in_public():
        if Client.objects.filter(schema_name=schema_name).exists():
            raise StillAShop(schema_name)
        if not schema_exists(schema_name) and not broke_off(schema_name, doing):
            raise UnknownShop(schema_name, existing_names())


def _refuse_old(backup: backups.Backup, schema_name: str) -> None:
    """A backup of this schema as it is now: made after the shop was taken off, with as many rows in every table."""
    aside = names.ARCHIVED.fullmatch(schema_name) and schema_name.removeprefix("_archived_").rpartition("_")[0]
    if backup.schema_name not in {schema_name, aside}:
        raise BackupTooOld(backup.path, schema_name)
    taken_off = last_of(str(aside or schema_name), TenantOperation.Kind.CLEANUP)
    if taken_off is not None and backup.made_at < (taken_off.finished_at or backup.made_at):
        raise BackupTooOld(backup.path, schema_name)
    if backups.count_rows(schema_name) != backup.manifest["rows"]:
        raise BackupTooOld(backup.path, schema_name)
