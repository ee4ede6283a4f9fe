"""Pieces of a page that are drawn once and kept: the same values give the same piece, so nothing can be out of date.

A list shows the same rows to everybody who looks, again and again; drawing a row costs ten times what collecting its
words does. A piece sees its values and nothing else: no request, no person, no clock.
"""

from datetime import date
from functools import lru_cache
from typing import TypeAlias

from django.conf import settings
from django.template import Context, loader
from django.utils.safestring import SafeString
from django.utils.translation import get_language

Plain: TypeAlias = str | int | bool | date | tuple["Plain", ...] | None
# Some two kilobytes each, in every worker.
KEPT = 4096
_PLAIN = {str, int, bool, date, type(None)}


def piece(template: str, **values: Plain) -> SafeString:
    """`template` drawn in the reader's language from `values` alone. Every text is escaped, a safe string too.

    Raises TypeError for a value that is not plain: a model equals what it was before it changed, and would bring back a
    piece that is out of date.
    """
    key = tuple((name, _plain(value)) for name, value in values.items())
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn  # a template that is being written changes
    return draw(template, get_language(), key)


def _plain(value: Plain) -> Plain:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return tuple(_plain(part) for part in value)  # type: ignore[union-attr]  # it is one
    if kind is SafeString:
        return str.__str__(value)  # equal to the unsafe text, so it must be treated as that
    raise TypeError(f"A piece is drawn from words and numbers, not from {kind.__name__}.")


@lru_cache(maxsize=KEPT)
def _drawn(template: str, _language: str | None, values: tuple[tuple[str, Plain], ...]) -> SafeString:
    found = loader.get_template(template)
    return found.template.render(Context(dict(values)))  # type: ignore[attr-defined]  # of Django's engine
