"""What must hold whoever touches an order, in whatever order and with however old a copy."""

import pytest

from inventory.errors import DemandClosed, InsufficientStock
from inventory.models import Sale, StockDemand
from inventory.services.checking import check_stock
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import product, stock_of, stocked
from orders.invariants import INVARIANTS
from orders.models import Order
from orders.services.lifecycle import cancel_order, complete_order, confirm_order
from orders.tests.factories import order


def clean():
    return check_stock(extra=INVARIANTS) == []


def figures(item, at=None):
    row = stock_of(item, at)
    return row.quantity, row.reserved


@pytest.mark.parametrize("confirmed_first", [False, True])
def test_goods_that_never_were_in_stock_are_not_sold(shop, confirmed_first):
    placed = order((product("Red rose"), "3"))
    if confirmed_first:
        confirm_order(placed)

    with pytest.raises(InsufficientStock, match="Red rose: asked 3, free 0"):
        complete_order(placed)

    assert Order.objects.get().status.code == ("confirmed" if confirmed_first else "draft")
    assert not Sale.objects.exists()
    assert clean()


def test_a_cancelled_demand_is_refused_and_not_passed_over(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    demands = list(StockDemand.objects.all())
    cancel_order(placed)

    with pytest.raises(DemandClosed, match="cancelled meanwhile"):
        SaleProcessor.sell(demands)

    assert not Sale.objects.exists()
    assert figures(rose) == (30, 0)
