"""The board of orders: a column per status; cards move by drag, by menu and by keys."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import may, needs
from core.errors import DomainError, NotAllowed
from core.htmx import page_or_part, wants_part
from core.models import RecentAction
from core.transactions import run
from core.undo import tell, undo_context
from orders.board import Card, board, card_of
from orders.forms import StepForm
from orders.models import Order, OrderStatus
from orders.selectors.lists import View, all_statuses, first_of, rows_of, view_counts
from orders.selectors.one_order import right_for, steps_from
from orders.undo import step_and_remember
from orders.views.lists import view_tabs


@require_safe
@needs("orders.view")
def order_board(request: HttpRequest) -> HttpResponse:
    """The board of a view; `column` is the one a phone shows."""
    return _answer(request, request.GET)


@require_safe
@needs("orders.view")
def card_steps(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a card may be moved, for its menu."""
    order = get_object_or_404(Order.objects.select_related("status"), pk=pk)
    steps = [step.status for step in steps_from(order, OrderStatus.objects.all()) if may(request.user, step.needs)]
    context = {"order": order, "steps": steps, "view": _view(request.GET).value}
    return render(request, "orders/order_board.html#steps", context)


@require_POST
@needs("orders.view")
def move_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Move an order to another column. Answers with the board, or with the card and the reason when it is refused."""
    order = get_object_or_404(Order.objects.select_related("status"), pk=pk)
    form = StepForm.of(request)
    if not form.is_valid():
        text = _("This page is out of date. Look at the order as it is now and decide again.")
        return _refused(request, pk, text, 422)
    status = form.cleaned_data["status"]
    try:
        if not may(request.user, right_for(order.status, status)):
            raise NotAllowed(_("Your role does not permit the step to “%(status)s”.") % {"status": status})
        action = run(lambda: step_and_remember(order, status, version=form.cleaned_data["version"], by=request.user))
    except DomainError as refusal:
        return _refused(request, pk, str(refusal), refusal.status)
    if wants_part(request):
        done = _("Order %(number)s: %(status)s.") % {"number": order.number, "status": status}
        return _answer(request, request.POST, done=done, action=action)
    tell(request, action)
    query = urlencode({"view": _view(request.POST).value, "column": status.pk})
    return redirect(f"{reverse('orders:order_board')}?{query}")


def _view(data: Any) -> View:
    wanted = data.get("view", "")
    return View(wanted) if wanted in set(View) else View.TODAY


def _answer(request: HttpRequest, data: Any, *, done: str = "", action: RecentAction | None = None,
            refused: dict[int, str] | None = None, status: int = 200) -> HttpResponse:  # fmt: skip
    now, view = timezone.now(), _view(data)
    statuses = all_statuses()
    columns = board(view=view, now=now, statuses=statuses)
    for column in columns:
        for card in column.cards:
            card.refusal = (refused or {}).get(card.row.order.pk, "")
    open_columns = [column for column in columns if not column.status.is_end]
    named = next((column for column in columns if str(column.status.pk) == data.get("column", "")), None)
    filled = next((column for column in open_columns if column.count), None)
    tabs = view_tabs(view, view_counts(now, statuses), url_name="orders:order_board")
    context = {
        "columns": columns, "current": named or filled or (open_columns or columns)[0], "view": view.value,
        "tabs": tabs, "done": done, "may_change": may(request.user, "orders.change"),
        "show_day": view not in {View.TODAY, View.TOMORROW}, **undo_context(request, action),
    }  # fmt: skip
    return page_or_part(request, "orders/order_board.html", "board", context, status=status)


def _refused(request: HttpRequest, pk: int, reason: str, status: int) -> HttpResponse:
    """The card as it is now with the reason on it: alone for htmx, else on the whole board."""
    if not wants_part(request):
        messages.error(request, reason)
        return _answer(request, request.POST, refused={pk: reason}, status=status)
    statuses = all_statuses()
    order = Order.objects.select_related("status", "recipient", "buyer").get(pk=pk)
    [row] = rows_of([order], timezone.now(), first_of(statuses))
    card: Card = card_of(row, statuses)
    card.refusal = reason
    view = _view(request.POST)
    context = {
        "card": card, "view": view.value, "may_change": may(request.user, "orders.change"),
        "show_day": view not in {View.TODAY, View.TOMORROW},
    }  # fmt: skip
    response = render(request, "orders/order_board.html#card", context, status=status)
    response["HX-Retarget"] = f"#card_{pk}"
    response["HX-Reswap"] = "outerHTML"
    return response
