"""Core pages through every middleware, at a real shop."""

import pytest
from django.conf import settings

from conftest import ShopBrowser


def test_an_address_that_leads_nowhere_is_a_friendly_404_under_a_strict_content_policy(client):
    response = client.get("/no/such/page/", HTTP_ACCEPT_LANGUAGE="ru")
    assert response.status_code == 404
    assert "Такой страницы нет" in response.content.decode()
    assert "Роза" in response.content.decode(), "the shop's own name stands above"
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_staff_member_sees_the_404_inside_the_shell_in_their_own_language(login, staff, shop):
    page = login(staff("florist", language="en", name="Anna Bell")).get("/no/such/page/", HTTP_ACCEPT_LANGUAGE="ru")
    assert page.status_code == 404
    assert "There is no such page" in page.content.decode()
    assert "Anna Bell" in page.content.decode()
    assert "sidebar" in page.content.decode()


def test_nobody_switches_language_with_a_forged_form(shop):
    browser = ShopBrowser(shop, enforce_csrf_checks=True)
    response = browser.post("/language/", {"language": "en"}, HTTP_ACCEPT_LANGUAGE="ru")
    assert response.status_code == 403
    assert "Форма устарела" in response.content.decode()
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies


@pytest.mark.parametrize("browser", ["client", "platform_client"])
def test_anybody_switches_the_language_at_a_shop_and_at_the_platform(request, browser):
    browser = request.getfixturevalue(browser)
    assert "There is no such page" not in browser.get("/no/such/page/").content.decode()
    browser.post("/language/", {"language": "en"})
    assert "There is no such page" in browser.get("/no/such/page/").content.decode()


def test_the_choice_of_a_staff_member_is_stored_in_the_account(login, florist):
    browser = login(florist)
    browser.post("/language/", {"language": "ru"})
    browser.post("/theme/", {"theme": "dark"})
    florist.refresh_from_db()
    assert (florist.language, florist.theme) == ("ru", "dark")
    assert 'lang="ru" data-theme="dark"' in browser.get("/no/such/page/").content.decode()


def test_the_shell_costs_no_more_than_the_person_and_the_session(login, florist, django_assert_max_num_queries):
    browser = login(florist)
    browser.get("/no/such/page/")
    with django_assert_max_num_queries(4):
        browser.get("/no/such/page/")


def test_the_style_sheet_is_not_for_visitors(client):
    assert client.get("/styleguide/").status_code == 404
