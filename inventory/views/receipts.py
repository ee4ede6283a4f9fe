"""Receiving goods and looking at what was received."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.templatetags.florist import money, quantity
from core.transactions import run
from inventory.forms import CostCorrectionForm, ReceiptForm, ReceiptLineForm
from inventory.models import ReceiptLine, Stock, StockBatch, StockDemand, Supplier
from inventory.selectors.costs import last_prices
from inventory.selectors.documents import corrected_by, cost_corrections, last_counted, receipts, wanted_warehouse
from inventory.selectors.packing import offered, units_of
from inventory.selectors.promises import waiting_for
from inventory.services.cost_corrections import correct_cost as post_correction
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.views.stock import PAGE, read_key, rights
from products.lines import Lines
from products.models import Product
from products.selectors import written


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.receive")
def receive(request: HttpRequest) -> HttpResponse:
    """Post a receipt of several lines."""
    if request.method != "POST":
        form = ReceiptForm(initial=_start(request))
        lines = Lines(ReceiptLineForm, start=[_first_line(request)])
        lines.open()
        _as_last_time(lines, supplier=form.initial["supplier"] and form.initial["supplier"].pk)
        return _page(request, form, lines)
    lines = Lines(ReceiptLineForm, request.POST)
    if lines.change(request.POST):
        lines.open()
        if "choose" in request.POST or request.POST.get("do") == "look":
            _as_last_time(lines, supplier=read_key(request.POST.get("supplier", "")))
        return _page(request, ReceiptForm(initial=request.POST.dict()), lines)
    form = ReceiptForm(request.POST)
    rows = lines.checked()
    if form.is_valid() and rows is not None:
        data = form.cleaned_data
        wanted = [
            ReceiptLineInput(row["product"], row["quantity"], row["unit_cost"], row["expires_on"], row["unit"])
            for row in rows
        ]
        try:
            receipt = run(
                lambda: post_receipt(
                    warehouse=data["warehouse"], supplier=data["supplier"], received_at=form.received_at(),
                    lines=wanted, freight=data["freight"], spread=data["spread"], by=request.user, key=data["key"],
                    comment=data["comment"],
                )
            )  # fmt: skip
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Receipt %(number)s is posted.") % {"number": receipt.number})
            for sentence in told(receipt.served, _("Reserved at once for orders that waited: %(goods)s.")):
                messages.info(request, sentence)
            return redirect("inventory:receipt_detail", pk=receipt.pk)
    return _page(request, form, lines, status=422)


def _start(request: HttpRequest) -> dict[str, Any]:
    """What the form opens with: today, and what the address names."""
    return {
        "warehouse": wanted_warehouse(request.GET.get("warehouse", "")),
        "supplier": Supplier.objects.filter(pk=read_key(request.GET.get("supplier", ""))).first(),
        "received_on": timezone.localdate(),
    }


def _first_line(request: HttpRequest) -> dict[str, Any]:
    product = Product.objects.filter(pk=read_key(request.GET.get("product", ""))).first()
    return {"product": written(product)} if product else {}


def _page(request: HttpRequest, form: ReceiptForm, lines: Lines[ReceiptLineForm], *, status: int = 200) -> HttpResponse:
    day = _day(form)
    may_do = rights(request.user)
    chosen = [line.chosen.pk for line in lines.forms if line.chosen]
    costs = last_prices(chosen) if may_do["sees_cost"] else {}
    units, supplier = units_of(chosen), _supplier(form)
    for line in lines.forms:
        line.reckon_with(lines.forms)
        if line.chosen is not None:
            line.last_cost = costs.get(line.chosen.pk)
            its_units = units.get(line.chosen.pk, [])
            line.offer(offered(its_units, supplier), all_units=its_units)
            if line.chosen.vase_life_days is not None:
                line.fresh_until = day + timedelta(days=line.chosen.vase_life_days)
    totals = [line.counted.total for line in lines.forms if line.chosen and line.counted]
    context = {"form": form, "lines": lines, "total": sum(totals, Decimal(0)), **may_do}
    return page_or_part(request, "inventory/receive.html", "lines", context, status=status)


def _as_last_time(lines: Lines[ReceiptLineForm], *, supplier: int | None) -> None:
    """Lines with a product and no quantity begin as this supplier brought it last: so many, counted so."""
    empty = [line for line in lines.forms if line.chosen and not str(line.initial.get("quantity") or "").strip()]
    keys = [line.chosen.pk for line in empty if line.chosen]
    if not keys:
        return
    last, units = last_counted(keys, supplier=supplier), units_of(keys)
    for line in empty:
        before = last.get(line.chosen.pk) if line.chosen else None
        if before is None:
            continue
        may_be = offered(units.get(before.product_id, ()), supplier)
        same = [unit for unit in may_be if unit.facts == before.packed_in]
        if same and before.packs is not None:
            line.initial = {**line.initial, "quantity": before.packs, "unit": str(same[0].pk)}
        else:
            line.initial = {**line.initial, "quantity": before.quantity, "unit": ""}


def _supplier(form: ReceiptForm) -> int | None:
    """The key of the supplier chosen so far."""
    chosen = form["supplier"].value()
    return chosen.pk if isinstance(chosen, Supplier) else read_key(str(chosen or ""))


def _day(form: ReceiptForm) -> Any:
    """The day of receipt as typed so far; today while it can't be read."""
    typed = form.data.get("received_on") if form.is_bound else form.initial.get("received_on")
    try:
        return form.fields["received_on"].to_python(typed) or timezone.localdate()
    except ValidationError:
        return timezone.localdate()


