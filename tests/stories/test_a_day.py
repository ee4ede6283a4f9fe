"""A shop's day in a browser, in Russian and in English: each flow with its greatest number of steps."""

import re
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from core.tenancy import in_public, in_schema
from inventory.models import Sale, Stock, WriteOff
from inventory.services.checking import check_stock
from inventory.tests.factories import product, receive, stock_of
from orders.domain.lifecycle import Category
from orders.invariants import INVARIANTS
from orders.models import Contact, Order
from products.models import Product
from tests.stories.conftest import PHONE
from tests.stories.hand import Hand, rest, wait_until

LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
GOOD = "iris-and-lily-7"
ON_A_PHONE = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


def sound():
    """The stock adds up."""
    assert check_stock(extra=INVARIANTS) == []


@LANGUAGES
@pytest.mark.slow
def test_from_the_application_to_the_first_sale(visit, live_shop, language, do_jobs):
    platform = live_shop.origin.replace("rose.", "")
    port = platform.rpartition(":")[2]
    page = visit(platform, locale=language)
    page.goto("/")
    page.locator(".hero .button.primary").click()
    hand = Hand(page, f"apply for a shop ({language})", 8)
    hand.fill("[name=shop_name]", "Мята")
    hand.fill("[name=owner_name]", "Анна Белова")
    expect(page.locator("[name=schema_name]")).to_have_value("myata")
    hand.fill("[name=owner_email]", "anna@example.com")
    hand.click("[name=consent]")
    hand.click("form[action='/apply/'] button.primary")
    hand.finish()
    expect(page).to_have_url(re.compile(r"/application/[0-9a-f-]{36}/"))
    do_jobs()
    [code] = re.findall(r"^ +(\w{4}-\w{4})$", mail.outbox[-1].body, re.MULTILINE)
    hand = Hand(page, f"confirm the e-mail ({language})", 2)
    hand.fill("[name=code]", f" {code.upper().replace('-', ' ')} ")
    hand.click("form[action$='/confirm/'] button.primary")
    hand.finish()
    expect(page.locator("form[action$='/confirm/']")).to_have_count(0)

    with in_public():
        User.objects.create_superuser("operator", "op@example.com", GOOD, language=language)
    page = visit(platform, locale=language)
    page.goto("/login/?next=/admin/customers/tenantregistration/")
    page.locator("[name=username]").fill("operator")
    page.locator("[name=password]").fill(GOOD)
    page.locator("button.primary").click()
    page.get_by_role("link", name="Мята").first.click()
    hand = Hand(page, f"approve an application ({language})", 2)
    hand.click(page.locator("a[href*='approve']").first)
    hand.click("form button[type=submit]:visible")
    hand.finish()
    do_jobs()
    assert len(mail.outbox) == 2, [message.subject for message in mail.outbox]
    invitation = re.search(r"/invitation/\S+", mail.outbox[-1].body).group(0)

    page = visit(f"http://myata.localhost:{port}", locale=language)
    page.goto(invitation)
    page.locator("[name=password1]").fill(GOOD)
    page.locator("[name=password2]").fill(GOOD)
    page.locator("button.primary").click()
    expect(page.locator("#first_steps")).to_be_visible()

    hand = Hand(page, f"from the first page to the first sale ({language})", 32)
    hand.click("#first_steps a[href='/catalogue/starter/']")
    hand.click("main form a[href='/catalogue/new/']")
    hand.fill("[name=name]", "Роза 50 см")
    hand.fill("[name=sale_price]", "150")
    hand.click("button.primary:visible")
    hand.click(".nav-link[href='/']")
    hand.click("#first_steps a[href^='/stock/receive/']")
    hand.fill("[name=lines-0-product]", "Роза")
    hand.click("#lines-0-found button")
    hand.fill("[name=lines-0-quantity]", "25")
    hand.fill("[name=lines-0-unit_cost]", "62")
    hand.click("form footer button.primary")
    hand.click(".nav-link[href='/']")
    hand.click("#first_steps a[href='/orders/new/']")
    hand.fill("[name=buyer_name]", "Пётр")
    hand.click(page.locator("label").filter(has=page.locator("[value=pickup]")))
    hand.fill("[name=goods_search]", "Роза")
    hand.click("#goods_found button")
    hand.fill("[name=lines-0-quantity]", "10")
    hand.click("aside button.primary")
    for _step in range(6):
        if page.locator("#next_step").count() == 0:
            break
        before = page.locator("#order h1 + p .status").inner_text()
        hand.click("#next_step")
        expect(page.locator("#order h1 + p .status")).not_to_have_text(before)
    hand.finish()
    with in_schema("myata"):
        order = Order.objects.get()
        assert order.status.category == Category.COMPLETED
        assert stock_of(Product.objects.get()).quantity == 15
        assert Sale.objects.get().amount == 1500
        sound()


