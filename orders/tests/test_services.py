"""Order lines that name a service: money and no stock."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core.errors import BadInput, DomainError
from inventory.errors import InsufficientStock
from inventory.models import Sale, Stock, StockDemand, StockMovement
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput
from inventory.tests.factories import product, stock_of, stocked, warehouse
from orders.goods import search_goods
from orders.invariants import INVARIANTS
from orders.models import Order, OrderItem
from orders.selectors.margins import margin_of
from orders.services.lifecycle import cancel_order, complete_order, confirm_order, reopen_order
from orders.services.placing import LineInput, OrderInput, change_order
from orders.services.stock_sync import replace_demands
from orders.tests.factories import lines, order, today
from products.models import Kind, Product


def service(name="Delivery at night", price="300"):
    return product(name, price, kind=Kind.SERVICE)


def clean():
    return check_stock(extra=INVARIANTS) == []


def changed(placed, *wanted):
    now = Order.objects.get(pk=placed.pk)
    return change_order(now, OrderInput(due_on=today(), lines=wanted or lines()))


def test_a_service_is_ordered_beside_goods_and_leaves_the_stock_alone(shop):
    rose, night = stocked("Red rose", ("30", "10")), service()
    placed = order((rose, "10"), (night, "1"))
    assert placed.total == 1300

    confirm_order(placed)
    assert list(StockDemand.objects.values_list("product", "quantity")) == [(rose.pk, 10)]
    assert clean()

    complete_order(placed)
    assert stock_of(rose).quantity == 20
    assert [sale.product_id for sale in Sale.objects.all()] == [rose.pk]
    assert not Stock.objects.filter(product=night).exists()
    assert clean()

    before = StockMovement.objects.count()
    complete_order(Order.objects.get())
    assert StockMovement.objects.count() == before, "completing again sold something twice"


def test_a_service_bears_its_share_of_the_discount(shop):
    rose, night = stocked("Red rose", ("30", "10")), service(price="500")
    placed = order((rose, "5"), (night, "1"), discount=Decimal(100))
    complete_order(placed)

    assert Sale.objects.get().amount == 450
    assert placed.total == 900
    assert margin_of(placed).margin.price == 450, "the margin is of goods alone"
    assert clean()
    Sale.objects.update(amount=500)
    assert [found.invariant.code for found in check_stock(extra=INVARIANTS)] == ["completed_order_money"]


def test_an_order_of_services_alone_goes_all_the_way_and_back(shop):
    placed = order((service(), "2", "250"))
    confirm_order(placed)
    complete_order(placed)
    assert Order.objects.get().completed_at is not None
    assert clean()
    reopen_order(placed)
    assert clean()
    cancel_order(placed)
    assert clean()
    assert (Sale.objects.count(), StockDemand.objects.count()) == (0, 0)


def test_goods_that_lack_beside_a_service_are_still_refused(shop):
    rose, night = stocked("Red rose", ("3", "10")), service()
    placed = confirm_order(order((night, "1"), (rose, "10")))
    with pytest.raises(InsufficientStock) as refusal:
        complete_order(placed)
    assert "Red rose: asked 10, free 3" in str(refusal.value)
    assert Order.objects.get().status.code == "confirmed"
    assert (stock_of(rose).quantity, Sale.objects.count()) == (3, 0)


def test_a_line_may_become_a_service_and_goods_again(shop):
    """What the line had promised goes back the moment it names a service."""
    rose, night = stocked("Red rose", ("30", "10")), service()
    placed = confirm_order(order((rose, "10")))
    line = OrderItem.objects.get()

    changed(placed, LineInput(Decimal(1), product=night, item=line.pk))
    assert (stock_of(rose).reserved, StockDemand.objects.filter(is_open=True).count()) == (0, 0)
    assert clean()

    changed(placed, LineInput(Decimal(4), product=rose, item=line.pk), LineInput(Decimal(1), product=night))
    assert stock_of(rose).reserved == 4
    complete_order(placed)
    assert stock_of(rose).quantity == 26
    assert clean()


def test_there_is_nothing_to_replace_in_a_service_and_no_service_replaces_goods(shop):
    rose, night = stocked("Red rose", ("30", "10")), service()
    confirm_order(order((rose, "10"), (night, "1")))
    goods, extra = OrderItem.objects.order_by("pk")

    with pytest.raises(DomainError) as refusal:
        replace_demands(extra, [DemandInput(rose, Decimal(1))], by=None)
    assert str(refusal.value) == (
        "“Delivery at night” is a service: it takes nothing from the stock, so there is nothing to replace."
    )
    with pytest.raises(BadInput) as refusal:
        replace_demands(goods, [DemandInput(night, Decimal(1))], by=None)
    assert "it isn't kept in stock" in str(refusal.value)
    assert [(row.product_id, row.quantity) for row in StockDemand.objects.filter(is_open=True)] == [(rose.pk, 10)]
    assert stock_of(rose).reserved == 10


def test_whether_it_is_a_service_never_changes_whoever_saves_it(shop):
    night, rose = service(), product("Red rose")
    for item, kind in ((night, Kind.FLOWER), (rose, Kind.SERVICE)):
        with pytest.raises(IntegrityError, match="never becomes"), transaction.atomic():
            Product.objects.filter(pk=item.pk).update(kind=kind)
    Product.objects.filter(pk=rose.pk).update(kind=Kind.GREENERY)
    assert {row.kind for row in Product.objects.all()} == {Kind.SERVICE, Kind.GREENERY}


def test_the_picker_offers_services_and_asks_no_stock_of_them(shop):
    service()
    stocked("Night jasmine", ("5", "1"))
    found = {goods.name: goods for goods in search_goods("night", warehouse=warehouse())}
    assert set(found) == {"Delivery at night", "Night jasmine"}
    assert found["Delivery at night"].lacking(Decimal(5)) == 0
    assert found["Night jasmine"].lacking(Decimal(8)) == 3


@pytest.mark.parametrize("stage", ["planned", "reserved", "sold"])
def test_the_pages_call_it_a_service(shop, client, login, owner, stage):
    rose, night = stocked("Red rose", ("30", "10")), service()
    placed = order((rose, "10"), (night, "1"))
    if stage != "planned":
        confirm_order(placed)
    if stage == "sold":
        complete_order(placed)
    browser = login(owner)
    page = browser.get(reverse("orders:order_detail", args=[placed.pk])).content.decode()
    assert page.count('<td class="muted">service</td>') == 1
    line = OrderItem.objects.get(product=night)
    assert reverse("orders:composition", args=[placed.pk, line.pk]) not in page
    assert "will wait" not in page


def test_the_form_says_service_instead_of_what_is_free(shop, login, owner):
    service()
    browser = login(owner)
    found = browser.get(reverse("orders:goods_search"), {"goods_search": "night"}).content.decode()
    assert '<span class="num faint">service</span>' in found
    assert "none free" not in found
