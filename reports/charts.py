"""Where the parts of a chart stand. Plain numbers for the templates: x and widths in per cent, heights in pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

CENT = Decimal("0.01")
TENTH = Decimal("0.1")
GAP = 2  # between the parts of one bar


@dataclass(frozen=True)
class Part:
    """One coloured piece of a bar; `kind` is its class in the stylesheet."""

    kind: str
    y: Decimal
    height: Decimal


@dataclass(frozen=True)
class Bar:
    """A bar of one or several parts with its label below and its figure above."""

    x: Decimal
    width: Decimal
    middle: Decimal
    top: Decimal
    parts: list[Part]


def bars(
    columns: Sequence[Sequence[tuple[str, Decimal | int]]], *, bottom: int, height: int, left: int = 0,
    most: Decimal | int | None = None,
) -> list[Bar]:  # fmt: skip
    """A bar per column out of (kind, value) parts piled on `bottom`; the largest column, or `most`, is `height` high.

    `left` per cent are kept free for the scale.
    """
    totals = [sum((Decimal(value) for _kind, value in column), Decimal(0)) for column in columns]
    scale = Decimal(most) if most else max([*totals, Decimal(1)])
    step = Decimal(100 - left) / max(len(columns), 1)
    width = min(step * Decimal("0.64"), Decimal(10))
    made = []
    for number, column in enumerate(columns):
        middle = left + step * (number + Decimal("0.5"))
        y, parts = Decimal(bottom), []
        for kind, value in column:
            if not value:
                continue
            part = Decimal(value) * height / scale
            y -= part
            # A gap shows where one part ends; a sliver keeps what there is visible.
            parts.append(
                Part(kind, y.quantize(TENTH), max(part - (GAP if len(column) > 1 else 0), Decimal(1)).quantize(TENTH))
            )
        made.append(
            Bar(
                (middle - width / 2).quantize(CENT), width.quantize(CENT), middle.quantize(CENT),
                (y - 6).quantize(TENTH), parts,
            )
        )  # fmt: skip
    return made


def round_up(value: Decimal) -> Decimal:
    """A round number from `value` up, for the top of a scale: 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return Decimal(1)
    power = Decimal(10) ** (len(str(int(value.to_integral_value(ROUND_CEILING)))) - 1)
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)
