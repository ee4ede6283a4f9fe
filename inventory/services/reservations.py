"""Promises: free goods are held for demands, earliest needed first, and given up again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import DurationField, ExpressionWrapper, F, FilteredRelation, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.templatetags.florist import quantity as shown
from inventory.announcements import announce_lost_reservations
from inventory.domain.reserving import Held, Hold, Want, plan_giving_way, plan_holds
from inventory.errors import ReservationRefused
from inventory.models import Reservation, Stock, StockDemand
from inventory.services.stocks import ensure_stocks, lock_stocks, lock_stocks_of_demands, set_reserved


def reserve(
    demands: Iterable[StockDemand], *, until: datetime | None = None, by: Any = None, at: datetime | None = None
) -> dict[int, Decimal]:
    """Hold free goods for `demands`, earliest needed first; what is not free stays waiting.

    They are held until the moment `until`, else as long as the demand says. Answers demand id → base units newly held.
    Closed demands get nothing, nor do those whose time is over. Calling again holds only what is still lacking. `at` is
    now unless given, here and below.
    """
    at = at or timezone.now()
    demands = list(demands)
    if not demands:
        return {}
    with transaction.atomic():
        stocks = ensure_stocks((demand.product_id, demand.warehouse_id) for demand in demands)
        locked = lock_stocks(stocks.values())
        wants = _wants([demand.pk for demand in demands], stocks, on=timezone.localdate(at))
        holds = plan_holds(wants, {key: stock.free for key, stock in locked.items()})
        _write(holds, until=until, by=by, at=at)
        return {hold.demand: hold.more for hold in holds}


def release(demands: Iterable[StockDemand], *, by: Any = None, at: datetime | None = None) -> None:
    """End the active reservations of `demands`; the goods are free for others. Without one nothing happens."""
    keys = [demand.pk for demand in demands]
    with transaction.atomic():
        # Locked whether they hold something or not: a receipt may be reserving for these demands at this moment.
        stock_ids = list(lock_stocks_of_demands(keys))
        held = Reservation.objects.filter(demand__in=keys, is_active=True)
        if held.update(is_active=False, ended_at=at or timezone.now()):
            set_reserved(stock_ids)


def hold_until(demands: Iterable[StockDemand], day: date | None) -> None:
    """Let goods be held for open `demands` up to the end of `day`, without an end for None. What a day that is over
    already let go is held by the next reserving only; what holds beyond `day` ends by the clock."""
    keys = [demand.pk for demand in demands]
    with transaction.atomic():
        lock_stocks_of_demands(keys)
        StockDemand.objects.filter(pk__in=keys, is_open=True).update(hold_until=day)
        Reservation.objects.filter(demand__in=keys, is_active=True).update(until=day and _end_of(day))


def overdue(at: datetime) -> QuerySet[Reservation]:
    """Reservations whose time is over at the moment `at`."""
    return Reservation.objects.filter(is_active=True, until__lte=at)


def end_overdue(demands: Iterable[StockDemand], *, at: datetime) -> dict[int, Decimal]:
    """End those reservations of `demands` whose time is over at `at`; who waits for the goods is served at once.

    The demands stay open and are left alone until somebody lets goods be held for them again. Answers demand id → base
    units let go; looks again under the lock, so a second call lets nothing go.
    """
    keys = [demand.pk for demand in demands]
    with transaction.atomic():
        stock_ids = list(lock_stocks_of_demands(keys))
        ended = list(overdue(at).filter(demand__in=keys).select_related("demand"))
        if not ended:
            return {}
        Reservation.objects.filter(pk__in=[row.pk for row in ended]).update(is_active=False, ended_at=at)
        before = timezone.localdate(at) - timedelta(days=1)
        # Held for a time that no day of the demand says: from now on the demand says it.
        StockDemand.objects.filter(pk__in=[row.demand_id for row in ended]).filter(
            Q(hold_until=None) | Q(hold_until__gt=before)
        ).update(hold_until=before)
        set_reserved(stock_ids)
        reserve_waiting(stock_ids, on=timezone.localdate(at), at=at)
        return {row.demand_id: row.quantity for row in ended}


def _end_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


def reserve_due(
    demands: Sequence[StockDemand], *, on: date, by: Any = None, at: datetime | None = None
) -> dict[int, Decimal]:
    """Reserve those of `demands` that are needed within their warehouse's horizon, counted from the day `on`."""
    due = [demand for demand in demands if demand.needed_on <= on + timedelta(days=demand.warehouse.reserve_ahead_days)]
    return reserve(due, by=by, at=at)


def reserve_waiting(
    stock_ids: Iterable[int] | None = None, *, on: date, at: datetime | None = None
) -> dict[int, Decimal]:
    """Serve waiting demands of these stocks (of all without them), earliest `needed_on` first, as far as the
    warehouse's horizon from the day `on` reaches. Run after every receipt and every night."""
    ahead = ExpressionWrapper(
        Value(timedelta(days=1)) * F("warehouse__reserve_ahead_days"), output_field=DurationField()
    )
    waiting = waiting_demands().filter(needed_on__lte=Value(on) + ahead).filter(still_held(on))
    if stock_ids is not None:
        pairs = Stock.objects.filter(pk__in=list(stock_ids)).values_list("product", "warehouse")
        condition = Q(pk__in=[])
        for product, warehouse in pairs:
            condition |= Q(product=product, warehouse=warehouse)
        waiting = waiting.filter(condition)
    return reserve(list(waiting), at=at)


def still_held(on: date) -> Q:
    """Demands for which goods are held on the day `on`."""
    return Q(hold_until__isnull=True) | Q(hold_until__gte=on)


