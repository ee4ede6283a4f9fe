"""Sending goods from one warehouse to another, receiving them, calling them back."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from inventory.forms import ArrivedForm, ReceiveTransferForm, TransferForm, TransferLineForm
from inventory.models import Stock, StockBatch, Transfer, TransferState, Warehouse
from inventory.selectors.documents import transfers, usual_transfer
from inventory.selectors.figures import free_by_product
from inventory.services.transfers import (
    Missing,
    TransferLineInput,
    cancel_transfer,
    receive_transfer,
    send_transfer,
    transfer_stock,
)
from inventory.views.receipts import older, told
from inventory.views.stock import PAGE, chosen_goods, read_key, rights
from products.lines import Lines
from products.selectors import written


@require_GET
@needs("stock.view")
def list_of_transfers(request: HttpRequest) -> HttpResponse:
    """Transfers, newest first; `?state=` shows one state alone."""
    state = request.GET.get("state", "")
    found = transfers().filter(state=state) if state in TransferState.values else transfers()
    rows = older(found, request.GET.get("after", ""))
    query = request.GET.copy()
    if len(rows) > PAGE:
        query["after"] = str(rows[PAGE - 1].pk)
    context = {
        "transfers": rows[:PAGE],
        "state": state,
        "states": TransferState.choices,
        "next_url": f"?{query.urlencode()}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "rows" if request.GET.get("after") else "page"
    return page_or_part(request, "inventory/transfer_list.html", part, context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.transfer")
def send(request: HttpRequest) -> HttpResponse:
    """Send goods, or carry them over at once (`how`); `?stock=` or `?batch=` has chosen the first line."""
    if request.method != "POST":
        stock, batch = chosen_goods(request)
        source, target = usual_transfer(stock.warehouse if stock else None)
        lines = Lines(TransferLineForm, start=[_first_line(stock, batch)])
        lines.focus = 0
        lines.open()
        return _sending_page(request, TransferForm(initial={"source": source, "target": target}), lines)
    lines = Lines(TransferLineForm, request.POST)
    if lines.change(request.POST):
        lines.open()
        return _sending_page(request, TransferForm(initial=request.POST.dict()), lines)
    form = TransferForm(request.POST)
    rows = lines.checked()
    if form.is_valid() and rows is not None:
        data = form.cleaned_data
        wanted = [TransferLineInput(row["product"], row["quantity"], row["batch"]) for row in rows]
        post = send_transfer if request.POST.get("how") == "send" else transfer_stock
        try:
            transfer = run(
                lambda: post(
                    source=data["source"], target=data["target"], lines=wanted, by=request.user, key=data["key"],
                    comment=data["comment"],
                )
            )  # fmt: skip
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            _tell(request, transfer)
            return redirect("inventory:transfer_detail", pk=transfer.pk)
    return _sending_page(request, form, lines, status=422)


def _first_line(stock: Stock | None, batch: StockBatch | None) -> dict[str, Any]:
    if stock is None:
        return {}
    line: dict[str, Any] = {"product": written(stock.product)}
    if batch is not None:
        line |= {"batch": batch.pk, "quantity": min(batch.remaining, stock.free)}
    return line


def _sending_page(
    request: HttpRequest, form: TransferForm, lines: Lines[TransferLineForm], *, status: int = 200
) -> HttpResponse:
    source = form["source"].value()
    key = source.pk if isinstance(source, Warehouse) else read_key(str(source or ""))
    chosen = [line.chosen.pk for line in lines.forms if line.chosen]
    free = free_by_product(chosen, warehouse=key) if chosen and key else {}
    for line in lines.forms:
        if line.chosen is not None:
            line.free = free.get(line.chosen.pk, Decimal(0))
    context = {
        "form": form,
        "lines": lines,
        "only_one": Warehouse.objects.count() < 2,
        **rights(request.user),
    }
    return page_or_part(request, "inventory/transfer_send.html", "lines", context, status=status)


def _tell(request: HttpRequest, transfer: Transfer) -> None:
    """Say how far the goods are and who was served by what arrived."""
    said = (
        _("%(transfer)s: the goods are in %(target)s.")
        if transfer.state == TransferState.RECEIVED
        else _("%(transfer)s: the goods are on their way to %(target)s.")
    )
    messages.success(request, said % {"transfer": str(transfer).capitalize(), "target": transfer.target})
    for sentence in told(transfer.served, _("Reserved at once for orders that waited: %(goods)s.")):
        messages.info(request, sentence)


@require_GET
@needs("stock.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One transfer: what left, what arrived; while it is on its way, the form to receive it."""
    transfer = get_object_or_404(transfers(), pk=pk)
    return _page(request, transfer, ReceiveTransferForm(initial={"missing": Missing.WRITE_OFF}))


@require_POST
@needs("stock.transfer")
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Receive what arrived, line by line."""
    transfer = get_object_or_404(transfers(), pk=pk)
    form = ReceiveTransferForm(request.POST)
    arrived = {
        line.pk: ArrivedForm(request.POST, prefix=f"line-{line.pk}") for line in transfer.lines.all() if line.missing
    }
    refused = [entry for entry in arrived.values() if not entry.is_valid()]
    if form.is_valid() and not refused:
        try:
            done = run(
                lambda: receive_transfer(
                    transfer, arrived={key: entry.cleaned_data["quantity"] for key, entry in arrived.items()},
                    missing=Missing(form.cleaned_data["missing"]), by=request.user, key=form.cleaned_data["key"],
                )
            )  # fmt: skip
        except DomainError as refusal:
            return _page(request, transfer, form, arrived, refusal=refusal, status=422)
        _tell(request, done)
        return redirect("inventory:transfer_detail", pk=pk)
    return _page(request, transfer, form, arrived, status=422)


@require_POST
@needs("stock.transfer")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call goods back that are still on their way."""
    transfer = get_object_or_404(transfers(), pk=pk)
    try:
        done = run(lambda: cancel_transfer(transfer, by=request.user))
    except DomainError as refusal:
        form = ReceiveTransferForm(initial={"missing": Missing.WRITE_OFF})
        return _page(request, transfer, form, refusal=refusal, status=422)
    messages.success(
        request,
        _("%(transfer)s is cancelled: its goods are back in %(source)s.")
        % {"transfer": str(done).capitalize(), "source": transfer.source},
    )
    for sentence in told(done.served, _("Reserved at once for orders that waited: %(goods)s.")):
        messages.info(request, sentence)
    return redirect("inventory:transfer_detail", pk=pk)


def _page(
    request: HttpRequest, transfer: Transfer, form: ReceiveTransferForm, arrived: dict[int, ArrivedForm] | None = None, *,
    refusal: DomainError | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    transfer.refresh_from_db(fields=["state", "closed_at"])
    lines = list(transfer.lines.select_related("product"))
    for line in lines:
        entry = (arrived or {}).get(line.pk)
        line.arrived = entry or ArrivedForm(prefix=f"line-{line.pk}", initial={"quantity": line.missing})  # type: ignore[attr-defined]
    context = {
        "transfer": transfer,
        "lines": lines,
        "form": form,
        "refusal": refusal,
        "under_way": transfer.state == TransferState.IN_TRANSIT,
        "untouched": not any(line.received or line.lost for line in lines),
        "cost": sum(line.cost for line in lines),
        **rights(request.user),
    }
    return page_or_part(request, "inventory/transfer_detail.html", "page", context, status=status)
