"""The first page: what needs a decision, the day by hours, what wilts, money against the same weekday."""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError
from django.utils import timezone

from inventory.models import Sale, WriteOff, WriteOffReason
from inventory.services.write_offs import write_off
from inventory.tests.factories import product, receive, stocked, warehouse
from orders.models import Contact, Order
from orders.services.lifecycle import complete_order, reopen_order, set_status
from orders.services.payments import record_payment
from orders.services.prices import correct_price
from orders.tests.factories import order, status, today
from reports.charts import bars, round_up
from reports.selectors import WEEK, MoneyOfDay, Takings, change, money_of_day, takings_by_day

PART = {"HTTP_HX_REQUEST": "true"}
LANGUAGES = ["ru", "en"]


@pytest.fixture
def noon(monkeypatch):
    """The clock of the page stands at noon of today."""
    now = timezone.make_aware(datetime.combine(today(), time(12)))
    monkeypatch.setattr("reports.views.today.timezone.now", lambda: now)
    return now


def page(browser, url="/", **headers):
    answer = browser.get(url, **headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def placed_for(name, *, start=None, end=None, code="new", wanted=(), days=0):
    placed = order(*wanted, due_on=today() + timedelta(days=days), due_from=start, due_until=end,
                   buyer=Contact.objects.create(name=name))  # fmt: skip
    return set_status(placed, status(code)) if code != "draft" else placed


def completed(rose, quantity, *, at, price="100"):
    """An order completed at a moment, with its sale."""
    done = complete_order(order((rose, quantity, price)))
    Order.objects.filter(pk=done.pk).update(completed_at=at)
    Sale.objects.filter(demand__order_link__item__order=done).update(sold_at=at)
    return done


def test_the_exceptions_count_what_needs_a_decision_and_lead_to_the_filtered_lists(shop, login, florist, noon):
    rose = stocked("Red rose", ("3", "10"))
    placed_for("Anna", start=time(9), end=time(10))
    placed_for("Boris", start=time(15))
    placed_for("Clara", code="draft")
    order((rose, "15"), status=status("confirmed"), due_on=today() + timedelta(days=20))
    owing = complete_order(order((stocked("Tulip"), "2")))
    tired = receive(product("Peony"), "5", expires_on=today() - timedelta(days=1))
    browser = login(florist)
    answer = browser.get("/")
    found = answer.context["exceptions"]
    assert (found.late, found.unpaid, found.waiting, answer.context["expired"]) == (1, 1, 1, 1)
    shown = answer.content.decode()
    for link in ("/orders/?view=late", "/orders/?view=unpaid", "/orders/?view=waiting", "/stock/?view=expired"):
        assert f'href="{link}"' in shown
    assert f"/orders/{owing.pk}/" in page(browser, "/orders/?view=unpaid")
    assert "Anna" not in page(browser, "/orders/?view=unpaid")
    waiting = page(browser, "/orders/?view=waiting")
    assert "waits for" in waiting
    assert f"/orders/{owing.pk}/" not in waiting
    expired = page(browser, "/stock/?view=expired")
    assert "Peony" in expired
    assert "Red rose" not in expired
    assert tired is not None


def test_a_paid_order_is_no_exception(shop, login, florist):
    paid = complete_order(order((stocked(), "2")))
    record_payment(paid, amount=paid.total, method="cash")
    assert login(florist).get("/").context["exceptions"].unpaid == 0


@pytest.mark.parametrize(("language", "said"), [("ru", "заказ опаздывает"), ("en", "order is late")])
def test_the_exceptions_alone_answer_the_page_that_asks_again(login, staff, noon, language, said):
    placed_for("Anna", start=time(9), end=time(10))
    shown = page(login(staff("florist", language=language)), **PART)
    assert shown.strip().startswith('<section id="exceptions"')
    assert said in shown
    assert "<html" not in shown


def test_orders_stand_by_the_hour_ready_late_and_ahead(shop, login, florist, noon):
    placed_for("Anna", start=time(9), end=time(10))
    placed_for("Boris", start=time(15, 30))
    placed_for("Clara", start=time(15), code="ready", wanted=[(stocked(), "1")])
    placed_for("Dina", end=time(8))
    placed_for("Erik")
    placed_for("Frida", start=time(15), code="draft")
    answer = login(florist).get("/")
    rows = {row.hour: (row.ready, row.late, row.rest) for row in answer.context["figures"].hours}
    assert rows == {8: (0, 1, 0), 9: (0, 1, 0), 15: (1, 0, 1), None: (0, 0, 1)}
    shown = answer.content.decode()
    assert "ready <b>1 of 5</b>" in shown
    assert "1 order is due at any time" in shown
    assert ">12:00</text>" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_in_a_drawing_are_for_machines_in_every_language(shop, login, staff, noon, language):
    rose = stocked("Red rose", ("90", "10"))
    for hour in (9, 9, 11):
        placed_for(f"Anna {hour}", start=time(hour))
    completed(rose, "3", at=noon, price="333.33")
    completed(rose, "1", at=noon - timedelta(days=3), price="77.70")
    shown = page(login(staff("owner", language=language)))
    drawings = re.findall(r"<svg height.*?</svg>", shown, re.DOTALL)
    assert len(drawings) == 2
    for drawing in drawings:
        values = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', drawing)
        assert values
        assert all(re.fullmatch(r"\d+(\.\d+)?%?", value) for value in values), values


def test_money_is_compared_with_the_same_weekday_up_to_the_same_time(shop, login, manager, noon):
    rose = stocked("Red rose", ("90", "40"))
    completed(rose, "3", at=noon - timedelta(hours=1))
    completed(rose, "2", at=noon - timedelta(days=7, hours=1))
    completed(rose, "50", at=noon - timedelta(days=7) + timedelta(hours=2))
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason=WriteOffReason.WILTED)
    WriteOff.objects.update(posted_at=noon)
    found = money_of_day(today(), noon)
    assert found.day == Takings(Decimal(300), 1, Decimal(300), Decimal(120), Decimal(40))
    assert (found.before.takings, found.before.count) == (200, 1)
    assert found.day.margin == 60
    assert found.day.lost_share == Decimal("13.3")
    shown = page(login(manager))
    for words in ("₽300", "+50\xa0%" if "+50\xa0%" in shown else "+50 %", "60 %", "₽40", "13.3 % of the takings"):
        assert words in shown


