"""Goods that are gone: written off, or sent back to the supplier."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.models import RecentAction
from core.templatetags.florist import quantity
from core.transactions import run
from core.undo import tell
from inventory.forms import SupplierReturnForm, WriteOffForm
from inventory.models import Stock, StockBatch, WriteOff, WriteOffReason
from inventory.selectors.documents import wanted_warehouse, write_offs
from inventory.selectors.shelves import freshness, stock_list
from inventory.services.returns import return_to_supplier as send_back
from inventory.services.write_offs import write_off as post_write_off
from inventory.undo import remember_write_off
from inventory.views.receipts import older, told
from inventory.views.stock import PAGE, read_key, rights, with_freshness
from products.forms import SearchForm

REASON_ICONS = {
    WriteOffReason.WILTED: "wilting", WriteOffReason.BROKEN: "close", WriteOffReason.PESTS: "alert",
    WriteOffReason.TRANSIT: "truck", WriteOffReason.TRAINING: "bouquet", WriteOffReason.OWN_USE: "shop",
    WriteOffReason.GIFT: "gift", WriteOffReason.OTHER: "more",
}  # fmt: skip
OFFERED = 20


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.write_off")
def write_off(request: HttpRequest) -> HttpResponse:
    """Choose goods (`?stock=` or `?batch=` has chosen them); a reason writes them off."""
    stock, batch = _chosen(request)
    if stock is None:
        return _choose(request)
    if request.method != "POST":
        return _page(request, stock, batch, WriteOffForm(initial={"quantity": _start(batch)}))
    form = WriteOffForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            document, action = run(lambda: _post(request, stock, batch, data))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            tell(request, action)
            _tell_lost(request, document.lost)
            return redirect(f"{reverse('inventory:stock_list')}?warehouse={stock.warehouse_id}")
    return _page(request, stock, batch, form, status=422)


def _post(
    request: HttpRequest, stock: Stock, batch: StockBatch | None, data: dict[str, Any]
) -> tuple[WriteOff, RecentAction | None]:
    document = post_write_off(
        product=stock.product, warehouse=stock.warehouse, batch=batch, quantity=data["quantity"],
        reason=data["reason"], by=request.user, key=data["key"], comment=data["comment"],
    )  # fmt: skip
    return document, remember_write_off(document, stock, by=request.user)


def _chosen(request: HttpRequest) -> tuple[Stock | None, StockBatch | None]:
    """The stock and batch of the address; nothing chosen is (None, None), something that is not there is a 404."""
    stocks = Stock.objects.select_related("product", "warehouse").filter(product__is_deleted=False)
    key = read_key(request.GET.get("batch", ""))
    if key is not None:
        # A batch that is used up opens no form, but a form that was open may come a second time and be answered.
        batches = StockBatch.objects.all() if request.method == "POST" else StockBatch.objects.filter(is_open=True)
        batch = get_object_or_404(batches, pk=key)
        return get_object_or_404(stocks, pk=batch.stock_id), batch
    key = read_key(request.GET.get("stock", ""))
    return (None if key is None else get_object_or_404(stocks, pk=key)), None


def _choose(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    text = SearchForm.text(request.GET)
    warehouse = wanted_warehouse(request.GET.get("warehouse", ""))
    found = stock_list(on=today, warehouse=warehouse.pk if warehouse else None, text=text).filter(quantity__gt=0)
    stocks = list(found[:OFFERED])
    for stock in stocks:
        with_freshness(stock.open_batches, on=today)
    context = {"stocks": stocks, "text": text, **rights(request.user)}
    return page_or_part(
        request, "inventory/write_off_choose.html", "list", context, status=422 if request.method == "POST" else 200
    )


def _start(batch: StockBatch | None) -> Decimal:
    """All of an expired batch, else one."""
    if batch is not None and freshness(batch, on=timezone.localdate()).level == "expired":
        return batch.remaining
    return Decimal(1) if batch is None else min(Decimal(1), batch.remaining)


def _page(
    request: HttpRequest, stock: Stock, batch: StockBatch | None, form: WriteOffForm, *, status: int = 200
) -> HttpResponse:
    today = timezone.localdate()
    open_batches = with_freshness(list(stock.batches.filter(is_open=True)), on=today)
    context = {
        "stock": stock,
        "batch": next((row for row in open_batches if batch is not None and row.pk == batch.pk), None),
        "batches": open_batches,
        "form": form,
        "reasons": [(value, label, REASON_ICONS[WriteOffReason(value)]) for value, label in WriteOffReason.choices],
        **rights(request.user),
    }
    return page_or_part(request, "inventory/write_off.html", "page", context, status=status)


def _tell_lost(request: HttpRequest, lost: dict[int, Decimal] | None) -> None:
    for sentence in told(lost, _("These goods were promised, and orders wait for them again: %(goods)s.")):
        messages.warning(request, sentence)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.return_to_supplier")
def return_to_supplier(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a batch, or a part of it, back."""
    batch: Any = get_object_or_404(
        StockBatch.objects.select_related("stock__product", "stock__warehouse", "receipt_line__receipt__supplier"),
        pk=pk,
    )
    with_freshness([batch], on=timezone.localdate())
    form = SupplierReturnForm(request.POST) if request.method == "POST" else SupplierReturnForm.for_batch(batch)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            document = run(
                lambda: send_back(
                    batch=batch, quantity=data["quantity"], by=request.user, key=data["key"], comment=data["comment"]
                )
            )
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(
                request,
                _("Return to supplier %(number)s is posted: %(product)s, %(quantity)s.")
                % {
                    "number": document.number,
                    "product": batch.stock.product,
                    "quantity": quantity(document.quantity, batch.stock.product.get_unit_display()),
                },
            )
            _tell_lost(request, document.lost)
            return redirect("inventory:stock_detail", pk=batch.stock_id)
    context = {"batch": batch, "stock": batch.stock, "form": form, **rights(request.user)}
    status = 422 if request.method == "POST" else 200
    return page_or_part(request, "inventory/return_to_supplier.html", "page", context, status=status)


@require_GET
@needs("stock.view")
def list_of_write_offs(request: HttpRequest) -> HttpResponse:
    """Write-offs, newest first."""
    rows = older(write_offs(), request.GET.get("after", ""))
    context = {
        "write_offs": rows[:PAGE],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "rows" if request.GET.get("after") else "page"
    return page_or_part(request, "inventory/write_off_list.html", part, context)
