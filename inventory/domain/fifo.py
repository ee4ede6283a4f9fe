"""Which goods leave and at what cost, in plain Python: the oracle of the engine's SQL.

Goods leave the oldest open batch first, by (received_at, id); where a warehouse says so what wilts first, by (expires_on,
received_at, id), and goods without a day of wilting last. Cost goes with them in proportion to the batch's
remaining value, rounded half up to 4 decimals; what empties a batch takes all that is left of its value, so that
nothing is lost or made. Quantities are base units with 3 decimals, costs the shop's currency with 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

STEP = Decimal("0.0001")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Batch:
    """An open batch: its place in the queue, what is left of it and what that is worth."""

    received_at: float
    id: int
    remaining: Decimal
    value: Decimal
    expires_on: date | None = None


@dataclass(frozen=True)
class Take:
    """What one line takes from one batch."""

    line: int
    batch: int
    quantity: Decimal
    cost: Decimal


@dataclass(frozen=True)
class Plan:
    """The takes in order, the batches as they are left (all that were given, in queue order), and by line number what
    found no goods."""

    takes: tuple[Take, ...]
    batches: tuple[Batch, ...]
    uncovered: dict[int, Decimal]


def piece(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """The share of `value` that goes with `part` of `whole`; the whole takes everything."""
    if part == whole:
        return value
    return (value * part / whole).quantize(STEP, ROUND_HALF_UP)


def in_order(batches: Sequence[Batch], *, wilting_first: bool) -> list[Batch]:
    """The queue in which batches give."""
    if wilting_first:
        return sorted(batches, key=lambda batch: (batch.expires_on or date.max, batch.received_at, batch.id))
    return sorted(batches, key=lambda batch: (batch.received_at, batch.id))


def plan_issue(batches: Sequence[Batch], lines: Sequence[Decimal], *, wilting_first: bool = False) -> Plan:
    """Serve `lines` (quantities of one stock) one after the other from the first batch on."""
    queue = in_order(batches, wilting_first=wilting_first)
    takes: list[Take] = []
    uncovered: dict[int, Decimal] = {}
    for number, quantity in enumerate(lines):
        need = quantity
        for place, batch in enumerate(queue):
            if need == ZERO:
                break
            if batch.remaining == ZERO:
                continue
            take = min(need, batch.remaining)
            cost = piece(batch.value, take, batch.remaining)
            takes.append(Take(number, batch.id, take, cost))
            queue[place] = replace(batch, remaining=batch.remaining - take, value=batch.value - cost)
            need -= take
        if need:
            uncovered[number] = need
    return Plan(tuple(takes), tuple(queue), uncovered)


@dataclass(frozen=True)
class Taken:
    """An allocation as it is stored: how much was taken at what cost, and what came back of it."""

    id: int
    quantity: Decimal
    cost: Decimal
    returned: Decimal = ZERO
    returned_cost: Decimal = ZERO

    @property
    def outstanding(self) -> Decimal:
        return self.quantity - self.returned


@dataclass(frozen=True)
class Back:
    """How much of one allocation or shortage comes back."""

    id: int
    quantity: Decimal


def plan_return(
    quantity: Decimal, *, shortages: Sequence[tuple[int, Decimal]], allocations: Sequence[Taken]
) -> tuple[list[Back], list[Back]]:
    """Where `quantity` of a sale goes when it comes back: (off shortages, into batches).

    What was sold before it was entered shrinks first (there are no goods to put back), then the last taken goods
    return first. `shortages` are (id, still open). Raises ValueError when more comes back than is out.
    """
    off: list[Back] = []
    into: list[Back] = []
    need = quantity
    for key, still in reversed(shortages):
        part = min(need, still)
        if part > ZERO:
            off.append(Back(key, part))
            need -= part
    for taken in reversed(allocations):
        part = min(need, taken.outstanding)
        if part > ZERO:
            into.append(Back(taken.id, part))
            need -= part
    if need > ZERO:
        raise ValueError(need)
    return off, into


def returned_cost(taken: Taken, quantity: Decimal) -> Decimal:
    """What `quantity` of an allocation is worth when it comes back: its share of the cost still out."""
    return piece(taken.cost - taken.returned_cost, quantity, taken.outstanding)
