"""Orders in a browser: one changed by two people, photos of both kinds, a buyer who comes again, many printed at once."""

import re

import pytest
from playwright.sync_api import expect

from inventory.tests.factories import stocked
from orders.models import Contact, Order
from orders.services.lifecycle import confirm_order
from orders.tests.factories import order
from tests.stories.test_photos import chosen, picture

PHONE = {"viewport": {"width": 375, "height": 812}}


@pytest.fixture
def placed(live_shop):
    rose = stocked("Роза", ("90", "10"))
    anna = Contact.objects.create(name="Анна", phone="+79120001042")
    maria = Contact.objects.create(name="Мария с очень длинным именем, чтобы не поместилось", phone="+79120001043")
    made = order((rose, "15"), buyer=anna, recipient=maria, address="Садовая, 5", card_message="С праздником!")
    return confirm_order(made)


def save(page):
    page.locator("#order_form").get_by_role("button", name=re.compile("Сохранить|Save")).last.click()


@pytest.mark.parametrize(("language", "theirs"), [("ru", "Взять чужое"), ("en", "Take theirs")])
def test_two_people_change_one_order_and_both_changes_hold(browse, staff, placed, language, theirs):
    mine, lena = browse(staff("owner", language=language), **PHONE), browse(staff("florist", name="Лена"))
    for page in (mine, lena):
        page.goto(f"/orders/{placed.pk}/edit/")
    lena.fill("[name=card_message]", "С юбилеем!")
    lena.fill("[name=address]", "Речная, 7")
    save(lena)
    lena.wait_for_url(f"**/orders/{placed.pk}/")
    mine.fill("[name=card_message]", "Моё")
    mine.fill("[name=courier_note]", "код 12")
    save(mine)
    expect(mine.locator("#conflict")).to_be_focused()
    expect(mine.locator("#conflict")).to_contain_text("Лена")
    mine.locator("#take_card_message").get_by_label(theirs).check(force=True)
    save(mine)
    mine.wait_for_url(f"**/orders/{placed.pk}/")
    placed.refresh_from_db()
    assert (placed.card_message, placed.address, placed.courier_note) == ("С юбилеем!", "Речная, 7", "код 12")


def test_a_sample_stays_a_sample_and_the_bottom_button_covers_nothing(browse, staff, placed):
    page = browse(staff("florist"), **PHONE)
    page.goto(f"/orders/{placed.pk}/")
    for place, kind in enumerate(("work", "sample")):
        page.locator(f"#{kind}_photos_files").set_input_files([chosen(f"{kind}.jpg", picture("red"))])
        expect(page.locator("#photos .photos img")).to_have_count(place + 1)
    assert [(photo.original_name, photo.kind) for photo in placed.photos.all()] == [
        ("work.jpg", "work"),
        ("sample.jpg", "sample"),
    ]
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    last, bar = (page.locator(what).last.bounding_box() for what in ("#order .card", ".next-step.only-phone"))
    assert last["y"] + last["height"] <= bar["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_one_more_for_a_buyer_goes_where_the_last_one_went(browse, staff, placed):
    page = browse(staff("florist"), **PHONE)
    page.goto(f"/orders/{placed.pk}/")
    page.locator("#one_more").click()
    page.locator("#last_deliveries button").first.click()
    expect(page.locator("[name=address]")).to_have_value("Садовая, 5")
    expect(page.locator("[name=same_recipient]")).not_to_be_checked()
    expect(page.locator("[name=recipient_name]")).to_have_value(re.compile("Мария"))
    page.goto("/orders/new/")
    page.fill("[name=buyer_phone]", "89120001042")
    page.locator("[name=buyer_name]").focus()
    expect(page.locator("#last_deliveries button")).to_have_count(1)
    assert Order.objects.count() == 1


def test_ticked_orders_are_counted_and_printed_in_three_steps(browse, staff, placed):
    confirm_order(order((placed.items.get().product, "1")))
    page = browse(staff("florist"))
    page.goto("/orders/")
    page.locator("[data-check-all]").check()
    expect(page.locator("[data-picked]")).to_have_text("Selected 2 of 2 shown")
    page.locator("#bulk_print").click()
    page.wait_for_url("**/orders/print/work-orders/?order=*")
