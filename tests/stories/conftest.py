"""A real browser at a live shop. Without Chromium these tests are skipped and say so.

`live_shop` is `rose` with real commits and a server in front of it; `browse(user)` opens a page in which this person
is logged in, at desktop width unless told otherwise. `SLOW_BROWSER=4` makes all of it slow: see `slow`.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from conftest import ShopBrowser
from tests.stories.hand import report
from tests.stories.slow import PATIENCE, slow_down_page, slow_down_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 812}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the run; every test gets contexts of its own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install the package chromium to run the stories")
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    playwright.expect.set_options(timeout=5_000 * PATIENCE)
    # Playwright keeps an event loop in this thread, in which Django otherwise refuses to ask the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGS)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class LiveShop:
    """A shop that a browser can reach."""

    shop: Any
    origin: str


@pytest.fixture
def live_shop(browser: Any, committed_shop: Any, live_server: Any) -> LiveShop:
    """The shop `rose` behind a server; what a test writes is committed, and both shops are emptied afterwards."""
    slow_down_server(live_server.thread)
    connection.set_tenant(committed_shop)
    return LiveShop(committed_shop, f"http://rose.localhost:{live_server.thread.port}")


@pytest.fixture
def browse(browser: Any, live_shop: LiveShop) -> Iterator[Callable[..., Any]]:
    """`browse(user)` is a page in which this person is logged in; `viewport=PHONE` and other options of a context."""
    contexts = []

    def enter(user: Any, **options: Any) -> Any:
        insider = ShopBrowser(live_shop.shop)
        insider.force_login(user)
        options.setdefault("viewport", DESKTOP)
        context = browser.new_context(base_url=live_shop.origin, **options)
        contexts.append(context)
        context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": insider.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": live_shop.origin,
                }
            ]
        )
        page = context.new_page()
        slow_down_page(page)
        return page

    yield enter
    leave(contexts)


@pytest.fixture
def visit(browser: Any, live_shop: LiveShop) -> Iterator[Callable[..., Any]]:
    """`visit(origin)` opens a page in which nobody is logged in, at a shop or at the platform."""
    contexts = []

    def enter(origin: str, **options: Any) -> Any:
        options.setdefault("viewport", DESKTOP)
        context = browser.new_context(base_url=origin, **options)
        contexts.append(context)
        page = context.new_page()
        slow_down_page(page)
        return page

    yield enter
    leave(contexts)


def leave(contexts: list[Any]) -> None:
    """Close what a story opened. What its held-up answers left behind is cleared away here and now: collected later, it
    reports itself in the middle of another test, and Python 3.11 can't bear that while it parses code."""
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    gc.collect()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Steps and times of the flows; a figure to look at, not to fail by: the machine is never quiet enough."""
    lines = report()
    if lines:
        terminalreporter.section("flows: steps, seconds of the machine, with a practised person's")
        for line in lines:
            terminalreporter.line(line)
