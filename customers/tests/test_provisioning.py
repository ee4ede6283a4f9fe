"""Making a shop: everything or nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import SuspiciousFileOperation
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from accounts.models import User
from core.errors import BadInput
from core.jobs import Outcome, claim, perform
from core.shop_files import shop_files
from core.tenancy import in_schema
from customers.errors import NameLeftBehind, NameNotAllowed
from customers.models import Client, Domain, TenantRegistration
from customers.schema import schema_exists
from customers.services.cleanup import remove_files
from customers.services.provisioning import provision_shop
from tests.files import both_ways, everything, folder_of, in_the_store, write


def tables_of(schema_name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema_name])
        return {name for (name,) in cursor.fetchall()}


def traces_of(name):
    return {
        "client": Client.objects.filter(schema_name=name).exists(),
        "domain": Domain.objects.filter(domain__startswith=name).exists(),
        "schema": schema_exists(name),
        "media": shop_files().holds(name),
    }


NOTHING = {"client": False, "domain": False, "schema": False, "media": False}


@pytest.mark.slow
def test_a_new_shop_has_schema_tables_first_data_domain_and_an_invited_owner(shops, mailoutbox, do_jobs):
    made = provision_shop(schema_name="lily", name="Лилия", owner_email="anna@example.com", owner_name="Анна")
    assert connection.schema_name == "public"
    assert made.status == "active"
    assert made.get_primary_domain().domain == "lily.localhost"
    assert tables_of("lily") == tables_of("rose")
    with in_schema("lily"):
        [owner] = User.objects.all()
        assert (owner.role, owner.email, owner.has_usable_password()) == ("owner", "anna@example.com", False)
    assert not User.objects.exists(), "nobody of the shop is on the platform"
    assert do_jobs() == 1
    [mail] = mailoutbox
    assert mail.to == ["anna@example.com"]
    assert "http://lily.localhost/invitation/" in mail.body


spoken = []


def note_language():
    """A seeder that only remembers in which language it was called."""
    spoken.append(translation.get_language())


def test_the_first_data_are_in_the_shops_language(shops, settings):
    settings.TENANT_SEEDERS = [f"{__name__}.note_language"]
    spoken.clear()
    provision_shop(schema_name="lily", name="Lily", language="ru")
    provision_shop(schema_name="daisy", name="Daisy", language="en")
    assert spoken == ["ru", "en"]


@pytest.mark.parametrize("name", ["2", "admin", "Lily", "ли", "../x", "public", "lily\n"])
def test_a_bad_name_is_refused_and_nothing_is_made(shops, name):
    before = Client.objects.count()
    with pytest.raises(NameNotAllowed, match="lower-case latin letters"):
        provision_shop(schema_name=name, name="Lily")
    assert Client.objects.count() == before


def leave_schema(name):
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{name}"')
        cursor.execute(f'CREATE TABLE "{name}".secret AS SELECT 42 AS answer')


def leave_media(name):
    folder_of(name).mkdir(parents=True)


def leave_client(name):
    Client.objects.bulk_create([Client(schema_name=name, name="Old")])


def leave_domain(name):
    Domain.objects.create(domain=f"{name}.localhost", tenant=Client.objects.get(schema_name="rose"), is_primary=False)


def leave_registration(name):
    TenantRegistration.objects.create(shop_name="L", schema_name=name, owner_name="A", owner_email="a@example.com")


@pytest.mark.parametrize(
    ("leave", "what"),
    [
        (leave_schema, "schema"),
        (leave_media, "media"),
        (leave_client, "client"),
        (leave_domain, "domain"),
        (leave_registration, "registration"),
    ],
)
def test_a_name_with_anything_left_behind_is_refused_and_what_is_left_stays(shops, leave, what):
    leave("lily")
    before = traces_of("lily")
    with pytest.raises(NameLeftBehind, match="can't be given to a new shop") as refusal:
        provision_shop(schema_name="lily", name="Lily")
    assert refusal.value.data == {"name": "lily", "left": [what]}
    assert traces_of("lily") == before


def test_a_schema_left_behind_keeps_its_rows(shops):
    leave_schema("lily")
    for make in (
        lambda: provision_shop(schema_name="lily", name="Lily"),
        lambda: Client(schema_name="lily", name="Lily").save(),
    ):
        with pytest.raises(NameLeftBehind):
            make()
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM lily.secret")
        assert cursor.fetchone() == (42,)


def test_a_schema_dropped_by_hand_frees_the_name(shops):
    leave_schema("lily")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DROP SCHEMA IF EXISTS lily CASCADE")
    assert provision_shop(schema_name="lily", name="Lily").status == "active"


def test_the_refusal_speaks_russian_too(shops):
    leave_schema("lily")
    with translation.override("ru"), pytest.raises(NameLeftBehind, match="нельзя дать новому магазину") as refusal:
        provision_shop(schema_name="lily", name="Lily")
    with translation.override("ru"):
        assert "схема базы с данными" in str(refusal.value)


@pytest.mark.parametrize("step", ["customers.models.seed_schema", "customers.services.provisioning.invite_owner"])
def test_a_failing_step_takes_everything_back(shops, monkeypatch, step):
    def fail(*args, **kwargs):
        raise OSError("the disk is full")

    monkeypatch.setattr(step, fail)
    with pytest.raises(OSError, match="disk"):
        provision_shop(schema_name="lily", name="Lily", owner_email="anna@example.com")
    assert traces_of("lily") == NOTHING
    assert connection.schema_name == "public"


def test_an_owner_without_a_real_e_mail_is_refused_and_nothing_is_made(shops):
    with pytest.raises(BadInput, match="not an e-mail address"):
        provision_shop(schema_name="lily", name="Lily", owner_email="anna")
    assert traces_of("lily") == NOTHING


def test_a_mail_that_fails_harms_nothing(shops, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr("accounts.jobs.send_mail", fail)
    provision_shop(schema_name="lily", name="Lily", owner_email="anna@example.com")
    assert perform(claim("test")) is Outcome.AGAIN
    assert Client.objects.get(schema_name="lily").status == "active"
    assert "no mail server" in caplog.text
    with in_schema("lily"):
        assert User.objects.get().email == "anna@example.com"


@both_ways
@pytest.mark.parametrize("name", ["..", "../rose", "/etc", "a/b", "", "public", "Rose", "rose\n"])
def test_no_name_leads_out_of_the_shops_places(media, name):
    files = shop_files()
    for work in (files.holds, files.where, files.to_remove, files.remove, files.forget_staged, files.place_staged):
        if name == "" and work == files.where:
            continue  # the place above all
        with pytest.raises(SuspiciousFileOperation):
            work(name)
    with pytest.raises(SuspiciousFileOperation):
        list(files.files(name))
    with pytest.raises(SuspiciousFileOperation):
        files.rename("rose", name)


@in_the_store
def test_what_a_stores_console_shows_as_an_empty_folder_keeps_the_name_and_goes_with_the_files(shops, media):
    store = shop_files()
    store.connection.meta.client.put_object(Bucket=store.bucket_name, Key=store._prefix("lily"), Body=b"")
    assert list(store.files("lily")) == []
    with pytest.raises(NameLeftBehind) as refusal:
        provision_shop(schema_name="lily", name="Lily")
    assert refusal.value.data["left"] == ["media"]
    assert remove_files("lily") == 0
    assert provision_shop(schema_name="lily", name="Lily").status == "active"


@both_ways
def test_a_name_with_one_file_left_is_refused_and_that_of_a_neighbour_is_none(shops, media):
    write("lily2")
    provision_shop(schema_name="lily3", name="Lily")
    write("lily")
    with pytest.raises(NameLeftBehind) as refusal:
        provision_shop(schema_name="lily", name="Lily")
    assert refusal.value.data["left"] == ["media"]
    assert everything() == ["lily/products/1/photo.webp", "lily2/products/1/photo.webp"]
    shop_files().remove("lily")
    assert provision_shop(schema_name="lily", name="Lily").status == "active"
    assert everything() == ["lily2/products/1/photo.webp"]


KILLED = """
import os, signal
import django
django.setup()
import customers.models
def kill_me(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
customers.models.seed_schema = kill_me
from customers.services.cleanup import remove_files
from customers.services.provisioning import provision_shop
provision_shop(schema_name="lily", name="Lily", owner_email="anna@example.com")
"""


@pytest.mark.race
@pytest.mark.slow
def test_a_process_killed_in_the_middle_leaves_nothing_and_the_name_can_be_given_again(committed_shop):
    connection.set_schema_to_public()
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "myproject.settings"}
    root = Path(django_settings.BASE_DIR)
    done = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=root, env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert traces_of("lily") == NOTHING
    assert provision_shop(schema_name="lily", name="Lily").status == "active"


@pytest.mark.race
def test_of_two_who_give_one_name_at_once_only_one_gets_it(committed_shop, in_threads):
    outcomes = in_threads(
        2, lambda number: provision_shop(schema_name="lily", name=f"Lily {number}"), schema_name="public"
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Client", "NameLeftBehind"]
    assert Client.objects.filter(schema_name="lily").count() == 1
    assert Domain.objects.filter(domain="lily.localhost").count() == 1


def test_the_database_itself_refuses_a_bad_name(shops):
    with pytest.raises(IntegrityError, match="client_schema_name_rule"), transaction.atomic():
        Client.objects.bulk_create([Client(schema_name="42", name="x")])
    with pytest.raises(IntegrityError, match="client_schema_name_rule"), transaction.atomic():
        Client.objects.bulk_create([Client(schema_name="pg_rose", name="x")])
