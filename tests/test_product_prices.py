"""Prices: which holds, how they are changed one by one and together, what the history says, how it is taken back."""

import re
import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, DomainError, StaleForm
from core.models import RecentAction
from core.transactions import run
from inventory.models import Warehouse
from inventory.services.receiving import receive_stock
from inventory.tests.factories import warehouse
from orders.goods import search_goods
from orders.services.placing import LineInput, OrderInput, change_order, place_order
from products.domain.prices import Change, Prices, Promotion, Rounding, Way, Who, price_for
from products.models import PriceChange, PriceKind, Product, ProductPrice
from products.services.catalogue import reduced_product, save_product
from products.services.prices import (
    PricesMoved,
    change_prices,
    fingerprint,
    last_change,
    plan_of,
    put_price,
    set_price,
    take_price_away,
    undo_prices,
)

PART = {"HTTP_HX_REQUEST": "true"}
TODAY = date(2026, 3, 8)
DAY = timedelta(days=1)


def product(name="Red rose", price="100", **fields):
    return Product.objects.create(name=name, sale_price=Decimal(price), **fields)


def state():
    return [list(model.objects.order_by("pk").values()) for model in (Product, ProductPrice, PriceChange)]


def lines():
    return [(row.kind, row.before, row.after, row.why) for row in PriceChange.objects.order_by("pk")]


# --- the rule --------------------------------------------------------------------------------------------------------

ALL = Prices(
    Decimal(100), staff=Decimal(70), places={2: Decimal(120), 3: Decimal(60)},
    promotions=[Promotion(Decimal(90), TODAY, TODAY + 2 * DAY), Promotion(Decimal(65), TODAY + 5 * DAY, TODAY + 5 * DAY)],
)  # fmt: skip


@pytest.mark.parametrize(
    ("place", "day", "who", "price"),
    [
        (None, TODAY - DAY, Who.GUEST, 100),
        (1, TODAY - DAY, Who.GUEST, 100),
        (2, TODAY - DAY, Who.GUEST, 120),
        (3, TODAY, Who.GUEST, 60),
        (None, TODAY, Who.GUEST, 90),
        (None, TODAY + 2 * DAY, Who.GUEST, 90),
        (None, TODAY + 3 * DAY, Who.GUEST, 100),
        (2, TODAY, Who.GUEST, 90),
        (None, TODAY - DAY, Who.STAFF, 70),
        (None, TODAY + 5 * DAY, Who.STAFF, 65),
        (3, TODAY, Who.STAFF, 60),
    ],
)
def test_one_rule_says_which_price_holds(place, day, who, price):
    assert price_for(ALL, place=place, day=day, who=who) == price


@pytest.mark.parametrize(
    ("way", "amount", "rounding", "old", "new"),
    [
        ("up", "10", "none", "150", "165.00"),
        ("up", "10", "10", "153", "170.00"),
        ("up", "10", "50", "150", "150.00"),
        ("up", "10", "90", "150", "190.00"),
        ("up", "10", "90", "10", "90.00"),
        ("up", "10", "90", "110", "190.00"),
        ("down", "1", "50", "140", "100.00"),
        ("down", "1", "50", "40", "40.00"),
        ("down", "5", "none", "99.99", "94.99"),
        ("down", "99.99", "10", "100", "10.00"),
        ("down", "99.99", "none", "0.01", "0.01"),
        ("up", "50", "10", "0", "0.00"),
        ("set", "249.5", "1", "3", "250.00"),
        ("set", "245", "90", "3", "290.00"),
    ],
)
def test_prices_are_changed_and_rounded(way, amount, rounding, old, new):
    assert Change(Way(way), Decimal(amount), Rounding(rounding)).of(Decimal(old)) == Decimal(new)


