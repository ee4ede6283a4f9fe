"""Everything a shop owns in one archive: what is in it, what is not, and who gets it."""

import csv
import datetime
import hashlib
import io
import json
import os
import threading
import time
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone, translation
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tasks_db.models import DBTaskResult

from conftest import ShopBrowser
from core import exporting
from core.export_shelf import ExportGoingOn, archives, find_archive, forget_archives, put_together, shelf
from core.exporting import TablesBehind, exported_columns, exported_models, make_export
from core.jobs import claim, perform
from core.middleware.shop import hosts
from core.models import ShopFlag
from core.tenancy import in_public, in_schema
from customers.models import Client
from customers.services.cleanup import remove_files
from inventory.tests.factories import receive
from orders.models import Contact, Order
from orders.tests.factories import order
from products.models import Product
from reports.jobs import make_archive
from tests.files import in_the_store, write

NOW = datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.UTC)
PASSWORD = "iris-and-lily-7"


def exported(schema_name="rose", **options):
    out = io.BytesIO()
    make_export(schema_name, out, now=NOW, **options)
    return zipfile.ZipFile(out)


def lines(archive, table):
    return [json.loads(line) for line in archive.read(f"jsonl/{table}.jsonl").decode().splitlines()]


def opened(browser, path):
    """The archive as a browser gets it, or None."""
    answer = browser.get(path)
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) if answer.status_code == 200 else None


def sheet(archive, table):
    return list(csv.DictReader(io.StringIO(archive.read(f"csv/{table}.csv").decode("utf-8-sig"), newline="")))


# --- What is in it -----------------------------------------------------------------------------------------------------


def test_every_table_of_a_shop_is_in_the_archive_or_left_out_for_a_reason(shop):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'rose'")
        there = {table for (table,) in cursor.fetchall()} - {"django_migrations"}
    models = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    left_out = {models[what]._meta.db_table for what in project.EXPORT_LEAVES_OUT if what.count(".") == 1}
    archived = {model._meta.db_table for model in exported_models()}
    assert archived | left_out == there
    assert not archived & left_out
    for what, why in project.EXPORT_LEAVES_OUT.items():
        assert str(why)
        if what.count(".") == 2:
            label, _dot, column = what.rpartition(".")
            assert column in {field.attname for field in models[label]._meta.concrete_fields}, what


def test_no_column_that_sounds_like_a_secret_slips_in():
    words = ("password", "token", "secret", "hash", "session", "pin")
    found = [
        f"{model._meta.label}.{field.attname}"
        for model in exported_models()
        for field in exported_columns(model)
        if set(words) & set(field.attname.split("_"))
    ]
    assert found == []


def test_a_row_comes_back_as_it_was(shop, owner):
    rose = Product.objects.create(name="Роза «Аваланш», 60 см", sale_price=Decimal("120.50"))
    receive(rose, "10.5")
    placed = order((rose, "1.5"))
    gone = Product.objects.create(name="Gone", sale_price=Decimal(1))
    gone.delete()
    archive = exported()
    kept = {row["id"]: row for row in lines(archive, "products_product")}
    assert set(kept) == {rose.pk, gone.pk}
    assert kept[gone.pk]["is_deleted"] is True
    for field in Product._meta.concrete_fields:
        assert field.to_python(kept[rose.pk][field.attname]) == getattr(
            Product.objects.get(pk=rose.pk), field.attname
        ), field.attname
    [row] = [row for row in sheet(archive, "products_product") if row["id"] == str(rose.pk)]
    assert (row["name"], row["sale_price"], row["is_deleted"]) == ("Роза «Аваланш», 60 см", "120.50", "false")
    [row] = lines(archive, "orders_order")
    assert datetime.datetime.fromisoformat(row["created_at"]) == Order.objects.get(pk=placed.pk).created_at
    manifest = json.loads(archive.read("manifest.json"))
    counted = {table["table"]: table["rows"] for table in manifest["tables"]}
    assert counted == {model._meta.db_table: model._base_manager.count() for model in exported_models()}


