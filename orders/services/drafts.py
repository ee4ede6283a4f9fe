"""What somebody types into the form of a new order, kept until it is saved or 14 days are over."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.models import IdempotencyKey
from orders.models import OrderDraft

KEPT = timedelta(days=14)
LARGEST = 64 * 1024  # characters
NOT_KEPT = {"csrfmiddlewaretoken", "key"}


def save_draft(fields: Mapping[str, str], *, by: Any, now: datetime) -> OrderDraft | None:
    """Keep the fields of the form for `by`; None when the order they belong to is already saved.

    Raises BadInput for more than a form can hold.
    """
    data = {name: value for name, value in fields.items() if name not in NOT_KEPT}
    if len(json.dumps(data)) > LARGEST or "\x00" in "".join(data.values()):
        raise BadInput(_("This is more than a draft can hold. Shorten the texts; the form itself is untouched."))
    if _is_answered(fields.get("key", "")):
        return None
    draft, _made = OrderDraft.objects.update_or_create(user=by, defaults={"data": data, "saved_at": now})
    OrderDraft.objects.filter(saved_at__lt=now - KEPT).delete()
    return draft


def draft_of(user: Any, *, now: datetime) -> OrderDraft | None:
    """The person's draft, unless it is too old to be meant."""
    return OrderDraft.objects.filter(user=user, saved_at__gte=now - KEPT).first()


def discard_draft(user: Any) -> None:
    """Forget the person's draft; without one nothing happens."""
    OrderDraft.objects.filter(user=user).delete()


def _is_answered(key: str) -> bool:
    """Whether the form with this key was saved: its last autosave may arrive after it."""
    try:
        return IdempotencyKey.objects.filter(scope="order", key=UUID(key)).exists()
    except ValueError:
        return False
