"""Goods that most flower shops carry, to begin a catalogue with: names in both languages, kinds, roles, days in the vase.

The days are what florists commonly reckon with, not a promise of a grower; the shop sets its own prices.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from core.sheets import Cell, Table
from products.models import Product

COLUMNS = ["name", "category", "kind", "role", "unit", "vase_life_days", "sale_price", "is_active"]


@dataclass(frozen=True)
class Entry:
    """One of the list in one language; `number` is its place, `is_known` whether the shop has a product called so."""

    number: int
    name: str
    shelf: str
    kind: str
    role: str
    unit: str
    days: str
    is_known: bool = False

    @property
    def days_count(self) -> int:
        """Days in the vase, 0 for what does not wilt."""
        return int(self.days or 0)


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / "starter.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def entries(language: str) -> list[Entry]:
    """The whole list in `language` (ru, or English for any other), with what the shop has already: one statement."""
    tongue = "ru" if language.startswith("ru") else "en"
    known = {name.casefold() for name in Product.objects.values_list("name", flat=True)}
    return [
        Entry(
            number, row[tongue], row[f"shelf_{tongue}"], row["kind"], row["role"], row["unit"], row["days"],
            row[tongue].casefold() in known,
        )
        for number, row in enumerate(_rows())
    ]  # fmt: skip


def by_shelf(found: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Category → its entries, in the order of the list."""
    return [(shelf, list(rows)) for shelf, rows in groupby(found, key=lambda entry: entry.shelf)]


def as_table(chosen: Sequence[Entry], prices: Mapping[int, str]) -> Table:
    """What was chosen as a table to be imported, with the prices as they were typed; what has none is not on sale yet."""
    rows = [
        [entry.name, entry.shelf, entry.kind, entry.role, entry.unit, entry.days, price, "yes" if price else "no"]
        for entry in chosen
        for price in [prices.get(entry.number, "").strip()]
    ]
    return Table(COLUMNS, [[Cell(text) for text in row] for row in rows], [entry.number + 1 for entry in chosen])
