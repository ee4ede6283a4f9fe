"""What a shop has settled once for all its people."""

from core.models import ShopFlag

FIRST_STEPS_HIDDEN = "first_steps_hidden"


def set_flag(name: str) -> None:
    """Settle it; a second time changes nothing."""
    ShopFlag.objects.get_or_create(name=name)
