"""The shell in a browser: the palette, the keys, the bar of the phone, the log-in over a page."""

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from inventory.tests.factories import product
from orders.services.contacts import contact_of
from orders.tests.factories import order
from tests.stories.conftest import DESKTOP, PHONE
from tests.stories.hand import rest
from tests.stories.test_every_page import AXE_OPTIONS

BIT_OF_CTRL = 2
FOCUSED = "node => node === document.activeElement"


def press(page, code, key, *, ctrl=False, times=1):
    """A key as a keyboard in another layout sends it: the place `code`, the sign `key`."""
    session = page.context.new_cdp_session(page)
    for _ in range(times):
        for kind in ("rawKeyDown", "keyUp"):
            session.send(
                "Input.dispatchKeyEvent",
                {"type": kind, "code": code, "key": key, "modifiers": BIT_OF_CTRL if ctrl else 0},
            )


def palette(page):
    return page.get_by_role("dialog", name=re.compile("Search everywhere|Поиск по всему"))


def put_away(page):
    """Escape closes the palette; single keys count again when the focus has left its field."""
    page.keyboard.press("Escape")
    expect(palette(page)).to_be_hidden()
    page.wait_for_function("() => !document.activeElement?.closest('dialog, input')")


@pytest.fixture
def rows(browse, staff):
    """The list of orders with three of them, open in the browser of a seller."""
    for hour in (10, 12, 14):
        order(due_on=timezone.localdate(), due_from=f"{hour}:00")
    page = browse(staff("seller"))
    page.goto("/orders/")
    return page


