"""The board and the step for many orders: what moves, what is refused and why, who may."""

from datetime import time, timedelta

import pytest

from inventory.tests.factories import stock_of, stocked
from orders.board import CARDS, board
from orders.models import Contact, Order, OrderStatus
from orders.selectors.lists import View
from orders.services.lifecycle import confirm_order
from orders.tests.factories import order, status, today

PART = {"HTTP_HX_REQUEST": "true"}


def page(browser, url="/orders/board/", **headers):
    answer = browser.get(url, **headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def move(browser, placed, code, *, version=None, **headers):
    data = {"status": status(code).pk, "version": version or placed.version, "view": "today"}
    return browser.post(f"/orders/{placed.pk}/move/", data, **headers)


def columns(view=View.TODAY):
    from django.utils import timezone

    found = board(view=view, now=timezone.now(), statuses=list(OrderStatus.objects.all()))
    return {column.status.code: column for column in found}


def code_of(placed):
    return Order.objects.get(pk=placed.pk).status.code


# --- The board ------------------------------------------------------------------------------------------------------


def test_a_column_per_status_in_the_order_of_the_work_with_count_and_sum(shop, login, florist):
    OrderStatus.objects.create(code="photo", name="Photo", category="assembling", position=1, color="pink")
    rose = stocked()
    order((rose, "2"), status=status("new"))
    order((rose, "3"), status=status("new"))
    order((rose, "1"), due_on=today() + timedelta(days=1))
    found = columns()
    assert list(found) == [
        "draft", "new", "confirmed", "photo", "assembling", "ready", "delivering", "completed", "cancelled",
    ]  # fmt: skip
    assert (found["new"].count, found["new"].total) == (2, 500)
    assert found["draft"].count == 0
    assert "Photo" in page(login(florist))


def test_a_column_shows_thirty_cards_and_says_how_many_more_there_are(shop, login, florist):
    for number in range(CARDS + 2):
        order(status=status("new"), due_from=time(9 + number % 3), buyer=Contact.objects.create(name=f"Anna {number}"))
    column = columns()["new"]
    assert (len(column.cards), column.more) == (CARDS, 2)
    times = [card.row.order.due_from for card in column.cards]
    assert times == sorted(times)
    shown = page(login(florist))
    assert f"/orders/?view=today&amp;status={status('new').pk}" in shown
    assert "2 more" in shown


def test_columns_of_ended_orders_are_folded(shop, login, florist):
    done = order((stocked(), "1"), status=status("completed"), buyer=Contact.objects.create(name="Zinaida"))
    shown = page(login(florist))
    assert columns()["completed"].count == 1
    assert "Zinaida" not in shown
    assert f"card_{done.pk}" not in shown
    assert "Show in the list" in shown


def test_the_board_asks_the_database_a_fixed_number_of_times(shop, login, florist, django_assert_max_num_queries):
    rose = stocked("Red rose", ("500", "10"))
    for number in range(12):
        order((rose, "2"), status=status("confirmed"), buyer=Contact.objects.create(name=f"Anna {number}"))
    browser = login(florist)
    browser.get("/profile/")  # from now on the host is known
    with django_assert_max_num_queries(12):
        page(browser)


def test_a_moved_card_brings_the_stock_along_and_the_counters_back(shop, login, florist):
    rose = stocked("Red rose", ("10", "10"))
    placed = order((rose, "4"), status=status("new"))
    answer = move(login(florist), placed, "confirmed", **PART)
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert shown.strip().startswith('<div class="stack" id="board"')
    assert f"Order {placed.number}: Confirmed." in shown
    assert code_of(placed) == "confirmed"
    assert stock_of(rose).reserved == 4


def test_without_a_script_the_card_moves_too_and_the_board_opens_at_its_column(shop, login, florist):
    placed = order((stocked(), "1"), status=status("new"))
    answer = move(login(florist), placed, "confirmed")
    assert answer.status_code == 302
    assert answer["Location"] == f"/orders/board/?view=today&column={status('confirmed').pk}"
    assert code_of(placed) == "confirmed"


@pytest.mark.parametrize(("language", "said"), [("ru", "изменил"), ("en", "Somebody changed order")])
def test_a_card_that_somebody_moved_meanwhile_comes_back_with_the_reason(login, staff, language, said):
    placed = order((stocked(), "1"), status=status("new"))
    seen = placed.version
    confirm_order(placed)
    answer = move(login(staff("florist", language=language)), placed, "ready", version=seen, **PART)
    assert answer.status_code == 409
    assert answer["HX-Retarget"] == f"#card_{placed.pk}"
    shown = answer.content.decode()
    assert shown.strip().startswith("<li")
    assert code_of(placed) == "confirmed"
    assert said in shown


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_card_that_can_not_be_completed_stays_and_says_why(login, staff, language):
    rose = stocked("Red rose", ("3", "10"))
    placed = order((rose, "15"), status=status("ready"))
    answer = move(login(staff("florist", language=language)), placed, "completed", **PART)
    assert answer.status_code == 409
    assert "Red rose" in answer.content.decode()
    assert code_of(placed) == "ready"
    assert stock_of(rose).quantity == 3
    whole = move(login(staff("florist", language=language)), placed, "completed")
    assert whole.status_code == 409
    assert "error-line" in whole.content.decode()


def test_a_move_that_means_nothing_is_refused_on_the_card(shop, login, florist):
    placed = order(status=status("new"))
    answer = login(florist).post(f"/orders/{placed.pk}/move/", {"status": "999999", "version": "1"}, **PART)
    assert answer.status_code == 422
    assert "out of date" in answer.content.decode()
    assert code_of(placed) == "new"


def test_a_courier_sees_the_board_and_moves_only_what_the_role_permits(shop, login, staff):
    placed = order((stocked(), "1"), status=status("delivering"))
    browser = login(staff("courier"))
    assert 'draggable="true"' not in page(browser)
    assert move(browser, placed, "ready", **PART).status_code == 403
    assert code_of(placed) == "delivering"
    assert move(browser, placed, "completed", **PART).status_code == 200
    assert code_of(placed) == "completed"


def test_the_menu_of_a_card_offers_the_steps_of_the_role(shop, login, staff, florist):
    placed = order((stocked(), "1"), status=status("ready"))
    shown = page(login(florist), f"/orders/{placed.pk}/steps/?view=late")
    assert 'value="late"' in shown
    assert f'value="{status("completed").pk}"' in shown
    assert f'value="{status("cancelled").pk}"' not in shown
    assert f'value="{status("cancelled").pk}"' in page(login(staff("seller")), f"/orders/{placed.pk}/steps/")


def test_the_keys_know_the_neighbouring_columns_and_never_cancel(shop):
    order((stocked("Red rose", ("9", "1")), "1"), status=status("delivering"))
    order(status=status("draft"))
    found = columns()
    card = found["delivering"].cards[0]
    assert (card.back.code, card.onward.code) == ("ready", "completed")
    first = found["draft"].cards[0]
    assert (first.back, first.onward.code) == (None, "new")


@pytest.mark.parametrize(("language", "said"), [("ru", "Доска заказов"), ("en", "Board of orders")])
def test_the_empty_board_speaks_the_reader_s_language(login, staff, language, said):
    assert said in page(login(staff("florist", language=language)))


# --- Many at once ---------------------------------------------------------------------------------------------------


def bulk(browser, orders, code, **fields):
    data = {"order": [f"{placed.pk}-{placed.version}" for placed in orders], "status": status(code).pk, **fields}
    return browser.post("/orders/bulk/", data)


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "Не удалось перевести 1 заказ"), ("en", "1 order could not be moved")]
)
def test_every_order_is_moved_by_itself_and_the_refused_are_told(login, staff, language, said):
    rose = stocked("Red rose", ("3", "10"))
    good, bad, stale = (order((rose, quantity), status=status("new")) for quantity in ("2", "15", "1"))
    browser = login(staff("florist", language=language))
    answer = bulk(browser, [good, bad], "completed")
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert said in shown
    assert f"/orders/{bad.pk}/" in shown
    assert [code_of(good), code_of(bad)] == ["completed", "new"]
    assert stock_of(rose).quantity == 1
    confirm_order(Order.objects.get(pk=stale.pk))
    refused = bulk(browser, [stale], "ready")
    assert f"/orders/{stale.pk}/" in refused.content.decode()
    assert code_of(stale) == "confirmed"


