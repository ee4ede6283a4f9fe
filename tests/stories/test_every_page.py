"""Every page in Chromium: accessible in both themes, whole at 375 px, in Russian and in English, filled and empty."""

import uuid
from decimal import Decimal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.db import transaction
from django.utils import timezone

from accounts.invitations import forgotten_path, invitation_path
from core.tenancy import in_public
from customers.links import status_path
from customers.services.registration import apply
from inventory.models import Stock
from inventory.services.write_offs import write_off
from inventory.undo import remember_write_off
from orders import demo
from tests.stories.conftest import DESKTOP, PHONE
from tests.stories.every_page import (
    ENTRANCE_PAGES,
    FAULTS,
    NO_SHOP_PAGES,
    PUBLIC_PAGES,
    SHEETS,
    SHOP_PAGES,
    landmarks,
    route_names,
)

AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
}
LOOKS = [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")]

CHANGE_THEME = """(theme) => {
    document.documentElement.dataset.theme = theme;
    return Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => null)));
}"""


class Looker:
    """Opens pages one after the other and collects what is wrong with them."""

    def __init__(self, page):
        self.page = page
        self.faults = {}  # what is wrong -> where it was seen
        self.said = []
        page.on("console", lambda line: self.said.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def look_at(self, path, *, sheet=False, status=200):
        """Load once, then look at both widths and in both themes; a printed sheet has one look."""
        self.said.clear()
        self.page.set_viewport_size(DESKTOP)
        self.page.emulate_media(reduced_motion="reduce")  # or a theme is judged half-way between two colours
        answer = self.page.goto(path)
        if answer.status != status:
            self.note(path, f"answered {answer.status}")
        self.page.evaluate(AXE_SCRIPT)
        for viewport, theme in LOOKS[:1] if sheet else LOOKS:
            self.page.set_viewport_size(viewport)
            self.page.evaluate(CHANGE_THEME, theme)
            where = f"{path} {viewport['width']} {theme}"
            seen = self.page.evaluate(FAULTS, {"width": viewport["width"], "sheet": sheet})
            for fault in seen:
                self.note(where, fault)
            # As tall as its content: a bar at the bottom then covers nothing that could be scrolled from under it.
            tall = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({**viewport, "height": max(viewport["height"], tall)})
            found = self.page.evaluate("(options) => axe.run(document, options)", AXE_OPTIONS)
            for violation in found["violations"]:
                for node in violation["nodes"] if violation["impact"] in {"serious", "critical"} else []:
                    why = node["failureSummary"].splitlines()[-1].strip()
                    self.note(where, f"{violation['impact']} {violation['id']}: {node['html'][:160]} — {why[:160]}")
        if status == 200:
            for text in self.said:
                self.note(path, f"the console says {text}")

    def note(self, where, fault):
        self.faults.setdefault(fault, []).append(where)

    def judge(self):
        told = [f"{fault}  [{len(places)}: {places[0]} …]" for fault, places in self.faults.items()]
        assert not told, "\n".join(["", *told])


def test_every_address_is_looked_at_or_has_a_reason():
    assert route_names() == set(SHOP_PAGES) | set(NO_SHOP_PAGES)
    assert not set(SHOP_PAGES) & set(NO_SHOP_PAGES)


def test_the_look_sees_what_is_wrong(browse, staff):
    """The control: a page that is too wide, with a table, a tiny button and pale words, fails by each of them."""
    page = browse(staff("owner"))
    looker = Looker(page)
    page.route(
        "**/broken/",
        lambda route: route.fulfill(
            content_type="text/html",
            body="<!doctype html><title>x</title><h1>One</h1><h1>Two</h1><div style='width:2000px'>wide</div>"
            "<table><tr><td>1</table><button style='padding:0;border:0;font-size:8px;width:9px;height:9px'></button>"
            "<p style='color:#ddd;background:#fff'>pale words</p>",
        ),
    )
    looker.look_at("/broken/")
    said = "\n".join(looker.faults)
    for fault in (
        "wider than the window",
        "a table on a phone",
        "2 h1",
        "smaller than 24 px",
        "button-name",
        "color-contrast",
    ):
        assert fault in said, fault


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_of_a_full_shop(browse, staff, live_shop, language):
    owner = staff("owner", language=language, name="Марина Петрова")
    demo.fill_goods(by=owner, now=timezone.now())
    keys = landmarks()
    with transaction.atomic():  # the undo bar is on every page
        stock = Stock.objects.select_related("product", "warehouse").get(pk=keys["stock"])
        gone = write_off(
            product=stock.product, warehouse=stock.warehouse, quantity=Decimal(1), reason="wilted", by=owner
        )
        remember_write_off(gone, stock, by=owner)
    looker = Looker(browse(owner))
    for name, paths in SHOP_PAGES.items():
        for path in paths:
            looker.look_at(path.format(**keys), sheet=any(word in name for word in SHEETS))
    looker.judge()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_list_of_an_empty_shop(browse, staff, live_shop, language):
    looker = Looker(browse(staff("owner", language=language)))
    for name, paths in SHOP_PAGES.items():
        for path in paths:
            if "{" not in path and "?" not in path:
                looker.look_at(path, sheet=any(word in name for word in SHEETS))
    looker.look_at("/nothing-here/", status=404)
    looker.judge()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_for_those_who_are_not_in(visit, staff, live_shop, language):
    user = staff("seller", name="Олег")
    keys = {"invitation": invitation_path(user), "new_password": forgotten_path(user)}
    looker = Looker(visit(live_shop.origin, locale=language))
    for path, status in ENTRANCE_PAGES.items():
        looker.look_at(path.format(**keys), status=status)
    looker.judge()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_public_page(visit, live_shop, language):
    with in_public():
        registration = apply(
            token=uuid.uuid4(), shop_name="Пион", schema_name="peony", owner_name="Анна", owner_email="a@example.com"
        )
    looker = Looker(visit(live_shop.origin.replace("rose.", ""), locale=language))
    for path, status in PUBLIC_PAGES.items():
        looker.look_at(path.format(application=status_path(registration)), status=status)
    looker.judge()
