"""Bouquets for the shelf: worth the very stems in them, and taken apart without gain."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import BadInput
from inventory.errors import InsufficientBatch, InsufficientStock
from inventory.models import Assembly, AssemblyPart, Disassembly, Stock, StockBatch, StockMovement, WriteOff
from inventory.selectors.ledger import explain_stock
from inventory.services.assembling import NewBouquet, TakingApartRefused, assemble, take_apart
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.regrading import mark_down
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.services.transfers import TransferLineInput, transfer_stock
from inventory.tests.factories import FIRST_DAY, cellar, kit, product, receive, refused, stock_of, warehouse
from products.models import Product, ProductKit
from products.recipes import Component


def made(bouquet, quantity="1", **fields):
    return assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(quantity), **fields)


def stems():
    """What lies of everything but bouquets, without the ledger's counter."""
    rows = StockBatch.objects.filter(assembly=None, origin=None).order_by("pk")
    stocks = Stock.objects.exclude(product__unit="piece")
    return list(rows.values()), list(stocks.order_by("pk").values("quantity", "short", "value"))


def test_the_work_is_what_the_recipe_says_for_each_unless_it_is_said_otherwise(spring):
    ProductKit.objects.update(work_cost=Decimal("12.50"))
    spring.refresh_from_db()
    assert made(spring, "2").work_cost == 25
    assert made(spring, work_cost=Decimal(7)).work_cost == 7
    assert made(spring, work_cost=Decimal(0)).work_cost == 0
    parts = [Component(Product.objects.get(name="Tulip"), Decimal(1))]
    assert made(NewBouquet("Free", Decimal(100)), parts=parts).work_cost == 0
    assert check_stock() == []


def ask(item, quantity):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(), needed_on=timezone.localdate()
    )
    return demand  # fmt: skip


@pytest.fixture
def spring(shop):
    """A bouquet of 5 roses and 2 tulips; the roses lie in two batches."""
    rose, tulip = product("Rose"), product("Tulip")
    receive(rose, "7", "10.0001", expires_on=FIRST_DAY.date() + timedelta(days=9))
    receive(rose, "20", "20", day=1, expires_on=FIRST_DAY.date() + timedelta(days=12))
    receive(tulip, "9", "3.3333")
    return kit("Spring", "990", (rose, "5"), (tulip, "2"))


def test_every_bouquet_is_worth_its_own_stems_and_a_share_of_the_work(spring, owner):
    done = made(spring, "3", work_cost=Decimal(100), by=owner)
    item = Product.objects.get(made_from=spring)
    assert (item.name, item.unit, item.sale_price, done.product) == ("Spring", "piece", 990, item)
    tulips, rest = Decimal("6.6666"), Decimal("33.3333")
    assert [(row.quantity, row.total_cost) for row in done.batches.order_by("pk")] == [
        (1, Decimal("50.0005") + tulips + rest),
        (1, Decimal("20.0002") + 60 + tulips + rest + Decimal("0.0001")),
        (1, 100 + tulips + rest),
    ]
    assert done.cost == stock_of(item).value
    assert [row.expires_on for row in done.batches.order_by("pk")] == [
        FIRST_DAY.date() + timedelta(days=days) for days in (9, 9, 12)
    ]
    rose = Product.objects.get(name="Rose")
    assert [explain_stock(stock_of(goods))[-1].document for goods in (item, rose)] == [str(done)] * 2
    assert made(spring).product == item
    assert check_stock() == []


def test_a_bouquet_there_is_one_of_becomes_a_product(spring):
    rose = Product.objects.get(name="Rose")
    done = made(NewBouquet("For Anna", Decimal(700)), parts=[Component(rose, Decimal(3))])
    assert (done.product.name, done.product.sale_price, done.kit) == ("For Anna", 700, None)
    assert done.cost == Decimal("30.0003")
    again = made(done.product, parts=[Component(rose, Decimal(1))])
    assert (again.product, stock_of(done.product).quantity) == (done.product, 2)
    assert check_stock() == []


def test_taking_apart_leaves_everything_as_it_was(spring, owner):
    before = stems()
    done = made(spring, "3", work_cost=Decimal(100))
    for batch in done.batches.order_by("-pk"):
        apart = take_apart(batch=batch, by=owner)
        assert apart.cost - apart.parts_cost in (Decimal("33.3333"), Decimal("33.3334"))
        assert check_stock() == []
    assert stems() == before
    assert stock_of(done.product).quantity == stock_of(done.product).value == 0
    rose = Product.objects.get(name="Rose")
    assert explain_stock(stock_of(rose))[-1].document == str(apart)


def test_spoiled_stems_are_written_off_from_their_own_batches(spring, owner):
    rose = Product.objects.get(name="Rose")
    second = made(spring, "2").batches.latest("pk")
    apart = take_apart(batch=second, spoiled={rose.pk: Decimal(3)}, reason="broken", by=owner)
    gone = WriteOff.objects.order_by("pk")
    assert [(row.quantity, row.cost, row.reason, row.comment, row.by) for row in gone] == [
        (2, Decimal("20.0002"), "broken", str(apart), owner),
        (1, 20, "broken", str(apart), owner),
    ]
    assert stock_of(rose).quantity == 27 - 5 - 3
    assert check_stock() == []


def test_waiting_orders_are_served_by_bouquets_and_by_stems(spring):
    rose = Product.objects.get(name="Rose")
    done = made(spring, "4")
    waits = ask(rose, "10")
    reserve([waits])
    assert waits.reservations.get().quantity == 7
    take_apart(batch=done.batches.latest("pk"))
    assert waits.reservations.get().quantity == 10
    ready = ask(done.product, "4")
    reserve([ready])
    assert ready.reservations.get().quantity == 3
    receive(Product.objects.get(name="Rose"), "5")
    made(spring)
    assert ready.reservations.get().quantity == 4
    assert check_stock() == []


