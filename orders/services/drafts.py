"""What somebody types into the form of a new order, kept until it is saved or 14 days are over."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.models import IdempotencyKey
from orders.models import OrderDraft

KEPT = timedelta(days=14)
KEPT_DISCARDED = timedelta(minutes=30)
LARGEST = 64 * 1024  # characters
NOT_KEPT = {"csrfmiddlewaretoken", "key"}


class DraftReplaced(DomainError):
    """What was discarded can't come back."""

    code = "draft_replaced"


def save_draft(fields: Mapping[str, str], *, by: Any, now: datetime) -> OrderDraft | None:
    """Keep the fields of the form for `by`; None when the order they belong to is already saved.

    Raises BadInput for more than a form can hold.
    """
    data = {name: value for name, value in fields.items() if name not in NOT_KEPT}
    if len(json.dumps(data)) > LARGEST or "\x00" in "".join(data.values()):
        raise BadInput(_("This is more than a draft can hold. Shorten the texts; the form itself is untouched."))
    if _is_answered(fields.get("key", "")):
        return None
    draft, _made = OrderDraft.objects.update_or_create(
        user=by, defaults={"data": data, "saved_at": now, "discarded_at": None}
    )
    OrderDraft.objects.filter(Q(saved_at__lt=now - KEPT) | Q(discarded_at__lt=now - KEPT_DISCARDED)).delete()
    return draft


def draft_of(user: Any, *, now: datetime) -> OrderDraft | None:
    """The person's draft, unless it is too old to be meant."""
    return OrderDraft.objects.filter(user=user, saved_at__gte=now - KEPT, discarded_at=None).first()


def drop_draft(user: Any) -> None:
    """Remove the person's draft: it became an order. Without one nothing happens."""
    OrderDraft.objects.filter(user=user).delete()


def discard_draft(user: Any) -> OrderDraft | None:
    """Put the person's draft away and answer with it; None without one."""
    with transaction.atomic():
        draft = OrderDraft.objects.select_for_update(of=("self",)).filter(user=user, discarded_at=None).first()
        if draft is not None:
            draft.discarded_at = timezone.now()
            draft.save(update_fields=["discarded_at"])
    return draft


def bring_draft_back(draft: OrderDraft) -> OrderDraft:
    """Bring a discarded draft back. Raises DraftReplaced when another order was begun since, or the draft is gone."""
    with transaction.atomic():
        found = OrderDraft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()
        if found is None or found.discarded_at is None:
            raise DraftReplaced(_("The draft is gone: another order was begun since. Type this one anew."))
        found.discarded_at = None
        found.save(update_fields=["discarded_at"])
    return found


def _is_answered(key: str) -> bool:
    """Whether the form with this key was saved: its last autosave may arrive after it."""
    try:
        return IdempotencyKey.objects.filter(scope="order", key=UUID(key)).exists()
    except ValueError:
        return False
