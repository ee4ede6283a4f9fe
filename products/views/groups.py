"""Interchangeable products: any red rose of 60 cm."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.forms import GroupForm, VariantForm
from products.lines import Lines
from products.models import ProductVariant, ProductVariantGroup
from products.selectors import written
from products.services.kits import save_group
from products.stock_figures import figures
from products.undo import delete_and_remember

MOST = 200  # groups on one page: a shop has a few dozen


@require_GET
@needs("catalogue.view")
def list_of_groups(request: HttpRequest) -> HttpResponse:
    """Every group with its products in the order in which they are taken."""
    may_change = may(request.user, "catalogue.change")
    variants = ProductVariant.objects.select_related("product")
    groups = list(ProductVariantGroup.objects.prefetch_related(Prefetch("variants", variants))[:MOST])
    rows = [variant for group in groups for variant in group.variants.all()]
    known = figures(sorted({row.product_id for row in rows}))
    for row in rows:
        row.figures = known.get(row.product_id)
    context = {"groups": groups, "may_change": may_change}
    return page_or_part(request, "products/group_list.html", "list", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def create(request: HttpRequest) -> HttpResponse:
    """A new group."""
    return _edit(request, ProductVariantGroup())


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a group. Orders that are confirmed keep the product that was chosen for them."""
    return _edit(request, get_object_or_404(ProductVariantGroup, pk=pk))


def _edit(request: HttpRequest, group: ProductVariantGroup) -> HttpResponse:
    if request.method != "POST":
        lines = Lines(VariantForm, start=_products(group))
        lines.open()
        return _page(request, group, GroupForm(instance=group), lines)
    lines = Lines(VariantForm, request.POST)
    if lines.change(request.POST):
        lines.open()
        return _page(request, group, GroupForm(instance=group, initial=request.POST.dict()), lines)
    form = GroupForm(request.POST, instance=group)
    rows = lines.checked()
    if form.is_valid() and rows is not None:
        try:
            saved = run(lambda: save_group(form.instance, [row["product"] for row in rows]))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products:group_list")
    return _page(request, group, form, lines, status=422)


def _products(group: ProductVariantGroup) -> list[dict[str, Any]]:
    rows = group.variants.select_related("product") if group.pk else ()
    return [{"product": written(row.product)} for row in rows] or [{}, {}]


def _page(
    request: HttpRequest, group: ProductVariantGroup, form: GroupForm, lines: Lines[VariantForm], *, status: int = 200
) -> HttpResponse:
    around = group.kit_items.select_related("kit").filter(kit__is_deleted=False) if group.pk else ()
    context = {"group": group, "form": form, "lines": lines, "around": [item.kit for item in around]}
    return page_or_part(request, "products/group_form.html", "lines", context, status=status)


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a group out of the catalogue."""
    group = get_object_or_404(ProductVariantGroup, pk=pk)
    tell(request, run(lambda: delete_and_remember(group, by=request.user)))
    return redirect("products:group_list")
