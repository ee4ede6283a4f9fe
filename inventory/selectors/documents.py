"""Documents that move goods, and what the last ones suggest for the next. Nothing is written here."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from core.quantities import round_money
from inventory.models import (
    CostCorrection,
    Receipt,
    ReceiptLine,
    Regrade,
    Transfer,
    TransferLine,
    TransferState,
    Warehouse,
    WriteOff,
)
from products.models import Product

REDUCED_TO = Decimal("0.7")  # of the price, where nobody has said how much cheaper


def wanted_warehouse(key: str) -> Warehouse | None:
    """The live warehouse with this key, else the main one, else the first; None when the shop has none."""
    live = list(Warehouse.objects.order_by("-is_default", "position", "pk"))
    named = [row for row in live if str(row.pk) == key]
    return (named or live or [None])[0]


def receipts() -> QuerySet[Receipt]:
    """Receipts, newest first."""
    return Receipt.objects.select_related("supplier", "warehouse", "by").order_by("-pk")


def corrected_by(receipts: Sequence[Receipt]) -> dict[int, Decimal]:
    """Receipt → by how much the cost of its goods was corrected since, where it was: one statement."""
    rows = CostCorrection.objects.filter(line__receipt__in=receipts).order_by().values("line__receipt")
    return dict(rows.annotate(sum=Sum("difference")).values_list("line__receipt", "sum"))


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
