import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import translation

from core import views
from core.middleware.language import LanguageMiddleware
from core.tests.faces import Person, request


def speak(made):
    return LanguageMiddleware(lambda _request: HttpResponse(translation.get_language()))(made)


def test_the_person_decides_first_then_the_cookie_then_the_browser_then_russian():
    made = request(user=Person(language="en"), HTTP_ACCEPT_LANGUAGE="ru")
    made.COOKIES[settings.LANGUAGE_COOKIE_NAME] = "ru"
    assert speak(made).content == b"en"
    made = request(HTTP_ACCEPT_LANGUAGE="en")
    made.COOKIES[settings.LANGUAGE_COOKIE_NAME] = "ru"
    assert speak(made).content == b"ru"
    assert speak(request(HTTP_ACCEPT_LANGUAGE="en-GB,en;q=0.9")).content == b"en"
    assert speak(request(HTTP_ACCEPT_LANGUAGE="fr")).content == b"ru"
    assert speak(request()).content == b"ru"


@pytest.mark.parametrize("nonsense", ["xx", "../etc", "", "en; DROP"])
def test_a_language_we_do_not_have_is_passed_over(nonsense):
    made = request(user=Person(language=nonsense))
    made.COOKIES[settings.LANGUAGE_COOKIE_NAME] = nonsense
    assert speak(made).content == b"ru"


def test_the_answer_says_its_language_and_the_thread_gets_its_own_back():
    with translation.override("ru"):
        response = speak(request(user=Person(language="en")))
        assert translation.get_language() == "ru"
    assert response["Content-Language"] == "en"
    assert "Cookie" in response["Vary"]


def test_anybody_may_switch_the_language_and_comes_back_to_the_same_page():
    response = views.set_language(request("/language/", method="post", data={"language": "en", "next": "/orders/?q=1"}))
    assert response.status_code == 302
    assert response["Location"] == "/orders/?q=1"
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_the_choice_of_a_staff_member_is_remembered_in_the_account():
    person = Person(language="ru")
    views.set_language(request("/language/", method="post", data={"language": "en"}, user=person))
    views.set_theme(request("/theme/", method="post", data={"theme": "dark"}, user=person))
    assert (person.language, person.theme, person.saved) == ("en", "dark", ["language", "theme"])


@pytest.mark.parametrize("value", ["xx", "", "ru\r\nSet-Cookie: a=b"])
def test_an_unknown_choice_changes_nothing(value):
    person = Person(language="ru")
    for view, name in ((views.set_language, "language"), (views.set_theme, "theme")):
        response = view(request("/", method="post", data={name: value}, user=person))
        assert not response.cookies
    assert person.saved == []


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_way_back_never_leaves_the_host(target):
    response = views.set_language(request("/language/", method="post", data={"language": "en", "next": target}))
    assert response["Location"] == "/"


def test_the_switches_take_only_posts():
    assert views.set_language(request("/language/")).status_code == 405
    assert views.set_theme(request("/theme/")).status_code == 405
