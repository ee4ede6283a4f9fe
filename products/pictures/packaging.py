"""What flowers are wrapped in and given with."""

from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

from products.pictures.heads import rose
from products.pictures.leaves import eucalyptus, leaf
from products.pictures.sheet import LEAF, STEM, Colour, Point, Sheet, colour, curve, darker, lighter, turned, varied


def bow(sheet: Sheet, at: Point, size: float, tone: Colour) -> None:
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


def hatbox(sheet: Sheet, top: float, half: float, height: float, *, tone: Colour, lid: bool) -> None:
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
    bow(sheet, (x, top + height * 0.51), 62, darker(tone, 0.26))
    if lid:
        sheet.disc(x, top + 46, half * 1.04, darker(tone, 0.16), flat=0.16)
        sheet.polygon([(x - half * 1.04, top - 30), (x + half * 1.04, top - 30), (x + half * 1.04, top + 46),
                       (x - half * 1.04, top + 46)], darker(tone, 0.08))  # fmt: skip
        sheet.disc(x, top - 30, half * 1.04, lighter(tone, 0.28), flat=0.16)


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
        sheet.pen.ellipse([(right - 34) * sheet.scale, (y - 82) * sheet.scale, (right + 34) * sheet.scale, (y + 82) * sheet.scale],
                          fill=lighter(tone, 0.35))  # fmt: skip
        sheet.pen.ellipse([(right - 16) * sheet.scale, (y - 42) * sheet.scale, (right + 16) * sheet.scale, (y + 42) * sheet.scale],
                          fill=darker(tone, 0.3))  # fmt: skip


