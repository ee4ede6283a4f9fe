"""Text as people paste it, made safe to store, compare and print.

Markup and database syntax are plain text: they are stored as they are and escaped where they are shown.
"""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from core.errors import BadInput

_JOINER = "\u200d"
_BLANKS = re.compile(r"[^\S\n]+")
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\u0085\v\f]")
_ROOM_FOR_BLANKS = 4


def clean_text(text: str, *, max_length: int, multiline: bool = False) -> str:
    """Return `text` in Unicode form NFC, trimmed, its runs of blanks joined, without invisible and bidi controls.

    With `multiline` line breaks stay, at most one empty line in a row. Raises BadInput for NUL, other control
    characters and lone surrogates, and when more than `max_length` characters remain.
    """
    if len(text) > max_length * _ROOM_FOR_BLANKS:
        raise BadInput(_too_long(max_length, len(text)))
    text = _LINE_ENDS.sub("\n", text)
    if any(unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t" for character in text):
        raise BadInput(_("The text contains characters that can't be printed. Delete them or type the text anew."))
    visible = "".join(character for place, character in enumerate(text) if not _is_invisible(text, place))
    tidy = _BLANKS.sub(" ", unicodedata.normalize("NFC", visible))
    if multiline:
        tidy = re.sub(r" ?\n ?", "\n", tidy)
        tidy = re.sub(r"\n{3,}", "\n\n", tidy)
    else:
        tidy = re.sub(r"\s+", " ", tidy)
    tidy = tidy.strip()
    if len(tidy) > max_length:
        raise BadInput(_too_long(max_length, len(tidy)))
    return tidy


def _too_long(limit: int, length: int) -> str:
    return str(
        _("The text is too long: %(length)s characters, at most %(limit)s. Shorten it.")
        % {"length": length, "limit": limit}
    )


def _is_invisible(text: str, place: int) -> bool:
    character = text[place]
    if unicodedata.category(character) != "Cf":
        return False
    # The joiner holds composed emoji together; between letters it only hides differences.
    return not (character == _JOINER and _is_pictorial(text, place - 1) and _is_pictorial(text, place + 1))


def _is_pictorial(text: str, place: int) -> bool:
    return 0 <= place < len(text) and (text[place] == "\ufe0f" or unicodedata.category(text[place]) in {"So", "Sk"})
