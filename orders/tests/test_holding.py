"""Goods that are held for an order up to a day."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Reservation, StockDemand
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import end_overdue, release, reserve, reserve_waiting
from inventory.tests.factories import stock_of, stocked, warehouse
from orders.models import EventKind, Order
from orders.services.holding import end_reservations, let_go_of, orders_to_let_go
from orders.services.lifecycle import complete_order, confirm_order
from orders.services.placing import LineInput, OrderInput, change_order
from orders.services.stock_sync import replace_demands
from orders.tests.factories import lines, order, today


def held():
    return list(Reservation.objects.filter(is_active=True).order_by("pk").values_list("quantity", flat=True))


def night(days=1):
    """The moment at which the day that is `days` - 1 from today is over."""
    return timezone.make_aware(datetime.combine(today() + timedelta(days=days), time()))


@pytest.fixture
def rose(shop):
    return stocked("Red rose", ("30", "10"))


@pytest.fixture
def kept(rose):
    """An order for 10 roses, held to the end of today."""
    return confirm_order(order((rose, "10"), hold_until=today()))


def test_goods_are_held_to_the_end_of_the_day_and_then_free(rose, kept):
    assert Reservation.objects.get().until == night()
    assert end_reservations(at=night() - timedelta(seconds=1)) == 0
    assert held() == [10]

    assert end_reservations(at=night()) == 1

    assert held() == []
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (30, 0)
    [event] = Order.objects.get().events.filter(kind=EventKind.HOLD_ENDED)
    assert (event.by, event.data) == (None, {"goods": [["Red rose", "10.000"]]})
    assert end_reservations(at=night(2)) == 0


def test_they_are_not_held_again_by_themselves(rose, kept):
    end_reservations(at=night())
    tomorrow = today() + timedelta(days=1)
    assert reserve_waiting(on=tomorrow, at=night()) == {}
    assert reserve(StockDemand.objects.all(), at=night()) == {}


def test_who_waits_is_served_at_once(rose, kept):
    other = confirm_order(order((rose, "25")))
    assert held() == [10, 20]

    end_reservations(at=night())

    assert held() == [25]
    assert Reservation.objects.get(is_active=True).demand.order_link.item.order == other


def test_a_later_day_holds_them_again(rose, kept):
    end_reservations(at=night())
    later = today() + timedelta(days=3)

    change_order(kept, OrderInput(due_on=today(), lines=lines((rose, "10")), hold_until=later))

    assert held() == [10]
    assert Reservation.objects.get(is_active=True).until == night(4)
    change_order(kept, OrderInput(due_on=today(), lines=lines((rose, "10"))))
    assert Reservation.objects.get(is_active=True).until is None
    assert end_reservations(at=night(100)) == 0


def test_an_earlier_day_is_learnt_by_what_is_held(rose, kept):
    earlier = today() - timedelta(days=1)
    same = LineInput(quantity=Decimal(10), product=rose, item=kept.items.get().pk)
    change_order(kept, OrderInput(due_on=today(), lines=[same], hold_until=earlier))
    assert held() == [10]
    assert orders_to_let_go(night(0)) == [kept.pk]
    assert end_reservations(at=timezone.now()) == 1


def test_what_replaces_a_flower_is_held_as_long(rose, kept):
    tulip = stocked("Tulip", ("30", "5"))
    replace_demands(kept.items.get(), [DemandInput(tulip, Decimal(8))], by=None)
    assert Reservation.objects.get(is_active=True).until == night()


def test_an_order_that_let_go_can_be_completed_while_goods_are_there(rose, kept):
    end_reservations(at=night())
    complete_order(kept)
    assert stock_of(rose).quantity == 20


def test_a_reservation_with_a_moment_of_its_own_ends_then(rose):
    soon = timezone.now() + timedelta(hours=1)
    demands = freeze_demands([DemandInput(rose, Decimal(4))], warehouse=warehouse(), needed_on=today())
    reserve(demands, until=soon)
    assert orders_to_let_go(soon) == [None]

    assert let_go_of(None, at=soon) == {demands[0].pk: Decimal(4)}

    assert held() == []
    assert reserve_waiting(on=timezone.localdate(soon), at=soon) == {}
    assert let_go_of(None, at=soon) == {}


def test_the_look_under_the_lock_decides(rose, kept):
    """Between finding the order and locking it somebody gave it more time."""
    demand = StockDemand.objects.get()
    release([demand])
    assert end_overdue([demand], at=night()) == {}
    assert let_go_of(kept.pk, at=night()) == {}
    assert not kept.events.filter(kind=EventKind.HOLD_ENDED).exists()
