"""Pictures of the demo's goods, drawn: flat petals in layers, a soft shadow, a pale background.

`draw_good` and `draw_bouquet` answer with a square picture of SIDE pixels. The same look gives the same picture: what
varies from petal to petal is taken from its place. Everything is drawn SCALE times larger and brought down at the end.
Coordinates are in pixels of the finished picture, angles in degrees, 0 up and clockwise.
"""

import colorsys
import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

SIDE, SCALE = 1200, 2
GOLDEN = 137.508

PALETTE: dict[str, str] = {
    "white": "#f6f1ea", "cream": "#f3e2c4", "pink": "#eaa3b4", "blush": "#f1cdc9", "rose": "#d98294", "red": "#b3202f",
    "crimson": "#8f2338", "scarlet": "#c9353a", "cherry": "#a31f45", "raspberry": "#bf3566", "coral": "#ee8672",
    "apricot": "#f2b48a", "orange": "#ea8a3c", "amber": "#d9702c", "terracotta": "#c0603f", "yellow": "#f0c443",
    "lavender": "#b7a3d6", "lilac": "#a98bc4", "plum": "#6f3f73", "blue": "#8fa9d6", "sky": "#c3d6e8", "green": "#5f8a55",
    "moss": "#6f7f45", "sage": "#93a68a", "kraft": "#c7a27a", "sand": "#dcc6a0", "stone": "#b9b2a8", "glass": "#a9c6cc",
    "cocoa": "#7a5242",
}  # fmt: skip
LEAF, STEM = "#5f8a55", "#6d9160"


# --- Colours ---------------------------------------------------------------------------------------------------------


def colour(name: str) -> Colour:
    """The colour of a palette name or of `#rrggbb`."""
    code = PALETTE.get(name, name)
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(one: Colour, share: float) -> Colour:
    """Towards a warm white."""
    return mix(one, (255, 250, 243), share)


def darker(one: Colour, share: float) -> Colour:
    """Towards a deep, muted shade of the same colour, rather than towards black."""
    hue, light, full = colorsys.rgb_to_hls(*(part / 255 for part in one))
    red, green, blue = colorsys.hls_to_rgb((hue - 0.02) % 1, light * 0.52, full * (0.62 + 0.3 * (1 - light)))
    return mix(one, (round(red * 255), round(green * 255), round(blue * 255)), min(1, share * 1.25))


def varied(one: Colour, place: int, by: float = 0.05) -> Colour:
    """The colour of a neighbouring petal: a shade lighter or darker."""
    swing = math.sin(place * 2.399) * by
    return lighter(one, swing * 2) if swing > 0 else darker(one, -swing)


# --- The sheet -------------------------------------------------------------------------------------------------------


class Sheet:
    """A large canvas with a pale ground, and the few shapes everything is made of."""

    def __init__(self, tone: Colour) -> None:
        ground = mix(mix(tone, (238, 231, 222), 0.76), (251, 248, 243), 0.4)
        self.image = _ground(ground)
        self.pen = ImageDraw.Draw(self.image)

    def finished(self) -> Image.Image:
        """The picture in its final size."""
        return self.image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: Colour, *, flat: float = 1) -> None:
        box = [(x - radius) * SCALE, (y - radius * flat) * SCALE, (x + radius) * SCALE, (y + radius * flat) * SCALE]
        self.pen.ellipse(box, fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        """A line with round ends."""
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill=fill, width=max(1, round(width * SCALE)), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, fill)

    def petal(self, at: Point, angle: float, size: tuple[float, float], fill: Colour, *, tip: float = 0.62) -> None:
        """A petal that begins at a point: length and width; `tip` is where it is widest, from its beginning."""
        self.polygon(petal_shape(at, angle, size, tip), fill)

    def shadow(self, x: float, y: float, width: float, height: float, strength: float = 0.22) -> None:
        """A soft shadow, an ellipse of these half axes; drawn before what throws it."""
        small = SIDE // 4
        mask = Image.new("L", (small, small), 0)
        ImageDraw.Draw(mask).ellipse(
            [(x - width) / 4, (y - height) / 4, (x + width) / 4, (y + height) / 4], fill=round(255 * strength)
        )
        mask = mask.filter(ImageFilter.GaussianBlur(11)).resize(self.image.size, Image.Resampling.BICUBIC)
        self.image.paste((84, 58, 48), (0, 0), mask)


