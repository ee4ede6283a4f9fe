"""Where a figure comes from: every part is named, the parts add up, and at the bottom lie receipts and counts."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from inventory.models import Receipt, ReceiptLine, Sale, StockBatch, Supplier, Warehouse
from inventory.selectors.origins import origin_of_quantity, origin_of_reserve, origins_of_cost, whence
from inventory.services.assembling import NewBouquet, assemble
from inventory.services.cost_corrections import correct_cost
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.regrading import regrade
from inventory.services.reservations import reserve
from inventory.services.returns import return_sale
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.tests.factories import cellar, product, receive, stock_of, stocked, warehouse
from inventory.tests.test_commands import ask, called
from orders.services.lifecycle import complete_order, confirm_order
from orders.tests.factories import order
from products.recipes import Component


def sell(item, quantity, at=None):
    return SaleProcessor.create_sale(
        product=item, warehouse=at or warehouse(), quantity=Decimal(quantity), sale_price=Decimal(50)
    )


def adds_up(origin):
    """The parts of a figure add up to it; those of money alone count as money."""
    parts = origin.parts
    if origin.value is not None:
        assert sum(part.value for part in parts) == origin.value
    assert sum(part.quantity or 0 for part in parts) == origin.quantity


def leaves(origin):
    return [part for _depth, part in origin.lines() if not part.parts]


def the_one(name):
    rows = [row for row in StockBatch.objects.select_related("stock__product") if row.stock.product.name == name]
    assert len(rows) == 1
    return rows[0]


def test_what_is_on_hand_is_told_batch_by_batch(shop):
    rose = product("Red rose")
    supplier = Supplier.objects.create(name="Flora Holland")
    post_receipt(
        warehouse=warehouse(), supplier=supplier, freight=Decimal(12),
        lines=[ReceiptLineInput(rose, Decimal(10), Decimal(30))],
    )  # fmt: skip
    correct_cost(ReceiptLine.objects.get(product=rose), cost=Decimal(280))
    receive(rose, "5", "20", day=1)
    sell(rose, "6")
    stock = stock_of(rose)
    origin = origin_of_quantity(stock)
    adds_up(origin)
    assert (origin.quantity, origin.value) == (9, stock.value)
    [second] = [part for part in origin.parts if part.parts[0].name.endswith("Flora Holland")]
    [receipt] = second.parts
    assert receipt.url.endswith(f"/receipts/{Receipt.objects.get(supplier=supplier).pk}/")
    assert [(part.quantity, part.value) for part in receipt.parts] == [(10, 300), (None, 12), (None, -20)]
    assert (receipt.quantity, receipt.value) == (10, 292)


def test_goods_sold_before_entry_stand_as_less_than_nothing(shop):
    Warehouse.objects.update(allow_short=True)
    rose = stocked("Red rose", ("2", "10"))
    sale = sell(rose, "5")
    origin = origin_of_quantity(stock_of(rose))
    adds_up(origin)
    assert (origin.quantity, origin.value) == (-3, -30)
    assert str(sale.pk) in origin.parts[0].name
    cost = origins_of_cost([sale])[sale.pk]
    adds_up(cost)
    assert [(part.quantity, part.value) for part in cost.parts] == [(2, 20), (3, 30)]
    receive(rose, "3", "12", day=2)
    cost = origins_of_cost([Sale.objects.get()])[sale.pk]
    adds_up(cost)
    assert (cost.quantity, cost.value) == (5, 56)


def test_what_was_made_moved_and_renamed_is_told_back_to_the_receipts(shop):
    rose, green = stocked("Red rose", ("30", "10")), stocked("Eucalyptus", ("20", "3"))
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(rose, Decimal(20))])
    cheap = product("Rose, second grade")
    regrade(source=rose, target=cheap, warehouse=cellar(), quantity=Decimal(15))
    made = assemble(
        bouquet=NewBouquet("Spring", Decimal(900)), warehouse=warehouse(), quantity=Decimal(1), work_cost=Decimal(100),
        parts=[Component(rose, Decimal(5)), Component(green, Decimal(2))],
    )  # fmt: skip
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(made.product, Decimal(1))])
    at_the_end = StockBatch.objects.get(stock=stock_of(made.product, cellar()))
    origin = whence([at_the_end.pk])[at_the_end.pk]
    assert (origin.quantity, origin.value, "transfer" in origin.name) == (1, 156, True)
    [assembly] = origin.parts
    adds_up_money = sum(part.value for part in assembly.parts)
    assert (assembly.value, adds_up_money, len(assembly.parts)) == (156, 156, 3)
    assert [(part.name, part.quantity, part.value) for part in assembly.parts] == [
        ("Red rose", 5, 50), ("Eucalyptus", 2, 6), ("Work", None, 100),
    ]  # fmt: skip
    assert all("/receipts/" in leaf.url for leaf in leaves(origin) if leaf.name != "Work")
    second_grade = origin_of_quantity(stock_of(cheap, cellar()))
    adds_up(second_grade)
    names = [part.name for _depth, part in second_grade.lines()]
    assert [word in name for word, name in zip(["regrade", "transfer", "receipt"], names[2:], strict=True)] == [
        True
    ] * 3


def test_what_a_count_found_is_told_with_its_estimate(shop):
    rose = stocked("Red rose", ("4", "10"))
    take = open_stock_take(warehouse=warehouse())
    count(take, product=rose, quantity=Decimal(6))
    apply_stock_take(take)
    origin = origin_of_quantity(stock_of(rose))
    adds_up(origin)
    assert [leaf.name for leaf in leaves(origin) if "estimated" in leaf.name] == [f"{take}, cost estimated"]


def test_what_came_back_does_not_count_in_the_cost(shop):
    rose = stocked("Red rose", ("3", "10"), ("9", "20"))
    sale = sell(rose, "8")
    return_sale(sale=sale, quantity=Decimal(6))
    sale = Sale.objects.get(pk=sale.pk)
    cost = origins_of_cost([sale])[sale.pk]
    adds_up(cost)
    assert (cost.quantity, cost.value) == (2, sale.cost - sale.returned_cost)


def test_a_reserve_names_who_asked(shop):
    rose = stocked("Red rose", ("30", "10"))
    stray = [ask(rose, "3")]
    reserve(stray)
    asked = order((rose, "7"))
    confirm_order(asked)
    origin = origin_of_reserve(stock_of(rose))
    assert (origin.quantity, sum(part.quantity for part in origin.parts)) == (10, 10)
    names = {part.name.split(",")[0]: part.url for part in origin.parts}
    assert names == {f"Demand {stray[0].pk}": "", f"Order {asked.number}": f"/orders/{asked.pk}/"}


def test_any_number_of_batches_takes_the_same_statements(shop):
    def statements(sales):
        with CaptureQueriesContext(connection) as caught:
            origins_of_cost(sales)
        return len(caught)

    rose = stocked("Red rose", *[("2", str(cost)) for cost in range(1, 30)])
    one, many = sell(rose, "1"), sell(rose, "50")
    few = statements([Sale.objects.select_related("product").get(pk=one.pk)])
    assert statements(list(Sale.objects.select_related("product"))) == few
    assert few <= 8
    assert len(origins_of_cost([many])[many.pk].parts) > 20


@pytest.mark.parametrize(
    ("language", "figure", "said"),
    [
        ("en", "quantity", ["On hand  26  = 260.0000", "Batch of", "receipt"]),
        ("ru", "quantity", ["На складе  26  = 260.0000", "Партия от", "приёмка"]),
        ("en", "reserve", ["Reserved  4", "Demand"]),
        ("en", "cost", ["sale", "Rose  4  = 40.0000", "Batch of"]),
    ],
)
def test_the_command_prints_the_tree(shop, language, figure, said):
    rose = product("Rose", sku="R1")
    receive(rose, "30", "10")
    sell(rose, "4")
    reserve([ask(rose, "4")])
    with translation.override(language):
        code, out, _err = called("explain_stock", "R1", schema="rose", figure=figure)
    assert code == 0
    assert all(words in out for words in said), out


def test_an_orders_margin_goes_down_to_its_receipts(shop):
    rose = stocked("Red rose", ("3", "10"), ("9", "20"))
    sold = order((rose, "5", "100"), (rose, "1", "80"))
    complete_order(sold)
    code, out, _err = called("explain_order", str(sold.number), schema="rose")
    assert code == 0
    assert "revenue 580.00 − cost 90.00 = margin 490.00 (84 %)" in out
    assert out.count("receipt") == 3
    code, out, _err = called("explain_order", str(order((rose, "1")).number), schema="rose")
    assert (code, "has no margin yet" in out) == (0, True)