def test_nothing_and_an_empty_text_are_told_apart_and_a_formula_is_a_text(shop):
    evil = '=HYPERLINK("http://x","y")'
    names = [evil, "-1+cmd", "\tx", "@a", "+7+7", "-1", 'He said "no",\r\nthen left', "plain"]
    for name in names:
        Contact.objects.create(name=name, phone="+79123456789" if name == "plain" else "")
    archive = exported()
    assert [row["name"] for row in lines(archive, "orders_contact")] == names
    rows = sheet(archive, "orders_contact")
    assert [row["name"] for row in rows] == [f"'{name}" for name in names[:5]] + names[5:]
    assert [row["phone"] for row in rows] == [""] * 7 + ["+79123456789"]
    raw = archive.read("csv/orders_contact.csv").decode()
    assert raw.startswith("\ufeffid,")
    assert raw.count("\r\n") == 1 + 8 + 1, "lines end as RFC 4180 has it; one more inside a value"
    assert ',"-1","",' in raw, "an empty text"
    assert ',"false",,,' in raw, "columns without a value"


def test_pictures_come_along_and_links_do_not(shop, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("TOP-SECRET")
    default_storage.save("products/1/1/large.webp", ContentFile(b"picture"))
    folder = Path(default_storage.path("products"))
    (folder / "link.webp").symlink_to(secret / "key")
    (folder / "folder").symlink_to(secret)
    archive = exported()
    assert [name for name in archive.namelist() if name.startswith("media/")] == ["media/products/1/1/large.webp"]
    assert archive.read("media/products/1/1/large.webp") == b"picture"
    assert not [name for name in exported(with_files=False).namelist() if name.startswith("media/")]


@in_the_store
def test_pictures_come_along_from_an_object_store(media, shop, other_shop):
    for number in range(3):
        write("rose", f"products/{number}/1/large.webp", b"rose")
    write("tulip", "products/9/1/large.webp", b"tulip")
    archive = exported()
    pictures = [name for name in archive.namelist() if name.startswith("media/")]
    assert pictures == [f"media/products/{number}/1/large.webp" for number in range(3)]
    assert {archive.read(name) for name in pictures} == {b"rose"}


def test_the_manifest_holds_the_sums_of_every_file_and_the_readme_speaks_the_owners_language(shop):
    for language, words in (("ru", "Всё, чем владеет магазин «Роза»"), ("en", "Everything “Роза” owns")):
        archive = exported(language=language)
        manifest = json.loads(archive.read("manifest.json"))
        sums = {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if name != "manifest.json"
        }
        assert manifest["sha256"] == sums
        assert (manifest["schema"], manifest["made_at"]) == ("rose", "2026-11-22T09:30:00+00:00")
        assert words in archive.read("README.txt").decode()
    assert all(not name.startswith("/") and ".." not in name for name in archive.namelist())


def test_no_secret_and_no_neighbour_is_in_the_archive(shop, owner, login, other_shop):
    login(owner)
    device = TOTPDevice.objects.create(user=owner, name="app", key="ab" * 20)
    StaticToken.objects.create(device=StaticDevice.objects.create(user=owner, name="paper"), token="paper-code-1")
    with in_schema("tulip"):
        Product.objects.create(name="NEIGHBOUR", sale_price=Decimal(1))
    archive = exported()
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    assert owner.email in everything, "people are in it"
    from django.contrib.sessions.models import Session

    keys = list(Session.objects.values_list("session_key", flat=True))
    assert keys
    for secret in (owner.password, device.key, "paper-code-1", "NEIGHBOUR", project.SECRET_KEY + "x", *keys):
        assert secret not in everything


def test_the_archive_is_written_row_by_row(shop, monkeypatch):
    """Never more than a few thousand rows in memory: the rows are asked for by a cursor on the server."""
    import tracemalloc

    ShopFlag.objects.bulk_create(ShopFlag(name=f"flag {number} {'x' * 20}") for number in range(30_000))
    out = io.BytesIO()
    monkeypatch.setattr(exporting, "_ROWS", 500)
    exported()  # what is loaded once is loaded now
    tracemalloc.start()
    try:
        make_export("rose", out, now=NOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    read = len(zipfile.ZipFile(out).read("jsonl/core_shopflag.jsonl"))
    assert read > 2_000_000
    assert peak < read / 1.5, (peak, read)


@pytest.mark.race
def test_all_tables_are_of_one_moment(committed_shop, monkeypatch):
    """A product and its order that come while the archive is written are both not in it."""
    real, done = exporting._Writer._table, []

    def meanwhile():
        try:
            with in_schema("rose"):
                ShopFlag.objects.create(name="later")
                Product.objects.create(name="Later", sale_price=Decimal(1))
        finally:
            connections.close_all()

    def table(self, model):
        found = real(self, model)
        if not done:
            done.append(model)
            other = threading.Thread(target=meanwhile)
            other.start()
            other.join()
        return found

    monkeypatch.setattr(exporting._Writer, "_table", table)
    archive = exported()
    assert Product.objects.filter(name="Later").exists()
    assert (lines(archive, "products_product"), [row["name"] for row in lines(archive, "core_shopflag")]) == (
        [],
        [name for name in ShopFlag.objects.order_by("pk").values_list("name", flat=True) if name != "later"],
    )
    assert len(done) == 1


@pytest.mark.race
def test_inside_a_transaction_no_archive_is_made(committed_shop):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        exported()


# --- Where it waits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("orders_contact RENAME COLUMN phone TO telephone", "orders_contact RENAME COLUMN telephone TO phone"),
        ("accounts_user RENAME TO people", "people RENAME TO accounts_user"),  # the platform has one of that name
    ],
)
def test_tables_of_another_version_are_told_and_the_platforms_are_not_taken_for_them(shop, change, back):
    def alter(what):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE rose.{what}")

    alter(change)
    for language, words in (("en", "migrate_tenants"), ("ru", "Архив не сделан")):
        with translation.override(language):
            with pytest.raises(TablesBehind) as refusal:
                exported()
            assert words in str(refusal.value)
    alter(back)
    assert exported() is not None


