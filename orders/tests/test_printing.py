"""The printed forms of orders without a browser: who may, what they say, what they refuse."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.access import Role
from core.codes import qr_svg
from inventory.tests.factories import kit, product, stocked
from orders.domain.card_fit import SIZES, fit_card
from orders.models import Order, OrderEvent
from orders.services.lifecycle import complete_order, confirm_order
from orders.sheets import RECEIPT_LENGTHS, receipt_of, work_orders
from orders.tests.factories import order, status, today
from products.models import KitItem

FORMS = ["print_work_order", "print_card", "print_receipt"]


def made(message="With love", count="1"):
    return order((product(f"Rose {Order.objects.count()}"), count), card_message=message)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("form", FORMS)
def test_everybody_who_sees_an_order_may_print_it(shop, login, staff, role, form):
    assert login(staff(role)).get(reverse(f"orders:{form}", args=[made().pk])).status_code == 200


@pytest.mark.parametrize("form", FORMS)
def test_strangers_log_in_before_they_print(client, form):
    answer = client.get(reverse(f"orders:{form}", args=[made().pk]))
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_only_looks_and_holds_no_style_or_script_in_place(shop, login, owner, form):
    target = made()
    before = (Order.objects.values().get(), OrderEvent.objects.count())
    browser = login(owner)
    answer = browser.get(reverse(f"orders:{form}", args=[target.pk]))
    page = answer.content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert (
        page.count("<script") == page.count('<script src="/static/core/js/print_forms.js" type="module"></script>') == 1
    )
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert browser.post(reverse(f"orders:{form}", args=[target.pk])).status_code == 405
    assert (Order.objects.values().get(), OrderEvent.objects.count()) == before


@pytest.mark.parametrize(
    ("query", "language", "said"),
    [
        ("", "en", "No order is chosen for printing. Tick the orders in the list"),
        ("", "ru", "Не выбран ни один заказ для печати. Отметьте заказы в списке"),
        ("?order=1&order=x", "en", "Some of these orders do not exist. Go back to the list"),
        ("?order=987654321", "ru", "Некоторых из этих заказов нет. Вернитесь к списку"),
        ("?order=²", "en", "Some of these orders do not exist."),
        ("?" + "order=1&" * 101, "en", "Too many orders at once: 101, at most 100."),
        ("?" + "order=1&" * 101, "ru", "Слишком много заказов сразу: 101, можно не больше 100."),
    ],
)
def test_a_choice_that_can_not_be_printed_is_refused_in_words(login, staff, query, language, said):
    answer = login(staff("owner", language=language)).get(reverse("orders:print_work_orders") + query)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "has no words for a card. Write them into the order first."),
        ("ru", "нет текста открытки. Сначала впишите"),
    ],
)
def test_an_order_without_words_has_no_card_to_print_and_no_link_to_it(shop, login, staff, language, said):
    target = made(message="")
    browser = login(staff("owner", language=language))
    answer = browser.get(reverse("orders:print_card", args=[target.pk]))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    shown = browser.get(reverse("orders:order_detail", args=[target.pk])).content.decode()
    assert reverse("orders:print_card", args=[target.pk]) not in shown
    assert reverse("orders:print_receipt", args=[target.pk]) in shown
    target.refresh_from_db()
    assert target.card_message == ""


def test_all_work_orders_of_a_view_are_printed_by_time_without_drafts_and_ended_ones(shop, login, florist):
    rose, now = stocked("Rose", ("50", "10")), today()
    late = order((rose, "1"), status=status("confirmed"), due_from=time(14), due_until=time(16))
    early = order((rose, "1"), status=status("new"), due_from=time(9), due_until=time(11))
    order((rose, "1"))
    order((rose, "1"), status=status("confirmed"), due_on=now + timedelta(days=1))
    complete_order(order((rose, "1")))
    browser = login(florist)
    shown = browser.get(reverse("orders:order_list")).content.decode()
    assert "/orders/print/work-orders/?view=today" in shown
    answer = browser.get("/orders/print/work-orders/?view=today")
    assert [sheet.order for sheet, _code in answer.context["sheets"]] == [early, late]
    assert answer.context["back_url"] == "/orders/?view=today"
    assert "print_view" not in browser.get("/orders/?view=all").content.decode()


@pytest.mark.parametrize(("language", "said"), [("en", "nothing to print"), ("ru", "Печатать нечего")])
def test_a_view_without_work_prints_nothing_and_says_so(shop, login, staff, language, said):
    answer = login(staff("owner", language=language)).get("/orders/print/work-orders/?view=tomorrow")
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_ticked_orders_are_printed_in_their_order(shop, login, florist):
    rose = stocked("Rose", ("50", "10"))
    first, second, _third = (order((rose, "1")) for _ in range(3))
    chosen = {"order": [f"{second.pk}-1", f"{first.pk}-1"], "do": "print", "status": ""}
    browser = login(florist)
    answer = browser.post("/orders/bulk/", chosen)
    assert answer["Location"] == f"/orders/print/work-orders/?order={second.pk}&order={first.pk}"
    assert browser.get(answer["Location"]).status_code == 200
    assert browser.post("/orders/bulk/", {"do": "print"}, follow=True).status_code == 422


def test_twenty_work_orders_take_as_many_statements_as_two(shop):
    rose, ribbon = stocked("Rose", ("500", "10")), stocked("Ribbon", ("500", "1"))
    bouquet = kit("Spring", "900", (rose, "5"), (ribbon, "1"))
    keys = []
    for number in range(20):
        target = order((bouquet, "1"), (rose, "2"))
        if number % 2:
            confirm_order(target, by=None)
        keys.append(target.pk)

    def statements(some):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert [sheet.order.pk for sheet in work_orders(some)] == some
        return len(caught)

    assert statements(keys) == statements(keys[:2]) <= 4


def test_a_work_order_shows_what_was_promised_and_not_the_recipe_of_today(shop):
    rose = stocked("Rose", ("100", "10"))
    bouquet = kit("Spring", "900", (rose, "5"))
    target = order((bouquet, "2"), (rose, "3"))
    confirm_order(target, by=None)
    KitItem.objects.update(quantity=7)
    [sheet] = work_orders([target.pk])
    assert [(part.product, part.quantity) for part in sheet.lines[0].parts] == [(rose, 10)]
    assert sheet.lines[1].parts == [], "a product goes in as itself"
    draft = order((bouquet, "2"))
    [sheet] = work_orders([draft.pk])
    assert [part.quantity for part in sheet.lines[0].parts] == [14]


def test_what_people_typed_is_printed_as_text(shop, login, owner):
    target = order((product("<b>Rose</b>"), "1"), card_message="<script>alert(1)</script>")
    browser = login(owner)
    for form in FORMS:
        page = browser.get(reverse(f"orders:{form}", args=[target.pk])).content.decode()
        assert "<b>Rose" not in page
        assert "<script>" not in page


def test_the_code_of_a_work_order_leads_to_the_order(shop, login, owner):
    target = made()
    page = login(owner).get(reverse("orders:print_work_order", args=[target.pk])).content.decode()
    assert qr_svg(f"http://rose.localhost/orders/{target.pk}/") in page


def test_short_words_are_large_and_long_ones_smaller(shop):
    sizes = [fit_card("Rose " * count)[0] for count in (1, 40, 60, 100)]
    assert sizes[0] == SIZES[0]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < SIZES[0]


def test_words_keep_their_lines_while_the_card_is_high_enough(shop):
    assert fit_card("To Mum\n\nwith love")[1] == "To Mum\n\nwith love"
    assert "\n" not in fit_card("a\n" * 250)[1]


def test_the_roll_is_cut_no_longer_than_the_lines_need(shop):
    lengths = [
        receipt_of(order(*[(product(f"Rose {count} {n}"), "1") for n in range(count)])).length for count in (1, 9, 15)
    ]
    assert lengths == sorted(lengths)
    assert set(lengths) <= set(RECEIPT_LENGTHS)
    assert lengths[0] == RECEIPT_LENGTHS[0]