@given(
    st.decimals(0, 10_000_000, places=2), st.sampled_from([Way.UP, Way.DOWN]), st.decimals("0.01", "99.99", places=2),
    st.sampled_from(list(Rounding)),
)  # fmt: skip
def test_a_changed_price_is_a_price_near_the_exact_one(price, way, amount, rounding):
    new = Change(way, amount, rounding).of(price)
    exact = price * (100 + (amount if way is Way.UP else -amount)) / 100
    assert new == new.quantize(Decimal("0.01"))
    assert (new > 0) == (price > 0)
    assert new >= price if way is Way.UP else new <= price
    step = {Rounding.NONE: Decimal("0.01"), Rounding.NINETY: Decimal(100)}.get(rounding) or Decimal(rounding.value)
    assert abs(new - exact) <= step, "never further than a step, which only the smallest price needs"


# --- one by one ------------------------------------------------------------------------------------------------------


def test_an_order_takes_the_price_that_holds_in_its_warehouse_today(shop, owner):
    rose, today = product(price="100"), timezone.localdate()
    second = Warehouse.objects.create(name="Second")
    put_price(rose, kind=PriceKind.PLACE, price=Decimal(120), place=second.pk, by=owner)

    def order(place, **fields):
        taken = OrderInput(due_on=today + DAY, warehouse=place, lines=[LineInput(Decimal(1), product=rose, **fields)])
        return place_order(taken)

    assert order(warehouse()).items.get().price == 100
    assert order(second).items.get().price == 120
    assert search_goods("rose", warehouse=second)[0].price == 120
    put_price(rose, kind=PriceKind.PROMOTION, price=Decimal(80), from_on=today, until_on=today, by=owner)
    assert order(second).items.get().price == 80
    assert order(second, price=Decimal(77)).items.get().price == 77
    put_price(rose, kind=PriceKind.STAFF, price=Decimal(10), by=owner)
    standing = order(second)
    assert standing.items.get().price == 80, "nobody has said that the buyer is of the staff"
    changed = OrderInput(due_on=today, warehouse=warehouse(), lines=[LineInput(Decimal(2), product=rose)])
    assert change_order(standing, changed).items.get().price == 80
    assert search_goods("rose", warehouse=None)[0].price == 80


