"""Undoing in a browser: two taps write off and one takes it back, the bar keeps out of the way, the keys work in any
layout, the bell counts without moving the page."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from core.models import RecentAction
from inventory.models import StockBatch
from inventory.services.checking import check_stock
from inventory.tests.factories import receive, stock_of, stocked
from orders.invariants import INVARIANTS
from orders.models import Order
from orders.tests.factories import order, status, today
from tests.stories.conftest import PHONE
from tests.stories.hand import rest, wait_until

TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
BAR = "#undo_slot > .undo-bar"
# What moved in the top bar after the bell's number came. Before that the page itself may still be coming in.
MOVED = """
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries()))
        .observe({ type: "layout-shift", buffered: true });
    window.moved = () => {
        const came = performance.getEntriesByType("resource").find(({ name }) => name.includes("/attention/bell/"));
        const in_top_bar = ({ node }) => (node?.closest ? node : node?.parentElement)?.closest(".topbar");
        const late = window.shifts.filter(({ startTime }) => startTime >= came.responseStart);
        return late.flatMap(({ sources }) => sources.filter(in_top_bar).map(({ node }) => node.outerHTML));
    };
"""


def press_ctrl_z(page, key="я"):
    """Ctrl and the key where a Latin keyboard has Z; in the Russian layout it types я."""
    keyboard = page.context.new_cdp_session(page)
    for kind in ("keyDown", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, "code": "KeyZ", "key": key, "modifiers": 2})


def box(page, selector):
    found = page.locator(selector).bounding_box()
    assert found, selector
    return found


def write_off_one(page, batch):
    page.goto("/stock/")
    page.locator(f"#batch_{batch.pk} a").first.click()
    page.locator(".reasons button").first.click()
    expect(page.locator(BAR)).to_be_visible()


def test_two_taps_write_off_and_one_takes_it_back_to_the_kopeck(browse, staff):
    rose = stocked("Роза", ("7", "33.3333"), ("5", "40"))
    before = list(StockBatch.objects.values()), stock_of(rose).value
    page = browse(staff("florist", language="ru"), **TOUCH)
    page.goto("/stock/")
    page.locator(".batches a.row-link").first.tap()
    page.locator(".reasons button").first.tap()
    bar = page.locator(BAR)
    expect(bar).to_contain_text("Списано: Роза, 1")
    assert bar.evaluate("bar => bar.getBoundingClientRect().bottom <= innerHeight"), "in sight without scrolling"
    expect(page.locator("#announcer")).to_contain_text("Списано: Роза, 1")
    assert page.locator("#page_notice .notice").count() == 0, "nothing is said twice"
    assert stock_of(rose).quantity == 11
    page.goto("/orders/")
    expect(bar).to_contain_text("Списано: Роза, 1")
    assert page.locator("#announcer").text_content() == "", "said once"
    page.locator("#undo_button").tap()
    page.wait_for_url("**/orders/")
    expect(page.locator("#page_notice")).to_contain_text("Отменено: Списано: Роза")
    expect(bar).to_have_count(0)
    assert (list(StockBatch.objects.values()), stock_of(rose).value) == before
    assert check_stock(extra=INVARIANTS) == []


@pytest.mark.parametrize("key", ["я", "z"])
def test_ctrl_z_undoes_in_any_layout_but_not_where_text_is_typed(browse, staff, key):
    rose = stocked("Rose", ("7", "10"))
    page = browse(staff("florist"))
    write_off_one(page, StockBatch.objects.get())
    page.locator("#search_text").fill("tulip")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    press_ctrl_z(page, key)
    page.evaluate("1")  # what the keys would have asked for is heard of by now
    assert sent == []
    assert stock_of(rose).quantity == 6
    page.locator("#page_title").focus()
    press_ctrl_z(page, key)
    expect(page.locator("#page_notice")).to_contain_text("Undone: Written off: Rose")
    assert stock_of(rose).quantity == 7
    assert RecentAction.objects.count() == 1


def test_the_bar_keeps_out_of_the_way_on_a_phone(browse, staff):
    for number in range(8):
        placed = order((stocked(f"Flower {number}", ("90", "10")), "1"), status=status("confirmed"))
    page = browse(staff("florist", language="ru"), **TOUCH)
    write_off_one(page, StockBatch.objects.first())
    for url in ("/", "/orders/", "/orders/new/", f"/orders/{placed.pk}/", "/stock/", "/catalogue/", "/profile/"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), url
        for end in (False, True):
            page.evaluate("end => window.scrollTo(0, end ? document.body.scrollHeight : 0)", end)
            bar = box(page, BAR)
            assert bar["y"] + bar["height"] <= PHONE["height"] + 1, (url, "the whole bar is in sight")
            assert bar["height"] >= 56, url
            for other in (".bottom-bar", ".pay-bar", ".next-step"):
                if page.locator(other).count() and (found := page.locator(other).last.bounding_box()):
                    assert found["y"] >= bar["y"] + bar["height"] - 1 or found["y"] + found["height"] <= bar["y"] + 1, (
                        url, other, found, bar,
                    )  # fmt: skip
        last = page.evaluate("document.querySelector('main').getBoundingClientRect().bottom")
        assert last <= box(page, BAR)["y"] + 1, (url, "the end of the content is above the bar")
    for button in ("#undo_button", "#undo_hide"):
        size = box(page, button)
        assert min(size["width"], size["height"]) >= 44, button


def test_a_step_brings_its_bar_and_it_can_be_put_away(browse, staff):
    placed = order((stocked("Rose", ("9", "10")), "2"), status=status("new"))
    page = browse(staff("florist"))
    page.goto(f"/orders/{placed.pk}/")
    page.locator("#next_step").click()
    expect(page.locator(BAR)).to_contain_text(f"Order {placed.number}: Confirmed.")
    expect(page.locator("#announcer")).to_have_text(f"Order {placed.number}: Confirmed.")
    page.locator("#undo_hide").click()
    expect(page.locator(BAR)).to_have_count(0)
    page.reload()
    assert page.locator(BAR).count() == 0
    page.locator("#next_step").click()
    expect(page.locator(BAR)).to_contain_text("Assembling")
    page.locator("#undo_button").click()
    expect(page.locator("#page_notice")).to_contain_text("Undone")
    assert Order.objects.get().status.code == "confirmed"


def test_without_a_script_the_bar_and_the_bell_are_forms_and_links(browse, staff):
    rose = stocked("Rose", ("9", "10"))
    page = browse(staff("florist"), java_script_enabled=False)
    write_off_one(page, StockBatch.objects.get())
    page.locator("#undo_hide").click()
    assert page.locator(BAR).count() == 0
    page.get_by_role("link", name="Needs a decision").click()
    page.wait_for_url("**/attention/")
    page.goto("/recent/")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#page_notice")).to_contain_text("Undone")
    assert stock_of(rose).quantity == 9


@pytest.mark.parametrize("options", [{}, TOUCH])
def test_the_bell_counts_without_moving_the_page_and_opens_a_list(browse, staff, options):
    expired = receive(stocked("Peony", ("1", "10")), "5", day=1, expires_on=today().replace(year=today().year - 1))
    page = browse(staff("florist"), **options)
    page.add_init_script(MOVED)
    page.goto("/profile/")
    expect(page.locator("#bell_count")).to_have_text("2")
    page.wait_for_timeout(200)
    assert page.evaluate("window.moved()") == []
    page.locator("#bell_button").click()
    heading = page.locator("#bell_panel h2")
    expect(heading).to_be_focused()
    panel = box(page, "#bell_panel")
    width = page.viewport_size["width"]
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= width
    page.keyboard.press("Escape")
    expect(heading).to_be_hidden()
    expect(page.locator("#bell_button")).to_be_focused()
    page.locator("#bell_button").click()
    page.locator("#bell_panel a").first.click()
    page.wait_for_url("**/stock/?view=expired&warehouse=*")
    assert page.locator(f"#batch_{expired.pk}").count() == 1
    assert stock_of(expired.stock.product).quantity == Decimal(6)


def test_nobody_asks_while_the_page_is_not_looked_at(browse, staff):
    page = browse(staff("florist"))
    page.goto("/profile/")
    expect(page.locator("#bell_count[hx-trigger*=every]")).to_be_attached()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/attention/" in request.url else None)
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.away ?? true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    assert asked == []
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(page, lambda: asked)
    rest(page)
    assert len(asked) == 1
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    assert page.locator("#page_notice .notice").count() == 0, "a question nobody asked fails in silence"
