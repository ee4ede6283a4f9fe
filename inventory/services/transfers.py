"""Goods go from one warehouse to another: sent, on their way, received. They keep their cost and their age.

Only what is promised to nobody is sent. On the way goods belong to no stock: out = on the way + arrived + lost, in base
units and in money (see `check_stock`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.idempotency import once
from core.series import next_number
from core.templatetags.florist import quantity as shown
from inventory import engine
from inventory.domain.fifo import piece
from inventory.models import (
    MovementKind,
    SaleAllocation,
    SourceKind,
    StockBatch,
    Transfer,
    TransferLine,
    TransferState,
    Warehouse,
    WriteOffReason,
)
from inventory.services.places import hold_live_warehouses, refuse_deleted_products
from inventory.services.reservations import reserve_waiting
from inventory.services.stocks import checked_quantity, ensure_stocks, lock_stocks, refuse_foreign_batch
from inventory.services.write_offs import write_off
from products.models import Product


class TransferRefused(DomainError):
    """The transfer is not in a state for this."""

    code = "transfer_refused"


@dataclass(frozen=True)
class TransferLineInput:
    """What is sent of one product, base units: from the batches that are first in their warehouse, or from `batch`."""

    product: Product
    quantity: Decimal
    batch: StockBatch | None = None


class Missing(models.TextChoices):
    """What becomes of goods that did not arrive with the others."""

    WRITE_OFF = "write_off", _("write it off as damaged in transit")
    WAIT = "wait", _("it is still on its way")


def send_transfer(
    *,
    source: Warehouse,
    target: Warehouse,
    lines: Sequence[TransferLineInput],
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Send goods on their way, now unless `at` is given. Reserved goods are not taken.

    Raises InsufficientStock, InsufficientBatch, BadInput.
    """
    with transaction.atomic():
        return once(
            scope="transfer",
            key=key,
            payload=[source.pk, target.pk, [_facts(line) for line in lines]],
            do=lambda: _send(source, target, lines, lock=[source], by=by, comment=comment, at=at or timezone.now()),
            model=Transfer,
        )


def receive_transfer(
    transfer: Transfer,
    *,
    arrived: Mapping[int, Decimal] | None = None,
    missing: Missing = Missing.WRITE_OFF,
    by: Any = None,
    key: UUID | None = None,
    at: datetime | None = None,
) -> Transfer:
    """Receive what came; `arrived` is line key → base units that came now, everything without it.

    What is missing is written off as damaged in transit, or stays on its way until it is received or written off too.
    Waiting demands of the target are served. A transfer that is received already stays as it is. Raises TransferRefused
    for a cancelled one, BadInput when more arrived than was sent.
    """
    with transaction.atomic():
        return once(
            scope="transfer_receipt",
            key=key,
            payload=[transfer.pk, arrived and sorted(arrived.items()), missing],
            do=lambda: _receive(transfer, arrived, missing, by=by, at=at or timezone.now()),
            model=Transfer,
        )


def cancel_transfer(transfer: Transfer, *, by: Any = None, at: datetime | None = None) -> Transfer:
    """Call goods back that are still on their way: every base unit to its own batch at its own cost, now unless `at`.

    Waiting demands of the source are served. A cancelled transfer stays as it is. Raises TransferRefused when a part
    of it has arrived.
    """
    at = at or timezone.now()
    with transaction.atomic():
        stored = _locked(transfer)
        if stored.state == TransferState.CANCELLED:
            return stored
        if stored.state == TransferState.RECEIVED:
            raise TransferRefused(
                _("%(transfer)s has arrived. Send the goods back with a transfer of their own.") % {"transfer": stored}
            )
        lines = list(stored.lines.all())
        if any(line.received or line.lost for line in lines):
            raise TransferRefused(
                _("A part of %(transfer)s has arrived. Receive the rest and send back what is to return.")
                % {"transfer": stored}
            )
        stocks = ensure_stocks((line.product_id, stored.source_id) for line in lines)
        lock_stocks(stocks.values())
        engine.put_back(
            MovementKind.TRANSFER_CANCELLED,
            SourceKind.TRANSFER_LINE,
            [
                engine.PutBackRow(row.transfer_line_id, row.quantity, allocation_id=row.pk)
                for row in SaleAllocation.objects.filter(transfer_line__in=lines).order_by("pk")
            ],
            by=by and by.pk,
            at=at,
        )
        _close(stored, TransferState.CANCELLED, at)
        stored.served = reserve_waiting(stocks.values(), on=timezone.localdate(at), at=at)
        return stored


