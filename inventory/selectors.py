"""Reading the stock: figures and lists for pages and commands. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, TruncDate

from core.quantities import QuantityField, round_money, round_value
from inventory.domain.fifo import Batch, plan_issue
from inventory.models import (
    Assembly,
    AssemblyPart,
    CostCorrection,
    CountLine,
    Disassembly,
    IssueOrder,
    MovementKind,
    Receipt,
    ReceiptLine,
    Regrade,
    Reservation,
    Sale,
    SaleReturn,
    Shortage,
    SourceKind,
    Stock,
    StockBatch,
    StockDemand,
    StockMovement,
    StockTake,
    StockTakeScope,
    StockTakeState,
    SupplierReturn,
    Transfer,
    TransferLine,
    TransferState,
    Warehouse,
    WriteOff,
)
from inventory.services.reservations import waiting_demands
from products.models import Product
from products.stock_figures import Cost, Figures


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


class Risk:
    """What needs a look first: flowers that wilt, then what is short or all promised, the rest, and what is gone."""

    WILTING, LOW, FINE, GONE = range(4)


REDUCED_TO = Decimal("0.7")  # of the price, where nobody has said how much cheaper
VIEWS = {"wilting": Risk.WILTING, "low": Risk.LOW}
# Part of what wilts, so it is no level of risk of its own.
EXPIRED = "expired"


def stock_list(*, on: date, warehouse: int | None = None, text: str = "", view: str = "") -> QuerySet[Any]:
    """Stock rows of live products by risk, with `risk`, `waiting` (base units asked for and not held) and
    `open_batches`, oldest first, and photos: three queries for any number of rows. `on` is the shop's day of today."""
    rows = _with_risk(on, warehouse)
    for word in text.split():
        rows = rows.filter(Q(product__name__icontains=word) | Q(product__sku__icontains=word))
    if view in VIEWS:
        # The conditions themselves, not their number: PostgreSQL guesses how many rows meet a condition, but not how
        # many have a number that is computed, and joined 2 000 products by nested loops.
        rows = rows.filter(wilts=True) if VIEWS[view] is Risk.WILTING else rows.filter(_LOW, wilts=False)
    elif view == EXPIRED:
        rows = rows.filter(pk__in=expired_batches(on).values("stock"))
    return _to_show(rows).order_by("risk", "product__name", "id")


def wilting_stocks(*, on: date) -> QuerySet[Any]:
    """Stock rows with a batch that wilts, as `stock_list` reads them but without their risk."""
    return _to_show(_live().filter(pk__in=_wilting(on))).order_by("product__name", "id")


def low_stocks(*, on: date) -> QuerySet[Any]:
    """Stock rows that lack goods and do not wilt, with `waiting`, as `stock_list` reads them but without their risk."""
    rows = _live().annotate(waiting=_waiting()).filter(_LOW).exclude(pk__in=_wilting(on))
    return _to_show(rows).order_by("product__name", "id")


