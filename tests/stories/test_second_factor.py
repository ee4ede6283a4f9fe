"""Somebody switches the second factor on, loses the session in the middle of work, and comes back with a code."""

import re
from base64 import b32decode

import pytest
from django.conf import settings
from django.core.cache import cache
from django_otp.oath import totp

from tests.stories.hand import rest, wait_until
from tests.stories.test_every_page import Looker

PASSWORD = "iris-and-lily-7"
WORDS = {"ru": ("Вход с кодом включён", "Ещё один шаг"), "en": ("The second factor is on", "One more step")}


def code(key, *, steps=0):
    return f"{totp(key, drift=steps):06d}"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_switching_on_to_coming_back(browse, staff, live_shop, language):
    is_on, one_more = WORDS[language]
    person = staff("seller", username="anna", language=language)
    page = browse(person, locale=language)
    looker = Looker(page)
    looker.look_at("/profile/second-factor/")
    looker.look_at("/profile/second-factor/on/")
    key = b32decode(page.inner_text(".second-factor-key code").replace(" ", ""))
    page.fill("[name=code]", "000000")
    page.press("[name=code]", "Enter")
    page.wait_for_selector("[aria-invalid=true]")
    assert b32decode(page.inner_text(".second-factor-key code").replace(" ", "")) == key
    page.fill("[name=code]", code(key, steps=-1))
    page.press("[name=code]", "Enter")
    page.wait_for_selector(".paper-codes")
    assert is_on in page.inner_text("main")
    paper = page.locator(".paper-codes code").all_inner_texts()
    assert len(paper) == 10
    page.click("main .button.primary")
    for path in ("/profile/second-factor/", "/profile/second-factor/off/", "/profile/second-factor/codes/"):
        looker.look_at(path)

    # The session ends while something is typed: password and code are asked for over the page.
    page.goto("/orders/")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.fill("main input[name=q]", "anna")
    page.wait_for_selector("#again[open]")
    page.fill("#again [name=password]", PASSWORD)
    page.click("#again_send")
    page.wait_for_selector("#again_code")
    page.wait_for_function("() => document.activeElement.id === 'again_code'")
    page.fill("#again_code", "1")
    page.click("#again_send")
    page.wait_for_selector("#again [aria-invalid=true]")
    page.fill("#again_code", code(key))
    page.click("#again_send")
    page.wait_for_selector("#again:not([open])", state="attached")
    assert page.input_value("main input[name=q]") == "anna"
    assert page.url.partition("?")[0].endswith("/orders/")

    # The plain way, with a code on paper.
    cache.clear()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.goto("/login/")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/login/code/$"))
    assert one_more in page.inner_text("h1")
    looker.look_at("/login/code/")
    page.fill("[name=code]", paper[0])
    page.press("[name=code]", "Enter")
    page.wait_for_url(live_shop.origin + "/")
    looker.judge()


def test_an_owner_who_must_have_one_is_led_there_and_left_in_peace(browse, staff, live_shop):
    from core.flags import OWNERS_SECOND_FACTOR, set_flag

    set_flag(OWNERS_SECOND_FACTOR)
    page = browse(staff("owner", language="en"))
    asked = []
    page.on("response", lambda answer: asked.append((answer.status, answer.url.partition(live_shop.origin)[2])))
    page.goto("/orders/?view=all")
    page.wait_for_url(re.compile("/profile/second-factor/on/"))
    page.evaluate("window.untouched = true")
    page.fill("[name=code]", "12")
    wait_until(page, lambda: (204, "/attention/bell/") in asked)
    rest(page)
    assert page.evaluate("window.untouched") is True
    assert page.input_value("[name=code]") == "12"
