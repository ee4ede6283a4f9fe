"""Goods come back from a buyer, or go back to the supplier."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.idempotency import once
from core.series import next_number
from core.templatetags.florist import quantity as shown
from inventory import engine
from inventory.domain.fifo import Taken, plan_return
from inventory.models import MovementKind, Sale, SaleReturn, SourceKind, StockBatch, SupplierReturn
from inventory.services.reservations import give_way, reserve_waiting
from inventory.services.stocks import checked_quantity, lock_stocks_of_sales


class ReturnRefused(DomainError):
    """More comes back than was sold, or the sale was reversed."""

    code = "return_refused"


def return_sale(
    *, sale: Sale, quantity: Decimal, by: Any = None, key: UUID | None = None, at: datetime | None = None
) -> SaleReturn:
    """Take back `quantity` base units of a sale: to their own batches at their own cost, the last taken first.

    Goods sold before they were entered shrink the shortage first. Money is another matter: see payments. `at` is
    now unless given. Raises
    ReturnRefused when more comes back than is out.
    """
    at = at or timezone.now()
    checked_quantity(quantity)

    def post() -> SaleReturn:
        [stock_id] = lock_stocks_of_sales([sale.pk])
        stored = Sale.objects.select_for_update(of=("self",), no_key=True).get(pk=sale.pk)
        out = stored.quantity - stored.returned
        if stored.reversed_at is not None or quantity > out:
            raise ReturnRefused(
                _("Of this sale %(out)s can come back, not %(asked)s. Correct the quantity.")
                % {"out": shown(Decimal(0) if stored.reversed_at else out), "asked": shown(quantity)},
                field="quantity",
            )
        number = next_number("inventory_salereturn_id_seq")
        off, into = plan_return(
            quantity,
            shortages=list(stored.shortages.filter(open__gt=0).order_by("pk").values_list("pk", "open")),
            allocations=[
                Taken(row.pk, row.quantity, row.cost, row.returned, row.returned_cost)
                for row in stored.allocations.order_by("pk")
            ],
        )
        rows = [engine.PutBackRow(number, item.quantity, shortage_id=item.id) for item in off]
        rows += [engine.PutBackRow(number, item.quantity, allocation_id=item.id) for item in into]
        [(_back, cost)] = engine.put_back(
            MovementKind.SALE_RETURN, SourceKind.SALE_RETURN, rows, by=by and by.pk, at=at
        ).values()
        Sale.objects.filter(pk=stored.pk).update(
            returned=F("returned") + quantity, returned_cost=F("returned_cost") + cost
        )
        document = SaleReturn.objects.create(pk=number, sale=stored, quantity=quantity, cost=cost, by=by, posted_at=at)
        reserve_waiting([stock_id], on=timezone.localdate(at), at=at)
        return document

    with transaction.atomic():
        return once(scope="sale_return", key=key, payload=[sale.pk, quantity], do=post, model=SaleReturn)


def return_to_supplier(
    *,
    batch: StockBatch,
    quantity: Decimal,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> SupplierReturn:
    """Send `quantity` base units of exactly this batch back, now unless `at` is given. Reservations that lose their goods wait again.

    Raises InsufficientBatch when the batch holds less.
    """
    at = at or timezone.now()
    checked_quantity(quantity)

    def post() -> SupplierReturn:
        number = next_number("inventory_supplierreturn_id_seq")
        lost = give_way({batch.stock_id: quantity}, at=at)
        [issued] = engine.issue(
            MovementKind.SUPPLIER_RETURN,
            SourceKind.SUPPLIER_RETURN,
            [engine.IssueRow(number, batch.stock_id, quantity, batch_id=batch.pk)],
            by=by and by.pk,
            at=at,
        ).values()
        supplier = batch.receipt_line.receipt.supplier if batch.receipt_line else None
        document = SupplierReturn.objects.create(
            pk=number,
            batch=batch,
            supplier=supplier,
            quantity=quantity,
            cost=issued.cost,
            by=by,
            comment=comment,
            posted_at=at,
        )
        document.lost = lost
        return document

    with transaction.atomic():
        return once(scope="supplier_return", key=key, payload=[batch.pk, quantity], do=post, model=SupplierReturn)