def transfer_stock(
    *,
    source: Warehouse,
    target: Warehouse,
    lines: Sequence[TransferLineInput],
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Transfer:
    """Send and receive at once: the goods are carried over by hand. Raises what `send_transfer` raises."""
    at = at or timezone.now()

    def post() -> Transfer:
        # Both sides at once, in the order of keys: two people who carry goods crosswise don't wait for each other.
        sent = _send(source, target, lines, lock=[source, target], by=by, comment=comment, at=at)
        return _receive(sent, None, Missing.WAIT, by=by, at=at)

    with transaction.atomic():
        payload = [source.pk, target.pk, [_facts(line) for line in lines]]
        return once(scope="transfer_at_once", key=key, payload=payload, do=post, model=Transfer)


def _send(
    source: Warehouse,
    target: Warehouse,
    lines: Sequence[TransferLineInput],
    *,
    lock: Sequence[Warehouse],
    by: Any,
    comment: str,
    at: datetime,
) -> Transfer:
    _check(source, target, lines)
    hold_live_warehouses([source, target])
    refuse_deleted_products(line.product for line in lines)
    stocks = ensure_stocks((line.product.pk, place.pk) for line in lines for place in lock)
    lock_stocks(stocks.values())
    keys = [next_number("inventory_transferline_id_seq") for _line in lines]
    rows = [
        engine.IssueRow(
            key, stocks[line.product.pk, source.pk], line.quantity, batch_id=line.batch.pk if line.batch else None
        )
        for key, line in zip(keys, lines, strict=True)
    ]
    costs: dict[int, Decimal] = {}
    # The named batches first: whoever takes the oldest then finds what is left.
    for part in ([row for row in rows if row.batch_id], [row for row in rows if not row.batch_id]):
        if part:
            issued = engine.issue(
                MovementKind.TRANSFER_OUT, SourceKind.TRANSFER_LINE, part, by=by and by.pk, at=at
            )  # fmt: skip
            costs |= {key: done.cost for key, done in issued.items()}
    transfer = Transfer.objects.create(source=source, target=target, by=by, comment=comment, posted_at=at)
    TransferLine.objects.bulk_create(
        TransferLine(pk=key, transfer=transfer, product=line.product, quantity=line.quantity, cost=costs[key])
        for key, line in zip(keys, lines, strict=True)
    )
    return transfer


def _receive(
    transfer: Transfer, arrived: Mapping[int, Decimal] | None, missing: Missing, *, by: Any, at: datetime
) -> Transfer:
    stored = _locked(transfer)
    if stored.state == TransferState.CANCELLED:
        raise TransferRefused(
            _("%(transfer)s was cancelled: its goods are back in %(source)s. Send them anew.")
            % {"transfer": stored, "source": stored.source}
        )
    if stored.state == TransferState.RECEIVED:
        return stored
    lines = list(stored.lines.select_related("product").order_by("pk"))
    came = {line.pk: line.missing if arrived is None else arrived.get(line.pk, Decimal(0)) for line in lines}
    _check_arrived(lines, came, arrived)
    hold_live_warehouses([stored.target])
    stocks = ensure_stocks((line.product_id, stored.target_id) for line in lines)
    lock_stocks(stocks.values())
    lost = {line.pk: line.missing - came[line.pk] if missing is Missing.WRITE_OFF else Decimal(0) for line in lines}
    out = _on_the_way(lines)
    for line in lines:
        # What arrived comes first: what was sold here before it was entered is covered by goods that are really there.
        for quantity, is_lost in ((came[line.pk], False), (lost[line.pk], True)):
            if quantity:
                _bring_in(stored, line, quantity, out[line.pk], stocks, is_lost=is_lost, by=by, at=at)
        line.save(update_fields=["received", "lost", "received_cost"])
    if not any(line.missing for line in lines):
        _close(stored, TransferState.RECEIVED, at)
    stored.served = reserve_waiting(stocks.values(), on=timezone.localdate(at), at=at)
    return stored


@dataclass
class _Parcel:
    """What of one allocation is still on its way, and what that is worth."""

    allocation: SaleAllocation
    quantity: Decimal
    cost: Decimal


def _on_the_way(lines: Iterable[TransferLine]) -> dict[int, list[_Parcel]]:
    """Line key → its parcels in the order they left, read under the locks."""
    taken = SaleAllocation.objects.filter(transfer_line__in=list(lines)).select_related("batch").order_by("pk")
    there = {
        row["came_by"]: (row["quantity"], row["cost"])
        for row in StockBatch.objects.filter(came_by__in=taken)
        .order_by()
        .values("came_by")
        .annotate(quantity=Sum("quantity"), cost=Sum("total_cost"))
    }
    parcels: dict[int, list[_Parcel]] = {line.pk: [] for line in lines}
    for row in taken:
        quantity, cost = there.get(row.pk, (Decimal(0), Decimal(0)))
        parcels[row.transfer_line_id].append(_Parcel(row, row.quantity - quantity, row.cost - cost))
    return parcels


def _bring_in(
    transfer: Transfer,
    line: TransferLine,
    quantity: Decimal,
    parcels: list[_Parcel],
    stocks: Mapping[tuple[int, int], int],
    *,
    is_lost: bool,
    by: Any,
    at: datetime,
) -> None:
    """Make batches at the target of the line's next parcels; what is lost is written off from them at once."""
    rows: list[engine.ReceiveRow] = []
    need = quantity
    for parcel in parcels:
        part = min(need, parcel.quantity)
        if part:
            cost = piece(parcel.cost, part, parcel.quantity)
            parcel.quantity, parcel.cost, need = parcel.quantity - part, parcel.cost - cost, need - part
            batch = parcel.allocation.batch
            rows.append(
                engine.ReceiveRow(
                    line.pk, stocks[line.product_id, transfer.target_id], part, cost, batch.received_at,
                    batch.expires_on, parcel.allocation.pk,
                )
            )  # fmt: skip
    made = engine.receive(
        MovementKind.TRANSFER_IN, SourceKind.TRANSFER_LINE, rows, by=by and by.pk, at=at
    )  # fmt: skip
    line.received_cost += sum((row.cost for row in rows), Decimal(0))
    if not is_lost:
        line.received += quantity
        return
    line.lost += quantity
    batches = StockBatch.objects.in_bulk(made)
    if any(batches[key].remaining < row.quantity for key, row in zip(made, rows, strict=True)):
        raise TransferRefused(
            _(
                "In %(target)s more of %(product)s was sold than has been entered, so the missing goods can't be written off "
                "there. Leave them on their way, enter what %(target)s received, and write them off then."
            )
            % {"target": transfer.target, "product": line.product}
        )
    for key, row in zip(made, rows, strict=True):
        write_off(
            product=line.product, warehouse=transfer.target, quantity=row.quantity, reason=WriteOffReason.TRANSIT,
            batch=batches[key], by=by, comment=str(transfer), at=at,
        )  # fmt: skip


def _locked(transfer: Transfer) -> Transfer:
    return Transfer.objects.select_for_update(of=("self",), no_key=True).get(pk=transfer.pk)


def _close(transfer: Transfer, state: TransferState, at: datetime) -> None:
    transfer.state, transfer.closed_at = state, at
    transfer.save(update_fields=["state", "closed_at"])


def _check(source: Warehouse, target: Warehouse, lines: Sequence[TransferLineInput]) -> None:
    if source.pk == target.pk:
        raise BadInput(_("Goods go from one warehouse to another. Choose two different ones."), field="target")
    if not lines:
        raise BadInput(_("A transfer needs at least one line. Add what is to be sent."))
    for line in lines:
        checked_quantity(line.quantity)
        refuse_foreign_batch(line.batch, product=line.product, warehouse=source)
    named = [line.batch.pk for line in lines if line.batch is not None]
    if len(set(named)) < len(named):
        raise BadInput(_("One batch stands on two lines. Put the whole quantity on one of them."), field="batch")


def _check_arrived(
    lines: Sequence[TransferLine], came: Mapping[int, Decimal], arrived: Mapping[int, Decimal] | None
) -> None:
    if set(arrived or ()) - {line.pk for line in lines}:
        raise BadInput(_("One of the lines is not of this transfer. Open it again and enter what arrived."))
    for line in lines:
        if came[line.pk] == 0:
            continue
        checked_quantity(came[line.pk])
        if came[line.pk] > line.missing:
            raise BadInput(
                _("Of %(product)s %(missing)s is on its way, more than that can't arrive. Correct the quantity.")
                % {"product": line.product, "missing": shown(line.missing)},
                field="quantity",
            )


def _facts(line: TransferLineInput) -> list[Any]:
    return [line.product.pk, line.quantity, line.batch and line.batch.pk]
