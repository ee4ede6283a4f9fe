"""Pages of products, and the search that pickers use."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.domain.margin import Margin
from products.forms import ComponentForm, ProductForm, SearchForm, packing_forms
from products.models import Channel, Product, PurchaseUnit
from products.price_reading import with_minimum_margin
from products.selectors import (
    FOUND_AT_MOST,
    after_name,
    copy_of,
    hidden_from,
    kits_with,
    product_by_code,
    search_groups,
    search_kits,
    search_products,
    tags_on,
)
from products.services.catalogue import restore_row, save_product, take_out_of_archive
from products.stock_figures import costs, figures, packers
from products.undo import archive_and_remember, delete_and_remember
from products.views.filtering import filter_of
from products.views.photos import photos_context
from products.views.prices import prices_context

PAGE = 50


@require_GET
@needs("catalogue.view")
def list_of_products(request: HttpRequest) -> HttpResponse:
    """Products by name with price and what is free, narrowed by the address."""
    chosen = filter_of(request)
    found = with_minimum_margin(chosen.products()).select_related("category").prefetch_related("photos")
    rows = list(after_name(found, request.GET.get("after", ""))[: PAGE + 1])
    sees_cost = may(request.user, "stock.cost")
    shown = with_figures(rows[:PAGE], with_costs=sees_cost)
    context = {
        "products": shown,
        "filter": chosen,
        "text": chosen.q,
        "sees_cost": sees_cost,
        "may_change": may(request.user, "catalogue.change"),
        "next_url": chosen.url(after=str(shown[-1].pk)) if len(rows) > PAGE else "",
    }
    part = "rows" if request.GET.get("after") else "list"
    return page_or_part(request, "products/product_list.html", part, context)


@require_GET
@needs("catalogue.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One product."""
    product = get_object_or_404(with_minimum_margin(Product.all_objects.select_related("category")), pk=pk)
    sees_cost = may(request.user, "stock.cost")
    [shown] = with_figures([product], with_costs=sees_cost)
    context = {
        "sees_cost": sees_cost,
        "product": shown,
        "purchase_units": _with_packers(list(product.purchase_units.all())),
        "kits": kits_with(product),
        "codes": [row.code for row in product.barcodes.all()],
        "tags": tags_on([product.pk]).get(product.pk, []),
        "may_change": may(request.user, "catalogue.change"),
    }
    context |= photos_context(product, request.user) | prices_context(product, request.user)
    return page_or_part(request, "products/product_detail.html", "page", context)


def _with_packers(units: list[PurchaseUnit]) -> list[PurchaseUnit]:
    """The units with `packers`: the names of the suppliers they belong to, empty for anybody's."""
    known = packers([unit.pk for unit in units]) if units else {}
    for unit in units:
        unit.packers = known.get(unit.pk, "")  # type: ignore[attr-defined]  # for the template
    return units


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def create(request: HttpRequest) -> HttpResponse:
    """A new product; `?copy=` begins it as another one, without what only that one has."""
    key = request.GET.get("copy", "")
    source = Product.objects.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
    return _edit(request, copy_of(source) if source is not None else Product(), like=source)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a product."""
    return _edit(request, get_object_or_404(Product, pk=pk))


def _edit(request: HttpRequest, product: Product, *, like: Product | None = None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    origin = like or product
    carried = tags_on([origin.pk]).get(origin.pk, []) if origin.pk else []
    form = ProductForm(sent, instance=product, initial={"tags": carried})
    packings = packing_forms(like or product, sent)
    if sent is not None and all([form.is_valid(), packings is None or packings.is_valid()]):
        bought_in = None if packings is None else [unit for line in packings if (unit := line.packed()) is not None]
        try:
            saved = run(
                lambda: save_product(
                    form.instance,
                    bought_in=bought_in,
                    codes=_list(form, "barcodes"),
                    tags=_list(form, "tags"),
                    by=request.user,
                )
            )
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved})
            return redirect("products:product_detail", pk=saved.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "product": product, "packings": packings or packing_forms(product), "like": like}
    return page_or_part(request, "products/product_form.html", "page", context, status=status)


def _list(form: ProductForm, name: str) -> list[str] | None:
    """The barcodes or tags typed; None when the form was sent without the field: then they stay."""
    return form.cleaned_data[name] if name in form.data else None


@require_POST
@needs("catalogue.change")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a product out of the catalogue. Refused while stock, promises or bouquets depend on it."""
    product = get_object_or_404(Product, pk=pk)
    tell(request, run(lambda: delete_and_remember(product, by=request.user)))
    return redirect("products:product_list")


