"""Barcodes as plain digits: which can be meant, the shop's own, and how an EAN-13 is drawn.

Every product has a code of the shop's own, made from its key: EAN-13 with a prefix for use inside a shop. By the GS1
General Specifications numbers beginning with 200–299 are restricted circulation numbers: no maker's goods ever carry one,
so a printed label can't be mistaken for something bought. The check digit is theirs too: the digits weigh 3 and 1 in turn
from the right, and the whole is filled up to a multiple of ten. Digits alone read the same in every keyboard layout.
"""

import re

OWN_PREFIX = "29"
_OWN_DIGITS = 10
_SIZES_WITH_CHECK = {8, 12, 13, 14}
_TYPED = re.compile(r"[0-9]{6,14}", re.ASCII)

# EAN-13 as bars, by the GS1 General Specifications: seven modules a digit. The first digit says which of two shapes each
# of the left six takes; the right six are the left ones inverted.
_LEFT = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")
_EDGE, _MIDDLE = "101", "01010"
MODULES = 95


def check_digit(digits: str) -> str:
    """The digit that ends a GTIN whose other digits are these."""
    weighed = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighed % 10)


def own_code(key: int) -> str:
    """The shop's own code of the product with this key, 13 digits."""
    digits = f"{OWN_PREFIX}{key:0{_OWN_DIGITS}d}"
    if len(digits) != len(OWN_PREFIX) + _OWN_DIGITS:
        raise ValueError(f"{key} does not fit into a barcode")
    return digits + check_digit(digits)


def key_of_own_code(code: str) -> int | None:
    """The key of the product whose own code this is; None for any other text."""
    if not (len(code) == 13 and _TYPED.fullmatch(code) and code.startswith(OWN_PREFIX)):
        return None
    return int(code[len(OWN_PREFIX) : -1]) if check_digit(code[:-1]) == code[-1] else None


def is_barcode(text: str) -> bool:
    """Whether the text looks like what a scanner reads: 6 to 14 digits."""
    return _TYPED.fullmatch(text) is not None


def normal(text: str) -> str:
    """The code as it is kept: of twelve digits (UPC-A) the thirteen that other scanners read. Blanks and dashes go.

    Raises ValueError: not 6 to 14 digits, or a wrong check digit (of 8, 12, 13 and 14 digits the last one checks).
    """
    digits = re.sub(r"[\s\u00a0-]", "", text)
    if not _TYPED.fullmatch(digits):
        raise ValueError("digits")
    if len(digits) in _SIZES_WITH_CHECK and check_digit(digits[:-1]) != digits[-1]:
        raise ValueError("check")
    return f"0{digits}" if len(digits) == 12 else digits


def bars(code: str) -> list[tuple[int, int]]:
    """The black bars of an EAN-13 as (first module, width), of MODULES modules."""
    if len(code) != 13 or not code.isascii() or not code.isdigit():
        raise ValueError(f"{code!r} has not 13 digits")
    left = "".join(
        _LEFT[int(digit)] if shape == "L" else _inverted(_LEFT[int(digit)])[::-1]
        for digit, shape in zip(code[1:7], _PARITY[int(code[0])], strict=True)
    )
    right = "".join(_inverted(_LEFT[int(digit)]) for digit in code[7:])
    pattern = _EDGE + left + _MIDDLE + right + _EDGE
    return [(found.start(), len(found[0])) for found in re.finditer("1+", pattern)]


def _inverted(modules: str) -> str:
    return modules.translate(str.maketrans("01", "10"))
