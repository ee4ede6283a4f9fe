"""One order: what it needs, where it stands, its money and its history."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import may, needs
from core.errors import DomainError, NotAllowed
from core.htmx import page_or_part, wants_part
from core.models import RecentAction
from core.templatetags.florist import day, money
from core.transactions import run
from core.undo import tell, undo_context
from orders.domain.lifecycle import Category, Stage
from orders.forms import PaymentForm, PriceNoteForm, StepForm
from orders.models import Fulfilment, Order, OrderEvent, OrderStatus
from orders.selectors.lists import all_statuses, first_of, lateness_of, next_status, thumbs_of_goods
from orders.selectors.margins import margin_in_all, margin_of
from orders.selectors.one_order import history_of, order_lines, passed_steps, right_for, sales_of, steps_from
from orders.services.payments import record_payment
from orders.services.prices import correct_price
from orders.templatetags.orders_words import actor, effect_words, plus_minus
from orders.undo import step_and_remember
from orders.views.photos import photos_context

WAY = [Category.NEW, Category.CONFIRMED, Category.ASSEMBLING, Category.READY, Category.DELIVERING, Category.COMPLETED]


@require_safe
@needs("orders.view")
def order_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one order."""
    return _answer(request, _order(pk))


@require_safe
@needs("stock.cost")
def order_margin(request: HttpRequest, pk: int) -> HttpResponse:
    """What the goods of an order leave, line by line, down to the receipts they came by."""
    order = _order(pk)
    return page_or_part(request, "orders/order_margin.html", "page", {"order": order, "found": margin_of(order)})


