"""The list, the page of an order with its steps and payments, and the first page."""

import uuid
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import Receipt, Sale
from inventory.tests.factories import kit, receive, stock_of, stocked
from inventory.tests.factories import product as make_product
from orders.models import Contact, Order, OrderEvent, OrderStatus, Payment, PriceNote
from orders.selectors.lists import View, order_page
from orders.services.lifecycle import cancel_order, complete_order, confirm_order
from orders.services.payments import record_payment
from orders.tests.factories import order, status, today

ROLES = ["owner", "manager", "florist", "seller", "courier"]
PART = {"HTTP_HX_REQUEST": "true"}
NOON = time(12)


@pytest.fixture
def at_noon(monkeypatch):
    """The clock of the pages stands at noon of today."""
    now = timezone.make_aware(datetime.combine(today(), NOON))
    for module in ("lists", "detail"):
        monkeypatch.setattr(f"orders.views.{module}.timezone.now", lambda: now)
    return now


def page(browser, url, **headers):
    answer = browser.get(url, **headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def step(browser, placed, code, *, version=None, **extra):
    placed.refresh_from_db()
    headers = {name: extra.pop(name) for name in list(extra) if name.startswith("HTTP_")}
    data = {"status": status(code).pk, "version": version or placed.version, **extra}
    return browser.post(f"/orders/{placed.pk}/status/", data, **headers)


def pay(browser, placed, amount, **fields):
    data = {"amount": amount, "method": "card", "key": uuid.uuid4(), **fields}
    headers = {name: data.pop(name) for name in list(data) if name.startswith("HTTP_")}
    return browser.post(f"/orders/{placed.pk}/payments/", data, **headers)


# --- Who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_everybody_of_the_shop_reads_orders(shop, login, staff, role):
    placed = order((stocked("Red rose"), "1"))
    for url in ("/", "/orders/", f"/orders/{placed.pk}/"):
        assert login(staff(role)).get(url).status_code == 200


def test_strangers_read_nothing(client):
    for url in ("/", "/orders/", "/orders/1/"):
        assert client.get(url)["Location"].startswith("/login/")
    for url in ("/orders/1/status/", "/orders/1/payments/"):
        assert client.post(url)["Location"].startswith("/login/")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("owner", {"confirmed", "completed", "cancelled"}),
        ("manager", {"confirmed", "completed", "cancelled"}),
        ("florist", {"confirmed", "completed"}),
        ("seller", {"confirmed", "completed", "cancelled"}),
        ("courier", {"completed"}),
    ],
)
def test_a_step_asks_for_its_own_right(shop, login, staff, role, allowed):
    rose, browser = stocked("Red rose"), login(staff(role))
    for code in ("confirmed", "completed", "cancelled"):
        placed = order((rose, "1"))
        assert step(browser, placed, code).status_code == (302 if code in allowed else 403)
        placed.refresh_from_db()
        assert placed.status.code == (code if code in allowed else "draft")


@pytest.mark.parametrize(("role", "answered"), [("owner", 302), ("manager", 302), ("florist", 403), ("courier", 403)])
def test_reopening_is_for_the_office(shop, login, staff, role, answered):
    placed = order((stocked("Red rose"), "1"))
    complete_order(placed)
    assert step(login(staff(role)), placed, "confirmed").status_code == answered


def test_a_courier_takes_no_payments_and_sees_neither_cost_nor_the_edit_button(shop, login, staff):
    placed = order((stocked("Red rose"), "1"))
    complete_order(placed)
    browser = login(staff("courier"))
    assert pay(browser, placed, "100").status_code == 403
    assert not Payment.objects.exists()
    shown = page(browser, f"/orders/{placed.pk}/")
    assert "margin" not in shown
    assert "/edit/" not in shown
    assert "margin" in page(login(staff("manager")), f"/orders/{placed.pk}/")


def test_a_courier_s_button_hands_a_confirmed_order_over(shop, login, staff):
    placed = order((stocked("Red rose"), "1"))
    confirm_order(placed)
    shown = page(login(staff("courier")), f"/orders/{placed.pk}/")
    assert "Move to “Completed”" in shown
    assert "Assembling</span>" not in shown


