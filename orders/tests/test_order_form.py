"""Taking an order down and changing it in the browser."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.tests.factories import kit, receive, stock_of, stocked
from inventory.tests.factories import product as make_product
from orders.models import Contact, Order, OrderItem
from orders.services.lifecycle import complete_order, confirm_order
from orders.tests.factories import order, today
from orders.tests.pages import line_fields, order_form, ref

NEW = "/orders/new/"
ROLES = {"owner": 200, "manager": 200, "florist": 200, "seller": 200, "courier": 403}
PART = {"HTTP_HX_REQUEST": "true"}


def edit_url(row):
    return f"/orders/{row.pk}/edit/"


def edit_form(row, *wanted, **fields):
    fields.setdefault("version", row.version)
    return order_form(*wanted, status=None, key=None, **fields)


@pytest.mark.parametrize("role", ROLES)
def test_the_form_is_for_those_who_may_change_orders(shop, login, staff, role):
    browser = login(staff(role))
    placed = order((stocked("Red rose"), "1"))
    for url in (NEW, edit_url(placed), "/orders/goods/?q=rose"):
        assert browser.get(url).status_code == ROLES[role]
    assert browser.post(NEW, order_form()).status_code == (302 if ROLES[role] == 200 else 403)


def test_strangers_are_sent_to_the_log_in(client):
    for url in (NEW, "/orders/1/edit/", "/orders/goods/"):
        assert client.get(url)["Location"].startswith("/login/")


@pytest.mark.parametrize(("language", "words"), [("ru", ["Новый заказ", "Сохранить"]), ("en", ["New order", "Save"])])
def test_the_form_speaks_the_reader_s_language(shop, login, staff, language, words):
    page = login(staff("florist", language=language)).get(NEW).content.decode()
    assert all(word in page for word in words)


def test_htmx_gets_the_form_without_the_shell(shop, login, florist):
    answer = login(florist).get(NEW, **PART)
    assert b"<html" not in answer.content
    assert b'id="order_form"' in answer.content
    assert "HX-Request" in answer["Vary"]


def test_an_order_is_written_down_with_its_people_lines_and_total(shop, login, florist):
    rose = stocked("Red rose", ("30", "10"))
    bouquet = kit("Morning", "1500", (rose, "5"))
    answer = login(florist).post(
        NEW,
        order_form(
            (rose, "15", "99,50"), (bouquet, "2"),
            fulfilment="delivery", address="Садовая, 5", same_recipient=None, recipient_name="Мария",
            recipient_phone="89120001043", discount="100", delivery_price="350", card_message="С днём рождения!",
            courier_note="код 12", status_code="confirmed",
        ),
    )  # fmt: skip
    made = Order.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/orders/{made.pk}/"
    assert made.total == Decimal(15) * Decimal("99.50") + 3000 - 100 + 350
    assert (made.buyer.name, made.buyer.phone) == ("Anna", "+79120001042")
    assert (made.recipient.name, made.recipient.phone) == ("Мария", "+79120001043")
    assert (made.address, made.card_message, made.courier_note) == ("Садовая, 5", "С днём рождения!", "код 12")
    assert made.status.code == "confirmed"
    assert made.created_by == florist
    assert made.events.first().by == florist
    assert stock_of(rose).reserved == 25


def test_the_buyer_receives_the_flowers_unless_somebody_else_is_named(shop, login, florist):
    login(florist).post(NEW, order_form((stocked("Red rose"), "1"), recipient_name="ignored"))
    made = Order.objects.get()
    assert made.recipient == made.buyer
    assert Contact.objects.count() == 1


def test_two_presses_make_one_order(shop, login, florist):
    browser, data = login(florist), order_form((stocked("Red rose"), "3"))
    first, second = browser.post(NEW, data), browser.post(NEW, data)
    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    nameless = order_form((stocked("Tulip"), "3"), buyer_phone="")
    assert browser.post(NEW, nameless)["Location"] == browser.post(NEW, nameless)["Location"]
    assert Order.objects.count() == 2


@pytest.mark.parametrize(
    ("language", "said"), [("en", "already sent with other values"), ("ru", "с другими значениями")]
)
def test_the_same_key_with_another_content_is_refused(shop, login, staff, language, said):
    browser, rose, key = login(staff("florist", language=language)), stocked("Red rose"), uuid.uuid4()
    browser.post(NEW, order_form((rose, "3"), key=key))
    answer = browser.post(NEW, order_form((rose, "4"), key=key))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert OrderItem.objects.get().quantity == 3


def test_a_known_number_keeps_its_name_and_the_page_says_so(shop, login, florist):
    Contact.objects.create(name="Olga", phone="+79120001042")
    page = login(florist).post(NEW, order_form((stocked("Red rose"), "1")), follow=True).content.decode()
    assert "belongs to Olga" in page
    assert Order.objects.get().buyer.name == "Olga"


BAD = [
    ({"buyer_phone": "", "buyer_name": ""}, "Write down who orders", "Запишите, кто заказывает"),
    ({"buyer_phone": "12"}, "not a telephone number", "не похоже на телефон"),
    ({"buyer_phone": "javascript:alert(1)"}, "not a telephone number", "не похоже на телефон"),
    ({"same_recipient": None}, "Write down who receives", "Запишите, кто получит"),
    ({"fulfilment": "delivery", "status_code": "new"}, "Write the address", "Укажите адрес"),
    ({"due_from": "12:00", "due_until": "10:00"}, "ends before it begins", "заканчивается раньше"),
    ({"due_from": "25:00"}, "no such time", "Такого времени нет"),
    ({"due_on": "2026-02-30"}, "no such day", None),
    ({"due_on": "0000-01-01"}, "no such day", None),
    ({"due_on": "9999-12-31"}, "too far ahead", None),
    ({"due_on": ""}, "required", None),
    ({"discount": "1000000"}, "discount is more than the goods cost", "Скидка больше стоимости"),
    ({"discount": "-5"}, "too small", None),
    ({"delivery_price": "1,234"}, "two ways", None),
    ({"key": ""}, "lost its key", None),
    ({"key": "42"}, "lost its key", None),
    ({"card_message": "a\x00b"}, "printed", None),
    ({"buyer_name": "x" * 5000}, "too long", None),
    ({"status": "10" * 20}, "Select a valid choice", None),
    ({"status": ""}, "required", None),
    ({"fulfilment": "pigeon"}, "Select a valid choice", None),
    ({"lines-0-quantity": "0"}, "greater than zero", None),
    ({"lines-0-quantity": "NaN"}, "not a number", None),
    ({"lines-0-quantity": "1e400"}, "not a number", None),
    ({"lines-0-quantity": "9" * 400}, "too long", None),
    ({"lines-0-quantity": "1.2345"}, "Too many digits", None),
    ({"lines-0-quantity": "½"}, "not a number", None),
    ({"lines-0-quantity": "٣"}, "not a number", None),
    ({"lines-0-quantity": ""}, "required", None),
    ({"lines-0-price": "-1"}, "too small", None),
    ({"lines-0-price": "99999999999999"}, "too large", None),
    ({"lines-0-goods": "p999999"}, "not in the catalogue any more", "больше нет в каталоге"),
    ({"lines-0-goods": "p" + "9" * 18}, "not in the catalogue any more", None),
    ({"lines-0-goods": "x'; drop table"}, "not in the catalogue any more", None),
    ({"lines-0-goods": ""}, "not in the catalogue any more", None),
    ({"lines-0-item": "-4"}, "greater than or equal", None),
    ({"lines-0-item": "9" * 30}, "less than or equal", None),
    ({"lines-TOTAL_FORMS": "201"}, "200", None),
    ({"lines-TOTAL_FORMS": None}, "lines", None),
    ({"goods_search": "nothing like this"}, "Nothing on sale is called", "В продаже нет"),
    ({"goods_search": "a\x00"}, "Null characters", None),
]


@pytest.mark.parametrize("case", BAD, ids=[str(case[0])[:40] for case in BAD])
def test_what_can_not_be_meant_is_answered_in_words_and_changes_nothing(shop, login, florist, case):
    fields, english, russian = case
    rose = stocked("Red rose", ("30", "10"))
    browser = login(florist)
    for language, said in (("en", english), ("ru", russian)):
        if said is None:
            continue
        florist.language = language
        florist.save()
        answer = browser.post(NEW, order_form((rose, "3"), **fields))
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not Order.objects.exists()
    assert not Contact.objects.exists()
    assert stock_of(rose).reserved == 0


def test_a_confirmed_order_without_lines_is_refused_and_leaves_nothing(shop, login, florist):
    answer = login(florist).post(NEW, order_form(status_code="confirmed"))
    assert answer.status_code == 409
    assert "has no lines" in answer.content.decode()
    assert not Order.objects.exists()
    assert not Contact.objects.exists()


def test_ten_thousand_fields_are_refused_before_anything_is_read(shop, login, florist):
    answer = login(florist).post(NEW, {f"field{number}": "1" for number in range(10_000)})
    assert answer.status_code == 400


def test_markup_in_names_is_shown_as_text(shop, login, florist):
    evil = "<script>alert(1)</script>"
    rose = stocked(f"{evil} rose")
    browser = login(florist)
    data = order_form((rose, "1"), buyer_name=evil, card_message=evil, address=evil, fulfilment="delivery")
    page = browser.post(NEW, data, follow=True)
    placed = Order.objects.get()
    assert placed.card_message == evil
    for answer in (page, browser.get(edit_url(placed)), browser.get("/orders/"), browser.get("/orders/goods/?q=rose")):
        assert "alert(1)" in answer.content.decode()
        assert evil not in answer.content.decode()


# --- Lines: the same buttons with a script and without --------------------------------------------------------------


def test_a_typed_sku_or_name_adds_a_line_and_saves_nothing(shop, login, florist):
    rose = stocked("Red rose")
    browser = login(florist)
    for typed in (rose.sku, "red ROSE"):
        page = browser.post(NEW, order_form(add_line="1", goods_search=typed, buyer_name="Kept"))
        assert page.status_code == 200
        assert f'value="{ref(rose)}"' in page.content.decode()
        assert 'value="Kept"' in page.content.decode()
    assert not Order.objects.exists()


def test_an_ambiguous_name_brings_suggestions_to_choose_from(shop, login, florist):
    first, second = stocked("Rose Freedom"), stocked("Rose Mondial")
    browser = login(florist)
    answer = browser.post(NEW, order_form(add_line="1", goods_search="rose"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'name="choose_goods" value="{ref(first)}"' in page
    assert f'name="choose_goods" value="{ref(second)}"' in page
    chosen = browser.post(NEW, order_form(choose_goods=ref(second), goods_search="rose"))
    assert f'name="lines-0-goods" value="{ref(second)}"' in chosen.content.decode()


def test_saving_with_an_unresolved_search_asks_instead_of_dropping_it(shop, login, florist):
    first, _second = stocked("Rose Freedom"), stocked("Rose Mondial")
    answer = login(florist).post(NEW, order_form(goods_search="rose"))
    assert answer.status_code == 422
    assert f'value="{ref(first)}"' in answer.content.decode()
    assert not Order.objects.exists()


def test_saving_with_an_exact_name_in_the_search_adds_one_of_it(shop, login, florist):
    rose = stocked("Red rose")
    login(florist).post(NEW, order_form(goods_search="red rose"))
    item = OrderItem.objects.get()
    assert (item.product, item.quantity, item.price) == (rose, Decimal(1), Decimal(100))


def test_the_same_goods_chosen_again_count_one_more(shop, login, florist):
    rose = stocked("Red rose")
    page = login(florist).post(NEW, order_form((rose, "4"), choose_goods=ref(rose))).content.decode()
    assert 'name="lines-0-quantity"' in page
    assert "lines-1-goods" not in page
    assert 'value="5"' in page


def test_a_line_is_removed_and_the_others_stay_as_typed(shop, login, florist):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    data = order_form((rose, "4", "12,50"), (tulip, "abc"), remove_line="0")
    page = login(florist).post(NEW, data).content.decode()
    assert f'name="lines-0-goods" value="{ref(tulip)}"' in page
    assert 'value="abc"' in page
    assert ref(rose) + '"' not in page


@pytest.mark.parametrize(
    "button", [{"remove_line": "99"}, {"remove_line": "x"}, {"choose_goods": "p0"}, {"choose_goods": "p" + "9" * 40},
               {"add_line": "1"}, {"recount": "1"}],
)  # fmt: skip
def test_a_button_sent_with_nonsense_never_breaks_the_form(shop, login, florist, button):
    rose = stocked("Red rose")
    answer = login(florist).post(NEW, order_form((rose, "4"), **button))
    assert answer.status_code in {200, 422}
    assert f'value="{ref(rose)}"' in answer.content.decode()
    assert not Order.objects.exists()


def test_htmx_gets_the_lines_alone_and_the_totals_beside_them(shop, login, florist):
    rose = stocked("Red rose", ("3", "10"))
    answer = login(florist).post(NEW, order_form((rose, "5"), choose_goods=ref(rose)), **PART)
    page = answer.content.decode()
    assert page.lstrip().startswith('<div class="stack" id="order_lines">')
    assert 'id="order_totals" hx-swap-oob="true"' in page
    assert "₽600" in page
    assert "3\u00a0pcs will wait" in page
    recount = login(florist).post(NEW, order_form((rose, "7"), recount="1"), **PART).content.decode()
    assert "₽700" in recount
    assert "order_lines" not in recount


def test_the_picker_shows_at_most_eight_goods_with_price_and_what_is_free(shop, login, florist):
    for number in range(12):
        make_product(f"Rose {number:02d}", "100")
    rose = stocked("Rose red", ("30", "10"), price="250")
    kit("Rose morning", "1500", (rose, "7"))
    make_product("Rose old", "1", is_active=False)
    browser = login(florist)
    page = browser.get("/orders/goods/?q=rose").content.decode()
    assert page.count("choose_goods") == 8
    page = browser.get("/orders/goods/?q=red+rose").content.decode()
    assert "₽250" in page
    assert "free 30" in page
    assert "free 4" in browser.get("/orders/goods/?q=morning").content.decode()
    assert "Nothing on sale" in browser.get("/orders/goods/?q=old").content.decode()
    assert browser.get("/orders/goods/?q=" + "x" * 3000).status_code == 422
    assert browser.get("/orders/goods/?q=%00").status_code == 422
    assert browser.get("/orders/goods/?order=zz&q=%25").status_code == 200


# --- Changing -------------------------------------------------------------------------------------------------------


def test_an_order_is_changed_with_its_lines_and_its_reservation_follows(shop, login, florist):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    placed = order((rose, "10"), buyer=Contact.objects.create(name="Ana", phone="+79120001042"))
    confirm_order(placed)
    placed.refresh_from_db()
    [item] = placed.items.all()
    data = edit_form(placed, (rose, "12"), (tulip, "3"), **{"lines-0-item": item.pk})
    answer = login(florist).post(edit_url(placed), data)
    assert answer.status_code == 302
    assert [(line.pk == item.pk, line.product, line.quantity) for line in placed.items.all()] == [
        (True, rose, Decimal(12)), (False, tulip, Decimal(3)),
    ]  # fmt: skip
    assert (stock_of(rose).reserved, stock_of(tulip).reserved) == (12, 3)
    placed.refresh_from_db()
    assert placed.buyer.name == "Anna"
    assert placed.events.last().by == florist


def test_a_line_left_out_of_the_form_leaves_the_order(shop, login, florist):
    rose, tulip = stocked("Red rose"), stocked("Tulip")
    placed = order((rose, "10"), (tulip, "2"))
    confirm_order(placed)
    placed.refresh_from_db()
    first = placed.items.first()
    login(florist).post(edit_url(placed), edit_form(placed, (rose, "10"), **{"lines-0-item": first.pk}))
    assert [line.product for line in placed.items.all()] == [rose]
    assert stock_of(tulip).reserved == 0


def test_the_form_of_an_order_shows_what_it_holds(shop, login, florist):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10", "99.50"), buyer=Contact.objects.create(name="Anna", phone="+79120001042"))
    confirm_order(placed)
    page = login(florist).get(edit_url(placed)).content.decode()
    for shown in ('value="Anna"', 'value="10"', 'value="99.50"', f'value="{ref(rose)}"', "free 30"):
        assert shown in page


@pytest.mark.parametrize(("language", "said"), [("en", "Somebody was quicker"), ("ru", "Кто-то успел раньше")])
def test_a_stale_form_is_refused_and_keeps_what_was_typed(shop, login, staff, language, said):
    rose = stocked("Red rose")
    placed = order((rose, "10"))
    browser = login(staff("florist", language=language))
    first = browser.post(edit_url(placed), edit_form(placed, (rose, "11")))
    second = browser.post(edit_url(placed), edit_form(placed, (rose, "12"), courier_note="my words"))
    assert (first.status_code, second.status_code) == (302, 409)
    assert said in second.content.decode()
    assert "my words" in second.content.decode()
    assert OrderItem.objects.get().quantity == 11


# --- Somebody else was quicker ---------------------------------------------------------------------------------------


def opened(browser, placed, **changes):
    """What a browser would send of the open form, with these fields typed over."""
    return resent(browser.get(edit_url(placed)), **changes)


def resent(answer, **changes):
    """The form of a page, sent with these fields typed over."""
    form = answer.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    for number, line in enumerate(form.lines.forms):
        sent |= {f"lines-{number}-{name}": line[name].value() for name in line.fields}
    sent |= {"lines-TOTAL_FORMS": len(form.lines.forms), "lines-INITIAL_FORMS": 0, **changes}
    return {name: value for name, value in sent.items() if value is not None and value is not False}


@pytest.fixture
def contested(shop, login, staff):
    """An order that two people have open, and their browsers."""
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10", "100"), address="Садовая, 5", card_message="Old words",
                   buyer=Contact.objects.create(name="Anna", phone="+79120001042"))  # fmt: skip
    confirm_order(placed)
    return placed, login(staff("florist")), login(staff("manager", name="Lena"))


def test_what_only_one_of_two_changed_goes_together_and_is_told(contested):
    placed, mine, lena = contested
    early = opened(mine, placed, card_message="New words")
    assert (
        lena.post(
            edit_url(placed), opened(lena, placed, address="Речная, 7", due_from="14:00", due_until="16:00")
        ).status_code
        == 302
    )
    late = mine.post(edit_url(placed), early)
    placed.refresh_from_db()
    assert (late.status_code, placed.card_message, placed.address) == (409, "Old words", "Речная, 7")
    conflict = late.context["conflict"]
    assert [part.name for part in conflict.taken] == ["address", "slot"]
    assert conflict.taken[1].theirs == ["14:00–16:00"]
    assert conflict.clashes == []
    assert len(conflict.told) == 1
    assert "Lena" in conflict.told[0]
    assert mine.post(edit_url(placed), resent(late)).status_code == 302
    placed.refresh_from_db()
    assert (placed.card_message, placed.address, f"{placed.due_from:%H:%M}") == ("New words", "Речная, 7", "14:00")


@pytest.mark.parametrize("choice", ["mine", "theirs", ""])
def test_what_both_changed_is_asked_part_by_part(contested, choice):
    placed, mine, lena = contested
    early = opened(mine, placed, **{"card_message": "My words", "lines-0-quantity": "12", "discount": "50"})
    lena.post(edit_url(placed), opened(lena, placed, **{"card_message": "Her words", "lines-0-quantity": "15"}))
    late = mine.post(edit_url(placed), early)
    page = late.content.decode()
    assert late.status_code == 409
    assert [part.name for part in late.context["conflict"].clashes] == ["card_message", "lines"]
    assert "My words" in page
    assert "Her words" in page
    assert late.context["conflict"].clashes[1].theirs[0].startswith("Red rose × 15")
    assert OrderItem.objects.get().quantity == 15
    again = {"take_card_message": choice, "take_lines": "theirs"} if choice else {}
    assert mine.post(edit_url(placed), resent(late, **again)).status_code == 302
    placed.refresh_from_db()
    assert placed.card_message == ("Her words" if choice == "theirs" else "My words")
    assert OrderItem.objects.get().quantity == (15 if choice else 12)
    assert placed.discount == 50
    assert stock_of(OrderItem.objects.get().product).reserved == OrderItem.objects.get().quantity


def test_an_answer_that_is_late_itself_is_asked_again(contested):
    placed, mine, lena = contested
    early = opened(mine, placed, address="My street")
    lena.post(edit_url(placed), opened(lena, placed, address="Her street"))
    late = mine.post(edit_url(placed), early)
    lena.post(edit_url(placed), opened(lena, placed, address="Her other street"))
    later = mine.post(edit_url(placed), resent(late, take_address="mine"))
    assert later.status_code == 409
    assert later.context["conflict"].clashes[0].theirs == ["Her other street"]
    placed.refresh_from_db()
    assert placed.address == "Her other street"
    assert mine.post(edit_url(placed), resent(later, take_address="theirs")).status_code == 302
    placed.refresh_from_db()
    assert placed.address == "Her other street"


@pytest.mark.parametrize("base", ["", "nonsense", "another"])
def test_a_form_that_lost_what_it_was_opened_with_asks_about_every_difference(contested, base):
    placed, mine, lena = contested
    other = order((stocked("Tulip"), "1"))
    carried = opened(mine, other)["base"] if base == "another" else base
    early = opened(mine, placed, address="My street", base=carried)
    lena.post(edit_url(placed), opened(lena, placed, card_message="Her words"))
    late = mine.post(edit_url(placed), early)
    assert [part.name for part in late.context["conflict"].clashes] == ["address", "card_message"]
    refused = mine.post(edit_url(placed), resent(late, take_address="theirs", base=carried))
    assert refused.status_code == 422
    assert "out of date" in refused.content.decode()
    placed.refresh_from_db()
    assert (placed.address, placed.card_message) == ("Садовая, 5", "Her words")


def test_an_order_closed_meanwhile_is_not_changed_and_keeps_what_was_typed(contested):
    placed, mine, _lena = contested
    early = opened(mine, placed, address="My street")
    complete_order(placed)
    late = mine.post(edit_url(placed), early)
    assert late.status_code == 409
    assert "Reopen it first" in late.content.decode()


@pytest.mark.parametrize(("language", "said"), [("en", "Take theirs"), ("ru", "Взять чужое")])
def test_the_question_speaks_the_reader_s_language(contested, login, staff, language, said):
    placed, _mine, lena = contested
    mine = login(staff("seller", language=language))
    early = opened(mine, placed, due_on=str(today() + timedelta(days=1)))
    lena.post(edit_url(placed), opened(lena, placed, due_on=str(today() + timedelta(days=2))))
    late = mine.post(edit_url(placed), early, **PART)
    assert said in late.content.decode()
    assert "<html" not in late.content.decode()


@pytest.mark.parametrize(("language", "said"), [("en", "Reopen it first"), ("ru", "Сначала верните его в работу")])
def test_a_closed_order_can_not_be_changed(shop, login, staff, language, said):
    rose = stocked("Red rose")
    placed = order((rose, "10"))
    complete_order(placed)
    placed.refresh_from_db()
    browser = login(staff("owner", language=language))
    for answer in (browser.get(edit_url(placed)), browser.post(edit_url(placed), edit_form(placed, (rose, "1")))):
        assert answer.status_code == 409
        assert said in answer.content.decode()
    assert OrderItem.objects.get().quantity == 10
    assert stock_of(rose).quantity == 20


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30])
def test_a_form_without_a_sane_version_changes_nothing(shop, login, florist, version):
    rose = stocked("Red rose")
    placed = order((rose, "10"))
    assert login(florist).post(edit_url(placed), edit_form(placed, (rose, "1"), version=version)).status_code == 422
    assert OrderItem.objects.get().quantity == 10


def test_an_order_longer_than_the_form_is_not_cut(shop, login, florist, monkeypatch):
    monkeypatch.setattr("orders.views.taking.MAX_LINES", 1)
    placed = order((stocked("Red rose"), "1"), (stocked("Tulip"), "1"))
    answer = login(florist).get(edit_url(placed))
    assert answer.status_code == 409
    assert "more than 1 lines" in answer.content.decode()


@pytest.mark.parametrize("key", ["0", "999999", "9" * 30])
def test_an_order_that_is_not_there_is_not_found(shop, login, florist, key):
    for path in ("", "edit/"):
        assert login(florist).get(f"/orders/{key}/{path}").status_code == 404


def test_orders_of_another_shop_are_not_found(shop, login, florist, other_shop):
    from core.tenancy import in_schema

    with in_schema(other_shop.schema_name):
        theirs = order((stocked("Red rose"), "1"))
    Order.objects.filter(pk=theirs.pk).delete()
    assert login(florist).get(f"/orders/{theirs.pk}/").status_code == 404


def test_an_older_order_can_still_be_changed(shop, login, florist):
    rose = stocked("Red rose")
    placed = order((rose, "1"), due_on=today() - timedelta(days=200))
    data = edit_form(placed, (rose, "2"), due_on=placed.due_on.isoformat())
    assert login(florist).post(edit_url(placed), data).status_code == 302


def test_a_second_warehouse_is_asked_for_and_its_stock_is_shown(shop, login, florist):
    from inventory.models import Warehouse

    rose = stocked("Red rose", ("30", "10"))
    cooler = Warehouse.objects.create(name="Cooler", position=9)
    receive(rose, "7", warehouse=cooler)
    browser = login(florist)
    page = browser.post(NEW, order_form(warehouse=cooler.pk, choose_goods=ref(rose))).content.decode()
    assert "free 7" in page
    browser.post(NEW, order_form((rose, "2"), warehouse=cooler.pk))
    assert Order.objects.get().warehouse == cooler
    assert browser.post(NEW, order_form((rose, "2"), warehouse="777")).status_code == 422


def test_the_rows_of_the_formset_alone_are_not_an_order(shop, login, florist):
    assert login(florist).post(NEW, line_fields((stocked("Red rose"), "1"))).status_code == 422
    assert not Order.objects.exists()


def test_enter_takes_the_only_thing_that_is_found(login, seller):
    stocked("Роза 50 см")
    stocked("Тюльпан")
    browser = login(seller)
    page = browser.post(NEW, order_form(goods_search="роза", add_line="1")).content.decode()
    assert 'name="lines-0-quantity"' in page
    stocked("Роза 60 см")
    answer = browser.post(NEW, order_form(goods_search="роза", add_line="1"))
    assert answer.status_code == 422
    assert 'name="lines-0-quantity"' not in answer.content.decode()
    assert not Order.objects.exists()


# --- The same buyer again --------------------------------------------------------------------------------------------


@pytest.fixture
def regular(shop):
    """A buyer who had flowers sent to four places, one of them twice, and took some away himself."""
    rose, buyer = stocked("Red rose"), Contact.objects.create(name="Anna", phone="+79120001042")
    maria = Contact.objects.create(name="Maria", phone="+79120001043")
    for person, street in ((maria, "First street"), (buyer, "Own house"), (maria, "Office"), (maria, "Seaside"),
                           (maria, "office")):  # fmt: skip
        order((rose, "1"), buyer=buyer, recipient=person, address=street, courier_note=f"note of {street}")
    order((rose, "1"), buyer=buyer, fulfilment="pickup", address="")
    order((rose, "1"), buyer=maria, address="Of another buyer")
    return buyer


def test_the_last_three_places_of_a_buyer_are_offered_once_each(regular, login, florist):
    browser = login(florist)
    part = browser.get("/orders/deliveries/", {"buyer_phone": "8 912 000-10-42"}, **PART)
    assert [row.address for row in part.context["deliveries"]] == ["office", "Seaside", "Own house"]
    for typed in ("", "12", "nobody", "+79999999999"):
        assert browser.get("/orders/deliveries/", {"buyer_phone": typed}).content.strip() == b""


def test_one_more_for_a_buyer_begins_with_who_and_where(regular, login, florist):
    browser = login(florist)
    placed = Order.objects.filter(address="Seaside").get()
    assert f"/orders/new/?buyer={regular.pk}" in browser.get(f"/orders/{placed.pk}/").content.decode()
    page = browser.get(f"{NEW}?buyer={regular.pk}")
    assert page.context["form"]["buyer_name"].value() == "Anna"
    assert len(page.context["deliveries"]) == 3
    for nobody in ("", "x", "999999", "²"):
        assert browser.get(f"{NEW}?buyer={nobody}").context["form"]["buyer_name"].value() in {None, ""}


def test_what_was_typed_before_is_not_lost_to_one_more(regular, login, florist):
    browser = login(florist)
    browser.post("/orders/new/draft/", order_form(buyer_name="Boris", buyer_phone=""))
    assert browser.get(f"{NEW}?buyer={regular.pk}").context["form"]["buyer_name"].value() == "Boris"


def test_without_a_script_a_place_is_filled_in_by_the_server_and_nothing_is_saved(regular, login, florist):
    before, seaside = Order.objects.count(), Order.objects.get(address="Seaside")
    answer = login(florist).post(NEW, order_form(use_delivery=seaside.pk, card_message="typed"))
    form = answer.context["form"]
    shown = {name: form[name].value() for name in ("address", "courier_note", "recipient_name", "fulfilment")}
    assert shown == {"address": "Seaside", "courier_note": "note of Seaside", "recipient_name": "Maria",
                     "fulfilment": "delivery"}  # fmt: skip
    assert (form["same_recipient"].value(), form["card_message"].value()) == (False, "typed")
    for nonsense in ("x", "999999999"):
        again = login(florist).post(NEW, order_form(use_delivery=nonsense, address="mine"))
        assert again.context["form"]["address"].value() == "mine"
    assert Order.objects.count() == before


def test_places_are_for_those_who_may_change_orders(regular, login, staff):
    assert login(staff("courier")).get("/orders/deliveries/?buyer_phone=89120001042").status_code == 403
