"""The pictures of the README: the demo shops in a browser, made anew with one command.

    python3 dev.py run            # in another window, with its demo shops
    .venv/bin/python docs/screenshots.py http://pion.localhost:8000 http://fern.localhost:8000

Writes docs/images/*.webp. Needs Chromium.
"""

import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
ARGS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP *.localhost 127.0.0.1"]
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.25}
PHONE: dict[str, Any] = {
    "viewport": {"width": 375, "height": 760},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# File, which shop (0 is Russian, 1 English), options of the browser, theme, page, what to press first.
SHOTS = [
    ("today", 1, DESK, "light", "/", ""),
    ("orders", 1, DESK, "light", "/orders/", ""),
    ("order", 1, DESK, "light", "/orders/", ".orders tbody tr:nth-child(3) .row-link"),
    ("stock", 0, DESK, "light", "/stock/", ""),
    ("board", 0, DESK, "dark", "/orders/board/", ""),
    ("phone-today", 0, PHONE, "light", "/", ""),
    ("phone-orders", 0, PHONE, "dark", "/orders/", ""),
    ("phone-write-off", 0, PHONE, "light", "/stock/?view=wilting", ".stock-list a[href*='write-off']"),
]
PEOPLE = [("marina", "pion-demo-2026"), ("grace", "fern-demo-2026")]


def enter(page: Page, who: tuple[str, str]) -> None:
    page.goto("/login/")
    page.locator("[name=username]").fill(who[0])
    page.locator("[name=password]").fill(who[1])
    page.locator("main button.primary").click()
    page.locator("#page_title").wait_for()


def keep(name: str, picture: bytes) -> None:
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(IMAGES / f"{name}.webp", "WEBP", quality=82, method=6)


def main(origins: list[str]) -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None or len(origins) != len(PEOPLE):
        sys.stderr.write(__doc__ or "")
        return 2
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGS)
        for name, shop, options, theme, path, press in SHOTS:
            context = browser.new_context(base_url=origins[shop], reduced_motion="reduce", **options)
            page = context.new_page()
            enter(page, PEOPLE[shop])
            page.goto(path)
            if press:
                page.locator(press).first.click()
                page.wait_for_load_state("load")
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
            page.wait_for_timeout(400)
            keep(name, page.screenshot())
            context.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