# --- Steps ----------------------------------------------------------------------------------------------------------


def test_the_next_step_says_what_it_does_to_the_stock(shop, login, florist):
    rose, vase = stocked("Red rose"), make_product("Vase", unit="piece")
    placed = order((kit("Morning", "900", (rose, "5"), (vase, "1")), "2"), (rose, "1"))
    browser = login(florist)
    placed.status = status("new")
    placed.save()
    assert "reserves 11 stems and 1 other product" in page(browser, f"/orders/{placed.pk}/")
    confirm_order(placed)
    shown = page(browser, f"/orders/{placed.pk}/")
    assert "takes 11 stems and 1 other product off the stock" in shown
    assert "releases what is reserved" in shown


def test_the_way_from_draft_to_done_in_the_browser_takes_the_goods_once(shop, login, florist):
    rose, browser = stocked("Red rose", ("30", "10")), login(florist)
    placed = order((rose, "10"))
    for code in ("new", "confirmed", "assembling", "ready", "completed"):
        answer = step(browser, placed, code)
        assert (answer.status_code, answer["Location"]) == (302, f"/orders/{placed.pk}/")
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (20, 0)
    assert Sale.objects.count() == 1
    assert list(OrderEvent.objects.filter(order=placed, by=florist).values_list("kind", flat=True)) == ["status"] * 5


def test_a_second_press_finds_the_step_done(shop, login, florist):
    rose, browser = stocked("Red rose", ("30", "10")), login(florist)
    placed = order((rose, "10"))
    version = placed.version
    for _press in range(2):
        assert step(browser, placed, "completed", version=version).status_code == 302
    assert stock_of(rose).quantity == 20
    assert Sale.objects.count() == 1


@pytest.mark.parametrize(
    "case",
    [
        ("en", ["Not enough in stock", "Red rose", "asked 31", "free 30", "Nothing was changed"]),
        ("ru", ["Не хватает на складе", "Red rose", "нужно 31", "свободно 30", "Ничего не изменено"]),
    ],
)
@pytest.mark.parametrize("headers", [{}, PART])
def test_completing_with_too_little_names_product_asked_and_free_and_changes_nothing(shop, login, staff, case, headers):
    language, words = case
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "31"))
    confirm_order(placed)
    answer = step(login(staff("florist", language=language)), placed, "completed", **headers)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert all(word in shown for word in words)
    assert ("<html" in shown) == (not headers)
    placed.refresh_from_db()
    assert placed.status.code == "confirmed"
    assert placed.completed_at is None
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (30, 30)
    assert not Sale.objects.exists()


@pytest.mark.parametrize(("language", "said"), [("en", "has no lines"), ("ru", "нет строк")])
def test_an_order_without_lines_is_not_confirmed(shop, login, staff, language, said):
    placed = order()
    answer = step(login(staff("florist", language=language)), placed, "confirmed")
    assert answer.status_code == 409
    assert said in answer.content.decode()
    placed.refresh_from_db()
    assert placed.status.code == "draft"


@pytest.mark.parametrize(("language", "said"), [("en", "decide again"), ("ru", "решите ещё раз")])
def test_a_step_on_an_old_page_is_refused(shop, login, staff, language, said):
    rose, browser = stocked("Red rose"), login(staff("owner", language=language))
    placed = order((rose, "10"))
    old = placed.version
    confirm_order(placed)
    answer = step(browser, placed, "completed", version=old)
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert stock_of(rose).quantity == 30
    placed.refresh_from_db()
    assert placed.status.code == "confirmed"


@pytest.mark.parametrize(("language", "said"), [("en", "go from “Completed”"), ("ru", "нельзя перевести")])
def test_a_step_that_the_order_does_not_offer_is_refused(shop, login, staff, language, said):
    placed = order((stocked("Red rose"), "10"))
    complete_order(placed)
    answer = step(login(staff("owner", language=language)), placed, "ready")
    assert answer.status_code == 409
    assert said in answer.content.decode()
    placed.refresh_from_db()
    assert placed.status.code == "completed"


