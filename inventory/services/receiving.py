"""Goods arrive: a receipt makes batches, covers what was sold before it was entered, and serves waiting demands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.idempotency import once
from core.quantities import MAX_VALUE, round_value
from inventory import engine
from inventory.domain.counting import WHOLE, Counted, TooExact, count
from inventory.domain.freight import shares
from inventory.errors import TooExactPacks
from inventory.models import (
    FreightSpread,
    MovementKind,
    Receipt,
    ReceiptLine,
    SourceKind,
    StockBatch,
    Supplier,
    SupplierUnit,
    Warehouse,
)
from inventory.selectors.packing import packers_in_words
from inventory.services.places import hold_live_warehouses, refuse_deleted_products
from inventory.services.reservations import reserve_waiting
from inventory.services.stocks import checked_quantity, ensure_stocks
from products.models import Product, PurchaseUnit
from products.services.catalogue import hold_purchase_units


@dataclass(frozen=True)
class ReceiptLineInput:
    """One product of a receipt: base units, cost per base unit (4 decimals). With `unit` both count in that purchase
    unit of the product: bunches, cost per bunch. Without `expires_on` the product's vase life counts from the day of
    receipt."""

    product: Product
    quantity: Decimal
    unit_cost: Decimal
    expires_on: date | None = None
    unit: PurchaseUnit | None = None

    def counted(self) -> Counted:
        """In base units, with the exact cost. Raises TooExact."""
        return count(self.quantity, self.unit_cost, self.unit.factor if self.unit else WHOLE)

    def packing(self) -> dict[str, Any]:
        """How it was counted, as the receipt's line remembers it."""
        if self.unit is None:
            return {}
        return {
            "packs": self.quantity, "factor": self.unit.factor, "packing": self.unit.packing,
            "own_name": self.unit.own_name,
        }  # fmt: skip


