"""Bouquets for the shelf: choosing, putting together, taking apart."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.models import RecentAction
from core.templatetags.florist import quantity
from core.transactions import run
from core.undo import tell
from inventory.forms import AssembleForm, PartForm, SpoiledForm, TakeApartForm
from inventory.models import Assembly, StockBatch, Warehouse
from inventory.selectors.assembling import Stem, plan_assembly, recipe_of, stems_of
from inventory.selectors.documents import wanted_warehouse
from inventory.services.assembling import NewBouquet, bouquet_as_made, usual_work
from inventory.services.assembling import assemble as post_assembly
from inventory.services.assembling import take_apart as post_taking_apart
from inventory.services.stocks import free_in
from inventory.undo import remember_assembly
from inventory.views.receipts import told
from inventory.views.stock import PAGE, read_key, rights, with_freshness
from products.forms import SearchForm
from products.lines import Lines, number_so_far
from products.models import Product, ProductKit
from products.price_reading import minimum_margin
from products.recipes import Component, products_of, recipes_of, reckon, settled
from products.selectors import kit_list, written
from products.stock_figures import costs, free_by_place

Bouquet = ProductKit | Product | None  # None: one there is no recipe for, a product is made of it


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.assemble")
def assemble(request: HttpRequest) -> HttpResponse:
    """Put bouquets together: of a recipe (`?kit=`), as another time (`?again=`, an assembly), or freely (`?own=1`); who
    comes with nothing chooses a recipe."""
    kit, again = read_key(request.GET.get("kit", "")), read_key(request.GET.get("again", ""))
    bouquet: Bouquet = None
    recipe: Sequence[Component] = ()
    if kit is not None:
        bouquet = get_object_or_404(ProductKit, pk=kit)
        recipe = recipes_of([bouquet.pk])[bouquet.pk]
    elif again is not None:
        before = get_object_or_404(Assembly.objects.select_related("kit", "product"), pk=again)
        bouquet = before.kit if before.kit is not None and not before.kit.is_deleted else before.product
        recipe = recipe_of(before)
    elif not request.GET.get("own"):
        return _choose(request)
    if request.method != "POST":
        place = wanted_warehouse(request.GET.get("warehouse", ""))
        free = free_in(place, products_of([recipe])) if place else {}
        recipe = settled(recipe, times=Decimal(1), free=free)
        lines = Lines(PartForm, start=[{"product": written(p.product), "quantity": p.quantity} for p in recipe])
        lines.open()
        start = {"warehouse": place, "quantity": 1}
        return _page(request, bouquet, AssembleForm(initial=start, is_new=bouquet is None), lines)
    lines = Lines(PartForm, request.POST)
    if lines.change(request.POST):
        lines.open()
        typed = request.POST.dict() | {"warehouse": wanted_warehouse(request.POST.get("warehouse", ""))}
        return _page(request, bouquet, AssembleForm(initial=typed, is_new=bouquet is None), lines)
    form = AssembleForm(request.POST, is_new=bouquet is None)
    rows = lines.checked()
    if form.is_valid() and rows is not None:
        parts = [Component(row["product"], row["quantity"]) for row in rows]
        try:
            document, action = run(lambda: _post(request, bouquet, parts, form.cleaned_data))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            tell(request, action)
            for sentence in told(document.served, _("Reserved at once for orders that waited: %(goods)s.")):
                messages.info(request, sentence)
            return redirect("inventory:document_detail", "assembly", document.pk)
    return _page(request, bouquet, form, lines, status=422)


def _post(
    request: HttpRequest, bouquet: Bouquet, parts: Sequence[Component], data: dict[str, Any]
) -> tuple[Assembly, RecentAction | None]:
    document = post_assembly(
        bouquet=bouquet or NewBouquet(data["name"], data["price"]), warehouse=data["warehouse"],
        quantity=data["quantity"], parts=parts, work_cost=data["work_cost"], by=request.user, key=data["key"],
        comment=data["comment"],
    )  # fmt: skip
    return document, remember_assembly(document, by=request.user)


def _choose(request: HttpRequest) -> HttpResponse:
    """Recipes by name, each with how many bouquets can be made of what is free."""
    text = SearchForm.text(request.GET)
    kits = list(kit_list(text=text)[:PAGE])
    recipes = recipes_of(kit.pk for kit in kits)
    keys = products_of(recipes.values())
    known, places, minimum = costs(keys), free_by_place(keys), minimum_margin()
    for kit in kits:
        reckoned = reckon(
            recipes[kit.pk], price=kit.sale_price, known=known, places=places, work=kit.work_cost, minimum=minimum
        )
        kit.reckoned = reckoned  # type: ignore[attr-defined]  # for the template
    place = read_key(request.GET.get("warehouse", ""))
    onward = "" if place is None else f"&warehouse={place}"
    context = {"kits": kits, "text": text, "onward": onward, **rights(request.user)}
    return page_or_part(
        request, "inventory/assemble_choose.html", "list", context, status=422 if request.method == "POST" else 200
    )


def _page(
    request: HttpRequest, bouquet: Bouquet, form: AssembleForm, lines: Lines[PartForm], *, status: int = 200
) -> HttpResponse:
    typed = [(line.chosen, line.typed("quantity")) for line in lines.forms]
    parts = [Component(product, amount) for product, amount in typed if product and amount]
    many, place = number_so_far(form, "quantity"), _place(form)
    plan = None
    if parts and many and place:
        typed_work = number_so_far(form, "work_cost")
        work = usual_work(bouquet, many) if typed_work is None else typed_work
        plan = plan_assembly(parts, quantity=int(many), warehouse=place, work_cost=work)
        with_freshness([piece.batch for part in plan.parts for piece in part.taken], on=timezone.localdate())
    context = {
        "bouquet": bouquet,
        "form": form,
        "lines": lines,
        "plan": plan,
        "quantity": int(many or 0),
        **rights(request.user),
    }
    return page_or_part(request, "inventory/assemble.html", "lines", context, status=status)


def _place(form: AssembleForm) -> Warehouse | None:
    """The warehouse as chosen so far."""
    chosen = form["warehouse"].value()
    return chosen if isinstance(chosen, Warehouse) else Warehouse.objects.filter(pk=read_key(str(chosen or ""))).first()


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.assemble")
def take_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one bouquet apart: what is spoiled is written off, the rest goes back to where it came from."""
    batch: Any = get_object_or_404(StockBatch.objects.select_related("stock__product", "stock__warehouse"), pk=pk)
    stems = stems_of(bouquet_as_made(batch))
    if request.method != "POST":
        return _apart_page(request, batch, stems, TakeApartForm(initial={"reason": "wilted"}), {})
    form = TakeApartForm(request.POST)
    spoiled = {stem.product.pk: _spoiled(stem, request.POST) for stem in stems}
    if form.is_valid() and all(entry.is_valid() for entry in spoiled.values()):
        data = form.cleaned_data
        amounts = {key: entry.cleaned_data["quantity"] or Decimal(0) for key, entry in spoiled.items()}
        try:
            document = run(
                lambda: post_taking_apart(
                    batch=batch, spoiled=amounts, reason=data["reason"], by=request.user, key=data["key"],
                    comment=data["comment"],
                )
            )  # fmt: skip
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            _tell_apart(request, batch, stems, amounts)
            for sentence in told(
                document.lost, _("These goods were promised, and orders wait for them again: %(goods)s.")
            ):
                messages.warning(request, sentence)
            return redirect("inventory:document_detail", "disassembly", document.pk)
    return _apart_page(request, batch, stems, form, spoiled, status=422)