@pytest.mark.parametrize(
    "data", [{}, {"status": "x"}, {"status": "9" * 30, "version": "1"}, {"version": "9" * 30}, {"status": "\x00"}]
)
def test_a_step_sent_with_nonsense_is_answered_with_the_order(shop, login, owner, data):
    placed = order((stocked("Red rose"), "10"))
    answer = login(owner).post(f"/orders/{placed.pk}/status/", data)
    assert answer.status_code == 422
    assert "out of date" in answer.content.decode()
    placed.refresh_from_db()
    assert placed.status.code == "draft"


def test_htmx_gets_the_order_s_part_and_hears_what_was_done(shop, login, florist):
    placed = order((stocked("Red rose"), "10"))
    shown = step(login(florist), placed, "confirmed", **PART).content.decode()
    assert shown.lstrip().startswith('<div class="stack wide" id="order">')
    assert 'id="undo_slot" hx-swap-oob="true"' in shown
    assert shown.count(f"Order {placed.number}: Confirmed.") == 1
    placed.refresh_from_db()
    shown = step(login(florist), placed, "completed", **PART).content.decode()
    assert 'id="announcer" hx-swap-oob="true"' in shown, "what a florist can't undo is said without a bar"
    assert shown.count(f"Order {placed.number}: Completed.") == 1
    assert "undo_slot" not in shown


def test_a_step_from_a_list_leads_back_to_it_but_never_away_from_the_shop(shop, login, florist):
    browser, rose = login(florist), stocked("Red rose")
    back = "/orders/?view=late"
    assert step(browser, order((rose, "1")), "new", next=back)["Location"] == back
    placed = order((rose, "1"))
    assert step(browser, placed, "new", next="https://evil.example/")["Location"] == f"/orders/{placed.pk}/"


def test_a_cancelled_order_says_so_gives_its_goods_back_and_can_be_reopened(shop, login, owner):
    rose, browser = stocked("Red rose"), login(owner)
    placed = order((rose, "10"))
    confirm_order(placed)
    assert step(browser, placed, "cancelled").status_code == 302
    assert stock_of(rose).reserved == 0
    shown = page(browser, f"/orders/{placed.pk}/")
    assert "The order is cancelled" in shown
    assert "Reopen" in shown
    assert step(browser, placed, "confirmed").status_code == 302
    assert stock_of(rose).reserved == 10


def test_a_status_of_the_shop_s_own_is_a_step_too(shop, login, florist):
    own = OrderStatus.objects.create(code="photo", name="Waits for a photo", category="assembling", position=45)
    placed = order((stocked("Red rose"), "1"))
    placed.status = status("assembling")
    placed.save()
    browser = login(florist)
    assert "Waits for a photo" in page(browser, f"/orders/{placed.pk}/")
    assert step(browser, placed, "photo").status_code == 302
    placed.refresh_from_db()
    assert placed.status == own


# --- What the page shows --------------------------------------------------------------------------------------------


def test_a_line_that_waits_says_how_much_is_reserved(shop, login, florist):
    rose = stocked("Red rose", ("12", "10"))
    placed = order((rose, "15"))
    browser = login(florist)
    assert "12 of 15" in page(browser, f"/orders/{placed.pk}/")
    confirm_order(placed)
    shown = page(browser, f"/orders/{placed.pk}/")
    assert "12 of 15" in shown
    assert "waits for goods" in shown
    receive(rose, "3")
    confirm_order(placed)
    assert "everything is reserved" in page(browser, f"/orders/{placed.pk}/")


def test_a_sold_line_shows_its_batches_and_to_the_office_its_cost(shop, login, owner, florist):
    rose = stocked("Red rose", ("5", "10"), ("30", "20"))
    placed = order((rose, "8", "100"))
    complete_order(placed)
    shown = page(login(owner), f"/orders/{placed.pk}/")
    assert shown.count('class="batch"') == 2
    assert "₽110" in shown
    assert "margin ₽690" in shown
    assert "₽110" not in page(login(florist), f"/orders/{placed.pk}/")


