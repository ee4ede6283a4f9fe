"""The first page of a shop: what needs a decision, the day by hours, what wilts, money."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import may, needs
from core.htmx import page_or_part, wants_part
from inventory.selectors.shelves import expired_batches, low_stocks, wilting_stocks
from inventory.views.stock import rights, with_freshness
from orders.models import OrderStatus
from orders.selectors.lists import all_statuses
from orders.selectors.today import HourOfOrders, exceptions_at, orders_of_day
from reports.charts import bars, round_up
from reports.first_steps import first_steps
from reports.selectors import MoneyOfDay, change, money_of_day

logger = logging.getLogger(__name__)
KEPT_SECONDS = 60
MOST_WILTING, MOST_LOW = 3, 3
FIRST_HOUR, LAST_HOUR = 9, 19  # shown even when nothing is due
EARLIEST = date(2000, 1, 1)


@require_safe
@needs("orders.view")
def home(request: HttpRequest) -> HttpResponse:
    """A day of the shop, today unless `?day=` names another; htmx gets the row of exceptions alone."""
    now = timezone.now()
    today = timezone.localdate(now)
    day = _day(request.GET.get("day", ""), today)
    statuses = all_statuses()
    context = _exceptions(request, now, statuses) if day == today else {}
    if not wants_part(request):
        context |= _page(request, day, today, now, statuses)
    return page_or_part(request, "reports/today.html", "exceptions_row", context)


def _day(text: str, today: date) -> date:
    """The day the address names. Raises Http404 for what is none, or none the shop can have."""
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError as broken:
        raise Http404 from broken
    if not EARLIEST <= day <= today + timedelta(days=366):
        raise Http404
    return day


def _exceptions(request: HttpRequest, now: datetime, statuses: Sequence[OrderStatus]) -> dict[str, Any]:
    expired = 0
    if may(request.user, "stock.view"):
        expired = expired_batches(timezone.localdate(now)).count()
    return {"exceptions": exceptions_at(now, statuses), "expired": expired, "is_today": True}


def _page(
    request: HttpRequest, day: date, today: date, now: datetime, statuses: Sequence[OrderStatus]
) -> dict[str, Any]:
    user = request.user
    context: dict[str, Any] = {
        "day": day,
        "today": today,
        "is_today": day == today,
        "previous_url": _address(day - timedelta(days=1), today) if day > EARLIEST else "",
        "previous_day": day - timedelta(days=1),
        "next_url": _address(day + timedelta(days=1), today) if day < today + timedelta(days=366) else "",
        "next_day": day + timedelta(days=1),
        "figures": orders_of_day(day, now, statuses),
        "may_change": may(user, "orders.change"),
        "sees_money": may(user, "reports.view") and day <= today,
        "sees_stock": may(user, "stock.view") and day == today,
    }
    if day == today and may(user, "admin.use"):
        context["first_steps"] = first_steps(
            may_load_demo=may(user, "shop.set_up"), is_protected=getattr(user, "second_factor_at", None) is not None
        )
    context |= _hours(context["figures"].hours, now if day == today else None)
    if context["sees_stock"]:
        context |= _stock(today) | rights(user)
    if context["sees_money"]:
        context |= _money(day, today, now) | {"sees_cost": may(user, "stock.cost")}
    return context


def _address(day: date, today: date) -> str:
    return reverse("home") if day == today else f"{reverse('home')}?day={day.isoformat()}"


def _hours(rows: list[HourOfOrders], now: datetime | None) -> dict[str, Any]:
    """The chart of the day: every hour between the first and the last order, and those of a usual working day."""
    timed = {row.hour: row for row in rows if row.hour is not None}
    first, last = min([*timed, FIRST_HOUR]), max([*timed, LAST_HOUR])
    hours = [timed.get(hour, HourOfOrders(hour, 0, 0, 0)) for hour in range(first, last + 1)]
    drawn = bars([[("bar", row.ready), ("bar-late", row.late), ("bar-rest", row.rest)] for row in hours],
                 bottom=148, height=124)  # fmt: skip
    clock = None
    if now is not None:
        local = timezone.localtime(now)
        share = (Decimal(local.hour * 60 + local.minute) / 60 - first) / (last + 1 - first)
        if 0 <= share <= 1:
            clock = {"x": (share * 100).quantize(Decimal("0.01")), "label": f"{local:%H:%M}"}
    return {
        "hours": list(zip(hours, drawn, strict=True)),
        "hours_table": [row for row in rows if row.total],
        "without_hour": sum(row.total for row in rows if row.hour is None),
        "clock": clock,
        "orders_total": sum(row.total for row in rows),
        "orders_ready": sum(row.ready for row in rows),
        "orders_late": sum(row.late for row in rows),
    }


def _stock(today: date) -> dict[str, Any]:
    wilting = list(wilting_stocks(on=today)[:MOST_WILTING])
    for stock in wilting:
        batches = with_freshness(stock.open_batches, on=today)
        stock.batch = min(batches, key=lambda batch: batch.expires_on or date.max)
    return {"wilting": wilting, "low": list(low_stocks(on=today)[:MOST_LOW])}


def _money(day: date, today: date, now: datetime) -> dict[str, Any]:
    """Figures that read many rows are kept for a minute; when they can't be had, the rest of the page still stands."""
    key = f"reports.money.{day.isoformat()}"
    money: MoneyOfDay | None = cache.get(key)
    if money is None:
        try:
            money = money_of_day(day, now)
        except DatabaseError:
            logger.exception("the figures of %s could not be counted", day)
            return {"money_of_day": None}
        cache.set(key, money, KEPT_SECONDS)
    here, before = money.day, money.before
    top = round_up(max(row.takings for _day, row in money.fortnight))
    drawn = bars([[("today" if when == day else "past", row.takings)] for when, row in money.fortnight],
                 bottom=160, height=144, left=6, most=top)  # fmt: skip
    mean = sum((row.takings for _day, row in money.fortnight), Decimal(0)) / len(money.fortnight)
    return {
        "money_of_day": money,
        "same_weekday": day - timedelta(days=7),
        "changes": {
            "takings": change(here.takings, before.takings),
            "count": change(here.count, before.count),
            "average": change(here.average, before.average),
            "lost": change(here.lost, before.lost),
        },
        "margin_change": here.margin - before.margin if here.margin is not None and before.margin is not None else None,
        "fortnight": [(when, row, bar) for (when, row), bar in zip(money.fortnight, drawn, strict=True)],
        "fortnight_scale": [(Decimal(0), 160), (top / 2, 88), (top, 16)],
        "fortnight_mean": mean.quantize(Decimal(1)),
        "fortnight_mean_y": (160 - mean * 144 / top).quantize(Decimal("0.1")),
        "fortnight_least": min(row.takings for _day, row in money.fortnight),
        "fortnight_most": max(row.takings for _day, row in money.fortnight),
    }
