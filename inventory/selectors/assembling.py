"""Bouquets for the shelf: what they would be made of, and what became of them. Nothing is written here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.quantities import round_value
from inventory.domain.fifo import Batch, plan_issue
from inventory.models import Assembly, AssemblyPart, IssueOrder, SaleAllocation, Stock, StockBatch, Warehouse
from products.models import Product
from products.recipes import Component, summed


@dataclass(frozen=True)
class FromBatch:
    """How many base units come from one batch."""

    batch: StockBatch
    quantity: Decimal


@dataclass(frozen=True)
class PartPlan:
    """What all bouquets together take of one product, base units, and where it lies. `missing` is what lacks: not there,
    or promised."""

    product: Product
    quantity: Decimal
    missing: Decimal
    taken: Sequence[FromBatch]


@dataclass(frozen=True)
class AssemblyPlan:
    """What assembling would take now, by the rule of an issue. `costs` is what each bouquet's stems are worth, 4
    decimals, `work` the share of one bouquet in the work."""

    parts: Sequence[PartPlan]
    costs: Sequence[Decimal]
    work: Decimal

    @property
    def is_possible(self) -> bool:
        return bool(self.parts) and not any(part.missing for part in self.parts)

    @property
    def cheapest(self) -> Decimal:
        """What the cheapest of the bouquets would be worth with its work."""
        return min(self.costs, default=Decimal(0)) + self.work

    @property
    def dearest(self) -> Decimal:
        return max(self.costs, default=Decimal(0)) + self.work

    @property
    def total(self) -> Decimal:
        """What all of them would be worth with their work."""
        return sum(self.costs, Decimal(0)) + self.work * len(self.costs)


def plan_assembly(
    parts: Iterable[Component], *, quantity: int, warehouse: Warehouse, work_cost: Decimal = Decimal(0)
) -> AssemblyPlan:
    """What `quantity` bouquets of these parts would take in a warehouse and what each would be worth: two statements."""
    for_one = {part.product: part.quantity for part in summed(parts)}
    keys = [product.pk for product in for_one]
    stocks = {row.product_id: row for row in Stock.objects.filter(product__in=keys, warehouse=warehouse)}
    lying: dict[int, list[StockBatch]] = {}
    for batch in StockBatch.objects.filter(stock__in=stocks.values(), is_open=True).select_related("stock"):
        lying.setdefault(batch.stock.product_id, []).append(batch)
    plans, costs = [], [Decimal(0)] * quantity
    for product, amount in for_one.items():
        batches = {batch.pk: batch for batch in lying.get(product.pk, ())}
        plan = plan_issue(
            [
                Batch(row.received_at.timestamp(), row.pk, row.remaining, row.remaining_value, row.expires_on)
                for row in batches.values()
            ],
            [amount] * quantity,
            wilting_first=warehouse.issue_order == IssueOrder.FEFO,
        )
        taken: dict[int, Decimal] = {}
        for take in plan.takes:
            costs[take.line] += take.cost
            taken[take.batch] = taken.get(take.batch, Decimal(0)) + take.quantity
        free = stocks[product.pk].free if product.pk in stocks else Decimal(0)
        asked = amount * quantity
        plans.append(
            PartPlan(
                product, asked, max(asked - free, Decimal(0)),
                [FromBatch(batches[key], units) for key, units in taken.items()],
            )
        )  # fmt: skip
    return AssemblyPlan(plans, costs, round_value(work_cost / quantity))


@dataclass(frozen=True)
class Stem:
    """What of one product is in one bouquet, base units, and the batches it came from."""

    product: Product
    quantity: Decimal
    taken: Sequence[FromBatch]


def stems_of(bouquet: StockBatch) -> list[Stem]:
    """What is in a bouquet that was assembled here: two statements."""
    parts = list(bouquet.parts.select_related("product").order_by("pk"))
    taken = _taken_for(parts)
    return [Stem(part.product, part.quantity, taken.get(part.pk, ())) for part in parts]


@dataclass(frozen=True)
class RepairPlan:
    """What repairing a bouquet would take now besides its own stems, and what of those would go back, base units."""

    extra: AssemblyPlan
    back: Sequence[tuple[Product, Decimal]]

    @property
    def is_possible(self) -> bool:
        return not any(part.missing for part in self.extra.parts)


def plan_repair(
    stems: Sequence[Stem], spoiled: Mapping[int, Decimal], parts: Iterable[Component], *, warehouse: Warehouse
) -> RepairPlan:
    """What it takes to make a bouquet of `stems`, of which `spoiled` (product key → base units) are no good, anew out of
    `parts`: two statements."""
    lacking: dict[Product, Decimal] = {}
    for part in parts:
        lacking[part.product] = lacking.get(part.product, Decimal(0)) + part.quantity
    for stem in stems:
        good = stem.quantity - spoiled.get(stem.product.pk, Decimal(0))
        lacking[stem.product] = lacking.get(stem.product, Decimal(0)) - good
    extra = plan_assembly(
        [Component(product, amount) for product, amount in lacking.items() if amount > 0],
        quantity=1, warehouse=warehouse,
    )  # fmt: skip
    return RepairPlan(extra, [(product, -amount) for product, amount in lacking.items() if amount < 0])


def _taken_for(parts: Sequence[AssemblyPart]) -> dict[int, list[FromBatch]]:
    rows = SaleAllocation.objects.filter(assembly_part__in=parts).select_related("batch").order_by("pk")
    found: dict[int, list[FromBatch]] = {}
    for row in rows:
        if row.assembly_part_id is not None:
            found.setdefault(row.assembly_part_id, []).append(FromBatch(row.batch, row.quantity))
    return found


# What took a bouquet from the shelf, by the field of the allocation that names it.
BECAME = {
    "sale": _("sold"), "write_off": _("written off"), "supplier_return": _("sent back"),
    "transfer_line": _("carried to another warehouse"), "count_line": _("missing at a count"),
    "assembly_part": _("used in a bouquet"), "disassembly": _("taken apart"), "regrade": _("became another product"),
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One bouquet of an assembly, and what became of it in words; empty while it stands on the shelf."""

    batch: StockBatch
    became: Any


