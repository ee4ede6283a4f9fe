"""Goods become another product where they lie: a 60 cm rose that is a 50 cm one, a rose that is sold cheaper.

They keep their cost, their age and their last day. Only what is promised to nobody changes its product.
"""

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
from inventory.models import MovementKind, Regrade, SaleAllocation, SourceKind, StockBatch, Warehouse
from inventory.services.places import hold_live_warehouses, refuse_deleted_products
from inventory.services.reservations import reserve_waiting
from inventory.services.stocks import checked_quantity, ensure_stocks, lock_stocks, refuse_foreign_batch
from products.models import Product
from products.services.catalogue import reduced_product


def regrade(
    *,
    source: Product,
    target: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    batch: StockBatch | None = None,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Regrade:
    """Make `quantity` base units of `source` into as many of `target`, from the batches that are first or from `batch`,
    now unless `at` is given. Orders that wait for the target are served.

    Raises InsufficientStock, InsufficientBatch, BadInput: the same product, another base unit, a deleted one.
    """
    payload = [source.pk, target.pk, warehouse.pk, quantity, batch and batch.pk]
    with transaction.atomic():
        return once(
            scope="regrade", key=key, payload=payload, model=Regrade,
            do=lambda: _post(source, target, warehouse, quantity, batch, by=by, comment=comment, at=at),
        )  # fmt: skip


def mark_down(
    *,
    product: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    price: Decimal,
    batch: StockBatch | None = None,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> Regrade:
    """Sell `quantity` base units of a product cheaper from now on, at `price` each: they become its reduced product.

    The price holds for all reduced goods of the product. Raises what `regrade` raises, BadInput for goods that are
    reduced already and a price that can't be meant.
    """

    def post() -> Regrade:
        target = reduced_product(product, price=price, by=by)
        return _post(product, target, warehouse, quantity, batch, by=by, comment=comment, at=at)

    payload = [product.pk, warehouse.pk, quantity, price, batch and batch.pk]
    with transaction.atomic():
        return once(scope="mark_down", key=key, payload=payload, do=post, model=Regrade)


def _post(
    source: Product,
    target: Product,
    warehouse: Warehouse,
    quantity: Decimal,
    batch: StockBatch | None,
    *,
    by: Any,
    comment: str,
    at: datetime | None,
) -> Regrade:
    at = at or timezone.now()
    checked_quantity(quantity)
    if source.pk == target.pk:
        raise BadInput(_("It is this product already. Choose what the goods are instead."), field="target")
    if source.unit != target.unit:
        raise BadInput(
            _("%(source)s is counted in %(source_unit)s, %(target)s in %(target_unit)s. Choose a product counted alike.")
            % {
                "source": source, "source_unit": source.get_unit_display(),
                "target": target, "target_unit": target.get_unit_display(),
            },
            field="target",
        )  # fmt: skip
    refuse_foreign_batch(batch, product=source, warehouse=warehouse)
    hold_live_warehouses([warehouse])
    refuse_deleted_products([source, target])
    stocks = ensure_stocks([(source.pk, warehouse.pk), (target.pk, warehouse.pk)])
    lock_stocks(stocks.values())
    number = next_number("inventory_regrade_id_seq")
    [issued] = engine.issue(
        MovementKind.REGRADE_OUT,
        SourceKind.REGRADE,
        [engine.IssueRow(number, stocks[source.pk, warehouse.pk], quantity, batch_id=batch.pk if batch else None)],
        by=by and by.pk,
        at=at,
    ).values()
    engine.receive(
        MovementKind.REGRADE_IN,
        SourceKind.REGRADE,
        [
            engine.ReceiveRow(
                number, stocks[target.pk, warehouse.pk], row.quantity, row.cost, row.batch.received_at,
                row.batch.expires_on, row.pk,
            )
            for row in SaleAllocation.objects.filter(regrade=number).select_related("batch").order_by("pk")
        ],
        by=by and by.pk,
        at=at,
    )  # fmt: skip
    document = Regrade.objects.create(
        pk=number, warehouse=warehouse, source=source, target=target, quantity=quantity, cost=issued.cost, by=by,
        comment=comment, posted_at=at,
    )  # fmt: skip
    reserve_waiting([stocks[target.pk, warehouse.pk]], on=timezone.localdate(at), at=at)
    return document
