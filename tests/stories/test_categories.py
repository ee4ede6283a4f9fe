"""The tree of categories in a browser: dragged before, behind and into each other, what can't be is said before the drop,
taken back; by the menu with keys alone."""

import pytest
from playwright.sync_api import expect

from core.models import RecentAction
from products.models import ProductCategory
from products.selectors import category_tree
from products.services.categories import save_category
from tests.stories.conftest import PHONE
from tests.stories.hand import answered
from tests.stories.test_photos import finger

TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}


def shelf(name, parent=None):
    return save_category(ProductCategory(name=name), parent=parent)


@pytest.fixture
def flowers(live_shop):
    cut = shelf("Срезка")
    roses = shelf("Розы", cut)
    return {"cut": cut, "roses": roses, "spray": shelf("Кустовые", roses), "greenery": shelf("Зелень")}


def tree():
    return [(row.category.name, row.level) for row in category_tree()]


def drawn(page):
    return page.locator(".tree li").evaluate_all(
        "rows => rows.map((row) => [row.querySelector('a.link').textContent, Number(row.dataset.level)])"
    )


def row_of(page, category):
    return page.locator(f"[data-category='{category.pk}']")


def point(page, category, share=0.5, handle=False):
    row = row_of(page, category)
    box = (row.locator(".handle") if handle else row).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * share


def begin_drag(page, who, onto, share):
    page.mouse.move(*point(page, who, handle=True))
    page.mouse.down()
    page.mouse.move(*point(page, onto, share), steps=6)


def test_categories_are_dragged_and_what_cannot_be_is_said_before_the_drop(browse, staff, flowers):
    cut, roses, spray, greenery = (flowers[name] for name in ("cut", "roses", "spray", "greenery"))
    before = tree()
    page = browse(staff("owner", language="en"))
    page.goto("/catalogue/categories/")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    for who, onto, why in (
        (cut, roses, "It can’t stand in itself"),
        (greenery, spray, "Three levels at most"),
        (cut, greenery, None),
    ):
        begin_drag(page, who, onto, 0.5)
        if why is None:
            assert row_of(page, onto).get_attribute("data-drop") == "no", (
                "with three levels it does not fit into another"
            )
            expect(page.locator(".drag-label")).to_have_text("Three levels at most")
        else:
            expect(page.locator(".drag-label")).to_have_text(why)
            expect(page.locator("#announcer")).to_have_text(why)
        page.mouse.up()
    begin_drag(page, greenery, cut, 0.1)
    assert row_of(page, cut).get_attribute("data-drop") == "before"
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".drag-label")).to_have_count(0)
    assert sent == []
    assert tree() == before
    begin_drag(page, greenery, cut, 0.1)
    with answered(page, "**/place/"):
        page.mouse.up()
    assert tree() == [("Зелень", 1), ("Срезка", 1), ("Розы", 2), ("Кустовые", 3)]
    expect(page.locator(".tree li").first).to_contain_text("Зелень")
    begin_drag(page, spray, greenery, 0.5)
    assert row_of(page, greenery).get_attribute("data-drop") == "into"
    with answered(page, "**/place/"):
        page.mouse.up()
    assert tree() == [("Зелень", 1), ("Кустовые", 2), ("Срезка", 1), ("Розы", 2)]
    expect(page.locator(".tree li").nth(1)).to_contain_text("Кустовые")
    assert drawn(page) == [list(row) for row in tree()]
    page.locator("#undo_button").click()
    page.wait_for_url("**/categories/")
    assert tree() == [("Зелень", 1), ("Срезка", 1), ("Розы", 2), ("Кустовые", 3)]
    assert RecentAction.objects.filter(undone_at__isnull=False).count() == 1
    begin_drag(page, roses, greenery, 0.9)
    with answered(page, "**/place/"):
        page.mouse.up()
    assert tree() == [("Зелень", 1), ("Розы", 1), ("Кустовые", 2), ("Срезка", 1)]


def test_a_finger_drags_by_the_handle_and_scrolls_by_the_rest(browse, staff, flowers):
    page = browse(staff("owner", language="ru"), **TOUCH)
    page.goto("/catalogue/categories/")
    start, end = point(page, flowers["greenery"], handle=True), point(page, flowers["cut"], 0.1)
    with answered(page, "**/place/"):
        finger(page, start, end)
    assert tree()[0] == ("Зелень", 1)
    expect(page.locator(".tree li").first).to_contain_text("Зелень")
    before = tree()
    finger(page, point(page, flowers["roses"]), point(page, flowers["greenery"], 0.1))
    assert tree() == before
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_menu_does_the_same_by_keys_and_stays_open(browse, staff, flowers):
    greenery = flowers["greenery"]
    page = browse(staff("owner", language="en"))
    page.goto("/catalogue/categories/")
    page.locator(f"#category_{greenery.pk}_menu").focus()
    page.keyboard.press("Enter")
    for _step in range(2):  # past the link to its page, to "One place up"
        page.keyboard.press("Tab")
    with answered(page, "**/move/"):
        page.keyboard.press("Enter")
    assert tree()[0] == ("Зелень", 1)
    expect(page.locator(f"#category_{greenery.pk}_up")).to_be_focused()
    page.keyboard.press("Tab")
    with answered(page, "**/move/"):
        page.keyboard.press("Enter")
    assert tree()[-1] == ("Зелень", 1)
    expect(page.locator(f"#category_{greenery.pk}_down")).to_be_focused()
    page.keyboard.press("Tab")
    with answered(page, "**/move/"):
        page.keyboard.press("Enter")
    assert tree()[-1] == ("Зелень", 2), "into the one above"


def test_the_menu_works_without_a_script(browse, staff, flowers):
    greenery = flowers["greenery"]
    page = browse(staff("owner", language="en"), java_script_enabled=False)
    page.goto("/catalogue/categories/")
    page.locator(f"#category_{greenery.pk}_menu").click()
    page.locator(f"#category_{greenery.pk}_up").click()
    page.wait_for_url("**/categories/")
    assert tree()[0] == ("Зелень", 1)
