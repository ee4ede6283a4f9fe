"""A tree as a mapping: key → the key of its parent, None at the top."""

from collections.abc import Mapping

LEVELS_AT_MOST = 3

Parents = Mapping[int, int | None]


def depth(parents: Parents, key: int) -> int:
    """On which level it stands, from 1."""
    level, above = 1, parents[key]
    while above is not None:
        level, above = level + 1, parents[above]
    return level


def subtree(parents: Parents, key: int) -> set[int]:
    """It and everything under it."""
    found, level = {key}, {key}
    while level := {child for child, parent in parents.items() if parent in level} - found:
        found |= level
    return found


def height(parents: Parents, key: int) -> int:
    """How many levels it and what is under it take."""
    return max(depth(parents, item) for item in subtree(parents, key)) - depth(parents, key) + 1
