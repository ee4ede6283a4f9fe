"""Backups: whole or not there, of one snapshot, and what is restored is what was backed up."""

import gzip
import json
import os
import subprocess
import sys
import tarfile
import time
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from core import pg_programs
from core.shop_files import shop_files
from core.tenancy import in_public, in_schema
from customers.errors import (
    BackupNotWritten,
    BackupTooOld,
    BadArchive,
    NameLeftBehind,
    OperationHeld,
    StillAShop,
    UnknownShop,
    UnsafeMedia,
)
from customers.models import Client, Domain, SchemaTemplate, TenantOperation
from customers.schema import schema_exists
from customers.services import backups, lifecycle, names
from customers.services.backups import back_up, count_rows, read, restore, verify
from customers.services.cleanup import remove_files, remove_rows
from customers.services.operations import operation
from customers.services.provisioning import provision_shop
from customers.structure import structure_of
from customers.template import dump_text
from inventory.models import Stock
from inventory.services.checking import check_stock
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import receive, warehouse
from products.models import Product
from tests.files import PHOTO, PICTURE, both_ways, everything, folder_of, in_the_store, names_of, write
from tests.files import read as read_file

NASTY = 'Роза «lily.» \\. \t\'; lily.drop "lily".x $$ %s\nCOPY lily.x FROM stdin;\n\\.'


@pytest.fixture
def lily(committed_shop, tmp_path, media):
    """A shop with goods, a sale, text that looks like SQL, and files; its name begins what stands in the rows."""
    with in_public():
        provision_shop(schema_name="lily", name="Лилия", owner_email="anna@example.com")
        with in_schema("lily"):
            rose = Product.objects.create(name="Rose", sale_price=Decimal(100), description=NASTY)
            receive(rose, "30", "10.3333")
            SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(7), sale_price=Decimal(100))
        write("lily")
        yield "lily"
        connection.set_schema_to_public()


def made(name, folder, **fields):
    fields.setdefault("with_files", True)
    fields.setdefault("now", timezone.now())
    return back_up(name, folder=folder, **fields)


def rows_of(schema):
    with in_schema(schema), connection.cursor() as cursor:
        cursor.execute("SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM inventory_stockmovement t")
        movements = cursor.fetchone()[0]
        return movements, list(Product.objects.values()), list(Stock.objects.values()), check_stock()


def remove(name):
    remove_rows(name, purge_registration=True, now=timezone.now())


def counters_of(schema):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s ORDER BY 1", [schema])
        return cursor.fetchall()


@both_ways
@pytest.mark.parametrize("holds", [backups.SCRIPT, backups.DUMP])
def test_what_is_restored_under_another_name_is_what_was_backed_up(lily, tmp_path, holds):
    if holds == backups.DUMP:  # what the template does not make, pg_dump writes
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE lily.by_hand (day date, note text); INSERT INTO lily.by_hand VALUES (now(), 'x')"
            )
    backup = made(lily, tmp_path)
    assert backup.manifest["holds"] == holds
    assert backup.manifest["files"].keys() == {"products/1/photo.webp"}
    assert backup.rows == sum(count_rows("lily").values())
    before = rows_of("lily")
    shop = restore(backup.path, schema_name="iris", name="Ирис")
    assert (shop.status, shop.name, shop.owner_email) == ("suspended", "Ирис", "anna@example.com")
    assert Domain.objects.get(tenant=shop).domain == "iris.localhost"
    assert rows_of("iris") == before
    assert before[3] == []
    assert before[1][0]["description"] == NASTY
    assert read_file("iris") == read_file("lily") == PICTURE
    assert rows_of("lily") == before
    assert structure_of("iris") == structure_of("lily")
    assert count_rows("iris") == count_rows("lily")
    assert counters_of("iris") == counters_of("lily")
    assert dump_text("iris").replace("iris.", "lily.").count("lily.") == dump_text("lily").count("lily.")
    with in_schema("iris"):  # counters go on where they were, and nothing of the one shop is in the other
        receive(Product.objects.get(), "5", "11", day=3)
        assert check_stock() == []
    assert rows_of("lily") == before