def petal_shape(at: Point, angle: float, size: tuple[float, float], tip: float = 0.62) -> list[Point]:
    """The outline of a petal: narrow where it begins, widest at `tip`, round at the end."""
    length, width = size
    right: list[Point] = []
    for step in range(13):
        along = step / 12
        turn = along / tip * math.pi / 2 if along < tip else math.pi / 2 + (along - tip) / (1 - tip) * math.pi / 2
        right.append((math.sin(turn) * width / 2, along * length))
    outline = right + [(-across, along) for across, along in reversed(right)]
    return [_turned(at, angle, across, along) for across, along in outline]


def _turned(at: Point, angle: float, across: float, along: float) -> Point:
    """A point `along` the direction of `angle` and `across` it, seen from `at`."""
    turn = math.radians(angle)
    sine, cosine = math.sin(turn), math.cos(turn)
    return at[0] + along * sine + across * cosine, at[1] - along * cosine + across * sine


def _ground(tone: Colour) -> Image.Image:
    """Light from above left, a little darker towards the edges."""
    small = 64
    image = Image.new("RGB", (small, small))
    image.putdata(
        [
            darker(tone, 0.11 * min(1, math.hypot(x - 26, y - 22) / 52) ** 1.6)
            for y in range(small)
            for x in range(small)
        ]
    )
    return image.resize((SIDE * SCALE, SIDE * SCALE), Image.Resampling.BICUBIC)


def curve(start: Point, bend: Point, end: Point, steps: int = 24) -> list[Point]:
    """Points of a curve from `start` to `end` drawn towards `bend`."""
    found = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return found


# --- Heads: a flower seen from the front, `r` is its radius -----------------------------------------------------------


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
    spiral = [_turned(at, turn + step * 22, 0, r * (0.015 + 0.0085 * step)) for step in range(26)]
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
                    end = _turned(at, angle + side * 13, 0, size[0] * 0.86 * grow)
                    sheet.disc(*end, size[1] * 0.205 * grow, fill)
            sheet.petal(at, angle, (size[0] * 0.74, size[1] * 0.6), varied(mix(pale, deep, 0.5), nth), tip=0.7)
    for nth in range(9):
        sheet.disc(*_turned(at, nth * 40, 0, r * 0.055), r * 0.02, colour("#e9c46a"))