@LANGUAGES
def test_an_order_by_telephone_of_somebody_known_until_it_is_completed(browse, staff, live_shop, language):
    rose = product("Роза 50 см", "150", vase_life_days=7)
    receive(rose, "10", "60", day=0)
    receive(rose, "40", "70", day=1)
    Contact.objects.create(name="Мария Павлова", phone="+79120006789")
    page = browse(staff("owner", language=language))
    page.goto("/orders/new/")

    hand = Hand(page, f"an order of somebody known ({language})", 10)
    hand.fill("[name=buyer_phone]", "6789")
    hand.click("#contact_first")
    hand.fill("[name=address]", "Садовая 5, кв 8")
    hand.click("[data-day] >> nth=1")
    hand.fill("[name=due_from]", "10:00")
    hand.fill("[name=due_until]", "12:00")
    hand.fill("[name=goods_search]", "роза")
    hand.click("#goods_found button")
    hand.fill("[name=lines-0-quantity]", "15")
    hand.click("aside button.primary")
    hand.finish()
    order = Order.objects.get()
    assert (order.buyer.name, order.total, order.due_on) == (
        "Мария Павлова", Decimal(2250), timezone.localdate() + timezone.timedelta(days=1),
    )  # fmt: skip

    hand = Hand(page, f"confirm from the menu of steps ({language})", 2)
    hand.click(page.locator("[id^=step_]").filter(has_text={"ru": "Подтверждён", "en": "Confirmed"}[language]))
    hand.finish()
    stock = stock_of(rose)
    assert (stock.quantity, stock.reserved) == (50, 15)

    hand = Hand(page, f"write down a payment ({language})", 3)
    hand.click("#payment_title >> xpath=ancestor::section >> css=summary")
    hand.click("#take_payment")
    hand.finish()
    order.refresh_from_db()
    assert (order.paid, order.debt) == (2250, 0)

    while page.locator("#next_step").count():
        before = page.locator("#order h1 + p .status").inner_text()
        hand = Hand(page, f"the next step from “{before}” ({language})", 1)
        hand.click("#next_step")
        expect(page.locator("#order h1 + p .status")).not_to_have_text(before)
        hand.finish()
    order.refresh_from_db()
    assert order.status.category == Category.COMPLETED
    stock.refresh_from_db()
    assert (stock.quantity, stock.reserved) == (35, 0)
    sale = Sale.objects.get()
    assert (sale.quantity, sale.amount, sale.cost) == (15, 2250, 10 * 60 + 5 * 70), "the oldest batch first"
    sound()


@LANGUAGES
def test_an_order_of_somebody_new_with_a_card(browse, staff, live_shop, language):
    rose = product("Роза 50 см", "150")
    receive(rose, "40", "70")
    page = browse(staff("seller", language=language))
    page.goto("/orders/new/")
    hand = Hand(page, f"an order of somebody new with a card ({language})", 22)
    hand.fill("[name=buyer_phone]", "+7 912 000-10-42")
    hand.fill("[name=buyer_name]", "Анна Белова")
    hand.click("[name=same_recipient]")
    hand.fill("[name=recipient_name]", "Ольга")
    hand.fill("[name=recipient_phone]", "8 912 000 22 01")
    hand.fill("[name=address]", "Мира 14, кв 31")
    hand.fill("[name=card_message]", "С днём рождения! Пусть этот год будет самым цветущим. Анна")
    hand.click("[data-day] >> nth=0")
    hand.fill("[name=due_from]", "18:00")
    hand.fill("[name=goods_search]", "50 см")
    hand.click("#goods_found button")
    hand.fill("[name=lines-0-quantity]", "21")
    hand.fill("[name=delivery_price]", "300")
    hand.click("aside button.primary")
    hand.finish()
    order = Order.objects.get()
    assert (order.buyer.phone, order.recipient.phone, order.total) == ("+79120001042", "+79120002201", Decimal(3450))
    assert order.card_message.startswith("С днём рождения!")


