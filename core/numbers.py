"""Numbers as people type them at a counter, read without guessing.

A comma or a dot marks the fraction, a space parts the thousands: `1,5`, `1 234,50` and `1234.5` are read. What could
mean two things is asked back, and nothing is ever rounded on the way in.
"""

import re
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput

MAX_CHARACTERS = 32
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"

# Spaces that word processors, spreadsheets and our own pages put between thousands.
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\u2007", " "))
_NUMBER = re.compile(r"([+-]?)([0-9]{1,3}(?: [0-9]{3})+|[0-9]+)(?:[.,]([0-9]+))?")
_THREE_AFTER_MARK = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")


def parse_decimal(text: str, *, places: int, minimum: Decimal | None = None, maximum: Decimal | None = None) -> Decimal:
    """Read `text` as an exact number with at most `places` decimals, between `minimum` and `maximum` inclusive.

    Trailing zeros of the fraction do not count as decimals; minus zero is zero. Raises BadInput with the sentence to
    show beside the field: not a number, ambiguous, too long, too exact, out of bounds.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadInput(_("This number is too long. Write at most %(limit)s characters.") % {"limit": MAX_CHARACTERS})
    plain = text.translate(_SPACES).strip(" ")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise BadInput(_("This is not a number. Write it in digits, for example 12 or 12,5."))
    if _THREE_AFTER_MARK.fullmatch(plain):
        raise BadInput(
            _("“%(text)s” can be read in two ways. Write %(whole)s if you mean thousands, or %(exact)s for a fraction.")
            % {"text": plain, "whole": re.sub(r"[.,]", "", plain), "exact": f"{plain}0"}
        )
    sign, whole, fraction = match.groups()
    fraction = (fraction or "").rstrip("0")
    if len(fraction) > places:
        raise BadInput(_too_exact(places))
    number = Decimal(f"{sign}{whole.replace(' ', '')}.{fraction.ljust(places, '0')}")
    if number.is_zero():
        number = number.copy_abs()
    if minimum is not None and number < minimum:
        if number <= 0 < minimum:
            raise BadInput(_("The number must be greater than zero."))
        raise BadInput(_("The number is too small: at least %(limit)s.") % {"limit": format_decimal(minimum)})
    if maximum is not None and number > maximum:
        raise BadInput(_("The number is too large: at most %(limit)s.") % {"limit": format_decimal(maximum)})
    return number


def _too_exact(places: int) -> str:
    if places == 0:
        return str(_("Write a whole number, without a fraction."))
    return str(_("Too many digits after the comma: at most %(places)s.") % {"places": places})


def decimal_mark() -> str:
    """What parts the fraction in the active language."""
    return "," if (get_language() or "ru").startswith("ru") else "."


def format_decimal(number: Decimal | int, *, places: int = 0, group: bool = True) -> str:
    """Write `number` in the active language with at least `places` decimals and no other trailing zeros.

    Thousands are parted by a no-break space in Russian and a comma in English, unless `group` is False.
    """
    exact = Decimal(number)
    if exact.is_zero():
        exact = exact.copy_abs()
    whole, _dot, fraction = f"{exact.copy_abs():f}".partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    if group:
        separator = NO_BREAK_SPACE if decimal_mark() == "," else ","
        whole = f"{int(whole):,}".replace(",", separator)
    sign = MINUS if exact < 0 else ""
    return f"{sign}{whole}{decimal_mark()}{fraction}" if fraction else f"{sign}{whole}"


def typed_decimal(number: Decimal | int, *, places: int = 0) -> str:
    """`number` as a person would type it into a field, so that `parse_decimal` reads the same number back."""
    written = format_decimal(number, places=places, group=False).replace(MINUS, "-")
    return f"{written}0" if _THREE_AFTER_MARK.fullmatch(written) else written
