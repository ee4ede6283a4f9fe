"""Who gets free goods: the earliest needed first. Who gives way when reserved goods are gone: the latest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Want:
    """An open demand: what it asks and what an active reservation already holds for it, base units."""

    demand: int
    stock: int
    needed_on: date
    quantity: Decimal
    held: Decimal


@dataclass(frozen=True)
class Hold:
    """What a demand's active reservation is to hold from now on, and how much of it is new."""

    demand: int
    stock: int
    quantity: Decimal
    more: Decimal


def plan_holds(wants: Iterable[Want], free: dict[int, Decimal]) -> list[Hold]:
    """Give each demand what it lacks as far as `free` (by stock) reaches, earliest `needed_on` first, then the oldest.

    Demands that get nothing new are left out.
    """
    left = dict(free)
    holds: list[Hold] = []
    for want in sorted(wants, key=lambda want: (want.needed_on, want.demand)):
        more = min(want.quantity - want.held, left.get(want.stock, ZERO))
        if more > ZERO:
            left[want.stock] -= more
            holds.append(Hold(want.demand, want.stock, want.held + more, more))
    return holds


@dataclass(frozen=True)
class Held:
    """An active reservation."""

    reservation: int
    demand: int
    needed_on: date
    quantity: Decimal


@dataclass(frozen=True)
class GiveWay:
    """A reservation that loses `less` and keeps `quantity`; with nothing left it ends."""

    reservation: int
    demand: int
    quantity: Decimal
    less: Decimal


def plan_giving_way(held: Sequence[Held], needed: Decimal) -> list[GiveWay]:
    """Free `needed` by taking from the reservations that are needed latest; may free less when they hold less."""
    ways: list[GiveWay] = []
    for item in sorted(held, key=lambda item: (item.needed_on, item.demand), reverse=True):
        if needed <= ZERO:
            break
        less = min(item.quantity, needed)
        ways.append(GiveWay(item.reservation, item.demand, item.quantity - less, less))
        needed -= less
    return ways