@LANGUAGES
def test_receiving_and_writing_off_on_a_phone(browse, staff, live_shop, language):
    rose = product("Роза 50 см", "150", vase_life_days=7)
    page = browse(staff("florist", language=language), **ON_A_PHONE)
    page.goto("/stock/receive/")
    hand = Hand(page, f"receive one line ({language})", 4)
    hand.fill("[name=lines-0-product]", "роза")
    hand.tap("#lines-0-found button")
    hand.fill("[name=lines-0-quantity]", "25")
    hand.fill("[name=lines-0-unit_cost]", "62,50")
    hand.finish()
    page.locator("form footer button.primary").tap()
    expect(page.locator("h1")).to_be_visible()
    stock = stock_of(rose)
    assert (stock.quantity, stock.value) == (25, Decimal("1562.50"))

    page.goto("/stock/")
    hand = Hand(page, f"write off one on a phone ({language})", 2)
    hand.tap(page.locator(".stock-list a[href*='write-off/?stock=']"))
    hand.tap("[name=reason][value=wilted]")
    hand.finish()
    stock.refresh_from_db()
    assert (stock.quantity, stock.value) == (24, Decimal("1500.00"))
    assert WriteOff.objects.get().reason == "wilted"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sound()


@LANGUAGES
def test_receiving_bunches_on_a_phone(browse, staff, live_shop, language):
    rose = product("Роза 50 см", "150")
    unit = rose.purchase_units.create(packing="bunch", factor=25)
    receive(rose, "1", "50")
    page = browse(staff("owner", language=language), **ON_A_PHONE)
    page.goto(f"/stock/receive/?product={rose.pk}")
    hand = Hand(page, f"receive one line of bunches ({language})", 4)
    hand.choose("[name=lines-0-unit]", str(unit.pk))
    hand.fill("[name=lines-0-quantity]", "10")
    hand.fill("[name=lines-0-unit_cost]", "1 550")
    hand.finish()
    said = {"ru": "10 пучков × 25 = 250", "en": "10 bunches × 25 = 250"}[language]
    expect(page.locator("#lines-0-counted")).to_contain_text(said)
    dearer = {"ru": "на 24 % дороже", "en": "24 % dearer"}[language]
    expect(page.locator("#lines-0-counted .badge")).to_contain_text(dearer)
    expect(page.locator("#lines_total b")).to_contain_text("500")
    assert page.evaluate("document.activeElement.name") == "lines-0-unit_cost", "typing goes on where it was"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("form footer button.primary").tap()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("table").first).to_contain_text(said.partition(" =")[0])
    stock = stock_of(rose)
    assert (stock.quantity, stock.value) == (251, Decimal(15550))
    sound()


def test_an_answer_that_comes_late_takes_nothing_from_what_was_typed_since(browse, staff, live_shop):
    """Quantity and cost are two fields that bring the same part of the page."""
    rose = product("Роза 50 см", "150")
    receive(rose, "1", "50")
    page = browse(staff("owner", language="en"))
    page.goto(f"/stock/receive/?product={rose.pk}")
    late, dropped = [], []

    def hold(route):
        if route.request.method == "POST" and not late:
            late.append(route)
        else:
            route.continue_()

    page.route("**/stock/receive/**", hold)
    page.on("requestfailed", dropped.append)
    page.fill("[name=lines-0-quantity]", "10")
    wait_until(page, lambda: late)
    page.fill("[name=lines-0-unit_cost]", "62")
    wait_until(page, lambda: dropped == [late[0].request])
    expect(page.locator("#lines_total b")).to_contain_text("620")
    expect(page.locator("#lines-0-counted .badge")).to_contain_text("24 % dearer")


@LANGUAGES
def test_a_double_press_on_complete_sells_once(browse, staff, live_shop, language):
    rose = product("Роза 50 см", "150")
    receive(rose, "30", "70")
    page = browse(staff("owner", language=language))
    from orders.services.lifecycle import confirm_order
    from orders.tests.factories import order as place

    order = place((rose, "10"), fulfilment="pickup")
    confirm_order(order)
    page.goto(f"/orders/{order.pk}/")
    done = page.locator("[id^=step_]").filter(has_text={"ru": "Выполнен", "en": "Completed"}[language]).first
    done.dblclick()
    rest(page)
    expect(page.locator("[id^=step_]").first).to_be_visible()
    order.refresh_from_db()
    assert order.status.category == Category.COMPLETED
    assert Stock.objects.get().quantity == 20
    assert Sale.objects.count() == 1
    sound()
