"""Probes, and the page while the database is away."""

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from core.middleware.health import is_connection_loss

HEALTH = ["core.middleware.health.HealthMiddleware", "core.middleware.health.DatabaseGoneMiddleware"]
failure: Exception | None = None


def view(request):
    if failure:
        raise failure
    return HttpResponse("page")


urlpatterns = [path("", view)]


def breaking(get_response):
    """A middleware that meets the failure before any view does, as the look-up of the shop would."""

    def middleware(request):
        if failure:
            raise failure
        return get_response(request)

    return middleware


@pytest.fixture
def browser(settings):
    settings.MIDDLEWARE = HEALTH
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["localhost"]
    return Client(raise_request_exception=False, headers={"host": "localhost"})


@pytest.fixture
def fails(monkeypatch):
    def set_failure(error):
        monkeypatch.setattr(f"{__name__}.failure", error)

    return set_failure


class Coded(psycopg2.OperationalError):
    """What the driver raises, with a code of our choice: its own attribute can't be set."""

    pgcode = None

    def __init__(self, code):
        super().__init__("the server said no")
        self.pgcode = code


def lost(code=None, kind=OperationalError):
    error = kind("connection to server failed: Connection refused")
    error.__cause__ = Coded(code)
    return error


def test_a_probe_by_address_is_answered_without_a_shop_and_without_a_database(browser):
    answer = browser.get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_ready_means_that_the_database_answers(browser):
    assert browser.get("/readyz", headers={"host": "10.1.2.3"}).status_code == 200


def test_not_ready_while_the_database_is_away(browser, monkeypatch):
    def refuse():
        raise lost()

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert b"database" in answer.content
    monkeypatch.undo()


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("where", ["view", "middleware"])
def test_without_a_database_everybody_gets_a_calm_page_that_recovers(browser, fails, settings, where, debug):
    settings.DEBUG = debug
    if where == "middleware":
        settings.MIDDLEWARE = [*HEALTH, f"{__name__}.breaking"]
    fails(lost())
    answer = browser.get("/")
    page = answer.content.decode()
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "База данных не отвечает" in page
    assert "The database does not answer" in page
    assert "src=" not in page
    assert "<style" not in page
    fails(None)
    assert browser.get("/").content == b"page"


@pytest.mark.parametrize("code", ["55P03", "40P01", "40001", "57014"])
def test_a_statement_that_failed_on_a_living_connection_is_left_to_others(browser, fails, code):
    fails(lost(code))
    assert browser.get("/").status_code == 500


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (lost(), True),
        (lost("57P01"), True),
        (lost("57P03"), True),
        (lost("08006"), True),
        (lost("53300"), True),
        (InterfaceError("connection already closed"), True),
        (InterfaceError("cursor already closed"), False),
        (lost("55P03"), False),
        (DatabaseError("something else"), False),
        (ValueError("connection"), False),
    ],
)
def test_only_a_lost_connection_counts_as_the_database_being_gone(error, expected):
    assert is_connection_loss(error) is expected
