"""One step for many orders at once, each by itself: what is refused stays as it was and is told."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.access import may, needs
from core.errors import DomainError
from core.models import RecentAction
from core.transactions import run
from core.undo import tell, undo_context
from orders.models import Order, OrderStatus
from orders.selectors.lists import all_statuses
from orders.selectors.one_order import right_for
from orders.undo import step_and_remember_together
from orders.views.lists import bulk_statuses

MOST = 200


@dataclass(frozen=True)
class Outcome:
    """What became of one order; `reason` is empty for one that was moved. `action` holds all steps up to here."""

    order: Order
    action: RecentAction | None
    reason: str = ""


@require_POST
@needs("orders.change")
def bulk_status(request: HttpRequest) -> HttpResponse:
    """Move the selected orders to a status, every order in a transaction of its own; or print their work orders,
    or see what they take from the stock."""
    wanted = _selected(request.POST.getlist("order"))
    if (page := {"print": "print_work_orders", "pull": "pull_list"}.get(request.POST.get("do", ""))) is not None:
        return redirect(f"{reverse(f'orders:{page}')}?{urlencode({'order': list(wanted)}, doseq=True)}")
    statuses = bulk_statuses(request.user, all_statuses())
    status = next((item for item in statuses if str(item.pk) == request.POST.get("status")), None)
    target = request.POST.get("next", "")
    back = target if url_has_allowed_host_and_scheme(target, {request.get_host()}) else reverse("orders:order_list")
    context: dict[str, Any] = {"status": status, "back_url": back, "problem": ""}
    if status is None or not wanted:
        context["problem"] = _("No orders or no status were chosen. Go back, tick the orders and choose a status.")
    elif len(wanted) > MOST:
        context["problem"] = _("At most %(count)s orders can be moved at once. Go back and tick fewer.") % {
            "count": MOST
        }
    if context["problem"] or status is None:
        return render(request, "orders/bulk_result.html", context, status=422)
    orders = Order.objects.select_related("status").in_bulk(list(wanted))
    outcomes: list[Outcome] = []
    for pk in (pk for pk in wanted if pk in orders):
        outcomes.append(_step(request, orders[pk], status, wanted[pk], outcomes[-1].action if outcomes else None))
    action = outcomes[-1].action if outcomes else None
    if action is not None and len(outcomes) == len(wanted) and not any(outcome.reason for outcome in outcomes):
        tell(request, action)
        return redirect(back)
    context |= undo_context(request, action) | {
        "moved": [outcome for outcome in outcomes if not outcome.reason],
        "refused": [outcome for outcome in outcomes if outcome.reason],
        "gone": len(wanted) - len(outcomes),
    }
    return render(request, "orders/bulk_result.html", context)


def _selected(values: list[str]) -> dict[int, int]:
    """Order → the version it was seen in, from `<key>-<version>`; what can't be read is left out."""
    found = {}
    for value in values:
        key, _dash, version = value.partition("-")
        if all(part.isascii() and part.isdigit() and len(part) < 19 for part in (key, version)):
            found[int(key)] = int(version)
    return found


def _step(
    request: HttpRequest, order: Order, status: OrderStatus, version: int, action: RecentAction | None
) -> Outcome:
    if not may(request.user, right_for(order.status, status)):
        return Outcome(order, action, _("Your role does not permit the step to “%(status)s”.") % {"status": status})
    try:
        longer = run(lambda: step_and_remember_together(order, status, version=version, by=request.user, action=action))
    except DomainError as refusal:
        return Outcome(order, action, str(refusal))
    return Outcome(order, longer)