def test_promotions_of_a_product_never_overlap(shop, owner):
    rose, other = product(), product("Other")
    put_price(rose, kind=PriceKind.PROMOTION, price=Decimal(80), from_on=TODAY, until_on=TODAY + DAY, by=owner)
    before = state()
    for language, said in (("en", "Another promotion"), ("ru", "уже идёт другая акция")):
        with translation.override(language):
            with pytest.raises(BadInput) as refusal, transaction.atomic():
                put_price(
                    rose,
                    kind=PriceKind.PROMOTION,
                    price=Decimal(7),
                    from_on=TODAY + DAY,
                    until_on=TODAY + 3 * DAY,
                    by=owner,
                )
            assert said in str(refusal.value)
    assert state() == before
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductPrice.objects.create(product=rose, kind="promotion", price=1, from_on=TODAY - DAY, until_on=TODAY)
    put_price(
        rose, kind=PriceKind.PROMOTION, price=Decimal(7), from_on=TODAY + 2 * DAY, until_on=TODAY + 3 * DAY, by=owner
    )
    put_price(other, kind=PriceKind.PROMOTION, price=Decimal(7), from_on=TODAY, until_on=TODAY, by=owner)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "staff", "place": 1}, {"kind": "place"}, {"kind": "promotion", "from_on": TODAY},
        {"kind": "promotion", "from_on": TODAY, "until_on": TODAY - DAY}, {"kind": "retail"}, {"kind": "staff", "price": -1},
    ],
)  # fmt: skip
def test_the_database_keeps_prices_in_shape(shop, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        ProductPrice.objects.create(**{"product": product(), "price": Decimal(5), **fields})


def test_every_change_leaves_a_line_of_history(shop, owner):
    rose = product(price="100")
    rose.sale_price = Decimal(110)
    save_product(rose, by=owner)
    rose.name = "Red rose 60"
    save_product(rose, by=owner)
    set_price(rose, price=Decimal(120), seen=Decimal(110), by=owner)
    put_price(rose, kind=PriceKind.STAFF, price=Decimal(50), by=owner)
    row = put_price(rose, kind=PriceKind.STAFF, price=Decimal(60), by=owner)
    take_price_away(row, by=owner)
    take_price_away(row, by=owner)
    reduced_product(rose, price=Decimal(40), by=owner)
    reduced_product(rose, price=Decimal(30), by=owner)
    assert lines() == [
        ("retail", 100, 110, "form"), ("retail", 110, 120, "list"), ("staff", None, 50, "form"), ("staff", 50, 60, "form"),
        ("staff", 60, None, "form"), ("retail", 40, 30, "markdown"),
    ]  # fmt: skip
    assert set(PriceChange.objects.values_list("by", flat=True)) == {owner.pk}


def test_the_card_shows_prices_history_and_chart(shop, login, manager):
    browser, rose = login(manager), product(price="100")
    url = reverse("products:product_detail", args=[rose.pk])
    assert "price-chart" not in browser.get(url).content.decode()
    browser.post(reverse("products:list_price", args=[rose.pk]), {"price": "150", "seen": "100"})
    form = {
        "kind": "promotion",
        "price": "90",
        "from_on": f"{timezone.localdate()}",
        "until_on": f"{timezone.localdate()}",
    }
    assert browser.post(reverse("products:price_put", args=[rose.pk]), form).status_code == 302
    page = browser.get(url).content.decode()
    assert re.search(r'<path class="step" d="M0\.0 90\.0 H[\d.]+ L[\d.]+ 10\.0 H100\.0"', page)
    assert "style=" not in page[page.index('id="prices"') : page.index('id="photos"')]
    for said in ("today ₽90", "₽100 → ₽150", "holds now"):
        assert said in page, said
    part = browser.post(reverse("products:price_put", args=[rose.pk]), form, **PART)
    assert part.status_code == 422
    assert "Another promotion" in part.content.decode()
    row = ProductPrice.objects.get()
    assert browser.post(reverse("products:price_remove", args=[rose.pk, row.pk]), **PART).status_code == 200
    assert not ProductPrice.objects.exists()


# --- in the list -----------------------------------------------------------------------------------------------------


def test_a_price_is_changed_in_its_row_in_two_steps(shop, login, manager, seller):
    rose, browser = product(price="100"), login(manager)
    page = browser.get(reverse("products:product_list")).content.decode()
    open_url = re.search(r'id="price_open_\d+" href="([^"]+)"', page)[1]
    cell = browser.get(open_url, **PART).content.decode()
    assert 'name="seen" value="100.00"' in cell
    saved = browser.post(reverse("products:list_price", args=[rose.pk]), {"price": "150,50", "seen": "100.00"}, **PART)
    assert saved.status_code == 200
    assert 'value="150.50"' in saved.content.decode()
    assert lines() == [("retail", 100, Decimal("150.50"), "list")]
    assert 'id="price_open_' not in login(seller).get(reverse("products:product_list")).content.decode()
    assert (
        login(seller).post(reverse("products:list_price", args=[rose.pk]), {"price": "1", "seen": "150.5"}).status_code
        == 403
    )


def test_a_price_that_was_changed_meanwhile_is_shown_beside_the_typed_one(shop, login, staff, owner):
    rose = product(price="100")
    set_price(rose, price=Decimal(160), seen=Decimal(100), by=owner)
    before = state()
    for language, said in (("en", "it is ₽160, you saw ₽100"), ("ru", "сейчас она 160 ₽, вы видели 100 ₽")):
        browser = login(staff("manager", language=language))
        answer = browser.post(reverse("products:list_price", args=[rose.pk]), {"price": "150", "seen": "100"}, **PART)
        assert answer.status_code == 409
        page = answer.content.decode().replace("\u00a0", " ")
        assert said in page
        assert 'name="price" value="150"' in page
        assert 'name="seen" value="160.00"' in page, "sent once more, it holds"
    assert state() == before


@pytest.mark.parametrize("price", ["-1", "", "x", "1,234", "9" * 12])
def test_a_price_that_cannot_be_meant_stays_in_its_field(shop, login, manager, price):
    rose = product()
    before = state()
    answer = login(manager).post(
        reverse("products:list_price", args=[rose.pk]), {"price": price, "seen": "100"}, **PART
    )
    assert answer.status_code == 422
    assert "price_error_" in answer.content.decode()
    assert state() == before


# --- many at once ----------------------------------------------------------------------------------------------------


@pytest.fixture
def roses(shop):
    """Three flowers that cost 60 each and one ribbon."""
    flowers = [product(f"Rose {number}", price=str(100 + number * 10)) for number in range(3)]
    for flower in flowers:
        receive_stock(product=flower, warehouse=warehouse(), quantity=Decimal(1), unit_cost=Decimal(60))
    product("Ribbon", price="5", kind="packaging")
    return flowers


def preview(browser, **form):
    url = reverse("products:many_prices") + "?kind=flower"
    page = browser.get(url, {**form, "kind": "flower"}).content.decode()
    return url, page, hidden(page)


def hidden(page):
    """What the button that applies the preview sends."""
    return dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page[page.index('name="way" value=') - 30 :])
    )