def test_three_archives_are_kept_and_for_a_week(shop):
    for number in range(4):
        put_together(now=NOW + datetime.timedelta(hours=number), with_files=False)
    names = [each.name for each in archives(NOW)]
    assert names == ["20261122-123000.zip", "20261122-113000.zip", "20261122-103000.zip"]
    week = datetime.timedelta(days=7)
    assert find_archive(names[2], NOW + week) is not None
    assert find_archive(names[2], NOW + week + datetime.timedelta(hours=1)) is None
    assert forget_archives(now=NOW + week + datetime.timedelta(hours=1)) == 1
    assert "core.export_shelf.forget_archives" in project.DAILY_PLATFORM_WORK
    assert len(archives(NOW)) == 2


def test_one_is_made_at_a_time_and_what_a_dead_process_left_is_in_nobodys_way(shop, settings):
    folder = shelf()
    folder.mkdir(parents=True)
    left = folder / "unfinished.part"
    left.write_text("half")
    with pytest.raises(ExportGoingOn, match="right now"):
        put_together(now=NOW)
    assert left.read_text() == "half"
    long_ago = time.time() - 3600
    os.utime(left, (long_ago, long_ago))
    assert put_together(now=NOW).size > 1000
    assert not left.exists()


def test_a_broken_archive_is_not_left_lying_about(shop, settings, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.export_shelf.make_export", full)
    with pytest.raises(OSError, match="No space"):
        put_together(now=NOW)
    assert list((shelf()).iterdir()) == []


def test_strange_files_in_the_folder_are_nothing(shop, settings, tmp_path):
    folder = shelf()
    folder.mkdir(parents=True)
    (tmp_path / "other.zip").write_text("x")
    (folder / "20261122-093000.zip").symlink_to(tmp_path / "other.zip")
    (folder / "notes.txt").write_text("x")
    assert archives(NOW) == []


# --- Who gets it -------------------------------------------------------------------------------------------------------


@pytest.fixture
def unlocked(login, owner):
    browser = login(owner)
    assert browser.post("/export/unlock/", {"password": PASSWORD}).status_code == 302
    return browser


def test_the_owner_types_the_password_makes_the_archive_and_downloads_it(login, owner):
    browser = login(owner)
    page = browser.get("/export/").content.decode()
    assert 'name="password"' in page
    assert "/export/make/" not in page
    assert browser.post("/export/make/").status_code == 302
    assert browser.post("/export/unlock/", {"password": "wrong"}).status_code == 422
    assert browser.post("/export/unlock/", {}).status_code == 422
    assert archives(timezone.now()) == []
    browser.post("/export/unlock/", {"password": PASSWORD})
    answer = browser.post("/export/make/", {"pictures": "on"}, follow=True)
    assert "The archive is ready." in answer.content.decode()
    [archive] = archives(timezone.now())
    assert f"/export/{archive.name}/" in answer.content.decode()
    answer = browser.get(f"/export/{archive.name}/")
    assert answer["Content-Disposition"] == f'attachment; filename="rose-{archive.name}"'
    assert "no-store" in answer["Cache-Control"]
    assert "README.txt" in zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    for nothing in ("20200101-000000.zip", "unfinished.part", "..", "x.zip"):
        assert browser.get(f"/export/{nothing}/").status_code == 404


def test_the_password_holds_for_a_quarter_of_an_hour(unlocked, monkeypatch):
    archive = put_together(now=timezone.now())
    assert opened(unlocked, f"/export/{archive.name}/")
    later = time.time() + 15 * 60 + 1
    monkeypatch.setattr("reports.views.export.time.time", lambda: later)
    assert unlocked.get(f"/export/{archive.name}/")["Location"] == "/export/"
    assert unlocked.post("/export/make/")["Location"] == "/export/"
    assert len(archives(timezone.now())) == 1


@pytest.mark.parametrize("role", ["manager", "florist", "seller", "courier"])
def test_nobody_but_the_owner(login, staff, role):
    archive = put_together(now=timezone.now())
    browser = login(staff(role))
    for path in ("/export/", f"/export/{archive.name}/"):
        assert browser.get(path).status_code == 403, path
    for path in ("/export/unlock/", "/export/make/"):
        assert browser.post(path, {"password": PASSWORD}).status_code == 403, path
    assert len(archives(timezone.now())) == 1


def test_the_neighbours_archive_is_nothing_here(unlocked, other_shop, staff):
    with in_schema("tulip"):
        archive = put_together(now=timezone.now())
        neighbour = staff("owner")
    assert unlocked.get(f"/export/{archive.name}/").status_code == 404
    there = ShopBrowser(other_shop)
    there.force_login(neighbour)
    there.post("/export/unlock/", {"password": PASSWORD})
    assert opened(there, f"/export/{archive.name}/")
    with in_public():
        platform = Client.objects.get(schema_name="public")
    assert ShopBrowser(platform).get("/export/").status_code == 404


WORDS = {
    "en": ("put together in the background", "is being put together right now", "could not be put together"),
    "ru": ("собирается в фоне", "Архив как раз собирается", "собрать не удалось"),
}


@pytest.fixture
def big(monkeypatch):
    """A shop with pictures counts as too big to wait for."""
    monkeypatch.setattr("reports.views.export.MOST_BYTES", -1)


def part(browser):
    return browser.get("/export/", headers={"hx-request": "true"})


@pytest.mark.parametrize("language", WORDS)
def test_of_a_big_shop_the_worker_makes_it_and_the_page_tells_when_it_is_there(login, staff, big, do_jobs, language):
    in_background, right_now, _failed = WORDS[language]
    browser = login(staff("owner", language=language))
    browser.post("/export/unlock/", {"password": PASSWORD})
    page = browser.post("/export/make/", {"pictures": "on"}, follow=True).content.decode()
    assert in_background in page
    assert 'hx-trigger="every 5s' in page
    assert archives(timezone.now()) == []
    assert part(browser).status_code == 204
    for data in ({"pictures": "on"}, {}):
        answer = browser.post("/export/make/", data)
        assert (answer.status_code, right_now in answer.content.decode()) == (409, True)
    assert (do_jobs(), do_jobs()) == (1, 0)
    [archive] = archives(timezone.now())
    answer = part(browser)
    assert f"/export/{archive.name}/" in answer.content.decode()
    assert "every 5s" not in answer.content.decode()
    assert "<html" not in answer.content.decode()
    made = opened(browser, f"/export/{archive.name}/")
    assert ("Всё, чем владеет" in made.read("README.txt").decode()) == (language == "ru")
    browser.post("/export/make/")  # without pictures it is small
    assert do_jobs() == 0


def test_what_the_worker_made_already_it_does_not_make_again(login, owner, big, do_jobs):
    browser = login(owner)
    browser.post("/export/unlock/", {"password": PASSWORD})
    browser.post("/export/make/", {"pictures": "on"})
    do_jobs()
    before = [each.name for each in archives(timezone.now())]
    # As after a worker that died between the archive and the note of it.
    with in_public():
        DBTaskResult.objects.update(status="READY", finished_at=None, worker_ids=[])
    assert do_jobs() == 1
    assert [each.name for each in archives(timezone.now())] == before


@pytest.mark.parametrize("language", WORDS)
def test_an_archive_that_the_worker_could_not_make_is_told_until_another_is_there(
    login, staff, big, monkeypatch, language
):
    *_others, failed = WORDS[language]

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    browser = login(staff("owner", language=language))
    browser.post("/export/unlock/", {"password": PASSWORD})
    browser.post("/export/make/", {"pictures": "on"})
    with monkeypatch.context() as broken:
        broken.setattr("core.export_shelf.make_export", full)
        for _attempt in range(make_archive.attempts):
            with in_public():
                DBTaskResult.objects.update(run_after=timezone.now())
            perform(claim("test"))
    assert failed in browser.get("/export/").content.decode()
    assert archives(timezone.now()) == []
    browser.post("/export/make/")
    assert failed not in browser.get("/export/").content.decode()
    assert len(archives(timezone.now())) == 1


def test_what_no_worker_began_in_a_day_keeps_nobody_from_asking_again(login, owner, big, do_jobs):
    browser = login(owner)
    browser.post("/export/unlock/", {"password": PASSWORD})
    browser.post("/export/make/", {"pictures": "on"})
    with in_public():
        DBTaskResult.objects.update(enqueued_at=timezone.now() - make_archive.within)
    browser.post("/export/make/", {"pictures": "on"})
    with in_public():
        assert DBTaskResult.objects.count() == 2
    assert part(browser).status_code == 204


def test_the_neighbour_knows_nothing_of_it(login, owner, big, other_shop, staff):
    browser = login(owner)
    browser.post("/export/unlock/", {"password": PASSWORD})
    browser.post("/export/make/", {"pictures": "on"})
    with in_schema("tulip"):
        neighbour = staff("owner")
    there = ShopBrowser(other_shop)
    there.force_login(neighbour)
    there.post("/export/unlock/", {"password": PASSWORD})
    assert "put together in the background" not in there.get("/export/").content.decode()
    assert there.post("/export/make/").status_code == 302


@pytest.mark.parametrize(
    "how", [{"status": "suspended"}, {"status": "closing"}, {"paid_until": datetime.date(2020, 1, 1)}]
)
def test_of_a_closed_shop_the_worker_makes_it_as_well(shop, owner, big, do_jobs, how):
    closed(shop, **how)
    browser = ShopBrowser(shop)
    browser.post("/login/", {"username": owner.username, "password": PASSWORD, "next": "/export/"})
    browser.post("/export/unlock/", {"password": PASSWORD})
    assert browser.post("/export/make/", {"pictures": "on"}).status_code == 302
    assert do_jobs() == 1
    assert "Download" in part(browser).content.decode()


def closed(shop, **how):
    with in_public():
        Client.objects.filter(pk=shop.pk).update(**how)
    hosts.forget()


@pytest.mark.parametrize(
    "how",
    [
        {"status": "suspended"}, {"status": "closing"},
        {"paid_until": datetime.date(2020, 1, 1)},
    ],
)  # fmt: skip
def test_a_closed_shop_lets_its_owner_take_everything_along_and_nothing_else(shop, owner, staff, how):
    florist = staff("florist")
    closed(shop, **how)
    browser = ShopBrowser(shop)
    assert "/export/" in browser.get("/").content.decode()
    assert browser.get("/export/")["Location"] == "/login/?next=/export/"
    browser.post("/login/", {"username": owner.username, "password": PASSWORD, "next": "/export/"})
    page = browser.get("/export/").content.decode()
    assert "The shop is closed at present" in page
    assert 'href="/orders/"' not in page
    browser.post("/export/unlock/", {"password": PASSWORD})
    browser.post("/export/make/")
    [archive] = archives(timezone.now())
    assert opened(browser, f"/export/{archive.name}/")
    for path in ("/", "/orders/", "/profile/", "/admin/", "/media/tenants/rose/x.webp", "/no/such/page/", "/search/"):
        assert browser.get(path).status_code == 403, path
        assert browser.post(path, {"name": "x"}).status_code == 403, path
    browser.post("/logout/")
    browser.post("/login/", {"username": florist.username, "password": PASSWORD})
    assert browser.get("/export/").status_code == 403
    closed(shop, status="provisioning")
    assert browser.get("/export/").status_code == 503


def test_a_shop_that_is_only_looked_at_lets_it_be_made(shop, login, owner):
    closed(shop, paid_until=timezone.localdate() - datetime.timedelta(days=1))
    browser = login(owner)
    assert browser.post("/export/unlock/", {"password": PASSWORD}).status_code == 302
    assert browser.post("/export/make/").status_code == 302
    assert len(archives(timezone.now())) == 1


# --- By command --------------------------------------------------------------------------------------------------------


def call(*arguments):
    out = io.StringIO()
    with translation.override("en"):
        call_command("export_tenant", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_the_operator_writes_an_archive_or_puts_one_before_the_owner(shop, tmp_path):
    with in_public():
        path = tmp_path / "rose.zip"
        assert str(path) in call("--schema=rose", f"--output={path}", "--no-files")
        assert "manifest.json" in zipfile.ZipFile(path).namelist()
        facts = json.loads(call("--schema=rose", "--for-owner", "--with-files", "--json"))
        assert facts["bytes"] > 1000
    assert [each.path for each in archives(timezone.now())] == [shelf() / facts["file"].rpartition("/")[2]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--schema=nope", "--for-owner"], "There is no shop “nope”"),
        (["--schema=public", "--for-owner"], "is the platform itself"),
        (["--schema=rose"], "one of the arguments"),
        (["--schema=rose", "--output=/no/such/folder/x.zip"], "could not be written"),
    ],
)
def test_what_can_not_be_exported_is_refused(shop, arguments, words):
    with in_public(), pytest.raises(CommandError, match=words):
        call(*arguments)
    assert archives(timezone.now()) == []


def test_a_file_that_is_there_is_not_overwritten(shop, tmp_path):
    path = tmp_path / "rose.zip"
    path.write_text("mine")
    with in_public(), pytest.raises(CommandError, match="is there already"):
        call("--schema=rose", f"--output={path}")
    assert path.read_text() == "mine"


def test_the_next_shop_of_a_name_does_not_find_the_archives_of_the_one_before(shop):
    put_together(now=timezone.now(), with_files=False)
    before = shelf()
    with in_public():
        Client.objects.filter(pk=shop.pk).delete()
        Client.objects.bulk_create([Client(schema_name="rose", name="Another", status="active")])
    assert archives(timezone.now()) == []
    assert forget_archives(now=timezone.now() + datetime.timedelta(days=8)) == 1
    assert list(before.iterdir()) == []
    put_together(now=timezone.now(), with_files=False)
    with in_public():
        remove_files("rose")
    assert not before.exists()
    assert not shelf().exists()
