"""The picture of a product by its look: a form and its colours, as in "rose red"."""

from collections.abc import Callable, Sequence

from PIL import Image

from products.pictures.heads import BARE, HEADS
from products.pictures.leaves import GREENS, leaf
from products.pictures.packaging import PACKAGING, bow
from products.pictures.pots import POTS
from products.pictures.sheet import LEAF, PALETTE, SIDE, STEM, Colour, Sheet, colour, curve, darker, varied

THINGS: dict[str, Callable[[Sheet, Sequence[str], Sequence[Colour]], None]] = {**POTS, **PACKAGING}


def draw_good(look: str, *, side: int = SIDE) -> Image.Image:
    """The picture of a product, `side` pixels square. The same look gives the same picture: what varies from petal to
    petal is taken from its place. Raises KeyError for a look nobody can draw."""
    form, *names = look.split()
    tones = [colour(name) for name in names if name in PALETTE]
    sheet = Sheet(tones[0] if tones else colour("sage"), side=side)
    if form in HEADS:
        _stems(sheet, form, tones)
    elif form in GREENS:
        _greens(sheet, form, tones[0])
    else:
        THINGS[form](sheet, names, tones)
    return sheet.finished()


def _stems(sheet: Sheet, form: str, tones: list[Colour]) -> None:
    """Three stems of one flower, the largest in front."""
    sheet.shadow(610, 1110, 230, 26, 0.16)
    places = [((325, 560), 165, -17), ((880, 520), 175, 16), ((600, 370), 268, 0)]
    if form == "tulip":
        places = [((345, 540), 158, -14), ((860, 500), 166, 13), ((600, 400), 250, 0)]
    foot = (602, 1130)
    scale = {
        "hydrangea": 1.12,
        "peony": 1.06,
        "tulip": 0.84,
        "ranunculus": 0.9,
        "daisy": 0.95,
        "calla": 0.72,
        "anthurium": 0.86,
        "iris": 0.9,
        "ball": 0.9,
    }.get(form, 1)
    for (x, y), _radius, _angle in places:
        sheet.line(curve((x, y), (x + (600 - x) * 0.12, 850), (foot[0] + (x - 600) * 0.12, foot[1])), 13, colour(STEM))
    for side, height, length in ((-38, 985, 250), (40, 940, 260), (-34, 860, 190), (34, 1060, 190)):
        narrow = 0.2 if form in {"tulip", "daffodil", "iris", "calla"} else 0.42
        grow = 1.75 if form in {"tulip", "daffodil", "iris", "calla"} else 1
        tilt = 0.5 if form in {"tulip", "daffodil", "iris", "calla"} else 1
        x = 600 + (6 if side > 0 else -6)
        leaf(sheet, (x, height), side * tilt, (length * grow, length * narrow), varied(colour(LEAF), height))
    for (x, y), radius, angle in places:
        if form not in BARE:
            for side in (-64, 64, 160, 200):
                sheet.petal((x, y), angle + side, (radius * 1.1, radius * 0.3), darker(colour(LEAF), 0.06))
        HEADS[form](sheet, (x, y), radius * scale, tones, angle)


def _greens(sheet: Sheet, form: str, tone: Colour) -> None:
    sheet.shadow(600, 1110, 190, 24, 0.16)
    spread = {"pampas": 17, "bunnytail": 15, "lavender": 11, "blades": 20, "monstera": 34}.get(form, 17)
    count = {"lavender": 9, "bunnytail": 7, "pampas": 5, "monstera": 3}.get(form, 4)
    order = sorted(range(count), key=lambda nth: -abs(nth - (count - 1) / 2))
    for nth in order:
        angle = (nth - (count - 1) / 2) * spread * (4 / max(count, 4)) * 1.15
        length = {"cloud": 860, "berries": 840, "lunaria": 880}.get(form, 960) - abs(nth - (count - 1) / 2) * 90
        GREENS[form](sheet, (600 + angle * 0.6, 1120), angle, length, varied(tone, nth, 0.07))
    if form in {"lavender", "bunnytail"}:
        bow(sheet, (600, 905), 58, colour("kraft"))