@require_POST
@needs("orders.view")
def order_transition(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the order into another status; the stock follows. Which right it takes depends on the step."""
    order = _order(pk)
    form = StepForm.of(request)
    if not form.is_valid():
        text = _("This page is out of date. Look at the order as it is now and decide again.")
        return _answer(request, order, refusal=DomainError(text), status=422)
    status = form.cleaned_data["status"]
    if not may(request.user, right_for(order.status, status)):
        raise NotAllowed(_("Your role does not permit the step to “%(status)s”.") % {"status": status})
    try:
        action = run(lambda: step_and_remember(order, status, version=form.cleaned_data["version"], by=request.user))
    except DomainError as refusal:
        return _answer(request, _order(pk), refusal=refusal, status=refusal.status)
    if wants_part(request):
        done = _("Order %(number)s: %(status)s.") % {"number": order.number, "status": status}
        return _answer(request, _order(pk), done=done, action=action)
    tell(request, action)
    return redirect(_way_back(request, order))


@require_POST
@needs("orders.change")
def payment_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down money received for the order."""
    order = _order(pk)
    form = PaymentForm(request.POST)
    if not form.is_valid():
        return _answer(request, order, payment_form=form, status=422)
    taken = form.cleaned_data
    try:
        run(
            lambda: record_payment(
                order, amount=taken["amount"], method=taken["method"], key=taken["key"], by=request.user
            )
        )
    except DomainError as refusal:
        form.add_refusal(refusal)
        return _answer(request, _order(pk), payment_form=form, status=refusal.status)
    done = _("Received: %(sum)s.") % {"sum": money(taken["amount"])}
    if wants_part(request):
        return _answer(request, _order(pk), done=done)
    messages.success(request, done)
    return redirect("orders:order_detail", pk)


@require_POST
@needs("orders.correct_price")
def price_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a completed order cost something else, by a credit or debit note."""
    order = _order(pk)
    form = PriceNoteForm(request.POST)
    if not form.is_valid():
        return _answer(request, order, price_form=form, status=422)
    typed = form.cleaned_data
    try:
        correction = run(
            lambda: correct_price(
                order, total=typed["total"], seen=typed["seen"], reason=typed["reason"], key=typed["key"],
                by=request.user,
            )
        )  # fmt: skip
    except DomainError as refusal:
        form.add_refusal(refusal)
        return _answer(request, _order(pk), price_form=form, status=refusal.status)
    done = _("The price is corrected by %(sum)s.") % {"sum": plus_minus(correction.amount)}
    if wants_part(request):
        return _answer(request, _order(pk), done=done)
    messages.success(request, done)
    return redirect("orders:order_detail", pk)


def _order(pk: int) -> Order:
    return get_object_or_404(Order.objects.select_related("status", "buyer", "recipient", "warehouse"), pk=pk)


def _way_back(request: HttpRequest, order: Order) -> str:
    """To the list the button was on, else to the order."""
    target = request.POST.get("next", "")
    own = reverse("orders:order_detail", args=[order.pk])
    return target if target and url_has_allowed_host_and_scheme(target, {request.get_host()}) else own


def _answer(
    request: HttpRequest,
    order: Order,
    *,
    status: int = 200,
    refusal: DomainError | None = None,
    payment_form: PaymentForm | None = None,
    price_form: PriceNoteForm | None = None,
    done: str = "",
    action: RecentAction | None = None,
) -> HttpResponse:
    context = _context(request, order) | {"refusal": refusal, "done": done} | undo_context(request, action)
    if payment_form is not None:
        context["payment_form"] = payment_form
    if price_form is not None:
        context["price_form"] = price_form
    return page_or_part(request, "orders/order_detail.html", "order", context, status=status)


def _context(request: HttpRequest, order: Order) -> dict[str, Any]:
    now, user = timezone.now(), request.user
    lines, events = order_lines(order), history_of(order)
    parts = [part for line in lines for part in line.parts]
    statuses = all_statuses()
    steps: list[dict[str, Any]] = [
        {"status": step.status, "effect": effect_words(step.effect, parts)}
        for step in steps_from(order, statuses)
        if may(user, step.needs)
    ]
    first = first_of(statuses)
    onward = next_status(order, first)
    open_steps = [step for step in steps if not step["status"].is_end]
    ends = {step["status"].category: step for step in steps if step["status"].is_end}
    usual = next((step for step in steps if onward and step["status"].pk == onward.pk), None)
    if usual is None and order.status.stage is Stage.RESERVED:
        usual = ends.get(Category.COMPLETED)  # all that a courier may do
    goods = sum((line.item.amount for line in lines), Decimal(0))
    return {
        "order": order,
        **photos_context(order, user),
        "thumbs": thumbs_of_goods(line.item for line in lines),
        "may_set_photo_rule": may(user, "shop.set_up"),
        "lines": lines,
        "waiting_lines": [line for line in lines if line.waiting] if order.status.stage is Stage.RESERVED else [],
        "has_goods": any(line.parts for line in lines),
        "is_reserved": order.status.stage is Stage.RESERVED,
        "is_sold": order.status.stage is Stage.SOLD,
        "is_cancelled": order.status.stage is Stage.CANCELLED,
        "is_planned": order.status.stage is Stage.NOTHING,
        "is_delivery": order.fulfilment == Fulfilment.DELIVERY,
        "lateness": lateness_of(order, now),
        "today": timezone.localdate(now),
        "steps": _way(order, events, first),
        "next_step": usual,
        "other_steps": [step for step in [*open_steps, ends.get(Category.COMPLETED)] if step and step is not usual],
        "cancel_step": ends.get(Category.CANCELLED),
        "may_change": may(user, "orders.change"),
        "may_edit": may(user, "orders.change") and not order.status.is_end,
        "may_see_cost": may(user, "stock.cost"),
        "goods_sum": goods,
        "margin": margin_in_all(order) if order.status.stage is Stage.SOLD and may(user, "stock.cost") else None,
        "payments": list(order.payments.all()),
        "payment_form": PaymentForm(initial={"amount": order.debt or None}),
        "price_notes": list(order.price_notes.all()) if order.corrections or order.status.stage is Stage.SOLD else [],
        "may_correct_price": order.status.stage is Stage.SOLD and may(user, "orders.correct_price"),
        "price_form": PriceNoteForm(initial={"total": order.total, "seen": order.total}),
        "events": events,
        "sales": sales_of(order) if order.status.stage is Stage.SOLD and may(user, "stock.take_back") else [],
    }


def _way(order: Order, events: Any, first: dict[str, OrderStatus]) -> list[dict[str, Any]]:
    """The steps of the order's way: what is behind it with when and by whom, where it stands, what is ahead."""
    if order.status.stage is Stage.CANCELLED:
        return []
    passed = passed_steps(events)
    way = [step for step in WAY if step is not Category.DELIVERING or order.fulfilment == Fulfilment.DELIVERY]
    if order.status.category == Category.DRAFT:
        way = [Category.DRAFT, *way]
    here = Category(order.status.category)
    place = way.index(here) if here in way else len(way) - 1
    steps = []
    for number, category in enumerate(way):
        event = passed.get(category) if number <= place else None
        steps.append(
            {
                "label": order.status if number == place else first[category.value],
                "state": _state(number, place, ended=here is Category.COMPLETED),
                "note": f"{_when(event)}, {actor(event)}" if event else "",
            }
        )
    return steps


def _state(number: int, place: int, *, ended: bool) -> str:
    if number == place:
        return "end" if ended else "current"
    return "done" if number < place else ""


def _when(event: OrderEvent) -> str:
    at = timezone.localtime(event.at)
    return f"{at:%H:%M}" if at.date() == timezone.localdate() else str(day(at))
