"""What the inventory does every day."""

from datetime import datetime

from django.utils import timezone

from core.transactions import run
from inventory.services.reservations import reserve_waiting


def reserve_due_orders(*, now: datetime) -> int:
    """Reserve for orders that came within their warehouse's horizon; answers with how many lines got goods."""
    return len(run(lambda: reserve_waiting(on=timezone.localdate(now))))