def waiting_demands() -> Any:
    """Open demands that hold less than they ask, with `held` annotated (base units)."""
    # A demand has one active reservation at most, so there is nothing to add up.
    return (
        StockDemand.objects.filter(is_open=True)
        .annotate(active=FilteredRelation("reservations", condition=Q(reservations__is_active=True)))
        .annotate(held=Coalesce(F("active__quantity"), Decimal(0)))
        .filter(held__lt=F("quantity"))
    )


def give_way(needs: dict[int, Decimal], *, at: datetime | None = None) -> dict[int, Decimal]:
    """Free goods of locked stocks for something that can't wait (wilted goods, goods sold over the counter).

    `needs` is stock id → base units that must be free. The reservations needed latest shrink or end; their demands
    wait again and whoever listens to `reservations_lost` is told after the commit. Answers demand id → base units lost.
    """
    locked = lock_stocks(needs)
    lacking = {key: needs[key] - stock.free for key, stock in locked.items() if needs[key] > stock.free}
    if not lacking:
        return {}
    held: dict[int, list[Held]] = defaultdict(list)
    for row in Reservation.objects.filter(stock__in=lacking, is_active=True).select_related("demand"):
        held[row.stock_id].append(Held(row.pk, row.demand_id, row.demand.needed_on, row.quantity))
    ways = [way for key, amount in lacking.items() for way in plan_giving_way(held[key], amount)]
    now = at or timezone.now()
    for way in ways:
        if way.quantity:
            Reservation.objects.filter(pk=way.reservation).update(quantity=way.quantity)
        else:
            Reservation.objects.filter(pk=way.reservation).update(is_active=False, ended_at=now)
    set_reserved(list(lacking))
    lost = {way.demand: way.less for way in ways}
    announce_lost_reservations(lost)
    return lost


def checked_reservation(reservation: Reservation, *, quantity: Decimal, is_active: bool) -> Any:
    """Why a reservation can't be saved like this (a sentence), or None. How much is free the receiver looks at."""
    demand = reservation.demand
    if not is_active:
        return None
    if not demand.is_open:
        return _("What this reservation was for is sold or cancelled. It can't be made active again.")
    if quantity > demand.quantity:
        return _("The order asks for %(asked)s, no more can be held for it. Lower the quantity.") % {
            "asked": shown(demand.quantity)
        }
    others = Reservation.objects.filter(demand=demand, is_active=True).exclude(pk=reservation.pk)
    if others.exists():
        return _("Another reservation holds goods for the same order line. Change that one.")
    return None


def refuse_what_can_not_be_held(reservation: Reservation, named: Iterable[str] | None) -> None:
    """Raise ReservationRefused when saving `reservation` (only the fields `named`, if given) would hold what nobody asks
    for. The caller holds the stock row, so demand and reservations stand still. What is free the receiver looks at."""
    stored = Reservation.objects.filter(pk=reservation.pk).first()
    held = stored or reservation
    fields = ("demand", "stock", "quantity", "is_active")
    changed = (
        fields if named is None or stored is None else [name for name in fields if {name, f"{name}_id"} & set(named)]
    )
    becomes = {name: getattr(reservation if name in changed else held, name) for name in fields}
    if not becomes["is_active"]:
        return
    demand = StockDemand.objects.get(pk=becomes["demand"].pk)
    if not demand.is_open or (stored and not stored.is_active):
        raise ReservationRefused(
            _("What this reservation was for is sold or cancelled. It can't be made active again."), field="is_active"
        )
    stock = becomes["stock"]
    if (stock.product_id, stock.warehouse_id) != (demand.product_id, demand.warehouse_id):
        raise ReservationRefused(
            _("These are not the goods that are asked for. Choose the stock of %(product)s, %(warehouse)s.")
            % {"product": demand.product, "warehouse": demand.warehouse},
            field="stock",
        )
    if becomes["quantity"] > demand.quantity:
        raise ReservationRefused(
            _("The order asks for %(asked)s, no more can be held for it. Lower the quantity.")
            % {"asked": shown(demand.quantity)},
            field="quantity",
        )
    if Reservation.objects.filter(demand=demand, is_active=True).exclude(pk=reservation.pk).exists():
        raise ReservationRefused(_("Another reservation holds goods for the same order line. Change that one."))


def _wants(demand_ids: list[int], stocks: dict[tuple[int, int], int], *, on: date) -> list[Want]:
    """Open demands with what they hold, read under the stock locks; without those whose time is over on the day `on`."""
    rows = StockDemand.objects.filter(still_held(on), pk__in=demand_ids, is_open=True).annotate(
        held=Coalesce(Sum("reservations__quantity", filter=Q(reservations__is_active=True)), Decimal(0))
    )
    return [
        Want(row.pk, stocks[row.product_id, row.warehouse_id], row.needed_on, row.quantity, row.held) for row in rows
    ]


def _write(holds: Sequence[Hold], *, until: datetime | None, by: Any, at: datetime) -> None:
    """Write the holds as a set and the stock rows once."""
    if not holds:
        return
    columns: list[Any] = [
        [hold.demand for hold in holds],
        [hold.stock for hold in holds],
        [hold.quantity for hold in holds],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into inventory_reservation (demand_id, stock_id, quantity, is_active, until, created_at, by_id)"
            " select t.d, t.s, t.q, true,"
            "        coalesce(%s::timestamptz, (d.hold_until + 1)::timestamp at time zone %s), %s, %s"
            "   from unnest(%s::bigint[], %s::bigint[], %s::numeric[]) as t (d, s, q)"
            "   join inventory_stockdemand d on d.id = t.d"
            " on conflict (demand_id) where is_active do update set quantity = excluded.quantity, until = excluded.until",
            [until, timezone.get_current_timezone_name(), at, by and by.pk, *columns],
        )
    set_reserved([hold.stock for hold in holds])
