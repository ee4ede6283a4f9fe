"""Photos in a browser: chosen, dropped, pasted, taken; several at a time with progress, bad ones refused beside their
name; put in order by dragging and by buttons."""

import io
import os

import pytest
from PIL import Image
from playwright.sync_api import expect

from inventory.tests.factories import product
from orders.models import PhotoKind
from orders.tests.factories import order
from products.models import ProductCategory, ProductKit
from products.services.photos import add_photos
from products.tests.test_photos import read
from tests.stories.conftest import PHONE
from tests.stories.hand import answered, rest, wait_until

FILES = "#photo_form input[id$=_files]"
PHOTOS = "#photos .photos img"


def picture(colour="red", size=(600, 400), kind="JPEG"):
    target = io.BytesIO()
    Image.new("RGB", size, colour).save(target, kind)
    return target.getvalue()


def noise(size):
    """A picture that no packing makes small, with a telephone's word that it stands on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(target, "JPEG", quality=80, exif=exif)
    return target.getvalue()


def chosen(name, content):
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def photographed(rose, *colours):
    pictures = [read(picture(colour), f"{colour}.jpg") for colour in colours]
    return add_photos(rose, pictures)


def names(owner):
    return [photo.original_name for photo in owner.photos.all()]


def shown(page):
    return page.locator("#photos [data-photo]").evaluate_all("items => items.map((item) => Number(item.dataset.photo))")


# `how` is the event that brings pictures, drawn in the page itself, to a node.
BRING = """
    async (node, { how, files }) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
        canvas.getContext("2d").fillRect(0, 0, 40, 30);
        const data = new DataTransfer();
        for (const name of files) {
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            data.items.add(new File([blob], name, { type: "image/png" }));
        }
        const options = { bubbles: true, cancelable: true };
        const event = how === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: data })
            : new DragEvent(how, { ...options, dataTransfer: data });
        node.dispatchEvent(event);
        return event.defaultPrevented;
    }
"""


@pytest.mark.parametrize(
    ("language", "refusal", "told"),
    [
        ("ru", "не подходит: это не снимок", "Отправлено фотографий: 2, отклонено: 1."),
        ("en", "is no picture that can be used", "Photos sent: 2, refused: 1."),
    ],
)
def test_several_photos_are_sent_and_a_bad_one_is_named(browse, staff, language, refusal, told):
    rose = product("Роза")
    page = browse(staff("owner", language=language))
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator(FILES).focus()
    page.locator(FILES).set_input_files(
        [chosen("red.jpg", picture("red")), chosen("evil.jpg", b"<script>"), chosen("blue.jpg", picture("blue"))]
    )
    expect(page.locator(PHOTOS)).to_have_count(2)
    expect(page.locator("#announcer")).to_have_text(told)
    assert sorted(names(rose)) == ["blue.jpg", "red.jpg"]
    left = page.locator("[data-uploads] li")
    expect(left).to_have_count(1)
    assert "evil.jpg" in left.inner_text()
    assert refusal in left.inner_text()
    expect(left.locator("[data-again]")).to_be_hidden()  # sent again it would be refused again
    assert page.locator(FILES).evaluate("node => node === document.activeElement")
    expect(page.locator(PHOTOS).first).to_have_js_property("naturalWidth", 240)
    left.locator("[data-away]").click()
    expect(left).to_have_count(0)
    page.goto("/catalogue/")
    expect(page.locator(".photo img")).to_have_js_property("naturalWidth", 240)


def test_at_most_three_are_under_way_ten_at_a_time_and_they_end_in_the_order_they_were_chosen(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner", language="en"))
    page.goto(f"/catalogue/{rose.pk}/")
    held, most = [], []

    def hold(route):
        if route.request.method != "POST" or not route.request.url.endswith("/photos/"):
            route.continue_()
            return
        held.append(route)
        most.append(len(held))

    page.route("**/photos/**", hold)
    page.locator(FILES).set_input_files([chosen(f"{n:02d}.jpg", picture()) for n in range(12)])
    expect(page.locator("[data-uploads] li")).to_have_count(12)
    rows = page.locator("[data-uploads] li")
    assert "At most ten at a time" in rows.nth(10).inner_text()
    expect(rows.nth(11).get_by_role("button", name="Send again")).to_be_visible()
    for _number in range(10):
        wait_until(page, lambda: len(held) == 3 or len(most) == 10)
        with answered(page, "**/photos/"):
            held.pop().continue_()  # the last first: they arrive in another order than they were chosen
    expect(page.locator(PHOTOS)).to_have_count(10)
    assert max(most) == 3
    wait_until(page, lambda: names(rose) == [f"{n:02d}.jpg" for n in range(10)])
    expect(rows).to_have_count(2)
    page.unroute("**/photos/**")
    rows.first.get_by_role("button", name="Send again").click()
    expect(page.locator(PHOTOS)).to_have_count(11)
    expect(rows).to_have_count(1)


# The server has done what it was asked, but whoever waits for its answer hears of an error.
LOSE_ANSWERS = """
    XMLHttpRequest.prototype.addEventListener = function (kind, listener) {
        const heard = { load: "never", error: "load" }[kind] ?? kind;
        EventTarget.prototype.addEventListener.call(this, heard, listener);
    };
