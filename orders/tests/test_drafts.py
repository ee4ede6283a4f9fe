"""While an order is typed: the draft survives a reload, the buyer is found by the digits of the telephone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.tests.factories import stocked
from orders.models import Contact, Order, OrderDraft
from orders.tests.factories import order
from orders.tests.pages import order_form

PART = {"HTTP_HX_REQUEST": "true"}


def page(browser, url="/orders/new/", **headers):
    answer = browser.get(url, **headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


@pytest.mark.parametrize(("language", "said"), [("ru", "восстановлено"), ("en", "is restored")])
def test_what_was_typed_comes_back_after_a_reload_for_this_person_alone(login, staff, language, said):
    rose = stocked("Red rose")
    person, other = staff("florist", language=language), staff("seller", language=language)
    browser = login(person)
    typed = order_form((rose, "7"), buyer_name="Anna Be", due_from="25:99", card_message="Dear")
    kept = browser.post("/orders/new/draft/", typed, **PART)
    assert kept.status_code == 200
    shown = page(browser)
    assert said in shown
    for words in ("Anna Be", "25:99", "Dear", "Red rose", 'value="7"'):
        assert words in shown
    assert str(typed["key"]) not in shown
    assert "Anna Be" not in page(login(other))
    assert not Order.objects.exists()


def test_a_saved_order_takes_its_draft_with_it_and_a_late_autosave_makes_none(shop, login, florist):
    browser = login(florist)
    typed = order_form((stocked(), "1"))
    browser.post("/orders/new/draft/", typed)
    assert browser.post("/orders/new/", typed).status_code == 302
    assert not OrderDraft.objects.exists()
    assert browser.post("/orders/new/draft/", typed).status_code == 200
    assert not OrderDraft.objects.exists()


def test_a_person_begins_anew(shop, login, florist):
    browser = login(florist)
    browser.post("/orders/new/draft/", order_form(buyer_name="Anna Be"))
    assert browser.post("/orders/new/draft/discard/").status_code == 302
    assert "Anna Be" not in page(browser)


def test_a_draft_is_forgotten_after_a_fortnight(shop, login, florist):
    browser = login(florist)
    browser.post("/orders/new/draft/", order_form(buyer_name="Anna Be"))
    OrderDraft.objects.update(saved_at=timezone.now() - timedelta(days=14, minutes=1))
    assert "Anna Be" not in page(browser)


@pytest.mark.parametrize("data", [{}, {"lines-TOTAL_FORMS": "x"}, {"lines-TOTAL_FORMS": "999999"}, {"due_on": "?"}])
def test_a_draft_that_is_no_form_opens_one_all_the_same(shop, login, florist, data):
    OrderDraft.objects.create(user=florist, data=data, saved_at=timezone.now())
    page(login(florist))


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "больше, чем вмещает черновик"), ("en", "more than a draft can")]
)
def test_more_than_a_form_can_hold_is_not_kept(login, staff, language, said):
    answer = login(staff("florist", language=language)).post("/orders/new/draft/", {"card_message": "x" * 70000})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not OrderDraft.objects.exists()


def test_a_courier_keeps_no_drafts_and_finds_nobody(shop, login, staff):
    browser = login(staff("courier"))
    assert browser.post("/orders/new/draft/", {}).status_code == 403
    assert browser.get("/orders/contacts/?buyer_phone=1042").status_code == 403
    assert not OrderDraft.objects.exists()


@pytest.mark.parametrize("typed", ["042", "10-42", "8 912 000 10 42", "+79120001042"])
def test_a_buyer_is_found_by_the_last_digits(shop, login, florist, typed):
    anna = Contact.objects.create(name="Anna", phone="+79120001042")
    Contact.objects.create(name="Boris", phone="+79120001043")
    order(buyer=anna)
    answer = login(florist).get("/orders/contacts/", {"buyer_phone": typed})
    shown = answer.content.decode()
    assert 'data-phone="+79120001042" data-name="Anna" id="contact_first"' in shown
    assert "Boris" not in shown
    assert "1 order, the last on" in shown


@pytest.mark.parametrize("typed", ["", "42", "Anna", "1" * 30])
def test_less_than_three_digits_or_no_number_finds_nobody(shop, login, florist, typed):
    Contact.objects.create(name="Anna", phone="+79120001042")
    assert "Anna" not in page(login(florist), f"/orders/contacts/?buyer_phone={typed}")


def test_a_changed_quantity_answers_with_totals_and_availability(shop, login, florist):
    rose = stocked("Red rose", ("5", "10"))
    answer = login(florist).post("/orders/new/", order_form((rose, "8"), recount="1"), **PART)
    shown = answer.content.decode()
    assert "3" in shown
    assert 'id="stock_0" hx-swap-oob="true"' in shown
    assert "will wait" in shown
    assert "₽800" in shown
