"""Credit and debit notes: a completed order costs something else, its goods stay sold as they were."""

from decimal import Decimal
from uuid import uuid4

import pytest

from core.errors import BadInput, KeyReused, StaleForm
from inventory.models import Sale, StockMovement
from inventory.services.checking import check_stock
from inventory.tests.factories import stocked
from orders.invariants import INVARIANTS
from orders.models import EventKind, Order, PriceNote
from orders.selectors.margins import margin_of
from orders.services.lifecycle import WrongStatus, cancel_order, complete_order, confirm_order, reopen_order
from orders.services.placing import OrderInput, change_order, refresh_total
from orders.services.prices import correct_price
from orders.tests.factories import lines, order, today


@pytest.fixture
def sold(shop):
    """Ten roses at 95, bought for 10 each."""
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10", "95"))
    complete_order(confirm_order(placed))
    return Order.objects.get(pk=placed.pk)


def ask(sold, total="750", seen="950", reason="Tired petals", **more):
    return correct_price(sold, total=Decimal(total), seen=Decimal(seen), reason=reason, **more)


def goods():
    """All that a note must leave alone."""
    return list(StockMovement.objects.order_by("pk").values_list("pk", "quantity", "value")), list(
        Sale.objects.order_by("pk").values_list("amount", "cost", "quantity", "returned")
    )


def test_a_note_takes_off_money_and_leaves_the_goods_alone(sold, florist):
    before = goods()

    note = ask(sold, by=florist)

    now = Order.objects.get()
    assert (note.amount, now.corrections, now.total, now.version) == (-200, -200, 750, sold.version + 1)
    assert goods() == before
    assert margin_of(now).margin.price == 750
    event = now.events.get(kind=EventKind.PRICE_CORRECTED)
    assert (event.by, event.data) == (florist, {"amount": "-200.00", "reason": "Tired petals"})
    assert check_stock(extra=INVARIANTS) == []


def test_a_second_note_goes_on_from_the_first(sold):
    ask(sold)
    ask(sold, total="900.50", seen="750", reason="Only half of them were tired")

    now = Order.objects.get()
    assert (now.corrections, now.total) == (Decimal("-49.50"), Decimal("900.50"))
    assert [note.amount for note in PriceNote.objects.all()] == [-200, Decimal("150.50")]


def test_the_same_form_makes_one_note(sold):
    key = uuid4()
    assert ask(sold, key=key) == ask(sold, key=key)
    assert Order.objects.get().total == 750
    with pytest.raises(KeyReused):
        ask(sold, total="1", key=key)


@pytest.mark.parametrize(
    ("asked", "refusal", "words"),
    [
        ({"seen": "940"}, StaleForm, "Somebody changed order"),
        ({"total": "950"}, BadInput, "costs already"),
        ({"total": "-1"}, BadInput, "from zero up"),
        ({"total": "1.005"}, BadInput, "at most 2 decimals"),
        ({"total": "NaN"}, BadInput, "from zero up"),
        ({"total": "1e13"}, BadInput, "from zero up"),
        ({"reason": "  "}, BadInput, "Write why"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_leaves_no_trace(sold, asked, refusal, words):
    with pytest.raises(refusal, match=words):
        ask(sold, **asked)
    assert not PriceNote.objects.exists()
    assert Order.objects.values("total", "corrections", "version").get() == {
        "total": 950,
        "corrections": 0,
        "version": sold.version,
    }


@pytest.mark.parametrize("step", [reopen_order, cancel_order])
def test_only_a_completed_order_has_its_price_corrected(sold, step):
    step(sold)
    with pytest.raises(WrongStatus, match="is not completed"):
        ask(sold)
    assert not PriceNote.objects.exists()


def test_an_order_taken_back_into_work_keeps_its_notes(sold):
    ask(sold)
    reopen_order(sold)
    refresh_total(sold)
    assert Order.objects.get().total == 750

    rose = sold.items.get().product
    change_order(sold, OrderInput(due_on=today(), lines=lines((rose, "5", "95"))))
    assert Order.objects.get().total == Decimal(475 - 200)
    with pytest.raises(BadInput, match="less than nothing"):
        change_order(sold, OrderInput(due_on=today(), lines=lines((rose, "1", "95"))))
    assert Order.objects.get().total == Decimal(475 - 200)
    assert sold.items.get().quantity == 5


def test_a_corrected_figure_nobody_wrote_a_note_for_is_found(sold):
    Order.objects.update(corrections=-5)
    assert [finding.invariant.code for finding in check_stock(extra=INVARIANTS)] == ["order_corrections"]
