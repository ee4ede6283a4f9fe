"""Goods that become another product, or a cheaper one, keep their cost and their age."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from core.errors import BadInput
from inventory.errors import InsufficientBatch, InsufficientStock
from inventory.models import Regrade, StockBatch
from inventory.selectors.ledger import explain_stock
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.regrading import mark_down, regrade
from inventory.services.reservations import reserve
from inventory.tests.factories import FIRST_DAY, product, receive, refused, stock_of, stocked, warehouse
from products.models import Product


def became(source, target, quantity, **fields):
    return regrade(source=source, target=target, warehouse=warehouse(), quantity=Decimal(quantity), **fields)


def cheaper(item, quantity, price="50", **fields):
    return mark_down(product=item, warehouse=warehouse(), quantity=Decimal(quantity), price=Decimal(price), **fields)


def test_goods_keep_cost_age_and_last_day(shop, owner):
    long, short = product("Rose 60"), product("Rose 50")
    receive(long, "3", "10.3333", expires_on=FIRST_DAY.date() + timedelta(days=9))
    receive(long, "7", "12.3333", day=1, expires_on=FIRST_DAY.date() + timedelta(days=8))
    done = became(long, short, "5", by=owner, comment="too short")
    assert (done.by, done.comment, done.is_markdown) == (owner, "too short", False)
    assert (stock_of(long).quantity, stock_of(short).quantity) == (5, 5)
    assert done.cost == stock_of(short).value == Decimal("55.6665")
    assert [(row.quantity, row.received_at, row.expires_on) for row in stock_of(short).batches.order_by("pk")] == [
        (quantity, row.received_at, row.expires_on)
        for quantity, row in zip([3, 2], stock_of(long).batches.order_by("pk"), strict=True)
    ]
    assert [row.origin.stock for row in stock_of(short).batches.all()] == [stock_of(long)] * 2
    assert [explain_stock(stock_of(item))[-1].document for item in (long, short)] == [str(done)] * 2
    assert check_stock() == []


def test_a_named_batch_and_no_more_than_it_holds(shop):
    long, short = stocked("Rose 60", ("5", "10"), ("5", "20")), product("Rose 50")
    new = StockBatch.objects.latest("pk")
    assert became(long, short, "2", batch=new).cost == 40
    refused(InsufficientBatch, "holds 3, asked were 4", lambda: became(long, short, "4", batch=new))


def test_waiting_orders_are_served(shop):
    long, short = stocked("Rose 60", ("5", "10")), product("Rose 50")
    [demand] = freeze_demands(
        [DemandInput(short, Decimal(2))], warehouse=warehouse(), needed_on=timezone.localdate()
    )  # fmt: skip
    became(long, short, "3")
    assert demand.reservations.get().quantity == 2
    assert check_stock() == []


def test_what_can_not_become_another_product(shop):
    long, short, pot = stocked("Rose 60", ("5", "10")), product("Rose 50"), product("Fern", unit="pot")
    gone = product("Peony")
    gone.delete()
    [demand] = freeze_demands([DemandInput(long, Decimal(3))], warehouse=warehouse(), needed_on=timezone.localdate())
    reserve([demand])
    refused(BadInput, "It is this product already", lambda: became(long, long, "1"), ru="Это и так этот товар")
    refused(BadInput, "Rose 60 is counted in stems, Fern in pots", lambda: became(long, pot, "1"), ru="считают в")
    refused(BadInput, "The product Peony is deleted", lambda: became(long, gone, "1"), ru="удалён")
    refused(BadInput, "A quantity is a number above zero", lambda: became(long, short, "0.0001"))
    refused(InsufficientStock, "Rose 60: asked 3, free 2", lambda: became(long, short, "3"), ru="свободно 2")
    batch = StockBatch.objects.get()
    refused(BadInput, "This batch of Rose 50 does not lie in", lambda: became(short, long, "1", batch=batch))


@pytest.mark.parametrize(("language", "name"), [("en", "Rose, reduced"), ("ru", "Rose, уценка")])
def test_marking_down_makes_the_reduced_product_once(shop, language, name):
    rose = stocked("Rose", ("10", "10"))
    with translation.override(language):
        first = cheaper(rose, "3", "60")
        second = cheaper(rose, "2", "55.50")
    assert first.target == second.target
    reduced = Product.objects.get(reduced_from=rose)
    assert (reduced.name, reduced.sale_price, reduced.unit) == (name, Decimal("55.50"), rose.unit)
    assert (stock_of(rose).quantity, stock_of(reduced).quantity, stock_of(reduced).value) == (5, 5, 50)
    assert first.is_markdown
    assert check_stock() == []


def test_a_deleted_reduced_product_is_made_anew(shop):
    rose = stocked("Rose", ("10", "10"))
    old = cheaper(rose, "3").target
    became(old, rose, "3")
    old.delete()
    assert cheaper(rose, "2").target != old
    assert check_stock() == []


def test_what_can_not_be_marked_down(shop):
    rose = stocked("Rose", ("10", "10"))
    refused(BadInput, "A price is a number from zero up", lambda: cheaper(rose, "3", "-1"), ru="Цена")
    refused(InsufficientStock, "asked 11, free 10", lambda: cheaper(rose, "11"))
    reduced = cheaper(rose, "3").target
    refused(BadInput, "is reduced already", lambda: cheaper(reduced, "1"), ru="уже уценён")


@pytest.mark.parametrize("work", [lambda rose, key: cheaper(rose, "2", key=key),
                                  lambda rose, key: became(rose, Product.objects.get(name="Tulip"), "2", key=key)])  # fmt: skip
def test_one_key_changes_once(shop, work):
    rose, key = stocked("Rose", ("10", "10")), uuid.uuid4()
    product("Tulip")
    assert work(rose, key) == work(rose, key) == Regrade.objects.get()
    assert stock_of(rose).quantity == 8


@pytest.mark.parametrize(
    "falsify",
    [
        lambda: Regrade.objects.update(quantity=4),
        lambda: Regrade.objects.update(cost=29),
        lambda: StockBatch.objects.exclude(origin=None).update(total_cost=31),
    ],
)
def test_the_check_finds_a_regrade_that_does_not_add_up(shop, falsify):
    became(stocked("Rose 60", ("5", "10")), product("Rose 50"), "3")
    assert check_stock() == []
    falsify()
    assert "regrade_balanced" in {finding.invariant.code for finding in check_stock()}
