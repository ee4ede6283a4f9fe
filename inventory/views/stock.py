"""Looking at the stock: the list by risk, one product in one warehouse, what is promised."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.access import may, needs
from core.htmx import page_or_part
from inventory.models import Stock, StockBatch, Warehouse
from inventory.selectors.assembling import bouquets_among
from inventory.selectors.documents import wanted_warehouse
from inventory.selectors.ledger import latest_movements, ledger_sums
from inventory.selectors.promises import active_reservations, waiting_list, waiting_of
from inventory.selectors.shelves import (
    EXPIRED,
    OWED,
    VIEWS,
    after_risk,
    freshness,
    risk_cursor,
    stock_counts,
    stock_list,
)
from products.forms import SearchForm

PAGE = 50


def read_key(text: str) -> int | None:
    """A row's key as an address carries it; None for what can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def chosen_goods(request: HttpRequest) -> tuple[Stock | None, StockBatch | None]:
    """The stock and batch of the address; nothing chosen is (None, None), something that is not there is a 404."""
    stocks = Stock.objects.select_related("product", "warehouse").filter(
        product__is_deleted=False, warehouse__is_deleted=False
    )
    key = read_key(request.GET.get("batch", ""))
    if key is not None:
        batch = get_object_or_404(StockBatch.objects.filter(is_open=True), pk=key)
        return get_object_or_404(stocks, pk=batch.stock_id), batch
    key = read_key(request.GET.get("stock", ""))
    return (None if key is None else get_object_or_404(stocks, pk=key)), None


def rights(user: Any) -> dict[str, bool]:
    """What the person may do with the stock, for templates."""
    return {
        "may_receive": may(user, "stock.receive"),
        "may_write_off": may(user, "stock.write_off"),
        "may_return": may(user, "stock.return_to_supplier"),
        "may_count": may(user, "stock.count"),
        "may_apply_count": may(user, "stock.apply_count"),
        "may_transfer": may(user, "stock.transfer"),
        "may_regrade": may(user, "stock.regrade"),
        "may_mark_down": may(user, "stock.mark_down"),
        "may_take_back": may(user, "stock.take_back"),
        "may_assemble": may(user, "stock.assemble"),
        "sees_cost": may(user, "stock.cost"),
        "may_correct_cost": may(user, "stock.correct_cost"),
    }


def with_freshness(batches: list[StockBatch], *, on: date) -> list[StockBatch]:
    """The batches with `freshness` and `life`, the share of their life that is left in per cent."""
    for batch in batches:
        state = freshness(batch, on=on)
        whole = 1 if batch.expires_on is None else max((batch.expires_on - batch.received_on).days, 1)
        batch.freshness = state  # type: ignore[attr-defined]  # for the template
        batch.life = max(0, min(100, 100 * (state.days_left or 0) // whole))  # type: ignore[attr-defined]
    return batches


@require_GET
@needs("stock.view")
def list_of_stock(request: HttpRequest) -> HttpResponse:
    """Products of a warehouse, those that need a look first."""
    today = timezone.localdate()
    warehouse = wanted_warehouse(request.GET.get("warehouse", ""))
    text = SearchForm.text(request.GET)
    view = request.GET.get("view", "")
    key = warehouse.pk if warehouse else None
    found = stock_list(on=today, warehouse=key, text=text, view=view)
    rows = list(after_risk(found, request.GET.get("after", ""))[: PAGE + 1])
    shown = rows[:PAGE]
    for stock in shown:
        with_freshness(stock.open_batches, on=today)
    query = request.GET.copy()
    query.pop("after", None)
    if len(rows) > PAGE:
        query["after"] = risk_cursor(shown[-1])
    context = {
        "stocks": shown,
        "warehouse": warehouse,
        "warehouses": Warehouse.objects.order_by("-is_default", "position", "pk"),
        "text": text,
        "view": view if view in {*VIEWS, EXPIRED, OWED} else "",
        "counts": stock_counts(on=today, warehouse=key),
        "next_url": f"?{query.urlencode()}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "rows" if request.GET.get("after") else "list"
    return page_or_part(request, "inventory/stock_list.html", part, context)


@require_GET
@needs("stock.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One product in one warehouse: batches, promises, who waits, and how the figure came to be."""
    stock = get_object_or_404(Stock.objects.select_related("product", "warehouse"), pk=pk)
    seq = read_key(request.GET.get("before", ""))
    movements = latest_movements(stock, before=seq, size=PAGE + 1)
    batches = with_freshness(list(stock.batches.filter(is_open=True)), on=timezone.localdate())
    assembled = bouquets_among(batches)
    context = {
        "stock": stock,
        "batches": batches,
        "bouquets": [batch for batch in batches if batch.pk in assembled],
        "bought": [batch for batch in batches if batch.pk not in assembled],
        "reservations": list(active_reservations().filter(stock=stock)[:PAGE]),
        "waiting": waiting_of(stock)[:PAGE],
        "movements": movements[:PAGE],
        "sums": [] if seq else ledger_sums(stock),
        "next_url": f"?before={movements[PAGE - 1].movement.seq}" if len(movements) > PAGE else "",
        **rights(request.user),
    }
    return page_or_part(request, "inventory/stock_detail.html", "ledger" if seq else "page", context)


@require_GET
@needs("stock.view")
def reservations(request: HttpRequest) -> HttpResponse:
    """What is promised and who waits, earliest needed first."""
    context = {"reservations": active_reservations()[:200], "waiting": waiting_list()[:200]}
    return page_or_part(request, "inventory/reservation_list.html", "page", context)
