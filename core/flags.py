"""What a shop has settled once for all its people."""

from core.models import ShopFlag

FIRST_STEPS_HIDDEN = "first_steps_hidden"


# A delivery order is not "ready" before the finished bouquet is photographed. A new shop starts with it.
PHOTO_BEFORE_READY = "photo_before_ready"


# Owners log in with a second factor only. A new shop starts without it.
OWNERS_SECOND_FACTOR = "owners_second_factor"


def has_flag(name: str) -> bool:
    """Whether it is settled."""
    return ShopFlag.objects.filter(name=name).exists()


def set_flag(name: str) -> None:
    """Settle it; a second time changes nothing."""
    ShopFlag.objects.get_or_create(name=name)


def clear_flag(name: str) -> None:
    """It is not settled any more; a second time changes nothing."""
    ShopFlag.objects.filter(name=name).delete()
