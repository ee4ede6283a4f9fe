"""The keys of the program, in one table: the sheet that `?` opens is made of it, and shortcuts.js listens for the same.

Keys are physical ones, by their `event.code`, so that they work in every layout; people read both legends. A key that
leads somewhere is written as `data-keys` on the link or button that does it: what a page or a role does not have has no
key. No single key does anything outside the program.
"""

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.context import CREATE, FURTHER, SECTIONS, open_to
from core.search_text import CYRILLIC_KEYS, LATIN_KEYS

_SIGNS = {"Slash": "/", "BracketLeft": "[", "BracketRight": "]"}
_NAMES = {"Ctrl": "Ctrl", "Shift": "Shift", "Enter": "Enter", "Escape": "Esc"}
_SHIFTED = {"Shift+Slash": ("?", ",")}
_RUSSIAN_LEGEND = {latin: cyrillic.upper() for latin, cyrillic in zip(LATIN_KEYS, CYRILLIC_KEYS, strict=True)} | {
    "/": "."
}


class Shortcut(NamedTuple):
    """One row of the sheet. `keys`: strokes one after the other, each of keys pressed together: `KeyG KeyD`, `Ctrl+KeyK`."""

    keys: str
    does: Any


class Scope(NamedTuple):
    """Where the keys work."""

    title: Any
    shortcuts: list[Shortcut]


EVERYWHERE = [
    Shortcut("Ctrl+KeyK", _("search everywhere")),
    Shortcut("Slash", _("search everywhere")),
    Shortcut("Shift+Slash", _("this sheet")),
    Shortcut("Ctrl+KeyZ", _("undo the last action")),
    Shortcut("Ctrl+KeyZ", _("undo the last action")),
    Shortcut("Escape", _("close what is open, then clear the selection")),
]
LISTS = [
    Shortcut("KeyJ", _("next row")),
    Shortcut("KeyK", _("previous row")),
    Shortcut("Enter", _("open the row")),
    Shortcut("KeyX", _("select the row")),
    Shortcut("Shift+KeyX", _("select up to this row")),
    Shortcut("KeyF", _("filter the list")),
    Shortcut("KeyV", _("to the views")),
    Shortcut("1…9", _("view by its number")),
]
ORDERS = [
    Shortcut("BracketRight", _("on the board: next status; in an order: to the next step")),
    Shortcut("BracketLeft", _("on the board: status before")),
    Shortcut("KeyP", _("what to print")),
]
FORMS = [
    Shortcut("Ctrl+Enter", _("save")),
    Shortcut("Ctrl+KeyS", _("save")),
]


def scopes_for(user: Any) -> list[Scope]:
    """The sheet for `user`: keys to pages appear only where the role opens the page."""
    places = [
        Shortcut(section.keys, section.label)
        for section, _url in open_to(user, [*CREATE, *SECTIONS, *FURTHER])
        if section.keys
    ]
    return [
        Scope(pgettext_lazy("keys", "Everywhere"), EVERYWHERE),
        Scope(_("Go and create"), places),
        Scope(_("Lists"), LISTS),
        Scope(_("Orders"), ORDERS),
        Scope(_("Forms"), FORMS),
    ]


def legends(keys: str) -> list[str]:
    """How `keys` are written on a keyboard: in Latin letters and, where it differs, in Russian: `G D` and `П В`."""
    latin = " ".join(_legend(stroke, russian=False) for stroke in keys.split())
    russian = " ".join(_legend(stroke, russian=True) for stroke in keys.split())
    return list(dict.fromkeys([latin, russian]))


def _legend(stroke: str, *, russian: bool) -> str:
    if stroke in _SHIFTED:
        return _SHIFTED[stroke][russian]
    return "+".join(_key(code, russian=russian) for code in stroke.split("+"))


def _key(code: str, *, russian: bool) -> str:
    sign = _SIGNS.get(code) or (code[3:] if code.startswith("Key") else _NAMES.get(code, code))
    return _RUSSIAN_LEGEND.get(sign.lower(), sign) if russian and code not in _NAMES else sign