def _box(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(610, 985, 370, 40)
    hatbox(sheet, 430, 320, 500, tone=tones[0], lid=True)


def _giftbox(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    sheet.shadow(610, 960, 400, 40)
    tone, ribbon = tones[0], colour("sand")
    sheet.polygon([(250, 520), (950, 520), (950, 930), (250, 930)], tone)
    sheet.polygon([(600, 520), (950, 520), (950, 930), (600, 930)], darker(tone, 0.08))
    sheet.polygon([(225, 430), (975, 430), (975, 545), (225, 545)], lighter(tone, 0.1))
    sheet.polygon([(555, 430), (645, 430), (645, 930), (555, 930)], ribbon)
    bow(sheet, (600, 430), 120, ribbon)


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
    pen.ellipse([390 * sheet.scale, 640 * sheet.scale, 810 * sheet.scale, 1050 * sheet.scale], fill=120)
    pen.polygon(
        [(x * sheet.scale, y * sheet.scale) for x, y in [(545, 420), (655, 420), (690, 690), (510, 690)]], fill=120
    )
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
        sheet.polygon([turned(at, angle, across, along) for across, along in corners], tone)
    eucalyptus(sheet, (470, 760), 25, 330, colour("sage"))
    rose(sheet, (545, 640), 92, [colour("rose")])
    for nth in range(3):
        sheet.line([turned((730, 560 + nth * 62), 5, -70, 0), turned((730, 560 + nth * 62), 5, 120 - nth * 36, 0)], 6,
                   colour("stone"))  # fmt: skip


def _foam(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """Two bricks, one on the other."""
    sheet.shadow(610, 935, 380, 40)
    for x, y, tone in ((250, 660, darker(tones[0], 0.06)), (330, 420, tones[0])):
        front = [(x, y), (x + 500, y), (x + 500, y + 250), (x, y + 250)]
        sheet.polygon(front, tone)
        sheet.polygon([(x, y), (x + 110, y - 80), (x + 610, y - 80), (x + 500, y)], lighter(tone, 0.22))
        sheet.polygon([(x + 500, y), (x + 610, y - 80), (x + 610, y + 170), (x + 500, y + 250)], darker(tone, 0.18))
        for nth in range(46):
            spot = (x + 22 + nth * 97 % 456, y + 20 + nth * 61 % 210)
            sheet.disc(*spot, 4, darker(tone, 0.12))


def _basket(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """Woven, with a high handle."""
    sheet.shadow(610, 985, 340, 40)
    tone = tones[0]
    handle = curve((320, 640), (600, -90), (880, 640))
    sheet.line(handle, 46, darker(tone, 0.2))
    sheet.line(handle, 30, lighter(tone, 0.06))
    sheet.disc(600, 960, 232, darker(tone, 0.2), flat=0.14)
    sheet.polygon([(290, 620), (910, 620), (832, 962), (368, 962)], darker(tone, 0.2))
    for row in range(6):
        y, half = 650 + row * 54, 304 - row * 12.5
        for nth in range(12):
            x = 600 - half + (nth + 0.5) * half / 6
            sheet.disc(
                x,
                y + (9 if (nth + row) % 2 else -3),
                half / 11,
                varied(lighter(tone, 0.1), nth * 3 + row, 0.12),
                flat=0.86,
            )
    sheet.disc(600, 620, 322, darker(tone, 0.1), flat=0.13)
    sheet.disc(600, 613, 286, darker(tone, 0.4), flat=0.1)
    bow(sheet, (862, 560), 74, colour("blush"))


def _chocolates(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """An open box, seen from above."""
    sheet.shadow(625, 650, 400, 330, 0.24)
    sheet.polygon([(240, 300), (960, 300), (960, 920), (240, 920)], colour("cream"))
    sheet.polygon([(268, 328), (932, 328), (932, 892), (268, 892)], darker(colour("sand"), 0.12))
    for nth in range(12):
        x, y = 352 + nth % 4 * 165, 424 + nth // 4 * 186
        tone = varied((tones[0], lighter(tones[0], 0.25), colour("cream"))[nth * 5 % 3], nth, 0.06)
        for edge in range(16):
            sheet.disc(*turned((x, y), edge * 22.5, 0, 66), 12, colour("#5b3a2e"))
        sheet.disc(x, y, 66, colour("#5b3a2e"))
        sheet.disc(x, y, 56, darker(tone, 0.16))
        sheet.disc(x - 4, y - 5, 49, tone)
        if nth % 2:
            sheet.line([(x - 32, y + 14), (x - 10, y - 18), (x + 8, y + 12), (x + 30, y - 16)], 7, lighter(tone, 0.4))
        else:
            sheet.disc(x - 4, y - 5, 15, colour("raspberry"))


def _toy(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """A bear that sits."""
    sheet.shadow(605, 1040, 340, 38)
    tone = tones[0]
    pale, deep = lighter(tone, 0.42), darker(tone, 0.12)
    for side in (-1, 1):
        sheet.petal((600 + side * 150, 650), 180 - side * 38, (320, 150), deep, tip=0.6)
    sheet.disc(600, 790, 240, tone, flat=1.02)
    sheet.disc(600, 810, 150, pale, flat=1.05)
    for side in (-1, 1):
        sheet.disc(600 + side * 210, 960, 112, deep, flat=0.86)
        sheet.disc(600 + side * 222, 962, 66, pale, flat=0.86)
        sheet.disc(600 + side * 180, 270, 88, deep)
        sheet.disc(600 + side * 180, 276, 50, pale)
    sheet.disc(600, 430, 232, tone, flat=0.92)
    sheet.disc(600, 500, 112, pale, flat=0.8)
    sheet.disc(600, 458, 36, colour("cocoa"), flat=0.72)
    sheet.line(curve((548, 520), (600, 566), (652, 520)), 9, colour("cocoa"))
    sheet.line([(600, 480), (600, 540)], 8, colour("cocoa"))
    for side in (-1, 1):
        sheet.disc(600 + side * 92, 400, 22, colour("#3a2a26"))
        sheet.disc(600 + side * 92 - 7, 392, 7, (255, 250, 243))
    bow(sheet, (600, 650), 92, colour("raspberry"))


def _van(sheet: Sheet, names: Sequence[str], tones: Sequence[Colour]) -> None:
    """What brings flowers to the door."""
    sheet.shadow(600, 890, 430, 34)
    tone = tones[0]
    sheet.polygon([(170, 380), (760, 380), (760, 850), (170, 850)], tone)
    sheet.polygon([(760, 500), (900, 500), (1010, 650), (1030, 680), (1030, 850), (760, 850)], darker(tone, 0.08))
    sheet.polygon([(800, 540), (885, 540), (968, 655), (800, 655)], colour("glass"))
    sheet.polygon([(170, 780), (1030, 780), (1030, 850), (170, 850)], darker(tone, 0.2))
    sheet.disc(1010, 742, 24, colour("yellow"))
    rose(sheet, (455, 585), 132, [colour("rose")])
    for side in (-62, 62):
        leaf(sheet, (455, 690), 180 - side, (150, 70), colour(LEAF))
    for x in (350, 850):
        sheet.disc(x, 858, 92, colour("#4a4340"))
        sheet.disc(x, 858, 46, colour("stone"))


PACKAGING: dict[str, Callable[[Sheet, Sequence[str], Sequence[Colour]], None]] = {
    "ribbon": _ribbon, "paper": _paper, "hatbox": _box, "giftbox": _giftbox, "vase": _vase, "postcard": _postcard,
    "foam": _foam, "basket": _basket, "chocolates": _chocolates, "toy": _toy, "van": _van,
}  # fmt: skip
