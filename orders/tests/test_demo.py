"""The demo shops: something of everything, dated when it happened, the same on every day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import TestCase
from django.utils import timezone
from PIL import Image

from inventory.models import Receipt, ReceiptLine, Sale, SaleReturn, StockMovement, Supplier, SupplierReturn, WriteOff
from inventory.selectors import promises, shelves
from inventory.services.checking import check_stock
from orders import demo
from orders.demo import days, fern, pion
from orders.domain.lifecycle import Category
from orders.models import Order, OrderEvent, Payment
from orders.selectors.lists import all_statuses
from orders.selectors.today import exceptions_at
from products.models import Product, ProductKit, ProductPhoto
from products.pictures.goods import GREENS, HEADS, THINGS
from products.pictures.sheet import PALETTE

SHOPS = list(demo.SHOPS.values())
ids = [shop.schema_name for shop in SHOPS]


def test_the_articles_of_the_sale_keep_their_figures_and_share_one_factor():
    varieties = [good for good in pion.SHOP.goods if good.category in {"Розы", "Тюльпаны"} and good.supplier < 2]
    assert len(varieties) == 46
    freedom = next(good for good in varieties if good.name == "Роза Freedom 90 см")
    assert (freedom.price, freedom.vase_days, freedom.look) == (370, 14, "rose red")  # 55 000 / 150, whole tens
    murano = next(good for good in varieties if good.name == "Роза Carrousel 60 см")
    assert murano.vase_days == 10  # of 10-14


@pytest.mark.parametrize("described", SHOPS, ids=ids)
def test_what_a_shop_names_exists_in_it(described):
    goods, bouquets = {good.name for good in described.goods}, {bouquet.name for bouquet in described.bouquets}
    assert len(goods) == len(described.goods)
    named = {name for bouquet in described.bouquets for name, _quantity in bouquet.parts}
    named |= {name for name, _quantity in described.counter} | {
        item.product for item in [*described.leftovers, *described.waste]
    }
    assert named <= goods
    services = {name for name, _price in described.services[1]}
    assert services.isdisjoint(goods | bouquets)
    ordered = {name for wish in [*described.wishes, *described.holiday_wishes] for name, _quantity in wish.lines}
    assert ordered | {name for name, _quantity in described.popular} <= goods | bouquets | services
    assert ordered & services, "the page of an order shows what a service looks like"


def test_the_two_shops_share_nothing():
    assert {good.name for good in pion.SHOP.goods}.isdisjoint(good.name for good in fern.SHOP.goods)
    assert {login for login, *_ in pion.SHOP.people}.isdisjoint(login for login, *_ in fern.SHOP.people)


@pytest.mark.parametrize("hour", [0, 3, 12, 20, 23])
@pytest.mark.parametrize("described", SHOPS, ids=ids)
def test_no_step_lies_in_the_future_and_every_day_gives_the_same_month(described, hour):
    now = datetime(2026, 3, 5, hour, 30, tzinfo=UTC)
    steps = days.steps_of(described, now=now)
    assert steps
    assert max(step.at for step in steps) <= now
    assert steps == days.steps_of(described, now=now)
    moved = days.steps_of(described, now=now + timedelta(days=100))
    assert [type(step) for step in moved] == [type(step) for step in steps]


@pytest.mark.parametrize("today", [date(2026, 2, 25), date(2026, 2, 27), date(2026, 12, 30), date(2028, 2, 29)])
def test_the_next_holiday_is_too_far_away_to_reserve_for(today):
    day, name = days.next_holiday(pion.SHOP, today)
    assert day >= today + timedelta(days=10)
    assert (day.month, day.day, name) in pion.SHOP.holidays


@pytest.mark.slow
@pytest.mark.parametrize(
    ("described", "now"),
    [(pion.SHOP, timezone.now()), (fern.SHOP, datetime(2026, 3, 5, 21, 40, tzinfo=UTC))],  # after midnight in the shop
    ids=ids,
)
def test_a_demo_shop_has_something_of_everything_and_a_clean_stock(shop, described, now):
    demo.fill_shop(described, now=now)
    today = timezone.localdate(now)
    assert check_stock() == []
    assert set(Order.objects.values_list("status__category", flat=True)) == {category.value for category in Category}
    assert shelves.expired_batches(today).exists()
    counts = shelves.stock_counts(on=today)
    assert min(counts.wilting, counts.low) > 0
    assert promises.waiting_list().exists()
    assert promises.active_reservations().exists()
    for model in (Receipt, Sale, SaleReturn, SupplierReturn, WriteOff, StockMovement, Payment):
        assert model.objects.exists(), model
    assert len(set(WriteOff.objects.values_list("reason", flat=True))) >= 5
    assert Supplier.objects.filter(packs__isnull=False).distinct().count() == 1, "one packs its own way"
    assert Supplier.objects.filter(receipts__isnull=False).distinct().count() == len(described.suppliers)
    costs = [row.unit_cost for row in ReceiptLine.objects.filter(product__name=described.goods[0].name)]
    assert len(costs) == len(set(costs)) or described.goods[0].vase_days is None
    found = exceptions_at(now, all_statuses())
    assert min(found.late, found.unpaid, found.waiting) > 0
    orders = Order.objects.all()
    assert orders.filter(due_on__gte=today + timedelta(days=10), status__category=Category.CONFIRMED.value).exists()
    assert orders.filter(paid=0).exists()
    assert any(0 < order.paid < order.total for order in orders)
    assert any(order.paid == order.total for order in orders)
    assert orders.exclude(card_message="").exists()
    assert Product.all_objects.filter(is_deleted=True).exists()
    assert ProductKit.objects.count() >= 8
    assert_dated_when_it_happened(now)


def assert_dated_when_it_happened(now):
    first = now - timedelta(days=25)
    for rows, field in (
        (Receipt.objects, "posted_at"), (Sale.objects, "sold_at"), (WriteOff.objects, "posted_at"),
        (Payment.objects, "paid_at"), (OrderEvent.objects, "at"), (Order.objects, "created_at"),
        (StockMovement.objects, "created_at"),
    ):  # fmt: skip
        assert not rows.filter(**{f"{field}__gt": now}).exists(), field
        assert rows.filter(**{f"{field}__lt": first + timedelta(days=11)}).exists(), field
    done = Order.objects.filter(status__category=Category.COMPLETED.value)
    assert all(abs((order.completed_at.date() - order.due_on).days) <= 1 for order in done)
    sold = Sale.objects.filter(demand__isnull=False, reversed_at=None).values_list("sold_at", flat=True)
    assert set(sold) == set(done.values_list("completed_at", flat=True))


def test_every_look_names_a_form_and_colours_that_can_be_drawn():
    forms = {*HEADS, *GREENS, *THINGS}
    for shop in SHOPS:
        for good in shop.goods:
            form, *names = good.look.split()
            assert form in forms, good
            assert set(names) <= {*PALETTE, "monstera", "fern", "snake", "ivy"}, good
        for bouquet in shop.bouquets:
            form, wrap = bouquet.look.split()
            assert form in {"wrapped", "tied", "box"}
            assert wrap in PALETTE


def test_pictures_are_hung_once_and_a_broken_off_hanging_goes_on(shop, monkeypatch):
    drawn = []
    monkeypatch.setattr("orders.demo.photos.draw_good", lambda look: drawn.append(look) or Image.new("RGB", (64, 64)))
    monkeypatch.setattr("orders.demo.photos.run", run_here)
    for name in ("Роза Freedom 70 см", "Роза Freedom 80 см", "Фисташка", "A thing of the shop's own"):
        Product.objects.create(name=name, sale_price=1)
    hanging = demo.hang_pictures(pion.SHOP)
    assert next(hanging) == (1, 3)
    hanging.close()
    assert list(demo.hang_pictures(pion.SHOP)) == [(1, 3), (2, 3), (3, 3)]
    assert sorted(drawn) == ["branch green", "rose red"]  # two lengths of Freedom look alike
    assert ProductPhoto.objects.count() == 3
    lost = ProductPhoto.objects.latest("pk")
    default_storage.delete(lost.path("thumb"))  # as after a crash between the row and its files
    assert list(demo.hang_pictures(pion.SHOP))[-1] == (3, 3)
    assert ProductPhoto.objects.count() == 3
    assert not ProductPhoto.objects.filter(pk=lost.pk).exists()
    assert len(drawn) == 3


def run_here(work):
    """`core.transactions.run` inside a test's transaction: what waits for the commit happens now."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return work()
