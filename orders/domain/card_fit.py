"""How large the words of a card can be, so that they stay on one side of A6."""

import unicodedata

# Type sizes in points, largest first, for a block of 85 × 127 mm set at 1.35.
SIZES = (22, 18, 14, 11, 8)
WIDTH_MM, HEIGHT_MM, LEADING = 85, 127, 1.35
MM_PER_POINT = 0.3528


def fit_card(text: str) -> tuple[int, str]:
    """The largest size in points at which `text` fits, and the text to set.

    A text of more short lines than the card is high is set as running text: its words matter more than its breaks.
    """
    for size in SIZES:
        if _height(text, size) <= HEIGHT_MM:
            return size, text
    running = " ".join(text.split())
    for size in SIZES:
        if _height(running, size) <= HEIGHT_MM:
            return size, running
    return SIZES[-1], running


def _height(text: str, size: int) -> float:
    """Millimetres that `text` takes when its words are set one after the other, generously measured."""
    em = size * MM_PER_POINT
    rows = sum(_rows(line, WIDTH_MM / em) for line in text.split("\n"))
    return rows * em * LEADING


def _rows(line: str, room: float) -> int:
    """Rows of a paragraph in a block `room` em wide; a word longer than a row is broken."""
    rows, filled = 1, 0.0
    for word in line.split(" "):
        width = sum(_width(character) for character in word)
        if filled and filled + width > room:
            rows, filled = rows + 1, 0.0
        while width > room:
            rows, width = rows + 1, width - (room - 1.4)  # a row may end short by a wide character
        filled += width + 0.35
    return rows


def _width(character: str) -> float:
    """About how wide a character is, in em, in a serif face that runs wide."""
    if unicodedata.category(character) in {"So", "Sk"} or unicodedata.east_asian_width(character) in {"W", "F"}:
        return 1.4
    return 1.15 if character.isupper() or character in "жшщюыфмЖШЩЮЫФМmw@%—" else 0.68
