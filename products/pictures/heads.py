"""Flower heads: seen from the front, `r` is the radius."""

import math
from collections.abc import Callable, Sequence

from products.pictures.sheet import GOLDEN, Colour, Point, Sheet, colour, darker, lighter, mix, turned, varied


def rose(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Wide petals in rings that turn and close towards the heart."""
    base = tones[0]
    rim = tones[1] if len(tones) > 1 else lighter(base, 0.22)
    rings = [(1.0, 8, 0.8), (0.86, 7, 0.76), (0.66, 5, 0.72), (0.5, 5, 0.6), (0.36, 4, 0.5), (0.24, 3, 0.36)]
    for ring, (reach, count, width) in enumerate(rings):
        deep = darker(base, 0.05 + 0.055 * ring)
        edge = mix(rim, deep, 0.12 * ring)
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 33
            size = (r * reach, r * width)
            sheet.petal(at, angle, size, darker(deep, 0.13), tip=0.74)
            sheet.petal(at, angle, (size[0] * 0.975, size[1] * 0.95), varied(edge, nth + ring, 0.04), tip=0.74)
            sheet.petal(at, angle, (size[0] * 0.9, size[1] * 0.93), varied(mix(edge, deep, 0.55), nth + ring), tip=0.72)
    heart = darker(base, 0.36)
    sheet.disc(at[0], at[1], r * 0.13, heart)
    spiral = [turned(at, turn + step * 22, 0, r * (0.015 + 0.0085 * step)) for step in range(26)]
    sheet.line(spiral, r * 0.022, mix(rim, base, 0.35))


def peony(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Many ruffled petals: every one ends in three small rounds."""
    base = tones[0]
    for ring, (reach, count) in enumerate([(1.0, 9), (0.86, 9), (0.71, 8), (0.56, 8), (0.42, 7), (0.29, 6), (0.17, 4)]):
        deep = darker(base, 0.03 + 0.045 * ring)
        pale = lighter(mix(base, deep, 0.4), 0.32 - 0.03 * ring)
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 27 + math.sin(nth * 5 + ring) * 6
            size = (r * reach, r * (0.62 - 0.05 * ring))
            for fill, grow in ((darker(deep, 0.13), 1.0), (varied(pale, nth + ring * 3), 0.965)):
                sheet.petal(at, angle, (size[0] * grow * 0.96, size[1] * grow), fill, tip=0.76)
                for side in (-1, 0, 1):
                    end = turned(at, angle + side * 13, 0, size[0] * 0.86 * grow)
                    sheet.disc(*end, size[1] * 0.205 * grow, fill)
            sheet.petal(at, angle, (size[0] * 0.74, size[1] * 0.6), varied(mix(pale, deep, 0.5), nth), tip=0.7)
    for nth in range(9):
        sheet.disc(*turned(at, nth * 40, 0, r * 0.055), r * 0.02, colour("#e9c46a"))


def ranunculus(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Thin petals in many close rings around a green heart."""
    base = tones[0]
    for ring in range(9):
        reach = r * (1 - ring * 0.1)
        count = 8 - ring // 3
        deep = darker(base, 0.02 + 0.03 * ring)
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 24
            middle = turned(at, angle, 0, reach * 0.47)
            sheet.disc(*middle, reach * 0.53, darker(deep, 0.12))
            sheet.disc(*middle, reach * 0.512, varied(lighter(deep, 0.24 - ring * 0.02), nth + ring, 0.035))
        sheet.disc(*at, reach * 0.8, mix(deep, base, 0.4))
    sheet.disc(*at, r * 0.15, colour("#7d8a4a"))
    sheet.disc(*at, r * 0.08, colour("#5c6b34"))


def daisy(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Narrow rays around a button."""
    base = tones[0]
    heart = tones[1] if len(tones) > 1 else colour("yellow")
    for ring, (reach, count) in enumerate([(1.0, 22), (0.84, 20), (0.66, 16)]):
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 9
            sheet.petal(at, angle, (r * reach, r * 0.235), darker(base, 0.14 + 0.02 * ring), tip=0.72)
            sheet.petal(at, angle, (r * reach * 0.97, r * 0.185), varied(lighter(base, 0.12), nth + ring), tip=0.72)
    sheet.disc(*at, r * 0.24, darker(heart, 0.2))
    for nth in range(34):
        place = turned(at, nth * GOLDEN, 0, r * 0.036 * math.sqrt(nth))
        sheet.disc(*place, r * 0.024, varied(lighter(heart, 0.18), nth, 0.1))


def hydrangea(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A ball of four-petalled florets."""
    base = tones[0]
    sheet.disc(*at, r * 0.93, darker(base, 0.24))
    for nth in reversed(range(46)):
        reach = math.sqrt(nth / 46)
        place = turned(at, turn + nth * GOLDEN, 0, r * 0.88 * reach)
        tone = varied(mix(lighter(base, 0.2), darker(base, 0.12), reach * 0.8), nth, 0.07)
        small = r * (0.205 - 0.04 * reach)
        for side in range(4):
            angle = turn + nth * 51 + side * 90
            sheet.petal(place, angle, (small, small * 0.98), darker(tone, 0.16), tip=0.6)
            sheet.petal(place, angle, (small * 0.94, small * 0.88), tone, tip=0.6)
        sheet.disc(*place, small * 0.13, lighter(base, 0.55))


def spray(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Small roses on one stem."""
    for nth, (dx, dy, share) in enumerate([(-0.48, 0.3, 0.5), (0.5, 0.22, 0.48), (0.02, -0.38, 0.56)]):
        rose(sheet, (at[0] + dx * r, at[1] + dy * r), r * share, tones, turn + nth * 40)


def daffodil(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Six petals and a trumpet."""
    base = tones[0]
    for nth in range(6):
        sheet.petal(at, turn + nth * 60, (r, r * 0.66), darker(base, 0.13), tip=0.6)
        sheet.petal(at, turn + nth * 60, (r * 0.97, r * 0.6), varied(lighter(base, 0.25), nth), tip=0.6)
    trumpet = colour("orange")
    for nth in range(11):
        sheet.disc(*turned(at, nth * 360 / 11, 0, r * 0.3), r * 0.1, varied(trumpet, nth))
    sheet.disc(*at, r * 0.31, mix(trumpet, base, 0.3))
    sheet.disc(*at, r * 0.2, darker(trumpet, 0.22))


def sweetpea(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Four ruffled flowers up a stem."""
    for nth, (dx, dy) in enumerate([(-0.4, 0.42), (0.42, 0.2), (-0.32, -0.18), (0.2, -0.52)]):
        place, tone = (at[0] + dx * r, at[1] + dy * r), varied(tones[0], nth, 0.1)
        for side in (-52, 52, 0):
            sheet.petal(place, turn + side, (r * 0.52, r * 0.56), darker(tone, 0.15), tip=0.7)
            sheet.petal(place, turn + side, (r * 0.49, r * 0.5), lighter(tone, 0.1 + abs(side) / 300), tip=0.7)
        sheet.petal(place, turn + 180, (r * 0.2, r * 0.26), lighter(tone, 0.45))


def tulip(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A cup seen from the side; it stands on its stem at the lower end."""
    base, rim = tones[0], tones[1] if len(tones) > 1 else lighter(tones[0], 0.25)
    foot = turned(at, turn, 0, -r * 0.95)
    for side, reach, width, tone in (
        (-17, 1.86, 0.9, darker(base, 0.2)), (17, 1.86, 0.9, darker(base, 0.22)), (0, 1.95, 0.8, darker(base, 0.12)),
        (-24, 1.7, 0.86, base), (24, 1.7, 0.86, mix(base, darker(base, 0.1), 0.6)), (0, 1.62, 0.98, lighter(base, 0.08)),
    ):  # fmt: skip
        sheet.petal(foot, turn + side, (r * reach, r * width), darker(tone, 0.12), tip=0.5)
        sheet.petal(foot, turn + side, (r * reach * 0.985, r * width * 0.95), tone, tip=0.5)
    sheet.petal(foot, turn, (r * 1.5, r * 0.5), mix(lighter(base, 0.1), rim, 0.45), tip=0.55)
    sheet.petal(foot, turn, (r * 0.62, r * 0.34), mix(base, colour("#cfd59a"), 0.35), tip=0.4)


def orchid_flower(sheet: Sheet, at: Point, r: float, tone: Colour, turn: float) -> None:
    edge = darker(tone, 0.13)
    for side in (0, 125, 235):
        sheet.petal(at, turn + side, (r, r * 0.6), edge, tip=0.6)
        sheet.petal(at, turn + side, (r * 0.97, r * 0.54), lighter(tone, 0.16), tip=0.6)
    for side in (-72, 72):
        sheet.petal(at, turn + side, (r * 1.1, r * 1.05), edge, tip=0.62)
        sheet.petal(at, turn + side, (r * 1.07, r * 0.98), lighter(tone, 0.3), tip=0.62)
        sheet.petal(at, turn + side, (r * 0.6, r * 0.34), mix(lighter(tone, 0.2), colour("raspberry"), 0.22), tip=0.6)
    sheet.petal(at, turn + 180, (r * 0.5, r * 0.34), colour("raspberry"), tip=0.5)
    sheet.disc(*at, r * 0.11, colour("yellow"))


def lily(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Six pointed petals with a rib, and stamens."""
    base = tones[0]
    rib = tones[1] if len(tones) > 1 else darker(base, 0.16)
    for ring, width in enumerate((0.44, 0.56)):
        for nth in range(3):
            angle = turn + nth * 120 + ring * 60
            for fill, grow in ((darker(base, 0.16), 1.0), (varied(lighter(base, 0.16), nth + ring), 0.955)):
                sheet.petal(at, angle, (r * grow, r * width * grow), fill, tip=0.46)
            sheet.petal(at, angle, (r * 0.82, r * 0.13), mix(base, rib, 0.75), tip=0.4)
    sheet.disc(*at, r * 0.1, mix(base, colour("#cfd59a"), 0.6))
    for nth in range(6):
        end = turned(at, turn + nth * 60 + 24, 0, r * 0.46)
        sheet.line([at, end], r * 0.022, mix(base, colour("#cfd59a"), 0.7))
        sheet.disc(*end, r * 0.05, colour("#9a5a2c"), flat=0.7)


def anemone(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Round petals around a dark heart with a ring of stamens."""
    base = tones[0]
    heart = tones[1] if len(tones) > 1 else colour("#2f2a3c")
    for ring, (reach, count) in enumerate([(1.0, 6), (0.84, 6)]):
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 30
            sheet.petal(at, angle, (r * reach, r * 0.86 * reach), darker(base, 0.13), tip=0.68)
            sheet.petal(
                at, angle, (r * reach * 0.97, r * 0.8 * reach), varied(lighter(base, 0.14), nth + ring), tip=0.68
            )
    for nth in range(26):
        sheet.disc(*turned(at, nth * 360 / 26, 0, r * (0.28 + 0.05 * (nth % 2))), r * 0.026, heart)
    sheet.disc(*at, r * 0.19, heart)
    sheet.disc(at[0] - r * 0.04, at[1] - r * 0.05, r * 0.09, lighter(heart, 0.22))


def dahlia(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Many pointed petals in rings, close as scales towards the heart."""
    base = tones[0]
    for ring in range(8):
        reach = r * (1 - ring * 0.115)
        deep = darker(base, 0.02 + 0.045 * ring)
        for nth in range(15 - ring):
            angle = turn + nth * 360 / (15 - ring) + ring * 13
            sheet.petal(at, angle, (reach, r * (0.3 - 0.016 * ring)), darker(deep, 0.15), tip=0.62)
            sheet.petal(
                at, angle, (reach * 0.965, r * (0.25 - 0.014 * ring)), varied(lighter(deep, 0.16), nth), tip=0.62
            )
    sheet.disc(*at, r * 0.08, darker(base, 0.2))


def carnation(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Petals with a cut edge, crowded."""
    base = tones[0]
    for ring, (reach, count) in enumerate([(1.0, 9), (0.86, 9), (0.7, 8), (0.55, 7), (0.4, 6), (0.26, 5)]):
        deep = darker(base, 0.03 + 0.05 * ring)
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 23 + math.sin(nth * 3 + ring) * 5
            for fill, grow in ((darker(deep, 0.16), 1.0), (varied(lighter(deep, 0.2), nth + ring * 2), 0.95)):
                fan = [at]
                for tooth in range(9):
                    side = angle + (tooth - 4) * 6.4
                    fan.append(turned(at, side, 0, r * reach * grow * (1.0 if tooth % 2 else 0.9)))
                sheet.polygon(fan, fill)


def sunflower(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Pointed rays around a broad dark heart."""
    base, heart = tones[0], colour("#5a3a26")
    for ring, reach in enumerate((1.0, 0.9)):
        for nth in range(17):
            angle = turn + nth * 360 / 17 + ring * 10.6
            sheet.petal(at, angle, (r * reach, r * 0.27), darker(base, 0.2), tip=0.58)
            sheet.petal(at, angle, (r * reach * 0.97, r * 0.21), varied(lighter(base, 0.06), nth + ring), tip=0.58)
    sheet.disc(*at, r * 0.46, heart)
    for nth in range(120):
        tone = lighter(heart, 0.08) if nth % 3 else colour("#8a5a2e")
        sheet.disc(*turned(at, nth * GOLDEN, 0, r * 0.039 * math.sqrt(nth)), r * 0.02, tone)


def anthurium(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A shining heart with a spadix."""
    base = tones[0]
    for grow, fill in ((1.0, darker(base, 0.18)), (0.95, lighter(base, 0.06))):
        for side in (-34, 34):
            sheet.petal(turned(at, turn + 180, 0, r * 0.78 * grow), turn + side * 0.62, (r * 1.75 * grow, r * 1.12 * grow), fill,
                        tip=0.64)  # fmt: skip
    for side in (-21, 21):
        sheet.petal(turned(at, turn + 180, 0, r * 0.6), turn + side, (r * 1.25, r * 0.3), lighter(base, 0.2), tip=0.64)
    foot = turned(at, turn, 0, r * 0.3)
    sheet.line([foot, turned(foot, turn + 26, 0, r * 0.72)], r * 0.15, darker(colour("yellow"), 0.12))
    sheet.line([foot, turned(foot, turn + 26, 0, r * 0.7)], r * 0.09, lighter(colour("yellow"), 0.2))


def calla(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A funnel rolled of one leaf, from the side."""
    base = tones[0]
    foot = turned(at, turn, 0, -r * 1.1)
    sheet.petal(foot, turn + 5, (r * 2.15, r * 1.02), darker(base, 0.16), tip=0.68)
    sheet.petal(foot, turn + 5, (r * 2.11, r * 0.96), lighter(base, 0.1), tip=0.68)
    sheet.line([turned(foot, turn, 0, r * 0.7), turned(foot, turn + 3, 0, r * 1.55)], r * 0.11, colour("#e2b33c"))
    sheet.petal(foot, turn - 9, (r * 1.32, r * 0.62), darker(base, 0.12), tip=0.6)
    sheet.petal(foot, turn - 9, (r * 1.28, r * 0.56), lighter(base, 0.3), tip=0.6)
    sheet.petal(foot, turn, (r * 0.6, r * 0.3), mix(base, colour("#a9bf7c"), 0.5), tip=0.5)


def iris(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Three standards and three falls with a yellow signal."""
    base = tones[0]
    for side, size in ((-32, 0.92), (32, 0.92), (0, 1.06)):
        sheet.petal(at, turn + side, (r * size, r * 0.5), darker(base, 0.2), tip=0.6)
        sheet.petal(at, turn + side, (r * size * 0.96, r * 0.43), varied(lighter(base, 0.1), side), tip=0.6)
    for side, size in ((-112, 1.0), (112, 1.0), (180, 0.98)):
        sheet.petal(at, turn + side, (r * size, r * 0.62), darker(base, 0.3), tip=0.7)
        sheet.petal(at, turn + side, (r * size * 0.96, r * 0.55), darker(base, 0.08), tip=0.7)
        sheet.petal(at, turn + side, (r * size * 0.58, r * 0.17), colour("yellow"), tip=0.55)


def protea(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A cup of pointed bracts around a pale dome."""
    base = tones[0]
    for ring, (reach, count) in enumerate([(1.0, 13), (0.86, 12), (0.72, 11)]):
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 15
            tone = lighter(base, 0.1 * ring)
            sheet.petal(at, angle, (r * reach, r * 0.3), darker(tone, 0.22), tip=0.6)
            sheet.petal(at, angle, (r * reach * 0.96, r * 0.24), varied(tone, nth), tip=0.6)
    dome = lighter(base, 0.62)
    sheet.disc(*at, r * 0.46, darker(dome, 0.12))
    for nth in range(70):
        place = turned(at, nth * GOLDEN, 0, r * 0.052 * math.sqrt(nth))
        sheet.petal(place, nth * GOLDEN + 180, (r * 0.16, r * 0.05), varied(dome, nth, 0.08))


def thistle(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A cone on a collar of spikes."""
    base = tones[0]
    for ring, reach in enumerate((1.0, 0.78)):
        for nth in range(13):
            angle = turn + nth * 360 / 13 + ring * 14
            sheet.petal(at, angle, (r * reach, r * 0.13), darker(base, 0.2 - 0.1 * ring), tip=0.3)
            for side in (-26, 26):
                sheet.petal(
                    turned(at, angle, 0, r * reach * 0.42), angle + side, (r * reach * 0.36, r * 0.07), base, tip=0.3
                )
    sheet.disc(*at, r * 0.4, darker(base, 0.24))
    for nth in range(56):
        sheet.disc(
            *turned(at, nth * GOLDEN, 0, r * 0.05 * math.sqrt(nth)), r * 0.034, varied(lighter(base, 0.2), nth, 0.12)
        )


def ball(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A ball of tiny flowers."""
    base = tones[0]
    sheet.disc(*at, r * 0.62, darker(base, 0.22))
    for nth in reversed(range(110)):
        reach = math.sqrt(nth / 110)
        tone = varied(mix(lighter(base, 0.25), darker(base, 0.1), reach), nth, 0.08)
        sheet.disc(*turned(at, turn + nth * GOLDEN, 0, r * 0.59 * reach), r * 0.055, tone)


def cluster(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Small flowers of five petals side by side in an umbel."""
    base = tones[0]
    heart = tones[1] if len(tones) > 1 else lighter(base, 0.6)
    for nth in reversed(range(13)):
        place = turned(at, turn + nth * GOLDEN, 0, r * 0.25 * math.sqrt(nth))
        for petal in range(5):
            angle = nth * 31 + petal * 72
            sheet.petal(place, angle, (r * 0.27, r * 0.21), darker(base, 0.17), tip=0.66)
            sheet.petal(place, angle, (r * 0.255, r * 0.175), varied(lighter(base, 0.1), nth, 0.08), tip=0.66)
        sheet.disc(*place, r * 0.055, heart)


def daisies(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Small daisies on one stem."""
    for nth, (dx, dy, share) in enumerate(
        [(-0.5, 0.34, 0.46), (0.5, 0.26, 0.46), (-0.2, -0.34, 0.5), (0.5, -0.52, 0.36)]
    ):
        daisy(sheet, (at[0] + dx * r, at[1] + dy * r), r * share, tones, turn + nth * 40)


def carnations(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Small carnations on one stem."""
    for nth, (dx, dy, share) in enumerate([(-0.48, 0.3, 0.48), (0.5, 0.22, 0.46), (0.02, -0.4, 0.52)]):
        carnation(sheet, (at[0] + dx * r, at[1] + dy * r), r * share, tones, turn + nth * 40)


HEADS: dict[str, Callable[[Sheet, Point, float, Sequence[Colour], float], None]] = {
    "rose": rose, "peony": peony, "ranunculus": ranunculus, "daisy": daisy, "hydrangea": hydrangea, "spray": spray,
    "daffodil": daffodil, "sweetpea": sweetpea, "tulip": tulip, "lily": lily, "anemone": anemone, "dahlia": dahlia,
    "carnation": carnation, "sunflower": sunflower, "anthurium": anthurium, "calla": calla, "iris": iris,
    "protea": protea, "thistle": thistle, "ball": ball, "cluster": cluster, "daisies": daisies, "carnations": carnations,
}  # fmt: skip
HEAD_SIZE = {
    "hydrangea": 1.35, "peony": 1.15, "tulip": 0.86, "daisy": 0.92, "ranunculus": 0.82, "spray": 1.0, "sunflower": 1.15,
    "calla": 0.7, "lily": 1.15,
}  # fmt: skip
# Those with no green collar under them.
BARE = {"tulip", "calla", "anthurium", "iris", "ball", "cluster", "thistle"}
