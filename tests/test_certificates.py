"""The proxy asks for which names it may get a certificate; nobody else learns anything."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from customers.models import Client, Domain

PATH = "/certificate-for"


@pytest.fixture
def ask(shops, settings):
    settings.CERTIFICATE_KEY = "the proxy's key"

    def ask(domain, key="the proxy's key", host="web:8000"):
        return Browser().get(PATH, {"domain": domain, "key": key}, HTTP_HOST=host)

    return ask


@pytest.mark.parametrize("domain", ["localhost", "rose.localhost", "www.rose.localhost", "ROSE.localhost"])
def test_names_of_the_platform_and_of_shops_get_one(ask, domain):
    answer = ask(domain)
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"yes\n", "no-store")


@pytest.mark.parametrize(
    "domain",
    ["", "nope.localhost", "127.0.0.1", "rose.localhost.evil.example", "*.localhost", "rose", "a\x00b", "x" * 5000],
)
def test_no_other_name_gets_one(ask, domain):
    answer = ask(domain)
    assert (answer.status_code, answer.content) == (404, b"no\n")


@pytest.mark.parametrize(
    ("status", "code"), [("active", 200), ("suspended", 200), ("provisioning", 200), ("closing", 404)]
)
def test_a_suspended_shop_keeps_its_certificate_and_a_closing_one_gets_none(ask, status, code):
    Client.objects.filter(schema_name="rose").update(status=status)
    assert ask("rose.localhost").status_code == code


def test_a_name_of_its_own_counts_as_soon_as_it_is_there_and_no_longer_than_the_shop(ask, shops):
    assert ask("flowers.example").status_code == 404
    Domain.objects.create(domain="flowers.example", tenant=shops["rose"], is_primary=False)
    assert ask("flowers.example").status_code == 200
    shops["rose"].delete()
    assert ask("flowers.example").status_code == 404


@pytest.mark.parametrize("host", ["web:8000", "rose.localhost", "localhost", "nope.localhost"])
@pytest.mark.parametrize("key", ["", "another key", "the proxy's ke"])
def test_without_the_key_the_address_is_not_there_whatever_is_asked(ask, host, key):
    there, not_there = ask("rose.localhost", key, host), ask("nope.localhost", key, host)
    assert there.status_code == not_there.status_code == 404
    assert there.content == not_there.content
    assert b"no\n" != there.content != b"yes\n"


def test_an_installation_without_a_key_answers_nobody(ask, settings):
    settings.CERTIFICATE_KEY = ""
    assert ask("rose.localhost", key="").content not in {b"yes\n", b"no\n"}


def test_an_answer_costs_one_statement_and_leaves_the_schema(ask):
    before = connection.schema_name
    with CaptureQueriesContext(connection) as seen:
        ask("rose.localhost")
    assert [query["sql"] for query in seen if query["sql"].startswith('SELECT "customers')] != []
    assert len([query for query in seen if "search_path" not in query["sql"]]) == 1
    assert connection.schema_name == before
