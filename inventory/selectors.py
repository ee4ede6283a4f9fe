"""Reading the stock: figures and lists for pages and commands. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet, Sum

from inventory.models import (
    ReceiptLine,
    Sale,
    SaleReturn,
    Shortage,
    SourceKind,
    Stock,
    StockBatch,
    StockMovement,
    SupplierReturn,
    WriteOff,
)


@dataclass(frozen=True)
class Explained:
    """One ledger row with the document behind it."""

    movement: StockMovement
    document: str


def explain_stock(stock: Stock) -> list[Explained]:
    """Every movement of a stock, oldest first, with its document: how the figure of today came to be."""
    movements = list(stock.movements.order_by("seq").select_related("by"))
    names = _document_names(movements)
    return [Explained(row, names.get((row.source_kind, row.source_id), "")) for row in movements]


def _document_names(movements: Sequence[StockMovement]) -> dict[tuple[int, int], str]:
    """(source kind, source id) → what a person calls the document; one query per kind."""
    keys: dict[int, set[int]] = {}
    for row in movements:
        keys.setdefault(row.source_kind, set()).add(row.source_id)
    names: dict[tuple[int, int], str] = {}
    for line in ReceiptLine.objects.filter(pk__in=keys.get(SourceKind.RECEIPT_LINE, ())).select_related("receipt"):
        names[SourceKind.RECEIPT_LINE, line.pk] = str(line.receipt)
    for sale in Sale.objects.filter(pk__in=keys.get(SourceKind.SALE, ())):
        names[SourceKind.SALE, sale.pk] = f"{Sale._meta.verbose_name} {sale.pk}"
    for model, kind in ((WriteOff, SourceKind.WRITE_OFF), (SupplierReturn, SourceKind.SUPPLIER_RETURN)):
        for document in model.objects.filter(pk__in=keys.get(kind, ())):
            names[kind, document.pk] = str(document)
    for back in SaleReturn.objects.filter(pk__in=keys.get(SourceKind.SALE_RETURN, ())):
        names[SourceKind.SALE_RETURN, back.pk] = str(back)
    for gap in Shortage.objects.filter(pk__in=keys.get(SourceKind.SHORTAGE, ())).select_related("sale"):
        names[SourceKind.SHORTAGE, gap.pk] = f"{Sale._meta.verbose_name} {gap.sale_id}"
    return names


@dataclass(frozen=True)
class Freshness:
    """How far a batch is in its life. `days_left` may be negative; `level` is fresh, soon, wilting, expired or none."""

    level: str
    age_days: int
    days_left: int | None


def freshness(batch: StockBatch, *, on: date) -> Freshness:
    """Of the days between receipt and expiry: more than half left is fresh, more than a fifth soon, else wilting."""
    received = batch.received_on
    age = (on - received).days
    if batch.expires_on is None:
        return Freshness("none", age, None)
    left, whole = (batch.expires_on - on).days, max((batch.expires_on - received).days, 1)
    if left < 0:
        return Freshness("expired", age, left)
    share = Decimal(left) / whole
    level = "fresh" if share > Decimal("0.5") else "soon" if share > Decimal("0.2") else "wilting"
    return Freshness(level, age, left)


def stock_list(*, warehouse: int | None = None) -> QuerySet[Stock]:
    """Stock rows of live products with their open batches, oldest first: three queries for any number of rows."""
    rows = Stock.objects.filter(product__is_deleted=False).select_related("product__category", "warehouse")
    if warehouse is not None:
        rows = rows.filter(warehouse=warehouse)
    return rows.prefetch_related(
        Prefetch(
            "batches", StockBatch.objects.filter(is_open=True).order_by("received_at", "id"), to_attr="open_batches"
        )
    )


def free_by_product(product_ids: Sequence[int], *, warehouse: int) -> dict[int, Decimal]:
    """Product → base units that are on hand and promised to nobody; products without a stock row are left out."""
    rows = Stock.objects.filter(product__in=product_ids, warehouse=warehouse)
    return {row.product_id: row.free for row in rows}


def cost_of_sales(**condition: Any) -> Decimal:
    """What live sales cost the shop, net of returns, 4 decimals."""
    total = Sale.objects.filter(reversed_at__isnull=True, **condition).aggregate(
        cost=Sum("cost"), back=Sum("returned_cost")
    )
    return (total["cost"] or Decimal(0)) - (total["back"] or Decimal(0))
