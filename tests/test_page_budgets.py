"""What a page may cost: statements asked of the database, bytes on the way."""

import gzip
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import demo
from tests.stories.every_page import SHOP_PAGES, landmarks

STATIC = settings.BASE_DIR / "core" / "static" / "core"
# Statements a page: everything between request and answer, the session and the person included.
LIST, DETAIL, DASHBOARD = 12, 18, 25
DETAILS = (
    "_detail",
    "_create",
    "_edit",
    "receive",
    "write_off",
    "return_to_supplier",
    "correct_cost",
    "print_",
    "label",
    "transfer_send",
    "assemble",
    "take_apart",
    "repair",
    "take_back",
    "origins",
    "order_margin",
    "mark_down",
    "pull_list",
)


def packed(*files: Path) -> int:
    """Bytes of the files as the server sends them."""
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def test_the_stylesheet_and_the_common_scripts_keep_to_their_budgets():
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    sizes = {
        "style": (packed(STATIC / "css" / "app.css"), 20_480),
        "scripts": (packed(htmx, *sorted((STATIC / "js").glob("*.js"))), 40_960),
        "icons": (packed(STATIC / "icons.svg"), 12_288),
    }
    assert {name: size for name, (size, most) in sizes.items() if size > most} == {}, sizes


def allowed(name: str) -> int:
    """Statements that the page with this name of address may ask."""
    if name == "home":
        return DASHBOARD
    return DETAIL if any(word in name for word in DETAILS) else LIST


@pytest.fixture
def full_shop(shop, owner):
    demo.fill_goods(by=owner, now=timezone.now())
    return landmarks()


def test_every_page_keeps_to_its_statements_and_bytes(full_shop, login, owner):
    browser = login(owner)
    over = []
    for name, paths in SHOP_PAGES.items():
        for path in paths:
            address = path.format(**full_shop)
            browser.get(address)  # what is made once per process is made now
            with CaptureQueriesContext(connection) as asked:
                answer = browser.get(address)
            assert answer.status_code == 200, address
            queries = [entry["sql"] for entry in asked if not entry["sql"].startswith(("SET ", "SAVEPOINT", "RELEASE"))]
            if len(queries) > allowed(name):
                over.append(f"{address}: {len(queries)} statements, at most {allowed(name)}")
            size = len(gzip.compress(answer.content, 6))
            if size > 40_960:
                over.append(f"{address}: {size} bytes packed")
    assert not over, "\n".join(over)
