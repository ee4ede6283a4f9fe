"""Orders completed with goods that are there but not entered yet, where the warehouse allows it."""

from datetime import timedelta

import pytest
from django.db import transaction

from core.errors import BadInput
from inventory.errors import InsufficientStock, TooMuchShort
from inventory.models import Reservation, Sale, Shortage, Warehouse
from inventory.services.checking import check_stock
from inventory.services.places import refuse_to_forbid_what_is_owed
from inventory.tests.factories import receive, refused, stock_of, stocked, warehouse
from orders.invariants import INVARIANTS
from orders.models import Order
from orders.services.lifecycle import complete_order, confirm_order, reopen_order
from orders.tests.factories import order, today


@pytest.fixture
def lenient(shop):
    Warehouse.objects.filter(is_default=True).update(allow_short=True)


def sound():
    return check_stock(extra=INVARIANTS) == []


def complete(*rows, **fields):
    return complete_order(confirm_order(order(*rows, **fields)))


def test_what_is_not_there_is_refused_unless_the_warehouse_allows_it(shop):
    rose = stocked("Rose", ("5", "10"))
    placed = confirm_order(order((rose, "8")))
    refused(InsufficientStock, "Rose: asked 8, free 5", lambda: complete_order(placed), ru="свободно 5")
    Warehouse.objects.update(allow_short=True)
    done = complete_order(placed)
    assert done.status.category == "completed"
    assert (stock_of(rose).quantity, stock_of(rose).short) == (0, 3)
    assert Sale.objects.get().cost == 80
    assert sound()
    receive(rose, "10", "14", day=3)
    assert (stock_of(rose).quantity, Sale.objects.get().cost) == (7, 50 + 42)
    assert sound()


def test_where_everything_is_there_nothing_is_short(shop, lenient, django_assert_max_num_queries):
    placed = confirm_order(order((stocked("Rose", ("5", "10")), "5")))
    with django_assert_max_num_queries(3):
        complete_order(placed)
    assert not Shortage.objects.exists()
    assert sound()


def test_what_is_there_goes_first_although_it_is_promised(shop, lenient):
    rose = stocked("Rose", ("10", "10"))
    other = confirm_order(order((rose, "8"), due_on=today() + timedelta(days=1)))
    done = complete((rose, "6"), (rose, "1"))
    assert done.status.category == "completed"
    assert (stock_of(rose).quantity, stock_of(rose).reserved, stock_of(rose).short) == (3, 3, 0)
    assert Reservation.objects.get(is_active=True).demand.order_link.item.order == other
    complete_order(other)
    assert (stock_of(rose).quantity, stock_of(rose).short) == (0, 5)
    assert sound()


def test_an_order_that_was_short_is_taken_back(shop, lenient):
    rose = stocked("Rose", ("5", "10"))
    done = complete((rose, "8"))
    reopen_order(done)
    assert (stock_of(rose).quantity, stock_of(rose).short, stock_of(rose).value) == (5, 0, 50)
    assert sound()


def test_more_than_the_limit_is_a_slip_of_the_finger(shop, lenient):
    rose = stocked("Rose", ("5", "10"))
    Warehouse.objects.update(short_limit=3)
    placed = confirm_order(order((rose, "9")))
    before = list(Order.objects.values())
    refused(
        TooMuchShort, "4 of Rose are not entered, at most 3", lambda: complete_order(placed), ru="не введено 4"
    )  # fmt: skip
    assert list(Order.objects.values()) == before
    complete((rose, "4"), (rose, "4"))
    assert stock_of(rose).short == 3
    assert sound()


def test_it_is_not_forbidden_while_goods_are_owed(shop, lenient):
    rose = stocked("Rose", ("5", "10"))
    complete((rose, "8"))
    place = warehouse()
    place.allow_short = False
    refused(
        BadInput, "not received yet: Rose. Enter the receipt", lambda: refuse_to_forbid_what_is_owed(place),
        ru="ещё не принято: Rose",
    )  # fmt: skip
    receive(rose, "5")
    with transaction.atomic():
        refuse_to_forbid_what_is_owed(place)
        place.save()
    refuse_to_forbid_what_is_owed(place)
