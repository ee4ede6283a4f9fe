"""What a person may have meant by the text of a search: plain values, no Django.

A text is read as typed, as typed in the other keyboard layout, and transliterated between Russian and English.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

LATIN_KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,." + '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>'
CYRILLIC_KEYS = "ёйцукенгшщзхъфывапролджэячсмитьбю" + "ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ"
_TO_CYRILLIC = str.maketrans(LATIN_KEYS, CYRILLIC_KEYS)
_TO_LATIN = str.maketrans(CYRILLIC_KEYS, LATIN_KEYS)
_HAS_LATIN = re.compile(r"[a-z]", re.IGNORECASE)
_HAS_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)

# What folding drops or joins; core.search folds columns in the database by the same two strings.
FOLDED_LETTERS = "ёъь"
FOLDED_INTO = "е"
_FOLD = str.maketrans({"ё": "е", "ъ": "", "ь": ""})

_NUMBER = re.compile(r"[\d\s()+\-\u2010-\u2013\u00a0]+", re.ASCII)
DIGITS_OF_A_PHONE = 3
MOST_DIGITS = 15
SHORTEST = 2

_SOUNDS = dict(
    zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True),
    ё="yo", ж="zh", х="kh", ц="ts", ч="ch", ш="sh", щ="shch", ъ="", ь="", ю="yu", я="ya",
)  # fmt: skip
_LETTERS = {
    "shch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю", "ya": "я", "yo": "ё", "ye": "е",
    "ju": "ю", "ja": "я", "jo": "ё", "ck": "к", "ph": "ф", "x": "кс", "w": "в", "q": "к", "c": "к", "j": "дж", "h": "х",
    **dict(zip("abvgdeziklmnoprstufy", "абвгдезиклмнопрстуфы", strict=True)),
}  # fmt: skip
_LETTER_GROUPS = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)))
# Ends of names: Maria, Dmitry, Sergey.
_ENDS = [(re.compile(r"iy?a\b"), "ия"), (re.compile(r"(?<=[aeiou])y\b"), "й"), (re.compile(r"(?<=\w)y\b"), "ий")]


def fold(text: str) -> str:
    """The text without what people mix up: case, ё and е, hard and soft signs."""
    return text.casefold().translate(_FOLD)


def in_other_layout(text: str) -> str:
    """The text as the same keys give it in the other layout, ЙЦУКЕН or QWERTY; empty where there is nothing to tell
    the layout by, or the text is in both alphabets."""
    latin, cyrillic = bool(_HAS_LATIN.search(text)), bool(_HAS_CYRILLIC.search(text))
    if latin == cyrillic:
        return ""
    return text.translate(_TO_CYRILLIC if latin else _TO_LATIN)


def transliterated(text: str) -> str:
    """Russian written in Latin letters or the other way round; empty as in `in_other_layout`."""
    latin, cyrillic = bool(_HAS_LATIN.search(text)), bool(_HAS_CYRILLIC.search(text))
    if latin == cyrillic:
        return ""
    text = text.lower()
    if cyrillic:
        return "".join(_SOUNDS.get(letter, letter) for letter in text)
    for end, letters in _ENDS:
        text = end.sub(letters, text)
    return _LETTER_GROUPS.sub(lambda found: _LETTERS[found[0]], text)


@dataclass(frozen=True)
class Reading:
    """One way to understand the text: `text` for people, `words` folded, all of which have to be found."""

    text: str
    words: tuple[str, ...]

    def fits(self, text: str) -> bool:
        """Whether every word is somewhere in `text`."""
        folded = fold(text)
        return all(word in folded for word in self.words)


@dataclass(frozen=True)
class SearchQuery:
    """A search. `readings` begins with the text as typed; `digits` is set when the text is a number of some kind."""

    text: str
    readings: tuple[Reading, ...]
    digits: str = ""

    @property
    def is_too_short(self) -> bool:
        """Nothing sensible can be looked for: one letter. One digit may be the number of an order."""
        if not self.readings:
            return True
        return not self.digits and sum(map(len, self.readings[0].words)) < SHORTEST

    @property
    def phone_end(self) -> str:
        """The digits a telephone number has to end with; empty when they are too few or too many. A Russian number may
        begin with 8 where the stored one begins with +7."""
        if not DIGITS_OF_A_PHONE <= len(self.digits) <= MOST_DIGITS:
            return ""
        return self.digits[1:] if len(self.digits) == 11 and self.digits[0] == "8" else self.digits

    def reading_of(self, text: str) -> int:
        """The number of the first reading that fits `text`; 0 when none does."""
        return next((number for number, reading in enumerate(self.readings) if reading.fits(text)), 0)


def read_search(text: str) -> SearchQuery:
    """Understand a text that `clean_text` has tidied. An empty one has no readings."""
    plain = text.strip().lstrip("№#").strip()
    if not plain:
        return SearchQuery(text.strip(), ())
    digits = ""
    if _NUMBER.fullmatch(plain):
        digits = "".join(character for character in plain if character.isdecimal())
    readings: list[Reading] = []
    for meant in (plain, in_other_layout(plain), transliterated(plain)):
        words = tuple(fold(meant).split())
        if words and all(words != reading.words for reading in readings):
            readings.append(Reading(meant, words))
    return SearchQuery(text.strip(), tuple(readings), digits)


def number_ranges(digits: str, *, longest: int = 9) -> list[tuple[int, int]]:
    """The whole numbers of at most `longest` digits that begin with `digits`, as closed ranges, shortest first; so an
    index of numbers finds a prefix. None for digits with a leading zero or too many of them."""
    if not digits or digits[0] == "0":
        return []
    start = int(digits)
    return [(start * 10**more, (start + 1) * 10**more - 1) for more in range(longest - len(digits) + 1)]


# --- mistyped words --------------------------------------------------------------------------------------------------

SHORTEST_MISTYPED = 4  # of three letters every other word is like any
ALIKE_FROM = 0.4


def trigrams(word: str) -> frozenset[str]:
    """Its runs of three letters, with blanks around it so that beginnings weigh more: as PostgreSQL's pg_trgm does it."""
    padded = f"  {word} "
    return frozenset(padded[place : place + 3] for place in range(len(padded) - 2))


def closest_word(word: str, vocabulary: Iterable[str]) -> str | None:
    """The word of the vocabulary that `word` most likely stands for, both folded: the one that shares the greatest part of
    its trigrams, at least ALIKE_FROM; None when no word is alike, or it is too short to tell. Swapped and missing letters
    cost some of three trigrams each, so a word of five letters bears one mistake and one of nine about two."""
    if len(word) < SHORTEST_MISTYPED:
        return None
    own = trigrams(word)
    best, likeness = None, ALIKE_FROM
    for known in vocabulary:
        if abs(len(known) - len(word)) > 2:
            continue
        others = trigrams(known)
        alike = len(own & others) / len(own | others)
        if alike > likeness or (alike == likeness and best is not None and known < best):
            best, likeness = known, alike
    return best


def corrected(query: SearchQuery, vocabulary: Collection[str]) -> SearchQuery | None:
    """The query with its mistyped words as the vocabulary has them, in the first reading of which every word is known or
    like a known one; None when there is none, or nothing to correct."""
    for reading in query.readings:
        words = [
            word if any(word in known for known in vocabulary) else closest_word(word, vocabulary)
            for word in reading.words
        ]
        found = tuple(word for word in words if word is not None)
        if len(found) == len(reading.words) and found != reading.words:
            return SearchQuery(query.text, (Reading(" ".join(found), found),))
    return None
