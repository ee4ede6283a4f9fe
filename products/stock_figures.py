"""How much of a product is free, as far as somebody above knows: the catalogue itself keeps no stock.

The inventory registers its figures when it starts; without an inventory the catalogue shows none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Figures:
    """On hand and free in all warehouses, base units."""

    on_hand: Decimal
    free: Decimal


Source = Callable[[Sequence[int]], dict[int, Figures]]
_sources: list[Source] = []


def provide(source: Source) -> None:
    """Register who knows the figures. Registering the same source again changes nothing."""
    if source not in _sources:
        _sources.append(source)


def figures(product_ids: Sequence[int]) -> dict[int, Figures]:
    """Product → figures; products nobody knows anything about are left out."""
    known: dict[int, Figures] = {}
    for source in _sources:
        known.update(source(product_ids))
    return known
