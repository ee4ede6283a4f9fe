"""Goods that are gone without a sale: wilted, broken, given away."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.idempotency import once
from core.series import next_number
from inventory import engine
from inventory.models import MovementKind, SourceKind, StockBatch, Warehouse, WriteOff, WriteOffReason
from inventory.services.reservations import give_way
from inventory.services.stocks import checked_quantity, ensure_stocks
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
