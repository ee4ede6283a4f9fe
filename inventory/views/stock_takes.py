"""Counting goods: start, count, look at the differences, apply or give up."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from inventory.forms import CountForm, KeyForm, StockTakeForm
from inventory.models import CountLine, StockTake, StockTakeScope, StockTakeState
from inventory.selectors.documents import wanted_warehouse
from inventory.selectors.shelves import behind_name
from inventory.selectors.stock_takes import counted_lines, counters, differences, left_to_count, stock_takes
from inventory.services.stock_takes import (
    AlreadyCounted,
    CountedAgain,
    CountRefused,
    StockTakeClosed,
    apply_stock_take,
    cancel_stock_take,
    count,
    forget_count,
    open_stock_take,
)
from inventory.views.receipts import older, told
from inventory.views.stock import PAGE, read_key, rights
from products.lines import Lines
from products.models import Product
from products.selectors import written


@require_GET
@needs("stock.view")
def list_of_stock_takes(request: HttpRequest) -> HttpResponse:
    """Stock-takes, newest first."""
    rows = older(stock_takes(), request.GET.get("after", ""))
    context = {
        "stock_takes": rows[:PAGE],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "rows" if request.GET.get("after") else "page"
    return page_or_part(request, "inventory/stock_take_list.html", part, context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.count")
def start(request: HttpRequest) -> HttpResponse:
    """Say where and what is counted; then counting begins."""
    if request.method == "POST":
        form = StockTakeForm(request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                take = run(
                    lambda: open_stock_take(
                        warehouse=data["warehouse"], scope=data["scope"], category=data["category"], by=request.user,
                        key=data["key"], comment=data["comment"],
                    )
                )  # fmt: skip
            except DomainError as refusal:
                form.add_refusal(refusal)
            else:
                return redirect("inventory:stock_take_detail", pk=take.pk)
    else:
        warehouse = wanted_warehouse(request.GET.get("warehouse", ""))
        form = StockTakeForm(initial={"warehouse": warehouse, "scope": StockTakeScope.ALL})
    context = {"form": form, **rights(request.user)}
    return page_or_part(request, "inventory/stock_take_start.html", "page", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.count")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An open stock-take is counted here; a closed one shows what it found."""
    take = get_object_or_404(stock_takes(), pk=pk)
    if take.state != StockTakeState.OPEN:
        if request.method == "POST":
            return _closed(request, take)
        return _differences_page(request, take, "inventory/stock_take_closed.html")
    if request.method == "POST":
        return _count(request, take)
    chosen = Product.objects.filter(pk=read_key(request.GET.get("product", ""))).first()
    lines = Lines(CountForm, start=[{"product": written(chosen)} if chosen else {}])
    return _counting_page(request, take, _to_type_on(lines), KeyForm())


def _count(request: HttpRequest, take: StockTake) -> HttpResponse:
    lines, key = Lines(CountForm, request.POST), KeyForm(request.POST)
    del lines.raw[1:]
    if lines.change(request.POST):
        lines.open()
        return _counting_page(request, take, lines, KeyForm(initial=request.POST.dict()))
    rows = lines.checked()
    if rows is None or not key.is_valid():
        return _counting_page(request, take, lines, key, status=422)
    [row] = rows
    lines.raw[0]["product"] = written(row["product"])  # no longer the address of a label
    if row["quantity"] is None:
        return _counting_page(request, take, _to_type_on(lines), KeyForm(initial=request.POST.dict()))
    try:
        run(
            lambda: count(
                take, product=row["product"], quantity=row["quantity"], again=request.POST.get("again"),
                by=request.user, key=key.cleaned_data["key"],
            )
        )  # fmt: skip
    except StockTakeClosed as refusal:
        messages.error(request, str(refusal))
    except DomainError as refusal:
        lines.checked()
        lines.forms[0].add_error("quantity" if isinstance(refusal, CountRefused) else None, str(refusal))
        ways = CountedAgain.choices if isinstance(refusal, AlreadyCounted) else ()
        return _counting_page(request, take, lines, key, status=422, ways=ways)
    return redirect("inventory:stock_take_detail", pk=take.pk)


