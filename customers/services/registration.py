"""Somebody applies for a shop; the platform says yes or no."""

import datetime
import logging
import uuid

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import BadInput, Busy, DomainError, KeyReused
from core.tenancy import in_public
from core.transactions import run
from customers.errors import (
    AddressTaken,
    AlreadyAnswered,
    EmailUnconfirmed,
    MailCodeSpent,
    MakingFailed,
    NothingToConfirm,
    OperationHeld,
    OperationUnfinished,
    WrongMailCode,
)
from customers.jobs import mail_received, mail_rejected
from customers.models import Client, TenantOperation, TenantRegistration
from customers.services import names
from customers.services.confirming import fits, is_code_valid
from customers.services.operations import note_failure
from customers.services.provisioning import default_domain, provision_shop, what_is_left

logger = logging.getLogger(__name__)


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
    now: datetime.datetime | None = None,
) -> TenantRegistration:
    """Write down an application and that the applicant is to be mailed the code that confirms the e-mail.

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
                token=token,
                owner_name=owner_name,
                phone=phone,
                language=language,
                code_sent_at=now or timezone.now(),
                **values,
            )
    except (AddressTaken, IntegrityError) as error:
        earlier = _sent_before(token, values)  # perhaps it was this very form, arriving between our look and our row
        if earlier is None:
            raise AddressTaken from error
        return earlier
    mail_received.enqueue(registration.pk)
    return registration


def confirm_email(*, registration: TenantRegistration, code: str, now: datetime.datetime) -> None:
    """Note that the applicant reads the mail, if `code` is the one of our last mail. A second time changes nothing.

    To be called outside a transaction: a wrong try counts although it is refused. Raises WrongMailCode; MailCodeSpent
    after three days or ten tries; NothingToConfirm when the application is answered.
    """
    with transaction.atomic():
        locked = TenantRegistration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
        if locked.email_verified_at is not None:
            return
        _require_unconfirmed(locked)
        if not is_code_valid(locked, now):
            raise MailCodeSpent
        right = fits(code, locked)
        if right:
            locked.email_verified_at = now
        else:
            locked.wrong_codes += 1
        locked.save(update_fields=["email_verified_at", "wrong_codes"])
    if not right:
        raise WrongMailCode


@transaction.atomic
def send_code_again(*, registration: TenantRegistration, now: datetime.datetime, email: str = "") -> None:
    """Mail a new code, to another address where the first one was mistyped; earlier codes are void.

    Raises NothingToConfirm once the e-mail is confirmed or the application answered.
    """
    with in_public():
        locked = TenantRegistration.objects.select_for_update(of=("self",)).get(pk=registration.pk)
        _require_unconfirmed(locked)
        locked.owner_email = email or locked.owner_email
        locked.code_sent_at, locked.wrong_codes = now, 0
        locked.save(update_fields=["owner_email", "code_sent_at", "wrong_codes"])
        mail_received.enqueue(locked.pk)


@transaction.atomic
def approve(
    *, registration: TenantRegistration, by: User | None, now: datetime.datetime, unconfirmed: bool = False
) -> Client:
    """Make the shop, its owner included; of two people who approve at once the second is told so.

    Raises AlreadyAnswered; EmailUnconfirmed unless the operator says with `unconfirmed` that the address is known;
    NameLeftBehind when the name is not free any more. The application then stays waiting.
    """
    with in_public():
        locked = _locked_pending(registration)
        if locked.email_verified_at is None and not unconfirmed:
            raise EmailUnconfirmed(locked.shop_name)
        shop = provision_shop(
            schema_name=locked.schema_name,
            name=locked.shop_name,
            owner_name=locked.owner_name,
            owner_email=locked.owner_email,
            phone=locked.phone,
            language=locked.language,
            registration=locked,
            operator=by.username if by else "",
        )
        locked.status = TenantRegistration.Status.APPROVED
        locked.tenant = shop
        locked.processed_at = locked.provisioned_at = now
        locked.processed_by = by
        locked.save(update_fields=["status", "tenant", "processed_at", "provisioned_at", "processed_by"])
    return shop


def try_to_approve(
    *, registration: TenantRegistration, by: User | None, now: datetime.datetime, unconfirmed: bool = False
) -> Client:
    """`approve` in a transaction of its own; when the shop can't be made, the journal keeps the reason.

    To be called outside a transaction, which would take that line back. Raises what `approve` raises, MakingFailed for
    an error that is no refusal.
    """
    try:
        return run(lambda: approve(registration=registration, by=by, now=now, unconfirmed=unconfirmed))
    except (AlreadyAnswered, EmailUnconfirmed, OperationHeld, OperationUnfinished, Busy):
        raise  # nothing was tried
    except Exception as error:
        note_failure(
            TenantOperation.Kind.PROVISION,
            registration.schema_name,
            error=error,
            began=now,
            operator=by.username if by else "",
        )
        if isinstance(error, DomainError):
            raise
        logger.exception("could not make the shop %s", registration.schema_name)
        raise MakingFailed(registration.shop_name, error) from error


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


def _require_unconfirmed(registration: TenantRegistration) -> None:
    is_waiting = registration.status == TenantRegistration.Status.PENDING and registration.expired_at is None
    if not is_waiting or registration.email_verified_at is not None:
        raise NothingToConfirm
