"""The status field of a new order's form: intermediate statuses only, a draft to begin with, nothing empty."""

from decimal import Decimal

import pytest
from django.utils import translation

from inventory.tests.factories import stock_of, stocked
from orders.forms import OrderForm
from orders.models import Order, OrderStatus
from orders.tests.factories import order, status
from orders.tests.pages import order_form

OFFERED = ["draft", "new", "confirmed", "assembling", "ready", "delivering"]


def test_a_new_order_starts_as_a_draft(shop):
    form = OrderForm()
    assert form.fields["status"].initial == status("draft").pk
    assert f'<option value="{status("draft").pk}" selected>' in str(form["status"])


def test_only_intermediate_statuses_are_offered_in_the_order_of_the_work(shop):
    assert [item.code for item in OrderForm().fields["status"].queryset] == OFFERED


def test_there_is_no_empty_choice(shop):
    form = OrderForm()
    assert form.fields["status"].empty_label is None
    assert "---------" not in str(form["status"])
    assert 'value=""' not in str(form["status"])


def test_the_shop_s_own_statuses_are_offered_where_their_position_puts_them(shop):
    OrderStatus.objects.create(code="photo", name="Waits for a photo", category="assembling", position=45)
    OrderStatus.objects.create(code="given", name="Given away", category="completed", position=5, is_positive_end=True)
    offered = [item.code for item in OrderForm().fields["status"].queryset]
    assert offered == [*OFFERED[:4], "photo", *OFFERED[4:]]


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("ru", ["Черновик", "Новый", "Подтверждён", "В сборке", "Готов", "В доставке"]),
        ("en", ["Draft", "New", "Confirmed", "Assembling", "Ready", "Out for delivery"]),
    ],
)
def test_system_statuses_are_named_in_the_reader_s_language(shop, language, names):
    with translation.override(language):
        assert [str(label) for _value, label in OrderForm().fields["status"].choices] == names


def test_the_form_of_an_existing_order_does_not_ask_for_the_status(shop):
    assert "status" not in OrderForm(order=order((stocked("Red rose"), "1"))).fields


@pytest.mark.parametrize("code", ["completed", "cancelled"])
def test_an_end_sent_by_hand_is_refused_and_nothing_is_made(shop, login, florist, code):
    rose = stocked("Red rose", ("30", "10"))
    answer = login(florist).post("/orders/new/", order_form((rose, "5"), status=status(code).pk))
    assert answer.status_code == 422
    assert not Order.objects.exists()
    assert stock_of(rose).quantity == Decimal(30)
