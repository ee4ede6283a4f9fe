"""Bouquets: heads side by side in a round, wrapped, tied or in a box."""

import math
from collections.abc import Sequence

from PIL import Image

from products.pictures.heads import HEAD_SIZE, HEADS
from products.pictures.leaves import GREENS, leaf
from products.pictures.packaging import bow, hatbox
from products.pictures.sheet import (
    GOLDEN,
    LEAF,
    SIDE,
    STEM,
    Colour,
    Point,
    Sheet,
    colour,
    curve,
    darker,
    lighter,
    turned,
    varied,
)


def draw_bouquet(look: str, parts: Sequence[tuple[str, float]], *, side: int = SIDE) -> Image.Image:
    """The picture of a bouquet, `side` pixels square: `look` is its form (wrapped, tied, box) and the colour of its wrap, `parts` the looks of
    its goods with how many of each."""
    form, wrap = look.split()
    sheet = Sheet(colour(wrap), side=side)
    heads = _heads_of(parts)
    greens = [part.split() for part, _quantity in parts if part.split()[0] in GREENS]
    middle: Point = (600, 470)
    sheet.shadow(600, 1085, 250 if form == "box" else 190, 34)
    if form == "tied":
        _tied_stems(sheet)
    for nth in range(14 if greens else 0):
        kind, name = greens[nth % len(greens)]
        angle = -118 + nth * 236 / 13
        GREENS[kind](sheet, (600, 560), angle, 395 + 40 * math.sin(nth * 2.2), varied(colour(name), nth, 0.08))
    if form == "wrapped":
        _wrap_behind(sheet, colour(wrap))
    _dome(sheet, heads, middle, 335 if form != "tied" else 330)
    if form == "wrapped":
        _wrap_before(sheet, colour(wrap))
    elif form == "box":
        hatbox(sheet, 700, 300, 340, tone=colour(wrap), lid=False)
    else:
        bow(sheet, (600, 838), 82, darker(colour(wrap), 0.06))
    return sheet.finished()


def _heads_of(parts: Sequence[tuple[str, float]]) -> list[tuple[str, list[Colour]]]:
    """At most nineteen heads, of every flower as many as its share, well mixed; dried flowers alone stand as they are."""
    flowers = [(part.split(), quantity) for part, quantity in parts if part.split()[0] in HEADS]
    whole = sum(quantity for _part, quantity in flowers) or 1
    room = min(19, max(3 if whole < 2 else 9, round(whole)))
    queue = [
        ((nth + 0.5) / count, form, [colour(name) for name in names])
        for (form, *names), quantity in flowers
        for count in [max(1, round(quantity / whole * room))]
        for nth in range(count)
    ]
    return [(form, tones) for _place, form, tones in sorted(queue, key=lambda item: item[0])]


def _dome(sheet: Sheet, heads: list[tuple[str, list[Colour]]], middle: Point, reach: float) -> None:
    """Heads side by side in a flattened round, those at the edge first, the middle last."""
    count = len(heads)
    size = reach / math.sqrt(max(count, 4)) * 1.16
    places = []
    for nth, head in enumerate(heads):
        out = math.sqrt((nth + 0.35) / count) * (reach - size * 0.35)
        x, y = turned(middle, nth * GOLDEN + 20, 0, out)
        places.append((out, (x, middle[1] + (y - middle[1]) * 0.82), head, nth))
    for out, place, (form, tones), nth in sorted(places, key=lambda item: -item[0]):
        angle = (
            math.degrees(math.atan2(place[0] - middle[0], middle[1] + 520 - place[1])) if form == "tulip" else nth * 47
        )
        radius = size * HEAD_SIZE.get(form, 1) * (1.06 - 0.12 * out / reach)
        if form == "tulip":
            sheet.line(curve(place, (place[0] * 0.6 + 240, 760), (600, 930)), 11, varied(colour(STEM), nth, 0.1))
            leaf(sheet, (place[0] * 0.7 + 180, 800), angle * 0.8, (300, 52), varied(colour(LEAF), nth, 0.1))
        elif form not in {"spray", "daisy", "sweetpea"}:
            sheet.disc(place[0], place[1] + radius * 0.06, radius * 0.95, darker(tones[0], 0.5))
        HEADS[form](sheet, place, radius, [varied(tone, nth, 0.05) for tone in tones], angle)


def _tied_stems(sheet: Sheet) -> None:
    for nth in range(11):
        x = 600 + (nth - 5) * 25
        sheet.line([(600 + (5 - nth) * 19, 1090 + 12 * math.sin(nth * 3)), (600 + (nth - 5) * 4, 838), (x, 600)], 15,
                   varied(colour(STEM), nth, 0.14))  # fmt: skip


def _wrap_behind(sheet: Sheet, tone: Colour) -> None:
    back = darker(tone, 0.09)
    sheet.polygon([(205, 420), (330, 250), (470, 330), (600, 235), (735, 330), (880, 250), (995, 420), (690, 1010),
                   (510, 1010)], back)  # fmt: skip
    sheet.polygon([(205, 420), (330, 250), (560, 900), (510, 1010)], lighter(back, 0.14))


def _wrap_before(sheet: Sheet, tone: Colour) -> None:
    left = [(180, 470), (250, 560), (420, 700), (600, 770), (690, 1000), (640, 1085), (520, 1085), (500, 960)]
    right = [(1020, 470), (930, 590), (760, 720), (545, 860), (540, 980), (560, 1085), (680, 1085), (700, 960)]
    sheet.polygon(right, lighter(tone, 0.16))
    sheet.polygon([(1020, 470), (930, 590), (760, 720), (655, 790), (720, 800)], lighter(tone, 0.34))
    sheet.polygon(left, lighter(tone, 0.06))
    sheet.polygon([(180, 470), (250, 560), (420, 700), (600, 770), (470, 800)], lighter(tone, 0.28))
    for bend in (0.3, 0.55, 0.8):
        top = (250 + 300 * bend, 590 + 190 * bend)
        sheet.line(curve(top, (470, 860), (575, 1075)), 2.2, darker(tone, 0.1))
    bow(sheet, (600, 958), 86, darker(tone, 0.3))
