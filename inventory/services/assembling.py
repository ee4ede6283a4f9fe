"""Bouquets made ahead for the shelf, and taken apart again.

Every bouquet is a batch of its own that is worth the very stems in it and a share of the work. Taken apart, the stems go
back into their own batches at their own cost, and nothing is gained by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.idempotency import once
from core.quantities import MAX_VALUE, round_value
from core.series import next_number
from core.templatetags.florist import quantity as shown
from inventory import engine
from inventory.models import (
    Assembly,
    AssemblyPart,
    Disassembly,
    MovementKind,
    SaleAllocation,
    SourceKind,
    StockBatch,
    Warehouse,
    WriteOffReason,
)
from inventory.services.places import hold_live_warehouses, refuse_deleted_products
from inventory.services.reservations import reserve_waiting
from inventory.services.stocks import checked_quantity, ensure_stocks, free_in, lock_stocks
from inventory.services.write_offs import write_off
from products.models import Kind, Product, ProductKit
from products.models.product import Unit
from products.recipes import Component, products_of, recipes_of, settled, summed
from products.services.catalogue import save_product
from products.services.kits import product_of_kit

MOST_AT_ONCE = 100


class TakingApartRefused(DomainError):
    """This is no bouquet that can be taken apart here."""

    code = "taking_apart_refused"


@dataclass(frozen=True)
class NewBouquet:
    """A bouquet there is one of: it becomes a product of its own."""

    name: str
    price: Decimal


def assemble(
    *,
    bouquet: ProductKit | Product | NewBouquet,
    warehouse: Warehouse,
    quantity: Decimal,
    parts: Sequence[Component] | None = None,
    work_cost: Decimal | None = None,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Assembly:
    """Make `quantity` equal bouquets for the shelf, now unless `at` is given; `parts` are base units for one bouquet, the
    recipe's without them, and what stands there twice is summed. `work_cost` is money for the work on all of them, 4 decimals;
    without it what the recipe says for each.

    A recipe's bouquets are one product, made when first needed. Parts must be there and promised to nobody. Raises
    InsufficientStock, BadInput.
    """
    at = at or timezone.now()

    def post() -> Assembly:
        kit = bouquet if isinstance(bouquet, ProductKit) else None
        product = _product(bouquet)
        chosen = _recipe(kit) if parts is None else parts
        check_bouquets(quantity, chosen, work_cost or Decimal(0))
        work = usual_work(bouquet, quantity) if work_cost is None else work_cost
        check_bouquets(quantity, chosen, work)
        return _assemble(product, warehouse, quantity, summed(chosen), work, kit=kit, by=by, comment=comment, at=at)

    what = [bouquet.name, bouquet.price] if isinstance(bouquet, NewBouquet) else [type(bouquet).__name__, bouquet.pk]
    given = None if parts is None else [[part.product.pk, part.quantity] for part in parts]
    payload = [what, warehouse.pk, quantity, given, work_cost]
    with transaction.atomic():
        return once(scope="assembly", key=key, payload=payload, do=post, model=Assembly)


def usual_work(bouquet: object, quantity: Decimal) -> Decimal:
    """What the work on so many bouquets costs by the recipe; nothing where there is none."""
    return bouquet.work_cost * quantity if isinstance(bouquet, ProductKit) else Decimal(0)


def take_apart(
    *,
    batch: StockBatch,
    spoiled: Mapping[int, Decimal] | None = None,
    reason: str = WriteOffReason.WILTED,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Disassembly:
    """Take one bouquet apart, now unless `at` is given: every stem back into its own batch at its own cost.

    `spoiled` is product key → base units that are no good any more: they come back and are written off at once for
    `reason`, promised or not. Orders that wait for the stems are served. Raises TakingApartRefused for what is no bouquet
    or stands in another warehouse than its stems came from, InsufficientStock for a promised one, InsufficientBatch for
    one that is gone, BadInput.
    """
    at = at or timezone.now()
    spoiled = {product: quantity for product, quantity in (spoiled or {}).items() if quantity}
    if reason not in WriteOffReason.values:
        raise BadInput(_("Choose one of the reasons for the write-off."), field="reason")
    payload = [batch.pk, sorted(spoiled.items()), reason]
    with transaction.atomic():
        return once(
            scope="disassembly", key=key, payload=payload, model=Disassembly,
            do=lambda: _take_apart(batch, spoiled, reason, by=by, comment=comment, at=at),
        )  # fmt: skip


def bouquet_as_made(batch: StockBatch) -> StockBatch:
    """The batch that was assembled, wherever it was carried or marked down since: it knows the stems.

    Raises TakingApartRefused for what is no bouquet or stands in another warehouse than its stems came from.
    """
    made = batch
    while made.assembly is None and made.origin is not None:
        made = made.origin
    if made.assembly is None:
        raise TakingApartRefused(
            _("%(product)s was not assembled here, so its parts are not known. Write it off, or sell it as it is.")
            % {"product": batch.stock.product}
        )
    if made.stock.warehouse_id != batch.stock.warehouse_id:
        raise TakingApartRefused(
            _("The stems of this bouquet are kept in %(warehouse)s. Carry it there first, then take it apart.")
            % {"warehouse": made.stock.warehouse}
        )
    return made


def undo_assembly(assembly: Assembly, *, by: Any = None) -> None:
    """Take all bouquets of an assembly apart, as if they had not been made: every stem is back in its own batch.

    Raises TakingApartRefused when one of them is gone, InsufficientStock when one is promised; then none is taken apart.
    """
    with transaction.atomic():
        batches = list(assembly.batches.order_by("pk"))
        if not all(batch.is_open for batch in batches):
            raise TakingApartRefused(
                _("Not all bouquets of %(assembly)s are on the shelf any more. Take apart those that are, one by one.")
                % {"assembly": assembly}
            )
        for batch in batches:
            take_apart(batch=batch, by=by)


def _assemble(
    product: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    parts: Sequence[Component],
    work_cost: Decimal,
    *,
    kit: ProductKit | None,
    by: Any,
    comment: str,
    at: datetime,
) -> Assembly:
    every = [product, *(choice for part in parts for choice in part.choices)]
    hold_live_warehouses([warehouse])
    refuse_deleted_products(every)
    stocks = ensure_stocks((item.pk, warehouse.pk) for item in every)
    lock_stocks(stocks.values())
    free = free_in(warehouse, products_of([parts])) if any(part.instead for part in parts) else {}
    parts = settled(parts, times=quantity, free=free)
    refuse_part_of_itself(product, parts)
    assembly = put_together(
        product, warehouse, quantity, parts, work_cost, stocks=stocks, kit=kit, by=by, comment=comment, at=at
    )
    assembly.served = reserve_waiting([stocks[product.pk, warehouse.pk]], on=timezone.localdate(at), at=at)
    return assembly


def put_together(
    product: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    parts: Sequence[Component],
    work_cost: Decimal,
    *,
    stocks: Mapping[tuple[int, int], int],
    kit: ProductKit | None,
    by: Any,
    comment: str,
    at: datetime,
    repaired: Disassembly | None = None,
) -> Assembly:
    """Post an assembly for a service that holds the warehouse and every stock row of `stocks` (product and warehouse →
    stock). Nobody who waits is served yet. Raises InsufficientStock."""
    number = next_number("inventory_assembly_id_seq")
    bouquets = [
        [(next_number("inventory_assemblypart_id_seq"), part) for part in parts] for _number in range(int(quantity))
    ]
    issued = engine.issue(
        MovementKind.ASSEMBLY_OUT,
        SourceKind.ASSEMBLY_PART,
        [
            engine.IssueRow(key, stocks[part.product.pk, warehouse.pk], part.quantity)
            for bouquet in bouquets
            for key, part in bouquet
        ],
        by=by and by.pk,
        at=at,
    )
    lasts = _last_days([key for bouquet in bouquets for key, _part in bouquet])
    worths = []
    for n, bouquet in enumerate(bouquets, start=1):
        # The work in shares of whole ten-thousandths that add up to all of it.
        share = round_value(work_cost * n / quantity) - round_value(work_cost * (n - 1) / quantity)
        worths.append(share + sum((issued[key].cost for key, _part in bouquet), Decimal(0)))
    batches = engine.receive(
        MovementKind.ASSEMBLY_IN,
        SourceKind.ASSEMBLY,
        [
            engine.ReceiveRow(
                number, stocks[product.pk, warehouse.pk], Decimal(1), worth, at,
                min((lasts[key] for key, _part in bouquet if key in lasts), default=None),
            )
            for bouquet, worth in zip(bouquets, worths, strict=True)
        ],
        by=by and by.pk,
        at=at,
    )  # fmt: skip
    assembly = Assembly.objects.create(
        pk=number, warehouse=warehouse, product=product, kit=kit, quantity=quantity, work_cost=work_cost,
        cost=sum(worths, Decimal(0)), by=by, comment=comment, posted_at=at, repaired=repaired,
    )  # fmt: skip
    AssemblyPart.objects.bulk_create(
        AssemblyPart(
            pk=key, assembly=assembly, batch_id=batch, product=part.product, quantity=part.quantity,
            cost=issued[key].cost,
        )
        for batch, bouquet in zip(batches, bouquets, strict=True)
        for key, part in bouquet
    )  # fmt: skip
    return assembly


def refuse_part_of_itself(product: Product, parts: Sequence[Component]) -> None:
    """Raises BadInput for a bouquet that is among its own parts."""
    if product.pk in {part.product.pk for part in parts}:
        raise BadInput(_("%(product)s can't be a part of itself. Take it out of its parts.") % {"product": product})


def _last_days(parts: Sequence[int]) -> dict[int, Any]:
    """Part key → the first day on which something in it wilts."""
    days: dict[int, Any] = {}
    for part, day in SaleAllocation.objects.filter(
        assembly_part__in=parts, batch__expires_on__isnull=False
    ).values_list("assembly_part", "batch__expires_on"):
        days[part] = min(day, days.get(part, day))
    return days


def _take_apart(
    batch: StockBatch, spoiled: Mapping[int, Decimal], reason: str, *, by: Any, comment: str, at: datetime
) -> Disassembly:
    # Where goods came from never changes, so it may be read before the lock.
    made = bouquet_as_made(batch)
    parts = list(made.parts.select_related("product").order_by("pk"))
    check_spoiled(parts, spoiled)
    place = made.stock.warehouse
    stocks = ensure_stocks((part.product_id, place.pk) for part in parts)
    lock_stocks([batch.stock_id, *stocks.values()])
    document = new_disassembly(batch, by=by, comment=comment, at=at)
    cost = take_from_shelf(document)
    taken = stems_back(document, parts)
    record(document, cost, taken)
    spoil(document, parts, taken, spoiled, reason)
    reserve_waiting(stocks.values(), on=timezone.localdate(at), at=at)
    return document


def new_disassembly(batch: StockBatch, *, by: Any, comment: str, at: datetime) -> Disassembly:
    """A taking apart with its key and number, not stored: what it is worth is known when the goods have moved."""
    return Disassembly(
        pk=next_number("inventory_disassembly_id_seq"), number=next_number("inventory_disassembly_number_seq"),
        batch=batch, by=by, comment=comment, posted_at=at,
    )  # fmt: skip


def take_from_shelf(document: Disassembly) -> Decimal:
    """The bouquet leaves its held stock; answers with what it was worth, 4 decimals. Raises InsufficientStock for a
    promised one, InsufficientBatch for one that is gone."""
    [issued] = engine.issue(
        MovementKind.DISASSEMBLY_OUT,
        SourceKind.DISASSEMBLY,
        [engine.IssueRow(document.pk, document.batch.stock_id, Decimal(1), batch_id=document.batch_id)],
        by=document.by_id,
        at=document.posted_at,
    ).values()
    return issued.cost


def stems_back(document: Disassembly, parts: Sequence[AssemblyPart]) -> list[SaleAllocation]:
    """Every stem of the bouquet back into its own batch at its own cost; answers with what they had been taken by."""
    taken = list(SaleAllocation.objects.filter(assembly_part__in=parts).order_by("pk").select_related("batch"))
    engine.put_back(
        MovementKind.DISASSEMBLY_IN,
        SourceKind.DISASSEMBLY,
        [engine.PutBackRow(document.pk, row.quantity, allocation_id=row.pk) for row in taken],
        by=document.by_id,
        at=document.posted_at,
    )
    return taken


def record(document: Disassembly, cost: Decimal, taken: Sequence[SaleAllocation]) -> None:
    """Store the taking apart of a bouquet that was worth `cost`, 4 decimals."""
    document.cost, document.parts_cost = cost, sum((row.cost for row in taken), Decimal(0))
    document.save(force_insert=True)


def spoil(
    document: Disassembly,
    parts: Sequence[AssemblyPart],
    taken: Sequence[SaleAllocation],
    spoiled: Mapping[int, Decimal],
    reason: str,
) -> None:
    """Write off what is spoiled of the stems that came back, each from its own batch; fills the document's `lost`."""
    place = document.batch.stock.warehouse
    document.lost = {}
    for part in parts:
        need = spoiled.get(part.product_id, Decimal(0))
        for row in taken:
            quantity = min(need, row.quantity) if row.assembly_part_id == part.pk else Decimal(0)
            if quantity:
                need -= quantity
                gone = write_off(
                    product=part.product, warehouse=place, quantity=quantity, reason=reason, batch=row.batch,
                    by=document.by, comment=str(document), at=document.posted_at,
                )  # fmt: skip
                document.lost |= gone.lost or {}