@pytest.mark.parametrize("how", ["Control+k", "/", "press"])
def test_the_palette_opens_at_once_and_gives_the_focus_back(browse, staff, how):
    page = browse(staff("seller"))
    page.goto("/stock/")
    before = page.locator("#topbar_search" if how == "press" else ".sidebar .nav-link >> nth=1")
    before.focus()
    if how == "press":
        before.click()
    else:
        page.keyboard.press(how)
    assert palette(page).is_visible()
    expect(page.locator("#palette_text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette(page)).to_be_hidden()
    assert before.evaluate(FOCUSED)


def test_the_palette_waits_for_nothing_to_open(browse, staff):
    """Its shell is in the page: open in the same turn as the key, before anything could be asked of the server."""
    page = browse(staff("seller"))
    page.goto("/stock/")
    assert page.evaluate(
        """() => {
            document.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyK", key: "k", ctrlKey: true, cancelable: true }));
            return document.getElementById("palette").open;
        }"""
    )


def test_keys_are_known_by_their_place_in_a_russian_layout(browse, staff):
    page = browse(staff("seller", language="ru"))
    page.goto("/stock/")
    press(page, "KeyK", "л", ctrl=True)
    expect(palette(page)).to_be_visible()
    put_away(page)
    press(page, "Slash", ".")
    expect(palette(page)).to_be_visible()
    put_away(page)
    press(page, "KeyG", "п")
    press(page, "KeyO", "щ")
    page.wait_for_url("**/orders/")
    press(page, "KeyN", "т")
    page.wait_for_url("**/orders/new/")


def test_six_keys_lead_from_anywhere_to_the_order_of_a_telephone(browse, staff):
    made = order(buyer=contact_of(phone="+79123454567", name="Анна"))
    page = browse(staff("seller"))
    page.goto("/stock/")
    for key in ("Control+k", "4", "5", "6", "7", "Enter"):  # Enter comes before the rows do
        page.keyboard.press(key)
    page.wait_for_url(f"**/orders/{made.pk}/")


def test_rows_are_chosen_by_arrows_and_opened_by_enter(browse, staff):
    roses = [product(f"Роза {number}") for number in range(3)]
    page = browse(staff("seller"))
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("hjpf")  # роза, typed in the wrong layout
    field = page.locator("#palette_text")
    expect(page.locator("#palette_said")).to_have_text("3 found. Shown for “роза”")
    expect(page.locator("#announcer")).to_have_text("3 found. Shown for “роза”")
    assert page.locator("#announcer").evaluate("node => Boolean(node.closest('dialog[open]'))"), "else it is not heard"

    def active():
        return page.locator(f"#{field.get_attribute('aria-activedescendant')}").inner_text()

    page.keyboard.press("ArrowDown")
    assert active().startswith("Роза 0")
    page.keyboard.press("End")
    assert active().startswith("Роза 2")
    page.keyboard.press("ArrowDown")
    assert active().startswith("Роза 0"), "from the last to the first"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    assert active().startswith("Роза 1")
    assert page.locator("[role=option][aria-selected=true]").count() == 1
    assert field.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/catalogue/{roses[1].pk}/")


def test_the_last_text_wins_over_an_answer_that_comes_late(browse, staff):
    product("Роза")
    product("Пион")
    page = browse(staff("seller"))
    page.goto("/")
    page.keyboard.press("Control+k")
    page.route("**/search/?q=%D1%80*", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.keyboard.insert_text("роза")
    page.wait_for_timeout(300)
    page.locator("#palette_text").fill("пион")
    expect(page.locator("#hit_products_1")).to_contain_text("Пион")
    page.wait_for_timeout(900)
    assert "Пион" in page.locator("#hit_products_1").inner_text()


def test_the_search_works_without_a_script(browse, staff):
    rose = product("Роза")
    page = browse(staff("seller"), java_script_enabled=False)
    page.goto("/orders/")
    page.locator("#topbar_search").fill("роза")
    page.locator("#topbar_search").press("Enter")
    page.locator("main .hit").click()
    page.wait_for_url(f"**/catalogue/{rose.pk}/")


def test_rows_of_a_list_are_walked_and_selected_by_keys(rows):
    page = rows
    links = page.locator("[data-row]")
    press(page, "KeyJ", "о")
    assert links.nth(0).evaluate(FOCUSED)
    press(page, "KeyJ", "о", times=2)
    page.keyboard.press("ArrowUp")
    assert links.nth(1).evaluate(FOCUSED)
    press(page, "KeyX", "ч")
    press(page, "KeyJ", "о")
    page.keyboard.press("Shift+X")
    assert page.locator("tbody [type=checkbox]").evaluate_all("all => all.map((box) => box.checked)") == [
        False,
        True,
        True,
    ]
    page.keyboard.press("Escape")
    assert page.locator("tbody [type=checkbox]:checked").count() == 0
    page.keyboard.press("f")
    expect(page.locator("#order_search")).to_be_focused()
    page.keyboard.type("njx1")
    assert page.locator("#order_search").input_value() == "njx1", "in a field letters are letters"
    links.nth(0).focus()
    page.keyboard.press("v")
    assert page.locator(".views [aria-current=page]").evaluate(FOCUSED)
    page.keyboard.press("2")
    page.wait_for_url("**/orders/?view=tomorrow")


def test_switched_off_single_keys_do_nothing_and_ctrl_k_still_works(browse, staff):
    page = browse(staff("seller"))
    page.goto("/profile/")
    page.get_by_label("Single-key shortcuts").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("body")).to_have_attribute("data-shortcuts", "off")
    for key in ("n", "/", "?", "g", "o", "j"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url.endswith("/profile/")
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("Control+k")
    expect(palette(page)).to_be_visible()


def test_no_key_acts_behind_an_open_dialog(browse, staff):
    page = browse(staff("seller"))
    page.goto("/orders/")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("New", exact=False).or_(sheet.get_by_text("Next row"))).to_be_visible()
    expect(sheet).to_contain_text("П Щ")
    for key in ("n", "/", "1", "Control+k"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.url.endswith("/orders/")
    assert not palette(page).is_visible()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_the_sheet_and_the_keys_know_the_role(browse, staff):
    page = browse(staff("courier"))
    page.goto("/shortcuts/")
    assert "G O" in page.locator("main").inner_text()
    assert "G S" not in page.locator("main").inner_text()
    for key in ("n", "g", "s"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.url.endswith("/shortcuts/")


def test_a_bracket_goes_to_the_next_step_of_an_order_and_does_not_take_it(browse, staff):
    made = order((product("Роза"), "1"))
    page = browse(staff("seller"))
    page.goto(f"/orders/{made.pk}/")
    before = made.status_id
    press(page, "BracketRight", "ъ")
    assert page.locator("#next_step").evaluate(FOCUSED)
    made.refresh_from_db()
    assert made.status_id == before


def test_a_form_is_saved_by_ctrl_enter_and_ctrl_s(browse, staff):
    someone = staff("seller", name="Mary")
    page = browse(someone)
    for name, code, key in (("Anna", "Enter", "Enter"), ("Olga", "KeyS", "ы")):
        page.goto("/profile/")
        page.get_by_label("Name").fill(name)
        press(page, code, key, ctrl=True)
        expect(page.locator("#page_notice")).to_contain_text("saved")
        someone.refresh_from_db()
        assert someone.name == name


@pytest.mark.parametrize(
    ("role", "entries"),
    [
        ("owner", ["Today", "Orders", "Find", "Stock", "More"]),
        ("florist", ["Today", "Board", "Find", "Stock", "More"]),
        ("courier", ["Today", "Orders", "Find", "More"]),
    ],
)
def test_the_bar_of_the_phone_has_at_most_five_entries_and_the_rest_under_more(browse, staff, role, entries):
    page = browse(staff(role), viewport=PHONE, has_touch=True)
    page.goto("/orders/")
    bar = page.get_by_role("navigation", name="Main sections")
    found = bar.locator("> a, > details > summary")
    assert [text.strip() for text in found.all_inner_texts()] == entries
    assert (
        min(box["height"] for box in found.evaluate_all("all => all.map((one) => one.getBoundingClientRect())")) >= 48
    )
    bar.get_by_text("More").tap()
    profile = bar.get_by_role("link", name="Profile")
    profile.scroll_into_view_if_needed()  # the menu is higher than a phone for those who may do everything
    expect(profile).to_be_in_viewport()
    assert bar.get_by_role("link", name="Settings").is_visible() is (role == "owner")
    page.keyboard.press("Escape")
    bar.get_by_text("Find").tap()
    expect(palette(page)).to_be_visible()


def log_everybody_out():
    Session.objects.all().delete()


@pytest.mark.parametrize(("viewport", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_what_opens_over_a_page_is_accessible(browse, staff, viewport, theme):
    product("Роза")
    page = browse(staff("owner"), viewport=viewport, color_scheme=theme, reduced_motion="reduce")
    page.goto("/orders/")
    page.evaluate(AXE_SCRIPT)

    def judge(where):
        found = page.evaluate("(options) => axe.run(document, options)", AXE_OPTIONS)
        bad = [
            (rule["id"], node["html"][:200])
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]
        assert not bad, (where, bad)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], where

    page.keyboard.press("Control+k")
    judge("the palette before anything is typed")
    page.keyboard.type("роза")
    expect(page.locator("#hit_products_1")).to_be_visible()
    page.keyboard.press("ArrowDown")
    judge("the palette with a row chosen")
    page.locator("#palette_text").fill("zzqq")
    expect(page.locator("#palette_said")).to_contain_text("Nothing found")
    judge("the palette with nothing found")
    page.keyboard.press("Escape")
    expect(palette(page)).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts_body kbd").first).to_be_visible()
    judge("the keys")
    page.keyboard.press("Escape")
    log_everybody_out()
    page.locator("#order_search").fill("роза")
    expect(page.locator("#again_send")).to_be_visible()
    judge("the log-in")


def test_a_session_that_ended_asks_for_the_password_over_the_form_and_sends_it_again(browse, staff):
    made = order((product("Роза"), "1"))
    page = browse(staff("seller", username="mary", password="iris-and-lily-7"))
    page.goto(f"/orders/{made.pk}/")
    page.get_by_text("Take a payment").click()
    amount = page.locator("#take_payment").locator("xpath=ancestor::form").locator("input:not([type=hidden])").first
    amount.fill("100")
    log_everybody_out()
    page.locator("#take_payment").click()
    dialog = page.get_by_role("dialog", name="Log in again")
    expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
    assert dialog.get_by_label("User name or e-mail").input_value() == "mary"
    assert made.payments.count() == 0
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("do not belong together")).to_be_visible()
    rest(page)  # the focus goes to what is wrong; who types before that is no person
    assert amount.input_value() == "100"
    dialog.get_by_label("Password", exact=True).fill("iris-and-lily-7")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#payment_title")).to_be_visible()
    expect(page.locator("#announcer")).not_to_be_empty()
    assert [payment.amount for payment in made.payments.all()] == [100]


def test_the_log_in_over_a_page_speaks_the_language_of_the_page(browse, staff):
    page = browse(staff("seller", language="ru"), locale="en-US")
    page.goto("/orders/")
    log_everybody_out()
    page.locator("#order_search").fill("роза")
    expect(page.get_by_role("button", name="Войти и продолжить")).to_be_visible()


def test_another_person_who_logs_in_there_gets_the_page_anew_and_nothing_is_sent(browse, staff):
    made = order((product("Роза"), "1"))
    staff("seller", username="olga", password="iris-and-lily-7")
    page = browse(staff("seller", username="mary"))
    page.goto(f"/orders/{made.pk}/")
    page.get_by_text("Take a payment").click()
    page.locator("#take_payment").locator("xpath=ancestor::form").locator("input:not([type=hidden])").first.fill("100")
    log_everybody_out()
    page.locator("#take_payment").click()
    dialog = page.get_by_role("dialog", name="Log in again")
    dialog.get_by_label("User name or e-mail").fill("olga")
    dialog.get_by_label("Password", exact=True).fill("iris-and-lily-7")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#again")).to_be_hidden()
    assert made.payments.count() == 0


def test_a_dismissed_log_in_leaves_what_was_typed_and_sends_nothing_later(browse, staff):
    page = browse(staff("seller", username="mary", password="iris-and-lily-7"))
    page.goto("/orders/")
    log_everybody_out()
    page.locator("#order_search").fill("роза")
    dialog = page.get_by_role("dialog", name="Log in again")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.locator("#order_search").input_value() == "роза"
    assert page.url.endswith("/orders/")
