"""Tags as people write them: words parted by commas."""

import re
from collections.abc import Iterable


def parted(text: str) -> list[str]:
    """The tags in a text, trimmed, as they stand."""
    return [part for part in (part.strip() for part in re.split(r"[,;]", text)) if part]


def folded(name: str) -> str:
    """What two spellings of one tag have in common."""
    return name.casefold()


def each_once(names: Iterable[str]) -> list[str]:
    """The names in the order in which tags are shown; of two spellings of one tag the first."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(folded(name), name)
    return [found[key] for key in sorted(found)]
