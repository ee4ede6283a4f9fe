"""What every drawing is made of: the palette, colours, and a sheet to draw on.

Coordinates are in pixels of a picture of SIDE × SIDE, angles in degrees, 0 up and clockwise. Everything is drawn SCALE
times larger than the picture will be and brought down at the end.
"""

import colorsys
import math
from collections.abc import Sequence

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

    def __init__(self, tone: Colour, *, side: int = SIDE) -> None:
        self.side, self.scale = side, SCALE * side / SIDE
        ground = mix(mix(tone, (238, 231, 222), 0.76), (251, 248, 243), 0.4)
        self.image = _ground(ground, side * SCALE)
        self.pen = ImageDraw.Draw(self.image)

    def finished(self) -> Image.Image:
        """The picture in its final size."""
        return self.image.resize((self.side, self.side), Image.Resampling.LANCZOS)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self.pen.polygon([(x * self.scale, y * self.scale) for x, y in points], fill=fill)

    def disc(self, x: float, y: float, radius: float, fill: Colour, *, flat: float = 1) -> None:
        box = [
            (x - radius) * self.scale,
            (y - radius * flat) * self.scale,
            (x + radius) * self.scale,
            (y + radius * flat) * self.scale,
        ]
        self.pen.ellipse(box, fill=fill)

    def line(self, points: Sequence[Point], width: float, fill: Colour) -> None:
        """A line with round ends."""
        scaled = [(x * self.scale, y * self.scale) for x, y in points]
        self.pen.line(scaled, fill=fill, width=max(1, round(width * self.scale)), joint="curve")
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
    return [turned(at, angle, across, along) for across, along in outline]


def turned(at: Point, angle: float, across: float, along: float) -> Point:
    """A point `along` the direction of `angle` and `across` it, seen from `at`."""
    turn = math.radians(angle)
    sine, cosine = math.sin(turn), math.cos(turn)
    return at[0] + along * sine + across * cosine, at[1] - along * cosine + across * sine


def _ground(tone: Colour, side: int) -> Image.Image:
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
    return image.resize((side, side), Image.Resampling.BICUBIC)


def curve(start: Point, bend: Point, end: Point, steps: int = 24) -> list[Point]:
    """Points of a curve from `start` to `end` drawn towards `bend`."""
    found = []
    for step in range(steps + 1):
        t = step / steps
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        found.append((a * start[0] + b * bend[0] + c * end[0], a * start[1] + b * bend[1] + c * end[1]))
    return found