def ranunculus(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """Thin petals in many close rings around a green heart."""
    base = tones[0]
    for ring in range(9):
        reach = r * (1 - ring * 0.1)
        count = 8 - ring // 3
        deep = darker(base, 0.02 + 0.03 * ring)
        for nth in range(count):
            angle = turn + nth * 360 / count + ring * 24
            middle = _turned(at, angle, 0, reach * 0.47)
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
        place = _turned(at, nth * GOLDEN, 0, r * 0.036 * math.sqrt(nth))
        sheet.disc(*place, r * 0.024, varied(lighter(heart, 0.18), nth, 0.1))


def hydrangea(sheet: Sheet, at: Point, r: float, tones: Sequence[Colour], turn: float = 0) -> None:
    """A ball of four-petalled florets."""
    base = tones[0]
    sheet.disc(*at, r * 0.93, darker(base, 0.24))
    for nth in reversed(range(46)):
        reach = math.sqrt(nth / 46)
        place = _turned(at, turn + nth * GOLDEN, 0, r * 0.88 * reach)
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
        sheet.disc(*_turned(at, nth * 360 / 11, 0, r * 0.3), r * 0.1, varied(trumpet, nth))
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
    foot = _turned(at, turn, 0, -r * 0.95)
    for side, reach, width, tone in (
        (-17, 1.86, 0.9, darker(base, 0.2)), (17, 1.86, 0.9, darker(base, 0.22)), (0, 1.95, 0.8, darker(base, 0.12)),
        (-24, 1.7, 0.86, base), (24, 1.7, 0.86, mix(base, darker(base, 0.1), 0.6)), (0, 1.62, 0.98, lighter(base, 0.08)),
    ):  # fmt: skip
        sheet.petal(foot, turn + side, (r * reach, r * width), darker(tone, 0.12), tip=0.5)
        sheet.petal(foot, turn + side, (r * reach * 0.985, r * width * 0.95), tone, tip=0.5)
    sheet.petal(foot, turn, (r * 1.5, r * 0.5), mix(lighter(base, 0.1), rim, 0.45), tip=0.55)
    sheet.petal(foot, turn, (r * 0.62, r * 0.34), mix(base, colour("#cfd59a"), 0.35), tip=0.4)


HEADS: dict[str, Callable[[Sheet, Point, float, Sequence[Colour], float], None]] = {
    "rose": rose, "peony": peony, "ranunculus": ranunculus, "daisy": daisy, "hydrangea": hydrangea, "spray": spray,
    "daffodil": daffodil, "sweetpea": sweetpea, "tulip": tulip,
}  # fmt: skip
HEAD_SIZE = {"hydrangea": 1.35, "peony": 1.15, "tulip": 0.86, "daisy": 0.92, "ranunculus": 0.82, "spray": 1.0}


# --- Green and dried: a branch from `start` towards `angle`, `length` long ---------------------------------------------


def leaf(sheet: Sheet, at: Point, angle: float, size: tuple[float, float], tone: Colour, *, tip: float = 0.45) -> None:
    """A leaf with a paler half and a vein."""
    sheet.petal(at, angle, size, tone, tip=tip)
    outline = petal_shape(at, angle, size, tip)
    sheet.polygon([*outline[:13], outline[12]], lighter(tone, 0.12))
    sheet.line([at, _turned(at, angle, 0, size[0] * 0.86)], max(1.2, size[1] * 0.035), lighter(tone, 0.3))


def _sprig(sheet: Sheet, start: Point, angle: float, length: float, tone: Colour) -> list[Point]:
    end = _turned(start, angle, 0, length)
    points = curve(start, _turned(start, angle - 9, 0, length * 0.55), end)
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
    middle = _turned(start, angle, 0, length * 0.3)
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


GREENS: dict[str, Callable[[Sheet, Point, float, float, Colour], None]] = {
    "branch": branch, "eucalyptus": eucalyptus, "fern": fern, "blades": blades, "lavender": lavender, "pampas": pampas,
    "bunnytail": bunnytail,
}  # fmt: skip


# --- Whole pictures --------------------------------------------------------------------------------------------------


def draw_good(look: str) -> Image.Image:
    """The picture of a product. Raises KeyError for a look nobody can draw."""
    form, *names = look.split()
    tones = [colour(name) for name in names if name in PALETTE]
    sheet = Sheet(tones[0] if tones else colour("sage"))
    if form in HEADS:
        _stems(sheet, form, tones)
    elif form in GREENS:
        _greens(sheet, form, tones[0])
    else:
        THINGS[form](sheet, names, tones)
    return sheet.finished()


def draw_bouquet(look: str, parts: Sequence[tuple[str, float]]) -> Image.Image:
    """The picture of a bouquet: `look` is its form (wrapped, tied, box) and the colour of its wrap, `parts` the looks of
    its goods with how many of each."""
    form, wrap = look.split()
    sheet = Sheet(colour(wrap))
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
        _hatbox(sheet, 700, 300, 340, tone=colour(wrap), lid=False)
    else:
        _bow(sheet, (600, 838), 82, darker(colour(wrap), 0.06))
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
        x, y = _turned(middle, nth * GOLDEN + 20, 0, out)
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


def _stems(sheet: Sheet, form: str, tones: list[Colour]) -> None:
    """Three stems of one flower, the largest in front."""
    sheet.shadow(610, 1110, 230, 26, 0.16)
    places = [((325, 560), 165, -17), ((880, 520), 175, 16), ((600, 370), 268, 0)]
    if form == "tulip":
        places = [((345, 540), 158, -14), ((860, 500), 166, 13), ((600, 400), 250, 0)]
    foot = (602, 1130)
    scale = {"hydrangea": 1.12, "peony": 1.06, "tulip": 0.84, "ranunculus": 0.9, "daisy": 0.95}.get(form, 1)
    for (x, y), _radius, _angle in places:
        sheet.line(curve((x, y), (x + (600 - x) * 0.12, 850), (foot[0] + (x - 600) * 0.12, foot[1])), 13, colour(STEM))
    for side, height, length in ((-38, 985, 250), (40, 940, 260), (-34, 860, 190), (34, 1060, 190)):
        narrow = 0.2 if form in {"tulip", "daffodil"} else 0.42
        grow = 1.75 if form in {"tulip", "daffodil"} else 1
        tilt = 0.5 if form in {"tulip", "daffodil"} else 1
        x = 600 + (6 if side > 0 else -6)
        leaf(sheet, (x, height), side * tilt, (length * grow, length * narrow), varied(colour(LEAF), height))
    for (x, y), radius, angle in places:
        if form != "tulip":
            for side in (-64, 64, 160, 200):
                sheet.petal((x, y), angle + side, (radius * 1.1, radius * 0.3), darker(colour(LEAF), 0.06))
        HEADS[form](sheet, (x, y), radius * scale, tones, angle)


def _greens(sheet: Sheet, form: str, tone: Colour) -> None:
    sheet.shadow(600, 1110, 190, 24, 0.16)
    spread = {"pampas": 17, "bunnytail": 15, "lavender": 11, "blades": 20}.get(form, 17)
    count = {"lavender": 9, "bunnytail": 7, "pampas": 5}.get(form, 4)
    order = sorted(range(count), key=lambda nth: -abs(nth - (count - 1) / 2))
    for nth in order:
        angle = (nth - (count - 1) / 2) * spread * (4 / max(count, 4)) * 1.15
        length = 960 - abs(nth - (count - 1) / 2) * 90
        GREENS[form](sheet, (600 + angle * 0.6, 1120), angle, length, varied(tone, nth, 0.07))
    if form in {"lavender", "bunnytail"}:
        _bow(sheet, (600, 905), 58, colour("kraft"))


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
    _bow(sheet, (600, 958), 86, darker(tone, 0.3))


def _bow(sheet: Sheet, at: Point, size: float, tone: Colour) -> None:
    """A ribbon bow with two tails."""
    for side in (-1, 1):
        tail = [at, (at[0] + side * size * 0.42, at[1] + size * 1.75), (at[0] + side * size * 0.68, at[1] + size * 1.5),
                (at[0] + side * size * 0.9, at[1] + size * 1.68)]  # fmt: skip
        sheet.polygon(tail, darker(tone, 0.12))
    for side in (-78, 78):
        sheet.petal(at, side, (size * 1.5, size * 0.92), darker(tone, 0.1), tip=0.66)
        sheet.petal(at, side, (size * 1.44, size * 0.82), lighter(tone, 0.1), tip=0.66)
        sheet.petal(at, side, (size * 1.05, size * 0.4), darker(tone, 0.22), tip=0.66)
    sheet.disc(*at, size * 0.26, darker(tone, 0.06))


# --- Things ----------------------------------------------------------------------------------------------------------


def _hatbox(sheet: Sheet, top: float, half: float, height: float, *, tone: Colour, lid: bool) -> None:
    """A round box seen a little from above."""
    x = 600
    sheet.disc(x, top + height, half, darker(tone, 0.12), flat=0.16)
    sheet.polygon(
        [(x - half, top), (x + half, top), (x + half, top + height), (x - half, top + height)], lighter(tone, 0.1)
    )
    sheet.polygon([(x + half * 0.55, top), (x + half, top), (x + half, top + height), (x + half * 0.55, top + height + 20)],
                  darker(tone, 0.04))  # fmt: skip
    sheet.disc(x, top + height - 2, half - 1, lighter(tone, 0.1), flat=0.13)
    sheet.polygon([(x - half, top + height * 0.42), (x + half, top + height * 0.42), (x + half, top + height * 0.6),
                   (x - half, top + height * 0.6)], darker(tone, 0.2))  # fmt: skip
    _bow(sheet, (x, top + height * 0.51), 62, darker(tone, 0.26))
    if lid:
        sheet.disc(x, top + 46, half * 1.04, darker(tone, 0.16), flat=0.16)
        sheet.polygon([(x - half * 1.04, top - 30), (x + half * 1.04, top - 30), (x + half * 1.04, top + 46),
                       (x - half * 1.04, top + 46)], darker(tone, 0.08))  # fmt: skip
        sheet.disc(x, top - 30, half * 1.04, lighter(tone, 0.28), flat=0.16)


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
                place = _turned(root, angle, 0, length * band / 14)
                sheet.line([_turned(place, angle, -22, 8), place, _turned(place, angle, 22, 8)], 5, colour("#7d9f78"))
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
            stalk = curve(root, _turned(root, angle * 0.4, 0, length * 0.6), _turned(root, angle, 0, length))
            sheet.line(stalk, 11, darker(green, 0.2))
            _monstera_leaf(sheet, stalk[-1], angle, size, varied(darker(green, 0.05), nth, 0.12))


def _ivy_leaf(sheet: Sheet, at: Point, angle: float, size: float, tone: Colour) -> None:
    for side in (-70, 70, 0):
        sheet.petal(at, angle + side, (size * (1.1 if side == 0 else 0.8), size * 0.6), tone, tip=0.4)
    sheet.line([at, _turned(at, angle, 0, size * 0.8)], 2.5, lighter(tone, 0.35))


def _monstera_leaf(sheet: Sheet, at: Point, angle: float, size: float, tone: Colour) -> None:
    heart = _turned(at, angle + 180, 0, size * 0.22)
    for nth, side in enumerate((-118, -84, -52, -24, 24, 52, 84, 118)):
        reach = size * (1.1 - abs(side) / 320)
        sheet.petal(heart, angle + side, (reach, size * 0.36), varied(tone, nth, 0.05), tip=0.6)
    sheet.petal(heart, angle, (size * 1.25, size * 0.5), tone, tip=0.55)
    vein = lighter(tone, 0.28)
    sheet.line([heart, _turned(heart, angle, 0, size * 1.1)], 4, vein)
    for side in (-84, -52, -26, 26, 52, 84):
        sheet.line([heart, _turned(heart, angle + side, 0, size * 0.7)], 2.4, vein)


def _potflower(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, colour("cream"), half=170, height=250)
    root: Point = (600, 780)
    for nth in range(13):
        angle = -96 + nth * 16
        leaf(
            sheet,
            _turned(root, angle, 0, 70),
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
        _orchid_flower(sheet, (x, y + 45), 118 - nth * 4, tones[0], nth * 9 - 12)
    for nth, (x, y) in enumerate([(520, 470), (528, 545)]):
        _orchid_flower(sheet, (x + 40 * (nth % 2), y), 100, tones[0], nth * 15)


def _orchid_flower(sheet: Sheet, at: Point, r: float, tone: Colour, turn: float) -> None:
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


def _succulent(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, colour("terracotta"), top=830, half=200, height=230)
    at: Point = (600, 590)
    for ring, (reach, count) in enumerate([(300, 11), (255, 10), (205, 9), (155, 8), (105, 6), (62, 4)]):
        for nth in range(count):
            angle = nth * 360 / count + ring * 19
            tone = lighter(mix(tones[0], colour("#7fa08d"), 0.4), 0.05 * ring)
            sheet.petal(at, angle, (reach, reach * 0.58 + 14), darker(tone, 0.17), tip=0.66)
            sheet.petal(at, angle, (reach * 0.97, reach * 0.53 + 12), varied(tone, nth + ring, 0.05), tip=0.66)
            sheet.petal(_turned(at, angle, 0, reach * 0.86), angle, (reach * 0.11, reach * 0.1), colour("rose"))


def _pot_alone(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    _pot(sheet, tones[0], top=480, half=270, height=430)


def _ribbon(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(600, 900, 330, 36)
    tone = tones[0]
    sheet.line(curve((600, 730), (900, 980), (1010, 800)), 74, darker(tone, 0.14))
    sheet.line(curve((1010, 800), (1060, 700), (960, 650)), 74, lighter(tone, 0.1))
    sheet.disc(560, 600, 300, darker(tone, 0.16))
    for nth in range(8):
        sheet.disc(560, 600, 292 - nth * 24, lighter(tone, 0.05 + 0.06 * (nth % 2)))
        sheet.disc(560, 600, 272 - nth * 24, darker(tone, 0.05))
    sheet.disc(560, 600, 104, colour("cream"))
    sheet.disc(560, 600, 62, darker(colour("cream"), 0.2))


def _paper(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(600, 960, 400, 40)
    for nth, (dx, dy) in enumerate([(-70, 120), (0, 0), (70, -120)]):
        tone = varied(tones[0], nth + 1, 0.12)
        left, right, y = 240 + dx, 960 + dx, 640 + dy
        sheet.polygon([(left, y - 82), (right, y - 82), (right, y + 82), (left, y + 82)], tone)
        sheet.polygon([(left, y - 82), (right, y - 82), (right, y - 30), (left, y - 30)], lighter(tone, 0.25))
        sheet.polygon([(left, y + 40), (right, y + 40), (right, y + 82), (left, y + 82)], darker(tone, 0.1))
        sheet.pen.ellipse([(right - 34) * SCALE, (y - 82) * SCALE, (right + 34) * SCALE, (y + 82) * SCALE],
                          fill=lighter(tone, 0.35))  # fmt: skip
        sheet.pen.ellipse([(right - 16) * SCALE, (y - 42) * SCALE, (right + 16) * SCALE, (y + 42) * SCALE],
                          fill=darker(tone, 0.3))  # fmt: skip


def _box(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(610, 985, 370, 40)
    _hatbox(sheet, 430, 320, 500, tone=tones[0], lid=True)


def _giftbox(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(610, 960, 400, 40)
    tone, ribbon = tones[0], colour("sand")
    sheet.polygon([(250, 520), (950, 520), (950, 930), (250, 930)], tone)
    sheet.polygon([(600, 520), (950, 520), (950, 930), (600, 930)], darker(tone, 0.08))
    sheet.polygon([(225, 430), (975, 430), (975, 545), (225, 545)], lighter(tone, 0.1))
    sheet.polygon([(555, 430), (645, 430), (645, 930), (555, 930)], ribbon)
    _bow(sheet, (600, 430), 120, ribbon)


def _vase(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(610, 1040, 230, 34)
    for side, height in ((-9, 300), (7, 250)):
        sheet.line(curve((600, 950), (600 + side * 4, 600), (600 + side * 14, height)), 8, colour(STEM))
    rose(sheet, (474, 300), 100, [colour("blush")])
    rose(sheet, (698, 250), 112, [colour("cream"), colour("blush")], 30)
    leaf(sheet, (575, 560), -48, (180, 74), colour(LEAF))
    glass = Image.new("RGB", sheet.image.size, tones[0])
    mask = Image.new("L", sheet.image.size, 0)
    pen = ImageDraw.Draw(mask)
    pen.ellipse([390 * SCALE, 640 * SCALE, 810 * SCALE, 1050 * SCALE], fill=120)
    pen.polygon([(x * SCALE, y * SCALE) for x, y in [(545, 420), (655, 420), (690, 690), (510, 690)]], fill=120)
    sheet.image.paste(glass, (0, 0), mask)
    shine = lighter(tones[0], 0.7)
    sheet.line(curve((440, 830), (440, 720), (530, 665)), 15, shine)
    sheet.line([(545, 420), (655, 420)], 9, lighter(tones[0], 0.45))


def _postcard(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(620, 800, 350, 220, 0.2)
    at: Point = (600, 600)
    for tone, angle, width, height in (
        (darker(colour("kraft"), 0.02), -8, 660, 470),
        (lighter(tones[0], 0.6), 5, 640, 450),
    ):
        corners = [
            (-width / 2, -height / 2),
            (width / 2, -height / 2),
            (width / 2, height / 2),
            (-width / 2, height / 2),
        ]
        sheet.polygon([_turned(at, angle, across, along) for across, along in corners], tone)
    eucalyptus(sheet, (470, 760), 25, 330, colour("sage"))
    rose(sheet, (545, 640), 92, [colour("rose")])
    for nth in range(3):
        sheet.line([_turned((730, 560 + nth * 62), 5, -70, 0), _turned((730, 560 + nth * 62), 5, 120 - nth * 36, 0)], 6,
                   colour("stone"))  # fmt: skip


THINGS: dict[str, Callable[[Sheet, Sequence[str], Sequence[Colour]], None]] = {
    "potplant": _potplant, "potflower": _potflower, "potlavender": _potlavender, "orchid": _orchid,
    "succulent": _succulent, "pot": _pot_alone, "ribbon": _ribbon, "paper": _paper, "hatbox": _box,
    "giftbox": _giftbox, "vase": _vase, "postcard": _postcard,
}  # fmt: skip