def _to_type_on(lines: Lines[CountForm]) -> Lines[CountForm]:
    """The lines with the cursor in what comes next."""
    lines.focus = 0
    lines.open()
    return lines


def _counting_page(
    request: HttpRequest, take: StockTake, lines: Lines[CountForm], key: KeyForm, *, status: int = 200, ways: Any = ()
) -> HttpResponse:
    left = left_to_count(take, on=timezone.localdate())
    rows = list(behind_name(left, request.GET.get("after", ""))[: PAGE + 1])
    counted = list(counted_lines(take)[:PAGE])
    people = counters(take)
    done = sum(number for _person, number in people)
    all_of_them = done + left.count()
    context = {
        "take": take,
        "lines": lines,
        "line": lines.forms[0],
        "key": key,
        "ways": ways,
        "last": take.lines.filter(by=request.user.pk)
        .select_related("stock__product")
        .order_by("counted_at", "pk")
        .last(),
        "counted": counted,
        "counters": people,
        "done": done,
        "all": all_of_them,
        "left": rows[:PAGE],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        **rights(request.user),
    }
    part = "lines" if request.method == "POST" else "rows" if request.GET.get("after") else "page"
    return page_or_part(request, "inventory/stock_take_count.html", part, context, status=status)


@require_POST
@needs("stock.count")
def forget(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Take a count back, as if it had not been counted."""
    stored = get_object_or_404(
        CountLine.objects.select_related("stock_take__warehouse", "stock__product"), pk=line, stock_take=pk
    )
    try:
        run(lambda: forget_count(stored))
    except StockTakeClosed as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("%(product)s is not counted again: count all of it.") % {"product": stored.stock.product}
        )
    return redirect("inventory:stock_take_detail", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.apply_count")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """The differences before they are posted; `do` applies the stock-take or gives it up."""
    take = get_object_or_404(stock_takes(), pk=pk)
    if take.state != StockTakeState.OPEN:
        return _closed(request, take)
    if request.method != "POST":
        return _differences_page(request, take, "inventory/stock_take_differences.html")
    if request.POST.get("do") not in {"apply", "cancel"}:
        return _differences_page(request, take, "inventory/stock_take_differences.html", status=422)
    try:
        if request.POST["do"] == "cancel":
            run(lambda: cancel_stock_take(take, by=request.user))
            messages.success(request, _("%(stock_take)s is cancelled: nothing was posted.") % {"stock_take": take})
        else:
            done = run(lambda: apply_stock_take(take, by=request.user))
            messages.success(request, _("%(stock_take)s is applied.") % {"stock_take": take})
            for sentence in told(done.lost, _("These goods were promised, and orders wait for them again: %(goods)s.")):
                messages.warning(request, sentence)
    except DomainError as refusal:
        return _differences_page(request, take, "inventory/stock_take_differences.html", refusal=refusal, status=422)
    return redirect("inventory:stock_take_detail", pk=pk)


def _closed(request: HttpRequest, take: StockTake) -> HttpResponse:
    messages.error(
        request,
        _("%(stock_take)s is closed: %(state)s. Open a new one.")
        % {"stock_take": take, "state": take.get_state_display()},
    )
    return redirect(reverse("inventory:stock_take_detail", args=[take.pk]))


def _differences_page(
    request: HttpRequest, take: StockTake, template: str, *, refusal: DomainError | None = None, status: int = 200
) -> HttpResponse:
    rows = differences(take)
    context = {
        "take": take,
        "rows": rows,
        "refusal": refusal,
        "wrong": refusal.data.get("lines", ()) if refusal else (),
        "shortfall": sum(row.cost for row in rows if row.quantity < 0),
        "surplus": sum(row.cost for row in rows if row.quantity > 0),
        "total": sum(row.cost for row in rows),
        "differing": [row for row in rows if row.quantity],
        "fitting": [row for row in rows if not row.quantity],
        "left": left_to_count(take, on=timezone.localdate()).count() if take.state == StockTakeState.OPEN else 0,
        **rights(request.user),
    }
    return page_or_part(request, template, "page", context, status=status)