def test_a_day_that_is_over_is_compared_whole(shop, noon):
    rose = stocked("Red rose", ("90", "40"))
    yesterday = today() - timedelta(days=1)
    completed(rose, "1", at=noon - timedelta(days=1))
    completed(rose, "5", at=noon - timedelta(days=8) + timedelta(hours=6))
    found = money_of_day(yesterday, noon)
    assert (found.day.takings, found.before.takings) == (100, 500)
    assert change(found.day.takings, found.before.takings) == -80


def test_a_sale_without_an_order_counts_once_and_a_cancelled_one_not_at_all(shop, noon):
    from inventory.services.sale_processor import SaleProcessor

    rose = stocked("Red rose", ("90", "40"))
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(2), sale_price=Decimal(70),
                                     sold_at=noon)  # fmt: skip
    assert money_of_day(today(), noon).day == Takings(Decimal(140), 1, Decimal(140), Decimal(80), Decimal(0))
    SaleProcessor.reverse([sale])
    assert money_of_day(today(), noon).day == Takings()


def test_a_price_note_changes_the_day_it_is_posted_on(shop, noon):
    rose = stocked("Red rose", ("90", "40"))
    sold = completed(rose, "5", at=noon - WEEK - timedelta(hours=1))
    correct_price(sold, total=Decimal(420), seen=Decimal(500), reason="Tired", at=noon)

    found = money_of_day(today(), noon)

    assert (found.before.takings, found.before.revenue, found.before.count) == (500, 500, 1)
    assert (found.day.takings, found.day.revenue, found.day.count) == (-80, -80, 0)
    assert (found.day.margin, found.day.lost_share, found.day.average) == (None, None, None)
    week = dict(found.fortnight)
    assert (week[today() - WEEK].takings, week[today()].takings) == (500, -80)
    reopen_order(sold)
    assert money_of_day(today(), noon).day == Takings()


def test_the_fortnight_names_every_day_also_those_without_sales(shop, noon):
    rose = stocked("Red rose", ("90", "40"))
    completed(rose, "2", at=noon - timedelta(days=13))
    completed(rose, "1", at=noon - timedelta(days=14))
    rows = takings_by_day(today())
    assert [day for day, _row in rows] == [today() - timedelta(days=13 - number) for number in range(14)]
    assert [row.takings for _day, row in rows] == [Decimal(200), *[Decimal(0)] * 13]


@pytest.mark.parametrize(
    ("role", "sees"),
    [("owner", "money cost stock"), ("manager", "money cost stock"), ("seller", "money stock"), ("florist", "stock"),
     ("courier", "")],
)  # fmt: skip
def test_each_role_sees_its_own_tiles(login, staff, role, sees):
    money, cost, stock = (tile in sees for tile in ("money", "cost", "stock"))
    shown = page(login(staff(role)))
    assert ("Takings of 14 days" in shown) is money
    assert ("Margin" in shown) is cost
    assert ("Write-offs at cost" in shown) is cost
    assert ("Wilting and running out" in shown) is stock


