"""Whether an applicant reads the mail: codes, new ones, another address; and the page that tells how far it has come."""

import datetime
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.services import limits
from accounts.services.limits import Limit
from customers.errors import MailCodeSpent, NothingToConfirm, WrongMailCode
from customers.models import TenantOperation, TenantRegistration
from customers.services.confirming import MOST_WRONG, code_of
from customers.services.registration import apply, confirm_email, reject, send_code_again

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
PART = {"hx-request": "true", "accept-language": "en"}


def send(name="lily", **changes):
    details = {"shop_name": "Лилия", "owner_name": "Анна", "owner_email": "anna@example.com", "language": "en"}
    return apply(token=uuid.uuid4(), schema_name=name, now=NOW, **{**details, **changes})


@pytest.fixture
def application(platform):
    return send()


def row(application):
    return TenantRegistration.objects.filter(pk=application.pk).values().get()


def refused(language, words, error, work):
    with pytest.raises(error) as refusal, translation.override(language):
        work()
    with translation.override(language):
        assert words in str(refusal.value)


def test_a_code_is_read_however_it_is_pasted(platform):
    for number, change in enumerate(
        (str, str.upper, lambda code: code.replace("-", ""), lambda code: f"\u00a0{code.replace('-', ' — ')}\n")
    ):
        application = send(f"lily{number}")
        assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}", code_of(application))
        confirm_email(registration=application, code=change(code_of(application)), now=NOW)
        assert row(application)["email_verified_at"] == NOW


@pytest.mark.parametrize(("language", "words"), [("en", "This is not the code"), ("ru", "Это не тот код")])
def test_a_wrong_code_is_refused_and_counted(application, language, words):
    other = send("daisy")
    for wrong in ("", "aaaa-aaaa", code_of(other), code_of(application) + "a", "\x00", "код"):
        refused(
            language,
            words,
            WrongMailCode,
            lambda code=wrong: confirm_email(registration=application, code=code, now=NOW),
        )
    assert (row(application)["email_verified_at"], row(application)["wrong_codes"]) == (None, 6)
    confirm_email(registration=application, code=code_of(application), now=NOW)
    confirm_email(registration=application, code="a second press", now=NOW + datetime.timedelta(hours=1))
    assert row(application)["email_verified_at"] == NOW


@pytest.mark.parametrize(("language", "words"), [("en", "Have a new one sent"), ("ru", "Попросите новый")])
def test_after_ten_tries_or_three_days_even_the_right_code_is_void(application, language, words):
    late = NOW + datetime.timedelta(days=3, seconds=1)
    right = code_of(application)
    refused(language, words, MailCodeSpent, lambda: confirm_email(registration=application, code=right, now=late))
    for _try in range(MOST_WRONG):
        with pytest.raises(WrongMailCode):
            confirm_email(registration=application, code="aaaa-aaaa", now=NOW)
    before = row(application)
    refused(language, words, MailCodeSpent, lambda: confirm_email(registration=application, code=right, now=NOW))
    assert row(application) == before
    send_code_again(registration=application, now=late)
    application.refresh_from_db()
    assert code_of(application) != right
    confirm_email(registration=application, code=code_of(application), now=late)
    assert row(application)["email_verified_at"] == late


def test_a_new_address_makes_the_code_of_the_old_one_void(application, mails):
    mails().clear()
    old = code_of(application)
    # in the very moment of the first mail: the address alone changes the code
    send_code_again(registration=application, email="bella@example.com", now=NOW)
    [mail] = mails()
    assert mail.to == ["bella@example.com"]
    assert old not in mail.body
    with pytest.raises(WrongMailCode):
        confirm_email(registration=application, code=old, now=NOW)
    [code] = re.findall(r"^ +(\w{4}-\w{4})$", mail.body, re.MULTILINE)
    confirm_email(registration=application, code=code, now=NOW)
    assert (row(application)["owner_email"], row(application)["email_verified_at"]) == ("bella@example.com", NOW)


@pytest.mark.parametrize(("language", "words"), [("en", "nothing to confirm any more"), ("ru", "уже нечего")])
def test_once_confirmed_or_answered_nothing_is_sent_and_no_address_changed(application, mails, language, words):
    mails().clear()
    confirm_email(registration=application, code=code_of(application), now=NOW)
    answered = send("daisy")
    reject(registration=answered, reason="No such street.", by=None, now=NOW)
    mails().clear()
    for each in (application, answered):
        before = row(each)
        refused(
            language, words, NothingToConfirm,
            lambda each=each: send_code_again(registration=each, email="bella@example.com", now=NOW),
        )  # fmt: skip
        assert row(each) == before
    refused(
        language, words, NothingToConfirm,
        lambda: confirm_email(registration=answered, code=code_of(answered), now=NOW),
    )  # fmt: skip
    assert not mails()


def test_whoever_has_confirmed_meanwhile_is_not_mailed(application, mails):
    confirm_email(registration=application, code=code_of(application), now=NOW)
    assert not mails()


def test_the_code_is_kept_nowhere_and_belongs_to_this_installation(application, settings):
    code = code_of(application)
    assert code not in str(row(application))
    settings.SECRET_KEY = "another"
    assert code_of(application) != code


@pytest.mark.race
def test_ten_tries_at_once_are_ten_tries(committed_shop, in_threads):
    connection.set_schema_to_public()
    application = send()
    outcomes = in_threads(
        8, lambda number: confirm_email(registration=application, code="aaaa-aaaa", now=NOW), schema_name="public"
    )
    assert {type(outcome).__name__ for outcome in outcomes} == {"WrongMailCode"}
    assert row(application)["wrong_codes"] == 8


