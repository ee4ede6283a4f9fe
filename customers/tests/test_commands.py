"""The other commands about shops: output, exit codes, and refusals that leave no trace."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command, get_commands
from django.db import connection
from django.utils import translation

from accounts.models import User
from core.tenancy import in_schema
from customers.models import Client, Domain, TenantRegistration
from customers.schema import schema_exists


def call(name, *options, language="ru", **kwargs):
    out = StringIO()
    with translation.override(language):
        call_command(name, *options, stdout=out, no_color=True, **kwargs)
    return out.getvalue()


def snapshot():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1")
        schemas = cursor.fetchall()
    return schemas, list(Client.objects.order_by("pk").values()), list(Domain.objects.order_by("pk").values())


def answers(monkeypatch, *words):
    asked, left = [], iter(words)

    def reply(question):
        asked.append(question)
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", reply)
    return asked


def test_our_commands_stand_before_those_of_django_tenants():
    ours = {
        "delete_tenant", "create_tenant", "migrate_schemas", "clone_tenant", "rename_schema", "create_missing_schemas",
        "tenant_command", "create_tenant_superuser", "create_domain", "delete_domain", "cleanup_tenant",
    }  # fmt: skip
    commands = get_commands()
    assert {name: commands[name] for name in ours} == dict.fromkeys(ours, "customers")


# --- delete_tenant ---------------------------------------------------------------------------------------------------


def test_delete_tenant_deletes_only_the_row_and_says_how_to_drop_the_schema(shops):
    out = call("delete_tenant", "--schema=tulip", "--noinput")
    assert out.splitlines()[:2] == ["Deleting 'tulip'", "Deleted 'tulip'"]
    assert out.splitlines()[-1] == "DROP SCHEMA IF EXISTS tulip CASCADE;"
    assert not Client.objects.filter(schema_name="tulip").exists()
    assert schema_exists("tulip")


def test_delete_tenant_asks_as_documented(shops, monkeypatch):
    asked = answers(monkeypatch, "?", "tulip", "yes")
    out = call("delete_tenant")
    assert asked == [
        "Enter Tenant Schema ('?' to list schemas): ",
        "Enter Tenant Schema ('?' to list schemas): ",
        "Are you sure you want to delete the tenant: tulip? (yes/no): ",
    ]
    assert "rose - rose.localhost\ntulip - tulip.localhost" in out
    assert not Client.objects.filter(schema_name="tulip").exists()


def test_delete_tenant_takes_no_for_an_answer(shops, monkeypatch):
    answers(monkeypatch, "tulip", "no")
    before = snapshot()
    assert "Отменено" in call("delete_tenant")
    assert snapshot() == before


@pytest.mark.parametrize("name", ["0", "1", "2", "nope"])
def test_delete_tenant_takes_a_number_for_a_name_and_lists_the_shops(shops, name):
    before = snapshot()
    with pytest.raises(CommandError, match=rf"Магазина «{name}» нет. Есть такие: rose, tulip\."):
        call("delete_tenant", f"--schema={name}", "--noinput")
    assert snapshot() == before


def test_delete_tenant_refuses_the_platform(shops):
    before = snapshot()
    with pytest.raises(CommandError, match="сама платформа"):
        call("delete_tenant", "--schema=public", "--noinput")
    assert snapshot() == before


def test_delete_tenant_without_a_terminal_says_use_schema(shops, monkeypatch):
    answers(monkeypatch)
    before = snapshot()
    with pytest.raises(CommandError, match="--schema="):
        call("delete_tenant")
    with pytest.raises(CommandError, match="--schema="):
        call("delete_tenant", "--noinput")
    assert snapshot() == before


def test_delete_tenant_keeps_the_application_as_history(shops):
    TenantRegistration.objects.create(
        shop_name="T", schema_name="tulip", owner_name="A", owner_email="a@example.com", status="approved",
        tenant=shops["tulip"],
    )  # fmt: skip
    call("delete_tenant", "--schema=tulip", "--noinput")
    history = TenantRegistration.objects.get()
    assert history.tenant is None
    assert history.closed_at is not None


# --- create_tenant ---------------------------------------------------------------------------------------------------


def test_create_tenant_makes_a_shop_from_options(shops):
    out = call(
        "create_tenant", "--schema_name=lily", "--name=Лилия", "--owner_email=anna@example.com", "--on_trial=False",
        "--paid_until=2027-01-31", "--noinput",
    )  # fmt: skip
    assert out.strip() == "Магазин «Лилия» готов: схема lily, домен lily.localhost."
    shop = Client.objects.get(schema_name="lily")
    assert (shop.status, shop.on_trial, str(shop.paid_until)) == ("active", False, "2027-01-31")
    with in_schema("lily"):
        assert User.objects.get().role == "owner"


@pytest.mark.parametrize("option", ["--domain_url", "--domain-domain"])
def test_create_tenant_takes_a_domain_by_either_name(shops, option):
    call("create_tenant", "--schema_name=li_ly", "--name=L", f"{option}=Flowers.Example.com", "--noinput")
    assert Client.objects.get(schema_name="li_ly").get_primary_domain().domain == "flowers.example.com"


def test_create_tenant_asks_for_what_is_missing(shops, monkeypatch):
    asked = answers(monkeypatch, "Лилия", *[""] * 7, "")
    call("create_tenant", "--schema_name=lily", language="en")
    assert asked[0] == "name: "
    assert asked[-1] == "domain [lily.localhost]: "
    assert Client.objects.get(schema_name="lily").name == "Лилия"


def test_create_tenant_without_a_terminal_names_the_option(shops, monkeypatch):
    answers(monkeypatch)
    before = snapshot()
    with pytest.raises(CommandError, match="--name="):
        call("create_tenant", "--schema_name=lily")
    with pytest.raises(CommandError, match="--name="):
        call("create_tenant", "--schema_name=lily", "--noinput")
    assert snapshot() == before


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--schema_name=42", "--name=x"], "не годится в имена"),
        (["--schema_name=rose", "--name=x"], "нельзя дать новому магазину"),
        (["--schema_name=lily", "--name=x", "--paid_until=tomorrow"], "--paid_until"),
        (["--schema_name=lily", "--name=x", "--status=great"], "--status"),
        (["--schema_name=lily", "--name=x", "--domain_url=http://lily.localhost"], "не домен"),
        (["--schema_name=lily", "--name=x", "--domain_url=rose.localhost"], "домен"),
    ],
)
def test_create_tenant_refuses_with_a_sentence_and_makes_nothing(shops, options, why):
    before = snapshot()
    with pytest.raises(CommandError, match=why):
        call("create_tenant", *options, "--noinput")
    assert snapshot() == before


# --- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        ["clone_tenant", "--clone_from", "rose", "--schema_name", "lily"],
        ["rename_schema", "--rename_from", "rose", "--rename_to", "lily"],
        ["create_missing_schemas"],
    ],
)
def test_harmful_commands_refuse_whatever_their_options_and_name_the_replacement(line, monkeypatch, capsys):
    from django.core.management import ManagementUtility

    monkeypatch.setattr("django.db.connections.close_all", lambda: None)
    with pytest.raises(SystemExit) as end:
        ManagementUtility(["manage.py", *line]).execute()
    assert end.value.code == 1
    assert "create_tenant" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["tenant_command", "create_tenant_superuser", "create_domain"])
@pytest.mark.parametrize("name", ["0", "1", "nope"])
def test_stock_commands_take_a_number_for_a_name_too(shops, command, name):
    before = snapshot()
    extra = ["check"] if command == "tenant_command" else ["--noinput"]
    with pytest.raises(CommandError, match="Есть такие: rose, tulip"):
        call(command, *extra, schema_name=name)
    assert snapshot() == before


def test_stock_commands_without_a_terminal_say_use_schema(shops, monkeypatch):
    answers(monkeypatch)
    with pytest.raises(CommandError, match="--schema="):
        call("create_tenant_superuser")


def test_create_tenant_superuser_works_inside_the_shop(shops, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "iris-and-lily-7")
    call("create_tenant_superuser", "--username=anna", "--email=a@example.com", "--noinput", schema_name="rose")
    connection.set_schema_to_public()
    assert not User.objects.filter(username="anna").exists()
    with in_schema("rose"):
        anna = User.objects.get(username="anna")
    assert (anna.is_superuser, anna.role) == (True, "owner")


def test_migrate_schemas_refuses_an_unknown_schema_with_the_list(shops):
    with pytest.raises(CommandError, match="Есть такие: rose, tulip"):
        call("migrate_schemas", schema_name="nope")


def test_migrate_schemas_lists_what_each_schema_has(shops):
    out = call("migrate_schemas", "--list")
    assert [line for line in out.splitlines() if line.startswith("[")] == ["[public]", "[rose]", "[tulip]"]
    assert "[X] 0001_initial" in out
    assert "[ ]" not in call("migrate_schemas", "--list", "accounts", schema_name="rose")


def test_list_tenants_shows_the_shops_and_a_missing_schema(shops):
    Client.objects.bulk_create([Client(schema_name="ghost", name="Ghost", status="suspended")])
    out = call("list_tenants")
    assert [line.split()[0] for line in out.splitlines()] == ["ghost", "rose", "tulip"]
    assert "(схемы нет)" in out.splitlines()[0]
    assert [line.split()[0] for line in call("list_tenants", "--status=suspended").splitlines()] == ["ghost"]
    assert call("list_tenants", "--status=closing").strip() == "Таких магазинов нет."


def test_ensure_platform_may_be_repeated(shops):
    for password in ("first-iris-7", "second-iris-7"):
        call("ensure_platform", "--superuser=boss", f"--password={password}")
    assert Client.objects.filter(schema_name="public").count() == 1
    assert set(Domain.objects.filter(tenant__schema_name="public").values_list("domain", flat=True)) == {
        "localhost",
        "127.0.0.1",
    }
    assert User.objects.get(username="boss").check_password("first-iris-7")


def test_ensure_platform_wants_a_password_for_a_new_operator(shops):
    with pytest.raises(CommandError, match="--password="):
        call("ensure_platform", "--superuser=boss")
    assert not User.objects.filter(username="boss").exists()


@pytest.mark.race
def test_a_refusal_on_the_command_line_is_one_sentence_and_exit_code_1(committed_shop):
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    done = subprocess.run(
        [sys.executable, "manage.py", "cleanup_tenant", "--schema=nope", "--noinput"],
        cwd=Path(django_settings.BASE_DIR), env={**os.environ, "DATABASE_URL": url}, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1] == "CommandError: Магазина «nope» нет. Есть такие: rose, tulip."
