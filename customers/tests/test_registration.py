"""Applications and their answers."""

import datetime
import re
import uuid

import pytest
from django.db import connection
from django.utils import timezone, translation

from accounts.models import User
from core.errors import BadInput, KeyReused
from customers.errors import AddressTaken, AlreadyAnswered, NameLeftBehind
from customers.models import Client, TenantRegistration
from customers.schema import schema_exists
from customers.services import registration as registrations
from customers.services.confirming import code_of
from customers.services.registration import approve, confirm_email, reject

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)


def send(**changes):
    details = {
        "token": uuid.uuid4(),
        "shop_name": "Лилия",
        "schema_name": "lily",
        "owner_name": "Анна",
        "owner_email": "anna@example.com",
        **changes,
    }
    return registrations.apply(**details)


def confirmed(**changes):
    application = send(**changes)
    confirm_email(registration=application, code=code_of(application), now=timezone.now())
    return application


def test_an_application_waits_and_the_applicant_gets_a_mail(platform, mails, platform_client):
    application = send(language="en")
    assert (application.status, application.tenant) == ("pending", None)
    [mail] = mails()
    path = re.search(r"http://localhost(/application/\S+)", mail.body)[1]
    assert code_of(application) in mail.body.replace(path, "")
    page = platform_client.get(path).content.decode()
    assert f'value="{code_of(application)}"' in page
    application.refresh_from_db()
    assert application.email_verified_at is None, "a program that follows every link confirms nothing"


def test_the_same_form_sent_twice_is_one_application(platform):
    token = uuid.uuid4()
    assert send(token=token) == send(token=token)
    assert TenantRegistration.objects.count() == 1


def test_the_same_form_with_other_values_is_refused(platform):
    token = uuid.uuid4()
    send(token=token)
    with pytest.raises(KeyReused):
        send(token=token, schema_name="daisy")
    assert TenantRegistration.objects.get().schema_name == "lily"


@pytest.mark.parametrize("name", ["rose", "admin", "lily", "1", "x", "left"])
def test_every_address_that_can_not_be_given_gets_the_same_answer(platform, name):
    send()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA left_")
        cursor.execute('CREATE SCHEMA "left"')
    with pytest.raises(AddressTaken) as refusal:
        send(schema_name=name)
    assert str(refusal.value) == "This address can't be used. Choose another."
    with translation.override("ru"):
        assert str(refusal.value) == "Этот адрес использовать нельзя. Выберите другой."
    assert TenantRegistration.objects.count() == 1


def test_approval_makes_the_shop_and_remembers_who_and_when(platform):
    operator = User.objects.create_superuser("boss", "boss@example.com", "x")
    application = confirmed()
    shop = approve(registration=application, by=operator, now=NOW)
    application.refresh_from_db()
    assert (application.status, application.tenant, application.processed_by) == ("approved", shop, operator)
    assert application.processed_at == application.provisioned_at == NOW
    assert (shop.name, shop.owner_email, shop.status) == ("Лилия", "anna@example.com", "active")


def test_an_answered_application_is_not_answered_again(platform):
    application = send()
    reject(registration=application, reason="No such street.", by=None, now=NOW)
    for again in (
        lambda: approve(registration=application, by=None, now=NOW),
        lambda: reject(registration=application, reason="x", by=None, now=NOW),
    ):
        with pytest.raises(AlreadyAnswered, match="already answered"):
            again()
    application.refresh_from_db()
    assert (application.status, application.reason) == ("rejected", "No such street.")
    assert not schema_exists("lily")


def test_an_approval_that_can_not_be_carried_out_leaves_the_application_waiting(platform):
    application = confirmed()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA lily")
    with pytest.raises(NameLeftBehind):
        approve(registration=application, by=None, now=NOW)
    application.refresh_from_db()
    assert (application.status, application.processed_at) == ("pending", None)
    assert not Client.objects.filter(schema_name="lily").exists()


def test_a_rejection_needs_a_reason_and_frees_the_address(platform, mails):
    application = send()
    with pytest.raises(BadInput, match="Write why"):
        reject(registration=application, reason="  ", by=None, now=NOW)
    application.refresh_from_db()
    assert application.status == "pending"
    reject(registration=application, reason="No such street.", by=None, now=NOW)
    assert "No such street." in mails()[-1].body
    send(owner_email="b@example.com")


def test_a_free_address_is_suggested(platform):
    assert registrations.suggest_address("Роза") == "roza"
    assert registrations.suggest_address("Rose") == "rose2"
    assert registrations.suggest_address("花屋") == ""


@pytest.mark.race
def test_of_two_who_approve_at_once_one_makes_the_shop_and_the_other_is_told(committed_shop, in_threads):
    connection.set_schema_to_public()
    application = confirmed()
    outcomes = in_threads(
        2, lambda number: approve(registration=application, by=None, now=timezone.now()), schema_name="public"
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyAnswered", "Client"]
    assert Client.objects.filter(schema_name="lily").count() == 1


@pytest.mark.race
def test_one_form_sent_eight_times_at_once_is_one_application(committed_shop, in_threads):
    token = uuid.uuid4()
    outcomes = in_threads(8, lambda number: send(token=token).pk, schema_name="public")
    assert len(set(outcomes)) == 1, outcomes


@pytest.mark.race
def test_one_address_asked_for_by_eight_people_at_once_is_promised_to_one(committed_shop, in_threads):
    outcomes = in_threads(8, lambda number: send(owner_email=f"p{number}@example.com"), schema_name="public")
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AddressTaken"] * 7 + ["TenantRegistration"]
