"""The ledger, read: every movement of a stock with the document behind it. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from inventory.models import (
    Assembly,
    AssemblyPart,
    CostCorrection,
    CountLine,
    Disassembly,
    MovementKind,
    ReceiptLine,
    Regrade,
    Sale,
    SaleReturn,
    Shortage,
    SourceKind,
    Stock,
    StockMovement,
    SupplierReturn,
    TransferLine,
    WriteOff,
)


@dataclass(frozen=True)
class Explained:
    """One ledger row with the document behind it; `receipt` is the receipt's key when it is one."""

    movement: StockMovement
    document: str
    receipt: int | None = None


def explain_stock(stock: Stock) -> list[Explained]:
    """Every movement of a stock, oldest first, with its document: how the figure of today came to be."""
    return _explained(list(stock.movements.order_by("seq").select_related("by")))


@dataclass(frozen=True)
class LedgerSum:
    """All movements of one kind: how many, base units and money, signed as the ledger has them."""

    kind: MovementKind
    count: int
    quantity: Decimal
    value: Decimal


def ledger_sums(stock: Stock) -> list[LedgerSum]:
    """The ledger of a stock by kind; the quantities add up to on hand minus short, the values to its value."""
    rows = stock.movements.order_by("kind").values("kind").annotate(
        count=Count("pk"), total=Sum("quantity"), worth=Sum("value")
    )  # fmt: skip
    return [LedgerSum(MovementKind(row["kind"]), row["count"], row["total"], row["worth"]) for row in rows]


def latest_movements(stock: Stock, *, before: int | None, size: int) -> list[Explained]:
    """The last `size` movements of a stock, newest first, or those before the number `before`."""
    rows = stock.movements.order_by("-seq").select_related("by")
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return _explained(list(rows[:size]))


def _explained(movements: Sequence[StockMovement]) -> list[Explained]:
    names = _document_names(movements)
    lines = [row.source_id for row in movements if row.source_kind == SourceKind.RECEIPT_LINE]
    receipts = dict(ReceiptLine.objects.filter(pk__in=lines).values_list("pk", "receipt")) if lines else {}
    return [
        Explained(
            row,
            names.get((row.source_kind, row.source_id), ""),
            receipts.get(row.source_id) if row.source_kind == SourceKind.RECEIPT_LINE else None,
        )
        for row in movements
    ]


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
    for model, kind in (
        (WriteOff, SourceKind.WRITE_OFF),
        (SupplierReturn, SourceKind.SUPPLIER_RETURN),
        (SaleReturn, SourceKind.SALE_RETURN),
        (Assembly, SourceKind.ASSEMBLY),
        (CostCorrection, SourceKind.COST_CORRECTION),
        (Disassembly, SourceKind.DISASSEMBLY),
        (Regrade, SourceKind.REGRADE),
    ):
        for document in model._default_manager.filter(pk__in=keys.get(kind, ())):
            names[kind, document.pk] = str(document)
    for gap in Shortage.objects.filter(pk__in=keys.get(SourceKind.SHORTAGE, ())).select_related("sale"):
        names[SourceKind.SHORTAGE, gap.pk] = f"{Sale._meta.verbose_name} {gap.sale_id}"
    for part_of, kind, parent in (
        (TransferLine, SourceKind.TRANSFER_LINE, "transfer"),
        (CountLine, SourceKind.COUNT_LINE, "stock_take"),
        (AssemblyPart, SourceKind.ASSEMBLY_PART, "assembly"),
    ):
        for part in part_of._default_manager.filter(pk__in=keys.get(kind, ())).select_related(parent):
            names[kind, part.pk] = str(getattr(part, parent))
    return names
