"""Taking an order down and changing it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from core.access import needs
from core.errors import DomainError, StaleForm
from core.htmx import page_or_part, wants_part
from core.transactions import run
from orders.domain.lifecycle import Stage
from orders.forms import MAX_LINES, OrderForm, content_of, searched, unresolved
from orders.goods import Goods, load_goods, search_goods
from orders.models import Contact, Order, OrderDraft
from orders.selectors.people import last_deliveries
from orders.services.contacts import contact_of
from orders.services.drafts import draft_of, drop_draft
from orders.services.lines import LinesLocked
from orders.services.placing import change_order, place_order
from orders.stale import Conflict, compare, initial_of, rows_of, with_choices

# Buttons of the form that change what stands in it instead of saving it.
LINE_BUTTONS = ("add_line", "choose_goods", "remove_line", "recount", "use_delivery")


class TooManyLines(DomainError):
    """The order is longer than the form."""

    code = "too_many_lines"


@require_http_methods(["GET", "HEAD", "POST"])
@needs("orders.change")
def order_create(request: HttpRequest) -> HttpResponse:
    """A new order."""
    today = timezone.localdate()
    if request.method != "POST":
        draft = draft_of(request.user, now=timezone.now())
        form = _restored(draft, today) if draft else OrderForm(today=today, initial=_for_buyer(request))
        return _page(request, form, draft=draft)
    if any(button in request.POST for button in LINE_BUTTONS):
        return _with_other_lines(request, None)
    form = OrderForm(request.POST, today=today)
    if form.is_valid():
        try:
            order, renamed = run(lambda: _place(request, form))
        except DomainError as refusal:
            form.add_refusal(refusal)
            return _page(request, form, refusal.status)
        messages.success(request, _("Order %(number)s is saved.") % {"number": order.number})
        _tell_names(request, renamed)
        return redirect("orders:order_detail", order.pk)
    return _page(request, form, 422)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("orders.change")
def order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """An order that is not closed yet, changed."""
    order = get_object_or_404(Order.objects.select_related("status", "buyer", "recipient", "warehouse"), pk=pk)
    if order.status.stage in {Stage.SOLD, Stage.CANCELLED}:
        raise LinesLocked(order)
    if order.items.count() > MAX_LINES:
        raise TooManyLines(
            _(
                "Order %(number)s has more than %(limit)s lines, too many for this form. Change it in the administration."
            )
            % {"number": order.number, "limit": MAX_LINES}
        )
    if request.method != "POST":
        return _page(request, OrderForm(order=order))
    if any(button in request.POST for button in LINE_BUTTONS):
        return _with_other_lines(request, order)
    form = OrderForm(with_choices(request.POST, order), order=order)
    if form.is_valid():
        try:
            _order, renamed = run(lambda: _change(request, form, order))
        except StaleForm:
            return _both(request, form)
        except DomainError as refusal:
            form.add_refusal(refusal)
            return _page(request, form, refusal.status)
        messages.success(request, _("Order %(number)s is saved.") % {"number": order.number})
        _tell_names(request, renamed)
        return redirect("orders:order_detail", order.pk)
    return _page(request, form, 422)


def _both(request: HttpRequest, late: OrderForm) -> HttpResponse:
    """The form on the version that is stored now, with what was typed and what the other one changed."""
    assert late.order is not None  # a new order can't be stale  # noqa: S101
    order = Order.objects.select_related("status", "buyer", "recipient", "warehouse").get(pk=late.order.pk)
    if order.status.stage in {Stage.SOLD, Stage.CANCELLED}:
        late.add_refusal(LinesLocked(order))
        return _page(request, late, LinesLocked.status)
    now = OrderForm(order=order)
    both, conflict = compare(
        order, token=late.cleaned_data["base"], mine=late.typed_parts(), theirs=now["base"].value()
    )  # fmt: skip
    form = OrderForm(order=order, initial=initial_of(both.values), lines=rows_of(both.values, order))
    return _page(request, form, StaleForm.status, conflict=conflict)


@require_safe
@needs("orders.change")
def goods_search(request: HttpRequest) -> HttpResponse:
    """What the picker finds for the typed words, as buttons of the order form around it."""
    try:
        text = searched(request.GET.get("goods_search", request.GET.get("q", "")))
    except ValidationError as error:
        return render(request, "orders/_goods_found.html", {"problem": error.messages[0]}, status=422)
    key = request.GET.get("order", "")
    order = Order.objects.filter(pk=key).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
    people = {"buyer_phone": request.GET["buyer_phone"]} if "buyer_phone" in request.GET else {}
    form = OrderForm(order=order, initial=people)
    found = search_goods(text, warehouse=form.chosen_warehouse(), asks=form.who_buys) if text else []
    problem = unresolved(text, found) if text and not found else ""
    return render(request, "orders/_goods_found.html", _context(form) | {"found": found, "problem": problem})


def _place(request: HttpRequest, form: OrderForm) -> tuple[Order, list[Contact]]:
    buyer, recipient, renamed = _people(form, None)
    taken = form.with_people(form.to_input(), buyer, recipient)
    order = place_order(taken, by=request.user, key=form.cleaned_data["key"])
    drop_draft(request.user)
    return order, renamed


def _change(request: HttpRequest, form: OrderForm, order: Order) -> tuple[Order, list[Contact]]:
    buyer, recipient, renamed = _people(form, order)
    taken = form.with_people(form.to_input(), buyer, recipient)
    return change_order(order, taken, version=form.cleaned_data["version"], by=request.user), renamed


def _people(form: OrderForm, order: Order | None) -> tuple[Contact | None, Contact | None, list[Contact]]:
    """Buyer, recipient, and those whose number is known under another name than was typed."""
    (phone, name), other = form.people()
    buyer = contact_of(phone=phone, name=name, known=order.buyer if order else None)
    recipient = None
    if other is not None:
        recipient = contact_of(phone=other[0], name=other[1], known=order.recipient if order else None)
    typed = [(buyer, name), (recipient, other[1] if other else "")]
    return (
        buyer,
        recipient,
        [contact for contact, typed_name in typed if contact and typed_name and contact.name != typed_name],
    )


def _tell_names(request: HttpRequest, contacts: list[Contact]) -> None:
    for contact in contacts:
        messages.info(
            request,
            _("The telephone %(phone)s belongs to %(name)s, and the order is written to this name.")
            % {"phone": contact.phone, "name": contact.name},
        )


def _with_other_lines(request: HttpRequest, order: Order | None) -> HttpResponse:
    """The same form with a line more or less: nothing is checked and nothing is saved."""
    # Without the script the whole page is drawn again, and what was chosen on it goes into the fields.
    data = with_choices(request.POST, order) if order and not wants_part(request) else request.POST
    sent = OrderForm(data, order=order, today=timezone.localdate())
    initial, rows = _as_typed(sent)
    problem: Any = ""
    added: Goods | None = None
    if "choose_goods" in data:
        ref = str(data["choose_goods"])
        added = load_goods([ref], warehouse=sent.chosen_warehouse(), asks=sent.who_buys).get(ref)
        if added is None:
            problem = gettext_lazy("This is not in the catalogue any more. Choose something else.")
    elif "add_line" in data:
        problem = _find(sent, str(initial["goods_search"] or ""))
        added = sent.added
    elif "remove_line" in data:
        number = str(data["remove_line"])
        if number.isascii() and number.isdigit() and len(number) < 5 and int(number) < len(rows):
            del rows[int(number)]
    elif "use_delivery" in data:
        initial |= _delivery(str(data["use_delivery"]))
    place = _add(rows, added) if added else None
    if added:
        initial["goods_search"] = ""
    form = OrderForm(order=order, today=timezone.localdate(), initial=initial, lines=rows)
    form.suggestions = sent.suggestions
    context = _context(form) | {
        "goods_problem": problem,
        "new_line": place,
        "is_row_answer": True,
        "is_recount": "recount" in data,
    }
    part = "totals" if "recount" in data else "lines"
    return page_or_part(request, "orders/order_form.html", part, context, status=422 if problem else 200)


def _as_typed(sent: OrderForm) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What stands in a form and in its lines, right or wrong."""
    initial = {name: _raw(sent, name) for name in sent.fields}
    return initial, [{name: line[name].value() for name in line.fields} for line in sent.lines.forms]


