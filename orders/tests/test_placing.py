"""Taking an order down, changing it, paying for it."""

import uuid
from datetime import time
from decimal import Decimal

import pytest

from core.errors import BadInput, KeyReused, StaleForm
from inventory.tests.factories import kit, product, stock_of, stocked
from orders.models import Order, OrderItem, Payment
from orders.services.lifecycle import complete_order, confirm_order
from orders.services.lines import LinesLocked
from orders.services.payments import record_payment
from orders.services.placing import OrderInput, change_order, place_order
from orders.tests.factories import lines, order, status, today


def test_a_new_order_is_a_draft_with_catalogue_prices_and_a_total(shop):
    rose = product("Red rose", "99.50")
    placed = order((rose, "3"), (rose, "1.5", "10"), discount=Decimal(5), delivery_price=Decimal(300))

    stored = Order.objects.get()
    assert stored.status.code == "draft"
    assert stored.number >= 1001
    assert [item.price for item in stored.items.all()] == [Decimal("99.50"), Decimal(10)]
    assert stored.total == placed.total == Decimal("298.50") + 15 - 5 + 300


def test_the_same_key_makes_one_order_and_another_content_is_refused(shop):
    rose, key = product("Red rose"), uuid.uuid4()
    taken = OrderInput(due_on=today(), lines=lines((rose, "3")))

    first, second = place_order(taken, key=key), place_order(taken, key=key)
    assert first.pk == second.pk
    with pytest.raises(KeyReused, match="already sent"):
        place_order(OrderInput(due_on=today(), lines=lines((rose, "4"))), key=key)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"discount": Decimal(-1)}, "amount of money"),
        ({"discount": Decimal("NaN")}, "amount of money"),
        ({"discount": Decimal(9999)}, "more than the goods cost"),
        ({"delivery_price": Decimal("0.001")}, "amount of money"),
        ({"due_from": time(12), "due_until": time(12)}, "ends before it begins"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_nothing_is_kept(shop, wrong, says):
    rose = product("Red rose", "10")
    with pytest.raises(BadInput, match=says):
        order((rose, "3"), **wrong)
    assert not Order.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "0.0001", "1e20"])
def test_a_quantity_that_can_not_be_meant_is_refused(shop, quantity):
    with pytest.raises(BadInput, match="above zero"):
        order((product("Red rose"), quantity))
    assert not Order.objects.exists()


def test_bouquets_are_counted_whole(shop):
    rose = product("Red rose")
    with pytest.raises(BadInput, match="counted whole"):
        order((kit("Morning", "500", (rose, "3")), "1.5"))
    assert not Order.objects.exists()


def test_deleted_goods_are_refused(shop):
    rose = product("Red rose")
    rose.delete()
    with pytest.raises(BadInput, match="Red rose is deleted"):
        order((rose, "1"))
    assert not Order.objects.exists()


def test_changing_an_order_replaces_its_lines_and_the_stock_follows(shop, seller):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("30", "10"))
    placed = confirm_order(order((rose, "10"), (tulip, "5")))
    kept = placed.items.get(product=rose)
    [line] = lines((rose, "12"))
    taken = OrderInput(due_on=today(), address="Garden street 5", lines=[type(line)(**{**vars(line), "item": kept.pk})])

    changed = change_order(placed, taken, version=placed.version, by=seller)

    assert [item.pk for item in OrderItem.objects.all()] == [kept.pk]
    assert (stock_of(rose).reserved, stock_of(tulip).reserved) == (12, 0)
    assert changed.total == 1200
    assert Order.objects.get().address == "Garden street 5"


def test_a_stale_form_is_refused_and_changes_nothing(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    change_order(placed, OrderInput(due_on=today(), lines=lines((rose, "7"))), version=1)

    with pytest.raises(StaleForm, match="meanwhile"):
        change_order(placed, OrderInput(due_on=today(), lines=lines((rose, "1"))), version=1)

    assert [item.quantity for item in OrderItem.objects.all()] == [7]


def test_a_completed_order_is_not_changed(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = complete_order(order((rose, "10")))
    with pytest.raises(LinesLocked, match="Reopen it first"):
        change_order(placed, OrderInput(due_on=today(), lines=lines((rose, "1"))))
    assert stock_of(rose).quantity == 20


def test_an_order_may_be_placed_in_a_later_status_at_once(shop):
    rose = stocked("Red rose", ("30", "10"))
    order((rose, "10"), status=status("confirmed"))
    assert stock_of(rose).reserved == 10


def test_payments_add_up_once_per_key(shop, seller):
    placed, key = order((product("Red rose", "100"), "5")), uuid.uuid4()
    record_payment(placed, amount=Decimal(200), method="cash", by=seller, key=key)
    record_payment(placed, amount=Decimal(200), method="cash", by=seller, key=key)
    record_payment(placed, amount=Decimal("50.5"), method="card", by=seller)

    stored = Order.objects.get()
    assert (stored.paid, stored.debt) == (Decimal("250.50"), Decimal("249.50"))
    assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("amount", "method"), [("0", "cash"), ("-5", "cash"), ("NaN", "card"), ("1.001", "card"), ("5", "barter")]
)
def test_a_payment_that_can_not_be_meant_is_refused(shop, amount, method):
    placed = order((product("Red rose", "100"), "5"))
    with pytest.raises(BadInput):
        record_payment(placed, amount=Decimal(amount), method=method)
    assert not Payment.objects.exists()
    assert Order.objects.get().paid == 0
