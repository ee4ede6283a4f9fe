"""Take a shop off the platform: its row and domains, its application, its files. The schema always stays.

Rows go in one transaction. Files go after it: the folder is first renamed, which is all or nothing, then emptied, so
a break in the middle leaves the name free and the rest for the next run.
"""

import datetime
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django_tenants.utils import get_public_schema_name

from core.export_shelf import remove_shelves
from core.tenancy import in_public
from customers.errors import FilesRemain, PlatformItself, UnknownShop, UnsafeMedia
from customers.models import Client, TenantOperation, TenantRegistration
from customers.schema import schema_exists
from customers.services import names
from customers.services.operations import operation
from customers.services.provisioning import media_folder, tenants_root


@dataclass(frozen=True)
class Remains:
    """What there is of a shop. `shop` is None when only its traces are left; a folder may be there without files."""

    schema_name: str
    shop: Client | None
    registrations: list[TenantRegistration]
    has_schema: bool
    has_folder: bool
    files: int


@dataclass(frozen=True)
class Removed:
    """What a clean-up did to the rows."""

    shop_name: str
    registrations_kept: int
    registrations_purged: int


def existing_names() -> list[str]:
    """Schema names of all shops, without the platform."""
    with in_public():
        shops = Client.objects.exclude(schema_name=get_public_schema_name())
        return list(shops.order_by("schema_name").values_list("schema_name", flat=True))


def look_at(schema_name: str) -> Remains:
    """What there is of this shop, by its exact name; a number is a name like any other.

    Raises PlatformItself for the public schema, UnknownShop when nothing at all carries the name.
    """
    if schema_name == get_public_schema_name():
        raise PlatformItself
    if not names.is_ours(schema_name):
        raise UnknownShop(schema_name, existing_names())
    with in_public():
        shop = Client.objects.filter(schema_name=schema_name).first()
        # A newer waiting application may carry the name of a shop that is gone; it is none of this shop's history.
        registrations = TenantRegistration.objects.filter(
            Q(status=TenantRegistration.Status.APPROVED) | Q(tenant__isnull=False), schema_name=schema_name
        )
        remains = Remains(
            schema_name,
            shop,
            list(registrations.order_by("pk")),
            schema_exists(schema_name),
            bool(_folders(schema_name)),
            _count_files(schema_name),
        )
    if shop is None and not (remains.registrations or remains.has_schema or remains.has_folder):
        raise UnknownShop(schema_name, existing_names())
    return remains


@transaction.atomic
def remove_rows(schema_name: str, *, purge_registration: bool, now: datetime.datetime) -> Removed:
    """Delete the shop's row with its domains; keep its applications as history without a shop, or delete them.

    The schema and the files stay. Raises PlatformItself, UnknownShop, OperationHeld.
    """
    remains = look_at(schema_name)
    with in_public(), operation(TenantOperation.Kind.CLEANUP, schema_name, parameters={"purge": purge_registration}):
        shop = Client.objects.select_for_update().filter(schema_name=schema_name).first()
        registrations = TenantRegistration.objects.filter(pk__in=[each.pk for each in remains.registrations])
        count = len(remains.registrations)
        if purge_registration:
            registrations.delete()
        else:
            registrations.update(tenant=None)
            registrations.filter(closed_at=None).update(closed_at=now)
        if shop is not None:
            shop.delete()
    return Removed(
        shop_name=shop.name if shop is not None else "",
        registrations_kept=0 if purge_registration else count,
        registrations_purged=count if purge_registration else 0,
    )


def check_files(schema_name: str) -> None:
    """Raise UnsafeMedia when a folder of the shop is or holds a symbolic link."""
    for folder in _folders(schema_name):
        if folder.is_symlink():
            raise UnsafeMedia(str(folder))
        for path in folder.rglob("*"):
            if path.is_symlink():
                raise UnsafeMedia(str(path))


def remove_files(schema_name: str) -> int:
    """Delete the shop's media folder and its owner's archives, and answer how many files the folder held.

    Raises UnsafeMedia before touching anything, FilesRemain when the disk refuses; both may be repeated.
    """
    check_files(schema_name)
    count = _count_files(schema_name)
    folder = media_folder(schema_name)
    try:
        if folder.exists():
            folder.rename(tenants_root() / f".trash-{schema_name}-{uuid.uuid4().hex}")
        for trash in _folders(schema_name):
            shutil.rmtree(trash)
        remove_shelves(schema_name)
    except OSError as error:
        raise FilesRemain(str(tenants_root()), str(error.strerror or error)) from error
    return count


def _folders(schema_name: str) -> list[Path]:
    """The shop's folder and what an interrupted clean-up left of it."""
    folder = media_folder(schema_name)
    found = [folder] if folder.exists() or folder.is_symlink() else []
    return found + sorted(tenants_root().glob(f".trash-{schema_name}-*"))


def _count_files(schema_name: str) -> int:
    return sum(1 for folder in _folders(schema_name) for path in folder.rglob("*") if path.is_file())