def _delivery(key: str) -> dict[str, Any]:
    """The fields that say where an earlier order went; none for a key that means no order."""
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return {}
    order = Order.objects.select_related("buyer", "recipient", "warehouse").filter(pk=key).first()
    if order is None:
        return {}
    names = ("fulfilment", "address", "courier_note", "same_recipient", "recipient_name", "recipient_phone")
    content = content_of(order)
    return {name: content[name] for name in names}


def _for_buyer(request: HttpRequest) -> dict[str, Any]:
    """The fields of a new order for the buyer in the address: `?buyer=12`."""
    key = request.GET.get("buyer", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return {}
    buyer = Contact.objects.filter(pk=key).first()
    return {"buyer_phone": buyer.phone, "buyer_name": buyer.name} if buyer else {}


def _restored(draft: OrderDraft, today: date) -> OrderForm:
    """The form of a new order, with what was typed before; the key is a new one, for two windows are two orders."""
    data = QueryDict(mutable=True)
    data.update(draft.data)
    try:
        initial, rows = _as_typed(OrderForm(data, today=today))
    except ValidationError:  # a draft that is no form of today's kind any more
        return OrderForm(today=today)
    del initial["key"]
    return OrderForm(today=today, initial=initial, lines=rows)


def _raw(form: OrderForm, name: str) -> Any:
    return form[name].value()


def _find(form: OrderForm, text: str) -> Any:
    """Resolve what is typed into the picker; answers with what to tell when it adds no line."""
    try:
        tidy = searched(text)
    except ValidationError as error:
        return error.messages[0]
    if not tidy:
        return gettext_lazy("Type a name or an SKU first.")
    form.find(tidy)
    if form.added is None and len(form.suggestions) == 1:
        form.added = form.suggestions.pop()  # the only thing found is what Enter means
    return "" if form.added else unresolved(tidy, form.suggestions)


def _add(rows: list[dict[str, Any]], goods: Goods) -> int | None:
    """A line more, or one more of a line that is there; answers with its place. A full form stays as it is."""
    for place, row in enumerate(rows):
        typed = str(row["quantity"] or "")
        if row["goods"] == goods.ref and typed.isascii() and typed.isdigit() and len(typed) < 6:
            row["quantity"] = Decimal(typed) + 1
            return place
    if len(rows) >= MAX_LINES:
        return None
    rows.append({"item": None, "goods": goods.ref, "quantity": Decimal(1), "price": goods.price})
    return len(rows) - 1


def _buyer_phone(form: OrderForm) -> str:
    try:
        return str(form.fields["buyer_phone"].clean(form["buyer_phone"].value()) or "")
    except ValidationError:
        return ""


def _context(form: OrderForm) -> dict[str, Any]:
    order = form.order
    here = reverse("orders:order_edit", args=[order.pk]) if order else reverse("orders:order_create")
    back = reverse("orders:order_detail", args=[order.pk]) if order else reverse("orders:order_list")
    today = timezone.localdate()
    return {
        "form": form, "order": order, "deliveries": last_deliveries(_buyer_phone(form)), "here": here, "back_url": back, "today": today,
        "tomorrow": today + timedelta(days=1), "saturday": today + timedelta(days=(5 - today.weekday()) % 7),
    }  # fmt: skip


def _page(
    request: HttpRequest, form: OrderForm, status: int = 200, *, conflict: Conflict | None = None, draft: Any = None
) -> HttpResponse:
    if form.is_bound:
        form.lines.look_up()
    context = _context(form) | {"conflict": conflict, "draft": draft}
    if form.is_bound and "goods_search" in form.errors:
        context["goods_problem"] = form.errors["goods_search"][0]
    return page_or_part(request, "orders/order_form.html", "form", context, status=status)
