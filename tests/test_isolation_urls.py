"""Every address of the program, asked with what belongs to the neighbour: keys, links, forms, tokens, cookies.

The addresses come from the URLconfs, so a new view is covered the day it is written.
"""

import re
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.utils.http import urlsafe_base64_encode

from accounts.invitations import forgotten_path, invitation_path
from accounts.models import User
from conftest import ShopBrowser
from core.tenancy import in_public, in_schema
from customers.models import TenantRegistration
from products.domain.barcodes import own_code
from tests.isolation import KEY, MARK, Page, fill_neighbour, filled, fingerprint, keys_of, mark_names, routes
from tests.stories.every_page import SHOP_PAGES, landmarks

SHOP, PLATFORM = "myproject.urls_shop", "myproject.urls_public"
NO_KEY = str(KEY + 250_000)
# Parameters by which pages are told which row is meant.
QUERY = "&".join(
    f"{name}={KEY}"
    for name in (
        "stock", "batch", "product", "warehouse", "category", "order", "supplier", "kit", "line", "receipt", "status",
        "source", "target", "buyer", "recipient", "contact", "after", "before", "lines-0-product",
    )
)  # fmt: skip
FILE = "products/1/1/thumb.webp"


@pytest.fixture
def neighbour(shop, other_shop):
    """The owner of tulip, which is full of marked rows with keys that rose does not have."""
    with in_schema("tulip"):
        owner = fill_neighbour()
        default_storage.save(FILE, ContentFile(f"picture {MARK}".encode()))
    return owner


def foreign(owner):
    """What the keys of tulip look like that are no whole numbers."""
    with in_schema("tulip"):
        invitation, forgotten = invitation_path(owner), forgotten_path(owner)
    assert invitation.split("/")[2] == forgotten.split("/")[2]
    return {
        "who": invitation.split("/")[2], "token": forgotten.split("/")[3], "kind": "write_off", "schema": "tulip",
        "name": FILE, "code": own_code(KEY), "object_id": str(KEY), "content_type_id": str(KEY), "url": "x",
    }  # fmt: skip


def harmless(answer, where):
    """No word of the neighbour, no error of ours, nothing for a cache that people share. Follows no redirect."""
    assert answer.status_code < 500, (where, answer.status_code)
    assert {"private", "no-store"} & set(re.findall(r"[\w-]+", answer["Cache-Control"])), where
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert MARK.encode() not in body, where
    assert MARK not in str(dict(answer.headers)), where
    return answer


@pytest.mark.slow
def test_every_address_with_a_key_of_the_neighbour_is_nothing_here(neighbour, login, owner):
    here, there, nobody = login(owner), ShopBrowser(neighbour_shop()), login(owner)
    nobody.logout()
    there.force_login(neighbour)
    values, keyed, shown = foreign(neighbour), 0, 0
    before = fingerprint("tulip")
    for route, pattern in routes(SHOP):
        if route.startswith("styleguide"):
            continue
        path = filled(route, values)
        here.force_login(owner)  # one of the addresses is the log-out
        foreign_key = bool(keys_of(route)) and pattern.name not in {"jsi18n", "autocomplete"}
        for browser in (here, nobody):
            for method in ("get", "post", "put", "delete"):
                answer = harmless(getattr(browser, method)(path), (method, path))
                if browser is here and foreign_key:
                    allowed = {302, 403, 404, 405} if route.startswith("admin/") else {404, 405}
                    assert answer.status_code in allowed, (method, path, answer.status_code)
            # A message about what was not found may be on the next page.
            harmless(browser.get("/recent/" if browser is here else "/login/"), path)
        if foreign_key:
            keyed += 1
            answer = there.get(path)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            shown += answer.status_code == 200 and MARK.encode() in body
    after = fingerprint("tulip")
    changed = {table for table in before if before[table] != after[table]} - {"django_session", "accounts_user"}
    assert changed == set(), "only the neighbour's own visit wrote something there: a session and its last log-in"
    assert keyed >= 100
    assert shown >= 40, "the keys are good ones: at home the same addresses show the neighbour's rows"


def neighbour_shop():
    from customers.models import Client

    return Client.objects.get(schema_name="tulip")


@pytest.mark.slow
def test_links_and_forms_of_the_neighbours_pages_do_nothing_here(neighbour, login, owner):
    """All pages of tulip are opened by its owner; what leads on from them is followed and sent at rose."""
    with in_schema("tulip"):
        marks = landmarks()
        mark_names()
    there, here = ShopBrowser(neighbour_shop()), login(owner)
    there.force_login(neighbour)
    links, forms = set(), {}
    for paths in SHOP_PAGES.values():
        for path in paths:
            address = path.format(**marks)
            page = Page(address, there.get(address).content.decode())
            links |= page.links
            links.add(address)
            for method, target, fields in page.forms:
                forms.setdefault((method, target, frozenset(fields)), fields)
    assert len(links) > 200
    assert len(forms) > 60
    before = fingerprint("tulip")
    for link in sorted(links):
        if not link.startswith("/static/"):
            # What a browser sends itself may come back in a form: only the program's own words count.
            path, _, query = link.partition("?")
            harmless(here.get(f"{path}?{query.replace(MARK, 'own')}"), link)
    for (method, target, _names), fields in sorted(forms.items(), key=str):
        if target in {"/logout/", "/language/"}:
            continue
        clean = {name: [each.replace(MARK, "own") for each in values] for name, values in fields.items()}
        harmless(getattr(here, method)(target, clean), (method, target))
        harmless(here.get("/recent/"), (method, target))
    assert fingerprint("tulip") == before


