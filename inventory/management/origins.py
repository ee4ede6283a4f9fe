"""How commands print what a figure is made of."""

from collections.abc import Iterator

from core.templatetags.florist import quantity
from inventory.selectors.origins import Origin


def told(origin: Origin, *, depth: int = 0) -> Iterator[str]:
    """The tree as lines: indented by depth, quantity in base units, money at cost."""
    for level, part in origin.lines(depth):
        amount = "" if part.quantity is None else f"  {quantity(part.quantity)}"
        worth = "" if part.value is None else f"  = {part.value}"
        yield f"{'    ' * level}{part.name}{amount}{worth}"
