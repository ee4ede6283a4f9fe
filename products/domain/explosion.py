"""A recipe down to its flowers: bouquets inside it taken apart, what stands in several places summed."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

LEVELS_AT_MOST = 5
PARTS_AT_MOST = 200

Part = TypeVar("Part", bound=Hashable)


@dataclass(frozen=True)
class Entry(Generic[Part]):
    """One line of a recipe: `quantity` of `part`, or of the bouquet `kit` (a key of the recipes)."""

    quantity: Decimal
    part: Part | None = None
    kit: int | None = None


class Unmakeable(ValueError):
    """A recipe that can't be taken down to its flowers; `kit` is where that was noticed."""

    def __init__(self, kit: int) -> None:
        super().__init__(kit)
        self.kit = kit


class Circular(Unmakeable):
    """A bouquet that is inside itself."""


class TooDeep(Unmakeable):
    """Bouquets in bouquets on more than LEVELS_AT_MOST levels."""


class TooManyParts(Unmakeable):
    """More than PARTS_AT_MOST different parts."""


def explode(recipes: Mapping[int, Sequence[Entry[Part]]], kit: int) -> dict[Part, Decimal]:
    """Part → how much of it one bouquet `kit` takes, in the order in which the parts are first met.

    One seat of two arms with two bolts each takes four bolts. Raises Circular, TooDeep, TooManyParts. What a recipe holds
    only as a bouquet without a recipe of its own adds nothing.
    """
    found: dict[Part, Decimal] = {}

    def walk(key: int, times: Decimal, above: tuple[int, ...]) -> None:
        if key in above:
            raise Circular(key)
        if len(above) == LEVELS_AT_MOST:
            raise TooDeep(key)
        for entry in recipes.get(key, ()):
            if entry.kit is not None:
                walk(entry.kit, times * entry.quantity, (*above, key))
            elif entry.part is not None:
                found[entry.part] = found.get(entry.part, Decimal(0)) + times * entry.quantity
                if len(found) > PARTS_AT_MOST:
                    raise TooManyParts(kit)

    walk(kit, Decimal(1), ())
    return found
