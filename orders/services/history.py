"""What happened to an order, when and by whom."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from orders.models import EventKind, Order, OrderEvent


def note(order: Order, kind: EventKind, *, by: Any, at: datetime | None = None, **data: Any) -> None:
    """Write one line of history, now unless `at` is given."""
    OrderEvent.objects.create(order=order, kind=kind, by=by, data=data, at=at or timezone.now())


def note_status_change(order: Order, *, before: int | None, by: Any) -> None:
    """Write down that the order went from status `before` (None: it is new, since it was created) to the one it has."""
    OrderEvent.objects.create(
        order=order,
        kind=EventKind.CREATED if before is None else EventKind.STATUS,
        status_before_id=before,
        status_id=order.status_id,
        by=by,
        at=order.created_at if before is None else timezone.now(),
    )
