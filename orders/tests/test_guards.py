"""What must hold whoever touches an order, in whatever order and with however old a copy."""

import uuid
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import translation

from core.errors import BadInput, KeyReused, StaleForm
from inventory.errors import DemandClosed, InsufficientStock, ReservationRefused
from inventory.models import Reservation, Sale, StockDemand, Warehouse
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import kit, product, receive, stock_of, stocked
from orders.invariants import INVARIANTS
from orders.models import Order, OrderEvent, OrderItem
from orders.models.order import OrderClosed
from orders.services.lifecycle import cancel_order, complete_order, confirm_order, reopen_order
from orders.services.lines import LineMoved
from orders.services.payments import record_payment
from orders.services.placing import OrderInput, change_order, place_order
from orders.services.stock_sync import replace_demands, sync_stock_to_status
from orders.tests.factories import order, status, today


def clean():
    return check_stock(extra=INVARIANTS) == []


def refused(kind, said_en, said_ru, work):
    """`work` is refused with these words in both languages."""
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(kind) as refusal, transaction.atomic():
            work()
        with translation.override(language):
            assert said in str(refusal.value)


def figures(item, at=None):
    row = stock_of(item, at)
    return row.quantity, row.reserved


@pytest.mark.parametrize("confirmed_first", [False, True])
def test_goods_that_never_were_in_stock_are_not_sold(shop, confirmed_first):
    placed = order((product("Red rose"), "3"))
    if confirmed_first:
        confirm_order(placed)

    with pytest.raises(InsufficientStock, match="Red rose: asked 3, free 0"):
        complete_order(placed)

    assert Order.objects.get().status.code == ("confirmed" if confirmed_first else "draft")
    assert not Sale.objects.exists()
    assert clean()