def told(amounts: dict[int, Decimal] | None, sentence: str) -> list[str]:
    """`sentence` with the goods of these demands summed up by product; nothing when there are none."""
    if not amounts:
        return []
    totals: dict[Any, Decimal] = {}
    for demand in StockDemand.objects.filter(pk__in=amounts).select_related("product").order_by("product__name"):
        totals[demand.product] = totals.get(demand.product, Decimal(0)) + amounts[demand.pk]
    goods = "; ".join(
        f"{product} — {quantity(amount, product.get_unit_display())}" for product, amount in totals.items()
    )
    return [sentence % {"goods": goods}]


@require_GET
@needs("stock.view")
def list_of_receipts(request: HttpRequest) -> HttpResponse:
    """Receipts, newest first."""
    rows = older(receipts(), request.GET.get("after", ""))
    may_do = rights(request.user)
    corrected = corrected_by(rows[:PAGE]) if may_do["sees_cost"] else {}
    for row in rows[:PAGE]:
        row.cost_now = row.total_cost + corrected.get(row.pk, Decimal(0))
    context = {
        "receipts": rows[:PAGE],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        **may_do,
    }
    part = "rows" if request.GET.get("after") else "page"
    return page_or_part(request, "inventory/receipt_list.html", part, context)


def older(rows: Any, cursor: str) -> list[Any]:
    """One page and one row more of documents that are older than the one with the key `cursor`."""
    before = read_key(cursor)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[: PAGE + 1])


@require_GET
@needs("stock.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One receipt, what became of it, and who still waits for these goods."""
    receipt = get_object_or_404(receipts(), pk=pk)
    lines = list(receipt.lines.select_related("product").prefetch_related("batches"))
    stocks = {
        stock.product_id: stock
        for stock in Stock.objects.filter(
            warehouse=receipt.warehouse_id, product__in=[line.product_id for line in lines]
        )
    }
    for line in lines:
        line.stock = stocks.get(line.product_id)  # type: ignore[attr-defined]  # for the template
        line.batch = next(iter(line.batches.all()), None)  # type: ignore[attr-defined]
    waiting = list(waiting_for(list(stocks), warehouse=receipt.warehouse_id)[:PAGE])
    may_do = rights(request.user)
    corrections = list(cost_corrections(receipt)) if may_do["sees_cost"] else []
    context = {
        "receipt": receipt,
        "lines": lines,
        "waiting": waiting,
        "corrections": corrections,
        "total_cost": receipt.total_cost + sum((row.difference for row in corrections), Decimal(0)),
        **may_do,
    }
    return page_or_part(request, "inventory/receipt_detail.html", "page", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.correct_cost")
def correct_cost(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Correct what the goods of one line cost."""
    row = get_object_or_404(ReceiptLine.objects.select_related("product", "receipt__warehouse"), pk=line, receipt=pk)
    form = CostCorrectionForm(request.POST) if request.method == "POST" else CostCorrectionForm()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            document = run(
                lambda: post_correction(
                    row, cost=data["cost"], by=request.user, key=data["key"], comment=data["comment"]
                )
            )
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(
                request,
                _("The cost of %(product)s is corrected: %(before)s before, %(after)s now.")
                % {"product": row.product, "before": money(document.cost_before), "after": money(document.cost)},
            )
            return redirect("inventory:receipt_detail", pk=pk)
    batch = get_object_or_404(StockBatch, receipt_line=row)
    context = {
        "line": row, "batch": batch, "goods_cost": batch.total_cost - row.freight,
        "left": batch.quantity - batch.remaining, "form": form, **rights(request.user),
    }  # fmt: skip
    return page_or_part(
        request, "inventory/correct_cost.html", "page", context, status=422 if request.method == "POST" else 200
    )
