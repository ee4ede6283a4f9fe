"""Flowers in a bouquet from the shelf are replaced."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from inventory.forms import PartForm, RepairForm, SpoiledForm
from inventory.models import StockBatch
from inventory.selectors.assembling import Stem, plan_repair, stems_of
from inventory.services.assembling import bouquet_as_made
from inventory.services.repairing import repair as post_repair
from inventory.views.receipts import told
from inventory.views.stock import rights, with_freshness
from products.lines import Lines, number_so_far
from products.models import Product
from products.recipes import Component
from products.selectors import written


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.assemble")
def repair(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one bouquet anew: what is spoiled is written off, what lacks comes from the stock, what is left goes back."""
    batch: Any = get_object_or_404(StockBatch.objects.select_related("stock__product", "stock__warehouse"), pk=pk)
    stems = stems_of(bouquet_as_made(batch))
    if request.method != "POST":
        start = [{"product": written(stem.product), "quantity": stem.quantity} for stem in stems]
        lines = Lines(PartForm, start=start)
        lines.open()
        return _page(request, batch, stems, RepairForm(initial={"reason": "wilted"}), _spoiled(stems), lines=lines)
    lines = Lines(PartForm, request.POST)
    if lines.change(request.POST):
        lines.open()
        typed = request.POST.dict()
        return _page(request, batch, stems, RepairForm(initial=typed), _spoiled(stems, typed=typed), lines=lines)
    form, spoiled, rows = RepairForm(request.POST), _spoiled(stems, sent=request.POST), lines.checked()
    if form.is_valid() and all(entry.is_valid() for entry in spoiled.values()) and rows is not None:
        data = form.cleaned_data
        try:
            done = run(
                lambda: post_repair(
                    batch=batch, parts=[Component(row["product"], row["quantity"]) for row in rows],
                    spoiled={key: entry.cleaned_data["quantity"] or Decimal(0) for key, entry in spoiled.items()},
                    reason=data["reason"], work_cost=data["work_cost"], by=request.user, key=data["key"],
                    comment=data["comment"],
                )
            )  # fmt: skip
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("%(bouquet)s is repaired.") % {"bouquet": batch.stock.product})
            for sentence in told(done.served, _("Reserved at once for orders that waited: %(goods)s.")):
                messages.info(request, sentence)
            return redirect("inventory:document_detail", "assembly", done.pk)
    return _page(request, batch, stems, form, spoiled, lines=lines, status=422)


def _spoiled(
    stems: Sequence[Stem], *, sent: Any = None, typed: Mapping[str, str] | None = None
) -> dict[int, SpoiledForm]:
    """Product key → how much of it is spoiled: as sent, or as typed so far."""
    entries = {}
    for stem in stems:
        prefix = f"stem-{stem.product.pk}"
        initial = None if typed is None else {"quantity": typed.get(f"{prefix}-quantity", "")}
        entries[stem.product.pk] = SpoiledForm(sent, prefix=prefix, initial=initial, live=True)
    return entries


def _page(
    request: HttpRequest, batch: StockBatch, stems: Sequence[Stem], form: RepairForm, spoiled: Mapping[int, SpoiledForm],
    *, lines: Lines[PartForm], status: int = 200,
) -> HttpResponse:  # fmt: skip
    typed: list[tuple[Product | None, Decimal | None]] = [(line.chosen, line.typed("quantity")) for line in lines.forms]
    parts = [Component(product, amount) for product, amount in typed if product and amount]
    plan = None
    if parts:
        gone = {key: number_so_far(entry, "quantity") or Decimal(0) for key, entry in spoiled.items()}
        plan = plan_repair(stems, gone, parts, warehouse=batch.stock.warehouse)
        with_freshness([piece.batch for part in plan.extra.parts for piece in part.taken], on=timezone.localdate())
    with_freshness([batch], on=timezone.localdate())
    with_freshness([piece.batch for stem in stems for piece in stem.taken], on=timezone.localdate())
    context = {
        "batch": batch,
        "stock": batch.stock,
        "form": form,
        "stems": [(stem, spoiled[stem.product.pk]) for stem in stems],
        "lines": lines,
        "plan": plan,
        **rights(request.user),
    }
    return page_or_part(request, "inventory/repair.html", "lines", context, status=status)
