"""Goods that turn out to be another product, and goods that are sold cheaper."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.templatetags.florist import money, quantity
from core.transactions import run
from inventory.forms import MarkDownForm, RegradeForm, RegradeLineForm
from inventory.models import Regrade, Stock, StockBatch
from inventory.selectors.documents import price_of_reduced, regrades
from inventory.services.regrading import mark_down as post_mark_down
from inventory.services.regrading import regrade as post_regrade
from inventory.views.receipts import older
from inventory.views.stock import PAGE, chosen_goods, rights, with_freshness
from products.lines import Lines


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.mark_down")
def mark_down(request: HttpRequest) -> HttpResponse:
    """Sell goods of `?stock=` or `?batch=` cheaper; who comes without goods chooses them in the stock."""
    stock, batch = chosen_goods(request)
    if stock is None:
        return redirect("inventory:stock_list")
    price, holds = price_of_reduced(stock.product)
    form = MarkDownForm(initial={"quantity": _all_free(stock, batch), "price": price})
    if request.method == "POST":
        form = MarkDownForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                document = run(
                    lambda: post_mark_down(
                        product=stock.product, warehouse=stock.warehouse, quantity=data["quantity"], price=data["price"],
                        batch=batch, by=request.user, key=data["key"], comment=data["comment"],
                    )
                )  # fmt: skip
            except DomainError as refusal:
                form.add_refusal(refusal)
            else:
                messages.success(
                    request,
                    _("Marked down: %(product)s, %(quantity)s, now %(price)s each.")
                    % {
                        "product": stock.product,
                        "quantity": quantity(document.quantity, stock.product.get_unit_display()),
                        "price": money(data["price"]),
                    },
                )
                return _to_what_it_is(document)
    context = {**_goods(stock, batch), "form": form, "holds": holds, "reduced_price": price, **rights(request.user)}
    status = 422 if form.errors else 200
    return page_or_part(request, "inventory/mark_down.html", "page", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.regrade")
def regrade(request: HttpRequest) -> HttpResponse:
    """Say what goods of `?stock=` or `?batch=` really are; who comes without goods chooses them in the stock."""
    stock, batch = chosen_goods(request)
    if stock is None:
        return redirect("inventory:stock_list")
    if request.method != "POST":
        lines = Lines(RegradeLineForm, start=[{"quantity": _all_free(stock, batch) if batch else ""}])
        lines.focus = 0
        lines.open()
        return _regrade_page(request, stock, batch, RegradeForm(), lines)
    form, lines = RegradeForm(request.POST), Lines(RegradeLineForm, request.POST)
    del lines.raw[1:]
    if lines.change(request.POST):
        lines.open()
        return _regrade_page(request, stock, batch, RegradeForm(initial=request.POST.dict()), lines)
    rows = lines.checked()
    if not form.is_valid() or rows is None:
        return _regrade_page(request, stock, batch, form, lines, status=422)
    [row] = rows
    try:
        document = run(
            lambda: post_regrade(
                source=stock.product, target=row["product"], warehouse=stock.warehouse, quantity=row["quantity"],
                batch=batch, by=request.user, key=form.cleaned_data["key"], comment=form.cleaned_data["comment"],
            )
        )  # fmt: skip
    except DomainError as refusal:
        line = lines.forms[0]
        line.add_error("product" if refusal.field == "target" else None, str(refusal))
        return _regrade_page(request, stock, batch, form, lines, status=422)
    messages.success(
        request,
        _("%(source)s is now %(target)s: %(quantity)s.")
        % {
            "source": stock.product,
            "target": row["product"],
            "quantity": quantity(document.quantity, stock.product.get_unit_display()),
        },
    )
    return _to_what_it_is(document)


def _regrade_page(
    request: HttpRequest, stock: Stock, batch: StockBatch | None, form: RegradeForm, lines: Lines[RegradeLineForm], *,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {**_goods(stock, batch), "form": form, "lines": lines, "line": lines.forms[0], **rights(request.user)}
    return page_or_part(request, "inventory/regrade.html", "lines", context, status=status)


def _all_free(stock: Stock, batch: StockBatch | None) -> Decimal:
    """The whole batch, or everything, as far as it is promised to nobody."""
    return stock.free if batch is None else min(batch.remaining, stock.free)


def _goods(stock: Stock, batch: StockBatch | None) -> dict[str, Any]:
    batches = with_freshness(list(stock.batches.filter(is_open=True)), on=timezone.localdate())
    chosen = next((row for row in batches if batch is not None and row.pk == batch.pk), None)
    return {"stock": stock, "batch": chosen, "batches": batches}


def _to_what_it_is(document: Regrade) -> HttpResponse:
    """To the goods as they are from now on."""
    key = Stock.objects.values_list("pk", flat=True).get(product=document.target_id, warehouse=document.warehouse_id)
    return redirect("inventory:stock_detail", pk=key)


@require_GET
@needs("stock.view")
def list_of_regrades(request: HttpRequest) -> HttpResponse:
    """Regrades and markdowns, newest first."""
    rows = older(regrades(), request.GET.get("after", ""))
    context = {
        "regrades": rows[:PAGE],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "rows" if request.GET.get("after") else "page"
    return page_or_part(request, "inventory/regrade_list.html", part, context)
