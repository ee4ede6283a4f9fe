"""Who brings goods, and how they pack them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from inventory.forms import PackForm
from inventory.models import Supplier
from inventory.selectors.packing import packs_of, suppliers, units_of
from inventory.services.suppliers import pack_so
from inventory.undo import unpack_and_remember
from inventory.views.stock import rights
from products.lines import Lines
from products.models import PurchaseUnit


@require_safe
@needs("stock.view")
def list_of_suppliers(request: HttpRequest) -> HttpResponse:
    """All suppliers by name."""
    return page_or_part(request, "inventory/supplier_list.html", "page", {"suppliers": suppliers()})


@require_safe
@needs("stock.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One supplier and what it packs how."""
    supplier = get_object_or_404(Supplier, pk=pk)
    context: dict[str, Any] = {"supplier": supplier, "packs": packs_of(supplier), **rights(request.user)}
    return page_or_part(request, "inventory/supplier_detail.html", "page", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.receive")
def pack(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the supplier packs a product so."""
    supplier = get_object_or_404(Supplier, pk=pk)
    lines = Lines(PackForm, request.POST if request.method == "POST" else None)
    del lines.raw[1:]
    if request.method != "POST" or lines.change(request.POST):
        lines.open()
        return _page(request, supplier, lines)
    rows = lines.checked()
    if rows is not None:
        unit = rows[0]["unit"]
        try:
            run(lambda: pack_so(supplier, unit))
        except DomainError as refusal:
            lines.forms[0].add_error("unit", str(refusal))
        else:
            messages.success(
                request, _("%(product)s: %(unit)s is noted.") % {"product": rows[0]["product"], "unit": unit}
            )
            return redirect("inventory:supplier_detail", pk=pk)
    return _page(request, supplier, lines, status=422)


@require_POST
@needs("stock.receive")
def unpack(request: HttpRequest, pk: int, unit: int) -> HttpResponse:
    """Say that the supplier packs a product so no more."""
    supplier = get_object_or_404(Supplier, pk=pk)
    found = get_object_or_404(PurchaseUnit.objects.select_related("product"), pk=unit)
    action = run(lambda: unpack_and_remember(supplier, found, by=request.user))
    if action is not None:
        tell(request, action)
    return redirect("inventory:supplier_detail", pk=pk)


def _page(request: HttpRequest, supplier: Supplier, lines: Lines[PackForm], *, status: int = 200) -> HttpResponse:
    line = lines.forms[0]
    if line.chosen is not None:
        line.offer(units_of([line.chosen.pk]).get(line.chosen.pk, []))
    context = {"supplier": supplier, "line": line, "may_change": may(request.user, "catalogue.change")}
    return page_or_part(request, "inventory/supplier_pack.html", "lines", context, status=status)
