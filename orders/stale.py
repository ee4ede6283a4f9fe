"""An order saved by somebody else while its form was open: what both changed, part by part.

The form carries, signed, the content it was opened with. When it comes too late that content, what was typed and what
is stored now are compared; the form is drawn again on the stored version with both changes in it, and where they clash
it asks. An answer "theirs" is taken from the content the form carries then, so nothing is kept on the server meanwhile.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.errors import BadInput
from core.merging import Merge, merge
from core.sealing import seal, unseal
from core.templatetags.florist import day, moment, money, phone, quantity, slot
from inventory.models import Warehouse
from orders.goods import load_goods
from orders.models import Fulfilment, Order
from orders.templatetags.orders_words import actor, event_words

# Part of an order that is decided as one -> its name and the form's fields. The lines are a part of their own.
PARTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "buyer": (gettext_lazy("Buyer"), ("buyer_name", "buyer_phone")),
    "fulfilment": (gettext_lazy("Handing over"), ("fulfilment",)),
    "address": (gettext_lazy("Address"), ("address",)),
    "courier_note": (gettext_lazy("Note for the courier"), ("courier_note",)),
    "recipient": (gettext_lazy("Recipient"), ("same_recipient", "recipient_name", "recipient_phone")),
    "card_message": (gettext_lazy("Words on the card"), ("card_message",)),
    "due_on": (gettext_lazy("Day"), ("due_on",)),
    "slot": (pgettext_lazy("order", "Time"), ("due_from", "due_until")),
    "lines": (gettext_lazy("Contents"), ()),
    "hold_until": (gettext_lazy("Hold goods until"), ("hold_until",)),
    "discount": (gettext_lazy("Discount"), ("discount",)),
    "delivery_price": (gettext_lazy("Delivery price"), ("delivery_price",)),
    "warehouse": (gettext_lazy("Warehouse"), ("warehouse",)),
}
SUMS = ("discount", "delivery_price")
MOST_EVENTS = 5


@dataclass(frozen=True)
class Clash:
    """A part that both changed: what each made of it, in words (the lines: a sentence each)."""

    name: str
    label: Any
    mine: list[str]
    theirs: list[str]


@dataclass(frozen=True)
class Conflict:
    """What the page asks about a form that came too late."""

    told: list[str]
    clashes: list[Clash]
    taken: list[Clash]


def base_of(order: Order, content: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> str:
    """The order's content as its form carries it, signed for this order of this shop."""
    last = order.events.order_by("-pk").values_list("pk", flat=True).first()
    return seal({"parts": _parts(content, rows), "event": last or 0}, purpose=_purpose(order))


def _read(token: str, order: Order) -> dict[str, Any] | None:
    found: dict[str, Any] | None = unseal(token, purpose=_purpose(order))
    return found


def _purpose(order: Order) -> str:
    return f"orders.stale:{order.pk}"


