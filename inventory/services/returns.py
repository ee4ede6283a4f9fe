"""Goods come back from a buyer, or go back to the supplier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.idempotency import once
from core.series import next_number
from core.templatetags.florist import quantity as shown
from inventory import engine
from inventory.domain.fifo import Taken, plan_return
from inventory.models import (
    MovementKind,
    Sale,
    SaleReturn,
    SourceKind,
    StockBatch,
    SupplierReturn,
    Warehouse,
    WriteOffReason,
)
from inventory.services.places import hold_live_warehouses
from inventory.services.reservations import give_way, reserve_waiting
from inventory.services.stocks import checked_quantity, ensure_stocks, lock_stocks
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.services.write_offs import write_off


class ReturnRefused(DomainError):
    """More comes back than was sold, or the sale was reversed."""

    code = "return_refused"


def return_sale(
    *,
    sale: Sale,
    quantity: Decimal,
    spoiled: Decimal = Decimal(0),
    reason: str = WriteOffReason.WILTED,
    to: Warehouse | None = None,
    by: Any = None,
    key: UUID | None = None,
    at: datetime | None = None,
) -> SaleReturn:
    """Take back `quantity` base units of a sale: to their own batches at their own cost, the last taken first.

    `spoiled` of them are written off at once for `reason`; what is good is carried `to` another warehouse when one is
    named, in the same transaction. Goods sold before they were entered shrink the shortage first. Money is another
    matter: see payments. `at` is now unless given. Raises ReturnRefused when more comes back than is out, or what is
    spoiled or carried on was not entered yet, BadInput.
    """
    at = at or timezone.now()
    checked_quantity(quantity)
    _check_spoiled(quantity, spoiled, reason)
    if to is not None and to.pk == sale.warehouse_id:
        to = None

    def post() -> SaleReturn:
        places = {sale.warehouse_id} | ({to.pk} if to else set())
        if to is not None:
            hold_live_warehouses([to])
        stocks = ensure_stocks((sale.product_id, place) for place in places)
        lock_stocks(stocks.values())
        stored = Sale.objects.select_for_update(of=("self",), no_key=True).get(pk=sale.pk)
        out = stored.quantity - stored.returned
        if stored.reversed_at is not None or quantity > out:
            raise ReturnRefused(
                _("Of this sale %(out)s can come back, not %(asked)s. Correct the quantity.")
                % {"out": shown(Decimal(0) if stored.reversed_at else out), "asked": shown(quantity)},
                field="quantity",
            )
        number = next_number("inventory_salereturn_id_seq")
        taken = {row.pk: row for row in stored.allocations.order_by("pk").select_related("batch")}
        off, into = plan_return(
            quantity,
            shortages=list(stored.shortages.filter(open__gt=0).order_by("pk").values_list("pk", "open")),
            allocations=[
                Taken(row.pk, row.quantity, row.cost, row.returned, row.returned_cost) for row in taken.values()
            ],
        )
        if off and (spoiled or to):
            raise ReturnRefused(
                _("These goods were sold before they were entered. Enter the receipt first, then take them back.")
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
        good = _write_off_spoiled(document, [(taken[item.id].batch, item.quantity) for item in into], spoiled, reason)
        if to is not None and good:
            lines = [TransferLineInput(stored.product, part, batch) for batch, part in good.items()]
            transfer_stock(source=stored.warehouse, target=to, lines=lines, by=by, comment=str(document), at=at)
        reserve_waiting([stocks[stored.product_id, stored.warehouse_id]], on=timezone.localdate(at), at=at)
        return document

    payload: list[Any] = [sale.pk, quantity]
    if spoiled or to:
        payload += [spoiled, reason, to and to.pk]
    with transaction.atomic():
        return once(scope="sale_return", key=key, payload=payload, do=post, model=SaleReturn)


@dataclass(frozen=True)
class SaleBack:
    """What comes back of one sale, base units, and how much of it is spoiled."""

    sale: Sale
    quantity: Decimal
    spoiled: Decimal = Decimal(0)


class LineRefused(DomainError):
    """One of several lines is refused: `line` is its place, `refusal` what was said of it."""

    def __init__(self, line: int, refusal: DomainError) -> None:
        super().__init__(str(refusal), field=refusal.field)
        self.line, self.refusal = line, refusal
        self.code, self.status = refusal.code, refusal.status


def take_back(
    lines: Sequence[SaleBack],
    *,
    reason: str = WriteOffReason.WILTED,
    to: Warehouse | None = None,
    by: Any = None,
    key: UUID | None = None,
    at: datetime | None = None,
) -> list[SaleReturn]:
    """Take back several sales at once, each as `return_sale` does: all of them or none.

    `key` is the form's, every sale has one of its own made of it. Raises LineRefused with what `return_sale` refused.
    """
    at = at or timezone.now()
    done = []
    with transaction.atomic():
        if to is not None:
            hold_live_warehouses([to])
        # All stocks in one go and in key order: one sale after the other they would be locked crosswise.
        places = {(line.sale.product_id, place) for line in lines for place in (line.sale.warehouse_id, to and to.pk)}
        lock_stocks(ensure_stocks((product, place) for product, place in places if place).values())
        for number, line in enumerate(lines):
            try:
                done.append(
                    return_sale(
                        sale=line.sale, quantity=line.quantity, spoiled=line.spoiled, reason=reason, to=to, by=by,
                        key=key and uuid5(key, str(line.sale.pk)), at=at,
                    )
                )  # fmt: skip
            except DomainError as refusal:
                raise LineRefused(number, refusal) from refusal
    return done


def _check_spoiled(quantity: Decimal, spoiled: Decimal, reason: str) -> None:
    if spoiled == 0:
        return
    checked_quantity(spoiled)
    if spoiled > quantity:
        raise BadInput(
            _("Of %(quantity)s that came back no more can be spoiled. Correct the quantity.")
            % {"quantity": shown(quantity)},
            field="spoiled",
        )
    if reason not in WriteOffReason.values:
        raise BadInput(_("Choose one of the reasons for the write-off."), field="reason")


def _write_off_spoiled(
    document: SaleReturn, came: Sequence[tuple[StockBatch, Decimal]], spoiled: Decimal, reason: str
) -> dict[StockBatch, Decimal]:
    """Write off what of the goods that came back is spoiled; answer with what is good, by batch."""
    good: dict[StockBatch, Decimal] = {}
    for batch, quantity in came:
        gone = min(spoiled, quantity)
        if gone:
            spoiled -= gone
            write_off(
                product=document.sale.product, warehouse=document.sale.warehouse, quantity=gone, reason=reason,
                batch=batch, by=document.by, comment=str(document), at=document.posted_at,
            )  # fmt: skip
        if quantity > gone:
            good[batch] = good.get(batch, Decimal(0)) + quantity - gone
    return good


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
