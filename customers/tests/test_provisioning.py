"""Making a shop: everything or nothing."""

from django.db import connection

from core.tenancy import in_schema
from customers.schema import schema_exists
from customers.services.provisioning import provision_shop


def test_a_new_shop_has_a_schema_a_domain_and_an_owner_who_is_invited(
    shops, mailoutbox, django_capture_on_commit_callbacks
):
    from accounts.models import User

    with django_capture_on_commit_callbacks(execute=True):
        made = provision_shop(schema_name="lily", name="Лилия", owner_email="anna@example.com", owner_name="Анна")
    assert connection.schema_name == "public"
    assert made.status == "active"
    assert schema_exists("lily")
    assert made.get_primary_domain().domain == "lily.localhost"
    with in_schema("lily"):
        [owner] = User.objects.all()
        assert (owner.role, owner.has_usable_password()) == ("owner", False)
    [mail] = mailoutbox
    assert "http://lily.localhost/invitation/" in mail.body