def typed_parts(cleaned: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What a valid form says, part by part, as it would be stored."""
    content = dict(cleaned)
    if content["fulfilment"] == Fulfilment.PICKUP:
        content["address"] = ""
    if content["same_recipient"]:
        content |= {"recipient_name": "", "recipient_phone": ""}
    return _parts(content, rows)


def _parts(content: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    parts: dict[str, Any] = {
        name: [_text(content[field], is_sum=field in SUMS) for field in fields]
        for name, (_label, fields) in PARTS.items()
        if fields and all(field in content for field in fields)
    }
    parts["lines"] = [[row["goods"], _text(row["quantity"]), _text(row["price"], is_sum=True)] for row in rows]
    return {name: parts[name] for name in PARTS if name in parts}


def _text(value: Any, *, is_sum: bool = False) -> str:
    """A value as the form's field would send it, equal values as equal texts."""
    if is_sum or isinstance(value, Decimal):
        return f"{Decimal(value or 0).normalize():f}"
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(value.pk)
    return str(value) if value is not None else ""


def compare(order: Order, *, token: str, mine: dict[str, Any], theirs: str) -> tuple[Merge, Conflict]:
    """Put the typed parts `mine` and the stored ones together; `token` is what the form carried, `theirs` what a form
    opened now would carry."""
    started, stored = _read(token, order), _read(theirs, order)
    assert stored is not None  # it was signed a moment ago  # noqa: S101
    both = merge(started["parts"] if started else None, mine, stored["parts"])
    since = order.events.filter(pk__gt=started["event"] if started else 0).select_related(
        "by", "status", "status_before"
    )
    say = _words(mine["lines"], stored["parts"]["lines"])

    def clash(name: str) -> Clash:
        return Clash(name, PARTS[name][0], say(name, mine[name]), say(name, stored["parts"][name]))

    events = list(since.order_by("-pk")[:MOST_EVENTS])[::-1] if started else []
    told = [f"{moment(event.at)}, {actor(event)}: {event_words(event)}" for event in events]
    return both, Conflict(told, [clash(name) for name in both.clashes], [clash(name) for name in both.taken])


def _words(*lines: Sequence[Sequence[str]]) -> Callable[[str, Any], list[str]]:
    """How to say a part; the goods that any of `lines` names are looked up once."""
    names = {
        ref: goods.name for ref, goods in load_goods((row[0] for rows in lines for row in rows), warehouse=None).items()
    }

    def say(name: str, value: Any) -> list[str]:
        if name == "lines":
            return [f"{names.get(ref, '—')} × {quantity(amount)}, {money(price)}" for ref, amount, price in value] or [
                _("nothing")
            ]
        return [_in_words(name, value) or _("nothing")]

    return say


def _in_words(name: str, value: Sequence[str]) -> str:
    first = value[0]
    if name == "recipient" and first:
        return _("the buyer receives the flowers")
    if name in {"recipient", "buyer"}:
        person, number = value[-2:]
        return ", ".join(text for text in (person, phone(number)) if text)
    if name == "due_on":
        return str(day(date.fromisoformat(first)))
    if name == "slot":
        start, end = (time.fromisoformat(text) if text else None for text in value)
        return slot(start, end) if start or end else _("any time")
    if name in SUMS:
        return str(money(first))
    if name == "fulfilment":
        return str(Fulfilment(first).label)
    if name == "warehouse":
        return str(Warehouse.objects.filter(pk=first).first() or "")
    return first


def initial_of(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Parts as the form's initial values."""
    initial: dict[str, Any] = {}
    for name, (_label, fields) in PARTS.items():
        if fields and name in parts:
            initial |= dict(zip(fields, parts[name], strict=True))
    return initial | {name: Decimal(initial[name]) for name in SUMS}


def rows_of(parts: Mapping[str, Any], order: Order) -> list[dict[str, Any]]:
    """The lines as rows of the form; each finds the line of the order that names the same goods."""
    known: dict[str, list[int]] = {}
    for item in order.items.all():
        known.setdefault(f"p{item.product_id}" if item.product_id else f"k{item.kit_id}", []).append(item.pk)
    return [
        {
            "item": known[ref].pop(0) if known.get(ref) else None,
            "goods": ref, "quantity": Decimal(amount), "price": Decimal(price),
        }
        for ref, amount, price in parts["lines"]
    ]  # fmt: skip


def with_choices(data: QueryDict, order: Order) -> QueryDict:
    """What was sent, with the parts for which "theirs" was chosen. Raises BadInput when the form lost what it carries."""
    chosen = [name for name in PARTS if data.get(f"take_{name}") == "theirs"]
    if not chosen:
        return data
    stored = _read(data.get("base", ""), order)
    if stored is None:
        raise BadInput(_("This page is out of date. Open it again and repeat what you wanted."))
    answer = data.copy()
    for name in chosen:
        if name == "lines":
            for field in [field for field in answer if field.startswith("lines-")]:
                del answer[field]
            answer["goods_search"] = ""
            rows = rows_of(stored["parts"], order)
            answer["lines-TOTAL_FORMS"], answer["lines-INITIAL_FORMS"] = str(len(rows)), "0"
            for number, row in enumerate(rows):
                for field, value in row.items():
                    answer[f"lines-{number}-{field}"] = _text(value)
            continue
        for field, value in zip(PARTS[name][1], stored["parts"].get(name, ()), strict=False):
            answer[field] = value
            if field == "same_recipient" and not value:
                del answer[field]
    return answer
