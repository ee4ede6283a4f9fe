"""Goods that most flower shops carry, to begin a catalogue with: names in both languages, kinds, roles, days in the vase,
a drawing of each (`look`, see products/pictures).

The days are what florists commonly reckon with, not a promise of a grower; the shop sets its own prices.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from PIL import Image

from core.photos import Picture, read_picture
from core.sheets import Cell, Table
from products import pictures
from products.models import Product

# What a table is marked by whose products are to get their drawings; no column of a card.
PICTURE = "florist-erp:picture"  # no file has such a column
# How the file of a drawing is called: an import that is taken back takes these photos with it, and no others.
DRAWN = "drawn-"
THUMB_SIDE, PHOTO_SIDE = 96, 800  # pixels
# What stands in the bouquets of the list: looks and how many of each.
MIXED = [("rose blush", 7), ("ranunculus coral", 5), ("daisies white", 4), ("eucalyptus sage", 3)]
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
    look: str
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
            number, row[tongue], row[f"shelf_{tongue}"], row["kind"], row["role"], row["unit"], row["days"], row["look"],
            row[tongue].casefold() in known,
        )
        for number, row in enumerate(_rows())
    ]  # fmt: skip


def by_shelf(found: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Category → its entries, in the order of the list."""
    return [(shelf, list(rows)) for shelf, rows in groupby(found, key=lambda entry: entry.shelf)]


def as_table(chosen: Sequence[Entry], prices: Mapping[int, str]) -> Table:
    """What was chosen as a table to be imported, with the prices as they were typed; what has none is not on sale yet.
    Its columns are COLUMNS and PICTURE."""
    rows = [
        [
            entry.name, entry.shelf, entry.kind, entry.role, entry.unit, entry.days, price, "yes" if price else "no",
            entry.look,
        ]
        for entry in chosen
        for price in [prices.get(entry.number, "").strip()]
    ]  # fmt: skip
    return Table(
        [*COLUMNS, PICTURE], [[Cell(text) for text in row] for row in rows], [entry.number + 1 for entry in chosen]
    )


# --- Drawings --------------------------------------------------------------------------------------------------------


@cache
def drawings_version() -> str:
    """Another text after every change of what draws, or of what is drawn: part of the drawings' addresses."""
    digest = sha256((Path(__file__).parent / "starter.csv").read_bytes())
    for source in sorted(Path(pictures.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


@cache
def thumbnail(number: int) -> bytes:
    """The drawing of an entry, small, as WebP; drawn once in a process. Raises KeyError for no entry."""
    rows = _rows()
    if not 0 <= number < len(rows):
        raise KeyError(number)
    target = io.BytesIO()
    _drawn(rows[number]["look"], THUMB_SIDE).save(target, "WEBP", quality=85)
    return target.getvalue()


def look_of(name: str) -> str:
    """The look of the entry of this name, in either language; empty when the list has none."""
    return _looks().get(name.casefold(), "")


def photo_of(look: str) -> Picture:
    """The drawing as if it had been uploaded: for the photo service. Takes about a second."""
    file = io.BytesIO()
    _drawn(look, PHOTO_SIDE).save(file, "JPEG", quality=95)
    size = file.tell()
    file.seek(0)
    return read_picture(file, name=f"{DRAWN}{look.replace(' ', '-')}.jpg", size=size)


@cache
def _looks() -> dict[str, str]:
    return {row[tongue].casefold(): row["look"] for row in _rows() for tongue in ("ru", "en")}


def _drawn(look: str, side: int) -> Image.Image:
    form, _space, rest = look.partition(" ")
    if form == "bouquet":
        return pictures.draw_bouquet(rest, MIXED, side=side)
    return pictures.draw_good(look, side=side)