@pytest.mark.parametrize(
    ("language", "words"), [("ru", ["Состав", "История", "Оплата"]), ("en", ["Contents", "History", "Payment"])]
)
def test_the_page_of_an_order_speaks_the_reader_s_language(shop, login, staff, language, words):
    placed = order((stocked("Red rose"), "1"))
    shown = page(login(staff("owner", language=language)), f"/orders/{placed.pk}/")
    assert all(word in shown for word in words)


def test_the_history_names_who_did_what(shop, login, staff):
    lena = staff("florist", name="Лена")
    placed = order((stocked("Red rose"), "1"))
    browser = login(lena)
    step(browser, placed, "confirmed")
    pay(browser, placed, "40")
    shown = page(browser, f"/orders/{placed.pk}/")
    assert "<b>Лена</b>: “Draft” → “Confirmed”" in shown
    assert "<b>Лена</b>: ₽40 received, card" in shown


def test_the_page_of_an_order_costs_a_fixed_number_of_statements(shop, login, owner, django_assert_max_num_queries):
    goods = [stocked(f"Rose {number}") for number in range(6)]
    placed = order(*[(rose, "2") for rose in goods], (kit("Morning", "900", (goods[0], "1"), (goods[1], "2")), "1"))
    browser = login(owner)
    for prepare in (confirm_order, complete_order, cancel_order):
        prepare(placed)
        with django_assert_max_num_queries(20):
            page(browser, f"/orders/{placed.pk}/")


# --- Payments -------------------------------------------------------------------------------------------------------


def test_a_payment_is_written_down_once_however_often_it_is_sent(shop, login, florist):
    placed, browser, key = order((stocked("Red rose"), "3")), login(florist), uuid.uuid4()
    for _press in range(2):
        answer = pay(browser, placed, "120,50", key=key)
        assert answer.status_code == 302
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.by) == (Decimal("120.50"), "card", florist)
    placed.refresh_from_db()
    assert placed.paid == Decimal("120.50")
    assert "Debt ₽179.50" in page(browser, f"/orders/{placed.pk}/")


@pytest.mark.parametrize(
    "fields",
    [{"amount": "0"}, {"amount": "-1"}, {"amount": "abc"}, {"amount": ""}, {"amount": "1,234"}, {"amount": "9" * 20},
     {"method": "shells"}, {"method": ""}, {"key": ""}, {"key": "x"}],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, PART])
def test_a_payment_that_can_not_be_meant_is_refused_beside_its_field(shop, login, florist, fields, headers):
    placed = order((stocked("Red rose"), "3"))
    answer = pay(login(florist), placed, **{"amount": "100", **fields, **headers})
    assert answer.status_code == 422
    assert "Error: please correct" in answer.content.decode()
    assert not Payment.objects.exists()


@pytest.mark.parametrize("path", ["status", "payments", "price"])
def test_changing_pages_answer_to_posts_only(shop, login, owner, path):
    placed = order((stocked("Red rose"), "3"))
    browser = login(owner)
    assert browser.get(f"/orders/{placed.pk}/{path}/").status_code == 405
    assert browser.post(f"/orders/999999/{path}/").status_code == 404
    assert browser.post("/orders/").status_code == 405


# --- The list -------------------------------------------------------------------------------------------------------


def names_in(shown):
    return [name for name in ("Anna", "Boris", "Clara", "Dina") if f">{name}<" in shown]


def placed_for(name, *, days=0, start=None, end=None, code="new", phone="", **fields):
    contact = Contact.objects.create(name=name, phone=phone)
    rose = make_product(f"Rose of {name}")
    return order(
        (rose, "1"), due_on=today() + timedelta(days=days), due_from=start, due_until=end, buyer=contact,
        recipient=contact, status=status(code), **fields,
    )  # fmt: skip


