"""The ledger, read: movements with the document behind each of them. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import BigIntegerField, Count, F, IntegerField, Model, QuerySet, Sum, Value
from django.db.models.functions import Cast
from django.urls import reverse

from inventory.documents import KINDS
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

# What a row of the ledger names: its table, the number people know its document by, the key of the document's page, and
# which of the documents it is.
_SOURCES: dict[SourceKind, tuple[type[Model], str, str, str]] = {
    SourceKind.RECEIPT_LINE: (ReceiptLine, "receipt__number", "receipt", "receipt"),
    SourceKind.SALE: (Sale, "pk", "pk", "sale"),
    SourceKind.WRITE_OFF: (WriteOff, "number", "pk", "write_off"),
    SourceKind.SUPPLIER_RETURN: (SupplierReturn, "number", "pk", "supplier_return"),
    SourceKind.SALE_RETURN: (SaleReturn, "number", "pk", "sale_return"),
    SourceKind.SHORTAGE: (Shortage, "sale", "sale", "sale"),
    SourceKind.TRANSFER_LINE: (TransferLine, "transfer__number", "transfer", "transfer"),
    SourceKind.COUNT_LINE: (CountLine, "stock_take__number", "stock_take", "stock_take"),
    SourceKind.ASSEMBLY: (Assembly, "number", "pk", "assembly"),
    SourceKind.ASSEMBLY_PART: (AssemblyPart, "assembly__number", "assembly", "assembly"),
    SourceKind.REGRADE: (Regrade, "number", "pk", "regrade"),
    # It has no page of its own: the receipt shows it.
    SourceKind.COST_CORRECTION: (CostCorrection, "number", "line__receipt", ""),
    SourceKind.DISASSEMBLY: (Disassembly, "number", "pk", "disassembly"),
}


@dataclass(frozen=True)
class Explained:
    """One ledger row with the document behind it, as people call it, and the page that shows it."""

    movement: StockMovement
    document: str
    url: str

    @property
    def kind_word(self) -> str:
        """What happened, in words; empty where the document's name says it already."""
        word = str(self.movement.get_kind_display())
        return "" if self.document.lower().startswith(word.lower()) else word


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


@dataclass(frozen=True)
class Asked:
    """Which movements are asked for; what is None or empty narrows nothing. `documents` is a code of KINDS, the days are
    the shop's."""

    stock: int | None = None
    text: str = ""
    warehouse: int | None = None
    kind: int | None = None
    document: str = ""
    since: date | None = None
    until: date | None = None


def movements(asked: Asked, *, before: int | None, size: int) -> list[Explained]:
    """The last `size` movements that are asked for, newest first, or those entered before the row with the key `before`:
    two statements, one more for the words of a search."""
    rows = StockMovement.objects.select_related("stock__product", "stock__warehouse", "by").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if asked.stock is not None:
        rows = rows.filter(stock=asked.stock)
    if asked.warehouse is not None:
        rows = rows.filter(stock__warehouse=asked.warehouse)
    if asked.text:
        found = Stock.objects.all()
        for word in asked.text.split():
            found = found.filter(product__name__icontains=word) | found.filter(product__sku__iexact=word)
        # The keys themselves: guessing how many movements a name has, the database would read all of them.
        rows = rows.filter(stock__in=list(found.values_list("pk", flat=True)))
    if asked.kind is not None:
        rows = rows.filter(kind=asked.kind)
    if asked.document:
        rows = rows.filter(source_kind__in=sources_of(asked.document))
    if asked.since is not None:
        rows = rows.filter(business_date__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(business_date__lte=asked.until)
    return _explained(list(rows[:size]))


def sources_of(document: str) -> list[int]:
    """What rows of the ledger that a kind of document wrote have as their source."""
    return [source for source, (_model, _number, _page, code) in _SOURCES.items() if code == document]


def _explained(rows: Sequence[StockMovement]) -> list[Explained]:
    found = _documents(rows)
    return [Explained(row, *found.get((row.source_kind, row.source_id), ("", ""))) for row in rows]


def _documents(rows: Sequence[StockMovement]) -> dict[tuple[int, int], tuple[str, str]]:
    """(source kind, source id) → what a person calls the document, and its page: one statement."""
    keys: dict[SourceKind, set[int]] = {}
    for row in rows:
        keys.setdefault(SourceKind(row.source_kind), set()).add(row.source_id)
    parts = [_numbers(source, wanted) for source, wanted in keys.items()]
    if not parts:
        return {}
    together = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    found = {}
    for source, key, number, page in together:
        model, _number, _page, code = _SOURCES[SourceKind(source)]
        name = KINDS[code].name if code else str(model._meta.verbose_name)
        url = KINDS[code].url(page) if code else reverse("inventory:receipt_detail", args=[page])
        found[source, key] = (f"{name} {number}", url)
    return found


def _numbers(source: SourceKind, keys: set[int]) -> QuerySet[Model, tuple[int, int, int, int]]:
    model, number, page, _code = _SOURCES[source]
    columns = {
        "row_source": Value(int(source), output_field=IntegerField()),
        "row_key": F("pk"),
        "row_number": Cast(F(number), BigIntegerField()),
        "row_page": Cast(F(page), BigIntegerField()),
    }
    return model._default_manager.filter(pk__in=keys).order_by().annotate(**columns).values_list(*columns)