@pytest.mark.slow
def test_pages_that_are_told_a_row_by_a_parameter_do_not_know_the_neighbours(neighbour, login, owner):
    browser = login(owner)
    for route, _pattern in routes(SHOP):
        if not keys_of(route) and not route.startswith("styleguide"):
            for text in (QUERY, f"q={MARK}", f"q={KEY}"):
                answer = browser.get(f"/{route}?{text}")
                assert answer.status_code < 500, (route, text)
                body = (
                    answer.content.decode().replace(f"q={MARK}", "").replace(f'"{MARK}"', "").replace(f"“{MARK}”", "")
                )
                if route != "search/" and not text.startswith(f"q={MARK}"):
                    assert MARK not in body, (route, text)
                assert f" {MARK}" not in body, (route, text)


def test_the_neighbours_session_is_nobody_at_any_address(neighbour, owner, shop, platform_client):
    stolen = ShopBrowser(neighbour_shop())
    stolen.force_login(neighbour)
    values = foreign(neighbour)
    visitor = ShopBrowser(shop)
    for browser, urlconf in ((visitor, SHOP), (platform_client, PLATFORM)):
        open_to_all = []
        for route, pattern in routes(urlconf):
            if route.startswith("styleguide") or pattern.name == "logout":
                continue
            browser.cookies = stolen.cookies.copy()
            path = filled(
                route,
                {**values, "token": str(uuid.uuid4()) if urlconf == PLATFORM and "uuid" in route else values["token"]},
            )
            answer = harmless(browser.get(path), path)
            if answer.status_code == 200:
                open_to_all.append(pattern.name)
        public = {"login", "forgotten", "apply", "suggest_address", "application_sent", "home", "jsi18n"}
        assert set(open_to_all) <= public, open_to_all
        assert ("home" in open_to_all) == (urlconf == PLATFORM)


def test_an_operator_of_the_platform_is_nobody_in_a_shop(shop, platform_client):
    """There is one door into a shop: an account in it."""
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "iris-and-lily-7")
    platform_client.force_login(boss)
    assert platform_client.get("/admin/").status_code == 200
    visitor = ShopBrowser(shop)
    visitor.cookies = platform_client.cookies
    for path in ("/", "/orders/", "/admin/", "/profile/"):
        assert visitor.get(path).status_code == 302, path
    visitor = ShopBrowser(shop)
    form = {"username": "boss", "password": "iris-and-lily-7"}
    assert visitor.post("/login/", form).status_code == 422
    assert "_auth_user_id" not in visitor.session


def test_every_address_of_the_platform_with_keys_of_nobody(shop, platform_client):
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "x")
        application = TenantRegistration.objects.create(
            shop_name="Lily", schema_name="lily", owner_name=MARK, owner_email="a@example.com"
        )
    platform_client.force_login(boss)
    nobody = ShopBrowser(platform_client.tenant)
    values = {
        "who": urlsafe_base64_encode(NO_KEY.encode()), "token": str(uuid.uuid4()), "object_id": NO_KEY,
        "content_type_id": NO_KEY, "url": "x",
    }  # fmt: skip
    for route, _pattern in routes(PLATFORM):
        if route.startswith("styleguide"):
            continue
        path = filled(route, values)
        for method in ("get", "post", "put", "delete"):
            harmless(getattr(nobody, method)(path), (method, path))
            answer = getattr(platform_client, method)(path)
            assert answer.status_code < 500, (method, path)
            if keys_of(route):
                assert answer.status_code in {302, 403, 404, 405}, (method, path, answer.status_code)
        platform_client.force_login(boss)  # one of the addresses is the log-out
    # Whoever has the unguessable address of an application reads its state and nobody's name or e-mail.
    answer = harmless(nobody.get(f"/application/{application.token}/"), "application")
    assert answer.status_code == 200
    assert "a@example.com" not in answer.content.decode()


def test_the_walk_can_fail(neighbour, login, owner):
    """A view that looked into the neighbour's schema would be caught: the control of the tests above."""
    with connection.cursor() as cursor:
        for table in ("accounts_user", "products_productcategory", "products_product"):
            copy = f"INSERT INTO rose.{table} SELECT * FROM tulip.{table} WHERE id >= %s"  # noqa: S608
            cursor.execute(copy, [KEY])
    answer = login(owner).get(f"/catalogue/{KEY}/")
    with pytest.raises(AssertionError):
        harmless(answer, "copied")