def post_receipt(
    *,
    warehouse: Warehouse,
    lines: Sequence[ReceiptLineInput],
    supplier: Supplier | None = None,
    freight: Decimal = Decimal(0),
    spread: str = FreightSpread.VALUE,
    received_at: datetime | None = None,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Receipt:
    """Post a receipt: every line becomes a batch. Answers with the receipt of an earlier call with the same `key`.

    `freight` is money, 4 decimals: it becomes part of what the goods cost, shared by their value or their quantity
    (by quantity too when they cost nothing). `received_at` is when the goods came, `at` when they were entered; both
    are now unless given.

    Raises BadInput for a line without goods, a cost out of range, packs that make no amount we keep, a purchase unit
    that is not the product's, was removed or belongs to another supplier, a deleted product or warehouse.
    """
    # As it was asked for: the moment filled in here is another one when the same request comes again.
    payload: list[Any] = [warehouse.pk, supplier and supplier.pk, received_at, [_facts(line) for line in lines]]
    if freight:
        payload += [freight, spread]
    at = at or timezone.now()
    received_at = received_at or at
    _check(warehouse, lines, supplier, received_at, now=at)
    _check_freight(freight, spread, lines)

    def post() -> Receipt:
        _refuse_deleted(warehouse, lines)
        _refuse_packed_by_others(supplier, lines)
        stocks = ensure_stocks((line.product.pk, warehouse.pk) for line in lines)
        counted = [line.counted() for line in lines]
        brought = _brought(freight, spread, counted)
        receipt = Receipt.objects.create(
            warehouse=warehouse, supplier=supplier, received_at=received_at, by=by, comment=comment,
            total_cost=sum((each.total for each in counted), freight), freight=freight, spread=spread, posted_at=at,
        )  # fmt: skip
        rows = ReceiptLine.objects.bulk_create(
            ReceiptLine(
                receipt=receipt, product=line.product, quantity=each.quantity,
                unit_cost=round_value((each.total + share) / each.quantity) if share else each.unit_cost,
                total_cost=each.total + share, freight=share,
                expires_on=line.expires_on or _fresh_until(line.product, received_at), **line.packing(),
            )
            for line, each, share in zip(lines, counted, brought, strict=True)
        )  # fmt: skip
        engine.receive(
            MovementKind.RECEIPT,
            SourceKind.RECEIPT_LINE,
            [
                engine.ReceiveRow(
                    row.pk, stocks[row.product_id, warehouse.pk], row.quantity, row.total_cost, received_at,
                    row.expires_on,
                )
                for row in rows
            ],
            by=by and by.pk,
            at=at,
        )  # fmt: skip
        receipt.served = reserve_waiting(stocks.values(), on=timezone.localdate(at), at=at)
        return receipt

    with transaction.atomic():
        return once(scope="receipt", key=key, payload=payload, do=post, model=Receipt)


def receive_stock(
    *,
    product: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    unit_cost: Decimal,
    received_at: datetime | None = None,
    expires_on: date | None = None,
    by: Any = None,
    key: UUID | None = None,
) -> StockBatch:
    """Receive one product: a receipt of one line. Answers with its batch."""
    receipt = post_receipt(
        warehouse=warehouse,
        lines=[ReceiptLineInput(product, quantity, unit_cost, expires_on)],
        received_at=received_at,
        by=by,
        key=key,
    )
    return StockBatch.objects.get(receipt_line__receipt=receipt)


def _check(
    warehouse: Warehouse,
    lines: Sequence[ReceiptLineInput],
    supplier: Supplier | None,
    received_at: datetime,
    *,
    now: datetime,
) -> None:
    if not lines:
        raise BadInput(_("A receipt needs at least one line. Add what arrived."))
    for line in lines:
        checked_quantity(line.quantity)
        _check_unit(line)
        cost = line.unit_cost
        if not cost.is_finite() or cost < 0 or max(cost, line.quantity * cost) > MAX_VALUE or cost != round_value(cost):
            raise BadInput(
                _("A cost is a number from zero up with at most 4 decimals. Correct the cost of %(product)s.")
                % {"product": line.product},
                field="unit_cost",
            )
    if sum((line.quantity * line.unit_cost for line in lines), Decimal(0)) > MAX_VALUE:
        raise BadInput(_("The receipt costs more than can be meant. Correct quantities and costs."))
    if supplier is not None and supplier.is_deleted:
        raise BadInput(_("The supplier %(name)s is deleted. Restore it or choose another.") % {"name": supplier})
    if received_at > now + timedelta(days=1):
        raise BadInput(_("The day of receipt lies in the future. Correct the date."), field="received_at")


def _check_freight(freight: Decimal, spread: str, lines: Sequence[ReceiptLineInput]) -> None:
    if not freight.is_finite() or freight < 0 or freight != round_value(freight):
        raise BadInput(
            _("Freight is a sum from zero up with at most 4 decimals. Correct the freight."), field="freight"
        )
    if freight + sum((line.quantity * line.unit_cost for line in lines), Decimal(0)) > MAX_VALUE:
        raise BadInput(
            _("With its freight the receipt costs more than can be meant. Correct the freight."), field="freight"
        )
    if spread not in FreightSpread.values:
        raise BadInput(_("Choose how the freight is shared over the goods."), field="spread")


def _brought(freight: Decimal, spread: str, counted: Sequence[Counted]) -> list[Decimal]:
    """What of the freight goes to each line."""
    values = [each.total for each in counted]
    by_value = spread == FreightSpread.VALUE and any(values)
    return shares(freight, values if by_value else [each.quantity for each in counted])


def _check_unit(line: ReceiptLineInput) -> None:
    if line.unit is None:
        return
    if line.unit.product_id != line.product.pk:
        raise BadInput(
            _("%(unit)s is no purchase unit of %(product)s. Choose one of its own.")
            % {"unit": line.unit, "product": line.product},
            field="unit",
        )
    try:
        quantity = line.counted().quantity
    except TooExact as exact:
        raise TooExactPacks(line.quantity, line.unit, exact.quantity) from exact
    checked_quantity(quantity)


def _refuse_deleted(warehouse: Warehouse, lines: Sequence[ReceiptLineInput]) -> None:
    """Read anew inside the transaction and held until its end: a deletion waits for this receipt and then finds goods,
    or this receipt waits for the deletion and is refused."""
    hold_live_warehouses([warehouse])
    refuse_deleted_products(line.product for line in lines)
    units = {line.unit.pk: line for line in lines if line.unit is not None}
    there = hold_purchase_units(units) if units else set()
    for key, line in units.items():
        if key not in there:
            raise BadInput(
                _("%(product)s is no longer bought in %(unit)s. Choose the unit anew.")
                % {"product": line.product, "unit": line.unit},
                field="unit",
            )


def _refuse_packed_by_others(supplier: Supplier | None, lines: Sequence[ReceiptLineInput]) -> None:
    """The units are held: whoever says who packs so waits, or was done before."""
    units = {line.unit.pk: line for line in lines if line.unit is not None}
    if not units:
        return
    others = packers_in_words(list(units))
    if supplier is not None and others:
        own = SupplierUnit.objects.filter(supplier=supplier, unit__in=others).values_list("unit", flat=True)
        others = {key: names for key, names in others.items() if key not in set(own)}
    for key, names in others.items():
        line = units[key]
        raise BadInput(
            _(
                "%(product)s in %(unit)s comes only from %(suppliers)s. Choose this supplier, or count the goods in another unit."
            )
            % {"product": line.product, "unit": line.unit, "suppliers": names},
            field="unit",
        )


def _fresh_until(product: Product, received_at: datetime) -> date | None:
    if product.vase_life_days is None:
        return None
    return timezone.localtime(received_at).date() + timedelta(days=product.vase_life_days)


def _facts(line: ReceiptLineInput) -> list[Any]:
    facts = [line.product.pk, line.quantity, line.unit_cost, line.expires_on]
    return facts if line.unit is None else [*facts, line.unit.pk]