def test_many_prices_are_changed_after_a_look_and_taken_back(roses, login, manager):
    browser = login(manager)
    url, page, form = preview(browser, way="up", amount="10", rounding="10")
    assert "3 prices change" in page
    assert "3 new prices leave less than 45" not in page
    assert "2 new prices leave less" not in page
    assert re.findall(r"₽1[1-3]0", page)
    assert not PriceChange.objects.exists(), "looking changes nothing"
    answer = browser.post(url, form)
    assert answer.status_code == 302
    assert sorted(Product.objects.values_list("sale_price", flat=True)) == [5, 110, 120, 130]
    assert len({row.operation for row in PriceChange.objects.all()}) == 1
    [action] = RecentAction.objects.all()
    assert action.until is not None
    browser.post(reverse("undo", args=[action.pk]))
    assert sorted(Product.objects.values_list("sale_price", flat=True)) == [5, 100, 110, 120]
    assert PriceChange.objects.filter(why="undo").count() == 3


def test_the_preview_counts_what_falls_below_the_minimum_margin(roses, login, manager):
    _url, page, _form = preview(login(manager), way="down", amount="30", rounding="none")
    assert "3 new prices leave less than 45 %" in page


def test_a_look_that_is_too_old_is_refused_with_both_prices(roses, login, manager, owner):
    browser = login(manager)
    url, _page, form = preview(browser, way="up", amount="10", rounding="none")
    set_price(roses[1], price=Decimal(500), seen=Decimal(110), by=owner)
    before = state()
    answer = browser.post(url, form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Rose 1: you saw ₽110, now ₽500" in page
    assert state() == before
    assert browser.post(url, hidden(page)).status_code == 302, "the answer itself is a new look"
    assert Product.objects.get(pk=roses[1].pk).sale_price == 550


def test_goods_that_came_meanwhile_are_not_changed_unseen(roses, login, manager):
    browser = login(manager)
    url, _page, form = preview(browser, way="up", amount="10", rounding="none")
    product("Rose 9")
    assert browser.post(url, form).status_code == 409
    assert not PriceChange.objects.exists()


def test_undo_leaves_what_was_changed_since_and_names_it(roses, owner):
    keys, change = [rose.pk for rose in roses], Change(Way.UP, Decimal(10))
    operation, count = change_prices(
        keys, change, seen=fingerprint(plan_of(keys, change)), since=last_change(), by=owner
    )
    assert count == 3
    set_price(roses[0], price=Decimal(200), seen=Decimal(110), by=owner)
    set_price(roses[0], price=Decimal(110), seen=Decimal(200), by=owner)
    with translation.override("ru"):
        [sentence] = undo_prices(operation, by=owner)
    assert "Rose 0" in sentence
    assert "цена у них с тех пор изменилась" in sentence
    assert [Product.objects.get(pk=rose.pk).sale_price for rose in roses] == [110, 110, 120]
    before = state()
    with pytest.raises(StaleForm, match="were changed since"):
        undo_prices(operation, by=owner)
    assert state() == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"amount": ""}, "This field is required"),
        ({"amount": "0"}, "greater than zero"),
        ({"way": "down", "amount": "100"}, "less than 100"),
        ({"way": "up", "amount": "1001"}, "1000 per cent at most"),
        ({"way": "sideways"}, "not one of the available choices"),
        ({"rounding": "7"}, "not one of the available choices"),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(roses, login, manager, fields, said):
    before = state()
    url = reverse("products:many_prices")
    for ask in (login(manager).get, login(manager).post):
        answer = ask(url, {"way": "up", "amount": "10", "rounding": "10", **fields})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert state() == before


