"""A flower in a bouquet is replaced: one step that takes the bouquet apart and puts it together again.

Two documents that name each other carry it, so nothing is counted by other rules than those of taking apart and
assembling. Between them nobody else is served: the stems that stay in the bouquet never are on the shelf.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.idempotency import once
from inventory.errors import InsufficientBatch
from inventory.models import Assembly, StockBatch, WriteOffReason
from inventory.services.assembling import (
    bouquet_as_made,
    check_bouquets,
    check_spoiled,
    new_disassembly,
    put_together,
    record,
    refuse_part_of_itself,
    spoil,
    stems_back,
    take_from_shelf,
)
from inventory.services.places import hold_live_warehouses, refuse_deleted_products
from inventory.services.reservations import reserve_waiting
from inventory.services.stocks import ensure_stocks, lock_stocks
from products.recipes import Component, summed


def repair(
    *,
    batch: StockBatch,
    parts: Sequence[Component],
    spoiled: Mapping[int, Decimal] | None = None,
    reason: str = WriteOffReason.WILTED,
    work_cost: Decimal = Decimal(0),
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Assembly:
    """Make one bouquet anew out of `parts` (base units), now unless `at` is given: its own stems first come back, what is
    `spoiled` of them (product key → base units) is written off for `reason`, and what else it needs comes from the stock.

    The bouquet may be promised: it stays so. Its own work and `work_cost` (money, 4 decimals) are part of what it is
    worth afterwards. Answers with the assembly, whose `repaired` is the taking apart. Raises TakingApartRefused for what
    is no bouquet, InsufficientBatch for one that is gone, InsufficientStock for lacking stems, BadInput; nothing is
    changed then.
    """
    at = at or timezone.now()
    spoiled = {product: quantity for product, quantity in (spoiled or {}).items() if quantity}
    if reason not in WriteOffReason.values:
        raise BadInput(_("Choose one of the reasons for the write-off."), field="reason")
    check_bouquets(Decimal(1), parts, work_cost)
    given = [[part.product.pk, part.quantity] for part in parts]
    payload = [batch.pk, given, sorted(spoiled.items()), reason, work_cost]
    with transaction.atomic():
        return once(
            scope="repair", key=key, payload=payload, model=Assembly,
            do=lambda: _repair(batch, summed(parts), spoiled, reason, work_cost, by=by, comment=comment, at=at),
        )  # fmt: skip


def _repair(
    batch: StockBatch,
    parts: Sequence[Component],
    spoiled: Mapping[int, Decimal],
    reason: str,
    work_cost: Decimal,
    *,
    by: Any,
    comment: str,
    at: datetime,
) -> Assembly:
    # Where goods came from never changes, so it may be read before the lock.
    made = bouquet_as_made(batch)
    old = list(made.parts.select_related("product").order_by("pk"))
    check_spoiled(old, spoiled)
    product, place = batch.stock.product, batch.stock.warehouse
    refuse_part_of_itself(product, parts)
    hold_live_warehouses([place])
    refuse_deleted_products([product, *(part.product for part in parts)])
    goods = {product.pk, *(part.product_id for part in old), *(part.product.pk for part in parts)}
    stocks = ensure_stocks((key, place.pk) for key in goods)
    lock_stocks(stocks.values())
    now = StockBatch.objects.get(pk=batch.pk)
    if not now.is_open:
        raise InsufficientBatch(Decimal(1), now.remaining)

    apart = new_disassembly(batch, by=by, comment=comment, at=at)
    taken = stems_back(apart, old)
    spoil(apart, old, taken, spoiled, reason)
    work = now.remaining_value - sum((row.cost for row in taken), Decimal(0))
    kit = made.assembly.kit if made.assembly is not None and made.assembly.product_id == product.pk else None
    # The new one stands on the shelf before the old one leaves it: a promised bouquet is there all the time.
    bouquet = put_together(
        product, place, Decimal(1), parts, work + work_cost, stocks=stocks, kit=kit, by=by, comment=comment, at=at,
        repaired=apart,
    )  # fmt: skip
    record(apart, take_from_shelf(apart), taken)
    bouquet.served = reserve_waiting(stocks.values(), on=timezone.localdate(at), at=at)
    return bouquet
