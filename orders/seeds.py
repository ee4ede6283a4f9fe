"""What a new shop's orders start with."""

from core.flags import PHOTO_BEFORE_READY, set_flag
from orders.domain.lifecycle import Category
from orders.models import OrderStatus

HUES = {
    Category.DRAFT: "slate",
    Category.NEW: "blue",
    Category.CONFIRMED: "cyan",
    Category.ASSEMBLING: "amber",
    Category.READY: "teal",
    Category.DELIVERING: "violet",
    Category.COMPLETED: "green",
    Category.CANCELLED: "red",
}


def seed_orders() -> None:
    """The eight system statuses, one of each category, and the rule about photos. Running it again changes nothing."""
    if not OrderStatus.objects.exists():
        set_flag(PHOTO_BEFORE_READY)
    for position, category in enumerate(Category, start=1):
        OrderStatus.objects.get_or_create(
            code=category.value,
            defaults={
                "category": category.value,
                "color": HUES[category],
                "position": position * 10,
                "is_system": True,
                "is_positive_end": category is Category.COMPLETED,
                "is_negative_end": category is Category.CANCELLED,
            },
        )
