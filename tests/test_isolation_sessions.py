"""Whoever is logged in at one shop is nobody in the next, on the platform and back; cookies stay where they were set."""

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.messages import constants
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.models import User
from conftest import ShopBrowser
from core.flash import ShopMessages
from core.tenancy import in_public, in_schema
from tests.isolation import twins

PASSWORD = "iris-and-lily-7"


def test_a_session_of_one_shop_is_nobody_in_the_other(shop, other_shop, client, other_client):
    people = twins()
    client.force_login(people["rose"])
    assert client.get("/profile/").status_code == 200
    other_client.cookies = client.cookies
    assert other_client.get("/profile/").status_code == 302
    assert other_client.get("/admin/").status_code == 302


def test_a_session_row_that_got_into_the_other_shop_is_nobody_there(shop, other_shop, client, other_client):
    """As after copying a schema: the row is there, the person with the same key and password too."""
    people = twins()
    client.force_login(people["rose"])
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tulip.django_session SELECT * FROM rose.django_session")
    other_client.cookies = client.cookies
    assert other_client.get("/profile/").status_code == 302
    assert client.get("/profile/").status_code == 200, "the visit there has not ended the session here"


def test_even_a_session_that_both_can_read_is_nobody_in_the_other(shop, other_shop, client, monkeypatch):
    """The second lock behind the first: the hash a session holds of its person knows the schema."""
    people = twins()
    client.force_login(people["rose"])
    held = client.session[HASH_SESSION_KEY]
    assert people["rose"].get_session_auth_hash() == held
    with in_schema("tulip"):
        assert people["tulip"].get_session_auth_hash() != held
        assert held not in people["tulip"].get_session_auth_fallback_hash()


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
    form = {"username": owner.username, "password": PASSWORD}
    assert other_client.post("/login/", form).status_code == 422
    for schema in ("tulip", "public"):
        with in_schema(schema):
            assert not User.objects.filter(username=owner.username).exists()


def test_cookies_stay_on_their_host(client, staff):
    staff("seller", username="anna")
    client.post("/login/", {"username": "anna", "password": PASSWORD})
    client.post("/theme/", {"theme": "dark"})
    client.post("/language/", {"language": "en"})
    assert set(client.cookies) >= {"sessionid", "theme", "django_language"}
    assert {name: cookie["domain"] for name, cookie in client.cookies.items() if cookie["domain"]} == {}


def test_under_https_a_cookie_is_bound_to_its_host(client, staff, settings):
    """What a browser wants of a `__Host-` name: secure, for the whole host, without a domain."""
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    staff("seller", username="anna")
    client.post("/login/", {"username": "anna", "password": PASSWORD}, secure=True)
    for name, hidden in (("__Host-sessionid", True), ("__Host-csrftoken", False)):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
        assert bool(cookie["httponly"]) == hidden


def test_a_session_that_somebody_planted_is_not_the_one_after_the_log_in(client, staff):
    staff("seller", username="anna")
    planted = client.session
    planted["basket"] = "of the attacker"
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    client.post("/login/", {"username": "anna", "password": PASSWORD})
    assert client.cookies["sessionid"].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()
    stranger = ShopBrowser(client.tenant)
    stranger.cookies["sessionid"] = planted.session_key
    assert stranger.get("/profile/").status_code == 302


def test_a_form_of_one_shop_is_not_posted_from_the_other(shop, staff):
    staff("seller", username="anna")
    strict = ShopBrowser(shop, enforce_csrf_checks=True)
    page = strict.get("/login/")
    token = page.context["csrf_token"]
    form = {"username": "anna", "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    for origin in (
        "http://tulip.localhost",
        "http://localhost",
        "http://rose.localhost:1",
        "null",
        "https://rose.localhost",
    ):
        assert strict.post("/login/", form, headers={"origin": origin}).status_code == 403, origin
    assert strict.post("/login/", {**form, "csrfmiddlewaretoken": "x"}).status_code == 403
    assert strict.post("/login/", form, headers={"origin": "http://rose.localhost"}).status_code == 302


def test_a_cookie_that_the_neighbour_set_for_the_domain_above_does_not_help_him(shop, staff):
    """He knows the token then, but his page has another origin; under https his cookie has the wrong name besides."""
    staff("seller", username="anna")
    strict = ShopBrowser(shop, enforce_csrf_checks=True)
    strict.cookies["csrftoken"] = "a" * 32
    form = {"username": "anna", "password": PASSWORD, "csrfmiddlewaretoken": "a" * 32}
    assert strict.post("/login/", form, headers={"origin": "http://tulip.localhost"}).status_code == 403
    assert strict.post("/logout/", form, headers={"origin": "http://tulip.localhost"}).status_code == 403


@pytest.mark.parametrize("schema", ["tulip", "public"])
def test_words_for_the_next_page_are_not_read_out_by_the_neighbour(shop, other_shop, schema):
    request = RequestFactory().get("/")
    request.session = {}
    storage = ShopMessages(request)
    storage.add(constants.SUCCESS, "The order of Anna is saved.")
    answer = HttpResponse()
    assert storage.update(answer) in ([], None)
    cookie = answer.cookies["messages"].value
    request.COOKIES["messages"] = cookie
    assert [str(each) for each in ShopMessages(request)] == ["The order of Anna is saved."]
    with in_schema(schema):
        assert list(ShopMessages(request)) == []