def _to_show(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With photos and `open_batches`, oldest first."""
    batches = StockBatch.objects.filter(is_open=True).order_by("received_at", "id")
    return rows.select_related("product__category", "warehouse").prefetch_related(
        "product__photos", Prefetch("batches", batches, to_attr="open_batches")
    )


def _live() -> QuerySet[Stock]:
    return Stock.objects.filter(product__is_deleted=False, warehouse__is_deleted=False)


def expired_batches(on: date) -> QuerySet[StockBatch]:
    """Batches that still hold goods although their last day is over."""
    return StockBatch.objects.filter(
        is_open=True, expires_on__lt=on, stock__product__is_deleted=False, stock__warehouse__is_deleted=False
    )


# Sold before it was entered, waited for, or all of it promised.
_LOW = Q(short__gt=0) | Q(waiting__gt=0) | Q(quantity__gt=0, quantity=F("reserved"))


def _wilting(on: date) -> QuerySet[Any, Any]:
    """Keys of stocks with a batch that wilts, by the rule of `freshness`: a fifth of its life or less is left."""
    day = Value(timedelta(days=1), output_field=DurationField())
    left = ExpressionWrapper((F("expires_on") - Value(on, output_field=DateField())) * 5, output_field=DurationField())
    whole = ExpressionWrapper(F("expires_on") - TruncDate("received_at"), output_field=DurationField())
    return (
        StockBatch.objects.filter(is_open=True, expires_on__isnull=False)
        .annotate(left=left, whole=Greatest(whole, day))
        .filter(left__lte=F("whole"))
        .values("stock")
    )


def _waiting() -> Greatest:
    """Base units that open demands ask for and the stock does not hold for them."""
    asked = (
        StockDemand.objects.filter(product=OuterRef("product"), warehouse=OuterRef("warehouse"), is_open=True)
        .order_by()
        .values("product")
        .annotate(total=Sum("quantity"))
        .values("total")
    )
    nothing = Value(Decimal(0), output_field=QuantityField())
    held = Coalesce(Subquery(asked, output_field=QuantityField()), nothing) - F("reserved")
    return Greatest(held, nothing, output_field=QuantityField())


def _with_risk(on: date, warehouse: int | None) -> QuerySet[Any]:
    rows = _live()
    if warehouse is not None:
        rows = rows.filter(warehouse=warehouse)
    return rows.annotate(
        # A set of keys, made once: a question for every row would be asked as often as there are rows.
        wilts=ExpressionWrapper(Q(pk__in=_wilting(on)), output_field=BooleanField()),
        waiting=_waiting(),
        risk=Case(
            When(wilts=True, then=Value(Risk.WILTING)),
            When(_LOW, then=Value(Risk.LOW)),
            When(quantity__gt=0, then=Value(Risk.FINE)),
            default=Value(Risk.GONE),
            output_field=IntegerField(),
        ),
    )


@dataclass(frozen=True)
class StockCounts:
    """How many products each view of the stock list shows, and what all of it cost."""

    wilting: int
    expired: int
    low: int
    all: int
    value: Decimal


def stock_counts(*, on: date, warehouse: int | None = None) -> StockCounts:
    """One query."""
    expired = Q(pk__in=expired_batches(on).values("stock"))
    found = (
        _with_risk(on, warehouse)
        .annotate(has_expired=ExpressionWrapper(expired, output_field=BooleanField()))
        .aggregate(
            wilting=Count("pk", filter=Q(risk=Risk.WILTING)),
            expired=Count("pk", filter=Q(has_expired=True)),
            low=Count("pk", filter=Q(risk=Risk.LOW)),
            all=Count("pk"),
            value=Sum("value"),
        )
    )
    return StockCounts(
        found["wilting"], found["expired"], found["low"], found["all"], found["value"] or Decimal(0)
    )  # fmt: skip


@dataclass(frozen=True)
class Risks:
    """What needs a look in one warehouse: products that wilt or run out, batches that have expired."""

    warehouse: int
    name: str
    wilting: int
    low: int
    expired: int


def risks_by_warehouse(*, on: date) -> list[Risks]:
    """Every live warehouse that has stock, the main one first: two statements."""
    expired = dict(
        expired_batches(on).order_by().values_list("stock__warehouse").annotate(count=Count("pk")).values_list(
            "stock__warehouse", "count"
        )
    )  # fmt: skip
    rows = (
        _with_risk(on, None)
        .order_by("-warehouse__is_default", "warehouse__position", "warehouse")
        .values("warehouse", "warehouse__name", "warehouse__is_default", "warehouse__position")
        .annotate(
            wilting=Count("pk", filter=Q(risk=Risk.WILTING)),
            low=Count("pk", filter=Q(risk=Risk.LOW)),
        )
    )
    return [
        Risks(row["warehouse"], row["warehouse__name"], row["wilting"], row["low"], expired.get(row["warehouse"], 0))
        for row in rows
    ]


def after_risk(rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
    """The rows behind a cursor `<risk>-<key>` of `risk_cursor`; a cursor that means nothing is no cursor."""
    risk, _dash, key = cursor.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (risk, key)):
        return rows
    last = Stock.objects.filter(pk=int(key)).values_list("product__name", flat=True).first()
    if last is None or int(risk) > Risk.GONE:
        return rows
    behind = Q(risk=int(risk), product__name=last, pk__gt=int(key)) | Q(risk=int(risk), product__name__gt=last)
    return rows.filter(Q(risk__gt=int(risk)) | behind)


def risk_cursor(stock: Any) -> str:
    """Where `after_risk` goes on behind this row of `stock_list`."""
    return f"{stock.risk}-{stock.pk}"


def wanted_warehouse(key: str) -> Warehouse | None:
    """The live warehouse with this key, else the main one, else the first; None when the shop has none."""
    live = list(Warehouse.objects.order_by("-is_default", "position", "pk"))
    named = [row for row in live if str(row.pk) == key]
    return (named or live or [None])[0]


def waiting_of(stock: Stock) -> list[StockDemand]:
    """Open demands of a stock that hold less than they ask, earliest needed first; `held` is what they hold."""
    rows = waiting_demands().filter(product=stock.product_id, warehouse=stock.warehouse_id)
    return list(rows.order_by("needed_on", "pk"))


def waiting_for(products: Sequence[int], *, warehouse: int) -> QuerySet[StockDemand]:
    """Open demands for any of these products in a warehouse that hold less than they ask, earliest needed first; `held`
    is what they hold."""
    rows = waiting_demands().filter(product__in=products, warehouse=warehouse)
    return rows.select_related("product").order_by("needed_on", "pk")


def active_reservations() -> QuerySet[Reservation]:
    """Goods promised now, earliest needed first."""
    return (
        Reservation.objects.filter(is_active=True)
        .select_related("demand", "stock__product", "stock__warehouse", "by")
        .order_by("demand__needed_on", "pk")
    )


def waiting_list() -> QuerySet[StockDemand]:
    """Open demands that hold less than they ask, earliest needed first."""
    return waiting_demands().select_related("product", "warehouse").order_by("needed_on", "pk")


def receipts() -> QuerySet[Receipt]:
    """Receipts, newest first."""
    return Receipt.objects.select_related("supplier", "warehouse", "by").order_by("-pk")


def write_offs() -> QuerySet[WriteOff]:
    """Write-offs, newest first."""
    return WriteOff.objects.select_related("product", "warehouse", "by", "reversed_by").order_by("-pk")


def transfers() -> QuerySet[Transfer]:
    """Transfers, newest first."""
    return Transfer.objects.select_related("source", "target", "by").order_by("-pk")


def regrades() -> QuerySet[Regrade]:
    """Regrades and markdowns, newest first."""
    return Regrade.objects.select_related("warehouse", "source", "target", "by").order_by("-pk")


def price_of_reduced(product: Product) -> tuple[Decimal, bool]:
    """What reduced goods of a product cost a buyer, and whether that price holds already; else 30 per cent off, in whole
    units of the currency where there is one."""
    reduced = Product.objects.filter(reduced_from=product).first()
    if reduced is not None:
        return reduced.sale_price, True
    cheaper = round_money(product.sale_price * REDUCED_TO)
    return (cheaper // 1 or cheaper), False


def usual_transfer(source: Warehouse | None = None) -> tuple[Warehouse | None, Warehouse | None]:
    """From where to where goods go: as the last time (from `source` when it is named), else from the main warehouse to
    the next one. None where the shop has no such warehouse."""
    live = list(Warehouse.objects.order_by("-is_default", "position", "pk"))
    known = {place.pk: place for place in live}
    rows = Transfer.objects.filter(source__in=known, target__in=known)
    last = (rows.filter(source=source) if source else rows).order_by("-pk").values_list("source", "target").first()
    if last is not None:
        return known[last[0]], known[last[1]]
    source = source or (live or [None])[0]
    return source, next((place for place in live if place != source), None)


def on_its_way(product: Product | None = None, *, warehouse: Warehouse | None = None) -> QuerySet[TransferLine]:
    """Lines with goods that have left and not arrived: of a product, from or to a warehouse."""
    rows = TransferLine.objects.filter(
        transfer__state=TransferState.IN_TRANSIT, quantity__gt=F("received") + F("lost")
    ).order_by("pk")  # fmt: skip
    if product is not None:
        rows = rows.filter(product=product)
    if warehouse is not None:
        rows = rows.filter(Q(transfer__source=warehouse) | Q(transfer__target=warehouse))
    return rows


def stock_takes() -> QuerySet[StockTake]:
    """Stock-takes, newest first."""
    return StockTake.objects.select_related("warehouse", "category", "by", "closed_by").order_by("-pk")


def to_be_counted(stock_take: StockTake, *, on: date) -> QuerySet[Any]:
    """Stock rows of live products that a stock-take is about, by name: with goods or sold before entry, of the category
    and those under it, or wilting on the day `on`; and whatever was counted besides."""
    rows = _with_risk(on, stock_take.warehouse_id).filter(Q(quantity__gt=0) | Q(short__gt=0))
    if stock_take.scope == StockTakeScope.WILTING:
        rows = rows.filter(wilts=True)
    elif stock_take.scope == StockTakeScope.CATEGORY:
        own = Q(product__category=stock_take.category_id)
        under = Q(product__category__parent=stock_take.category_id)
        rows = rows.filter(own | under | Q(product__category__parent__parent=stock_take.category_id))
    counted = stock_take.lines.values("stock")
    return (
        Stock.objects.filter(Q(pk__in=rows.values("pk")) | Q(pk__in=counted))
        .select_related("product__category")
        .order_by("product__name", "pk")
    )


def left_to_count(stock_take: StockTake, *, on: date) -> QuerySet[Any]:
    """What a stock-take is about and nobody has counted in it yet, by name."""
    return to_be_counted(stock_take, on=on).exclude(pk__in=stock_take.lines.values("stock"))


def counted_lines(stock_take: StockTake) -> QuerySet[CountLine]:
    """What was counted, the latest first."""
    return stock_take.lines.select_related("stock__product", "by").order_by("-counted_at", "-pk")


def counters(stock_take: StockTake) -> list[tuple[Any, int]]:
    """Who counted how many products, the most busy first; nobody known is None."""
    rows = list(stock_take.lines.order_by().values_list("by").annotate(count=Count("pk")).order_by("-count", "by"))
    people = get_user_model()._default_manager.in_bulk([key for key, _count in rows if key is not None])
    return [(people.get(key), count) for key, count in rows]


def balances_at(marks: Sequence[tuple[int, int]]) -> dict[int, Decimal]:
    """Stock key → on hand minus short right after that ledger row; nothing before the first one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select t.stock_id, coalesce(m.balance_after, 0) from unnest(%s::bigint[], %s::bigint[]) as t (stock_id, seq)"
            " left join inventory_stockmovement m on m.stock_id = t.stock_id and m.seq = t.seq",
            [[stock for stock, _seq in marks], [seq for _stock, seq in marks]],
        )
        return dict(cursor.fetchall())


