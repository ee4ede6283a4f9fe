"""The ledger on the screen, and what the figures of a stock are made of."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.access import may, needs
from core.errors import NotAllowed
from core.htmx import page_or_part
from inventory.documents import KINDS
from inventory.models import MovementKind, Sale, Stock, Warehouse
from inventory.selectors.ledger import Asked, movements
from inventory.selectors.origins import origin_of_quantity, origin_of_reserve, origins_of_cost
from inventory.views.documents import read_day
from inventory.views.stock import PAGE, read_key, rights
from products.forms import SearchForm

LAST_SALES = 10


@require_GET
@needs("stock.view")
def list_of_movements(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first; goods, warehouse, what happened, documents and days of the address narrow it."""
    kind, document = read_key(request.GET.get("kind", "")), request.GET.get("document", "")
    asked = Asked(
        stock=read_key(request.GET.get("stock", "")),
        text=SearchForm.text(request.GET),
        warehouse=read_key(request.GET.get("warehouse", "")),
        kind=kind if kind in MovementKind.values else None,
        document=document if document in KINDS else "",
        since=read_day(request.GET.get("since", "")),
        until=read_day(request.GET.get("until", "")),
    )
    after = read_key(request.GET.get("after", ""))
    rows = movements(asked, before=after, size=PAGE + 1)
    query = request.GET.copy()
    if len(rows) > PAGE:
        query["after"] = str(rows[PAGE - 1].movement.pk)
    context = {
        "asked": asked,
        "rows": rows[:PAGE],
        "chosen": Stock.objects.select_related("product", "warehouse").filter(pk=asked.stock).first(),
        "warehouses": Warehouse.objects.order_by("-is_default", "position", "pk"),
        "kinds": MovementKind.choices,
        "documents": KINDS.values(),
        "narrowed": asked != Asked(),
        "next_url": f"?{query.urlencode()}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    return page_or_part(request, "inventory/movement_list.html", "rows" if after else "list", context)


@require_GET
@needs("stock.view")
def origins(request: HttpRequest, pk: int) -> HttpResponse:
    """What is on hand, what is reserved (`?figure=reserve`) or what was sold last (`?figure=cost`) is made of."""
    stock = get_object_or_404(Stock.objects.select_related("product", "warehouse"), pk=pk)
    figure = request.GET.get("figure", "")
    found: list[dict[str, Any]]
    if figure == "cost":
        if not may(request.user, "stock.cost"):
            raise NotAllowed(_("Your role does not show what goods cost. Ask the owner or a manager."))
        found = _sold_last(stock)
    else:
        figure = "reserve" if figure == "reserve" else "quantity"
        origin = origin_of_reserve(stock) if figure == "reserve" else origin_of_quantity(stock)
        found = [{"name": origin.name, "url": "", "origin": origin}]
    context = {"stock": stock, "figure": figure, "origins": found, **rights(request.user)}
    return page_or_part(request, "inventory/stock_origins.html", "page", context)


def _sold_last(stock: Stock) -> list[dict[str, Any]]:
    """The last sales, newest first, each with what its goods cost."""
    live = Sale.objects.filter(product=stock.product_id, warehouse=stock.warehouse_id, reversed_at=None)
    sales = list(live.select_related("product").order_by("-sold_at", "-pk")[:LAST_SALES])
    costs = origins_of_cost(sales)
    return [
        {
            "name": f"{Sale._meta.verbose_name} {sale.pk}",
            "url": reverse("inventory:document_detail", args=["sale", sale.pk]),
            "at": sale.sold_at,
            "origin": costs[sale.pk],
        }
        for sale in sales
    ]