def test_a_cancelled_demand_is_refused_and_not_passed_over(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    demands = list(StockDemand.objects.all())
    cancel_order(placed)

    refused(DemandClosed, "cancelled meanwhile", "тем временем отменили", lambda: SaleProcessor.sell(demands))

    assert not Sale.objects.exists()
    assert figures(rose) == (30, 0)


def test_an_old_copy_saved_again_does_not_take_back_a_completion(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    old = Order.objects.get(pk=placed.pk)
    complete_order(placed)
    events = OrderEvent.objects.count()

    old.courier_note = "Ring twice"
    for _ in range(5):
        old.save()
    old.save(update_fields=["card_message"])

    assert figures(rose) == (20, 0)
    now = Order.objects.get()
    assert (now.status.code, now.courier_note, OrderEvent.objects.count()) == ("completed", "Ring twice", events)
    assert now.completed_at is not None
    assert old.status.code == "completed"
    assert clean()


def test_an_old_copy_saved_again_loses_no_payment_and_no_total(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    old = Order.objects.get(pk=placed.pk)
    record_payment(placed, amount=Decimal(100), method="cash")
    Order.objects.filter(pk=placed.pk).update(total=Decimal(777))

    old.save()

    now = Order.objects.get()
    assert (now.paid, now.total) == (100, 777)
    assert (old.paid, old.total) == (100, 777)


def test_an_old_copy_that_changes_the_status_is_refused_and_nothing_is_changed(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    old = Order.objects.get(pk=placed.pk)
    complete_order(placed)

    old.status = status("assembling")
    refused(StaleForm, "Somebody changed order", "тем временем кто-то изменил", old.save)

    assert Order.objects.get().status.code == "completed"
    assert figures(rose) == (20, 0)
    old.status = status("completed")
    old.save()
    assert figures(rose) == (20, 0)


def test_one_copy_goes_to_completed_and_back_as_often_as_it_is_told(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    for back in ("draft", "confirmed", "cancelled"):
        placed.status = status("completed")
        placed.save()
        assert figures(rose) == (20, 0)
        assert Order.objects.get().completed_at is not None
        placed.status = status(back)
        placed.save(update_fields=["status"])
        assert figures(rose) == (30, 10 if back == "confirmed" else 0)
        assert Order.objects.get().completed_at is None
    complete_order(reopen_order(placed))
    assert clean()


def test_a_copy_that_a_service_moved_may_be_set_back_by_hand(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    complete_order(placed)
    assert placed.status.code == "completed"

    placed.status = status("draft")
    placed.save()

    assert figures(rose) == (30, 0)
    assert clean()


def test_what_was_saved_and_rolled_back_is_saved_when_it_is_tried_again(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = Order.objects.get(pk=confirm_order(order((rose, "10"))).pk)
    placed.status = status("completed")

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        placed.save()
        raise ZeroDivisionError
    assert figures(rose) == (30, 10)
    placed.save()

    assert figures(rose) == (20, 0)
    assert Order.objects.get().status.code == "completed"


def test_what_a_service_did_and_was_rolled_back_is_not_saved_by_the_copy(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        complete_order(placed)
        raise ZeroDivisionError
    placed.save()

    assert figures(rose) == (30, 10)
    assert placed.status.code == "confirmed"


@pytest.mark.parametrize("field", ["discount", "delivery_price"])
def test_the_money_of_a_completed_order_is_not_changed_by_saving_it(shop, field):
    rose = stocked("Red rose", ("30", "10"))
    complete_order(order((rose, "10")))
    placed = Order.objects.get()
    setattr(placed, field, Decimal(5))

    refused(OrderClosed, "Reopen it first", "Сначала откройте его снова", placed.save)

    assert getattr(Order.objects.get(), field) == 0
    assert clean()
    placed.status = status("confirmed")
    placed.save()
    assert getattr(Order.objects.get(), field) == 5
    assert clean()


def test_an_old_copy_of_a_used_reservation_holds_nothing_again(shop):
    rose = stocked("Red rose", ("30", "10"))
    placed = confirm_order(order((rose, "10")))
    old = Reservation.objects.get()
    complete_order(placed)

    refused(ReservationRefused, "sold or cancelled", "резерв", old.save)

    assert figures(rose) == (20, 0)
    old.until = placed.created_at
    old.save(update_fields=["until"])
    assert figures(rose) == (20, 0)
    assert clean()


def test_a_reservation_typed_by_hand_holds_what_is_asked_and_no_more(shop):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("30", "4"))
    confirm_order(order((rose, "10")))
    row = Reservation.objects.get()

    row.quantity = Decimal(15)
    refused(ReservationRefused, "asks for 10", "10", row.save)
    row.quantity, row.stock = Decimal(10), stock_of(tulip)
    refused(ReservationRefused, "not the goods", "не тот товар", row.save)
    second = Reservation(demand=row.demand, stock=stock_of(rose), quantity=1)
    refused(ReservationRefused, "Another reservation", "резерв", second.save)
    assert [figures(rose), figures(tulip)] == [(30, 10), (30, 0)]

    row.quantity, row.stock = Decimal(4), stock_of(rose)
    row.save()
    assert figures(rose) == (30, 4)
    assert clean()


def test_another_day_or_warehouse_keeps_a_substitution_and_the_recipe_as_it_was(shop):
    second = Warehouse.objects.create(name="Second shop")
    rose, tulip, ribbon = stocked("Red rose"), stocked("Tulip"), stocked("Ribbon")
    receive(tulip, "30", warehouse=second)
    receive(ribbon, "30", warehouse=second)
    bouquet = kit("Morning", "1000", (ribbon, "2"))
    placed = confirm_order(order((rose, "10"), (bouquet, "3")))
    replace_demands(placed.items.get(product=rose), [DemandInput(tulip, Decimal(5))], by=None)
    bouquet.items.update(quantity=7)

    placed.due_on = today() + timedelta(days=1)
    placed.save()
    assert [figures(item) for item in (rose, tulip, ribbon)] == [(30, 0), (30, 5), (30, 6)]

    placed.warehouse = second
    placed.save()
    assert [figures(item) for item in (rose, tulip, ribbon)] == [(30, 0)] * 3
    complete_order(placed)
    assert [figures(tulip, second), figures(ribbon, second)] == [(25, 0), (24, 0)]
    assert clean()


def test_an_old_copy_of_a_line_saved_again_keeps_a_substitution(shop):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    placed = order((rose, "10", "90"))
    old = placed.items.get()
    confirm_order(placed)
    replace_demands(placed.items.get(), [DemandInput(tulip, Decimal(5))], by=None)

    old.price = Decimal(80)
    old.save()
    sync_stock_to_status(placed, by=None)

    assert [figures(rose), figures(tulip)] == [(30, 0), (30, 5)]
    assert OrderItem.objects.get().price == 80


def test_a_line_that_slipped_into_a_completed_order_is_sold_at_the_next_saving(shop):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    placed = complete_order(order((rose, "10")))
    OrderItem.objects.bulk_create([OrderItem(order=placed, product=tulip, quantity=3, price=20)])
    assert not clean()

    placed.save()

    assert [figures(rose), figures(tulip)] == [(20, 0), (27, 0)]
    assert {sale.product_id: sale.amount for sale in Sale.objects.all()} == {rose.pk: 1000, tulip.pk: 60}
    assert clean()


def test_a_bouquet_too_large_to_be_meant_is_refused(shop):
    huge = kit("Huge", "1", (stocked("Red rose"), "99999999999"))
    placed = order((huge, "2"))

    with pytest.raises(BadInput):
        confirm_order(placed)

    assert Order.objects.get().status.code == "draft"
    assert not StockDemand.objects.exists()


def test_eleven_digits_of_a_dear_product_are_confirmed_and_sold(shop):
    rose = stocked("Red rose", ("99999999999", "1"), price="1000")
    placed = complete_order(confirm_order(order((rose, "90000000000.001", "1"))))

    assert Sale.objects.get().amount == placed.items.get().amount
    assert figures(rose) == (Decimal("9999999998.999"), 0)
    assert clean()


def test_a_line_stays_with_its_order(shop):
    rose = stocked("Red rose")
    placed, other = complete_order(order((rose, "10"))), order((rose, "1"))
    item = placed.items.get()

    item.order = other
    refused(LineMoved, "stays there", "остаётся в нём", item.save)

    assert OrderItem.objects.get(pk=item.pk).order_id == placed.pk
    assert figures(rose) == (20, 0)
    assert clean()


def test_one_key_is_one_order_with_its_warehouse_and_is_not_answered_with_a_deleted_one(shop):
    second = Warehouse.objects.create(name="Second shop")
    key = uuid.uuid4()
    placed = place_order(OrderInput(due_on=today()), key=key)
    assert place_order(OrderInput(due_on=today()), key=key) == placed

    with pytest.raises(KeyReused):
        place_order(OrderInput(due_on=today(), warehouse=second), key=key)
    placed.delete()
    with pytest.raises(KeyReused):
        place_order(OrderInput(due_on=today()), key=key)
    assert not Order.objects.exists()


def test_a_deleted_warehouse_is_refused(shop):
    second = Warehouse.objects.create(name="Second shop")
    placed = order()
    second.delete()

    for step in (place_order, lambda taken: change_order(placed, taken)):
        taken = OrderInput(due_on=today(), warehouse=second)
        refused(BadInput, "Second shop is deleted", "Second shop удалён", partial(step, taken))
    assert Order.objects.get().warehouse != second
