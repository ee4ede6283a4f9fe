"""Pages of bouquets and their recipes."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.forms import ComponentForm, KitForm, SearchForm
from products.lines import LINES_AT_MOST, Lines, is_key, number_so_far
from products.models import KitItem, Product, ProductKit, Size
from products.price_reading import minimum_margin
from products.recipes import RecipeLine, flowers_of, products_of, recipes_of, reckon, reckon_now
from products.selectors import after_name, kit_list, kits_around, sizes_called, written
from products.services.catalogue import restore_row
from products.services.kits import save_kit
from products.stock_figures import costs, free_by_place
from products.undo import delete_and_remember
from products.views.photos import photos_context
from products.views.products import PAGE, next_page


@require_GET
@needs("catalogue.view")
def list_of_kits(request: HttpRequest) -> HttpResponse:
    """Bouquets by name with price and composition."""
    text = SearchForm.text(request.GET)
    rows = list(after_name(kit_list(text=text), request.GET.get("after", ""))[: PAGE + 1])
    _reckon_all(rows[:PAGE])
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "kits": rows[:PAGE],
        "sees_cost": may(request.user, "stock.cost"),
        "text": text,
        "may_change": may(request.user, "catalogue.change"),
        "next_url": next_page(query, rows[PAGE - 1].pk) if len(rows) > PAGE else "",
    }
    part = "rows" if request.GET.get("after") else "list"
    return page_or_part(request, "products/kit_list.html", part, context)


def _reckon_all(kits: Sequence[ProductKit]) -> None:
    """Give every bouquet its `reckoned`, all of them in five statements."""
    recipes = recipes_of(kit.pk for kit in kits)
    keys = products_of(recipes.values())
    known, places, minimum = costs(keys), free_by_place(keys), minimum_margin()
    for kit in kits:
        reckoned = reckon(
            recipes[kit.pk], price=kit.sale_price, known=known, places=places, work=kit.work_cost, minimum=minimum
        )
        kit.reckoned = reckoned  # type: ignore[attr-defined]  # for the template


@require_GET
@needs("catalogue.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One bouquet with its recipe."""
    kit = get_object_or_404(ProductKit.all_objects.select_related("category"), pk=pk)
    reckoned = reckon_now(recipes_of([kit.pk])[kit.pk], price=kit.sale_price, work=kit.work_cost)
    items = list(kit.items.select_related("product", "inner", "group").prefetch_related("alternatives__product"))
    by_rule = reckoned.price_by(kit.priced)
    context = {
        "kit": kit,
        "reckoned": reckoned,
        "by_rule": by_rule if by_rule != kit.sale_price else None,
        "sizes": list(sizes_called(kit.name)),
        "inside": [item for item in items if item.inner_id],
        "chosen": [item for item in items if item.group_id],
        "instead": [item for item in items if item.alternatives.all()],
        "around": kits_around(kit),
        "sees_cost": may(request.user, "stock.cost"),
        "may_assemble": may(request.user, "stock.assemble"),
        "may_change": may(request.user, "catalogue.change"),
    }
    context |= photos_context(kit, request.user)
    return page_or_part(request, "products/kit_detail.html", "page", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def create(request: HttpRequest) -> HttpResponse:
    """A new bouquet, or another size of one (`?size_of=`), which begins with its recipe, or one that was made without a
    recipe: `?name=&price=&part=<key of a product>:<base units>`, as often as there are parts."""
    key = request.GET.get("size_of", "")
    if not is_key(key):
        return _edit(request, _named(request), begin=_parts(request))
    other = get_object_or_404(ProductKit, pk=int(key))
    taken = set(sizes_called(other.name).values_list("size", flat=True))
    free = next((size for size in (Size.S, Size.M, Size.L, Size.XL, Size.XS) if size not in taken), Size.ONE)
    kit = ProductKit(
        name=other.name, size=free, category=other.category, sale_price=other.sale_price, description=other.description
    )
    return _edit(request, kit, begin=_recipe(other))


def _named(request: HttpRequest) -> ProductKit:
    """A new bouquet with the name and price of the address, where they can be meant."""
    kit = ProductKit()
    for field, asked in (("name", "name"), ("sale_price", "price")):
        with suppress(ValidationError, KeyError):
            setattr(kit, field, KitForm.base_fields[field].clean(request.GET[asked]) or getattr(kit, field))
    return kit


def _parts(request: HttpRequest) -> list[dict[str, Any]]:
    """The lines of the address; what names no live product is left out."""
    asked = [part.partition(":")[::2] for part in request.GET.getlist("part")[:LINES_AT_MOST]]
    products = Product.objects.in_bulk([int(key) for key, _quantity in asked if is_key(key)])
    return [
        {"product": written(products[int(key)]), "quantity": quantity[:20]}
        for key, quantity in asked
        if is_key(key) and int(key) in products
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a bouquet and its recipe."""
    return _edit(request, get_object_or_404(ProductKit, pk=pk))


def _edit(request: HttpRequest, kit: ProductKit, *, begin: list[dict[str, Any]] | None = None) -> HttpResponse:
    if request.method != "POST":
        lines = Lines(ComponentForm, start=begin or _recipe(kit))
        lines.open()
        return _page(request, kit, KitForm(instance=kit), lines)
    lines = Lines(ComponentForm, request.POST)
    if lines.change(request.POST):
        lines.open()
        typed = {**request.POST.dict(), "is_active": "is_active" in request.POST}  # an empty tick box is not sent
        return _page(request, kit, KitForm(instance=kit, initial=typed), lines)
    form = KitForm(request.POST, instance=kit)
    rows = lines.checked()
    if form.is_valid() and rows is not None:
        recipe = [
            RecipeLine(row["product"], row["quantity"], line.instead())
            for row, line in zip(rows, lines.forms, strict=True)
        ]
        try:
            saved = run(lambda: save_kit(form.instance, recipe))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products:kit_detail", pk=saved.pk)
    return _page(request, kit, form, lines, status=422)


def _recipe(kit: ProductKit) -> list[dict[str, Any]]:
    if kit.pk is None:
        return [{}]
    items = kit.items.select_related("product", "inner", "group").prefetch_related("alternatives__product")
    return [_line(item) for item in items] or [{}]


def _line(item: KitItem) -> dict[str, Any]:
    instead = zip(ComponentForm.INSTEAD, item.alternatives.all(), strict=False)
    return {
        "product": written(item.goods), "quantity": item.quantity,
        **{name: written(row.product) for name, row in instead},
    }  # fmt: skip


def _page(
    request: HttpRequest, kit: ProductKit, form: KitForm, lines: Lines[ComponentForm], *, status: int = 200
) -> HttpResponse:
    typed = [(line.chosen, line.typed("quantity"), line.instead()) for line in lines.forms]
    work = number_so_far(form, "work_cost") or Decimal(0)
    reckoned = reckon_now(
        flowers_of(RecipeLine(goods, quantity, instead) for goods, quantity, instead in typed if goods and quantity),
        price=number_so_far(form, "sale_price") or Decimal(0),
        work=work,
    )
    if (by_rule := reckoned.price_by(form.priced_so_far(work))) is not None:
        reckoned = replace(reckoned, price=by_rule)
    context = {
        "kit": kit,
        "form": form,
        "lines": lines,
        "reckoned": reckoned,
        "sees_cost": may(request.user, "stock.cost"),
    }
    return page_or_part(request, "products/kit_form.html", "lines", context, status=status)


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a bouquet out of the catalogue; orders keep theirs."""
    kit = get_object_or_404(ProductKit, pk=pk)
    tell(request, run(lambda: delete_and_remember(kit, by=request.user)))
    return redirect("products:kit_list")


@require_POST
@needs("catalogue.change")
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a deleted bouquet back."""
    kit = get_object_or_404(ProductKit.all_objects, pk=pk)
    run(lambda: restore_row(kit, by=request.user))
    messages.success(request, _("“%(name)s” is in the catalogue again.") % {"name": kit})
    return redirect("products:kit_detail", pk=kit.pk)
