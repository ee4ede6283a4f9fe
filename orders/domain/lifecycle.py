"""What an order's status means. Eight fixed categories; a shop names, colours and orders its statuses within them."""

from enum import StrEnum


class Category(StrEnum):
    DRAFT = "draft"
    NEW = "new"
    CONFIRMED = "confirmed"
    ASSEMBLING = "assembling"
    READY = "ready"
    DELIVERING = "delivering"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What an order means for the stock."""

    NOTHING = "nothing"
    RESERVED = "reserved"
    SOLD = "sold"
    CANCELLED = "cancelled"


STAGES: dict[Category, Stage] = {
    Category.DRAFT: Stage.NOTHING,
    Category.NEW: Stage.NOTHING,
    Category.CONFIRMED: Stage.RESERVED,
    Category.ASSEMBLING: Stage.RESERVED,
    Category.READY: Stage.RESERVED,
    Category.DELIVERING: Stage.RESERVED,
    Category.COMPLETED: Stage.SOLD,
    Category.CANCELLED: Stage.CANCELLED,
}
ENDS = frozenset({Category.COMPLETED, Category.CANCELLED})

_WORK = (Category.NEW, Category.CONFIRMED, Category.ASSEMBLING, Category.READY, Category.DELIVERING)


def stage_of(category: str) -> Stage:
    """The stage of a status category. Raises ValueError for an unknown one."""
    return STAGES[Category(category)]


def following(category: str) -> tuple[Category, ...]:
    """The categories an order may go to by hand, in the order of the work; an ended one only comes back reopened."""
    here = Category(category)
    if here in ENDS:
        return (Category.CONFIRMED, Category.DRAFT) if here is Category.CANCELLED else (Category.CONFIRMED,)
    every = (Category.DRAFT, *_WORK, Category.COMPLETED, Category.CANCELLED)
    return tuple(category for category in every if category is not here)


def leads_to_handing_over(before: str, after: str) -> bool:
    """Whether a step brings an order that is still being made to "ready" or out to the recipient."""
    out = {Category.READY, Category.DELIVERING}
    return Category(after) in out and Category(before) not in out
