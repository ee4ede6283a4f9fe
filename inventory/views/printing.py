"""Paper: bucket labels of 58 × 40 mm, one for each batch, with a code that leads back to it, and goods documents."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.access import needs
from core.codes import qr_svg
from core.errors import BadInput
from core.links import shop_url
from inventory.models import Assembly, Receipt, StockBatch
from inventory.papers import paper_of
from inventory.selectors.documents import transfers
from inventory.views.stock import rights

CODE_DIGITS = 6


def _batches() -> QuerySet[StockBatch]:
    return StockBatch.objects.select_related("stock__product__category", "receipt_line")


@require_safe
@needs("stock.view")
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a label's code leads: the product's page, at this batch."""
    found = get_object_or_404(StockBatch, pk=pk)
    return redirect(f"{reverse('inventory:stock_detail', args=[found.stock_id])}#batch_{found.pk}")


@require_safe
@needs("stock.view")
def batch_label(request: HttpRequest, pk: int) -> HttpResponse:
    """The label of one batch."""
    found = get_object_or_404(_batches(), pk=pk)
    return _labels(request, [found], back_url=reverse("inventory:stock_detail", args=[found.stock_id]))


@require_safe
@needs("stock.view")
def receipt_labels(request: HttpRequest, pk: int) -> HttpResponse:
    """Labels of everything that came with one receipt, in its order."""
    receipt = get_object_or_404(Receipt, pk=pk)
    found = list(_batches().filter(receipt_line__receipt=receipt).order_by("receipt_line", "pk"))
    if not found:
        raise BadInput(
            _("Receipt %(number)s brought no batch that could be labelled. Open the stock and label a batch there.")
            % {"number": receipt.number}
        )
    return _labels(request, found, back_url=reverse("inventory:receipt_detail", args=[pk]))


@require_safe
@needs("stock.view")
def assembly_labels(request: HttpRequest, pk: int) -> HttpResponse:
    """Labels of the bouquets that were put together at once."""
    assembly = get_object_or_404(Assembly, pk=pk)
    found = list(_batches().filter(assembly=assembly).order_by("pk"))
    return _labels(request, found, back_url=reverse("inventory:document_detail", args=["assembly", pk]))


@require_safe
@needs("stock.view")
def transfer_note(request: HttpRequest, pk: int) -> HttpResponse:
    """What travels with the goods, A5: from where to where, how much, room for what arrived and two signatures."""
    transfer = get_object_or_404(transfers(), pk=pk)
    context = {
        "transfer": transfer,
        "lines": list(transfer.lines.select_related("product")),
        "back_url": reverse("inventory:transfer_detail", args=[pk]),
    }
    return render(request, "inventory/print/transfer.html", context)


@require_safe
@needs("stock.view")
def document(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """A receipt, a write-off, a return to the supplier or a stock-take on paper, with room for signatures."""
    paper = paper_of(kind, pk)
    if paper is None:
        raise Http404
    context = {"paper": paper, "back_url": paper.back_url, **rights(request.user)}
    return render(request, "inventory/print/document.html", context)


def _labels(request: HttpRequest, batches: Sequence[StockBatch], *, back_url: str) -> HttpResponse:
    root = shop_url("")
    labels: list[dict[str, Any]] = [
        {
            "batch": row,
            "product": row.stock.product,
            "code": f"{row.pk:0{CODE_DIGITS}d}",
            "qr": qr_svg(root + reverse("inventory:batch", args=[row.pk])),
        }
        for row in batches
    ]
    return render(request, "inventory/print/labels.html", {"labels": labels, "back_url": back_url})
