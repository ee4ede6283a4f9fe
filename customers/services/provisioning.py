"""Make a shop: everything in one transaction, so that whatever breaks leaves nothing behind."""

import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.services.staff import invite_owner
from core.shop_files import shop_files
from core.tenancy import in_public, in_schema
from customers.errors import NameLeftBehind, NameNotAllowed
from customers.models import LIVE_REGISTRATION, Client, Domain, TenantOperation, TenantRegistration
from customers.schema import schema_exists
from customers.services import names
from customers.services.operations import operation

# A constraint's name begins with its table's; the rest differs between servers.
_UNIQUE = {"customers_client_": NameLeftBehind.CLIENT, "customers_domain_": NameLeftBehind.DOMAIN}


def default_domain(schema_name: str) -> str:
    """Where a shop lives unless an operator says otherwise."""
    return f"{names.host_label(schema_name)}.{settings.PLATFORM_DOMAIN}"


def what_is_left(schema_name: str, *, domain: str, but: TenantRegistration | None = None) -> list[str]:
    """What already carries this name, as the constants of NameLeftBehind; `but` is the application being approved.

    Always asks PostgreSQL and the disk or the object store: what was removed by hand is noticed. Raises FilesUnreachable.
    """
    registrations = TenantRegistration.objects.filter(LIVE_REGISTRATION, schema_name=schema_name)
    if but is not None:
        registrations = registrations.exclude(pk=but.pk)
    found = {
        NameLeftBehind.CLIENT: Client.objects.filter(schema_name=schema_name).exists(),
        NameLeftBehind.DOMAIN: Domain.objects.filter(domain=domain).exists(),
        NameLeftBehind.SCHEMA: schema_exists(schema_name),
        NameLeftBehind.MEDIA: shop_files().holds(schema_name),
        NameLeftBehind.REGISTRATION: registrations.exists(),
    }
    return [what for what, there in found.items() if there]


def provision_shop(
    *,
    schema_name: str,
    name: str,
    owner_name: str = "",
    owner_email: str = "",
    phone: str = "",
    language: str = settings.LANGUAGE_CODE,
    on_trial: bool = True,
    paid_until: datetime.date | None = None,
    status: str = Client.Status.ACTIVE,
    domain: str = "",
    registration: TenantRegistration | None = None,
    operator: str = "",
    verbosity: int = 0,
) -> Client:
    """Make a shop with its domain, schema, tables, first data and, if there is an e-mail, its owner.

    The owner's invitation is mailed after the commit. Raises NameNotAllowed, NameLeftBehind, or BadInput for the
    e-mail; nothing is left of a shop that could not be made completely.
    """
    if not names.fits_operator(schema_name):
        raise NameNotAllowed(schema_name)
    domain = (domain or default_domain(schema_name)).lower()
    with in_public(), transaction.atomic(), operation(
        TenantOperation.Kind.PROVISION, schema_name, operator=operator
    ) as journal:  # fmt: skip
        left = what_is_left(schema_name, domain=domain, but=registration)
        if left:
            raise NameLeftBehind(schema_name, left)
        shop = Client(
            schema_name=schema_name,
            name=name,
            owner_name=owner_name,
            owner_email=owner_email,
            phone=phone,
            language=language,
            on_trial=on_trial,
            paid_until=paid_until,
        )
        try:
            with transaction.atomic():
                shop.save(verbosity=verbosity)
                journal.step("tables")
                Domain.objects.create(domain=domain, tenant=shop, is_primary=True)
        except IntegrityError as error:
            for table, what in _UNIQUE.items():
                if table in str(error):  # somebody else took the name between our look and our row
                    raise NameLeftBehind(schema_name, [what]) from error
            raise
        if owner_email:
            with in_schema(schema_name):
                invite_owner(email=owner_email, name=owner_name, language=language)
            journal.step("owner")
        if status != shop.status:
            shop.status = status
            shop.save(update_fields=["status"])
    return shop
