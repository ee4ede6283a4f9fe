"""The doors that stand open to everybody: how often they may be tried, and that they tell nobody who exists."""

import re
import uuid

import pytest
from django.core import mail
from django_tasks_db.models import DBTaskResult

from accounts.models import Attempt, User
from accounts.services import limits
from accounts.services.limits import Limit
from customers.models import TenantRegistration
from customers.tests.test_public_site import FORM

TOO_OFTEN = {"en": "Too many attempts in a short time.", "ru": "Слишком много попыток за короткое время."}


def small(monkeypatch, module, name, count=2):
    limit = getattr(limits, name)
    monkeypatch.setattr(module, name, Limit(limit.scope, count, limit.seconds))


def application(**changes):
    return {**FORM, "key": str(uuid.uuid4()), **changes}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", ["APPLY", "APPLY_EMAIL"])
def test_applications_are_counted_by_address_and_by_e_mail(platform_client, monkeypatch, name, language):
    from customers import views

    small(monkeypatch, views, name)
    for number, status in enumerate((302, 302, 429)):
        address = {"schema_name": f"lily{number}"} | (
            {"owner_email": f"a{number}@example.com"} if name == "APPLY" else {}
        )
        answer = platform_client.post("/apply/", application(**address), headers={"accept-language": language})
        assert answer.status_code == status
    page = answer.content.decode()
    assert TOO_OFTEN[language] in page
    assert 'value="lily2"' in page, "what was typed is still there"
    assert TenantRegistration.objects.count() == 2


@pytest.mark.parametrize("language", ["en", "ru"])
def test_whoever_asks_for_hundreds_of_addresses_is_after_the_names_that_are_taken(
    platform_client, monkeypatch, language
):
    from customers import views

    small(monkeypatch, views, "SUGGEST_ADDRESS")
    for status in (200, 200, 429):
        answer = platform_client.get(
            "/apply/address/", {"shop_name": "Rose"}, headers={"hx-request": "true", "accept-language": language}
        )
        assert answer.status_code == status
    assert TOO_OFTEN[language] in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
    assert "rose" not in answer.content.decode()


@pytest.mark.parametrize("name", ["FORGOTTEN", "FORGOTTEN_EMAIL"])
@pytest.mark.parametrize("email", ["anna@example.com", "nobody@example.com"])
def test_links_to_a_new_password_are_counted_alike_for_the_known_and_the_unknown(
    client, seller, monkeypatch, name, email
):
    from accounts.views import people

    small(monkeypatch, people, name)
    User.objects.filter(pk=seller.pk).update(email="anna@example.com")
    statuses = [client.post("/new-password/", {"email": email}).status_code for _time in range(3)]
    assert statuses == [200, 200, 429]
    assert mail.outbox == []
    assert DBTaskResult.objects.count() == 2


def test_log_ins_are_counted_by_address_whatever_names_are_tried(client, staff, monkeypatch):
    from accounts.views import people

    small(monkeypatch, people, "LOG_IN", count=5)
    staff("seller", username="anna")
    for number in range(5):
        assert client.post("/login/", {"username": f"name{number}", "password": "x"}).status_code == 422
    answer = client.post(
        "/login/", {"username": "anna", "password": "iris-and-lily-7"}, headers={"accept-language": "en"}
    )
    assert answer.status_code == 429
    assert TOO_OFTEN["en"] in answer.content.decode()
    assert "_auth_user_id" not in client.session
    elsewhere = client.post("/login/", {"username": "anna", "password": "iris-and-lily-7"}, REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 302


def refusals(client, username):
    pages = []
    for _attempt in range(9):
        answer = client.post("/login/", {"username": username, "password": "wrong"}, headers={"accept-language": "en"})
        page = answer.content.decode().replace(username, "NAME")
        pages.append((answer.status_code, re.sub(r'value="\S{64}"', "", page)))
    return pages


def test_the_log_in_answers_alike_for_the_known_the_unknown_and_the_switched_off(client, staff):
    staff("seller", username="known-name")
    staff("seller", username="gone-person", is_active=False)
    known = refusals(client, "known-name")
    assert [status for status, _page in known] == [422] * 7 + [429] * 2
    assert refusals(client, "gone-person") == known
    assert refusals(client, "nobody-here") == known


def test_an_application_is_answered_alike_whether_the_e_mail_is_known_or_not(platform_client, shop, staff):
    staff("owner", email="known@example.com")
    pages = []
    for number, email in enumerate(("known@example.com", "unknown@example.com", "known@example.com")):
        answer = platform_client.post("/apply/", application(owner_email=email, schema_name=f"lily{number}"))
        page = platform_client.get(answer["Location"]).content.decode()
        pages.append((answer.status_code, re.sub(r"lily\d|\w•••|[\da-f-]{36}|value=\"\S{64}\"", "", page)))
    assert pages[0] == pages[1] == pages[2]


def test_nobodys_address_is_kept(client, platform_client):
    client.post("/login/", {"username": "x", "password": "y"}, REMOTE_ADDR="10.9.8.7")
    assert Attempt.objects.exists()
    assert not [each for each in Attempt.objects.values_list("who", flat=True) if "10.9" in each]
