"""The public site in a browser's eyes."""

import datetime
import re
import uuid

import pytest

from customers.models import TenantRegistration

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
FORM = {
    "shop_name": "Лилия на Садовой",
    "schema_name": "lily",
    "owner_name": "Анна",
    "owner_email": "anna@example.com",
    "phone": "",
    "consent": "on",
    "website": "",
}


def filled(**changes):
    return {**FORM, "key": str(uuid.uuid4()), **changes}


@pytest.mark.parametrize(("language", "words"), [("ru", "товар цветёт"), ("en", "goods are in bloom")])
def test_the_first_page_speaks_both_languages(platform_client, language, words):
    answer = platform_client.get("/", headers={"accept-language": language})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert 'name="shop_name"' in page


def test_the_public_site_is_not_on_a_shops_host(client):
    assert client.get("/apply/").status_code == 404
    assert client.get(f"/application/{uuid.uuid4()}/").status_code == 404


def test_an_application_is_sent_and_its_page_tells_the_state(platform_client):
    answer = platform_client.post("/apply/", filled(phone="8 912 345-67-89"), headers={"accept-language": "ru"})
    application = TenantRegistration.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/application/{application.token}/")
    assert (application.shop_name, application.schema_name, application.language, application.phone) == (
        "Лилия на Садовой",
        "lily",
        "ru",
        "+79123456789",
    )
    page = platform_client.get(answer["Location"], headers={"accept-language": "ru"}).content.decode()
    assert "lily.localhost" in page
    assert "anna@example.com" not in page


def test_the_form_sent_twice_is_one_application(platform_client):
    form = filled()
    first, second = platform_client.post("/apply/", form), platform_client.post("/apply/", form)
    assert first["Location"] == second["Location"]
    assert TenantRegistration.objects.count() == 1


def test_the_key_of_the_form_is_the_same_after_a_refusal(platform_client):
    form = filled(owner_email="x")
    page = platform_client.post("/apply/", form).content.decode()
    assert f'value="{form["key"]}"' in page


@pytest.mark.parametrize(
    "changes",
    [
        {"shop_name": ""}, {"shop_name": "x" * 121}, {"shop_name": "a\x00b"}, {"shop_name": "   "},
        {"schema_name": "rose"}, {"schema_name": "admin"}, {"schema_name": "ab"}, {"schema_name": "1abc"},
        {"schema_name": "ли"}, {"schema_name": "a" * 31}, {"schema_name": "a" * 61}, {"schema_name": "ro_se"},
        {"schema_name": "../../etc"}, {"schema_name": "x\x00y"}, {"schema_name": "'; drop schema public; --"},
        {"owner_name": ""}, {"owner_email": ""}, {"owner_email": "anna"}, {"owner_email": "a" * 250 + "@example.com"},
        {"owner_email": "a\nb@example.com"}, {"phone": "call me"}, {"consent": ""}, {"key": ""}, {"key": "1"},
    ],
)  # fmt: skip
def test_bad_input_is_refused_beside_its_field_and_nothing_is_kept(platform_client, changes):
    answer = platform_client.post("/apply/", filled(**changes), headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert 'data-tone="danger"' in answer.content.decode()
    assert not TenantRegistration.objects.exists()


@pytest.mark.parametrize("name", ["rose", "admin", "public", "pending"])
def test_the_site_does_not_tell_why_an_address_is_not_free(platform_client, name):
    platform_client.post("/apply/", filled(schema_name="pending"))
    answer = platform_client.post("/apply/", filled(schema_name=name), headers={"accept-language": "en"})
    assert answer.status_code == 422
    errors = re.findall(r"This address can&#x27;t be used. Choose another.", answer.content.decode())
    assert errors
    assert TenantRegistration.objects.count() == 1


def test_an_empty_address_is_suggested_but_not_decided(platform_client):
    answer = platform_client.post("/apply/", filled(schema_name=""))
    assert answer.status_code == 422
    assert 'value="liliyanasadovoy"' in answer.content.decode()
    assert not TenantRegistration.objects.exists()


def test_the_address_field_is_filled_while_the_name_is_typed(platform_client):
    answer = platform_client.get("/apply/address/", {"shop_name": "Роза ветров"}, headers={"hx-request": "true"})
    page = answer.content.decode()
    assert 'value="rozavetrov"' in page
    assert "<html" not in page
    for odd in ("", "a\x00", "x" * 10000, "花屋"):
        assert platform_client.get("/apply/address/", {"shop_name": odd}).status_code == 200


def test_a_robot_is_thanked_and_forgotten(platform_client):
    answer = platform_client.post("/apply/", filled(website="http://spam.example"))
    assert (answer.status_code, answer["Location"]) == (302, "/application/")
    assert platform_client.get("/application/").status_code == 200
    assert not TenantRegistration.objects.exists()


def test_an_unknown_token_is_404(platform_client):
    for token in (uuid.uuid4(), "x", "00000000-0000-0000-0000-000000000000"):
        assert platform_client.get(f"/application/{token}/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "pending"}, "have sent a code to a•••@example.com"),
        ({"status": "pending", "email_verified_at": NOW}, "We look at the application"),
        ({"status": "pending", "expired_at": NOW}, "has expired"),
        ({"status": "rejected", "reason": "No such <b>street</b>"}, "No such &lt;b&gt;street"),
        ({"status": "approved"}, "Your shop is being made"),
        ({"status": "approved", "provisioned_at": NOW}, "This shop is closed"),
        ({"status": "approved", "closed_at": NOW}, "This shop is closed"),
    ],
)
def test_the_page_of_an_application_tells_what_became_of_it(platform_client, fields, words):
    application = TenantRegistration.objects.create(
        shop_name="L", schema_name="lily", owner_name="A", owner_email="a@example.com", **fields
    )
    answer = platform_client.get(f"/application/{application.token}/", headers={"accept-language": "en"})
    assert words in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_an_approved_shop_that_is_there_is_called_open(platform_client, shops):
    application = TenantRegistration.objects.create(
        shop_name="Rose", schema_name="rose", owner_name="A", owner_email="a@example.com", status="approved",
        tenant=shops["rose"],
    )  # fmt: skip
    answer = platform_client.get(f"/application/{application.token}/", headers={"accept-language": "en"})
    assert "“Rose” is open" in answer.content.decode()


def test_the_pages_keep_the_strict_policy(platform_client):
    policy = platform_client.get("/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