# --- The page ----------------------------------------------------------------------------------------------------------


def page_of(application):
    return f"/application/{application.token}/"


def fresh(application):
    """As if it had just been sent: the views look at the clock."""
    TenantRegistration.objects.filter(pk=application.pk).update(code_sent_at=timezone.now())
    application.refresh_from_db()
    return application


def test_the_code_is_typed_on_the_page(application, platform_client):
    path = page_of(fresh(application))
    answer = platform_client.post(f"{path}confirm/", {"code": "aaaa-aaaa"}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "This is not the code" in answer.content.decode()
    assert platform_client.post(f"{path}confirm/", {"code": ""}).status_code == 422
    assert row(application)["wrong_codes"] == 1
    answer = platform_client.post(f"{path}confirm/", {"code": code_of(application)}, follow=True)
    assert answer.redirect_chain == [(path, 302)]
    assert row(application)["email_verified_at"] is not None
    assert "/confirm/" not in answer.content.decode()
    for action in ("confirm", "again", "e-mail"):
        assert platform_client.get(f"{path}{action}/").status_code == 405


def test_the_mail_is_sent_again_and_to_another_address(application, platform_client, mails):
    path = page_of(application)
    mails().clear()
    assert platform_client.post(f"{path}again/").status_code == 302
    assert [mail.to for mail in mails()] == [["anna@example.com"]]
    before = row(application)
    for wrong in ("", "bella", "a\nb@example.com", "b" * 250 + "@example.com"):
        assert platform_client.post(f"{path}e-mail/", {"owner_email": wrong}).status_code == 422
    assert row(application) == before
    answer = platform_client.post(f"{path}e-mail/", {"owner_email": "bella@example.com"})
    assert answer.status_code == 302
    assert [mail.to for mail in mails()] == [["anna@example.com"], ["bella@example.com"]]


@pytest.mark.parametrize(("name", "action"), [("CONFIRM", "confirm"), ("CONFIRM_AGAIN", "again"), ("CONFIRM_AGAIN", "e-mail")])  # fmt: skip
def test_tries_and_mails_are_limited_for_each_application(application, platform_client, monkeypatch, name, action):
    from customers import views

    limit = getattr(limits, name)
    monkeypatch.setattr(views, name, Limit(limit.scope, 1, limit.seconds))
    path, form = page_of(fresh(application)), {"code": "aaaa-aaaa", "owner_email": "bella@example.com"}
    assert platform_client.post(f"{path}{action}/", form).status_code in {302, 422}
    before = row(application)
    answer = platform_client.post(f"{path}{action}/", form, headers={"accept-language": "en"})
    assert answer.status_code == 429
    assert "Too many attempts in a short time." in answer.content.decode()
    assert row(application) == before
    other = send("daisy")
    assert platform_client.post(f"{page_of(other)}{action}/", form).status_code != 429


def test_nobody_is_mailed_without_end_by_changing_the_address_to_theirs(application, platform_client, monkeypatch):
    from customers import views

    monkeypatch.setattr(views, "APPLY_EMAIL", Limit("apply_email", 2, 86400))
    statuses = []
    for number in range(3):
        other = send(f"daisy{number}")
        answer = platform_client.post(f"{page_of(other)}e-mail/", {"owner_email": "victim@example.com"})
        statuses.append(answer.status_code)
    assert statuses == [302, 302, 429]


def test_the_page_asks_again_until_nothing_is_to_come(application, platform_client):
    path = page_of(application)
    page = platform_client.get(path, headers={"accept-language": "en"}).content.decode()
    assert f'hx-get="{path}?seen=unconfirmed"' in page
    assert "<noscript>" in page
    unchanged = platform_client.get(f"{path}?seen=unconfirmed", headers=PART)
    assert (unchanged.status_code, unchanged.content) == (204, b"")
    confirm_email(registration=application, code=code_of(application), now=NOW)
    with CaptureQueriesContext(connection) as asked:
        part = platform_client.get(f"{path}?seen=unconfirmed", headers=PART)
    assert len([each for each in asked if not each["sql"].startswith("SET ")]) <= 8
    assert "<html" not in part.content.decode()
    assert "Application received" in part.content.decode()
    assert f'hx-get="{path}?seen=waiting"' in part.content.decode()
    reject(registration=application, reason="No such street.", by=None, now=NOW)
    last = platform_client.get(f"{path}?seen=waiting", headers=PART).content.decode()
    assert "No such street." in last
    assert "hx-get" not in last


def test_a_shop_that_could_not_be_made_at_once_is_told_without_particulars(application, platform_client):
    confirm_email(registration=application, code=code_of(application), now=NOW)
    TenantOperation.objects.create(
        kind="provision", schema_name="lily", host="h", pid=1, started_at=timezone.now(), heartbeat_at=timezone.now(),
        finished_at=timezone.now(), error="DiskFull: /var/lib/secret",
    )  # fmt: skip
    page = platform_client.get(page_of(application), headers={"accept-language": "en"}).content.decode()
    assert "It takes a little longer" in page
    assert "DiskFull" not in page
    assert "secret" not in page


def test_the_page_of_an_open_shop_leads_to_it_and_shows_no_whole_address(platform_client, shops):
    application = TenantRegistration.objects.create(
        shop_name="Rose", schema_name="rose", owner_name="A", owner_email="anna@example.com", status="approved",
        tenant=shops["rose"], provisioned_at=NOW,
    )  # fmt: skip
    page = platform_client.get(page_of(application), headers={"accept-language": "en"}).content.decode()
    assert 'href="http://rose.localhost/"' in page
    assert "a•••@example.com" in page
    assert "anna@example.com" not in page
