"""What the guide of django-tenants promises about the tenant model, and what ours does better."""

import pytest
from django.apps import apps
from django.db import connection
from django_tenants.signals import post_schema_sync

from core.tenancy import in_schema
from customers.errors import NameLeftBehind, NameNotAllowed
from customers.models import Client, Domain, TenantRegistration
from customers.schema import schema_exists


def test_saving_a_new_client_makes_the_whole_shop(shops):
    heard = []

    def listen(sender, tenant, **kwargs):
        heard.append(tenant.schema_name)

    post_schema_sync.connect(listen)
    try:
        shop = Client(schema_name="lily", name="Lily", paid_until="2027-01-31", on_trial=True)
        shop.save()
    finally:
        post_schema_sync.disconnect(listen)
    Domain(domain="lily.localhost", tenant=shop, is_primary=True).save()
    assert (shop.status, heard, schema_exists("lily")) == ("active", ["lily"], True)
    with in_schema("lily"):
        # By name: this app does not import what a shop contains.
        assert apps.get_model("inventory.Warehouse")._base_manager.count() == 1
    assert connection.schema_name == "public"


def test_an_orphan_schema_is_never_adopted_nor_dropped(shops):
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA lily")
    shop = Client(schema_name="lily", name="Lily")
    with pytest.raises(NameLeftBehind):
        shop.save()
    assert shop.pk is None
    assert schema_exists("lily")
    assert not Client.objects.filter(schema_name="lily").exists()


def test_a_receiver_that_fails_takes_the_shop_back(shops):
    def fail(**kwargs):
        raise OSError("mail server down")

    post_schema_sync.connect(fail)
    try:
        with pytest.raises(OSError, match="mail"):
            Client(schema_name="lily", name="Lily").save()
    finally:
        post_schema_sync.disconnect(fail)
    assert not schema_exists("lily")
    assert not Client.objects.filter(schema_name="lily").exists()


def test_a_schema_dropped_by_hand_is_not_woken_up_by_saving_the_row(shops):
    shop = Client(schema_name="lily", name="Lily")
    shop.save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP SCHEMA lily CASCADE")
    shop.name = "Lily of the valley"
    shop.save()
    assert not schema_exists("lily")
    assert Client.objects.get(schema_name="lily").name == "Lily of the valley"


@pytest.mark.parametrize("how", ["instance", "queryset", "auto_drop"])
def test_no_deletion_drops_the_schema(shops, how):
    shop = shops["tulip"]
    if how == "queryset":
        Client.objects.filter(pk=shop.pk).delete()
    else:
        shop.auto_drop_schema = how == "auto_drop"
        shop.delete()
    assert schema_exists("tulip")
    assert not Domain.objects.filter(domain="tulip.localhost").exists()


def test_force_drop_is_refused(shops):
    with pytest.raises(ValueError, match="by hand"):
        shops["tulip"].delete(force_drop=True)
    assert Client.objects.filter(schema_name="tulip").exists()
    assert schema_exists("tulip")


def test_a_deleted_shop_closes_its_application_and_no_longer_blocks_the_constraint(shops):
    details = {"shop_name": "T", "schema_name": "tulip", "owner_name": "A", "owner_email": "a@example.com"}
    history = TenantRegistration.objects.create(**details, status="approved", tenant=shops["tulip"])
    shops["tulip"].delete()
    history.refresh_from_db()
    assert (history.status, history.tenant) == ("approved", None)
    assert history.closed_at is not None
    TenantRegistration.objects.create(**details)


def test_a_queryset_deletion_does_not_block_the_name_either(shops):
    details = {"shop_name": "T", "schema_name": "tulip", "owner_name": "A", "owner_email": "a@example.com"}
    from django.utils import timezone

    TenantRegistration.objects.create(
        **details, status="approved", tenant=shops["tulip"], provisioned_at=timezone.now()
    )
    Client.objects.filter(schema_name="tulip").delete()
    TenantRegistration.objects.create(**details)


def test_a_shop_is_not_made_from_inside_another(shop):
    with pytest.raises(RuntimeError, match="public"):
        Client(schema_name="lily", name="Lily").save()
    assert not schema_exists("lily")


def test_a_number_is_no_name(shops):
    with pytest.raises(NameNotAllowed):
        Client(schema_name="12345", name="x").save()
    assert not schema_exists("12345")
