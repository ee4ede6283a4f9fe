"""Sales over the counter of goods that are there but not entered yet, where the warehouse allows it: through the
service, and of a sale that was saved somewhere (in the admin, in a shell)."""

from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.errors import InsufficientStock, TooMuchShort
from inventory.models import Reservation, Sale, Shortage, Warehouse
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import cellar, product, receive, refused, stock_of, stocked, warehouse


def create(item, quantity, **fields):
    return SaleProcessor.create_sale(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(50), **fields
    )


def save(item, quantity, **fields):
    return Sale.objects.create(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), amount=50 * Decimal(quantity), **fields
    )


@pytest.fixture(params=[create, save])
def sell(request):
    """Both doors through which a sale comes."""
    return request.param


def ask(item, quantity):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(), needed_on=timezone.localdate()
    )
    reserve([demand])
    return demand


def allow(**fields):
    Warehouse.objects.filter(is_default=True).update(allow_short=True, **fields)


def test_a_sale_over_the_counter_is_refused_unless_the_warehouse_allows_it(shop, sell):
    rose = stocked("Rose", ("5", "10"))
    refused(InsufficientStock, "Rose: asked 8, free 5", lambda: sell(rose, "8"), ru="свободно 5")
    allow()
    sale = sell(rose, "8")
    assert (stock_of(rose).quantity, stock_of(rose).short, sale.cost) == (0, 3, 80)
    assert check_stock() == []
    receive(rose, "10", "14", day=3)
    assert (stock_of(rose).quantity, Sale.objects.get().cost) == (7, 50 + 42)
    assert check_stock() == []


def test_goods_never_entered_at_all_can_be_sold(shop, sell):
    allow()
    rose = product("Rose")
    assert sell(rose, "3").cost == 0
    assert stock_of(rose).short == 3
    assert check_stock() == []


def test_what_is_there_goes_first_although_it_is_promised(shop, sell):
    allow()
    rose = stocked("Rose", ("10", "10"))
    other = ask(rose, "8")
    sell(rose, "12")
    assert (stock_of(rose).quantity, stock_of(rose).reserved, stock_of(rose).short) == (0, 0, 2)
    assert not Reservation.objects.filter(demand=other, is_active=True).exists()
    assert check_stock() == []


def test_the_own_promise_is_kept_before_others_give_way(shop, sell):
    allow()
    rose = stocked("Rose", ("10", "10"))
    own, other = ask(rose, "6"), ask(rose, "4")
    sell(rose, "6", demand=own)
    assert Reservation.objects.get(demand=other, is_active=True).quantity == 4
    assert not Shortage.objects.exists()
    assert check_stock() == []


def test_more_than_the_limit_is_a_slip_of_the_finger(shop, sell):
    allow(short_limit=Decimal(5))
    rose = stocked("Rose", ("10", "10"))
    ask(rose, "8")
    refused(TooMuchShort, "6 of Rose are not entered, at most 5", lambda: sell(rose, "16"), ru="не больше 5")
    sell(rose, "15")
    assert stock_of(rose).short == 5
    assert check_stock() == []


def test_another_warehouse_goes_by_its_own_rule(shop):
    allow()
    strict, rose = cellar(), stocked("Rose", ("5", "10"))
    refused(
        InsufficientStock,
        "Rose: asked 1, free 0",
        lambda: SaleProcessor.create_sale(product=rose, warehouse=strict, quantity=Decimal(1), sale_price=Decimal(5)),
        ru="свободно 0",
    )
