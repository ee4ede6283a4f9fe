"""Which of several interchangeable products a bouquet takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Need:
    """`each` base units for one bouquet, of one of `choices` (products' keys, the first is wanted most)."""

    choices: Sequence[int]
    each: Decimal


def spread(needs: Sequence[Need], times: int, free: Mapping[int, Decimal]) -> list[dict[int, Decimal]]:
    """For each need, product → base units for `times` bouquets, out of what is `free`.

    A bouquet is never mixed: each takes the first of its choices that is left for a whole one; where none is, the first
    choice, which then lacks. Needs without a choice come first, so that a choice takes nothing another line can't do
    without.
    """
    left = dict(free)
    found: list[dict[int, Decimal]] = [{} for _need in needs]

    def take(place: int, key: int, bouquets: int) -> None:
        amount = needs[place].each * bouquets
        left[key] = left.get(key, Decimal(0)) - amount
        found[place][key] = found[place].get(key, Decimal(0)) + amount

    for place in sorted(range(len(needs)), key=lambda place: len(needs[place].choices) > 1):
        need, missing = needs[place], times
        for key in need.choices if len(need.choices) > 1 else ():
            bouquets = min(missing, int(max(left.get(key, Decimal(0)), Decimal(0)) // need.each))
            if bouquets:
                take(place, key, bouquets)
                missing -= bouquets
        if missing:
            take(place, need.choices[0], missing)
    return found


def makeable(needs: Sequence[Need], free: Mapping[int, Decimal]) -> int:
    """How many bouquets what is free makes, each need looked at for itself."""
    return min(
        (sum(int(max(free.get(key, Decimal(0)), Decimal(0)) // need.each) for key in need.choices) for need in needs),
        default=0,
    )
