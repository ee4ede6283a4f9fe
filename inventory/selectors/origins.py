"""What a figure is made of, down to receipts and documents. Nothing is written here.

A figure is a tree: each `Origin` says how much of the figure above it comes from where, and its own parts say the same
of it. Quantities and money of the parts add up to the figure, except below a batch: there the tree tells how the whole
batch came to be, of which the figure may have taken only some.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from inventory.askers import askers
from inventory.models import (
    CostCorrection,
    ReceiptLine,
    Reservation,
    Sale,
    SaleAllocation,
    Shortage,
    Stock,
    StockBatch,
)

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Origin:
    """A part of a figure: base units (None for money alone), money at cost with 4 decimals (None for a promise), the
    page of the document it came by (empty where there is none), and what it is made of in its turn."""

    name: str
    quantity: Decimal | None
    value: Decimal | None
    url: str = ""
    parts: Sequence["Origin"] = field(default=())

    def lines(self, depth: int = 0) -> Iterator[tuple[int, "Origin"]]:
        """The tree from the top down, each with its depth."""
        yield depth, self
        for part in self.parts:
            yield from part.lines(depth + 1)


def origin_of_quantity(stock: Stock) -> Origin:
    """What is on hand less what is short: every batch with goods, every sale before entry that is still open."""
    batches = list(stock.batches.filter(is_open=True).order_by("received_at", "id"))
    made_of = whence([batch.pk for batch in batches])
    gaps = list(stock.shortages.filter(open__gt=0).select_related("sale").order_by("pk"))
    parts = [_batch(batch, batch.remaining, batch.remaining_value, made_of) for batch in batches]
    parts += [Origin(_sold_short(gap), -gap.open, -gap.open_value) for gap in gaps]
    return Origin(_("On hand"), stock.quantity - stock.short, stock.value, parts=parts)


def origin_of_reserve(stock: Stock) -> Origin:
    """Who the goods are promised to, earliest needed first."""
    held = list(
        Reservation.objects.filter(stock=stock, is_active=True)
        .select_related("demand")
        .order_by("demand__needed_on", "pk")
    )
    names = askers(row.demand_id for row in held)
    parts = [
        Origin(
            _("%(who)s, needed on %(day)s")
            % {"who": names[row.demand_id].name, "day": date_format(row.demand.needed_on, "SHORT_DATE_FORMAT")},
            row.quantity,
            None,
            names[row.demand_id].url,
        )
        for row in held
    ]
    return Origin(_("Reserved"), stock.reserved, None, parts=parts)


def origins_of_cost(sales: Sequence[Sale]) -> dict[int, Origin]:
    """Sale → what the goods that stayed with the buyer cost: batch by batch, and an estimate for what is not entered yet.
    A fixed number of statements for any number of sales, and some for every step goods made before they were sold."""
    keys = [sale.pk for sale in sales]
    taken: dict[int | None, list[SaleAllocation]] = defaultdict(list)
    rows = SaleAllocation.objects.filter(sale__in=keys, returned__lt=F("quantity"))
    for row in rows.select_related("batch").order_by("pk"):
        taken[row.sale_id].append(row)
    gaps: dict[int, list[Shortage]] = defaultdict(list)
    for gap in Shortage.objects.filter(sale__in=keys, open__gt=0).select_related("sale").order_by("pk"):
        gaps[gap.sale_id].append(gap)
    made_of = whence({row.batch_id for rows in taken.values() for row in rows})
    return {
        sale.pk: Origin(
            str(sale.product),
            sale.quantity - sale.returned,
            sale.cost - sale.returned_cost,
            parts=[
                *(
                    _batch(row.batch, row.quantity - row.returned, row.cost - row.returned_cost, made_of)
                    for row in taken[sale.pk]
                ),
                *(Origin(_sold_short(gap), gap.open, gap.open_value) for gap in gaps[sale.pk]),
            ],
        )
        for sale in sales
    }


def whence(batch_ids: Iterable[int]) -> dict[int, Origin]:
    """Batch → the document it came by, and what that took: back to receipts and counts. Six statements for every step
    the goods made (receipt, bouquet, transfer …), however many batches there are."""
    batches: dict[int, StockBatch] = {}
    parts: dict[int, list[SaleAllocation]] = defaultdict(list)
    wanted = set(batch_ids)
    while wanted:
        found = StockBatch.objects.select_related(
            "stock__product",
            "receipt_line__receipt__supplier",
            "count_line__stock_take",
            "assembly",
            "came_by__transfer_line__transfer",
            "came_by__regrade",
        ).in_bulk(wanted)
        batches |= found
        stems = SaleAllocation.objects.filter(
            assembly_part__batch__in=[key for key, row in found.items() if row.assembly_id]
        )
        for stem in stems.select_related("batch__stock__product", "assembly_part").order_by("pk"):
            if stem.assembly_part is not None:
                parts[stem.assembly_part.batch_id].append(stem)
        wanted = {row.origin_id for row in found.values() if row.origin_id} | {
            stem.batch_id for key in found for stem in parts.get(key, ())
        }
        wanted -= batches.keys()
    corrected = _corrections([row.receipt_line_id for row in batches.values() if row.receipt_line_id])
    made: dict[int, Origin] = {}
    # What a batch was made of is older than it, so it has been told already.
    for key in sorted(batches):
        made[key] = _came(batches[key], parts[key], made, corrected)
    return made


def _came(
    batch: StockBatch, stems: Sequence[SaleAllocation], made: dict[int, Origin], corrected: dict[int, list[CostCorrection]]
) -> Origin:  # fmt: skip
    if batch.receipt_line is not None:
        return _received(batch, batch.receipt_line, corrected.get(batch.receipt_line.pk, []))
    if batch.count_line is not None:
        take = batch.count_line.stock_take
        url = reverse("inventory:stock_take_detail", args=[take.pk])
        return Origin(_("%(document)s, cost estimated") % {"document": take}, batch.quantity, batch.total_cost, url)
    if batch.assembly is not None:
        used = [
            Origin(str(stem.batch.stock.product), stem.quantity, stem.cost, parts=[made[stem.batch_id]])
            for stem in stems
        ]
        work = batch.total_cost - sum((stem.cost for stem in stems), _ZERO)
        if work:
            used.append(Origin(_("Work"), None, work))
        url = reverse("inventory:document_detail", args=["assembly", batch.assembly_id])
        return Origin(str(batch.assembly), batch.quantity, batch.total_cost, url, used)
    before = [made[batch.origin_id]] if batch.origin_id else []
    came_by = batch.came_by
    if came_by is not None and came_by.transfer_line is not None:
        transfer = came_by.transfer_line.transfer
        url = reverse("inventory:transfer_detail", args=[transfer.pk])
        return Origin(str(transfer), batch.quantity, batch.total_cost, url, before)
    if came_by is not None and came_by.regrade is not None:
        url = reverse("inventory:document_detail", args=["regrade", came_by.regrade_id])
        return Origin(str(came_by.regrade), batch.quantity, batch.total_cost, url, before)
    return Origin(str(batch), batch.quantity, batch.total_cost, parts=before)


def _received(batch: StockBatch, line: ReceiptLine, corrections: Sequence[CostCorrection]) -> Origin:
    receipt = line.receipt
    name = f"{receipt} · {receipt.supplier}" if receipt.supplier else str(receipt)
    parts = []
    if line.freight or corrections:
        changed = sum((row.difference for row in corrections), _ZERO)
        parts.append(Origin(_("Price of the supplier"), batch.quantity, batch.total_cost - line.freight - changed))
    if line.freight:
        parts.append(Origin(_("Freight"), None, line.freight))
    parts += [Origin(str(row), None, row.difference) for row in corrections]
    url = reverse("inventory:receipt_detail", args=[receipt.pk])
    return Origin(name, batch.quantity, batch.total_cost, url, parts)


def _corrections(lines: Sequence[int]) -> dict[int, list[CostCorrection]]:
    found: dict[int, list[CostCorrection]] = defaultdict(list)
    for row in CostCorrection.objects.filter(line__in=lines).order_by("pk"):
        found[row.line_id].append(row)
    return found


def _batch(batch: StockBatch, quantity: Decimal, value: Decimal, made_of: dict[int, Origin]) -> Origin:
    day = date_format(batch.received_on, "SHORT_DATE_FORMAT")
    url = reverse("inventory:batch", args=[batch.pk])
    return Origin(_("Batch of %(day)s") % {"day": day}, quantity, value, url, [made_of[batch.pk]])


def _sold_short(gap: Shortage) -> str:
    return _("Sold before entry, cost estimated: %(sale)s") % {"sale": f"{Sale._meta.verbose_name} {gap.sale_id}"}
