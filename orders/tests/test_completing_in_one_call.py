"""Completing an order by one statement: the same money and the same stock as step by step, or nothing at all."""

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.errors import InsufficientStock
from inventory.models import Sale
from inventory.services.checking import check_stock
from inventory.tests.factories import kit, product, receive, stock_of, stocked
from orders import engine
from orders.domain.lifecycle import Category
from orders.domain.totals import LineMoney, revenues, share
from orders.invariants import INVARIANTS
from orders.models import Order, OrderEvent, OrderItem, OrderItemDemand
from orders.services.lifecycle import complete_order, confirm_order, status_of
from orders.tests.factories import lines, order
from products.models import Kind

money = st.decimals(min_value=0, max_value=99999, places=2)
quantities = st.decimals(min_value=Decimal("0.001"), max_value=99, places=3)


def sound():
    return check_stock(extra=INVARIANTS) == []


def expected(row):
    """Demand → money by the rule in plain numbers."""
    items = list(row.items.order_by("pk"))
    shares = revenues([LineMoney(item.quantity, item.price) for item in items], row.discount)
    wanted = {}
    for item, revenue in zip(items, shares, strict=True):
        links = list(OrderItemDemand.objects.filter(item=item).order_by("pk"))
        parts = share(revenue, [link.list_amount for link in links])
        wanted |= {link.demand_id: part for link, part in zip(links, parts, strict=True)}
    return wanted


@pytest.fixture
def goods(shop):
    """Two products, two bouquets of them, one with components that cost nothing at list price, and a service."""
    rose, tulip, ribbon = product("Rose", "99.99"), product("Tulip", "0.01"), product("Ribbon", "0")
    for item in (rose, tulip, ribbon):
        receive(item, "99999", "7")
    return [
        rose, tulip, kit("Both", "500", (rose, "3"), (tulip, "7"), (ribbon, "0.5")), kit("Bare", "1", (ribbon, "1")),
        product("Hand-tying", "250", kind=Kind.SERVICE),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.lists(st.tuples(st.integers(0, 4), quantities, money), min_size=1, max_size=5),
    share_of_discount=st.integers(0, 100),
)
def test_money_is_shared_as_the_plain_rule_says(goods, wanted, share_of_discount):
    with transaction.atomic():
        # Bouquets are counted whole.
        wanted = [
            (which, quantity if which not in {2, 3} else max(quantity.to_integral_value(), Decimal(1)), price)
            for which, quantity, price in wanted
        ]
        taken = lines(*((goods[which], str(quantity), str(price)) for which, quantity, price in wanted))
        whole = sum((LineMoney(line.quantity, line.price).amount for line in taken), Decimal(0))
        discount = (whole * share_of_discount / 100).quantize(Decimal("0.01"))
        row = order(
            *((goods[which], str(quantity), str(price)) for which, quantity, price in wanted), discount=discount
        )
        confirm_order(row)
        row.refresh_from_db()
        should = expected(row)
        done = engine.complete(row.pk, by=None, at=timezone.now())
        assert (done is not None) == any(which < 4 for which, _quantity, _price in wanted), "services alone take a step"
        sold = dict(Sale.objects.values_list("demand", "amount"))
        assert sold == (should if done else {})
        if all(which < 4 for which, _quantity, _price in wanted):
            assert sum(sold.values()) == whole - discount
        transaction.set_rollback(True)


