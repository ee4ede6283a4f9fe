"""Two shops on one installation: neither sees, guesses or changes anything of the other."""

import pytest
from django.apps import apps
from django.core import signing
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from conftest import ShopBrowser
from core.admin import platform_site, shop_site
from core.tenancy import in_public, in_schema

MADE_UP = 987654321


def twins():
    """The same person with the same key and the same password hash in both shops: what a cloned shop would hold."""
    made = {}
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            user = User(pk=4242, username="twin", email="twin@example.com", role="owner", language="en")
            user.password = "md5$salt$2f1c8b4e6d0a"
            user.save(force_insert=True)
            made[schema] = user
    return made


def test_a_session_of_one_shop_is_nobody_in_the_other(shop, other_shop, client, other_client):
    people = twins()
    client.force_login(people["rose"])
    assert client.get("/profile/").status_code == 200
    other_client.cookies = client.cookies
    assert other_client.get("/profile/").status_code == 302
    assert other_client.get("/admin/").status_code == 302


def test_a_session_of_a_shop_is_nobody_on_the_platform_and_back(shop, platform_client, client, owner):
    client.force_login(owner)
    platform_client.cookies = client.cookies
    assert platform_client.get("/admin/").status_code == 302
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "x")
    platform_browser = ShopBrowser(platform_client.tenant)
    platform_browser.force_login(boss)
    assert platform_browser.get("/admin/").status_code == 200
    client.cookies = platform_browser.cookies
    assert client.get("/admin/").status_code == 302


def test_people_of_one_shop_do_not_exist_in_the_other_nor_on_the_platform(shop, other_shop, owner, other_client):
    form = {"username": owner.username, "password": "iris-and-lily-7"}
    assert other_client.post("/login/", form).status_code == 422
    for schema in ("tulip", "public"):
        with in_schema(schema):
            assert not User.objects.filter(username=owner.username).exists()


def test_cookies_stay_on_their_host(client, staff):
    staff("seller", username="anna")
    client.post("/login/", {"username": "anna", "password": "iris-and-lily-7"})
    assert set(client.cookies) >= {"sessionid"}
    assert {name: cookie["domain"] for name, cookie in client.cookies.items() if cookie["domain"]} == {}


def routes(resolver, prefix=""):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry


def test_admin_pages_of_the_other_side_are_404_on_both_sides(shop, login, owner, platform_client):
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "x")
    platform_client.force_login(boss)
    in_shop = login(owner)
    only_platform = set(platform_site._registry) - set(shop_site._registry)
    only_shop = set(shop_site._registry) - set(platform_site._registry)
    assert {model._meta.label for model in only_platform} >= {"customers.Client", "customers.Domain"}
    for browsers, models in (((in_shop, ShopBrowser(shop)), only_platform), ((platform_client,), only_shop)):
        for browser in browsers:
            for model in models:
                path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
                for page in (path, f"{path}add/", f"{path}1/change/"):
                    assert browser.get(page).status_code == 404, page


def test_no_site_shows_a_table_that_its_schema_does_not_have(shop):
    with connection.cursor() as cursor:
        found = {}
        for schema in ("public", "rose"):
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
            found[schema] = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in platform_site._registry} <= found["public"]
    assert {model._meta.db_table for model in shop_site._registry} <= found["rose"]


def rows_only_in_tulip():
    """A key that exists in the other shop and not here, for every model of the shop's admin."""
    keys = {}
    for model in shop_site._registry:
        if model is User:
            with in_schema("tulip"):
                keys[model] = User.objects.create_user("tulips-own", "own@example.com", role="seller", pk=777777).pk
        else:
            keys[model] = MADE_UP
    return keys


def test_a_key_of_the_other_shop_is_404_or_back_to_the_list_in_the_admin(shop, login, owner):
    browser = login(owner)
    for model, key in rows_only_in_tulip().items():
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{key}/change/"
        answer = browser.get(page)
        # Django's admin answers an unknown key with a message on its first page.
        assert answer.status_code in {302, 403, 404}, page
        assert "tulips-own" not in browser.get(page, follow=True).content.decode()


def test_every_page_with_a_key_is_404_for_a_key_that_is_not_of_this_shop(shop, login, owner):
    browser = login(owner)
    tried = 0
    for route, _entry in routes(get_resolver("myproject.urls_shop")):
        if route.startswith(("admin/", "styleguide")) or "<int:" not in route:
            continue
        path = "/" + "/".join(str(MADE_UP) if part.startswith("<") else part for part in route.split("/"))
        statuses = {browser.get(path).status_code, browser.post(path).status_code}
        assert statuses <= {404, 405}, (path, statuses)
        assert 404 in statuses, (path, statuses)
        tried += 1
    assert tried >= 0


