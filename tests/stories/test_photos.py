"""Photos in a browser: chosen and dropped, one at a time with progress, bad ones refused beside their name."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from inventory.tests.factories import product


def picture(colour):
    target = io.BytesIO()
    Image.new("RGB", (600, 400), colour).save(target, "JPEG")
    return target.getvalue()


def chosen(name, content):
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


@pytest.mark.parametrize(
    ("language", "refusal", "title"),
    [("ru", "не подходит: это не снимок", "Фотографии"), ("en", "is no picture that can be used", "Photos")],
)
def test_photos_are_sent_one_by_one_and_a_bad_one_is_named(browse, staff, language, refusal, title):
    rose = product("Роза")
    page = browse(staff("owner", language=language))
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator("input[type=file]").set_input_files(
        [chosen("red.jpg", picture("red")), chosen("evil.jpg", b"<script>"), chosen("blue.jpg", picture("blue"))]
    )
    expect(page.locator("#photos .photos img")).to_have_count(2)
    assert [photo.original_name for photo in rose.photos.all()] == ["red.jpg", "blue.jpg"]
    told = page.locator("[data-uploads] li")
    assert told.count() == 1
    assert "evil.jpg" in told.inner_text()
    assert refusal in told.inner_text()
    assert page.get_by_role("heading", name=title).evaluate("node => node === document.activeElement")
    expect(page.locator("#photos .photos img").first).to_have_js_property("naturalWidth", 240)
    page.goto("/catalogue/")
    expect(page.locator(".photo img")).to_have_js_property("naturalWidth", 240)


def test_photos_can_be_dropped_and_put_first_and_described(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner"), viewport={"width": 375, "height": 812})
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator(".drop-zone").evaluate(
        """async (zone) => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
            canvas.getContext("2d").fillRect(0, 0, 40, 30);
            const data = new DataTransfer();
            for (const name of ["one.png", "two.png"]) {
                const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
                data.items.add(new File([blob], name, { type: "image/png" }));
            }
            zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.locator("#photos .photos img")).to_have_count(2)
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


def test_the_form_works_without_a_script(browse, staff):
    rose = product("Роза")
    page = browse(staff("owner"), java_script_enabled=False)
    page.goto(f"/catalogue/{rose.pk}/")
    page.locator("input[type=file]").set_input_files([chosen("red.jpg", picture("red"))])
    page.get_by_role("button", name="Add the photos").click()
    page.wait_for_url(f"**/catalogue/{rose.pk}/")
    assert page.locator("#photos .photos img").count() == 1
    page.locator("input[type=file]").set_input_files([chosen("evil.jpg", b"<script>")])
    page.get_by_role("button", name="Add the photos").click()
    assert "is no picture that can be used" in page.locator("#photos .notice").inner_text()
    assert rose.photos.count() == 1
