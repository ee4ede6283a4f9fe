"""Green and dried: a branch from `start` towards `angle`, `length` long."""

import math
from collections.abc import Callable

from products.pictures.heads import orchid_flower
from products.pictures.sheet import (
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
    petal_shape,
    turned,
    varied,
)


def leaf(sheet: Sheet, at: Point, angle: float, size: tuple[float, float], tone: Colour, *, tip: float = 0.45) -> None:
    """A leaf with a paler half and a vein."""
    sheet.petal(at, angle, size, tone, tip=tip)
    outline = petal_shape(at, angle, size, tip)
    sheet.polygon([*outline[:13], outline[12]], lighter(tone, 0.12))
    sheet.line([at, turned(at, angle, 0, size[0] * 0.86)], max(1.2, size[1] * 0.035), lighter(tone, 0.3))


def _sprig(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> list[Point]:
    end = turned(start, angle, 0, length)
    points = curve(start, turned(start, angle - 9, 0, length * 0.55), end)
    sheet.line(points, max(2.5, length * 0.012), darker(tone, 0.22))
    return points


def branch(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Pointed leaves in pairs."""
    points = _sprig(sheet, start, angle, length, tone)
    for nth, place in enumerate(points[7:], start=7):
        if nth % 2:
            side = 42 if nth % 4 == 1 else -42
            size = length * (0.3 - 0.006 * nth)
            leaf(sheet, place, angle + side, (size, size * 0.4), varied(tone, nth, 0.1))
    leaf(sheet, points[-1], angle, (length * 0.17, length * 0.06), tone)


def eucalyptus(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Round silver leaves in pairs."""
    points = _sprig(sheet, start, angle, length, tone)
    for nth in range(6, len(points), 2):
        size = length * (0.155 - 0.0035 * nth)
        for side in (-62, 62):
            shade = varied(mix(tone, (176, 190, 180), 0.35), nth + side, 0.1)
            leaf(sheet, points[nth], angle + side, (size, size * 0.92), shade, tip=0.58)


def fern(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """A frond: narrow leaflets that grow shorter."""
    points = _sprig(sheet, start, angle, length, tone)
    for nth, place in enumerate(points[3:], start=3):
        size = length * 0.27 * (1 - (nth / 26) ** 1.5)
        for side in (-66, 66):
            sheet.petal(place, angle + side, (size, size * 0.23), varied(tone, nth + side, 0.09), tip=0.4)


def blades(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """One broad leaf on its stalk."""
    middle = turned(start, angle, 0, length * 0.3)
    sheet.line([start, middle], length * 0.02, darker(tone, 0.2))
    leaf(sheet, middle, angle, (length * 0.72, length * 0.22), tone)


def lavender(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Small buds in whorls up a thin stem."""
    points = _sprig(sheet, start, angle, length, colour(STEM))
    for nth, place in enumerate(points[13:]):
        size = length * (0.085 - 0.003 * nth)
        for side in (-48, 48, 0):
            sheet.petal(place, angle + side, (size, size * 0.52), varied(darker(tone, 0.05), nth + side, 0.12))


def pampas(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """A feather of fine lines."""
    points = _sprig(sheet, start, angle, length, tone)
    for nth in range(90):
        share = nth / 90
        place = points[10 + round(share * 13)]
        size = length * 0.22 * math.sin(math.pi * (0.2 + 0.72 * share))
        side = 30 * (-1 if nth % 2 else 1) * (1.1 - share * 0.5)
        sheet.petal(place, angle + side, (size, size * 0.13), varied(lighter(tone, 0.18), nth, 0.12), tip=0.5)


def bunnytail(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """A soft oval head."""
    points = _sprig(sheet, start, angle, length, colour("sand"))
    for nth in range(64):
        place = points[19 + nth % 6]
        size = length * (0.075 + 0.02 * math.sin(nth * 1.7))
        side = math.sin(nth * 2.4) * 58
        sheet.petal(place, angle + side, (size, size * 0.34), varied(darker(tone, 0.06), nth, 0.12), tip=0.6)


def monstera_leaf(sheet: Sheet, at: Point, angle: float, size: float, tone: Colour) -> None:
    heart = turned(at, angle + 180, 0, size * 0.22)
    for nth, side in enumerate((-118, -84, -52, -24, 24, 52, 84, 118)):
        reach = size * (1.1 - abs(side) / 320)
        sheet.petal(heart, angle + side, (reach, size * 0.36), varied(tone, nth, 0.05), tip=0.6)
    sheet.petal(heart, angle, (size * 1.25, size * 0.5), tone, tip=0.55)
    vein = lighter(tone, 0.28)
    sheet.line([heart, turned(heart, angle, 0, size * 1.1)], 4, vein)
    for side in (-84, -52, -26, 26, 52, 84):
        sheet.line([heart, turned(heart, angle + side, 0, size * 0.7)], 2.4, vein)


def spire(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Flowers close together up the stem, smaller towards the tip."""
    points = _sprig(sheet, start, angle, length, colour(STEM))
    for nth, place in enumerate(points[4:9:2]):
        leaf(
            sheet,
            place,
            angle + (44 if nth % 2 else -44),
            (length * 0.24, length * 0.06),
            varied(colour(LEAF), nth, 0.1),
        )
    for nth, place in reversed(list(enumerate(points[10:]))):
        size = length * (0.088 - 0.0042 * nth)
        for side in (-78, 78, 0):
            middle = turned(place, angle + side, 0, size * (0.75 if side else 0.1))
            for petal in range(5):
                turn = petal * 72 + nth * 17
                sheet.petal(middle, turn, (size, size * 0.8), darker(tone, 0.17), tip=0.66)
                sheet.petal(
                    middle, turn, (size * 0.94, size * 0.68), varied(lighter(tone, 0.1), nth + side, 0.1), tip=0.66
                )
            sheet.disc(*middle, size * 0.16, lighter(tone, 0.6))


def plume(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Fine side branches full of tiny flowers."""
    points = _sprig(sheet, start, angle, length, colour(STEM))
    for nth, place in enumerate(points[9:]):
        reach = length * 0.26 * (1 - nth / 17)
        for side in (-52, 52):
            for step in range(1, 8):
                spot = turned(place, angle + side, math.sin(step * 2 + nth) * reach * 0.1, reach * step / 7)
                sheet.disc(*spot, length * 0.0125, varied(tone, nth * 3 + step, 0.16))


def cloud(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Thin twigs that fork, with a small flower at every end."""
    points = _sprig(sheet, start, angle, length, colour(STEM))
    for nth, place in enumerate(points[9::2]):
        for side in (-38, 38, -14):
            twig = turned(place, angle + side, 0, length * (0.2 - 0.008 * nth))
            sheet.line([place, twig], length * 0.005, colour(STEM))
            for fork in (-40, -12, 16, 44):
                end = turned(twig, angle + side + fork, 0, length * 0.07)
                sheet.line([twig, end], length * 0.004, colour(STEM))
                sheet.disc(*end, length * 0.021, darker(tone, 0.12))
                sheet.disc(*end, length * 0.017, varied(lighter(tone, 0.12), nth + fork, 0.1))


def berries(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Leaves in pairs below, berries at the ends of a fork."""
    points = _sprig(sheet, start, angle, length, darker(colour(LEAF), 0.2))
    for nth, place in enumerate(points[6:20:3]):
        for side in (-50, 50):
            leaf(sheet, place, angle + side, (length * 0.19, length * 0.08), varied(colour(LEAF), nth + side, 0.1))
    for nth, side in enumerate((-46, 46, -22, 22, 0)):
        end = turned(points[18], angle + side, 0, length * 0.25)
        sheet.line([points[18], end], length * 0.008, colour("#8a6a45"))
        leaf(sheet, end, angle + side + 120, (length * 0.06, length * 0.03), colour(LEAF))
        leaf(sheet, end, angle + side - 120, (length * 0.06, length * 0.03), colour(LEAF))
        sheet.petal(
            turned(end, angle + side, 0, -length * 0.02),
            angle + side,
            (length * 0.115, length * 0.085),
            darker(tone, 0.16),
        )
        sheet.petal(
            turned(end, angle + side, 0, -length * 0.015),
            angle + side,
            (length * 0.1, length * 0.068),
            varied(tone, nth, 0.1),
        )
        sheet.disc(*turned(end, angle + side - 20, 0, length * 0.045), length * 0.011, lighter(tone, 0.6))


def willow(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """A bare twig with silky catkins."""
    points = _sprig(sheet, start, angle, length, colour("#8a5a45"))
    for nth, place in enumerate(points[8:]):
        side = 30 if nth % 2 else -30
        sheet.petal(place, angle + side, (length * 0.085, length * 0.04), colour("#7a4f3c"), tip=0.3)
        soft = turned(place, angle + side, 0, length * 0.014)
        sheet.petal(soft, angle + side, (length * 0.08, length * 0.046), darker(tone, 0.14), tip=0.55)
        sheet.petal(
            soft, angle + side, (length * 0.074, length * 0.036), lighter(varied(tone, nth, 0.08), 0.3), tip=0.55
        )


def cotton(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Bolls on a dry twig."""
    points = _sprig(sheet, start, angle, length, colour("#8a6a4e"))
    for nth, step in enumerate((24, 19, 14, 9)):
        at = turned(points[step], angle + (55 if nth % 2 else -55), 0, length * (0.07 if nth else 0))
        for side in range(5):
            sheet.petal(at, side * 72 + nth * 20, (length * 0.095, length * 0.05), colour("#8a6248"), tip=0.5)
        for side in range(5):
            puff = turned(at, side * 72 + 36, 0, length * 0.03)
            sheet.disc(*puff, length * 0.042, darker(tone, 0.08))
            sheet.disc(*puff, length * 0.038, lighter(tone, 0.4))
        sheet.disc(*at, length * 0.035, lighter(tone, 0.6))


def lunaria(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Silvery discs of paper."""
    points = _sprig(sheet, start, angle, length, colour("sand"))
    for nth, place in enumerate(points[9:]):
        side = 52 if nth % 2 else -52
        end = turned(place, angle + side, 0, length * 0.075)
        sheet.line([place, end], length * 0.005, darker(colour("sand"), 0.2))
        middle = turned(end, angle + side, 0, length * 0.042)
        sheet.disc(*middle, length * 0.05, darker(tone, 0.16), flat=1.12)
        sheet.disc(*middle, length * 0.046, lighter(varied(tone, nth, 0.1), 0.45), flat=1.12)
        sheet.disc(*middle, length * 0.01, darker(tone, 0.12))


def bells(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """A leaf and an arched stem of hanging bells."""
    leaf(sheet, start, angle * 1.6, (length * 0.72, length * 0.2), varied(colour(LEAF), round(angle), 0.1))
    points = _sprig(sheet, start, angle, length * 0.95, colour(STEM))
    for nth, place in enumerate(points[11::2]):
        side = 1 if nth % 2 else -1
        hang = (place[0] + side * length * 0.045, place[1] + length * 0.03)
        size = length * (0.062 - 0.004 * nth)
        sheet.line([place, hang], length * 0.005, colour(STEM))
        for fill, grow in ((darker(tone, 0.16), 1.0), (lighter(tone, 0.3), 0.88)):
            sheet.disc(hang[0], hang[1] + size * 0.5, size * 0.6 * grow, fill)
            for edge in (-1, 0, 1):
                sheet.disc(hang[0] + edge * size * 0.42, hang[1] + size * 0.98, size * 0.24 * grow, fill)


def orchids(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Orchids up one stem."""
    points = _sprig(sheet, start, angle, length, colour("#6b7d4d"))
    for nth, step in enumerate((9, 12, 15, 18, 21, 24)):
        at = turned(points[step], angle + (70 if nth % 2 else -70), 0, length * (0.06 - 0.008 * nth))
        orchid_flower(sheet, at, length * (0.118 - 0.011 * nth), tone, angle + (16 if nth % 2 else -16))


def monstera(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """One cut leaf on its stalk."""
    end = turned(start, angle, 0, length * 0.62)
    sheet.line(curve(start, turned(start, angle * 0.4, 0, length * 0.35), end), length * 0.017, darker(tone, 0.2))
    monstera_leaf(sheet, end, angle * 1.3, length * 0.3, tone)


def broad(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> None:
    """Broad leaves by turns on a reddish twig."""
    points = _sprig(sheet, start, angle, length, colour("#8a5a4c"))
    for nth, place in enumerate(points[5::3]):
        size = length * (0.25 - 0.018 * nth)
        leaf(sheet, place, angle + (52 if nth % 2 else -52), (size, size * 0.66), varied(tone, nth, 0.1))
    leaf(sheet, points[-1], angle, (length * 0.13, length * 0.08), tone)


GREENS: dict[str, Callable[[Sheet, Point, float, float, Colour], None]] = {
    "branch": branch, "eucalyptus": eucalyptus, "fern": fern, "blades": blades, "lavender": lavender, "pampas": pampas,
    "bunnytail": bunnytail, "spire": spire, "plume": plume, "cloud": cloud, "berries": berries, "willow": willow,
    "cotton": cotton, "lunaria": lunaria, "bells": bells, "orchids": orchids, "monstera": monstera, "broad": broad,
}  # fmt: skip