def test_a_price_beyond_what_can_be_meant_is_refused(shop, owner):
    dear = product(price="999999999999")
    before = state()
    with pytest.raises(BadInput, match="too large"):
        change_prices([dear.pk], Change(Way.UP, Decimal(10)), seen="", since=0, by=owner)
    assert state() == before


def test_the_number_of_statements_does_not_grow_with_the_goods(shop, owner):
    def asked(count):
        keys = [row.pk for row in Product.objects.bulk_create(
            Product(name=f"Flower {number}", sku=f"{count}-{number}", sale_price=Decimal(100)) for number in range(count)
        )]  # fmt: skip
        change = Change(Way.UP, Decimal(10))
        seen = fingerprint(plan_of(keys, change))
        with CaptureQueriesContext(connection) as queries:
            operation, _count = change_prices(keys, change, seen=seen, since=0, by=owner)
            undo_prices(operation, by=owner)
        return len(queries)

    assert asked(3) == asked(300)


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.race
def test_without_the_lock_a_price_is_changed_twice(committed_shop, in_threads):
    """The control: both read, both write ten per cent more, and the history has two lines from the same price."""
    rose, both_looked = product(price="100"), threading.Barrier(2)

    def careless(_number):
        price = Product.objects.get(pk=rose.pk).sale_price
        both_looked.wait(timeout=10)
        Product.objects.filter(pk=rose.pk).update(sale_price=price * Decimal("1.1"))
        PriceChange.objects.create(product=rose, kind="retail", before=price, after=price * Decimal("1.1"), why="bulk")

    in_threads(2, careless)
    assert list(PriceChange.objects.values_list("before", flat=True)) == [100, 100]


@pytest.mark.race
def test_of_two_who_change_the_same_prices_one_looks_again(committed_shop, in_threads):
    for number in range(5):
        keys = [product(f"Rose {number} {each}", price="100").pk for each in range(20)]
        change = Change(Way.UP, Decimal(10))
        seen = fingerprint(plan_of(keys, change))

        def work(which, keys=keys, change=change, seen=seen):
            return run(lambda: change_prices(keys[::-1] if which else keys, change, seen=seen, since=0, by=None))

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, PricesMoved) for outcome in outcomes) == 1, outcomes
        assert sum(isinstance(outcome, Exception) for outcome in outcomes) == 1, outcomes
        assert set(Product.objects.filter(pk__in=keys).values_list("sale_price", flat=True)) == {Decimal(110)}


@pytest.mark.race
def test_of_two_in_one_row_the_second_is_shown_the_firsts_price(committed_shop, in_threads):
    for number in range(5):
        rose = product(f"Rose {number}")
        outcomes = in_threads(
            2,
            lambda which, rose=rose: run(
                lambda: set_price(rose, price=Decimal(150 + which), seen=Decimal(100), by=None)
            ),
        )
        assert sum(isinstance(outcome, StaleForm) for outcome in outcomes) == 1, outcomes
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1, outcomes
        assert PriceChange.objects.filter(product=rose).count() == 1
