"""Take a shop off the platform: its row and domains, its application, its files. The schema always stays.

Rows go in one transaction. Files go after it: what a break in the middle leaves of them is for the next run. On a disk the
folder is renamed first, so that the name is free; in an object store the name is blocked until nothing lies under it.
"""

import datetime
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django_tenants.utils import get_public_schema_name

from core.export_shelf import remove_shelves
from core.shop_files import shop_files
from core.tenancy import in_public
from customers.errors import FilesRemain, PlatformItself, UnknownShop, UnsafeMedia
from customers.models import Client, TenantOperation, TenantRegistration
from customers.schema import schema_exists
from customers.services import names
from customers.services.operations import operation


@dataclass(frozen=True)
class Remains:
    """What there is of a shop. `shop` is None when only its traces are left; a place may be there without files."""

    schema_name: str
    shop: Client | None
    registrations: list[TenantRegistration]
    has_schema: bool
    has_place: bool
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
        files = shop_files().to_remove(schema_name)
        remains = Remains(
            schema_name,
            shop,
            list(registrations.order_by("pk")),
            schema_exists(schema_name),
            files is not None,
            files or 0,
        )
    if shop is None and not (remains.registrations or remains.has_schema or remains.has_place):
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
    """Raise UnsafeMedia when there is a symbolic link among the files of the shop."""
    if link := shop_files().link_in(schema_name):
        raise UnsafeMedia(link)


def remove_files(schema_name: str) -> int:
    """Delete the shop's media files and its owner's archives, and answer how many media files there were.

    Raises UnsafeMedia before touching anything, FilesRemain when disk or store refuse; both may be repeated.
    """
    check_files(schema_name)
    try:
        count = shop_files().to_remove(schema_name) or 0
        shop_files().remove(schema_name)
        remove_shelves(schema_name)
    except OSError as error:
        raise FilesRemain(shop_files().where(), str(error.strerror or error)) from error
    return count
