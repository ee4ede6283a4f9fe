"""How orders are put into words: lateness, money, what waits, what a step does, what happened."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.pieces import Plain, piece
from core.templatetags.florist import day, money, quantity, slot
from orders.board import Card
from orders.domain.lifecycle import Stage
from orders.goods import short_unit
from orders.models import EventKind, Fulfilment, Order, OrderEvent, OrderItem, PaymentMethod
from orders.selectors.lists import Lateness, Row, goods_ref
from orders.selectors.one_order import Part
from products.models import Unit

register = template.Library()
MINUTES_OF_A_DAY = 24 * 60


@register.filter
def late_words(lateness: Lateness) -> str:
    """`late by 40 min`, `late by 2 h`, `in 20 min`; empty when there is nothing to say."""
    if lateness.late is not None:
        return _("late by %(time)s") % {"time": _duration(lateness.late)}
    return _("in %(time)s") % {"time": _duration(lateness.ahead)} if lateness.ahead is not None else ""


def _duration(minutes: int) -> str:
    if minutes < 60:
        return _("%(count)s min") % {"count": max(minutes, 1)}
    if minutes < MINUTES_OF_A_DAY:
        return _("%(count)s h") % {"count": minutes // 60}
    days = minutes // MINUTES_OF_A_DAY
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


@register.filter
def waiting_words(waiting: dict[str, Decimal]) -> str:
    """`waits for 12 pcs` from unit → base units; several units are named one after the other."""
    if not waiting:
        return ""
    amounts = ", ".join(quantity(amount, short_unit(unit)) for unit, amount in waiting.items())
    return _("waits for %(amounts)s") % {"amounts": amounts}


@register.filter
def payment_state(order: Order) -> dict[str, str]:
    """Whether the order is paid, as label, tone and icon of a badge."""
    if order.total == 0:
        return {"label": _("Nothing to pay"), "tone": "muted", "icon": "check"}
    if order.debt == 0:
        return {"label": _("Paid"), "tone": "ok-text", "icon": "check"}
    if order.status.stage is Stage.CANCELLED:
        return {"label": _("Not paid"), "tone": "muted", "icon": "close"}
    if order.status.stage is Stage.SOLD:
        return {"label": _("Debt %(sum)s") % {"sum": money(order.debt)}, "tone": "danger-text strong", "icon": "alert"}
    if order.paid > 0:
        return {"label": _("Debt %(sum)s") % {"sum": money(order.debt)}, "tone": "warn-text", "icon": "clock"}
    return {"label": _("On handing over"), "tone": "muted", "icon": "cash"}


def _words_of(row: Row, *, show_day: bool) -> dict[str, Plain]:
    """What a row of a list and a card of the board say about an order."""
    order, late = row.order, row.lateness.late is not None
    person = order.recipient or order.buyer
    paid = payment_state(order)
    return {
        "key": order.pk,
        "number": order.number,
        "version": order.version,
        "when": slot(order.due_from, order.due_until) or _("any time"),
        "day": day(order.due_on) if show_day else "",
        "late": late_words(row.lateness) if late else "",
        "ahead": "" if late else late_words(row.lateness),
        "ended": order.status.is_end,
        "who": str(person) if person else "",
        "where": whereto(order),
        "thumb": row.photo.thumb_url if row.photo else "",
        "is_bouquet": row.has_bouquet,
        "contents": ", ".join(_line(item) for item in row.items),
        "more": row.more_lines,
        "waiting": waiting_words(row.waiting),
        "paid": (paid["label"], paid["tone"], paid["icon"]),
        "status": str(order.status),
        "hue": order.status.color,
        "total": money(order.total),
        "step": str(row.next_status) if row.next_status else "",
        "step_to": row.next_status.pk if row.next_status else None,
    }


def _line(item: OrderItem) -> str:
    return f"{item} ×{quantity(item.quantity)}" if item.quantity != 1 else str(item)


@register.simple_tag
def order_row(row: Row, *, may_change: bool, show_day: bool) -> SafeString:
    """One order of the list."""
    order = row.order
    person = order.recipient or order.buyer
    return piece(
        "orders/_row.html", **_words_of(row, show_day=show_day), phone=person.phone if person else "",
        title=str(order), may_change=may_change,
    )  # fmt: skip


@register.simple_tag
def board_card(card: Card, *, view: str, may_change: bool, show_day: bool) -> SafeString:
    """One order of the board."""
    return piece(
        "orders/_card.html", **_words_of(card.row, show_day=show_day), status_key=card.row.order.status_id,
        onward=card.onward.pk if card.onward else None, back=card.back.pk if card.back else None,
        refusal=card.refusal, view=view, may_change=may_change,
    )  # fmt: skip


@register.filter
def whereto(order: Order) -> str:
    """The address, or how else the flowers are handed over."""
    if order.fulfilment == Fulfilment.PICKUP:
        return _("pickup")
    return order.address or _("address not known yet")


def effect_words(effect: str, parts: Iterable[Part]) -> str:
    """What a step does to the stock, with figures: `reserves 32 stems and 2 other products`."""
    if effect == "release":
        return _("releases what is reserved")
    if effect == "put_back":
        return _("returns the goods to their batches")
    if effect == "put_back_and_reserve":
        return _("returns the goods to their batches and reserves them")
    if effect not in {"reserve", "sell"}:
        return ""
    goods = _goods_words(parts)
    if not goods:
        return ""
    if effect == "sell":
        return _("takes %(goods)s off the stock") % {"goods": goods}
    return _("reserves %(goods)s") % {"goods": goods}


def _goods_words(parts: Iterable[Part]) -> str:
    stems = Decimal(0)
    others: dict[int, Decimal] = defaultdict(Decimal)
    for part in parts:
        if part.product.unit == Unit.STEM:
            stems += part.asked
        else:
            others[part.product.pk] += part.asked
    words = []
    if stems:
        count = int(stems.to_integral_value(ROUND_CEILING))
        words.append(ngettext("%(amount)s stem", "%(amount)s stems", count) % {"amount": quantity(stems)})
    if others:
        count = len(others)
        if stems:
            words.append(ngettext("%(count)s other product", "%(count)s other products", count) % {"count": count})
        else:
            words.append(ngettext("%(count)s product", "%(count)s products", count) % {"count": count})
    return _(" and ").join(words)


@register.filter
def plus_minus(amount: Any) -> str:
    """Money that is more or less than before: `+200 ₽`, `−200 ₽`."""
    return f"+{money(amount)}" if Decimal(amount or 0) > 0 else money(amount)


@register.filter
def event_words(event: OrderEvent) -> str:
    """One line of the history as a sentence without its subject."""
    data: dict[str, Any] = event.data
    if event.kind == EventKind.CREATED:
        return _("the order is taken down, “%(status)s”") % {"status": event.status}
    if event.kind == EventKind.STATUS:
        return _("“%(before)s” → “%(after)s”") % {"before": event.status_before, "after": event.status}
    if event.kind == EventKind.EDITED:
        return _("the content is changed")
    if event.kind == EventKind.PAYMENT:
        method = dict(PaymentMethod.choices).get(data.get("method", ""), "")
        return _("%(sum)s received, %(method)s") % {"sum": money(data.get("amount")), "method": method}
    if event.kind == EventKind.SUBSTITUTED:
        before, after = data.get("before", []), data.get("after", [])
        return _("the composition of “%(line)s” is changed: %(before)s → %(after)s") % {
            "line": data.get("line", ""),
            "before": _composition(part for part in before if part not in after) or _("nothing"),
            "after": _composition(part for part in after if part not in before) or _("nothing"),
        }
    if event.kind == EventKind.PRICE_CORRECTED:
        return _("the price is corrected by %(sum)s: %(reason)s") % {
            "sum": plus_minus(data.get("amount")), "reason": data.get("reason", "")
        }  # fmt: skip
    if event.kind == EventKind.HOLD_ENDED:
        return _("the time to hold goods is over, free again: %(goods)s") % {
            "goods": _composition(data.get("goods", []))
        }
    return _("%(quantity)s of “%(product)s” are reserved no more: the goods are gone") % {
        "product": data.get("product", ""),
        "quantity": quantity(data.get("quantity")),
    }


def _composition(pairs: Iterable[Iterable[str]]) -> str:
    return ", ".join(f"{name} × {quantity(amount)}" for name, amount in pairs)


@register.filter
def actor(event: OrderEvent) -> str:
    """Who did it; the program itself has a name too."""
    return str(event.by) if event.by else pgettext("who did it", "system")


@register.filter
def of(item: OrderItem, thumbs: dict[str, Any]) -> Any:
    """The photo of what a line names, if it has one."""
    return thumbs.get(goods_ref(item))


@register.filter
def step_words(status: Any) -> str:
    """What the button of a step says."""
    return _("Move to “%(status)s”") % {"status": status}
