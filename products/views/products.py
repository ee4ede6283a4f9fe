"""Pages of products, and the search that pickers use."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.forms import ProductForm, SearchForm
from products.models import Product
from products.selectors import FOUND_AT_MOST, after_name, kits_with, product_list, search_products
from products.services.catalogue import restore_row, save_product
from products.stock_figures import figures
from products.undo import delete_and_remember
from products.views.photos import photos_context

PAGE = 50


@require_GET
@needs("catalogue.view")
def list_of_products(request: HttpRequest) -> HttpResponse:
    """Products by name with price and what is free; `?deleted=1` shows those taken out."""
    deleted = request.GET.get("deleted") == "1" and may(request.user, "catalogue.change")
    text = SearchForm.text(request.GET)
    rows = list(after_name(product_list(text=text, deleted=deleted), request.GET.get("after", ""))[: PAGE + 1])
    shown = with_figures(rows[:PAGE])
    query = request.GET.copy()
    query.pop("after", None)
    context = {
        "products": shown,
        "text": text,
        "deleted": deleted,
        "may_change": may(request.user, "catalogue.change"),
        "next_url": next_page(query, shown[-1].pk) if len(rows) > PAGE else "",
    }
    part = "rows" if request.GET.get("after") else "list"
    return page_or_part(request, "products/product_list.html", part, context)


@require_GET
@needs("catalogue.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One product."""
    product = get_object_or_404(Product.all_objects.select_related("category"), pk=pk)
    [shown] = with_figures([product])
    context = {"product": shown, "kits": kits_with(product), "may_change": may(request.user, "catalogue.change")}
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
    form = ProductForm(request.POST or None, instance=product)
    if request.method == "POST" and form.is_valid():
        try:
            saved = run(lambda: save_product(form.instance))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products:product_detail", pk=saved.pk)
    status = 422 if request.method == "POST" else 200
    return page_or_part(
        request, "products/product_form.html", "page", {"form": form, "product": product}, status=status
    )


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
    """What a picker offers for the text typed so far: a fragment for the line `?line=`."""
    line = request.GET.get("line", "")
    line = line if line.isascii() and line.isdigit() and len(line) < 4 else "0"
    typed = request.GET.get("q") or request.GET.get(f"lines-{line}-product", "")
    text = SearchForm.text({"q": typed})
    found = with_figures(list(search_products(text)[:FOUND_AT_MOST])) if text else []
    context = {"found": found, "line": line, "text": text}
    return page_or_part(request, "products/product_search.html", "found", context)


def with_figures(products: Sequence[Product]) -> list[Any]:
    """The products with `figures`: on hand and free, or None where nothing is known."""
    known = figures([product.pk for product in products])
    for product in products:
        product.figures = known.get(product.pk)  # type: ignore[attr-defined]  # for the template
    return list(products)


def next_page(query: Any, key: int) -> str:
    """The address of the rows behind the row `key`, with the filters of this page."""
    query["after"] = key
    return f"?{query.urlencode()}"
