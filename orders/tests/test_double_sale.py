"""The fault this system began with: an order of 10 took 20 from stock. docs/DOUBLE_SALE_FIX.md tells the story."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from inventory.models import Reservation, Sale, StockMovement
from inventory.tests.factories import stock_of, stocked
from orders.models import Order
from orders.services.lifecycle import complete_order, confirm_order
from orders.tests.factories import order, status


def test_an_order_of_ten_takes_ten_whatever_is_saved_again(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    confirm_order(placed)
    complete_order(placed)

    for _ in range(5):
        Order.objects.get(pk=placed.pk).save()
    for reservation in Reservation.objects.all():
        reservation.save()
    for sale in Sale.objects.all():
        sale.save()

    assert stock_of(rose).quantity == Decimal(20)
    assert stock_of(rose).reserved == 0
    assert [sale.quantity for sale in Sale.objects.all()] == [Decimal(10)]
    assert StockMovement.objects.filter(quantity__lt=0).count() == 1


def test_saving_the_status_by_hand_sells_once(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    placed.status = status("completed")
    for _ in range(6):
        placed.save()

    assert stock_of(rose).quantity == Decimal(20)
    assert Sale.objects.get().quantity == Decimal(10)


@pytest.mark.race
def test_eight_simultaneous_completions_sell_once(committed_shop, in_threads):
    from core.transactions import run

    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    confirm_order(placed)

    outcomes = in_threads(8, lambda _: run(lambda: complete_order(Order.objects.get(pk=placed.pk))).pk)

    assert outcomes == [placed.pk] * 8
    for _ in range(5):
        Order.objects.get(pk=placed.pk).save()
    for row in [*Reservation.objects.all(), *Sale.objects.all()]:
        row.save()
    assert stock_of(rose).quantity == Decimal(20)
    assert Sale.objects.get().quantity == Decimal(10)


def test_the_database_refuses_a_second_live_sale_of_one_demand(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    complete_order(placed)
    first = Sale.objects.get()

    with pytest.raises(IntegrityError, match="sale_one_live_per_demand"):
        Sale.objects.bulk_create(
            [Sale(product=rose, warehouse=first.warehouse, quantity=10, demand=first.demand, processed=True)]
        )
