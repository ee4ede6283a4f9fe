"""Counting: what is posted is the difference to the ledger as it was when somebody counted."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.errors import BadInput
from inventory import engine
from inventory.models import (
    CountLine,
    MovementKind,
    Sale,
    SourceKind,
    Stock,
    StockBatch,
    StockMovement,
    StockTake,
    StockTakeState,
)
from inventory.selectors.ledger import explain_stock
from inventory.selectors.stock_takes import to_be_counted
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import (
    AlreadyCounted,
    CountRefused,
    StockTakeClosed,
    apply_stock_take,
    cancel_stock_take,
    count,
    forget_count,
    open_stock_take,
)
from inventory.services.stocks import ensure_stocks
from inventory.tests.factories import FIRST_DAY, cellar, product, receive, refused, stock_of, stocked, warehouse
from products.models import ProductCategory


def taken(**fields):
    return open_stock_take(warehouse=warehouse(), **fields)


def counted(take, item, quantity, **fields):
    return count(take, product=item, quantity=Decimal(quantity), **fields)


def sold(item, quantity):
    return SaleProcessor.create_sale(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(1)
    )


def test_a_shortfall_leaves_from_the_oldest_goods(shop, owner):
    rose = stocked("Rose", ("5", "10"), ("5", "20"))
    take = taken(by=owner)
    counted(take, rose, "3", by=owner)
    done = apply_stock_take(take, by=owner)
    [line] = done.lines.all()
    assert (done.state, done.closed_by, line.difference, line.cost) == (StockTakeState.APPLIED, owner, -7, -90)
    assert (stock_of(rose).quantity, stock_of(rose).value) == (3, 60)
    assert explain_stock(stock_of(rose))[-1].document == str(take)
    assert check_stock() == []


def test_a_surplus_costs_and_wilts_like_the_last_goods_and_says_so(shop):
    rose, new = product("Rose"), product("Tulip")
    receive(rose, "5", "10")
    receive(rose, "5", "20.3333", day=1, expires_on=FIRST_DAY.date() + timedelta(days=8))
    receive(new, "1", "7", warehouse=cellar())
    never = product("Peony")
    take = taken()
    for item, quantity in ((rose, "13"), (new, "2"), (never, "1")):
        counted(take, item, quantity)
    apply_stock_take(take)
    lines = {line.stock.product: line for line in take.lines.select_related("stock__product")}
    assert [(lines[item].difference, lines[item].cost) for item in (rose, new, never)] == [
        (3, Decimal("60.9999")), (2, 14), (1, 0),
    ]  # fmt: skip
    found = StockBatch.objects.get(count_line=lines[rose])
    assert (found.cost_is_estimated, found.received_at, found.expires_on) == (
        True, FIRST_DAY + timedelta(days=1), FIRST_DAY.date() + timedelta(days=8),
    )  # fmt: skip
    assert not StockBatch.objects.filter(receipt_line__isnull=False).first().cost_is_estimated
    assert check_stock() == []


def test_what_is_sold_between_counting_and_applying_does_not_spoil_the_count(shop):
    rose = stocked("Rose", ("20", "10"))
    sold(rose, "2")
    take = taken()
    counted(take, rose, "15")
    sold(rose, "4")
    receive(rose, "10", "10", day=3)
    apply_stock_take(take)
    assert take.lines.get().difference == -3
    assert stock_of(rose).quantity == 15 - 4 + 10
    assert check_stock() == []


def test_a_page_opened_before_a_sale_counts_as_of_then(shop):
    rose = stocked("Rose", ("20", "10"))
    seen = stock_of(rose).version
    sold(rose, "4")
    take = taken()
    counted(take, rose, "19", watermark=seen)
    apply_stock_take(take)
    assert stock_of(rose).quantity == 15


def test_a_right_count_posts_nothing(shop):
    rose, gone = stocked("Rose", ("20", "10")), product("Tulip")
    take = taken()
    counted(take, rose, "20")
    counted(take, gone, "0")
    rows = StockMovement.objects.count()
    apply_stock_take(take)
    assert StockMovement.objects.count() == rows
    assert [(line.difference, line.cost) for line in take.lines.all()] == [(0, 0), (0, 0)]
    assert check_stock() == []


def test_promises_give_way_to_what_is_not_there(shop):
    rose = stocked("Rose", ("10", "10"))
    early, late = (
        freeze_demands([DemandInput(rose, Decimal(4))], warehouse=warehouse(), needed_on=timezone.localdate() + timedelta(d))[0]
        for d in (0, 1)
    )  # fmt: skip
    reserve([early, late])
    take = taken()
    counted(take, rose, "5")
    assert apply_stock_take(take).lost == {late.pk: 3}
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (5, 5)
    assert check_stock() == []


def test_waiting_orders_get_what_was_found(shop):
    rose = product("Rose")
    [demand] = freeze_demands([DemandInput(rose, Decimal(2))], warehouse=warehouse(), needed_on=timezone.localdate())
    take = taken()
    counted(take, rose, "3")
    apply_stock_take(take)
    assert demand.reservations.get().quantity == 2


def test_goods_found_where_they_were_sold_before_entry_cover_that(shop):
    rose = product("Rose")
    [stock] = ensure_stocks([(rose.pk, warehouse().pk)]).values()
    [sale] = Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=3, processed=True)])
    row = engine.IssueRow(sale.pk, stock, Decimal(3))
    engine.issue(MovementKind.SALE, SourceKind.SALE, [row], by=None, at=timezone.now(), allow_short=True)
    take = taken()
    counted(take, rose, "5")
    apply_stock_take(take)
    assert (take.lines.get().difference, stock_of(rose).quantity, stock_of(rose).short) == (8, 5, 0)
    assert check_stock() == []


def test_two_people_say_whether_they_counted_more_or_anew(shop, owner, florist):
    rose = stocked("Rose", ("20", "10"))
    take = taken()
    counted(take, rose, "7", by=owner)
    refused(
        AlreadyCounted, "Rose was counted already: 7. Say whether", lambda: counted(take, rose, "5", by=florist),
        ru="уже посчитан: 7",
    )  # fmt: skip
    assert counted(take, rose, "5", again="add", by=florist).counted == 12
    assert counted(take, rose, "6", again="replace", by=owner).counted == 6
    refused(BadInput, "Say whether these are more", lambda: counted(take, rose, "5", again="both"), ru="Скажите")
    assert CountLine.objects.get().by == owner


def test_two_counts_with_a_sale_between_them_are_not_added(shop):
    rose = stocked("Rose", ("20", "10"))
    take = taken()
    seen = stock_of(rose).version
    counted(take, rose, "7")
    sold(rose, "2")
    refused(
        CountRefused, "was sold or moved since the first count", lambda: counted(take, rose, "5", again="add"),
        ru="Пересчитайте всё",
    )  # fmt: skip
    assert counted(take, rose, "13", again="add", watermark=seen).counted == 20
    assert counted(take, rose, "11", again="replace").watermark == stock_of(rose).version


def test_goods_are_counted_in_one_stock_take_at_a_time(shop):
    rose = stocked("Rose", ("20", "10"))
    first, second = taken(), taken()
    counted(first, rose, "7")
    refused(
        CountRefused, f"Rose is being counted in {first}", lambda: counted(second, rose, "7", again="add"),
        ru="сначала",
    )  # fmt: skip
    cancel_stock_take(first)
    counted(second, rose, "7")
    assert check_stock() == []


def test_a_count_is_forgotten(shop):
    rose = stocked("Rose", ("20", "10"))
    take = taken()
    forget_count(counted(take, rose, "7"))
    refused(CountRefused, "Nothing was counted yet", lambda: apply_stock_take(take), ru="ничего не посчитано")


def test_what_was_counted_and_sold_is_not_missing(shop):
    rose = stocked("Rose", ("10", "10"))
    take = taken()
    counted(take, rose, "4")
    sold(rose, "8")
    refused(
        CountRefused, "Of Rose more was sold since than was counted", lambda: apply_stock_take(take),
        ru="продано больше, чем было посчитано",
    )  # fmt: skip


def test_a_closed_stock_take_stays_as_it_is(shop):
    rose = stocked("Rose", ("20", "10"))
    applied, cancelled = taken(), taken()
    line = counted(applied, rose, "7")
    apply_stock_take(applied)
    cancel_stock_take(cancelled)
    rows = StockMovement.objects.count()
    assert apply_stock_take(applied).state == StockTakeState.APPLIED
    assert cancel_stock_take(cancelled).state == StockTakeState.CANCELLED
    assert StockMovement.objects.count() == rows
    refused(StockTakeClosed, "is closed: applied", lambda: cancel_stock_take(applied), ru="закрыта: проведена")
    refused(StockTakeClosed, "is closed: cancelled", lambda: apply_stock_take(cancelled), ru="закрыта: отмен")
    refused(StockTakeClosed, "is closed", lambda: counted(applied, rose, "1"), ru="закрыта")
    refused(StockTakeClosed, "is closed", lambda: forget_count(line), ru="закрыта")


def test_what_can_not_be_counted(shop):
    rose = stocked("Rose", ("20", "10"))
    take = taken()
    for quantity in ("-1", "1.0001", "NaN", "Infinity"):
        refused(
            BadInput, "What was counted is a number from zero up", lambda quantity=quantity: counted(take, rose, quantity),
            ru="от нуля",
        )  # fmt: skip
    for mark in (-1, 2):
        refused(
            BadInput,
            "goods as they never were",
            lambda mark=mark: counted(take, rose, "1", watermark=mark),
            ru="заново",
        )
    refused(BadInput, "Choose what is to be counted", lambda: taken(scope="some"), ru="Выберите, что")
    refused(BadInput, "Choose the category", lambda: taken(scope="category"), ru="Выберите категорию")
    gone = product("Peony")
    counted(take, gone, "1")
    gone.delete()
    refused(BadInput, "The product Peony is deleted", lambda: apply_stock_take(take), ru="удалён")


def test_one_key_opens_and_counts_once(shop):
    rose, key = stocked("Rose", ("20", "10")), uuid.uuid4()
    assert taken(key=key) == taken(key=key) == StockTake.objects.get()
    take = StockTake.objects.get()
    counted(take, rose, "5")
    for _ in range(2):
        counted(take, rose, "3", again="add", key=key)
    assert CountLine.objects.get().counted == 8


def test_what_is_to_be_counted(shop):
    flowers = ProductCategory.objects.create(name="Flowers")
    roses = ProductCategory.objects.create(name="Roses", parent=flowers)
    today = timezone.localdate()
    rose, fern, vase = product("Rose", category=roses), product("Fern", category=flowers), product("Vase")
    for item in (rose, fern, vase):
        receive(item, "5")
    receive(rose, "5", day=1, expires_on=today)
    stocked("Elsewhere")
    Stock.objects.filter(product__name="Elsewhere").update(warehouse=cellar())

    def names(**fields):
        return [row.product.name for row in to_be_counted(taken(**fields), on=today)]

    assert names() == ["Fern", "Rose", "Vase"]
    assert names(scope="category", category=flowers) == ["Fern", "Rose"]
    assert names(scope="wilting") == ["Rose"]
    take = taken(scope="wilting")
    counted(take, vase, "1")
    assert [row.product.name for row in to_be_counted(take, on=today)] == ["Rose", "Vase"]


@pytest.mark.parametrize(
    "falsify",
    [
        lambda: CountLine.objects.update(counted=4),
        lambda: CountLine.objects.update(difference=-16),
        lambda: CountLine.objects.update(cost=-169),
        lambda: CountLine.objects.update(watermark=0),
        lambda: CountLine.objects.update(is_open=True),
        lambda: StockTake.objects.update(state="cancelled"),
    ],
)
def test_the_check_finds_a_count_that_is_not_as_posted(shop, falsify):
    rose = stocked("Rose", ("20", "10"))
    take = taken()
    counted(take, rose, "3")
    apply_stock_take(take)
    assert check_stock() == []
    falsify()
    assert "count_posted" in {finding.invariant.code for finding in check_stock()}
