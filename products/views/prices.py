"""Prices: in a cell of the list, beside the retail price on the card, and many at once with a look before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access import may, needs
from core.errors import BadInput, DomainError, StaleForm
from core.htmx import page_or_part
from core.models import RecentAction
from core.templatetags.florist import money
from core.templatetags.florist import quantity as shown
from core.transactions import run
from core.undo import tell
from products.domain.margin import Margin
from products.domain.prices import Change, Way, price_for
from products.forms import ChangeForm, ListPriceForm, MinimumMarginForm, PriceForm, SearchForm
from products.models import PriceKind, PriceRule, Product, ProductKit, ProductPrice
from products.price_reading import CHANGES_SHOWN, minimum_margin, price_chart, prices_from
from products.recipes import products_of, recipes_of, reckon
from products.selectors import search_kits
from products.services.kit_prices import KITS_TOGETHER_AT_MOST, plan_of_kits
from products.services.prices import (
    TOGETHER_AT_MOST,
    NewPrice,
    PricesMoved,
    fingerprint,
    last_change,
    plan_of,
    put_price,
    set_minimum_margin,
    set_price,
    take_price_away,
)
from products.stock_figures import costs, free_by_place, places
from products.undo import change_kit_prices_and_remember, change_prices_and_remember
from products.views.filtering import filter_of

ROWS_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def in_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The price of one row: `?edit=1` asks for its field, sending the field changes it and shows the price again."""
    product = get_object_or_404(Product, pk=pk)
    context: dict[str, Any] = {"product": product, "edits": "edit" in request.GET, "may_change": True}
    status = 200
    if request.method == "POST":
        form = ListPriceForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                price, seen = form.cleaned_data["price"], form.cleaned_data["seen"]
                run(lambda: set_price(product, price=price, seen=seen, by=request.user))
            except StaleForm as refusal:
                context["stale"], status = refusal, 409
                context["product"].sale_price = refusal.data["now"]
                form = ListPriceForm({"price": request.POST["price"], "seen": str(refusal.data["now"])})
            except DomainError as refusal:
                form.add_refusal(refusal)
            else:
                status = 200
                if not request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
                    return redirect("products:product_list")
        context |= {"form": form, "edits": status != 200, "just_saved": status == 200}
    elif context["edits"]:
        context["form"] = ListPriceForm(initial={"price": product.sale_price, "seen": product.sale_price})
    return page_or_part(request, "products/list_price.html", "cell", context, status=status)


def prices_context(product: Product, reader: Any, form: PriceForm | None = None) -> dict[str, Any]:
    """What the card shows of prices: those beside the retail price, what holds today, and how the prices came to be."""
    changes = list(product.price_changes.select_related("by").order_by("-pk")[:200])
    rows, names = list(product.prices.order_by("kind", "from_on", "place")), places()
    today = timezone.localdate()
    for row in rows:
        row.place_name = names.get(row.place or 0, "")  # type: ignore[attr-defined]  # for the template
        row.is_over = row.until_on is not None and row.until_on < today  # type: ignore[attr-defined]
        row.holds = row.from_on is None or row.from_on <= today <= (row.until_on or today)  # type: ignore[attr-defined]
    for change in changes:
        change.place_name = names.get(change.place or 0, "")  # type: ignore[attr-defined]
    return {
        "prices": rows,
        "holding": price_for(prices_from(product.sale_price, rows), place=None, day=today),
        "price_form": form or PriceForm(names=names),
        "price_form_open": form is not None,
        "changes": changes[:CHANGES_SHOWN],
        "chart": price_chart(product, changes, now=timezone.now()),
        "may_change_prices": may(reader, "catalogue.change") and not product.is_deleted,
    }


