"""All documents that move goods: the list, and the page of those that have none of their own."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from core.access import may, needs
from core.htmx import page_or_part
from core.quantities import round_money
from inventory.askers import askers
from inventory.documents import KINDS, documents
from inventory.models import Assembly, Disassembly, Sale, SaleReturn, StockMovement, Warehouse
from inventory.papers import PAPERS
from inventory.selectors.assembling import made_by, recipe_of, used_by
from inventory.selectors.origins import origins_of_cost
from inventory.services.assembling import bouquet_as_made
from inventory.views.stock import PAGE, read_key, rights, with_freshness
from products.domain.margin import Margin
from products.forms import SearchForm


@require_GET
@needs("stock.view")
def list_of_documents(request: HttpRequest) -> HttpResponse:
    """Documents of all kinds, newest first; kind, warehouse, days and words of the address narrow the list."""
    asked: dict[str, Any] = {
        "kind": request.GET.get("kind", ""),
        "warehouse": read_key(request.GET.get("warehouse", "")),
        "text": SearchForm.text(request.GET),
        "since": read_day(request.GET.get("since", "")),
        "until": read_day(request.GET.get("until", "")),
    }
    rows = documents(size=PAGE + 1, after=request.GET.get("after", ""), **asked)
    query = request.GET.copy()
    if len(rows) > PAGE:
        query["after"] = rows[PAGE - 1].cursor
    context = {
        **asked,
        "rows": rows[:PAGE],
        "kinds": KINDS.values(),
        "warehouses": Warehouse.objects.order_by("-is_default", "position", "pk"),
        "narrowed": any(asked.values()),
        "next_url": f"?{query.urlencode()}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "rows" if request.GET.get("after") else "list"
    return page_or_part(request, "inventory/document_list.html", part, context)


def read_day(text: str) -> date | None:
    """A day as an address carries it; None for what is none."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-11-21") else None
    except ValueError:
        return None


@require_GET
@needs("stock.view")
def detail(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """A document of one line: what it says and what it moved."""
    found = KINDS.get(kind)
    if found is None or found.source is None:
        raise Http404
    document: Any = get_object_or_404(found.model._default_manager.select_related("by"), pk=pk)
    [row] = documents(size=1, kind=kind, key=pk)
    movements = (
        StockMovement.objects.filter(source_kind=found.source, source_id=pk)
        .select_related("stock__product", "stock__warehouse", "by")
        .order_by("created_at", "pk")
    )
    context = {
        "document": document,
        "row": row,
        "movements": list(movements),
        "printed": kind in PAPERS,
        "may_change_catalogue": may(request.user, "catalogue.change"),
        **_more(document),
        **rights(request.user),
    }
    return page_or_part(request, "inventory/document_detail.html", "page", context)


def _as_recipe(assembly: Assembly) -> str:
    """What went into one bouquet, as the page of a new recipe reads it from its address; nothing when there is one."""
    if assembly.kit_id is not None:
        return ""
    parts = [("part", f"{part.product.pk}:{part.quantity}") for part in recipe_of(assembly)]
    return urlencode([("name", assembly.product.name), ("price", assembly.product.sale_price), *parts])


def _more(document: Any) -> dict[str, Any]:
    """What the page shows of some kinds beside their ledger rows."""
    if isinstance(document, Assembly):
        used = used_by(document)
        with_freshness([piece.batch for row in used for piece in row.taken], on=timezone.localdate())
        return {"used": used, "made": made_by(document), "as_recipe": _as_recipe(document)}
    if isinstance(document, Disassembly):
        repair = Assembly.objects.filter(repaired=document).first()
        return {
            "assembly": bouquet_as_made(document.batch).assembly,
            "repair": repair,
            # The work on a repaired bouquet goes on in the new one.
            "lost": Decimal(0) if repair else document.cost - document.parts_cost,
        }
    if isinstance(document, Sale):
        [cost] = origins_of_cost([document]).values()
        out = document.quantity - document.returned
        kept = document.amount * out / document.quantity
        names = askers([document.demand_id] if document.demand_id else [])
        return {
            "asker": next(iter(names.values()), None),
            "cost": cost,
            "margin": Margin(round_money(kept), round_money(document.cost - document.returned_cost)),
            "returns": list(document.returns.select_related("by").order_by("pk")),
            "can_come_back": out > 0 and document.is_live,
        }
    if isinstance(document, SaleReturn):
        return {"sale": document.sale}
    return {}
