"""Two people changed the same thing: what of it goes together by itself, and what somebody has to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Merge:
    """`values` hold both changes; where both changed the same field differently, which `clashes` names, mine stands.

    `taken` names the fields that only the other one changed.
    """

    values: dict[str, Any]
    clashes: list[str]
    taken: list[str]


def merge(base: Mapping[str, Any] | None, mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merge:
    """Put together what two people made of `base`, field by field in the order of `mine`.

    Without a base nobody can tell who changed a field: whatever differs is a clash. A field that `theirs` does not know
    stays mine.
    """
    values, clashes, taken = dict(mine), [], []
    for name, wanted in mine.items():
        stored = theirs.get(name, wanted)
        if wanted == stored:
            continue
        if base is not None and name in base and base[name] == wanted:
            values[name] = stored
            taken.append(name)
        elif base is None or name not in base or base[name] != stored:
            clashes.append(name)
    return Merge(values, clashes, taken)