def last_batches(stock_ids: Sequence[int]) -> dict[int, StockBatch]:
    """Stock key → the batch that came last, used up or not."""
    rows = StockBatch.objects.filter(stock__in=stock_ids).order_by("stock_id", "-received_at", "-pk")
    return {row.stock_id: row for row in rows.distinct("stock_id")}


@dataclass(frozen=True)
class Difference:
    """A counted product beside what the ledger had when it was counted: base units, and money at cost."""

    line: CountLine
    expected: Decimal
    quantity: Decimal
    cost: Decimal


def differences(stock_take: StockTake) -> list[Difference]:
    """What a stock-take found, the dearest difference first; four statements.

    While it is open the money is what applying it now would post: shortfalls from the goods that are first, surpluses
    like the last goods.
    """
    lines = list(counted_lines(stock_take))
    if stock_take.state != StockTakeState.OPEN:
        found = [
            Difference(
                line, line.counted - (line.difference or 0), line.difference or Decimal(0), line.cost or Decimal(0)
            )
            for line in lines
        ]
    else:
        at_count = balances_at([(line.stock_id, line.watermark) for line in lines])
        amounts = {line.stock_id: line.counted - at_count[line.stock_id] for line in lines}
        worth = _worth_of(lines, amounts, wilting_first=stock_take.warehouse.issue_order == IssueOrder.FEFO)
        found = [
            Difference(line, at_count[line.stock_id], amounts[line.stock_id], worth[line.stock_id]) for line in lines
        ]
    return sorted(found, key=lambda row: (-abs(row.cost), -abs(row.quantity), row.line.stock.product.name))


