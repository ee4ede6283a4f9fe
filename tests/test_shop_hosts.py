"""From a host to a shop."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core.middleware.shop import hosts
from customers.models import Client, Domain

UNKNOWN = ["nope.localhost", "rose.localhost.evil.example", "evil.example", "rose_.localhost", "роза.localhost", ""]


@pytest.mark.parametrize("host", UNKNOWN)
def test_an_unknown_host_gets_one_plain_page_in_both_languages(client, host):
    answer = client.get("/", HTTP_HOST=host)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "По этому адресу магазина нет" in page
    assert "There is no shop at this address" in page
    assert "rose" not in page
    assert "tulip" not in page
    assert page == client.get("/login/", HTTP_HOST="other.localhost").content.decode()


@pytest.mark.parametrize("host", ["rose.localhost", "rose.localhost:8000", "www.rose.localhost", "ROSE.localhost"])
def test_port_www_and_case_do_not_matter(client, host):
    assert client.get("/login/", HTTP_HOST=host).status_code == 200


def test_a_forwarded_host_is_ignored(client):
    answer = client.get("/login/", headers={"x-forwarded-host": "tulip.localhost"})
    assert answer.wsgi_request.tenant.schema_name == "rose"


def test_the_platform_answers_on_its_domain_and_on_the_bare_address(platform_client):
    for host in ("localhost", "127.0.0.1", "127.0.0.1:8000"):
        assert platform_client.get("/", HTTP_HOST=host).wsgi_request.tenant.schema_name == "public"


@pytest.mark.parametrize(("status", "code"), [("suspended", 403), ("closing", 403), ("provisioning", 503)])
def test_a_shop_that_is_not_open_says_so_neutrally_on_every_page(client, shop, status, code):
    Client.objects.filter(pk=shop.pk).update(status=status)
    hosts.forget()
    for path in ("/", "/orders/", "/admin/", "/nope"):
        answer = client.get(path)
        assert answer.status_code == code
        assert shop.name not in answer.content.decode()
    assert (answer.get("Retry-After") is not None) == (code == 503)


def test_a_known_host_costs_one_statement_at_most_before_the_view(client):
    client.get("/login/")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        client.get("/login/")
    assert [query["sql"] for query in seen if "customers_" in query["sql"]] == []
    assert len(seen) <= 1, [query["sql"] for query in seen]


def test_a_change_is_seen_at_once(client, shop, django_capture_on_commit_callbacks):
    assert client.get("/").status_code == 302
    shop.status = "suspended"
    shop.save()
    assert client.get("/").status_code == 403
    shop.status = "active"
    shop.save()
    Domain.objects.create(domain="flowers.localhost", tenant=shop, is_primary=False)
    assert client.get("/login/", HTTP_HOST="flowers.localhost").status_code == 200
    Domain.objects.filter(domain="flowers.localhost").first().delete()
    assert client.get("/login/", HTTP_HOST="flowers.localhost").status_code == 404


def test_what_was_read_before_a_change_is_not_kept_after_it(shop):
    generation = hosts.generation()
    hosts.forget()
    hosts.put("rose.localhost", shop, 0.0, generation)
    assert hosts.get("rose.localhost", 0.0) is None


def test_a_host_is_known_for_a_minute(shop):
    hosts.put("rose.localhost", shop, 100.0, hosts.generation())
    found = hosts.get("rose.localhost", 159.9)
    assert found == shop
    assert found is not shop
    assert hosts.get("rose.localhost", 160.0) is None


def test_unknown_hosts_are_not_remembered(client):
    for number in range(50):
        client.get("/", HTTP_HOST=f"x{number}.localhost")
    assert len(hosts._entries) == 0


def test_a_connection_that_was_in_very_many_shops_is_closed_before_it_enters_one_more(committed_shop, monkeypatch):
    monkeypatch.setattr("core.tenancy.SHOPS_PER_CONNECTION", 1)
    browser = Browser()
    connection.close()  # tests before may have been in both shops with this one

    def process_after(host):
        assert browser.get("/login/", HTTP_HOST=host).status_code == 200
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    first = process_after("rose.localhost")
    assert process_after("rose.localhost") == first
    second = process_after("tulip.localhost")
    assert second != first
    assert process_after("tulip.localhost") == second
    monkeypatch.setattr("core.tenancy.SHOPS_PER_CONNECTION", 2)
    assert process_after("rose.localhost") == second


def test_a_thread_that_has_no_connection_yet_finds_a_host_that_is_known(committed_shop):
    """Then nothing was asked of the database before the shop is entered."""
    Browser().get("/login/", HTTP_HOST="rose.localhost")

    def ask():
        try:
            return Browser().get("/login/", HTTP_HOST="rose.localhost").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(ask).result() == 200