def _spoiled(stem: Stem, sent: Any = None) -> SpoiledForm:
    return SpoiledForm(sent, prefix=f"stem-{stem.product.pk}")


def _tell_apart(request: HttpRequest, batch: StockBatch, stems: Sequence[Stem], spoiled: dict[int, Decimal]) -> None:
    back = [
        f"{stem.product} — {quantity(stem.quantity - spoiled[stem.product.pk], stem.product.get_unit_display())}"
        for stem in stems
        if stem.quantity > spoiled[stem.product.pk]
    ]
    said = _("%(bouquet)s is taken apart.") % {"bouquet": batch.stock.product}
    if back:
        said += " " + _("Back in the stock: %(goods)s.") % {"goods": "; ".join(back)}
    messages.success(request, said)


def _apart_page(
    request: HttpRequest, batch: StockBatch, stems: Sequence[Stem], form: TakeApartForm,
    spoiled: dict[int, SpoiledForm], *, status: int = 200,
) -> HttpResponse:  # fmt: skip
    with_freshness([batch], on=timezone.localdate())
    with_freshness([piece.batch for stem in stems for piece in stem.taken], on=timezone.localdate())
    context = {
        "batch": batch,
        "stock": batch.stock,
        "form": form,
        "stems": [(stem, spoiled.get(stem.product.pk) or _spoiled(stem)) for stem in stems],
        **rights(request.user),
    }
    return page_or_part(request, "inventory/take_apart.html", "page", context, status=status)