def test_what_wilts_is_written_off_and_what_lacks_received_from_here(shop, login, florist, noon):
    peony = product("Peony")
    batch = receive(peony, "38", expires_on=today())
    rose = stocked("Red rose", ("3", "10"))
    order((rose, "15"), status=status("confirmed"))
    shown = page(login(florist))
    assert f"/stock/write-off/?batch={batch.pk}" in shown
    assert f"/stock/receive/?product={rose.pk}&amp;warehouse={warehouse().pk}" in shown
    assert "orders wait for 12" in shown


def test_another_day_is_in_the_address_and_shows_no_exceptions_of_now(shop, login, manager, noon):
    placed_for("Anna", start=time(9), end=time(10), days=1)
    browser = login(manager)
    tomorrow, yesterday = (today() + timedelta(days=days) for days in (1, -1))
    shown = page(browser)
    assert f'href="/?day={tomorrow.isoformat()}"' in shown
    assert f'href="/?day={yesterday.isoformat()}"' in shown
    ahead = page(browser, f"/?day={tomorrow.isoformat()}")
    assert "Anna" in ahead
    assert 'id="exceptions"' not in ahead
    assert "Takings of 14 days" not in ahead
    assert 'href="/"' in ahead
    assert "Takings of 14 days" in page(browser, f"/?day={yesterday.isoformat()}")


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "1890-01-01", "9999-12-31", "%00"])
def test_a_day_that_can_not_be_meant_is_not_found(shop, login, manager, day):
    assert login(manager).get(f"/?day={day}").status_code == 404


def test_the_page_asks_the_database_at_most_25_times_and_again_less_for_a_minute(
    shop, login, owner, django_assert_max_num_queries
):
    rose = stocked("Red rose", ("200", "10"))
    for number in range(8):
        placed_for(f"Anna {number}", start=time(10), code="confirmed", wanted=[(rose, "2")])
        receive(product(f"Peony {number}"), "5", expires_on=today())
        completed(rose, "1", at=timezone.now())
    browser = login(owner)
    browser.get("/profile/")  # from now on the host is known
    with django_assert_max_num_queries(25):
        page(browser)
    with django_assert_max_num_queries(17):
        page(browser)


def test_money_is_kept_for_a_minute_and_in_its_own_shop(shop, other_shop, login, owner, monkeypatch):
    asked = []

    def count(day, now):
        asked.append(day)
        return MoneyOfDay(Takings(takings=Decimal(5)), Takings(), [(today(), Takings())])

    monkeypatch.setattr("reports.views.today.money_of_day", count)
    browser = login(owner)
    page(browser)
    page(browser)
    assert len(asked) == 1
    from django.db import connection

    connection.set_tenant(other_shop)
    from accounts.models import User

    other = login(User.objects.create_user("tulips-own", role="owner", language="en"), other_shop)
    assert other.get("/").status_code == 200
    assert len(asked) == 2


@pytest.mark.parametrize("spoken", [("ru", "не удалось посчитать"), ("en", "could not be counted")])
def test_figures_that_can_not_be_counted_leave_the_rest_of_the_page(login, staff, monkeypatch, caplog, spoken):
    language, said = spoken

    def fail(day, now):
        raise DatabaseError("too slow")

    monkeypatch.setattr("reports.views.today.money_of_day", fail)
    shown = page(login(staff("owner", language=language)))
    assert said in shown
    assert 'id="wilting_title"' in shown
    assert "could not be counted" in caplog.text


@pytest.mark.parametrize(("language", "said"), [("ru", "На сегодня заказов нет"), ("en", "No orders for today")])
def test_the_first_page_of_an_empty_day_leads_on(shop, login, staff, language, said):
    shown = page(login(staff("florist", language=language)))
    assert said in shown
    assert "/orders/?view=tomorrow" in shown


@pytest.mark.parametrize(("now", "before", "per_cent"), [(150, 100, 50), (90, 100, -10), (5, 0, None), (None, 3, None)])
def test_a_change_is_told_in_whole_per_cent_or_not_at_all(now, before, per_cent):
    assert change(now, before) == per_cent


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), ("84200", 100000), ("1200.5", 2000), (45, 50), (7, 10)])
def test_the_top_of_a_scale_is_a_round_number(value, top):
    assert round_up(Decimal(value)) == top


def test_bars_stand_on_the_ground_and_the_largest_is_as_high_as_asked():
    drawn = bars([[("bar", 2), ("bar-rest", 2)], [("bar", 1), ("bar-rest", 0)]], bottom=148, height=120)
    assert [part.kind for part in drawn[0].parts] == ["bar", "bar-rest"]
    assert drawn[0].parts[1].y == 28
    assert drawn[0].parts[0].y + drawn[0].parts[0].height == 146
    assert len(drawn[1].parts) == 1
    assert drawn[0].middle == 25
    assert drawn[1].middle == 75
