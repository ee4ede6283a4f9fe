"""Everything once with the keyboard alone: no click, no tap, no fill in this file."""

import pytest
from playwright.sync_api import expect

from inventory.models import Sale, WriteOff
from inventory.services.checking import check_stock
from inventory.tests.factories import product, receive, stock_of
from orders.domain.lifecycle import Category
from orders.invariants import INVARIANTS
from orders.models import Order
from tests.stories.hand import rest

GOOD = "iris-and-lily-7"
WHERE = "document.activeElement"


class Keys:
    """A keyboard in front of a page."""

    def __init__(self, page):
        self.page = page

    def to(self, selector, *, most=120):
        """Tab until the focus is on `selector`. Wherever it stops on the way it has to be seen and to be on something."""
        for _press in range(most):
            if self.page.evaluate(f"(wanted) => {WHERE}.matches(wanted)", selector):
                return self
            self.page.keyboard.press("Tab")
            self._seen()
        raise AssertionError(
            f"no way to {selector} by Tab; the focus ended on {self.page.evaluate(f'{WHERE}.outerHTML')}"
        )

    def type(self, text):
        self.page.keyboard.type(text)
        return self

    def press(self, key, times=1):
        for _time in range(times):
            self.page.keyboard.press(key)
        self.rest()
        return self

    def rest(self):
        rest(self.page)

    def _seen(self):
        found = self.page.evaluate(
            f"""() => {{
                const node = {WHERE};
                if (node === document.body || node.closest("[hidden]")) return "";
                const box = node.getBoundingClientRect();
                const ring = getComputedStyle(node);
                const middle = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2);
                const covered = middle && !node.contains(middle) && !middle.contains(node) && middle.closest(".topbar, .bottom-bar, .undo-bar, .pay-bar");
                return (covered && !node.closest(".topbar, .bottom-bar, .undo-bar, .pay-bar") ? "covered: " + node.outerHTML.slice(0, 120) : "")
                    + (ring.outlineStyle === "none" && ring.boxShadow === "none" && !node.matches("input, [tabindex='-1']") && !node.parentElement.matches(":focus-within") ? "no ring: " + node.outerHTML.slice(0, 120) : "");
            }}"""
        )
        assert not found, found


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_the_log_in_to_a_completed_order(visit, live_shop, staff, language):
    rose = product("Роза 50 см", "150")
    receive(rose, "30", "70")
    staff("owner", username="marina", password=GOOD, language=language)
    page = visit(live_shop.origin, locale=language)
    keys = Keys(page)

    page.goto("/")
    keys.to("[name=username]").type("marina").to("[name=password]").type(GOOD).press("Enter")
    expect(page).to_have_url(f"{live_shop.origin}/")
    keys.to("[data-menu] summary").press("Enter").to("[data-menu] a[href='/orders/new/']").press("Enter")
    expect(page.locator("#order_form")).to_be_visible()
    keys.to("[name=buyer_name]").type("Пётр Ильин")
    keys.to("[name=fulfilment]").press("ArrowRight")
    assert page.locator("[value=pickup]").is_checked()
    keys.to("[name=goods_search]").type("роза 50").press("Enter")
    expect(page.locator("[name=lines-0-quantity]")).to_be_focused()
    keys.press("Control+a").type("12")
    keys.to("aside button.primary").press("Enter")
    expect(page.locator("#order")).to_be_visible()
    order = Order.objects.get()
    assert order.total == 1800

    for _step in range(6):
        order.refresh_from_db()
        if order.status.category == Category.COMPLETED:
            break
        version = order.version
        keys.to("#next_step:not(.only-phone *)" if page.locator("#next_step").count() else "[id^=step_]").press("Enter")
        order.refresh_from_db()
        assert order.version > version
        assert page.evaluate(f"{WHERE} !== document.body"), "the focus is not lost with the button that was pressed"
    assert order.status.category == Category.COMPLETED
    assert Sale.objects.get().quantity == 12
    assert stock_of(rose).quantity == 18

    keys.to(".nav-link[href='/stock/']").press("Enter")
    page.wait_for_url("**/stock/")
    keys.to(".stock-list a[href*='write-off/?stock=']").press("Enter")
    page.wait_for_url("**/write-off/**")
    keys.to("[name=reason][value=broken]").press("Enter")
    page.wait_for_url("**/stock/**")
    assert WriteOff.objects.get().quantity == 1
    assert stock_of(rose).quantity == 17
    assert check_stock(extra=INVARIANTS) == []


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_refused_form_takes_the_focus_to_what_is_wrong(browse, staff, language):
    page = browse(staff("owner", language=language))
    keys = Keys(page)
    page.goto("/catalogue/new/")
    keys.to("[name=sale_price]").type("дорого").press("Enter")
    assert page.evaluate(f"{WHERE}.matches('[data-focus]')")
    assert page.locator("[name=name][aria-invalid=true]").count() == 1
    keys.press("Tab")
    assert page.evaluate(f"{WHERE}.matches('a[href^=\"#\"]')"), "the summary leads to the fields"
    keys.press("Enter")
    assert page.evaluate(f"{WHERE}.matches('input')")


def test_a_menu_opens_and_closes_and_gives_the_focus_back(browse, staff):
    page = browse(staff("owner"))
    keys = Keys(page)
    page.goto("/orders/")
    keys.to("[data-menu] summary").press("Enter")
    assert page.locator("details[data-menu][open]").count() == 1
    keys.press("Tab").press("Escape")
    assert page.locator("details[data-menu][open]").count() == 0
    assert page.evaluate(f"{WHERE}.matches('summary')")
