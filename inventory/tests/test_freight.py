"""What a delivery cost to bring becomes part of what its goods cost, to the last ten-thousandth."""

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, KeyReused
from inventory.domain.freight import shares
from inventory.models import Receipt, ReceiptLine, StockBatch, StockMovement
from inventory.selectors.costs import last_costs, last_prices
from inventory.services.checking import check_stock
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.tests.factories import product, refused, stock_of, warehouse
from inventory.tests.test_pages import receipt_form
from products.models import PurchaseUnit

VALUES = st.decimals(min_value=0, max_value=10**9, places=4)


def bring(*lines, **fields):
    return post_receipt(
        warehouse=warehouse(),
        lines=[ReceiptLineInput(item, Decimal(quantity), Decimal(cost)) for item, quantity, cost in lines],
        **fields,
    )


@given(VALUES, st.lists(VALUES, min_size=1, max_size=30).filter(any))
def test_shares_add_up_and_none_is_below_zero(freight, weights):
    parts = shares(freight, weights)
    assert sum(parts) == freight
    assert all(part >= 0 and part == part.quantize(Decimal("0.0001")) for part in parts)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(VALUES, st.lists(VALUES, min_size=2, max_size=10).filter(all))
def test_a_share_is_in_proportion(freight, weights):
    for part, weight in zip(shares(freight, weights), weights, strict=True):
        assert abs(part - freight * weight / sum(weights)) <= Decimal("0.0001") * len(weights)


@pytest.mark.parametrize(
    ("spread", "parts"), [("value", ["66.6669", "33.3331", "0"]), ("quantity", ["23.0769", "69.2308", "7.6923"])]
)
def test_freight_goes_with_the_goods(shop, spread, parts):
    rose, tulip, ribbon = product("Red rose"), product("Tulip"), product("Ribbon")
    receipt = bring((rose, 3, 20), (tulip, 9, "3.3333"), (ribbon, 1, 0), freight=Decimal(100), spread=spread)
    lines = list(receipt.lines.order_by("pk"))
    assert [line.freight for line in lines] == [Decimal(part) for part in parts]
    assert [line.total_cost - line.freight for line in lines] == [60, Decimal("29.9997"), 0]
    assert receipt.total_cost == Decimal("189.9997")
    batches = {batch.receipt_line_id: batch for batch in StockBatch.objects.all()}
    for line in lines:
        assert batches[line.pk].total_cost == line.total_cost
        assert batches[line.pk].unit_cost == line.unit_cost == round(line.total_cost / line.quantity, 4)
    assert stock_of(rose).value == lines[0].total_cost
    assert check_stock() == []


def test_goods_that_cost_nothing_share_freight_by_quantity(shop):
    rose, tulip = product("Red rose"), product("Tulip")
    receipt = bring((rose, 1, 0), (tulip, 3, 0), freight=Decimal(10))
    assert [line.freight for line in receipt.lines.order_by("pk")] == [Decimal("2.5"), Decimal("7.5")]


def test_without_freight_a_receipt_is_what_it_was(shop):
    rose = product("Red rose")
    bring((rose, 3, "33.3333"))
    line = ReceiptLine.objects.get()
    assert (line.freight, line.unit_cost, line.total_cost) == (0, Decimal("33.3333"), Decimal("99.9999"))


def test_the_next_delivery_is_compared_without_freight_and_reckoned_with_it(shop):
    rose = product("Red rose")
    unit = PurchaseUnit.objects.create(product=rose, packing="bunch", factor=Decimal(25))
    post_receipt(
        warehouse=warehouse(),
        lines=[ReceiptLineInput(rose, Decimal(2), Decimal(1000), unit=unit)],
        freight=Decimal(500),
    )
    assert last_prices([rose.pk]) == {rose.pk: 40}
    assert last_costs([rose.pk]) == {rose.pk: 50}


@pytest.mark.parametrize(
    ("fields", "said", "ru"),
    [
        ({"freight": Decimal(-1)}, "Freight is a sum from zero up", "Транспортные расходы — это сумма от нуля"),
        ({"freight": Decimal("NaN")}, "Freight is a sum from zero up", "Транспортные расходы — это сумма от нуля"),
        ({"freight": Decimal("0.00001")}, "with at most 4 decimals", "не больше четырёх знаков"),
        ({"freight": Decimal(99999999999999)}, "costs more than can be meant", "больше, чем бывает"),
        (
            {"freight": Decimal(1), "spread": "weight"},
            "Choose how the freight is shared",
            "Выберите, как разложить транспортные расходы",
        ),
    ],
)
def test_freight_that_cannot_be_meant_is_refused(shop, fields, said, ru):
    rose = product("Red rose")
    refused(BadInput, said, lambda: bring((rose, 5, 10), **fields), ru=ru)


def test_the_same_delivery_with_other_freight_is_another_request(shop):
    rose, key = product("Red rose"), uuid.uuid4()
    first = bring((rose, 5, 10), freight=Decimal(7), key=key)
    assert bring((rose, 5, 10), freight=Decimal("7.00"), key=key) == first
    for fields in ({"freight": Decimal(8)}, {}, {"freight": Decimal(7), "spread": "quantity"}):
        refused(KeyReused, "", lambda fields=fields: bring((rose, 5, 10), key=key, **fields))
    assert Receipt.objects.count() == StockMovement.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Of it freight, shared by how many there are", "₽250 of it freight")),
        ("ru", ("В том числе транспорт, разложен по количеству", "в том числе транспорт 250 ₽")),
    ],
)
def test_freight_is_typed_and_shown(shop, login, staff, language, said):
    rose = product("Red rose")
    browser = login(staff("owner", language=language))
    form = {**receipt_form((rose.sku, "20", "12,5")), "freight": "250", "spread": "quantity"}
    page = browser.post(reverse("inventory:receive"), form, follow=True).content.decode()
    receipt = Receipt.objects.get()
    assert (receipt.freight, receipt.spread, receipt.total_cost) == (250, "quantity", 500)
    assert stock_of(rose).value == 500
    for words in said:
        assert words in page.replace("\xa0", " ")
    assert "25" in page  # a stem with its freight


def test_the_florist_who_receives_does_not_see_what_others_paid(shop, login, florist):
    rose = product("Red rose")
    form = {**receipt_form((rose.sku, "20", "12,5")), "freight": "250"}
    page = login(florist).post(reverse("inventory:receive"), form, follow=True).content.decode()
    assert stock_of(rose).value == 500
    assert "freight" not in page.lower()


@pytest.mark.parametrize("typed", ["-1", "nan", "1e9", "x", "1,234"])
def test_careless_freight_is_asked_again_beside_its_field(shop, login, owner, typed):
    rose = product("Red rose")
    form = {**receipt_form((rose.sku, "20", "12,5")), "freight": typed}
    answer = login(owner).post(reverse("inventory:receive"), form)
    assert answer.status_code == 422
    assert "freight" in answer.context["form"].errors
    assert not Receipt.objects.exists()