"""


def test_a_broken_connection_is_told_and_the_photo_sent_again_is_hung_once(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner", language="en"))
    page.goto(f"/catalogue/{rose.pk}/")
    page.evaluate(LOSE_ANSWERS)
    page.locator(FILES).set_input_files([chosen("red.jpg", picture())])
    row = page.locator("[data-uploads] li")
    expect(row).to_contain_text("The connection broke. Send this picture again.")
    assert names(rose) == ["red.jpg"]
    page.evaluate("delete XMLHttpRequest.prototype.addEventListener")
    row.get_by_role("button", name="Send again").click()
    expect(page.locator(PHOTOS)).to_have_count(1)
    expect(row).to_have_count(0)
    assert names(rose) == ["red.jpg"], "it is the same photo"


def test_a_large_photo_is_made_smaller_and_upright_before_it_is_sent(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner", language="en"))
    page.goto(f"/catalogue/{rose.pk}/")
    large = noise((3200, 1600))
    assert len(large) > 2_000_000
    with page.expect_request(lambda request: request.url.endswith("/photos/")) as asked:
        page.locator(FILES).set_input_files([chosen("IMG 1.jpeg", large)])
    expect(page.locator(PHOTOS)).to_have_count(1)
    sent = asked.value.headers.get("content-length")
    assert sent is None or int(sent) < len(large)
    photo = rose.photos.get()
    assert (photo.width, photo.height) == (1280, 2560), "upright, its longest side what the server keeps"
    assert photo.original_name == "IMG 1.jpg"


def test_photos_can_be_dropped_and_put_first_and_described(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner", language="en"), viewport=PHONE)
    page.goto(f"/catalogue/{rose.pk}/")
    zone = page.locator(".drop-zone")
    zone.evaluate(BRING, {"how": "dragover", "files": ["one.png"]})
    expect(zone).to_have_attribute("data-over", "yes")
    zone.evaluate(BRING, {"how": "drop", "files": ["one.png", "two.png"]})
    expect(page.locator(PHOTOS)).to_have_count(2)
    assert page.locator("h1").evaluate(BRING, {"how": "drop", "files": ["x.png"]}), "a miss does not leave the page"
    wait_until(page, lambda: names(rose) == ["one.png", "two.png"])  # two at once may have come in the other order
    rest(page)
    first, second = rose.photos.all()
    page.locator("#photos summary").nth(1).click()
    page.get_by_role("button", name="Make it first").click()
    expect(page.locator("#photos img").first).to_have_attribute("src", second.thumb_url)
    assert list(rose.photos.all()) == [second, first]
    page.locator("#photos summary").first.click()
    page.get_by_label("What is to be seen").first.fill("A red rose")
    page.get_by_label("What is to be seen").first.press("Enter")
    page.wait_for_selector("#photos img[alt='A red rose']")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_picture_is_pasted_but_text_is_left_to_its_field(browse, staff):
    bouquet = ProductKit.objects.create(name="Весна", sale_price=900)
    page = browse(staff("owner", language="en"))
    page.goto(f"/catalogue/kits/{bouquet.pk}/")
    assert page.locator("body").evaluate(BRING, {"how": "paste", "files": ["image.png"]})
    expect(page.locator(PHOTOS)).to_have_count(1)
    assert names(bouquet) == ["image.png"]
    assert not page.locator("body").evaluate(BRING, {"how": "paste", "files": []})
    ordered = order()
    page.goto(f"/orders/{ordered.pk}/")
    page.locator("body").evaluate(BRING, {"how": "paste", "files": ["from the chat.png"]})
    expect(page.locator(PHOTOS)).to_have_count(1)
    assert ordered.photos.get().kind == PhotoKind.SAMPLE, "what is pasted is what the buyer sent"


def test_a_phone_offers_the_camera_first(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner", language="en"), viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"/catalogue/{rose.pk}/")
    camera = page.locator("#photo_form .camera")
    expect(camera).to_be_visible()
    assert camera.bounding_box()["height"] >= 48
    assert camera.bounding_box()["y"] < page.locator(".drop-zone").bounding_box()["y"]
    expect(camera.locator("input")).to_have_attribute("capture", "environment")
    camera.locator("input").set_input_files([chosen("taken.jpg", picture())])
    expect(page.locator(PHOTOS)).to_have_count(1)
    desk = browse(staff("owner", language="en"))
    desk.goto(f"/catalogue/{rose.pk}/")
    expect(desk.locator("#photo_form .camera")).to_be_hidden()


def middle(page, selector):
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_photos_are_dragged_into_their_order_with_the_mouse(browse, staff):
    rose = product("Роза")
    red, blue, green = (photo.pk for photo in photographed(rose, "red", "blue", "green"))
    page = browse(staff("owner", language="en"))
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator("#photos").scroll_into_view_if_needed()
    page.mouse.move(*middle(page, f"#photo_{green}"))
    page.mouse.down()
    page.mouse.move(*middle(page, f"#photo_{red}"), steps=8)
    assert shown(page) == [green, red, blue], "the others make room while it is dragged"
    page.keyboard.press("Escape")
    assert shown(page) == [red, blue, green]
    page.mouse.up()
    assert page.url.endswith(f"/catalogue/{rose.pk}/"), "the press that ended the drag opened nothing"
    page.mouse.move(*middle(page, f"#photo_{green}"))
    page.mouse.down()
    page.mouse.move(*middle(page, f"#photo_{red}"), steps=8)
    with answered(page, "**/photos/order/") as answer:
        page.mouse.up()
    assert answer.value.status == 200
    expect(page.locator("#photos figcaption")).to_have_text("Main photo")
    assert [photo.pk for photo in rose.photos.all()] == [green, red, blue]
    photographed(rose, "white")  # by somebody else meanwhile
    page.mouse.move(*middle(page, f"#photo_{green}"))
    page.mouse.down()
    page.mouse.move(*middle(page, f"#photo_{blue}"), steps=8)
    page.mouse.up()
    expect(page.locator("#photos .notice")).to_contain_text("Somebody changed these photos meanwhile")
    assert shown(page) == [photo.pk for photo in rose.photos.all()]
    assert shown(page)[:3] == [green, red, blue], "nothing was changed"


def finger(page, start, end):
    """A finger that goes from one point to another, as the browser's own input."""
    session = page.context.new_cdp_session(page)

    def touch(kind, x=0, y=0):
        points = [] if kind == "touchEnd" else [{"x": x, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", *start)
    for step in range(1, 11):
        touch("touchMove", *(a + (b - a) * step / 10 for a, b in zip(start, end, strict=True)))
    touch("touchEnd")


def test_photos_are_dragged_by_a_finger_and_moved_by_keys(browse, staff):
    rose = product("Роза")
    red, blue = (photo.pk for photo in photographed(rose, "red", "blue"))
    page = browse(staff("owner", language="en"), viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator(f"[data-photo='{red}']").scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 150)")
    with answered(page, "**/photos/order/"):
        finger(page, middle(page, f"[data-photo='{red}'] .handle"), middle(page, f"[data-photo='{blue}'] img"))
    expect(page.locator("#photos img").first).to_have_attribute("src", rose.photos.get(pk=blue).thumb_url)
    assert [photo.pk for photo in rose.photos.all()] == [blue, red]
    earlier = page.locator(f"#photo_{red}_earlier")
    earlier.focus()
    with answered(page, f"**/photos/{red}/"):
        earlier.press("Enter")
    expect(page.locator("#photos img").first).to_have_attribute("src", rose.photos.get(pk=red).thumb_url)
    assert [photo.pk for photo in rose.photos.all()] == [red, blue]


def test_a_category_gets_its_photo_and_a_second_takes_its_place(browse, staff):
    roses = ProductCategory.objects.create(name="Розы")
    page = browse(staff("owner", language="en"))
    page.goto(f"/catalogue/categories/{roses.pk}/edit/")
    page.locator(FILES).set_input_files([chosen("red.jpg", picture())])
    expect(page.locator(PHOTOS)).to_have_count(1)
    first = roses.photos.get()
    page.locator(FILES).set_input_files([chosen("blue.jpg", picture("blue"))])
    expect(page.locator(f"#photo_{first.pk}")).to_have_count(0)
    expect(page.locator(PHOTOS)).to_have_count(1)
    page.goto("/catalogue/categories/")
    expect(page.locator(".tree img")).to_have_js_property("naturalWidth", 240)


def test_the_form_works_without_a_script(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner", language="en"), java_script_enabled=False)
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator(FILES).set_input_files([chosen("red.jpg", picture()), chosen("blue.jpg", picture("blue"))])
    page.get_by_role("button", name="Add the photos").click()
    page.wait_for_url(f"**/catalogue/{rose.pk}/")
    assert page.locator(PHOTOS).count() == 2
    page.get_by_role("button", name="Photo 2: one place earlier").click()
    page.wait_for_url(f"**/catalogue/{rose.pk}/")
    assert names(rose) == ["blue.jpg", "red.jpg"]
    page.locator(FILES).set_input_files([chosen("evil.jpg", b"<script>")])
    page.get_by_role("button", name="Add the photos").click()
    assert "is no picture that can be used" in page.locator("#photos .notice").inner_text()
    assert rose.photos.count() == 2
