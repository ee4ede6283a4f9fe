"""Somebody applies for a shop; the platform says yes or no."""

import datetime
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import BadInput, KeyReused
from core.sealing import unseal
from core.tenancy import in_public
from customers.errors import AddressTaken, AlreadyAnswered
from customers.jobs import MAIL_PROOF, mail_received, mail_rejected
from customers.models import Client, TenantRegistration
from customers.services import names
from customers.services.provisioning import default_domain, provision_shop, what_is_left


def is_free(schema_name: str) -> bool:
    """Whether the public site may promise this address right now."""
    return names.fits_self_service(schema_name) and not what_is_left(schema_name, domain=default_domain(schema_name))


def suggest_address(shop_name: str) -> str:
    """A free address made from the shop's name, with a number behind it when needed; "" when nothing fits."""
    base = names.suggest(shop_name)
    candidates = [base, *(f"{base[: names.LONGEST - 2]}{number}" for number in range(2, 10))] if base else []
    return next((name for name in candidates if is_free(name)), "")


@transaction.atomic
def apply(
    *,
    token: uuid.UUID,
    shop_name: str,
    schema_name: str,
    owner_name: str,
    owner_email: str,
    phone: str = "",
    language: str = settings.LANGUAGE_CODE,
) -> TenantRegistration:
    """Write down an application and that the applicant is to be mailed.

    `token` comes with the form: the same form sent twice answers with its first application, with other values it
    raises KeyReused. An address that can't be given raises AddressTaken without saying why.
    """
    values = {"shop_name": shop_name, "schema_name": schema_name, "owner_email": owner_email}
    earlier = _sent_before(token, values)
    if earlier is not None:
        return earlier
    try:
        if not is_free(schema_name):
            raise AddressTaken
        with transaction.atomic():
            registration = TenantRegistration.objects.create(
                token=token, owner_name=owner_name, phone=phone, language=language, **values
            )
    except (AddressTaken, IntegrityError) as error:
        earlier = _sent_before(token, values)  # perhaps it was this very form, arriving between our look and our row
        if earlier is None:
            raise AddressTaken from error
        return earlier
    mail_received.enqueue(registration.pk)
    return registration


def confirm_email(*, registration: TenantRegistration, proof: str, now: datetime.datetime) -> bool:
    """Note that the applicant reads the mail, if `proof` is from our mail. A second time changes nothing."""
    if unseal(proof, purpose=MAIL_PROOF) != str(registration.token):
        return False
    TenantRegistration.objects.filter(pk=registration.pk, email_verified_at=None).update(email_verified_at=now)
    return True


@transaction.atomic
def approve(*, registration: TenantRegistration, by: User | None, now: datetime.datetime) -> Client:
    """Make the shop, its owner included; of two people who approve at once the second is told so.

    Raises AlreadyAnswered, or NameLeftBehind when the name is not free any more: the application then stays waiting.
    """
    with in_public():
        locked = _locked_pending(registration)
        shop = provision_shop(
            schema_name=locked.schema_name,
            name=locked.shop_name,
            owner_name=locked.owner_name,
            owner_email=locked.owner_email,
            phone=locked.phone,
            language=locked.language,
            registration=locked,
        )
        locked.status = TenantRegistration.Status.APPROVED
        locked.tenant = shop
        locked.processed_at = locked.provisioned_at = now
        locked.processed_by = by
        locked.save(update_fields=["status", "tenant", "processed_at", "provisioned_at", "processed_by"])
    return shop


@transaction.atomic
def reject(*, registration: TenantRegistration, reason: str, by: User | None, now: datetime.datetime) -> None:
    """Say no, with a reason that the applicant reads; the address is free again.

    Raises AlreadyAnswered, BadInput without a reason.
    """
    if not reason.strip():
        raise BadInput(_("Write why the application is rejected: the applicant will read it."), field="reason")
    with in_public():
        locked = _locked_pending(registration)
        locked.status = TenantRegistration.Status.REJECTED
        locked.reason = reason.strip()
        locked.processed_at = now
        locked.processed_by = by
        locked.save(update_fields=["status", "reason", "processed_at", "processed_by"])
        mail_rejected.enqueue(locked.pk)


def _sent_before(token: uuid.UUID, values: dict[str, str]) -> TenantRegistration | None:
    earlier = TenantRegistration.objects.filter(token=token).first()
    if earlier is not None and any(getattr(earlier, field) != value for field, value in values.items()):
        raise KeyReused
    return earlier


def _locked_pending(registration: TenantRegistration) -> TenantRegistration:
    locked = TenantRegistration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
    if locked.status != TenantRegistration.Status.PENDING or locked.expired_at is not None:
        raise AlreadyAnswered(locked.shop_name)
    return locked