def test_it_is_one_statement_and_leaves_status_history_and_stock(shop, owner):
    rose = stocked("Rose", ("5", "10"), ("20", "12"))
    row = order((rose, "8"))
    confirm_order(row)
    before = row.version
    at = timezone.now()
    with CaptureQueriesContext(connection) as asked:
        done = complete_order(row, by=owner, at=at)
    assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) == 1
    stored = Order.objects.get(pk=row.pk)
    for copy in (row, done, stored):
        assert (copy.status.category, copy.version, copy.completed_at) == (Category.COMPLETED, before + 1, at)
    event = OrderEvent.objects.latest("pk")
    assert (event.order_id, event.kind, event.status_id, event.by, event.at) == (
        row.pk,
        "status",
        stored.status_id,
        owner,
        at,
    )
    assert event.status_before.category == Category.CONFIRMED
    sale = Sale.objects.get()
    assert (sale.quantity, sale.cost, sale.sold_at, sale.by) == (8, 5 * 10 + 3 * 12, at, owner)
    stock = stock_of(rose)
    assert (stock.quantity, stock.reserved) == (17, 0)
    row.save()  # a copy that learned its status takes nothing back
    assert Sale.objects.filter(reversed_at=None).count() == 1
    assert sound()


def changed_line(row):
    OrderItem.objects.filter(order=row).update(quantity=Decimal(9))


def other_day(row):
    Order.objects.filter(pk=row.pk).update(due_on="2030-01-01")


def no_demands(row):
    OrderItem.objects.create(order=row, product=product("Late", "5"), quantity=1, price=5)


@pytest.mark.parametrize("change", [changed_line, other_day, no_demands])
def test_what_was_changed_since_it_was_frozen_goes_step_by_step(shop, change):
    rose = stocked("Rose", ("30", "10"))
    row = order((rose, "8"))
    confirm_order(row)
    change(row)
    with transaction.atomic():
        assert engine.complete(row.pk, by=None, at=timezone.now()) is None
    assert not Sale.objects.exists()
    assert Order.objects.get(pk=row.pk).status.category == Category.CONFIRMED


def test_a_changed_line_is_sold_as_it_is_now(shop):
    rose = stocked("Rose", ("30", "10"))
    row = order((rose, "8"))
    confirm_order(row)
    changed_line(row)
    complete_order(row)
    assert Sale.objects.get().quantity == 9
    assert sound()


def test_a_draft_an_empty_an_ended_and_an_unknown_order_are_left_alone(shop):
    rose = stocked("Rose", ("30", "10"))
    draft, empty, cancelled, completed = order((rose, "1")), order(), order((rose, "1")), order((rose, "1"))
    Order.objects.filter(pk=cancelled.pk).update(status=status_of(Category.CANCELLED))
    complete_order(completed)
    events = OrderEvent.objects.count()
    for key in (draft.pk, empty.pk, cancelled.pk, completed.pk, 0):
        assert engine.complete(key, by=None, at=timezone.now()) is None
    assert OrderEvent.objects.count() == events
    assert Sale.objects.count() == 1


def test_a_refusal_names_the_goods_and_leaves_no_trace(shop):
    rose = stocked("Rose", ("5", "10"))
    row = order((rose, "8"))
    confirm_order(row)
    events = OrderEvent.objects.count()
    with pytest.raises(InsufficientStock, match="Rose"), transaction.atomic():
        engine.complete(row.pk, by=None, at=timezone.now())
    assert Order.objects.get(pk=row.pk).status.category == Category.CONFIRMED
    assert (OrderEvent.objects.count(), Sale.objects.count(), stock_of(rose).quantity) == (events, 0, 5)
    assert sound()


def test_a_service_beside_goods_costs_no_statement_more(shop):
    row = confirm_order(
        order((stocked("Rose", ("5", "10")), "3"), (product("Hand-tying", "250", kind=Kind.SERVICE), "1"))
    )
    with CaptureQueriesContext(connection) as asked:
        complete_order(row)
    assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) == 1
    assert sound()


def test_goods_without_a_demand_are_not_taken_for_a_service(shop):
    """As after a line was added by hand: what it asks of the stock must be frozen first."""
    row = confirm_order(order((stocked("Rose", ("5", "10")), "3")))
    late = OrderItem.objects.create(order=row, product=stocked("Late", ("5", "1")), quantity=2, price=5)
    with transaction.atomic():
        assert engine.complete(row.pk, by=None, at=timezone.now()) is None
    complete_order(row)
    assert stock_of(late.product).quantity == 3
    assert sound()