@pytest.mark.slow
@in_the_store
def test_two_hundred_pictures_come_back_from_an_object_store_and_the_neighbours_stay(lily, tmp_path):
    pictures = {
        f"products/{number // 4}/{number}/{name}": os.urandom(1000 + number)
        for number in range(200)
        for name in ("large.webp", "thumb.webp", "имя с пробелом & +%.webp")
    }
    for name, content in pictures.items():
        write("lily", name, content)
    write("lily2", content=b"neighbour")
    backup = made(lily, tmp_path)
    assert backup.manifest["files"].keys() == {PHOTO, *pictures}
    assert [path.name for path in tmp_path.iterdir()] == [backup.path.name], "what was fetched is gone"
    verify(backup.path, restore=True)
    restore(backup.path, schema_name="iris")
    assert len(names_of("iris")) == len(names_of("lily")) == 601
    assert all(read_file("iris", name) == content for name, content in pictures.items())
    remove("lily")
    assert remove_files("lily") == 601
    assert (len(everything()), read_file("lily2")) == (602, b"neighbour")


def test_a_shop_like_the_template_is_backed_up_without_looking_at_every_shop(lily, tmp_path, monkeypatch):
    def run(name, *args, **kwargs):
        raise AssertionError(name)

    monkeypatch.setattr(pg_programs, "run", run)
    path = made(lily, tmp_path).path
    verify(path, restore=True)
    SchemaTemplate.objects.all().delete()
    with pytest.raises(AssertionError, match="pg_dump"):
        made(lily, tmp_path)


def test_psql_alone_reads_the_script(lily, tmp_path):
    with tarfile.open(made(lily, tmp_path).path) as archive:
        (tmp_path / backups.SCRIPT).write_bytes(archive.extractfile(backups.SCRIPT).read())
    before = count_rows("lily")
    remove("lily")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA lily CASCADE")
    with gzip.open(tmp_path / backups.SCRIPT) as script:
        parts = connection.settings_dict
        subprocess.run(
            [pg_programs.program("psql", pg_programs.server_major()), "-qX", "-v", "ON_ERROR_STOP=1"],
            input=script.read(),
            stdout=subprocess.DEVNULL,
            env={
                "PGHOST": parts["HOST"], "PGPORT": str(parts["PORT"]), "PGUSER": parts["USER"],
                "PGPASSWORD": parts["PASSWORD"], "PGDATABASE": parts["NAME"],
            },
            check=True,
        )  # fmt: skip
    assert count_rows("lily") == before


@both_ways
def test_a_shop_comes_back_under_its_own_name_once_nothing_carries_it(lily, tmp_path):
    backup = made(lily, tmp_path)
    before = rows_of("lily")
    with pytest.raises(NameLeftBehind):
        restore(backup.path, schema_name="lily")
    remove("lily")
    with pytest.raises(NameLeftBehind):
        restore(backup.path, schema_name="lily")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA lily CASCADE")
    with pytest.raises(NameLeftBehind) as refusal:
        restore(backup.path, schema_name="lily")
    assert refusal.value.data["left"] == ["media"]
    shop_files().rename("lily", "lily2")
    assert restore(backup.path, schema_name="lily").name == "Лилия"
    assert rows_of("lily") == before