@require_POST
@needs("catalogue.change")
def put(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a price for the staff, for some days or for one warehouse."""
    product = get_object_or_404(Product, pk=pk)
    form = PriceForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            run(
                lambda: put_price(
                    product, kind=PriceKind(data["kind"]), price=data["price"], place=data["place"],
                    from_on=data["from_on"], until_on=data["until_on"], by=request.user,
                )
            )  # fmt: skip
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            return _answer(request, product)
    return _answer(request, product, form=form, status=422)


@require_POST
@needs("catalogue.change")
def take_away(request: HttpRequest, pk: int, price: int) -> HttpResponse:
    """Take such a price away."""
    found = get_object_or_404(ProductPrice.objects.select_related("product"), pk=price, product=pk)
    run(lambda: take_price_away(found, by=request.user))
    return _answer(request, found.product)


def _answer(
    request: HttpRequest, product: Product, *, form: PriceForm | None = None, status: int = 200
) -> HttpResponse:
    if status == 200 and not request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        return redirect(reverse("products:product_detail", args=[product.pk]) + "#prices")
    context = {"product": product, **prices_context(product, request.user, form)}
    return page_or_part(request, "products/product_prices.html", "prices", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("shop.set_up")
def minimum(request: HttpRequest) -> HttpResponse:
    """What a price has to leave in this shop before the program warns."""
    form = MinimumMarginForm(request.POST if request.method == "POST" else None, initial={"percent": minimum_margin()})
    if request.method == "POST" and form.is_valid():
        try:
            run(lambda: set_minimum_margin(form.cleaned_data["percent"]))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("products:minimum_margin")
    status = 422 if request.method == "POST" else 200
    return page_or_part(request, "products/minimum_margin.html", "page", {"form": form}, status=status)


# --- many at once ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A row of the preview: the price before and after, and what the new one leaves."""

    goods: Product | ProductKit
    before: Decimal
    after: Decimal
    margin: Margin | None

    @property
    def is_low(self) -> bool:
        """Whether the new price leaves less than the shop's minimum margin."""
        return self.margin is not None and self.margin.level != "fine"


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def many(request: HttpRequest) -> HttpResponse:
    """Change the prices of all products that the address narrows the list to. GET with an amount shows what would become
    of them; POST does it, if that is still what was shown."""
    chosen = filter_of(request)
    keys = list(chosen.products().filter(is_deleted=False).values_list("pk", flat=True)[: TOGETHER_AT_MOST + 1])
    _refuse_too_many(keys, TOGETHER_AT_MOST)

    def do(change: Change, seen: str) -> RecentAction:
        since = request.POST.get("since", "")
        since_key = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else 0
        return change_prices_and_remember(
            keys, change, words=words_of(change), seen=seen, since=since_key, by=request.user
        )

    context = {
        "filter": chosen,
        "given": chosen.given,
        "query": chosen.url(),
        "back_url": reverse("products:product_list") + chosen.url(),
        "count": len(keys),
    }
    return _together(request, context, do=do, look=partial(_preview, keys))


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def many_kits(request: HttpRequest) -> HttpResponse:
    """Like `many`, for the bouquets of the list; those whose price a rule reckons stay, and are named."""
    text = SearchForm.text(request.GET)
    kits = list(search_kits(text)[: KITS_TOGETHER_AT_MOST + 1])
    _refuse_too_many(kits, KITS_TOGETHER_AT_MOST)
    keys = [kit.pk for kit in kits]
    query = f"?{urlencode({'q': text})}" if text else ""
    context = {
        "of_kits": True,
        "given": {"q": text} if text else {},
        "query": query,
        "back_url": reverse("products:kit_list") + query,
        "count": len(keys),
        "staying": [kit for kit in kits if kit.price_rule != PriceRule.FIXED],
    }
    return _together(
        request,
        context,
        do=lambda change, seen: change_kit_prices_and_remember(
            keys, change, words=words_of(change), seen=seen, by=request.user
        ),
        look=lambda change, minimum: _preview_of_kits(kits, change, minimum=minimum),
    )


def _refuse_too_many(rows: Sequence[Any], limit: int) -> None:
    if len(rows) > limit:
        raise BadInput(_("At most %(limit)s prices are changed at once. Narrow the list down.") % {"limit": limit})


def _together(
    request: HttpRequest,
    context: dict[str, Any],
    *,
    do: Callable[[Change, str], RecentAction],
    look: Callable[[Change, int], dict[str, Any]],
) -> HttpResponse:
    """The page of both: `look` makes the preview with the minimum margin, `do` changes what has the fingerprint seen."""
    sent = request.POST if request.method == "POST" else request.GET
    form = ChangeForm(sent if "amount" in sent else None)
    context |= {"form": form, "minimum": minimum_margin()}
    if not form.is_bound:
        return page_or_part(request, "products/many_prices.html", "page", context)
    status = 200
    if form.is_valid():
        change = form.change()
        try:
            if request.method == "POST":
                tell(request, run(lambda: do(change, request.POST.get("seen", ""))))
                return redirect(context["back_url"])
        except PricesMoved as refusal:
            context["moved"], context["refusal"], status = refusal.data["moved"], refusal, 409
        except DomainError as refusal:
            form.add_refusal(refusal)
            status = 422
        if status != 422:
            try:
                context |= look(change, context["minimum"])
            except DomainError as refusal:
                form.add_refusal(refusal)
                status = 422
    else:
        status = 422
    return page_or_part(request, "products/many_prices.html", "page", context, status=status)


def _preview(keys: Sequence[int], change: Change, minimum: int) -> dict[str, Any]:
    since = last_change()  # before the prices are read: what comes between is told twice rather than never
    plan = plan_of(keys, change)
    changed = [row for row in plan if row.before != row.after]
    products = Product.objects.in_bulk([row.key for row in changed])
    known = costs([row.key for row in changed])
    lines = []
    for row in changed:
        if row.key in products:
            cost = known.of(row.key, Decimal(1))
            margin = Margin(row.after, cost.value, minimum) if cost else None
            lines.append(Line(products[row.key], row.before, row.after, margin))
    return {**_told(plan, lines, change), "since": since}


def _preview_of_kits(kits: Sequence[ProductKit], change: Change, *, minimum: int) -> dict[str, Any]:
    plan = plan_of_kits([kit.pk for kit in kits], change)
    changed = [row for row in plan if row.before != row.after]
    known_kits = {kit.pk: kit for kit in kits}
    recipes = recipes_of(row.key for row in changed)
    keys = products_of(recipes.values())
    known, free = costs(keys), free_by_place(keys)
    lines = []
    for row in changed:
        kit = known_kits[row.key]
        now = reckon(recipes[row.key], price=row.after, known=known, places=free, minimum=minimum, work=kit.work_cost)
        lines.append(Line(kit, row.before, row.after, now.margin))
    return _told(plan, lines, change)


def _told(plan: Sequence[NewPrice], lines: list[Line], change: Change) -> dict[str, Any]:
    """What the page says of a plan and the lines that change."""
    lines.sort(key=lambda line: (not line.is_low, line.goods.name))
    return {
        "lines": lines[:ROWS_SHOWN],
        "more": max(len(lines) - ROWS_SHOWN, 0),
        "changed": len(lines),
        "unchanged": sum(row.before == row.after for row in plan),
        "low": sum(line.is_low for line in lines),
        "losses": sum(line.margin is not None and line.margin.level == "loss" for line in lines),
        "seen": fingerprint(plan),
        "words": words_of(change),
    }


def words_of(change: Change) -> str:
    """`+10 %`, `−5 %` or `= 150 ₽`."""
    if change.way is Way.SET:
        return f"= {money(change.amount)}"
    return f"{'+' if change.way is Way.UP else '−'}{shown(change.amount)} %"
