"""What the orders do every day."""

from datetime import datetime

from orders.services.holding import end_reservations


def end_holds(*, now: datetime) -> int:
    """Let go of goods whose time to be held is over; answers with how many reservations were ended."""
    return end_reservations(at=now)