@require_POST
@needs("catalogue.change")
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a product away. Refused while the shop still works with it."""
    product = get_object_or_404(Product, pk=pk)
    tell(request, run(lambda: archive_and_remember(product, by=request.user)))
    return redirect("products:product_detail", pk=pk)


@require_POST
@needs("catalogue.change")
def unarchive(request: HttpRequest, pk: int) -> HttpResponse:
    """Carry a product again."""
    product = get_object_or_404(Product, pk=pk)
    run(lambda: take_out_of_archive(product))
    messages.success(request, _("“%(name)s” is in the catalogue again.") % {"name": product})
    return redirect("products:product_detail", pk=pk)


@require_GET
@needs("catalogue.view")
def by_code(request: HttpRequest, code: str) -> HttpResponse:
    """Where a label's code leads: the product's card."""
    product = product_by_code(code)
    if product is None:
        raise Http404
    return redirect("products:product_detail", pk=product.pk)


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
    """What a picker offers for the text typed so far: a fragment for the line `?line=` and its `?field=`; with `?kits=1`, for a recipe, also bouquets
    and groups of interchangeable products."""
    line = request.GET.get("line", "")
    line = line if line.isascii() and line.isdigit() and len(line) < 4 else "0"
    field = request.GET.get("field", "")
    field = field if field in ComponentForm.INSTEAD else ""
    typed = request.GET.get("q") or request.GET.get(f"lines-{line}-{field or 'product'}", "")
    text = SearchForm.text({"q": typed})
    found: list[Any] = []
    for_recipe = request.GET.get("kits") == "1"
    if text:
        products, kits = search_products(text), search_kits(text)
        if for_recipe and (hidden := hidden_from(Channel.BOUQUETS)):
            scanned = product_by_code(text)
            meant = Q(sku__iexact=text) | Q(pk=scanned.pk if scanned else None)
            products = products.filter(~Q(category__in=hidden) | meant)
            kits = kits.exclude(category__in=hidden)
        found = with_figures(list(products[:FOUND_AT_MOST]))
        if for_recipe:
            others = [*search_groups(text)[: FOUND_AT_MOST // 4], *kits[: FOUND_AT_MOST // 4]]
            found = [*others, *found[: FOUND_AT_MOST - len(others)]]
    context = {"found": found, "line": line, "field": field, "text": text}
    return page_or_part(request, "products/product_search.html", "found", context)


def with_figures(products: Sequence[Product], *, with_costs: bool = False) -> list[Any]:
    """The products with `figures`: on hand and free, or None where nothing is known; and with `margin`, the price of one
    base unit beside its cost now, None where that is not known or not asked for: such rows come `with_minimum_margin`."""
    keys = [product.pk for product in products]
    known, prices = figures(keys), costs(keys) if with_costs else None
    for product in products:
        product.figures = known.get(product.pk)  # type: ignore[attr-defined]  # for the template
        cost = prices.of(product.pk, Decimal(1)) if prices else None
        low = (
            product.minimum_stock is not None
            and (known[product.pk].free if product.pk in known else 0) < product.minimum_stock
        )
        product.is_below_minimum = low  # type: ignore[attr-defined]  # for the template
        margin = Margin(product.sale_price, cost.value, product.minimum_margin) if cost else None  # type: ignore[attr-defined]
        product.margin = margin  # type: ignore[attr-defined]
    return list(products)


def next_page(query: Any, key: int) -> str:
    """The address of the rows behind the row `key`, with the filters of this page."""
    query["after"] = key
    return f"?{query.urlencode()}"
