"""What is free of a product and what it costs, as far as somebody above knows: the catalogue itself keeps no stock.

The inventory registers itself when it starts; without an inventory the catalogue shows no figures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol


@dataclass(frozen=True)
class Figures:
    """On hand and free in all warehouses, base units."""

    on_hand: Decimal
    free: Decimal


@dataclass(frozen=True)
class Cost:
    """What an amount of a product would cost if it were taken now (4 decimals).

    `missing` base units of it are not on hand; they are counted at what the last delivery cost.
    """

    value: Decimal
    missing: Decimal = Decimal(0)


class Costs(Protocol):
    """What amounts of certain products would cost now."""

    def of(self, product_id: int, quantity: Decimal) -> Cost | None:
        """The cost of `quantity` base units; None when nobody knows what the product costs."""


class _Unknown:
    def of(self, product_id: int, quantity: Decimal) -> Cost | None:
        return None


Free = Mapping[int, Decimal]  # product → base units free in one warehouse


@dataclass(frozen=True)
class Source:
    """Who knows. Functions are given products' keys; `free_by_place` answers with one mapping per warehouse. `in_state`
    answers with a query of the keys of products of which something is `free`, or less than the minimum (`low`),
    `places` with the names of the live warehouses, `packers` with the suppliers' names by the key of a purchase unit that
    is theirs alone."""

    figures: Callable[[Sequence[int]], dict[int, Figures]]
    costs: Callable[[Sequence[int]], Costs]
    free_by_place: Callable[[Sequence[int]], Sequence[Free]]
    in_state: Callable[[str], Any]
    places: Callable[[], Mapping[int, str]]
    packers: Callable[[Sequence[int]], Mapping[int, str]]


_source: list[Source] = []


def provide(source: Source) -> None:
    """Register who knows; the last one counts."""
    _source[:] = [source]


def figures(product_ids: Sequence[int]) -> dict[int, Figures]:
    """Product → figures; products nobody knows anything about are left out."""
    return _source[0].figures(product_ids) if _source else {}


def costs(product_ids: Sequence[int]) -> Costs:
    """What these products would cost now."""
    return _source[0].costs(product_ids) if _source else _Unknown()


def free_by_place(product_ids: Sequence[int]) -> Sequence[Free]:
    """What is free of these products, warehouse by warehouse: a bouquet is made of what lies in one place."""
    return _source[0].free_by_place(product_ids) if _source else []


def products_in_state(state: str) -> Any:
    """The keys of products of which something is `free`, or less than their minimum (`low`), as a query or a list."""
    return _source[0].in_state(state) if _source else []


def places() -> Mapping[int, str]:
    """Key → name of the live warehouses, the main one first."""
    return _source[0].places() if _source else {}


def packers(unit_ids: Sequence[int]) -> Mapping[int, str]:
    """Purchase unit → the names of the suppliers who pack so; without an entry it is anybody's."""
    return _source[0].packers(unit_ids) if _source else {}
