"""The bell: how much needs a decision, by role, asked rarely and answered cheaply."""

import re
from datetime import time, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.tenancy import in_schema
from inventory.models import Warehouse
from inventory.tests.factories import product, receive, stocked, warehouse
from orders.services.lifecycle import complete_order, confirm_order, set_status
from orders.tests.factories import order, status, today
from reports.attention import attention_for, version_of

PART = {"HTTP_HX_REQUEST": "true"}
URL, BELL = "/attention/", "/attention/bell/"


def codes(person):
    return {entry.code: entry.count for entry in attention_for(person, now=timezone.now())}


def something_of_everything():
    """Two late orders, one unpaid, one waiting; one batch expired, one product wilting, one low."""
    for _ in range(2):
        set_status(order(due_on=today() - timedelta(days=1), due_from=time(9)), status("new"))
    complete_order(order((stocked("Tulip"), "2")))
    confirm_order(order((stocked("Rose", ("3", "10")), "9"), due_on=today() + timedelta(days=20)))
    receive(product("Peony"), "5", expires_on=today() - timedelta(days=1))


def token(text):
    return re.search(r"\?version=([0-9a-f]+)", text).group(1)


def test_every_entry_leads_to_the_list_that_shows_as_many(shop, login, owner):
    something_of_everything()
    browser = login(owner)
    assert codes(owner) == {"late": 2, "unpaid": 1, "waiting": 1, "expired": 1, "wilting": 1, "low": 1}
    main = warehouse().pk
    shown = browser.get(URL).content.decode()
    for url in (
        "/orders/?view=late", "/orders/?view=unpaid", "/orders/?view=waiting",
        f"/stock/?view=expired&amp;warehouse={main}", f"/stock/?view=wilting&amp;warehouse={main}",
        f"/stock/?view=low&amp;warehouse={main}",
    ):  # fmt: skip
        assert f'href="{url}"' in shown
        assert browser.get(url.replace("&amp;", "&")).status_code == 200
    assert len(browser.get("/orders/?view=late").context["page"].rows) == 2
    for view in ("expired", "wilting", "low"):
        assert len(browser.get(f"/stock/?view={view}&warehouse={main}").context["stocks"]) == 1


def test_each_warehouse_has_its_own_entry_where_there_are_several(shop, owner):
    cold = Warehouse.objects.create(name="Cold room")
    receive(product("Peony"), "5", expires_on=today() - timedelta(days=1))
    receive(product("Iris"), "5", expires_on=today() - timedelta(days=1), warehouse=cold)
    entries = [entry for entry in attention_for(owner, now=timezone.now()) if entry.code == "expired"]
    assert [(entry.count, entry.note) for entry in entries] == [(1, warehouse().name), (1, "Cold room")]
    assert entries[1].url == f"/stock/?view=expired&warehouse={cold.pk}"


@pytest.mark.parametrize(("role", "seen"), [
    ("owner", {"late", "unpaid", "waiting", "expired", "wilting", "low"}),
    ("florist", {"late", "unpaid", "waiting", "expired", "wilting", "low"}),
    ("courier", {"late"}),
])  # fmt: skip
def test_a_role_is_bothered_only_with_what_it_may_decide(shop, staff, role, seen):
    something_of_everything()
    assert set(codes(staff(role))) == seen


@pytest.mark.parametrize(("language", "said", "nothing"), [
    ("en", "orders are late", "Nothing needs a decision"), ("ru", "заказа опаздывают", "Ничего не требует решения"),
])  # fmt: skip
def test_the_page_and_the_panel_speak_the_reader_s_language(login, staff, language, said, nothing):
    browser = login(staff("florist", language=language))
    assert nothing in browser.get(URL).content.decode()
    assert nothing[-18:] in browser.get(URL, **PART).content.decode()
    cache.clear()
    something_of_everything()
    for headers in ({}, PART):
        shown = browser.get(URL, **headers).content.decode()
        assert said in shown
        assert ("<html" in shown) is not bool(headers)


def test_the_bell_tells_a_number_once_and_then_204(shop, login, owner):
    something_of_everything()
    browser = login(owner)
    first = browser.get(BELL, **PART)
    shown = first.content.decode()
    assert (first.status_code, re.search(r">(\S*)</span>", shown).group(1)) == (200, "7")
    assert 'data-tone="danger"' in shown
    assert 'hx-trigger="every 30s' in shown
    same = browser.get(f"{BELL}?version={token(shown)}", **PART)
    assert (same.status_code, same.content) == (204, b"")
    cache.clear()
    set_status(order(due_on=today() - timedelta(days=1)), status("new"))
    changed = browser.get(f"{BELL}?version={token(shown)}", **PART).content.decode()
    assert ">8</span>" in changed
    assert token(changed) != token(shown)


def test_nothing_to_decide_is_an_empty_bell(shop, login, owner):
    shown = login(owner).get(BELL, **PART).content.decode()
    assert "></span>" in shown
    assert "data-tone" not in shown


def test_the_figures_are_kept_for_a_minute_and_per_shop(shop, other_shop, owner, monkeypatch):
    assert codes(owner) == {}
    set_status(order(due_on=today() - timedelta(days=1)), status("new"))
    assert codes(owner) == {}, "kept"
    with in_schema("tulip"):
        assert cache.get("reports.attention") is None
    cache.clear()
    assert codes(owner) == {"late": 1}


def test_an_unchanged_bell_costs_two_statements_and_a_page_none(shop, login, owner, django_assert_max_num_queries):
    something_of_everything()
    browser = login(owner)
    browser.get("/profile/")  # from now on the host is known
    with django_assert_max_num_queries(8):
        shown = browser.get(BELL, **PART).content.decode()
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(f"{BELL}?version={token(shown)}", **PART).status_code == 204
    tables = [query["sql"].split('"')[1] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    assert tables == ["django_session", "accounts_user"]
    assert len(asked.captured_queries) == 3, "besides the schema, which every request sets"
    cache.clear()
    with django_assert_max_num_queries(12):
        browser.get(URL)
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        shown = browser.get("/profile/").content.decode()
    assert 'hx-get="/attention/bell/"' in shown
    assert not [query for query in asked.captured_queries if "inventory_" in query["sql"] or "orders_" in query["sql"]]


def test_who_logged_out_meanwhile_is_not_shown_a_log_in_in_the_bell(client):
    assert client.get(BELL, **PART).status_code == 204
    assert "/login/" in client.get(URL)["Location"]
    assert client.get(BELL)["Location"] == URL
    assert client.post(BELL).status_code == 405
    assert client.post(URL).status_code == 405


def test_the_platform_has_no_bell(platform_client):
    assert platform_client.get(URL).status_code == 404
    assert platform_client.get(BELL, **PART).status_code == 404


def test_a_token_tells_figures_apart(shop, owner):
    assert version_of([]) == version_of([])
    something_of_everything()
    entries = attention_for(owner, now=timezone.now())
    assert version_of(entries) != version_of(entries[1:])