def _worth_of(lines: Sequence[CountLine], amounts: dict[int, Decimal], *, wilting_first: bool) -> dict[int, Decimal]:
    """Stock key → what its difference costs now, signed as the difference is."""
    queues: dict[int, list[Batch]] = {}
    open_batches = StockBatch.objects.filter(
        stock__in=[key for key, amount in amounts.items() if amount < 0], is_open=True
    )
    for row in open_batches:
        queues.setdefault(row.stock_id, []).append(
            Batch(row.received_at.timestamp(), row.pk, row.remaining, row.remaining_value, row.expires_on)
        )
    more = {line.stock_id: line.stock.product_id for line in lines if amounts[line.stock_id] > 0}
    last = last_batches(list(more))
    elsewhere = last_costs([product for key, product in more.items() if key not in last])
    worth: dict[int, Decimal] = {}
    for key, amount in amounts.items():
        if amount < 0:
            plan = plan_issue(queues.get(key, ()), [-amount], wilting_first=wilting_first)
            worth[key] = -sum((take.cost for take in plan.takes), Decimal(0))
        else:
            unit_cost = last[key].unit_cost if key in last else elsewhere.get(more.get(key, 0), Decimal(0))
            worth[key] = round_value(amount * unit_cost)
    return worth


def behind_name(rows: QuerySet[Any], cursor: str) -> QuerySet[Any]:
    """The rows of stocks ordered by name behind the one with this key; a cursor that means nothing is no cursor."""
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        return rows
    last = Stock.objects.filter(pk=int(cursor)).values_list("product__name", flat=True).first()
    if last is None:
        return rows
    return rows.filter(Q(product__name__gt=last) | Q(product__name=last, pk__gt=int(cursor)))


