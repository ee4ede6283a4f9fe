"""A flower in a bouquet is replaced: taken apart and put together again as one step."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.errors import BadInput
from inventory.errors import InsufficientBatch, InsufficientStock
from inventory.models import Assembly, Disassembly, Reservation, StockBatch, WriteOff
from inventory.services.assembling import TakingApartRefused, assemble, take_apart
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.repairing import repair
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import FIRST_DAY, kit, product, receive, refused, stock_of, warehouse
from products.models import Product
from products.recipes import Component


def item(name):
    return Product.objects.get(name=name)


def parts(rose="5", tulip="2", **others):
    wanted = {"Rose": rose, "Tulip": tulip, **others}
    return [Component(item(name), Decimal(quantity)) for name, quantity in wanted.items() if quantity]


def ask(goods, quantity):
    return freeze_demands(
        [DemandInput(goods, Decimal(quantity))], warehouse=warehouse(), needed_on=timezone.localdate()
    )


@pytest.fixture
def made(shop):
    """One bouquet of 5 roses and 2 tulips with 30 of work; 1 rose, 20 dearer roses and 7 tulips are left."""
    rose, tulip = product("Rose"), product("Tulip")
    receive(rose, "6", "10", expires_on=FIRST_DAY.date() + timedelta(days=9))
    receive(rose, "20", "20", day=1, expires_on=FIRST_DAY.date() + timedelta(days=12))
    receive(tulip, "9", "3")
    spring = kit("Spring", "990", (rose, "5"), (tulip, "2"))
    return assemble(bouquet=spring, warehouse=warehouse(), quantity=Decimal(1), work_cost=Decimal(30))


@pytest.fixture
def bouquet(made):
    return made.batches.get()


def test_a_broken_rose_is_replaced_by_a_fresh_one(made, bouquet, florist):
    done = repair(batch=bouquet, parts=parts(), spoiled={item("Rose").pk: Decimal(2)}, by=florist, comment="fell")

    apart = Disassembly.objects.get()
    assert (done.repaired, apart.repair, apart.batch, apart.by) == (apart, done, bouquet, florist)
    assert (apart.cost, apart.parts_cost) == (86, 56)
    # three roses of its own, the last of the old batch, one of the new batch; its work goes on
    assert (done.cost, done.work_cost, done.kit, done.product) == (
        Decimal(4 * 10 + 20 + 6 + 30),
        30,
        made.kit,
        made.product,
    )
    [lost] = WriteOff.objects.all()
    assert (lost.quantity, lost.cost, lost.comment) == (2, 20, str(apart))
    assert (stock_of(item("Rose")).quantity, stock_of(item("Tulip")).quantity) == (19, 7)
    assert stock_of(done.product).quantity == 1
    assert not StockBatch.objects.get(pk=bouquet.pk).is_open
    assert done.batches.get().expires_on == FIRST_DAY.date() + timedelta(days=9)
    assert check_stock() == []


def test_other_flowers_and_more_work_may_go_in_and_some_stay_out(bouquet):
    lily = product("Lily")
    receive(lily, "4", "50")
    done = repair(batch=bouquet, parts=parts(rose="3", tulip="", Lily="1"), work_cost=Decimal("5.5"))

    assert done.cost == Decimal(3 * 10 + 50 + 30) + Decimal("5.5")
    assert (stock_of(item("Rose")).quantity, stock_of(item("Tulip")).quantity, stock_of(lily).quantity) == (23, 9, 3)
    assert not WriteOff.objects.exists()
    assert check_stock() == []


def test_a_promised_bouquet_stays_promised(bouquet):
    [wanted] = ask(bouquet.stock.product, "1")
    reserve([wanted])

    done = repair(batch=bouquet, parts=parts(), spoiled={item("Rose").pk: Decimal(1)})

    assert Reservation.objects.get(is_active=True).demand == wanted
    assert (stock_of(done.product).quantity, stock_of(done.product).reserved) == (1, 1)
    SaleProcessor.sell([wanted])
    assert not done.batches.get().is_open
    assert check_stock() == []


def test_nobody_who_waits_takes_the_stems_out_of_the_bouquet(bouquet):
    """All free roses are promised and two more are waited for: those in the bouquet are not to be had."""
    [wanted] = ask(item("Rose"), "23")
    reserve([wanted])
    repair(batch=bouquet, parts=parts())
    assert Reservation.objects.get(is_active=True).quantity == 21

    # What is left out of it is free, and goes to whoever waits.
    again = repair(batch=Assembly.objects.latest("pk").batches.get(), parts=parts(rose="4"))
    assert Reservation.objects.get(is_active=True).quantity == 22
    assert again.served == {wanted.pk: 1}
    assert check_stock() == []


def test_a_repaired_bouquet_is_repaired_again_and_taken_apart(bouquet):
    first = repair(batch=bouquet, parts=parts())
    second = repair(batch=first.batches.get(), parts=parts(rose="6"))
    assert second.work_cost == 30
    take_apart(batch=second.batches.get())
    assert (stock_of(item("Rose")).quantity, stock_of(item("Tulip")).quantity) == (26, 9)
    assert stock_of(item("Rose")).value == 460
    assert check_stock() == []


def test_the_same_form_repairs_once(bouquet):
    key = uuid.uuid4()
    done = repair(batch=bouquet, parts=parts(), key=key)
    assert repair(batch=bouquet, parts=parts(), key=key) == done
    assert Disassembly.objects.count() == 1


def test_lacking_stems_leave_the_bouquet_as_it_was(bouquet):
    refused(InsufficientStock, "Rose", lambda: repair(batch=bouquet, parts=parts(rose="27")))
    refused(
        InsufficientStock, "Rose",
        lambda: repair(batch=bouquet, parts=parts(rose="26"), spoiled={item("Rose").pk: Decimal(1)}),
    )  # fmt: skip
    assert repair(batch=bouquet, parts=parts(rose="26")).cost


def test_a_bouquet_that_is_gone_is_not_repaired(bouquet):
    SaleProcessor.sell(ask(bouquet.stock.product, "1"))
    refused(InsufficientBatch, "", lambda: repair(batch=bouquet, parts=parts()))


def test_what_was_not_assembled_here_has_no_known_parts(bouquet):
    rose = StockBatch.objects.filter(stock__product__name="Rose").first()
    refused(TakingApartRefused, "was not assembled here", lambda: repair(batch=rose, parts=parts()))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"parts": []}, "at least one part"),
        ({"work_cost": Decimal(-1)}, "from zero up"),
        ({"reason": "moths"}, "one of the reasons"),
        ({"spoiled": {0: Decimal(1)}}, "no part of this bouquet"),
    ],
)
def test_what_can_not_be_meant_is_refused(bouquet, fields, said):
    refused(BadInput, said, lambda: repair(**{"batch": bouquet, "parts": parts(), **fields}))


def test_more_spoiled_than_there_is_and_a_bouquet_in_itself_are_refused(bouquet):
    refused(
        BadInput, "more than that can't be spoiled",
        lambda: repair(batch=bouquet, parts=parts(), spoiled={item("Rose").pk: Decimal(6)}),
    )  # fmt: skip
    refused(BadInput, "can't be a part of itself", lambda: repair(batch=bouquet, parts=parts(Spring="1")))


def test_the_database_repairs_one_bouquet_once(made, bouquet):
    done = repair(batch=bouquet, parts=parts())
    for change in ({"quantity": 2}, {}):
        other = made.pk if not change else done.pk
        with pytest.raises(IntegrityError, match=r"assembly_repairs_one_bouquet|repaired_id"), transaction.atomic():
            Assembly.objects.filter(pk=other).update(repaired=done.repaired, **change)