def _product(bouquet: ProductKit | Product | NewBouquet) -> Product:
    if isinstance(bouquet, ProductKit):
        return product_of_kit(bouquet)
    if isinstance(bouquet, NewBouquet):
        if not bouquet.name.strip():
            raise BadInput(_("A bouquet needs a name. Enter one."), field="name")
        return save_product(
            Product(name=bouquet.name.strip(), kind=Kind.BOUQUET, unit=Unit.PIECE, sale_price=bouquet.price)
        )
    if bouquet.unit != Unit.PIECE:
        raise BadInput(
            _("A bouquet is counted in pieces, %(product)s is not. Choose another product.") % {"product": bouquet},
            field="bouquet",
        )
    return bouquet


def _recipe(kit: ProductKit | None) -> list[Component]:
    return recipes_of([kit.pk])[kit.pk] if kit is not None else []


def check_bouquets(quantity: Decimal, parts: Sequence[Component], work_cost: Decimal) -> None:
    """Raises BadInput for bouquets that can't be meant."""
    if not quantity.is_finite() or not 1 <= quantity <= MOST_AT_ONCE or quantity != int(quantity):
        raise BadInput(
            _("Bouquets are made whole, from 1 to %(most)s at once. Correct the number.") % {"most": MOST_AT_ONCE},
            field="quantity",
        )
    if not parts:
        raise BadInput(_("A bouquet needs at least one part. Add what it is made of."))
    for part in [*parts, *summed(parts)]:
        checked_quantity(part.quantity)
    if not work_cost.is_finite() or not 0 <= work_cost <= MAX_VALUE or work_cost != round_value(work_cost):
        raise BadInput(
            _("The cost of work is a number from zero up with at most 4 decimals. Correct it."), field="work_cost"
        )


def check_spoiled(parts: Sequence[AssemblyPart], spoiled: Mapping[int, Decimal]) -> None:
    """Raises BadInput when more is spoiled than the bouquet holds."""
    held = {part.product_id: part for part in parts}
    for key, quantity in spoiled.items():
        checked_quantity(quantity)
        if key not in held:
            raise BadInput(_("What is spoiled is no part of this bouquet. Open the page anew."), field="spoiled")
        if quantity > held[key].quantity:
            raise BadInput(
                _("In the bouquet is %(held)s of %(product)s, more than that can't be spoiled. Correct the quantity.")
                % {"held": shown(held[key].quantity), "product": held[key].product},
                field="spoiled",
            )
