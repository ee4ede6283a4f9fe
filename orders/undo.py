"""What can be taken back in orders: steps of one order, steps of several at once, a discarded draft."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import StaleForm
from core.models import RecentAction
from core.undo import Kind, Payload, register, remember
from orders.models import Order, OrderDraft, OrderStatus
from orders.selectors.one_order import right_for
from orders.services.drafts import bring_draft_back, discard_draft
from orders.services.lifecycle import step_order, undo_step
from orders.services.stock_sync import lock_orders_with_stocks

STEP, STEPS, DRAFT = "orders.step", "orders.steps", "orders.discard_draft"


def step_and_remember(order: Order, status: OrderStatus, *, version: int, by: Any) -> RecentAction | None:
    """`step_order`, remembered in the same transaction; None when the step was done before."""
    now = step_order(order, status, version=version, by=by)
    if now.last_step is None:
        return None
    return remember(STEP, {"to": _facts(status), **_step(now)}, by=by)


def step_and_remember_together(
    order: Order, status: OrderStatus, *, version: int, by: Any, action: RecentAction | None
) -> RecentAction | None:
    """One of several orders that take the same step, each in a transaction of its own: all of them become one action,
    the one that the first step made."""
    now = step_order(order, status, version=version, by=by)
    if now.last_step is None:
        return action
    if action is None:
        return remember(STEPS, {"to": _facts(status), "steps": [_step(now)]}, by=by)
    longer = RecentAction(pk=action.pk, at=action.at, by=by, kind=action.kind, until=action.until)
    longer.payload = {**action.payload, "steps": [*action.payload["steps"], _step(now)]}
    longer.save(update_fields=["payload"])
    return longer


def discard_and_remember(user: Any) -> RecentAction | None:
    """Forget the person's draft, remembered in the same transaction; None without a draft."""
    draft = discard_draft(user)
    return None if draft is None else remember(DRAFT, {"draft": draft.pk}, by=user)


def _step(order: Order) -> dict[str, Any]:
    event, before = order.last_step or (0, order.status)
    return {"order": order.pk, "number": order.number, "event": event, "from": _facts(before)}


def _facts(status: OrderStatus) -> dict[str, str]:
    return {"code": status.code, "name": status.name, "category": status.category}


def _status(facts: Any) -> OrderStatus:
    """The status as it was called then; not the row."""
    return OrderStatus(**facts)


def _right_back(payload: Payload, *steps: Any) -> str:
    """The right for going back: reopening when any of the orders was closed by it."""
    rights = [right_for(_status(payload["to"]), _status(step["from"])) for step in steps]
    return next((right for right in rights if right == "orders.reopen"), rights[0])


def _describe_step(payload: Payload) -> str:
    return _("Order %(number)s: %(status)s.") % {"number": payload["number"], "status": _status(payload["to"])}


def _undo_step(payload: Payload, by: Any) -> list[str]:
    order = Order.objects.filter(pk=payload["order"]).first()
    if order is None:
        raise StaleForm(_("Order %(number)s was deleted since.") % {"number": payload["number"]})
    undo_step(order, event=payload["event"], by=by)
    return []


def _describe_steps(payload: Payload) -> str:
    count = len(payload["steps"])
    return ngettext(
        "%(count)d order is now in “%(status)s”.", "%(count)d orders are now in “%(status)s”.", count
    ) % {"count": count, "status": _status(payload["to"])}  # fmt: skip


def _undo_steps(payload: Payload, by: Any) -> list[str]:
    """Every order that nobody changed since goes back; the others stay and are named."""
    steps = {step["order"]: step for step in payload["steps"]}
    left, orders = [], lock_orders_with_stocks(steps)
    for order in orders:
        try:
            undo_step(order, event=steps[order.pk]["event"], by=by)
        except StaleForm as changed:
            left.append(str(changed))
    if len(left) == len(orders):
        raise StaleForm(_("All of these orders were changed since. Take them back by hand, one by one."))
    return left


def _undo_discard(payload: Payload, by: Any) -> list[str]:
    bring_draft_back(OrderDraft(pk=payload["draft"]))
    return []


register(
    STEP,
    Kind(
        describe=_describe_step,
        undo=_undo_step,
        right=lambda payload: _right_back(payload, payload),
        link=lambda payload: reverse("orders:order_detail", args=[payload["order"]]),
        lasts=timedelta(hours=24),
    ),
)
register(
    STEPS,
    Kind(
        describe=_describe_steps,
        undo=_undo_steps,
        right=lambda payload: _right_back(payload, *payload["steps"]),
        link=lambda payload: reverse("orders:order_list"),
        lasts=timedelta(hours=24),
    ),
)
register(
    DRAFT,
    Kind(
        describe=lambda payload: _("The draft of a new order is discarded."),
        undo=_undo_discard,
        right=lambda payload: "orders.change",
        link=lambda payload: reverse("orders:order_create"),
        lasts=timedelta(minutes=30),
    ),
)
