"""Goods that are gone without a sale: wilted, broken, given away; and back again when that was a mistake."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.idempotency import once
from core.series import next_number
from inventory import engine
from inventory.models import MovementKind, SourceKind, StockBatch, Warehouse, WriteOff, WriteOffReason
from inventory.services.reservations import give_way, reserve_waiting
from inventory.services.stocks import checked_quantity, ensure_stocks, lock_stocks
from products.models import Product


def write_off(
    *,
    product: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    reason: str,
    batch: StockBatch | None = None,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> WriteOff:
    """Write off `quantity` base units, from the oldest batches or from `batch`; `at` is now unless given.

    Wilted flowers are gone whether promised or not: reservations that lose their goods, the latest first, wait again.
    Raises InsufficientStock, InsufficientBatch, BadInput.
    """
    at = at or timezone.now()
    checked_quantity(quantity)
    if reason not in WriteOffReason.values:
        raise BadInput(_("Choose one of the reasons for the write-off."), field="reason")

    def post() -> WriteOff:
        [stock_id] = ensure_stocks([(product.pk, warehouse.pk)]).values()
        number = next_number("inventory_writeoff_id_seq")
        lost = give_way({stock_id: quantity}, at=at)
        [issued] = engine.issue(
            MovementKind.WRITE_OFF,
            SourceKind.WRITE_OFF,
            [engine.IssueRow(number, stock_id, quantity, batch_id=batch.pk if batch else None)],
            by=by and by.pk,
            at=at,
        ).values()
        document = WriteOff.objects.create(
            pk=number, product=product, warehouse=warehouse, quantity=quantity, reason=reason, cost=issued.cost,
            by=by, comment=comment, posted_at=at,
        )  # fmt: skip
        document.lost = lost
        return document

    payload = [product.pk, warehouse.pk, quantity, reason, batch and batch.pk]
    with transaction.atomic():
        return once(scope="write_off", key=key, payload=payload, do=post, model=WriteOff)


def reverse_write_off(document: WriteOff, *, by: Any = None, key: UUID | None = None) -> WriteOff:
    """Undo a write-off exactly: every base unit back to its batch at its cost. The document stays, marked as reversed.

    Demands that wait for these goods are served as after a receipt. Never refused for lack of anything; a write-off
    that is reversed already stays as it is.
    """

    def post() -> WriteOff:
        # What is read before the lock, product and warehouse of a write-off, never changes.
        [stock_id] = ensure_stocks([(document.product_id, document.warehouse_id)]).values()
        lock_stocks([stock_id])
        stored = WriteOff.objects.select_for_update(of=("self",), no_key=True).get(pk=document.pk)
        if stored.reversed_at is not None:
            return stored
        now = timezone.now()
        out = stored.allocations.filter(returned__lt=F("quantity")).order_by("pk")
        engine.put_back(
            MovementKind.WRITE_OFF_REVERSAL,
            SourceKind.WRITE_OFF,
            [engine.PutBackRow(stored.pk, row.quantity - row.returned, allocation_id=row.pk) for row in out],
            by=by and by.pk,
            at=now,
        )
        stored.reversed_at, stored.reversed_by = now, by
        stored.save(update_fields=["reversed_at", "reversed_by"])
        stored.served = reserve_waiting([stock_id], on=timezone.localdate())
        return stored

    with transaction.atomic():
        return once(scope="write_off_reversal", key=key, payload=[document.pk], do=post, model=WriteOff)