def test_a_second_press_changes_nothing(shop, login, florist):
    rose = stocked("Red rose", ("10", "10"))
    placed = order((rose, "2"), status=status("new"))
    browser = login(florist)
    bulk(browser, [placed], "completed")
    assert bulk(browser, [placed], "completed").status_code == 200
    assert stock_of(rose).quantity == 8


@pytest.mark.parametrize(("language", "said"), [("ru", "Ничего не выбрано"), ("en", "No orders or no status")])
@pytest.mark.parametrize("code", ["ready", "cancelled"])
def test_nothing_selected_or_a_status_that_is_not_offered_changes_nothing(login, staff, language, said, code):
    placed = order(status=status("new"))
    browser = login(staff("seller", language=language))
    chosen = [placed] if code == "cancelled" else []
    answer = bulk(browser, chosen, code)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert code_of(placed) == "new"


def test_more_orders_than_a_page_holds_are_refused_whole(shop, login, florist):
    data = {"order": [f"{number}-1" for number in range(1, 203)], "status": status("ready").pk}
    answer = login(florist).post("/orders/bulk/", data)
    assert answer.status_code == 422
    assert "At most 200" in answer.content.decode()


def test_a_right_that_lacks_is_told_for_each_order(shop, login, florist):
    done = order((stocked(), "1"), status=status("completed"))
    shown = bulk(login(florist), [done], "confirmed").content.decode()
    assert "Your role does not permit" in shown
    assert code_of(done) == "completed"


def test_only_those_who_change_orders_select_them(shop, login, staff, florist):
    order(status=status("new"))
    assert 'form="bulk_form"' in page(login(florist), "/orders/")
    courier = login(staff("courier"))
    assert 'form="bulk_form"' not in page(courier, "/orders/")
    assert courier.post("/orders/bulk/", {}).status_code == 403


def test_the_way_back_stays_in_the_shop(shop, login, florist):
    shown = bulk(login(florist), [], "ready", next="https://evil.example/").content.decode()
    assert "evil.example" not in shown
