from pathlib import Path

import pytest
from django.db import OperationalError
from django.utils import translation

from core.errors import BadInput, Busy, DomainError, KeyReused, NotAllowed, StaleForm
from core.htmx import page_or_part
from core.middleware.refusal import RefusalMiddleware
from core.tests.faces import Asks, Person, request
from core.views import csrf_failure

SENTENCE = "Роза <b>: нужно 25, свободно 12."


def answer(error, made=None):
    return RefusalMiddleware(lambda _request: None).process_exception(made or request(user=Person()), error)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DomainError(SENTENCE), 409),
        (StaleForm(SENTENCE), 409),
        (BadInput(SENTENCE), 422),
        (KeyReused(), 422),
        (NotAllowed(SENTENCE), 403),
        (Busy(), 503),
    ],
)
def test_a_refusal_becomes_a_page_with_its_sentence_and_its_status(error, status):
    response = answer(error)
    assert response.status_code == status
    page = response.content.decode()
    assert "<html" in page
    assert str(error).replace("<b>", "&lt;b&gt;") in page
    assert "<b>:" not in page
    assert response["Cache-Control"] == "no-store"


def test_for_htmx_a_refusal_is_a_notice_above_the_content():
    response = answer(DomainError(SENTENCE), request(user=Person(), htmx=Asks()))
    assert response.status_code == 409
    assert response["HX-Retarget"] == "#page_notice"
    assert "<html" not in response.content.decode()
    assert 'class="notice"' in response.content.decode()


def test_boosted_links_get_the_whole_page():
    assert "<html" in answer(DomainError(SENTENCE), request(user=Person(), htmx=Asks(boosted=True))).content.decode()


def test_somebody_who_is_not_logged_in_gets_the_page_without_the_shell():
    page = answer(NotAllowed(SENTENCE), request()).content.decode()
    assert 'class="plain"' in page
    assert "sidebar" not in page


def test_a_form_that_was_refused_leads_back_to_itself():
    response = answer(DomainError(SENTENCE), request("/orders/7/complete/", method="post", user=Person()))
    assert 'href="/orders/7/complete/"' in response.content.decode()


@pytest.mark.parametrize(("language", "words"), [("ru", "Ничего не изменено."), ("en", "Nothing was changed.")])
def test_a_refusal_speaks_the_language_of_the_request(language, words):
    with translation.override(language):
        assert words in answer(Busy()).content.decode()


def test_busy_says_when_to_try_again():
    assert answer(Busy())["Retry-After"] == "2"
    assert "Retry-After" not in answer(StaleForm("x"))


class LockTimeout(Exception):
    pgcode = "55P03"


class Deadlock(Exception):
    pgcode = "40P01"


def database_error(cause):
    error = OperationalError("canceling statement")
    error.__cause__ = cause
    return error


def test_a_lock_that_was_not_free_in_time_is_busy_and_other_errors_stay_errors():
    response = answer(database_error(LockTimeout()))
    assert response.status_code == 503
    assert response["Retry-After"] == "2"
    assert answer(database_error(Deadlock())) is None
    assert answer(ValueError("a mistake")) is None


def test_a_form_without_its_token_is_explained():
    with translation.override("en"):
        response = csrf_failure(request("/orders/new/", method="post"), reason="CSRF cookie not set.")
        part = csrf_failure(request("/orders/new/", method="post", htmx=Asks()))
    assert response.status_code == 403
    assert "Nothing was saved" in response.content.decode()
    assert 'href="/orders/new/"' in response.content.decode()
    assert part["HX-Retarget"] == "#page_notice"


def test_a_page_or_its_part_and_caches_know_the_difference(settings):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]
    template = "page_with_part.html"
    page = page_or_part(request(), template, "rows", {"name": "Анна"})
    part = page_or_part(request(htmx=Asks()), template, "rows", {"name": "Анна"}, status=422)
    restored = page_or_part(request(htmx=Asks(history_restore_request=True)), template, "rows", {"name": "Анна"})
    assert page.content.decode().split() == ["<h1>Rows</h1>", "<p>Анна</p>"]
    assert part.content.decode().split() == ["<p>Анна</p>"]
    assert restored.content == page.content
    assert part.status_code == 422
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in part["Vary"]
