"""Plants in their pots."""

import math
from collections.abc import Callable, Sequence

from products.pictures.heads import calla, carnation, cluster, orchid_flower
from products.pictures.leaves import fern, lavender, leaf, monstera_leaf
from products.pictures.sheet import (
    GOLDEN,
    LEAF,
    STEM,
    Colour,
    Point,
    Sheet,
    colour,
    curve,
    darker,
    lighter,
    mix,
    turned,
    varied,
)


def _pot(
    sheet: Sheet, tone: Colour, *, x: float = 600, top: float = 800, half: float = 190, height: float = 280
) -> None:
    sheet.shadow(x + 12, top + height + 12, half * 1.25, 30, 0.24)
    foot = half * 0.72
    sheet.polygon([(x - half, top), (x + half, top), (x + foot, top + height), (x - foot, top + height)], tone)
    sheet.disc(x, top + height, foot, tone, flat=0.13)
    sheet.polygon([(x + half * 0.4, top), (x + half, top), (x + foot, top + height), (x + foot * 0.4, top + height + 16)],
                  darker(tone, 0.1))  # fmt: skip
    rim = half * 1.1
    sheet.polygon(
        [(x - rim, top - 34), (x + rim, top - 34), (x + rim, top + 34), (x - rim, top + 34)], lighter(tone, 0.1)
    )
    sheet.disc(x, top + 34, rim, lighter(tone, 0.1), flat=0.1)
    sheet.disc(x, top - 34, rim, darker(tone, 0.14), flat=0.13)
    sheet.disc(x, top - 30, rim * 0.9, colour("#5b4636"), flat=0.11)