def test_views_of_the_list_hold_their_days(shop, login, florist, at_noon):
    placed_for("Anna", start=time(9), end=time(11))
    placed_for("Boris", start=time(13), end=time(15))
    placed_for("Clara", days=1)
    placed_for("Dina", days=-1, code="cancelled")
    browser = login(florist)
    assert names_in(page(browser, "/orders/")) == ["Anna", "Boris"]
    assert names_in(page(browser, "/orders/?view=tomorrow")) == ["Clara"]
    assert names_in(page(browser, "/orders/?view=late")) == ["Anna"]
    assert names_in(page(browser, "/orders/?view=all")) == ["Anna", "Boris", "Clara", "Dina"]
    assert names_in(page(browser, "/orders/?view=nonsense")) == ["Anna", "Boris"]


def test_a_row_says_in_words_how_late_or_how_soon_it_is(shop, login, florist, at_noon):
    placed_for("Anna", start=time(9), end=time(11, 20))
    placed_for("Boris", start=time(12, 30), end=time(14))
    placed_for("Clara", days=-3)
    browser = login(florist)
    shown = page(browser, "/orders/")
    assert "late by 40 min" in shown
    assert "in 30 min" in shown
    assert "late by 2 days" in page(browser, "/orders/?view=late")


def test_a_row_shows_whom_what_money_and_what_waits(shop, login, florist):
    anna = Contact.objects.create(name="Anna", phone="+79120001042")
    rose = stocked("Red rose", ("3", "10"))
    placed = order(
        (rose, "15", "100"), (kit("Morning", "900", (rose, "1")), "1"), buyer=anna, recipient=anna, address="Garden st, 5",
        status=status("confirmed"),
    )  # fmt: skip
    record_payment(placed, amount=Decimal(400), method="cash")
    shown = page(login(florist), "/orders/")
    for words in ("Anna", f"No.</span> {placed.number}", "Garden st, 5", "Red rose ×15, Morning", "Debt ₽2,000", "₽2,400",
                  "Confirmed", "waits for 13\u00a0pcs"):  # fmt: skip
        assert words.replace("</span>", "") in shown.replace("</span>", ""), words


def test_orders_are_found_by_number_end_of_the_telephone_name_and_address(shop, login, florist):
    anna = placed_for("Anna", days=40, phone="+79120001042")
    placed_for("Boris", days=-40, phone="+79120007777", address="Garden street, 5")
    browser = login(florist)
    for text in (str(anna.number), f"№ {anna.number}", "1042", "001042", "+7 912 000-10-42", "89120001042", "ann"):
        assert names_in(page(browser, "/orders/?" + f"q={text.replace('+', '%2B').replace(' ', '%20')}")) == ["Anna"], (
            text
        )
    assert names_in(page(browser, "/orders/?q=GARDEN")) == ["Boris"]
    for text in ("42", "%25", "_", "'; drop table orders_order; --", "{{ 7 }}"):
        assert names_in(page(browser, f"/orders/?q={text}")) == [], text


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 10_000, "q=" + "9" * 90])
def test_a_search_that_can_not_be_meant_is_refused_in_words(shop, login, florist, query):
    answer = login(florist).get(f"/orders/?{query}")
    assert answer.status_code == 422
    assert 'class="notice"' in answer.content.decode()


def test_a_status_filter_narrows_the_view_and_nonsense_is_ignored(shop, login, florist):
    placed_for("Anna")
    placed_for("Boris", code="draft")
    browser = login(florist)
    assert names_in(page(browser, f"/orders/?status={status('draft').pk}")) == ["Boris"]
    assert names_in(page(browser, "/orders/?status=" + "9" * 40)) == ["Anna", "Boris"]
    assert "Nothing found" in page(browser, f"/orders/?status={status('ready').pk}")


@pytest.mark.parametrize(
    "after", ["x", "0_2026-01-01_10:00_x", "0_2026-99-01_10:00_4", "____", "0_2026-01-01_10:00_" + "9" * 40]
)
def test_a_broken_cursor_is_not_found(shop, login, florist, after):
    assert login(florist).get(f"/orders/?after={after}").status_code == 404