@both_ways
def test_a_backup_that_was_changed_is_not_used(lily, tmp_path):
    path = made(lily, tmp_path).path
    good = path.read_bytes()

    def refused(why, **fields):
        before = sorted(Client.objects.values_list("schema_name", flat=True))
        for language in ("en", "ru"):
            with translation.override(language), pytest.raises(BadArchive) as refusal:
                restore(path, schema_name="iris", **fields)
            assert refusal.value.data["why"] == why
            said = {"en": "Nothing was changed", "ru": "Ничего не изменено"}
            assert said[language] in str(refusal.value)
        assert sorted(Client.objects.values_list("schema_name", flat=True)) == before
        assert not schema_exists("iris")
        assert names_of("iris") == []
        assert everything() == [f"lily/{PHOTO}"], "nothing staged either"

    path.write_bytes(good[: len(good) // 2])
    refused("unreadable")
    path.write_bytes(good.replace(b"picture", b"PICTURE"))
    refused("damaged")
    path.write_bytes(good.replace(b'"schema": "lily"', b'"schema": "iris"'))
    refused("foreign")
    path.write_bytes(b"no archive")
    refused("unreadable")
    path.write_bytes(good)
    with tarfile.open(path, "a") as archive:
        member = tarfile.TarInfo("../../evil")
        member.size = 4
        archive.addfile(member, BytesIO(b"evil"))
    refused("strange")
    path.write_bytes(good)
    assert read(path).schema_name == "lily"


def test_a_backup_of_another_installation_is_not_executed(lily, tmp_path, settings):
    path = made(lily, tmp_path).path
    settings.SECRET_KEY = "another installation's"
    with pytest.raises(BadArchive) as refusal:
        read(path)
    assert refusal.value.data["why"] == "foreign"


def test_a_symbolic_link_among_the_files_is_refused_and_no_backup_is_left(lily, tmp_path):
    (folder_of("lily") / "products" / "out").symlink_to("/etc")
    with pytest.raises(UnsafeMedia):
        made(lily, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []
    assert made(lily, tmp_path / "backups", with_files=False).manifest["files"] == {}


def test_a_full_disk_leaves_no_backup_and_the_journal_says_so(lily, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups.os, "fsync", full)
    with pytest.raises(BackupNotWritten, match="No space"):
        made(lily, tmp_path)
    assert [path for path in tmp_path.iterdir() if path.suffix in {".tar", ".part"}] == []
    row = TenantOperation.objects.filter(kind="backup").latest("pk")
    assert (row.finished_at is not None, "No space" in row.error) == (True, True)


def test_verifying_restores_counts_and_leaves_nothing(lily, tmp_path, monkeypatch):
    path = made(lily, tmp_path).path
    assert verify(path, restore=True).schema_name == "lily"
    assert not schema_exists("_verify_lily")
    monkeypatch.setattr(backups, "count_rows", lambda schema: {"orders_order": 1})
    with pytest.raises(BadArchive):
        verify(path, restore=True)
    assert not schema_exists("_verify_lily")


def test_two_who_verify_backups_at_once_do_not_meet(lily, tmp_path):
    path = made(lily, tmp_path).path
    other = made("tulip", tmp_path).path
    with operation(TenantOperation.Kind.RESTORE, names.to_verify("lily")), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA _verify_lily")  # what the other one is at work on
        with pytest.raises(OperationHeld, match="going on"):
            verify(path, restore=True)
        assert schema_exists("_verify_lily")
        assert verify(other, restore=True).schema_name == "tulip"
        assert not schema_exists("_verify_tulip")
    assert verify(path, restore=True).schema_name == "lily"
    assert not schema_exists("_verify_lily")
    longest = names.archived("a" * names.LONGEST, timezone.now())
    assert len(names.to_verify(longest)) <= 63


def test_only_the_newest_backups_are_kept(lily, tmp_path):
    start = timezone.now()
    for hours in range(4):
        made(lily, tmp_path, now=start + timedelta(hours=hours), with_files=False)
    (tmp_path / "lily2-20260101-000000.tar").touch()
    gone = backups.keep_newest("lily", folder=tmp_path, count=2)
    assert len(gone) == 2
    left = sorted(path.name for path in tmp_path.glob("*.tar"))
    assert len(left) == 3
    assert left[0] == f"lily-{start + timedelta(hours=2):%Y%m%d-%H%M%S}.tar"


# --- Dropping and putting aside ----------------------------------------------------------------------------------------


def drop(*arguments, language="en"):
    out = StringIO()
    with translation.override(language):
        call_command("drop_tenant_schema", *arguments, stdout=out)
    return out.getvalue()


def test_a_schema_is_dropped_only_with_its_name_typed_again_and_a_backup_of_it_as_it_is_now(lily, tmp_path):
    living = made(lily, tmp_path).path
    with pytest.raises(StillAShop):
        lifecycle.drop_schema("lily", backup=living)
    remove("lily")
    for arguments, said in (
        (["--schema=lily", "--confirm=rose", f"--backup={living}"], "Not confirmed"),
        (["--schema=lily", "--confirm=lily", "--no-backup"], "--i-know"),
        (["--schema=lily", "--confirm=lily", f"--backup={living}"], "as it is now"),
    ):
        with pytest.raises(CommandError, match=said):
            drop(*arguments)
        assert schema_exists("lily")
    newer = made(lily, tmp_path, now=timezone.now() + timedelta(seconds=1)).path
    with in_schema("lily"):
        Product.objects.create(name="Late", sale_price=Decimal(1))
    with pytest.raises(BackupTooOld):
        lifecycle.drop_schema("lily", backup=newer)
    last = made(lily, tmp_path, now=timezone.now() + timedelta(seconds=2)).path
    out = drop("--schema=lily", "--confirm=lily", f"--backup={last}")
    assert "restores and has every row" in out
    assert not schema_exists("lily")
    with pytest.raises(CommandError, match="There is no shop"):
        drop("--schema=lily", "--confirm=lily", f"--backup={last}")


@pytest.mark.parametrize("name", ["public", "pg_catalog", "information_schema", "_template_of_a_shop", "2", "rose; --"])
def test_no_schema_but_a_shops_is_ever_dropped_or_renamed(committed_shop, name):
    with in_public():
        for work in (
            lambda: lifecycle.drop_schema(name, backup=None),
            lambda: lifecycle.put_aside(name, now=timezone.now()),
        ):
            with pytest.raises(Exception, match=r"platform itself|not the schema of a shop"):
                work()
        assert schema_exists("public")


@both_ways
def test_a_schema_put_aside_frees_the_name_and_can_be_dropped_with_its_backup(lily, tmp_path):
    with pytest.raises(StillAShop):
        lifecycle.put_aside("lily", now=timezone.now())
    remove("lily")
    aside = lifecycle.put_aside("lily", now=timezone.now())
    assert aside.startswith("_archived_lily_2")
    assert (schema_exists("lily"), schema_exists(aside)) == (False, True)
    assert (read_file(aside), names_of("lily")) == (PICTURE, [])
    provision_shop(schema_name="lily", name="New lily")
    with in_schema("lily"):
        assert not Product.objects.exists()
    backup = made(aside, tmp_path).path
    assert drop(f"--schema={aside}", f"--confirm={aside}", f"--backup={backup}")
    assert (schema_exists(aside), schema_exists("lily")) == (False, True)
    with in_public():
        assert remove_files(aside) == 1
    assert everything() == []


# --- Broken off in the middle ----------------------------------------------------------------------------------------


def killed_after(step, work):
    """Run `work` in a process of its own that is killed right after it has written this step into the journal."""
    code = (
        "import django, os, signal, sys; django.setup()\n"
        "from pathlib import Path\n"
        "from django.utils import timezone\n"
        "from customers.services import backups, lifecycle, operations\n"
        "from core.tenancy import in_public\n"
        "plain = operations.Journal.step\n"
        "def step(self, name):\n"
        "    plain(self, name)\n"
        f"    if name.startswith({step!r}): os.kill(os.getpid(), signal.SIGKILL)\n"
        "operations.Journal.step = step\n"
        f"with in_public(): {work}\n"
    )
    parts = connection.settings_dict
    url = f"postgres://{parts['USER']}:{parts['PASSWORD']}@{parts['HOST']}:{parts['PORT']}/{parts['NAME']}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env={
            **os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "myproject.settings",
            "MEDIA_ROOT": str(django_settings.MEDIA_ROOT), "SECRET_KEY": django_settings.SECRET_KEY,
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("step", ["dumped", "written"])
def test_a_backup_that_was_killed_is_repeated(lily, tmp_path, step):
    killed_after(step, f"backups.back_up('lily', folder=Path({str(tmp_path)!r}), with_files=True, now=timezone.now())")
    whole = [path for path in tmp_path.iterdir() if path.suffix == ".tar"]
    assert [read(path).schema_name for path in whole] == (["lily"] if step == "written" else [])
    backup = made(lily, tmp_path, now=timezone.now() + timedelta(seconds=1))
    assert backup.rows
    assert [path.name for path in tmp_path.glob("*.part")] == []
    assert TenantOperation.objects.filter(kind="backup", finished_at=None).count() == 0


@pytest.mark.slow
@both_ways
def test_a_restoration_that_was_killed_is_nothing_or_is_carried_on(lily, tmp_path):
    path = made(lily, tmp_path).path
    before = rows_of("lily")
    # The step stands in the transaction of the rows: killed before the commit, nothing of it is there.
    killed_after("rows", f"backups.restore(Path({str(path)!r}), schema_name='iris')")
    assert (schema_exists("iris"), Client.objects.filter(schema_name="iris").exists()) == (False, False)
    assert restore(path, schema_name="iris").status == "suspended"
    assert rows_of("iris") == before
    assert everything() == [f"iris/{PHOTO}", f"lily/{PHOTO}"]


@pytest.mark.slow
def test_what_was_killed_between_rows_and_files_is_carried_on(lily, tmp_path, monkeypatch):
    path = made(lily, tmp_path).path
    before = rows_of("lily")

    def killed(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        restore(path, schema_name="iris")
    monkeypatch.undo()
    # As a kill leaves it: nobody wrote an end.
    TenantOperation.objects.filter(kind="restore").update(finished_at=None, error="", pid=4_000_000)
    assert restore(path, schema_name="iris").schema_name == "iris"
    assert rows_of("iris") == before
    assert everything() == [f"iris/{PHOTO}", f"lily/{PHOTO}"]


@pytest.mark.slow
@pytest.mark.parametrize("step", ["verified", "dropped"])
def test_a_drop_that_was_killed_left_the_schema_and_is_repeated(lily, tmp_path, step):
    remove("lily")
    path = made(lily, tmp_path).path
    killed_after(step, f"lifecycle.drop_schema('lily', backup=Path({str(path)!r}))")
    assert schema_exists("lily")
    lifecycle.drop_schema("lily", backup=path)
    assert not schema_exists("lily")


@pytest.mark.slow
@both_ways
def test_putting_aside_that_was_killed_is_nothing_or_is_carried_on(lily):
    remove("lily")
    killed_after("_archived", "lifecycle.put_aside('lily', now=timezone.now())")
    assert schema_exists("lily")
    aside = lifecycle.put_aside("lily", now=timezone.now())
    assert schema_exists(aside)
    assert everything() == [f"{aside}/{PHOTO}"]


# --- Commands ----------------------------------------------------------------------------------------------------------


def test_the_commands_tell_what_they_did(lily, tmp_path):
    def call(name, *arguments, **options):
        out = StringIO()
        with translation.override("en"):
            call_command(name, *arguments, stdout=out, **options)
        return out.getvalue()

    said = json.loads(call("backup_tenant", "--schema=lily", f"--output={tmp_path}", "--verify", "--json"))
    assert (said["files"], said["deleted"]) == (1, [])
    assert "A whole backup of “lily”" in call("verify_backup", said["file"], "--restore-test")
    assert "Would be restored as iris" in call("restore_tenant", f"--from={said['file']}", "--as=iris", "--dry-run")
    assert not schema_exists("iris")
    assert "The shop is suspended" in call("restore_tenant", f"--from={said['file']}", "--as=iris")
    assert "is open again" in call("activate_tenant", "--schema=iris")
    assert "open already" in call("activate_tenant", "--schema=iris")
    assert "is suspended" in call("suspend_tenant", "--schema=iris", "--reason=unpaid")
    assert Client.objects.get(schema_name="iris").status == "suspended"
    kinds = TenantOperation.objects.filter(schema_name="iris").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["restore", "activate", "suspend"]
    with pytest.raises(UnknownShop):
        back_up("nope", folder=tmp_path, with_files=True, now=timezone.now())


def test_all_shops_and_the_platform_are_backed_up_and_one_that_fails_stops_no_other(lily, tmp_path):
    (folder_of("rose")).mkdir(parents=True)
    (folder_of("rose") / "out").symlink_to("/etc")
    out, err = StringIO(), StringIO()
    for _night in range(2):
        with translation.override("en"), pytest.raises(CommandError, match="Not backed up: rose") as refusal:
            call_command("backup_tenant", "--all", f"--output={tmp_path}", "--keep=1", stdout=out, stderr=err)
        assert refusal.value.returncode == 3
        time.sleep(1)  # a backup is called after its second
    assert "Backed up: 2 shops" in out.getvalue()
    assert "1/3 lily ok" in err.getvalue()
    assert "2/3 rose The media folder was not touched" in err.getvalue()
    found = sorted(path.name.split("-")[0] + path.suffix for path in tmp_path.iterdir() if path.is_file())
    assert found == ["lily.tar", "platform.dump", "tulip.tar"]
    tables = pg_programs.run("pg_restore", ["--list", str(next(tmp_path.glob("platform-*.dump")))]).decode()
    assert "TABLE DATA public customers_client" in tables
    assert "TABLE DATA lily" not in tables


def test_without_the_programs_of_postgresql_the_refusal_names_what_to_install(lily, tmp_path, monkeypatch):
    SchemaTemplate.objects.all().delete()  # a shop like the template needs none of them
    monkeypatch.setattr(pg_programs, "_folders", lambda: iter(()))
    pg_programs.program.cache_clear()
    try:
        for language, said in (("en", "Install the PostgreSQL client"), ("ru", "Установите")):
            with translation.override(language), pytest.raises(pg_programs.ProgramMissing, match=said):
                made(lily, tmp_path)
        assert list(tmp_path.glob("lily-*")) == []
    finally:
        pg_programs.program.cache_clear()


@pytest.mark.parametrize("count", [0, -1])
@pytest.mark.parametrize(("language", "said"), [("en", "At least one backup is kept"), ("ru", "Хотя бы одна копия")])
def test_keeping_less_than_one_backup_is_refused_and_nothing_is_deleted(lily, tmp_path, count, language, said):
    kept = made(lily, tmp_path, with_files=False).path
    with translation.override(language), pytest.raises(CommandError, match=said) as refusal:
        call_command("backup_tenant", "--schema=lily", f"--output={tmp_path}", f"--keep={count}")
    assert refusal.value.returncode == 2
    assert list(tmp_path.glob("*.tar")) == [kept]
