"""What the doors of the stock refuse, and what they answer when they are knocked at twice."""

import uuid
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import translation

from core.errors import BadInput, KeyReused
from inventory.errors import DemandClosed
from inventory.models import Receipt, Reservation, Sale, Stock
from inventory.models.guard import EngineRowError
from inventory.services.checking import check_stock, repair_caches
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt, receive_stock
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import FIRST_DAY, product, receive, stock_of, stocked, warehouse


def asked(item, quantity):
    """A reserved demand."""
    [demand] = freeze_demands([DemandInput(item, Decimal(quantity))], warehouse=warehouse(), needed_on=FIRST_DAY.date())
    reserve([demand])
    return demand


def sell(item, quantity, demand=None, price="100"):
    return SaleProcessor.create_sale(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(price), demand=demand
    )


def refused(kind, said_en, said_ru, work):
    """`work` is refused with these words in both languages."""
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(kind) as refusal, transaction.atomic():
            work()
        with translation.override(language):
            assert said in str(refusal.value)


def figures(item):
    row = stock_of(item)
    return row.quantity, row.reserved


def test_a_demand_is_sold_whole_and_by_its_own_goods(shop):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    demand = asked(rose, "10")

    for item, quantity in ((rose, "5"), (tulip, "10")):
        said = ("What was asked for is 10 × Red rose", "Нужно 10 × Red rose")
        refused(DemandClosed, *said, partial(sell, item, quantity, demand))
        typed = {"product": item, "warehouse": warehouse(), "quantity": Decimal(quantity), "demand": demand}
        refused(DemandClosed, *said, partial(Sale.objects.create, **typed))
    assert not Sale.objects.exists()
    assert [figures(rose), figures(tulip)] == [(30, 10), (30, 0)]

    sell(rose, "10", demand)
    refused(DemandClosed, "already", "Второй раз ничего не продано", lambda: sell(rose, "10", demand))
    assert figures(rose) == (20, 0)
    assert check_stock() == []


def test_a_sale_typed_in_as_written_off_is_refused(shop):
    rose = stocked("Red rose")

    refused(
        EngineRowError,
        "Only the sale processor",
        "«списана со склада»",
        lambda: Sale.objects.create(product=rose, warehouse=warehouse(), quantity=Decimal(5), processed=True),
    )

    assert not Sale.objects.exists()
    Sale.objects.create(product=rose, warehouse=warehouse(), quantity=Decimal(5))
    assert figures(rose) == (25, 0)
    assert check_stock() == []


def test_a_receipt_sent_again_without_a_moment_is_the_same_receipt(shop):
    rose = product("Red rose")
    key = uuid.uuid4()
    first, again = (
        receive_stock(
            product=rose, warehouse=warehouse(), quantity=Decimal(quantity), unit_cost=Decimal("1.5"), key=key
        )
        for quantity in ("5", "5.000")
    )

    assert first == again
    assert figures(rose) == (5, 0)
    with pytest.raises(KeyReused):
        receive_stock(product=rose, warehouse=warehouse(), quantity=Decimal(6), unit_cost=Decimal("1.5"), key=key)
    assert figures(rose) == (5, 0)


@pytest.mark.parametrize(
    ("quantity", "cost", "said_en", "said_ru"),
    [
        ("1", "1", "larger than can be meant", "Остаток стал бы"),
        ("0.001", "10000000000000000", "A cost is a number", "Red rose"),
        ("99999999999", "99999999999999", "A cost is a number", "Red rose"),
        ("NaN", "1", "A quantity is a number", "оличество"),
        ("1", "Infinity", "A cost is a number", "Red rose"),
    ],
)
def test_more_than_can_be_meant_is_refused_and_changes_nothing(shop, quantity, cost, said_en, said_ru):
    rose = product("Red rose")
    receive(rose, "99999999999", "1")

    refused(BadInput, said_en, said_ru, lambda: receive(rose, quantity, cost))

    assert figures(rose) == (99999999999, 0)
    assert check_stock() == []


def test_the_smallest_quantity_at_a_long_price_keeps_its_cost(shop):
    rose = product("Red rose")
    receive(rose, "0.001", "99999.9999")
    receive(rose, "99999999998.999", "0.0001")

    sales = [sell(rose, quantity, price="0.01") for quantity in ("0.001", "99999999998.998", "0.001")]

    assert [sale.cost for sale in sales] == [Decimal(100), Decimal("9999999.9999"), 0]
    assert stock_of(rose).value == 0
    assert check_stock() == []


def test_a_repair_leaves_alone_what_is_promised_twice_and_repairs_the_rest(shop):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    asked(rose, "10")
    Reservation.objects.update(quantity=999)
    Stock.objects.filter(product=tulip).update(quantity=7)

    assert repair_caches() == [stock_of(tulip).pk]

    assert [figures(rose), figures(tulip)] == [(30, 10), (30, 0)]
    assert {finding.invariant.code for finding in check_stock()} == {"reserved", "reservation_within_demand"}


def test_a_receipt_dearer_than_can_be_meant_is_refused_and_changes_nothing(shop):
    line = ReceiptLineInput(product("Red rose"), Decimal(1), Decimal(60_000_000_000_000))

    refused(
        BadInput,
        "The receipt costs more",
        "Сумма приёмки",
        lambda: post_receipt(warehouse=warehouse(), lines=[line, line]),
    )

    assert not Receipt.objects.exists()
