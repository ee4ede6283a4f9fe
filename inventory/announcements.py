"""What the inventory tells whoever stands above it, after the commit. Nobody's stock depends on a listener."""

from decimal import Decimal

from django.dispatch import Signal

from core.tenancy import after_commit

# Sent with `lost`: demand id → base units whose reservation was taken away.
reservations_lost = Signal()


def announce_lost_reservations(lost: dict[int, Decimal]) -> None:
    """Tell listeners after the commit which demands wait again."""
    if lost:
        after_commit(reservations_lost.send_robust, sender=None, lost=dict(lost))
