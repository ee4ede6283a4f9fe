"""What the public site tells an applicant about the application."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from core.templatetags.florist import day
from customers.models import Client, TenantOperation, TenantRegistration


class Standing(TextChoices):
    """How far an application has come."""

    UNCONFIRMED = "unconfirmed"
    WAITING = "waiting"
    MAKING = "making"
    DELAYED = "delayed"
    OPEN = "open"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CLOSED = "closed"


# Nothing changes any more without somebody's doing: the page stops asking.
FINAL = {Standing.OPEN, Standing.REJECTED, Standing.EXPIRED, Standing.CLOSED}


@dataclass(frozen=True)
class Step:
    """One step of an application: `done`, `current`, or empty for what is still to come; `note` may be empty."""

    label: Any
    state: str
    note: str = ""


def standing_of(registration: TenantRegistration, today: datetime.date) -> Standing:
    """How far it has come; one statement for a waiting one, none for the rest with `tenant` loaded."""
    status = TenantRegistration.Status
    if registration.status == status.REJECTED:
        return Standing.REJECTED
    if registration.status == status.APPROVED:
        shop = registration.tenant
        if shop is not None and shop.is_open_on(today):
            return Standing.OPEN
        is_coming = shop is None and registration.provisioned_at is None and registration.closed_at is None
        is_made = shop is not None and shop.status == Client.Status.PROVISIONING
        return Standing.MAKING if is_coming or is_made else Standing.CLOSED
    if registration.expired_at is not None:
        return Standing.EXPIRED
    if registration.email_verified_at is None:
        return Standing.UNCONFIRMED
    return Standing.DELAYED if _broke_off(registration) else Standing.WAITING


def steps_of(registration: TenantRegistration, standing: Standing) -> list[Step]:
    """The way from the application to the shop, with the days on which a step was taken."""
    reached = {
        Standing.UNCONFIRMED: 1,
        Standing.WAITING: 2,
        Standing.DELAYED: 3,
        Standing.MAKING: 3,
        Standing.OPEN: 5,
    }.get(standing, 0)
    words = [
        (_("Application"), registration.created_at),
        (_("Confirmation of the e-mail"), registration.email_verified_at),
        (_("Our look at it"), registration.processed_at),
        (_("Making of the shop"), registration.provisioned_at),
        (_("Invitation"), registration.provisioned_at),
    ]
    steps = []
    for number, (label, at) in enumerate(words):
        is_done = number < reached
        state = "done" if is_done else "current" if number == reached else ""
        steps.append(Step(label, state, str(day(at)) if is_done and at else ""))
    return steps


def masked(email: str) -> str:
    """An e-mail for a page that others may see: `a•••@example.com`."""
    name, _at, host = email.rpartition("@")
    return f"{name[:1]}•••@{host}"


def _broke_off(registration: TenantRegistration) -> bool:
    """Whether making the shop was tried and failed, and was not tried again with success."""
    tries = TenantOperation.objects.filter(
        kind=TenantOperation.Kind.PROVISION,
        schema_name=registration.schema_name,
        started_at__gte=registration.created_at,
    )
    last = tries.order_by("-pk").values_list("error", flat=True).first()
    return bool(last)
