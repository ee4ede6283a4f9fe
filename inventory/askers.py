"""Who asked for goods, as people call it. The inventory knows demands; whoever makes them says their names.

`orders` registers itself when it starts; a demand nobody knows is called by its key.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Asker:
    """What stands behind a demand: its name and the address of its page, empty where it has none."""

    name: str
    url: str = ""


_source: list[Callable[[list[int]], Mapping[int, Asker]]] = []


def provide(source: Callable[[list[int]], Mapping[int, Asker]]) -> None:
    """Register who names demands by their keys; the last one counts."""
    _source[:] = [source]


def askers(demands: Iterable[int]) -> dict[int, Asker]:
    """Demand → who asked; every key has an answer."""
    keys = sorted(set(demands))
    known = _source[0](keys) if _source and keys else {}
    return {key: known.get(key) or Asker(_("Demand %(number)s") % {"number": key}) for key in keys}
