"""The places where goods are kept, and how goods leave them."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from inventory.forms import WarehouseForm
from inventory.models import Warehouse
from inventory.services.places import owed_in, save_warehouse


@require_safe
@needs("shop.set_up")
def list_of_warehouses(request: HttpRequest) -> HttpResponse:
    """All warehouses, the main one first."""
    owed = Count("stocks", filter=Q(stocks__short__gt=0))
    rows = Warehouse.objects.annotate(owed=owed).order_by("-is_default", "position", "pk")
    return page_or_part(request, "inventory/warehouse_list.html", "page", {"warehouses": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("shop.set_up")
def create(request: HttpRequest) -> HttpResponse:
    """A new warehouse."""
    return _edit(request, Warehouse())


@require_http_methods(["GET", "HEAD", "POST"])
@needs("shop.set_up")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """How goods leave a warehouse."""
    return _edit(request, get_object_or_404(Warehouse, pk=pk))


def _edit(request: HttpRequest, warehouse: Warehouse) -> HttpResponse:
    name = warehouse.name  # the form puts what was typed into the row
    form = WarehouseForm(request.POST if request.method == "POST" else None, instance=warehouse)
    if form.is_valid():
        make_main = form.cleaned_data.get("make_main", False)
        try:
            saved = run(lambda: save_warehouse(form.instance, make_main=make_main))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("inventory:warehouse_list")
    context = {
        "warehouse": warehouse,
        "name": name,
        "form": form,
        "owed": owed_in(warehouse)[:50] if warehouse.pk else [],
    }
    return page_or_part(
        request, "inventory/warehouse_form.html", "page", context, status=422 if request.method == "POST" else 200
    )