@dataclass
class Used:
    """What of one product went into all bouquets of an assembly, base units, by batch."""

    product: Product
    quantity: Decimal = Decimal(0)
    taken: list[FromBatch] = field(default_factory=list)


def made_by(assembly: Assembly) -> list[Made]:
    """The bouquets of an assembly: two statements."""
    batches = list(assembly.batches.order_by("pk"))
    gone: dict[int, Any] = {}
    for row in SaleAllocation.objects.filter(batch__in=batches, returned__lt=F("quantity")).order_by("pk"):
        gone[row.batch_id] = next(words for name, words in BECAME.items() if getattr(row, f"{name}_id") is not None)
    return [Made(batch, "" if batch.is_open else gone.get(batch.pk, "")) for batch in batches]


def used_by(assembly: Assembly) -> list[Used]:
    """What an assembly took, product by product: two statements."""
    parts = list(assembly.parts.select_related("product").order_by("pk"))
    taken, used = _taken_for(parts), dict[int, Used]()
    for part in parts:
        row = used.setdefault(part.product_id, Used(part.product))
        row.quantity += part.quantity
        row.taken += taken.get(part.pk, ())
    for row in used.values():
        by_batch: dict[StockBatch, Decimal] = {}
        for piece in row.taken:
            by_batch[piece.batch] = by_batch.get(piece.batch, Decimal(0)) + piece.quantity
        row.taken = [FromBatch(batch, quantity) for batch, quantity in by_batch.items()]
    return list(used.values())


def recipe_of(assembly: Assembly) -> list[Component]:
    """What went into one bouquet of an assembly, to make the same again."""
    first = assembly.batches.order_by("pk").first()
    parts = first.parts.select_related("product").order_by("pk") if first else ()
    return [Component(part.product, part.quantity) for part in parts]


def bouquets_among(batches: Iterable[StockBatch]) -> set[int]:
    """Keys of the batches that are bouquets assembled here, carried on or marked down since or not: a statement for each
    step that one of them went on."""
    batches = list(batches)
    found = {batch.pk for batch in batches if batch.assembly_id is not None}
    behind = {batch.pk: batch.origin_id for batch in batches if batch.origin_id is not None}
    while behind:
        origins = StockBatch.objects.in_bulk(set(behind.values()))
        found |= {key for key, origin in behind.items() if origins[origin].assembly_id is not None}
        further = {key: origins[origin].origin_id for key, origin in behind.items()}
        behind = {key: origin for key, origin in further.items() if origin is not None}
    return found
