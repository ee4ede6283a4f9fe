"""Goods that a buyer brings back."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import F, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.htmx import page_or_part
from core.templatetags.florist import quantity
from core.transactions import run
from inventory.askers import askers
from inventory.forms import BackForm, TakeBackForm
from inventory.models import Sale, SaleReturn, Shortage
from inventory.services.returns import LineRefused, SaleBack
from inventory.services.returns import take_back as post_returns
from inventory.views.stock import read_key, rights

MOST_SALES = 100  # of one order


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.take_back")
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back goods of the sales in the address (`?sale=`, once or more often)."""
    keys = [key for key in map(read_key, request.GET.getlist("sale")[:MOST_SALES]) if key is not None]
    if not keys:
        return redirect(f"{reverse('inventory:document_list')}?kind=sale")
    sales = list(Sale.objects.filter(pk__in=keys).select_related("product", "warehouse").order_by("pk"))
    if len(sales) < len(set(keys)):
        raise Http404
    if request.method != "POST":
        return _page(request, sales, TakeBackForm(initial={"reason": "wilted"}), [_entry(sale) for sale in sales])
    form, entries = TakeBackForm(request.POST), [_entry(sale, request.POST) for sale in sales]
    if not all([form.is_valid(), *(entry.is_valid() for entry in entries)]):
        return _page(request, sales, form, entries, status=422)
    chosen = [
        (SaleBack(sale, entry.cleaned_data["quantity"], entry.cleaned_data["spoiled"] or Decimal(0)), entry)
        for sale, entry in zip(sales, entries, strict=True)
        if entry.cleaned_data["quantity"]
    ]
    if not chosen:
        form.add_error(None, _("Enter how much came back of at least one product."))
        return _page(request, sales, form, entries, status=422)
    data = form.cleaned_data
    try:
        done = run(
            lambda: post_returns(
                [line for line, _entry in chosen],
                reason=data["reason"],
                to=data["to"],
                by=request.user,
                key=data["key"],
            )
        )
    except LineRefused as refused:
        chosen[refused.line][1].add_refusal(refused.refusal)
        return _page(request, sales, form, entries, status=422)
    messages.success(request, _("Taken back: %(goods)s.") % {"goods": _goods(done)})
    return redirect(_way_back(sales, done))


def _entry(sale: Sale, sent: Any = None) -> BackForm:
    return BackForm(sent, prefix=f"sale-{sale.pk}")


def _goods(done: Sequence[SaleReturn]) -> str:
    return "; ".join(
        f"{row.sale.product} — {quantity(row.quantity, row.sale.product.get_unit_display())}" for row in done
    )


def _way_back(sales: Sequence[Sale], done: Sequence[SaleReturn]) -> str:
    """To the order when the goods are of one, else to the document."""
    orders = {asker.url for asker in askers(sale.demand_id for sale in sales if sale.demand_id).values()} - {""}
    if len(orders) == 1:
        return orders.pop()
    if len(done) == 1:
        return reverse("inventory:document_detail", args=["sale_return", done[0].pk])
    return f"{reverse('inventory:document_list')}?kind=sale_return"


def _page(
    request: HttpRequest, sales: Sequence[Sale], form: TakeBackForm, entries: Sequence[BackForm], *, status: int = 200
) -> HttpResponse:
    lines = [
        {"sale": sale, "entry": entry, "out": Decimal(0) if sale.reversed_at else sale.quantity - sale.returned}
        for sale, entry in zip(sales, entries, strict=True)
    ]
    names = askers(sale.demand_id for sale in sales if sale.demand_id)
    owed = Shortage.objects.filter(sale__in=sales, open__gt=0).aggregate(open=Sum(F("open")))["open"]
    context = {
        "lines": lines,
        "form": form,
        "askers": list({asker.name: asker for asker in names.values()}.values()),
        "any_out": any(line["out"] for line in lines),
        "owed": owed,
        "back_url": next((each.url for each in names.values() if each.url), ""),
        **rights(request.user),
    }
    return page_or_part(request, "inventory/take_back.html", "page", context, status=status)
