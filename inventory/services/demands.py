"""What somebody asks of the stock: frozen, open until sold, or cancelled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.models import StockDemand, Warehouse
from inventory.services.reservations import release
from inventory.services.stocks import ensure_stocks
from products.models import Product


@dataclass(frozen=True)
class DemandInput:
    """One product that is needed, base units."""

    product: Product
    quantity: Decimal


def freeze_demands(
    wanted: Sequence[DemandInput],
    *,
    warehouse: Warehouse,
    needed_on: date,
    hold_until: date | None = None,
    at: datetime | None = None,
) -> list[StockDemand]:
    """Write down what is asked of `warehouse`, in the order given, now unless `at` is given; goods are held for it up to
    the end of the day `hold_until`. Nothing is reserved yet.

    Each demand finds its stock row: goods that never were there are missed when they are sold, like any others.
    """
    at = at or timezone.now()
    ensure_stocks((item.product.pk, warehouse.pk) for item in wanted)
    return StockDemand.objects.bulk_create(
        StockDemand(
            product=item.product,
            warehouse=warehouse,
            quantity=item.quantity,
            needed_on=needed_on,
            hold_until=hold_until,
            created_at=at,
        )
        for item in wanted
    )


def cancel_demands(demands: Iterable[StockDemand], *, by: Any = None, at: datetime | None = None) -> None:
    """Release what the demands hold and close them for good. Sold demands must be reversed first; they stay as they
    are."""
    demands = list(demands)
    at = at or timezone.now()
    if not demands:
        return
    with transaction.atomic():
        release(demands, by=by, at=at)
        StockDemand.objects.filter(pk__in=[demand.pk for demand in demands], is_open=True).update(
            is_open=False, cancelled_at=at
        )