def test_files_are_served_to_the_people_of_their_own_shop_only(login, owner, client, other_client):
    name = default_storage.save("products/1/1/thumb.webp", ContentFile(b"picture of rose"))
    url = default_storage.url(name)
    assert url == "/media/tenants/rose/products/1/1/thumb.webp"
    assert b"".join(login(owner).get(url).streaming_content) == b"picture of rose"
    assert client.get(url).status_code == 302, "strangers log in first"
    with in_schema("tulip"):
        tulips = User.objects.create_user("t", "t@example.com", role="owner")
    other_client.force_login(tulips)
    for path in (
        url,
        "/media/tenants/tulip/../rose/products/1/1/thumb.webp",
        "/media/tenants/tulip/%2e%2e/rose/products/1/1/thumb.webp",
        "/media/tenants/tulip/..%2frose/products/1/1/thumb.webp",
        "/media/tenants/tulip//etc/passwd",
        "/media/tenants/tulip/products",
        "/media/tenants/tulip/products/1/1/thumb.webp",
        "/media/rose/products/1/1/thumb.webp",
        "/media/products/1/1/thumb.webp",
    ):
        assert other_client.get(path).status_code in {404, 400}, path


def test_an_uploaded_page_is_offered_for_saving_and_not_run(shop, login, owner):
    name = default_storage.save("products/1/evil.svg", ContentFile(b"<svg onload=alert(1)>"))
    answer = login(owner).get(default_storage.url(name))
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer["Cache-Control"]
    answer.close()


def test_nothing_is_cached_across_shops(shop, other_shop):
    cache.set("figure", "of rose")
    with in_schema("tulip"):
        assert cache.get("figure") is None
    with in_public():
        assert cache.get("figure") is None
    assert cache.get("figure") == "of rose"


def test_a_form_of_one_shop_is_not_posted_from_the_other(shop, staff):
    staff("seller", username="anna")
    strict = ShopBrowser(shop, enforce_csrf_checks=True)
    page = strict.get("/login/")
    token = page.context["csrf_token"]
    form = {"username": "anna", "password": "iris-and-lily-7", "csrfmiddlewaretoken": str(token)}
    assert strict.post("/login/", form, headers={"origin": "http://tulip.localhost"}).status_code == 403
    assert strict.post("/login/", {**form, "csrfmiddlewaretoken": "x"}).status_code == 403
    assert strict.post("/login/", form, headers={"origin": "http://rose.localhost"}).status_code == 302


def test_links_in_mails_come_from_the_database_and_not_from_the_request(shop, client, mailoutbox, owner):
    from accounts.services.staff import send_invitation

    client.get("/login/", HTTP_HOST="rose.localhost:1234")
    send_invitation(owner.pk)
    assert "http://rose.localhost/" in mailoutbox[0].body


def test_signed_values_of_invitations_carry_the_shop(shop, other_shop):
    from accounts.invitations import tokens

    people = twins()
    token = tokens.make_token(people["rose"])
    assert tokens.check_token(people["rose"], token)
    with in_schema("tulip"):
        assert not tokens.check_token(people["tulip"], token)
    assert signing.loads(signing.dumps("x", salt="rose"), salt="rose") == "x"


@pytest.mark.race
def test_two_shops_at_once_in_many_threads_never_meet(committed_shop, in_threads):
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            User.objects.create_user(f"of-{schema}", f"{schema}@example.com")

    def look(number):
        schema = ("rose", "tulip")[number % 2]
        seen = set()
        for _turn in range(40):
            with in_schema(schema):
                seen |= set(User.objects.values_list("username", flat=True))
            with in_public():
                seen |= set(User.objects.values_list("username", flat=True))
        return seen

    outcomes = in_threads(6, look, schema_name="public")
    assert outcomes == [{"of-rose"}, {"of-tulip"}] * 3


def test_every_shop_model_of_ours_is_empty_of_the_other_shops_rows(shop, other_shop):
    """A row made here is not counted there, whatever the model: the tables are different ones."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.app_label in {"products", "inventory", "orders", "accounts"} and model._meta.managed:
                cursor.execute("SELECT to_regclass(%s)::oid, to_regclass(%s)::oid",
                               [f"rose.{model._meta.db_table}", f"tulip.{model._meta.db_table}"])  # fmt: skip
                here, there = cursor.fetchone()
                assert here
                assert there
                assert here != there