@pytest.mark.parametrize("view", [View.TODAY, View.ALL])
def test_pages_by_cursor_show_every_order_once(shop, monkeypatch, view, at_noon):
    monkeypatch.setattr("orders.selectors.lists.PAGE", 3)
    rose = make_product("Rose")
    made = [
        order((rose, "1"), due_from=time(9 + number % 3) if number % 4 else None,
              status=status("cancelled" if number % 3 == 0 else "new"))
        for number in range(11)
    ]  # fmt: skip
    seen, after = [], ""
    for _page in range(5):
        found = order_page(view=view, now=at_noon, statuses=list(OrderStatus.objects.all()), after=after)
        seen += [row.order.pk for row in found.rows]
        after = found.after
        if not after:
            break
    assert sorted(seen) == sorted(row.pk for row in made)
    if view is View.TODAY:
        ended = [Order.objects.get(pk=key).status.is_end for key in seen]
        assert ended == sorted(ended)


def test_show_more_brings_the_next_rows_and_their_own_foot(shop, login, florist, monkeypatch):
    monkeypatch.setattr("orders.selectors.lists.PAGE", 2)
    for name, start in (("Anna", 9), ("Boris", 10), ("Clara", 11)):
        placed_for(name, start=time(start))
    browser = login(florist)
    answer = browser.get("/orders/")
    assert names_in(answer.content.decode()) == ["Anna", "Boris"]
    more = page(browser, answer.context["next_url"], **PART)
    assert names_in(more) == ["Clara"]
    assert "<html" not in more
    assert 'id="orders_foot"' in more
    assert "order_views" not in more
    assert names_in(page(browser, answer.context["next_url"])) == ["Clara"]


def test_htmx_gets_what_was_found_and_the_views_beside_it(shop, login, florist):
    placed_for("Anna")
    shown = page(login(florist), "/orders/?q=anna", **PART)
    assert shown.lstrip().startswith('<div class="stack" id="orders_found"')
    assert 'id="order_views"' in shown
    assert "hx-swap-oob" in shown


def test_the_list_costs_at_most_twelve_statements_whatever_the_rows(
    shop, login, florist, django_assert_max_num_queries
):
    rose = stocked("Red rose", ("9", "10"))
    bouquet = kit("Morning", "900", (rose, "2"))
    for number in range(12):
        anna = Contact.objects.create(name=f"Anna {number}")
        order((rose, "2"), (bouquet, "1"), buyer=anna, recipient=anna, status=status("confirmed"))
    browser = login(florist)
    for url in ("/orders/", "/orders/?q=anna", "/orders/?view=late"):
        with django_assert_max_num_queries(12):
            page(browser, url)


@pytest.mark.parametrize(
    ("language", "words"),
    [("ru", ["Заказы", "Опаздывают", "Заказов пока нет"]), ("en", ["Orders", "Late", "No orders here yet"])],
)
def test_the_empty_list_speaks_the_reader_s_language(shop, login, staff, language, words):
    shown = page(login(staff("florist", language=language)), "/orders/")
    assert all(word in shown for word in words)


# --- What comes back --------------------------------------------------------------------------------------------------


def test_goods_of_a_completed_order_are_taken_back_from_its_page(shop, login, seller, florist):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    placed = order((rose, "5"), (kit("Posy", "300", (rose, "2"), (tulip, "1")), "2"))
    confirm_order(placed)
    assert "take_back" not in page(login(seller), f"/orders/{placed.pk}/")
    complete_order(placed)
    sales = list(Sale.objects.order_by("pk"))
    address = "/stock/returns/new/?" + "&amp;".join(f"sale={sale.pk}" for sale in sales)
    assert len(sales) == 3
    assert address in page(login(seller), f"/orders/{placed.pk}/")
    assert "take_back" not in page(login(florist), f"/orders/{placed.pk}/")
    first = sales[0]
    answer = login(seller).post(address.replace("&amp;", "&"), {f"sale-{first.pk}-quantity": "2", "key": uuid.uuid4()})
    assert answer["Location"] == f"/orders/{placed.pk}/"
    seen = page(login(seller), f"/orders/{placed.pk}/")
    assert "2 came back" in seen
    assert Sale.objects.get(pk=first.pk).returned == 2


