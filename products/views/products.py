"""Pages of products, and the search that pickers use."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.domain.margin import Margin
from products.forms import ProductForm, SearchForm, packing_forms
from products.models import Product
from products.selectors import (
    FOUND_AT_MOST,
    STATES,
    after_name,
    category_tree,
    kits_with,
    product_list,
    search_kits,
    search_products,
    with_subcategories,
)
from products.services.catalogue import restore_row, save_product
from products.stock_figures import costs, figures
from products.undo import delete_and_remember
from products.views.photos import photos_context

PAGE = 50


@require_GET
@needs("catalogue.view")
def list_of_products(request: HttpRequest) -> HttpResponse:
    """Products by name with price and what is free; `?deleted=1` shows those taken out."""
    deleted = request.GET.get("deleted") == "1" and may(request.user, "catalogue.change")
    text = SearchForm.text(request.GET)
    shelves = category_tree(counted=False)
    category, state = request.GET.get("category", ""), request.GET.get("state", "")
    chosen = with_subcategories(shelves, category)
    found = product_list(text=text, deleted=deleted, categories=chosen, state=state)
    rows = list(after_name(found, request.GET.get("after", ""))[: PAGE + 1])
    sees_cost = may(request.user, "stock.cost")
    shown = with_figures(rows[:PAGE], with_costs=sees_cost)
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "products": shown,
        "text": text,
        "deleted": deleted,
        "shelves": shelves,
        "category": category if chosen is not None else "",
        "state": state if state in STATES else "",
        "chips": _chips(request.GET),
        "sees_cost": sees_cost,
        "may_change": may(request.user, "catalogue.change"),
        "next_url": next_page(query, shown[-1].pk) if len(rows) > PAGE else "",
    }
    part = "rows" if request.GET.get("after") else "list"
    return page_or_part(request, "products/product_list.html", part, context)


def _chips(asked: QueryDict) -> list[dict[str, Any]]:
    """What the list may be narrowed to by one press, with the rest of the filter as it is."""
    chips = []
    for value, label in (("", _("All of them")), ("on", _("On sale")), ("off", _("Not on sale"))):
        query = asked.copy()
        for name in ("after", "state"):
            query.pop(name, None)
        if value:
            query["state"] = value
        chips.append({"url": f"?{query.urlencode()}", "label": label, "value": value})
    return chips


@require_GET
@needs("catalogue.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One product."""
    product = get_object_or_404(Product.all_objects.select_related("category"), pk=pk)
    sees_cost = may(request.user, "stock.cost")
    [shown] = with_figures([product], with_costs=sees_cost)
    context = {
        "sees_cost": sees_cost,
        "product": shown,
        "purchase_units": list(product.purchase_units.all()),
        "kits": kits_with(product),
        "may_change": may(request.user, "catalogue.change"),
    }
    context |= photos_context(product, request.user)
    return page_or_part(request, "products/product_detail.html", "page", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def create(request: HttpRequest) -> HttpResponse:
    """A new product."""
    return _edit(request, Product())


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a product."""
    return _edit(request, get_object_or_404(Product, pk=pk))


def _edit(request: HttpRequest, product: Product) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = ProductForm(sent, instance=product)
    packings = packing_forms(product, sent)
    if sent is not None and all([form.is_valid(), packings is None or packings.is_valid()]):
        bought_in = None if packings is None else [unit for line in packings if (unit := line.packed()) is not None]
        try:
            saved = run(lambda: save_product(form.instance, bought_in=bought_in))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products:product_detail", pk=saved.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "product": product, "packings": packings or packing_forms(product)}
    return page_or_part(request, "products/product_form.html", "page", context, status=status)


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a product out of the catalogue. Refused while stock, promises or bouquets depend on it."""
    product = get_object_or_404(Product, pk=pk)
    tell(request, run(lambda: delete_and_remember(product, by=request.user)))
    return redirect("products:product_list")


@require_POST
@needs("catalogue.change")
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a deleted product back."""
    product = get_object_or_404(Product.all_objects, pk=pk)
    run(lambda: restore_row(product, by=request.user))
    messages.success(request, _("“%(name)s” is in the catalogue again.") % {"name": product})
    return redirect("products:product_detail", pk=product.pk)


@require_GET
@needs("catalogue.view")
def search(request: HttpRequest) -> HttpResponse:
    """What a picker offers for the text typed so far: a fragment for the line `?line=`; with `?kits=1` bouquets too."""
    line = request.GET.get("line", "")
    line = line if line.isascii() and line.isdigit() and len(line) < 4 else "0"
    typed = request.GET.get("q") or request.GET.get(f"lines-{line}-product", "")
    text = SearchForm.text({"q": typed})
    found: list[Any] = with_figures(list(search_products(text)[:FOUND_AT_MOST])) if text else []
    if text and request.GET.get("kits") == "1":
        kits = list(search_kits(text)[: FOUND_AT_MOST // 2])
        found = [*kits, *found[: FOUND_AT_MOST - len(kits)]]
    context = {"found": found, "line": line, "text": text}
    return page_or_part(request, "products/product_search.html", "found", context)


def with_figures(products: Sequence[Product], *, with_costs: bool = False) -> list[Any]:
    """The products with `figures`: on hand and free, or None where nothing is known; and with `margin`, the price of one
    base unit beside its cost now, None where that is not known or not asked for."""
    keys = [product.pk for product in products]
    known, prices = figures(keys), costs(keys) if with_costs else None
    for product in products:
        product.figures = known.get(product.pk)  # type: ignore[attr-defined]  # for the template
        cost = prices.of(product.pk, Decimal(1)) if prices else None
        product.margin = Margin(product.sale_price, cost.value) if cost else None  # type: ignore[attr-defined]
    return list(products)


def next_page(query: Any, key: int) -> str:
    """The address of the rows behind the row `key`, with the filters of this page."""
    query["after"] = key
    return f"?{query.urlencode()}"
