"""What is signed in one shop means nothing in the next; links in mails lead to the shop's own domain."""

import re
import uuid

import pytest
from django.core import signing
from django.utils import timezone

from accounts.invitations import ForgottenTokens, forgotten_path, invitation_path, tokens
from accounts.models import User
from accounts.services.staff import invite_owner
from core.idempotency import once
from core.links import shop_url
from core.sealing import seal, unseal
from core.tenancy import in_public, in_schema
from customers.errors import WrongMailCode
from customers.models import Domain, TenantRegistration
from customers.services.confirming import code_of
from customers.services.registration import confirm_email
from tests.isolation import twins


@pytest.mark.parametrize("value", [1, "x", ["a", 2], {"parts": {"lines": []}}, "ы" * 5000])
def test_a_sealed_value_opens_where_it_was_sealed_and_nowhere_else(shop, other_shop, value):
    text = seal(value, purpose="test")
    assert unseal(text, purpose="test") == value
    assert unseal(text, purpose="other") is None
    assert unseal(text[:-1] + ("a" if text[-1] != "a" else "b"), purpose="test") is None
    assert unseal(text, purpose="test", seconds=-1) is None
    for schema in ("tulip", "public"):
        with in_schema(schema):
            assert unseal(text, purpose="test") is None
    for stock in (signing.dumps(value), signing.dumps(value, salt="test"), "", "x", "a:b:c", "\x00"):
        assert unseal(stock, purpose="test") is None


def test_the_links_of_a_twin_are_not_valid_here(shop, other_shop, client, other_client):
    people = twins()
    for path_of, kind in ((invitation_path, tokens), (forgotten_path, ForgottenTokens())):
        path = path_of(people["rose"])
        token = path.split("/")[3]
        assert kind.check_token(people["rose"], token)
        assert client.get(path).status_code == 200
        with in_schema("tulip"):
            assert not kind.check_token(people["tulip"], token)
        form = {"password1": "peony-and-sage-9", "password2": "peony-and-sage-9"}
        assert other_client.get(path).status_code == 404
        assert other_client.post(path, form).status_code == 404
    with in_schema("tulip"):
        assert User.objects.get(pk=4242).password == people["tulip"].password


def test_the_code_of_an_e_mail_is_made_by_the_platform_alone(shop, platform):
    """Whoever runs code in a shop, with the same application before them, gets another code."""
    now = timezone.now()
    with in_public():
        application = TenantRegistration.objects.create(
            shop_name="Lily", schema_name="lily", owner_name="A", owner_email="a@example.com", code_sent_at=now
        )
    forged = code_of(application)
    with in_public():
        with pytest.raises(WrongMailCode):
            confirm_email(registration=application, code=forged, now=now)
        confirm_email(registration=application, code=code_of(application), now=now)
        application.refresh_from_db()
    assert application.email_verified_at == now


HOSTS = ["rose.localhost:1234", "www.rose.localhost", "ROSE.localhost", "flowers.localhost"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_link_to_a_new_password_leads_to_the_primary_domain_whatever_host_was_asked(shop, client, staff, mails, host):
    Domain.objects.create(domain="flowers.localhost", tenant=shop, is_primary=False)
    staff("seller", email="anna@example.com")
    answer = client.post("/new-password/", {"email": "anna@example.com"}, HTTP_HOST=host)
    assert answer.status_code == 200
    assert re.search(r"http://\S+", mails()[0].body)[0].startswith("http://rose.localhost/new-password/")


def test_links_in_mails_come_from_the_database_and_not_from_the_request(shop, client, mails):
    client.get("/login/", HTTP_HOST="rose.localhost:1234")
    invite_owner(email="anna@example.com")
    assert "http://rose.localhost/" in mails()[0].body
    with in_schema("tulip"):
        assert shop_url("/") == "http://tulip.localhost/"
    with in_public():
        assert shop_url("/") == "http://localhost/"


def test_a_key_that_was_used_in_one_shop_is_free_in_the_other(shop, other_shop):
    """Forms are answered once per key and shop: the neighbour's answer is never handed out."""
    from products.models import ProductCategory

    key, made = uuid.uuid4(), []
    for schema in ("rose", "tulip", "rose"):
        with in_schema(schema):
            made.append(
                once(
                    scope="test", key=key, payload={"schema": schema}, model=ProductCategory,
                    do=lambda schema=schema: ProductCategory.objects.create(name=f"of {schema}"),
                ).name
            )  # fmt: skip
    assert made == ["of rose", "of tulip", "of rose"]
