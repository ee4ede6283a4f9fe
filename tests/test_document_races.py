"""Documents that move goods against sales of the same goods, on real connections, each beside its control."""

import threading
from decimal import Decimal

import pytest

from core.transactions import run
from inventory.errors import InsufficientStock
from inventory.models import Sale, Stock, StockBatch, Transfer
from inventory.services.checking import check_stock
from inventory.services.sale_processor import SaleProcessor
from inventory.services.transfers import TransferLineInput, receive_transfer, send_transfer, transfer_stock
from inventory.tests.factories import cellar, stock_of, stocked, warehouse

pytestmark = pytest.mark.race


def sell(item, quantity, at=None):
    return SaleProcessor.create_sale(
        product=item, warehouse=at or warehouse(), quantity=Decimal(quantity), sale_price=Decimal(20)
    )


def send(item, quantity, work=send_transfer, back=False):
    ends = (cellar(), warehouse()) if back else (warehouse(), cellar())
    return work(source=ends[0], target=ends[1], lines=[TransferLineInput(item, Decimal(quantity))])


def test_without_the_lock_the_last_roses_are_sold_and_sent(committed_shop, in_threads):
    """The control: look, then write, with nothing held in between. Both see five roses, both take five."""
    rose = stocked("Red rose", ("5", "10"))
    cellar()
    both_looked = threading.Barrier(2)

    def careless(number):
        free = stock_of(rose).free
        both_looked.wait(timeout=10)
        if free >= 5:
            Stock.objects.filter(product=rose).update(quantity=free - 5)
            if number:
                Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=5, processed=True)])
            else:
                Transfer.objects.create(source=warehouse(), target=cellar())

    in_threads(2, careless)

    assert (Sale.objects.count(), Transfer.objects.count()) == (1, 1)
    assert check_stock() != []


def test_the_last_roses_are_either_sold_or_sent(committed_shop, in_threads):
    rose = stocked("Red rose", ("5", "10"))
    cellar()

    outcomes = in_threads(8, lambda n: run(lambda: sell(rose, "5") if n % 2 else send(rose, "5")))

    assert sum(isinstance(outcome, InsufficientStock) for outcome in outcomes) == 7
    assert Sale.objects.count() + Transfer.objects.count() == 1
    assert stock_of(rose).quantity == 0
    assert check_stock() == []


def test_carrying_crosswise_while_selling_never_blocks_and_loses_nothing(committed_shop, in_threads):
    goods = [stocked(f"Flower {n}", ("60", "1.3333")) for n in range(3)]
    for item in goods:
        run(lambda item=item: send(item, "30", transfer_stock))

    def work(n):
        for turn in range(6):
            for item in goods if n % 2 else reversed(goods):
                if n < 2:
                    run(lambda item=item, turn=turn: sell(item, "1", cellar() if turn % 2 else None))
                else:
                    run(lambda item=item: send(item, "1", transfer_stock, back=bool(n % 2)))

    assert in_threads(6, work) == [None] * 6
    assert check_stock() == []
    assert [stock_of(item).quantity + stock_of(item, cellar()).quantity for item in goods] == [48] * 3


def test_what_is_on_its_way_arrives_once(committed_shop, in_threads):
    rose = stocked("Red rose", ("10", "10"))
    travelling = run(lambda: send(rose, "6"))

    in_threads(8, lambda _: run(lambda: receive_transfer(travelling)).pk)

    assert stock_of(rose, cellar()).quantity == 6
    assert StockBatch.objects.filter(stock__warehouse=cellar()).count() == 1
    assert check_stock() == []
