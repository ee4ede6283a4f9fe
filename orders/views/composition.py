"""What a line of an order really takes from the stock: another product instead, or as much as was used in the end."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.errors import DomainError
from core.transactions import run
from inventory.services.demands import DemandInput
from orders.forms import CompositionForm
from orders.goods import free_for, substitutes_for
from orders.models import Order, OrderItem, OrderItemDemand
from orders.services.stock_sync import CompositionChanged, refuse_unless_reserved, replace_demands
from products.models import Product


@require_http_methods(["GET", "HEAD", "POST"])
@needs("orders.change")
def composition(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """The products behind one line, to be changed while the order is reserved."""
    order = get_object_or_404(Order.objects.select_related("status", "warehouse"), pk=pk)
    line = get_object_or_404(OrderItem.objects.select_related("product", "kit"), pk=item, order=order)
    line.order = order
    refuse_unless_reserved(order)
    form = _form(order, line, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, form)
    if form.is_stale:
        refusal = CompositionChanged(line)
        return _page(request, _form(order, line, None), refusal.status, refusal=refusal)
    if not form.is_valid():
        return _page(request, form, 422)
    wanted = _wanted(form)
    if _as_it_is(form, wanted):
        messages.info(request, _("Nothing was changed: “%(line)s” is made of the same as before.") % {"line": line})
        return redirect("orders:order_detail", pk)
    try:
        run(lambda: replace_demands(line, wanted, by=request.user, seen=form.seen_demands))
    except CompositionChanged as refusal:
        return _page(request, _form(order, line, None), refusal.status, refusal=refusal)
    messages.success(request, _("The composition of “%(line)s” is changed.") % {"line": line})
    return redirect("orders:order_detail", pk)


def _form(order: Order, line: OrderItem, data: Any) -> CompositionForm:
    links = OrderItemDemand.objects.filter(item=line, demand__cancelled_at__isnull=True)
    demands = [link.demand for link in links.select_related("demand__product").order_by("pk")]
    asked: dict[Product, Decimal] = defaultdict(Decimal)
    for demand in demands:
        asked[demand.product] += demand.quantity
    return CompositionForm(
        data, order=order, line=line, demands=demands, substitutes=substitutes_for(asked, order=order),
        free=free_for([product.pk for product in asked], warehouse=order.warehouse, order=order),
    )  # fmt: skip


def _wanted(form: CompositionForm) -> list[DemandInput]:
    """What is asked for now; the same product named twice is one demand."""
    amounts: dict[Product, Decimal] = defaultdict(Decimal)
    for product, quantity in form.wanted():
        amounts[product] += quantity
    return [DemandInput(product, quantity) for product, quantity in amounts.items()]


def _as_it_is(form: CompositionForm, wanted: Sequence[DemandInput]) -> bool:
    now = sorted((demand.product_id, demand.quantity) for demand in form.demands)
    return now == sorted((want.product.pk, want.quantity) for want in wanted)


def _page(
    request: HttpRequest, form: CompositionForm, status: int = 200, refusal: DomainError | None = None
) -> HttpResponse:
    context = {"form": form, "order": form.order, "line": form.line, "refusal": refusal}
    return render(request, "orders/composition.html", context, status=status)