def test_promised_parts_and_promised_bouquets_stay(spring):
    rose = Product.objects.get(name="Rose")
    reserve([ask(rose, "25")])
    refused(InsufficientStock, "Rose: asked 5, free 2", lambda: made(spring), ru="свободно 2")
    lone = made(NewBouquet("Lone", Decimal(1)), parts=[Component(rose, Decimal(1))])
    reserve([ask(lone.product, "1")])
    refused(
        InsufficientStock, "Lone: asked 1, free 0", lambda: take_apart(batch=lone.batches.get()), ru="свободно 0"
    )  # fmt: skip


def test_a_bouquet_is_taken_apart_once_and_not_after_it_was_sold(spring):
    done = made(spring, "3")
    sale = SaleProcessor.create_sale(
        product=done.product, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(1)
    )
    first, second, _third = done.batches.order_by("pk")
    take_apart(batch=second)
    for gone in (first, second):
        refused(InsufficientBatch, "This batch holds 0", lambda gone=gone: take_apart(batch=gone), ru="0")
    assert sale.cost == first.total_cost


def test_a_bouquet_that_was_carried_is_taken_apart_where_its_stems_are_kept(spring):
    before = stems()
    done = made(spring)

    def carried(source, target):
        lines = [TransferLineInput(done.product, Decimal(1))]
        transfer_stock(source=source, target=target, lines=lines)
        return StockBatch.objects.latest("pk")

    there = carried(warehouse(), cellar())
    refused(
        TakingApartRefused, "The stems of this bouquet are kept in", lambda: take_apart(batch=there), ru="Отвезите"
    )  # fmt: skip
    carried(cellar(), warehouse())
    cheap = mark_down(product=done.product, warehouse=warehouse(), quantity=Decimal(1), price=Decimal(5))
    take_apart(batch=StockBatch.objects.get(stock=stock_of(cheap.target)))
    assert stems() == before
    assert check_stock() == []


def test_what_can_not_be_assembled_or_taken_apart(spring):
    rose, tulip = Product.objects.get(name="Rose"), Product.objects.get(name="Tulip")
    one = [Component(rose, Decimal(1))]
    vase = product("Vase", unit="piece")
    for number in ("0", "1.5", "-1", "101", "NaN"):
        refused(BadInput, "from 1 to 100 at once", lambda number=number: made(spring, number), ru="от 1 до 100")
    refused(BadInput, "at least one part", lambda: made(vase), ru="хотя бы одна часть")
    refused(
        BadInput, "can't be a part of itself", lambda: made(vase, parts=[Component(vase, Decimal(1))]), ru="самого себя"
    )  # fmt: skip
    refused(BadInput, "A bouquet is counted in pieces", lambda: made(tulip, parts=one), ru="штук")
    refused(BadInput, "A bouquet needs a name", lambda: made(NewBouquet(" ", Decimal(1)), parts=one), ru="имя")
    refused(BadInput, "The cost of work", lambda: made(spring, work_cost=Decimal(-1)), ru="Стоимость работы")
    refused(InsufficientStock, "Tulip: asked 10, free 9", lambda: made(spring, "5"), ru="свободно 9")
    batch = made(spring).batches.get()
    bought = StockBatch.objects.filter(assembly=None).first()
    refused(TakingApartRefused, "Rose was not assembled here", lambda: take_apart(batch=bought), ru="не собирали")
    for spoiled, said, ru in (
        ({rose.pk: Decimal(6)}, "In the bouquet is 5 of Rose", "больше испортиться"),
        ({vase.pk: Decimal(1)}, "no part of this bouquet", "нет в этом букете"),
        ({rose.pk: Decimal(-1)}, "A quantity is a number above zero", "больше нуля"),
    ):
        refused(BadInput, said, lambda spoiled=spoiled: take_apart(batch=batch, spoiled=spoiled), ru=ru)
    refused(BadInput, "Choose one of the reasons", lambda: take_apart(batch=batch, reason="because"), ru="причин")
    spring.delete()
    refused(BadInput, "“Spring” is deleted", lambda: made(spring), ru="удал")


def test_one_key_assembles_and_takes_apart_once(spring):
    key = uuid.uuid4()
    done = made(spring, key=key)
    assert made(spring, key=key) == done == Assembly.objects.get()
    batch = done.batches.get()
    rows = StockMovement.objects.count()
    assert take_apart(batch=batch, key=key) == take_apart(batch=batch, key=key) == Disassembly.objects.get()
    assert StockMovement.objects.count() == rows + 3


@pytest.mark.parametrize(
    ("falsify", "code"),
    [
        (lambda: Assembly.objects.update(cost=1000), "assembly_worth"),
        (lambda: Assembly.objects.update(quantity=3), "assembly_worth"),
        (lambda: AssemblyPart.objects.filter(product__name="Tulip").update(quantity=3), "assembly_part_covered"),
        (lambda: Disassembly.objects.update(parts_cost=1), "disassembly_balanced"),
        (lambda: Disassembly.objects.update(cost=1000), "disassembly_balanced"),
    ],
)
def test_the_check_finds_bouquets_that_do_not_add_up(spring, falsify, code):
    take_apart(batch=made(spring, "2", work_cost=Decimal(10)).batches.latest("pk"))
    assert check_stock() == []
    falsify()
    assert code in {finding.invariant.code for finding in check_stock()}