def _potplant(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    kind = names[0]
    pot = {"monstera": "stone", "fern": "terracotta", "snake": "sand", "ivy": "kraft"}[kind]
    _pot(sheet, colour(pot))
    root: Point = (600, 775)
    green = colour(LEAF)
    if kind == "fern":
        for nth in sorted(range(15), key=lambda nth: -abs(nth - 7)):
            fern(sheet, root, (nth - 7) * 15.5, 560 - abs(nth - 7) * 22, varied(green, nth, 0.12))
    elif kind == "snake":
        for nth, (angle, length) in enumerate([(-24, 470), (25, 490), (-13, 590), (14, 560), (-2, 680)]):
            sheet.petal(root, angle, (length, 96), darker(colour("yellow"), 0.08), tip=0.4)
            sheet.petal(root, angle, (length * 0.985, 70), varied(colour("#4e7a58"), nth, 0.1), tip=0.4)
            for band in range(3, 12):
                place = turned(root, angle, 0, length * band / 14)
                sheet.line([turned(place, angle, -22, 8), place, turned(place, angle, 22, 8)], 5, colour("#7d9f78"))
    elif kind == "ivy":
        for nth, end in enumerate(
            [(250, 640), (330, 420), (560, 330), (790, 400), (945, 600), (330, 1010), (880, 1030)]
        ):
            points = curve(root, ((root[0] + end[0]) / 2, min(root[1], end[1]) - 130), end)
            sheet.line(points, 7, darker(green, 0.15))
            for step in range(4, 25, 3):
                _ivy_leaf(sheet, points[step], nth * 31 + step * 61, 78 - step, varied(green, nth + step, 0.14))
    else:
        for nth, (angle, length, size) in enumerate(
            [(-62, 310, 180), (64, 320, 185), (-38, 430, 205), (40, 420, 210), (-6, 520, 230), (14, 280, 165)]
        ):
            stalk = curve(root, turned(root, angle * 0.4, 0, length * 0.6), turned(root, angle, 0, length))
            sheet.line(stalk, 11, darker(green, 0.2))
            monstera_leaf(sheet, stalk[-1], angle, size, varied(darker(green, 0.05), nth, 0.12))


def _ivy_leaf(sheet: Sheet, at: Point, angle: float, size: float, tone: Colour) -> None:
    for side in (-70, 70, 0):
        sheet.petal(at, angle + side, (size * (1.1 if side == 0 else 0.8), size * 0.6), tone, tip=0.4)
    sheet.line([at, turned(at, angle, 0, size * 0.8)], 2.5, lighter(tone, 0.35))


def _potflower(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, colour("cream"), half=170, height=250)
    root: Point = (600, 780)
    for nth in range(13):
        angle = -96 + nth * 16
        leaf(
            sheet,
            turned(root, angle, 0, 70),
            angle,
            (190, 165),
            varied(darker(colour(LEAF), 0.08), nth, 0.1),
            tip=0.55,
        )
    for nth, (x, y) in enumerate([(405, 500), (790, 480), (520, 400), (690, 350), (600, 270)]):
        sheet.line(curve(root, (600 + (x - 600) * 0.3, 600), (x, y)), 9, colour("#8a5a5c"))
        for side in (-58, 58, -30, 30, 0):
            tone = varied(tones[0], nth + side, 0.08)
            sheet.petal((x, y), side, (150, 88), darker(tone, 0.14), tip=0.62)
            sheet.petal((x, y), side, (145, 78), lighter(tone, 0.08), tip=0.62)
        sheet.disc(x, y, 22, darker(tones[0], 0.25))


def _potlavender(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, colour("stone"), half=170, height=250)
    for nth in sorted(range(17), key=lambda nth: -abs(nth - 8)):
        lavender(sheet, (600 + (nth - 8) * 9, 780), (nth - 8) * 5.6, 590 - abs(nth - 8) * 22, tones[0])
    for nth in range(16):
        angle = -66 + nth * 8.8
        sheet.petal((600, 790), angle, (260 + 40 * math.sin(nth * 2), 26), varied(colour("sage"), nth, 0.14), tip=0.5)


def _orchid(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, colour("white"), half=150, height=240, top=840)
    root: Point = (600, 820)
    for angle, length in ((-66, 330), (68, 340), (-30, 250), (34, 240)):
        leaf(sheet, root, angle, (length, 112), varied(darker(colour(LEAF), 0.1), length))
    stem = curve(curve(root, (500, 480), (560, 300))[-1], (640, 150), (905, 300))
    sheet.line(curve(root, (500, 480), (560, 300)), 11, colour("#6b7d4d"))
    sheet.line(stem, 9, colour("#6b7d4d"))
    for nth, step in enumerate((24, 19, 14, 8, 2)):
        x, y = stem[step]
        orchid_flower(sheet, (x, y + 45), 118 - nth * 4, tones[0], nth * 9 - 12)
    for nth, (x, y) in enumerate([(520, 470), (528, 545)]):
        orchid_flower(sheet, (x + 40 * (nth % 2), y), 100, tones[0], nth * 15)


def _succulent(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, colour("terracotta"), top=830, half=200, height=230)
    at: Point = (600, 590)
    for ring, (reach, count) in enumerate([(300, 11), (255, 10), (205, 9), (155, 8), (105, 6), (62, 4)]):
        for nth in range(count):
            angle = nth * 360 / count + ring * 19
            tone = lighter(mix(tones[0], colour("#7fa08d"), 0.4), 0.05 * ring)
            sheet.petal(at, angle, (reach, reach * 0.58 + 14), darker(tone, 0.17), tip=0.66)
            sheet.petal(at, angle, (reach * 0.97, reach * 0.53 + 12), varied(tone, nth + ring, 0.05), tip=0.66)
            sheet.petal(turned(at, angle, 0, reach * 0.86), angle, (reach * 0.11, reach * 0.1), colour("rose"))


def _pot_alone(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, tones[0], top=480, half=270, height=430)


def _potcluster(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """Umbels over round fleshy leaves."""
    _pot(sheet, colour("stone"), half=170, height=250)
    root: Point = (600, 770)
    for nth in range(15):
        angle = -98 + nth * 14
        leaf(
            sheet, turned(root, angle, 0, 60), angle, (215, 130), varied(darker(colour(LEAF), 0.05), nth, 0.12), tip=0.6
        )
    for x, y, size in (
        (370, 560, 120),
        (830, 560, 120),
        (480, 440, 135),
        (720, 430, 135),
        (600, 350, 150),
        (600, 540, 130),
    ):
        sheet.line(curve(root, (600 + (x - 600) * 0.4, 650), (x, y)), 12, colour(STEM))
        cluster(sheet, (x, y), size, tones, x)


def _potbush(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """A round bush full of flowers."""
    _pot(sheet, colour("sand"))
    middle: Point = (600, 520)
    for nth in range(54):
        reach = 330 * math.sqrt((nth + 1) / 54)
        place = turned(middle, nth * GOLDEN, 0, reach * 0.8)
        leaf(sheet, place, nth * GOLDEN, (105, 52), varied(darker(colour(LEAF), 0.1), nth, 0.14))
    for nth in reversed(range(21)):
        place = turned(middle, nth * GOLDEN + 60, 0, 285 * math.sqrt(nth / 21))
        carnation(sheet, place, 66, [varied(tones[0], nth, 0.08)], nth * 40)


def _potcalla(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """Dark arched leaves and white sails."""
    _pot(sheet, colour("glass"), half=175, height=260)
    root: Point = (600, 775)
    for nth, (angle, length) in enumerate(
        [(-70, 380), (70, 380), (-46, 470), (46, 470), (-22, 500), (22, 510), (2, 450)]
    ):
        leaf(sheet, turned(root, angle, 0, 40), angle, (length, 125), varied(darker(colour(LEAF), 0.16), nth, 0.1))
    for x, y, turn in ((410, 330, -16), (780, 310, 14), (600, 220, 2)):
        sheet.line(curve(root, (600 + (x - 600) * 0.3, 520), (x, y + 60)), 10, colour(STEM))
        calla(sheet, (x, y), 92, tones, turn)


POTS: dict[str, Callable[[Sheet, Sequence[str], Sequence[Colour]], None]] = {
    "potplant": _potplant, "potflower": _potflower, "potlavender": _potlavender, "orchid": _orchid,
    "succulent": _succulent, "pot": _pot_alone, "potcluster": _potcluster, "potbush": _potbush, "potcalla": _potcalla,
}  # fmt: skip