def last_costs(product_ids: Sequence[int]) -> dict[int, Decimal]:
    """Product → what a base unit of the latest receipt costs (4 decimals), with its freight and as corrected since."""
    rows = ReceiptLine.objects.filter(product__in=product_ids).order_by("product", "-pk").distinct("product")
    return dict(rows.values_list("product", "batches__unit_cost"))


def last_prices(product_ids: Sequence[int]) -> dict[int, Decimal]:
    """Product → what the supplier took for a base unit of the latest receipt (4 decimals): without freight."""
    rows = ReceiptLine.objects.filter(product__in=product_ids).order_by("product", "-pk").distinct("product")
    facts = rows.values_list("product", "batches__total_cost", "freight", "quantity")
    return {product: round_value((total - freight) / quantity) for product, total, freight, quantity in facts}


def last_counted(product_ids: Sequence[int], *, supplier: int | None) -> dict[int, ReceiptLine]:
    """Product → its latest receipt line from this supplier, from any when none is named: how much came and how it was
    counted."""
    rows = ReceiptLine.objects.filter(product__in=product_ids)
    if supplier is not None:
        rows = rows.filter(receipt__supplier=supplier)
    return {row.product_id: row for row in rows.order_by("product_id", "-pk").distinct("product_id")}


def cost_corrections(receipt: Receipt) -> QuerySet[CostCorrection]:
    """Corrections of what the goods of a receipt cost, newest first."""
    return CostCorrection.objects.filter(line__receipt=receipt).select_related("line__product", "by").order_by("-pk")


def figures_by_product(product_ids: Sequence[int]) -> dict[int, Figures]:
    """Product → on hand and free in all live warehouses: what the catalogue shows."""
    rows = (
        Stock.objects.filter(product__in=list(product_ids), warehouse__is_deleted=False)
        .order_by()
        .values("product")
        .annotate(on_hand=Sum("quantity"), promised=Sum("reserved"))
    )
    return {row["product"]: Figures(row["on_hand"], row["on_hand"] - row["promised"]) for row in rows}


@dataclass(frozen=True)
class CostsNow:
    """What goods would cost if they were sold now: by the same rule as a sale.

    A sale takes from one warehouse; here all live ones stand in one queue, because nobody has said yet from where. What
    wilts first gives first where every warehouse that has the product does it so (`wilting_first`), else the oldest.
    """

    queues: dict[int, list[Batch]]
    last: dict[int, Decimal]
    wilting_first: set[int]

    def of(self, product_id: int, quantity: Decimal) -> Cost | None:
        """The cost of `quantity` base units. What is not there costs what the last receipt did; None without one."""
        queue = self.queues.get(product_id, ())
        plan = plan_issue(queue, [quantity], wilting_first=product_id in self.wilting_first)
        value = sum((take.cost for take in plan.takes), Decimal(0))
        missing = plan.uncovered.get(0, Decimal(0))
        if not missing:
            return Cost(value)
        if product_id not in self.last:
            return None
        return Cost(value + round_value(missing * self.last[product_id]), missing)


def costs_now(product_ids: Sequence[int]) -> CostsNow:
    """What these products would cost now: two statements."""
    queues: dict[int, list[Batch]] = {}
    by_age: set[int] = set()
    rows = StockBatch.objects.filter(
        stock__product__in=product_ids, stock__warehouse__is_deleted=False, is_open=True
    ).values_list(
        "stock__product", "stock__warehouse__issue_order", "received_at", "pk", "remaining", "remaining_value", "expires_on"
    )  # fmt: skip
    for product, order, received_at, key, remaining, value, expires_on in rows:
        queues.setdefault(product, []).append(Batch(received_at.timestamp(), key, remaining, value, expires_on))
        if order == IssueOrder.FIFO:
            by_age.add(product)
    return CostsNow(queues, last_costs(product_ids), set(queues) - by_age)


def free_by_place(product_ids: Sequence[int]) -> list[dict[int, Decimal]]:
    """What is free of these products, one mapping per live warehouse."""
    places: dict[int, dict[int, Decimal]] = {}
    for stock in Stock.objects.filter(product__in=product_ids, warehouse__is_deleted=False):
        places.setdefault(stock.warehouse_id, {})[stock.product_id] = stock.free
    return list(places.values())


def products_by_key(keys: Sequence[int]) -> dict[int, Product]:
    """Product by key, deleted ones too: documents keep naming them."""
    return Product.all_objects.in_bulk(list(keys))


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
