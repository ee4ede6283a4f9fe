"""The pull list: what to carry from the cold room for some orders or bouquets, and what to buy for them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import needs
from core.htmx import page_or_part
from inventory.models import Warehouse
from inventory.selectors.shelves import freshness
from orders.forms import PullForm
from orders.selectors.lists import View, all_statuses, to_make, view_counts
from orders.selectors.pulling import PullList, pull_for_bouquets, pull_for_orders
from orders.views.lists import PRINTED, view_tabs
from orders.views.printing import chosen_orders
from products.lines import is_key
from products.models import ProductKit


@require_safe
@needs("orders.view")
def pull_list(request: HttpRequest) -> HttpResponse:
    """Of a view (`?view=today`, the default), of chosen orders (`?order=12&order=7`) or of bouquets (`?kit=3&times=10`)."""
    context: dict[str, Any] = {"lists": [], "tabs": [], "kit": None, "form": None, "count": 0}
    if "kit" in request.GET:
        context |= _for_bouquets(request)
    elif "order" in request.GET:
        keys = chosen_orders(request)
        context |= {"lists": pull_for_orders(keys), "count": len(keys)}
    else:
        wanted, now = request.GET.get("view", ""), timezone.now()
        view = View(wanted) if wanted in PRINTED else View.TODAY
        statuses = all_statuses()
        keys = to_make(view, now, statuses)
        tabs = view_tabs(view, view_counts(now, statuses), url_name="orders:pull_list")
        context |= {"lists": pull_for_orders(keys), "count": len(keys), "tabs": tabs[: len(PRINTED)]}
    today = timezone.localdate()
    for place in context["lists"]:
        for row in place.rows:
            for piece in row.taken:
                piece.batch.freshness = freshness(piece.batch, on=today)
    status = 422 if context["form"] is not None and context["form"].errors else 200
    return page_or_part(request, "orders/pull_list.html", "page", context, status=status)


def _for_bouquets(request: HttpRequest) -> dict[str, Any]:
    if not is_key(request.GET["kit"]):
        raise Http404
    kit = get_object_or_404(ProductKit, pk=int(request.GET["kit"]))
    form = PullForm(request.GET)
    lists: list[PullList] = []
    if form.is_valid():
        place = form.cleaned_data["warehouse"] or Warehouse.objects.order_by("-is_default", "position", "pk").first()
        if place is not None:
            lists = [pull_for_bouquets(kit, int(form.cleaned_data["times"]), warehouse=place)]
    return {"kit": kit, "form": form, "lists": lists}
