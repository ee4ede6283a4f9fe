"""What needs a decision now: the same things the page Today counts, for the bell on every page.

Counted once a minute per shop and process: the bell of everybody who works there asks every half minute.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import may
from inventory.selectors.shelves import risks_by_warehouse
from orders.selectors.lists import all_statuses
from orders.selectors.today import exceptions_at

KEPT_SECONDS = 60


@dataclass(frozen=True)
class Entry:
    """One thing that needs a decision: how often, in words, and the filtered list that shows it."""

    code: str
    count: int
    title: str
    note: str
    url: str
    tone: str


@dataclass(frozen=True)
class _Kind:
    right: str
    tone: str
    page: str
    title: Callable[[int], str]
    note: Callable[[], str]


# In the order of urgency; the codes of orders are views of their list, those of the stock views of the stock.
_KINDS: dict[str, _Kind] = {
    "late": _Kind(
        "orders.view", "danger", "orders:order_list",
        lambda count: ngettext("order is late", "orders are late", count),
        lambda: _("past their slot and not handed over"),
    ),
    "unpaid": _Kind(
        "orders.change", "warn", "orders:order_list",
        lambda count: ngettext("order is not paid", "orders are not paid", count),
        lambda: _("handed over, and money is still owed"),
    ),
    "waiting": _Kind(
        "orders.change", "warn", "orders:order_list",
        lambda count: ngettext("order waits for goods", "orders wait for goods", count),
        lambda: _("less is free than they need"),
    ),
    "expired": _Kind(
        "stock.view", "danger", "inventory:stock_list",
        lambda count: ngettext("batch has expired", "batches have expired", count),
        lambda: _("to be written off"),
    ),
    "owed": _Kind(
        "stock.view", "danger", "inventory:stock_list",
        lambda count: ngettext("product is owed too long", "products are owed too long", count),
        lambda: _("sold, and its delivery is still not entered"),
    ),
    "wilting": _Kind(
        "stock.view", "warn", "inventory:stock_list",
        lambda count: ngettext("product wilts", "products wilt", count),
        lambda: _("a fifth of its life is left, or less"),
    ),
    "low": _Kind(
        "stock.view", "warn", "inventory:stock_list",
        lambda count: ngettext("product runs out", "products run out", count),
        lambda: _("orders wait for it, or all of it is promised"),
    ),
}  # fmt: skip


def attention_for(person: Any, *, now: datetime) -> list[Entry]:
    """What this person may decide on, the most urgent first. No statement while the figures are kept, else four."""
    figures = _figures(now)
    several = len({warehouse for warehouse, _name in figures["warehouses"]}) > 1
    entries = []
    for code, kind in _KINDS.items():
        if not may(person, kind.right):
            continue
        if code in figures["orders"]:
            entries.append(_entry(code, figures["orders"][code], kind, {"view": code}, kind.note()))
            continue
        for warehouse, name in figures["warehouses"]:
            query = {"view": code, "warehouse": warehouse}
            note = name if several else kind.note()
            entries.append(_entry(code, figures["stock"][warehouse][code], kind, query, note))
    return [entry for entry in entries if entry.count]


def version_of(entries: list[Entry]) -> str:
    """A token that changes when any figure does."""
    facts = "|".join(f"{entry.url} {entry.count}" for entry in entries)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _entry(code: str, count: int, kind: _Kind, query: Mapping[str, Any], note: str) -> Entry:
    return Entry(code, count, kind.title(count), note, f"{reverse(kind.page)}?{urlencode(query)}", kind.tone)


def _figures(now: datetime) -> dict[str, Any]:
    """The shop's figures; the cache's keys carry the schema."""
    figures: dict[str, Any] | None = cache.get("reports.attention")
    if figures is None:
        orders, risks = exceptions_at(now, all_statuses()), risks_by_warehouse(on=timezone.localdate(now))
        figures = {
            "orders": {"late": orders.late, "unpaid": orders.unpaid, "waiting": orders.waiting},
            "warehouses": [(row.warehouse, row.name) for row in risks],
            "stock": {
                row.warehouse: {"expired": row.expired, "owed": row.owed, "wilting": row.wilting, "low": row.low}
                for row in risks
            },
        }
        cache.set("reports.attention", figures, KEPT_SECONDS)
    return figures