def test_the_margin_of_an_order_is_told_down_to_the_receipts(shop, login, owner, seller):
    rose = stocked("Red rose", ("3", "10"), ("9", "20"))
    placed = order((rose, "5"), discount=Decimal(50))
    assert "Nothing is sold yet" in page(login(owner), f"/orders/{placed.pk}/margin/")
    complete_order(placed)
    assert login(seller).get(f"/orders/{placed.pk}/margin/").status_code == 403
    seen = page(login(owner), f"/orders/{placed.pk}/margin/")
    assert "₽450 − ₽70 = <b>₽380</b>" in seen
    for receipt in Receipt.objects.all():
        assert f"/stock/receipts/{receipt.pk}/" in seen
    assert f"/orders/{placed.pk}/margin/" in page(login(owner), f"/orders/{placed.pk}/")


def correct(browser, placed, total="250", **fields):
    sent = {"total": total, "seen": "300.00", "reason": "Tired petals", "key": uuid.uuid4(), **fields}
    headers = {name: sent.pop(name) for name in list(sent) if name.startswith("HTTP_")}
    return browser.post(f"/orders/{placed.pk}/price/", sent, **headers)


@pytest.fixture
def sold(shop):
    return complete_order(order((stocked("Red rose", ("5", "1")), "3")))


def test_the_price_of_a_completed_order_is_corrected_on_its_page(sold, login, owner):
    record_payment(sold, amount=Decimal(300), method="cash")
    browser = login(owner)
    assert "Correct the price" in page(browser, f"/orders/{sold.pk}/")

    answer = correct(browser, sold, **PART)

    assert answer.status_code == 200
    seen = answer.content.decode().replace("\xa0", " ")
    assert "−₽50" in seen
    assert "Tired petals" in seen
    assert "To give back" in seen
    assert "the price is corrected by −₽50: Tired petals" in seen
    receipt = page(browser, f"/orders/{sold.pk}/print/receipt/")
    assert "Tired petals" in receipt
    assert PriceNote.objects.get().by == owner


@pytest.mark.parametrize("role", ROLES)
def test_who_may_correct_a_price(sold, login, staff, role):
    may = role in {"owner", "manager"}
    browser = login(staff(role))
    assert ("Correct the price" in page(browser, f"/orders/{sold.pk}/")) is may
    assert correct(browser, sold).status_code == (302 if may else 403)
    assert PriceNote.objects.count() == may


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"total": "1,234"}, 422), ({"total": "-1"}, 422), ({"total": ""}, 422), ({"total": "300"}, 422),
        ({"reason": " "}, 422), ({"reason": "x" * 301}, 422), ({"seen": "x"}, 422), ({"key": ""}, 422),
        ({"seen": "299"}, 409),
    ],
)  # fmt: skip
def test_a_correction_that_can_not_be_meant_is_refused_in_its_form(sold, login, owner, fields, status):
    for headers in ({}, PART):
        answer = correct(login(owner), sold, **fields, **headers)
        assert answer.status_code == status
        assert '<details class="disclosure" open>' in answer.content.decode()
        assert not PriceNote.objects.exists()


def test_an_open_order_offers_no_correction_and_says_how_long_goods_are_held(shop, login, owner):
    placed = confirm_order(order((stocked("Red rose", ("5", "1")), "3"), hold_until=today()))
    seen = page(login(owner), f"/orders/{placed.pk}/")
    assert "Correct the price" not in seen
    assert "then they are free for others" in seen
    Order.objects.update(hold_until=today() - timedelta(days=1))
    assert "are free for others now" in page(login(owner), f"/orders/{placed.pk}/")
    assert correct(login(owner), placed).status_code == 409
