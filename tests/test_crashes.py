"""The life of a shop, killed at every step: what is found afterwards, and that the same command again completes it.

The table of docs/tenants.md, "When a process dies", names these tests.
"""

import math
import re
from io import StringIO
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone, translation

from accounts.models import User
from core.object_store import ShopBucket
from core.shop_files import shop_files
from core.tenancy import in_public, in_schema
from customers import template
from customers.errors import BackupNotWritten, NameLeftBehind, OperationUnfinished, SchemaInUse
from customers.models import Client, Domain, SchemaTemplate, TenantOperation, TenantRegistration
from customers.schema import code_fingerprint, make_schema, schema_exists, schema_fingerprint
from customers.services import backups, lifecycle
from customers.services.auditing import audit
from customers.services.cleanup import remove_rows
from customers.services.migrating import outdated
from customers.services.provisioning import provision_shop
from customers.services.registration import approve
from tests.files import PHOTO, PICTURE, everything, folder_of, in_the_store, names_of, read, write
from tests.killing import in_process, killed
from tests.test_cases import functions

BEGUN = "customers.services.operations._begin"
SEEDED = "customers.models.seed_schema"
ENDED = "customers.services.operations.Journal.finish"
STEP = "customers.services.operations.Journal.step"
# Called once the outermost transaction is committed, before anything that waits for the commit.
COMMITTED = "django.db.backends.base.base.BaseDatabaseWrapper.run_and_clear_commit_hooks"
APPLIED = "django.db.migrations.recorder.MigrationRecorder.record_applied"
RENAMED_FILE = "pathlib.Path.replace"

slow = pytest.mark.slow


@pytest.fixture
def papa(committed_shop, media):
    """A shop with one file."""
    with in_public():
        provision_shop(schema_name="papa", name="Papa Shop", owner_email="papa@example.com")
        write("papa")
        yield "papa"
        connection.set_schema_to_public()


def there(name="papa"):
    """Which of row, domain, schema, files are there, as a set of words."""
    found = {
        "row": Client.objects.filter(schema_name=name).exists(),
        "domain": Domain.objects.filter(domain=f"{name}.localhost").exists(),
        "schema": schema_exists(name),
        "files": shop_files().holds(name),
    }
    return {word for word, is_there in found.items() if is_there}


def unfinished():
    return list(TenantOperation.objects.filter(finished_at=None).values_list("schema_name", "step"))


def broken_off():
    """What audit_tenants says of operations."""
    return [found.schema_name for found in audit(now=timezone.now()) if found.code == "broken_off"]


def call(name, *arguments):
    out = StringIO()
    with translation.override("en"):
        call_command(name, *arguments, stdout=out, stderr=out)
    return out.getvalue()


# --- Making ------------------------------------------------------------------------------------------------------------

MAKE = "provisioning.provision_shop(schema_name='papa', name='Papa', owner_email='papa@example.com')"
APPROVE = (
    "application = registration.TenantRegistration.objects.get()\n"
    "registration.approve(registration=application, by=None, now=timezone.now())"
)


@slow
@pytest.mark.parametrize("place", [{"after": BEGUN}, {"before": SEEDED}, {"after": SEEDED}, {"after": ENDED}])
def test_a_shop_whose_making_was_killed_is_not_there_and_is_made_again(committed_shop, place):
    connection.set_schema_to_public()
    killed(MAKE, **place)
    assert (there(), unfinished()) == (set(), [])
    assert provision_shop(schema_name="papa", name="Papa").status == "active"
    assert there() == {"row", "domain", "schema"}


@slow
def test_a_shop_whose_maker_was_killed_after_the_commit_is_whole_and_the_mail_waits(committed_shop, mails):
    connection.set_schema_to_public()
    killed(MAKE, before=COMMITTED)
    assert (there(), unfinished()) == ({"row", "domain", "schema"}, [])
    assert Client.objects.get(schema_name="papa").is_open_on(timezone.localdate())
    with in_schema("papa"):
        owner = User.objects.get()
        assert (owner.email, owner.role, owner.has_usable_password()) == ("papa@example.com", "owner", False)
    assert [mail.to for mail in mails()] == [["papa@example.com"]]


@slow
@pytest.mark.parametrize(("place", "made"), [({"after": ENDED}, False), ({"before": COMMITTED}, True)])
def test_an_approval_that_was_killed_is_whole_or_still_to_be_answered(committed_shop, place, made):
    connection.set_schema_to_public()
    TenantRegistration.objects.create(
        shop_name="Papa", schema_name="papa", owner_name="Papa", owner_email="papa@example.com",
        email_verified_at=timezone.now(),
    )  # fmt: skip
    killed(APPROVE, **place)
    application = TenantRegistration.objects.get()
    assert (application.status == "approved", there() != set(), unfinished()) == (made, made, [])
    if not made:
        approve(registration=application, by=None, now=timezone.now())
    application.refresh_from_db()
    assert application.tenant == Client.objects.get(schema_name="papa")
    assert there() == {"row", "domain", "schema"}


# --- Suspending and opening --------------------------------------------------------------------------------------------


@slow
@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize(
    ("place", "done"), [({"after": BEGUN}, False), ({"after": ENDED}, False), ({"before": COMMITTED}, True)]
)
def test_suspending_or_opening_that_was_killed_is_done_or_not_and_is_repeated(papa, place, done, is_open):
    before, wanted = ("suspended", "active") if is_open else ("active", "suspended")
    Client.objects.filter(schema_name="papa").update(status=before)
    killed(f"lifecycle.set_open('papa', is_open={is_open})", **place)
    assert Client.objects.get(schema_name="papa").status == (wanted if done else before)
    assert unfinished() == []
    call("activate_tenant" if is_open else "suspend_tenant", "--schema=papa")
    assert Client.objects.get(schema_name="papa").status == wanted
    assert there() == {"row", "domain", "schema", "files"}


# --- Taking off --------------------------------------------------------------------------------------------------------

CLEAN = "from django.core.management import call_command\ncall_command('cleanup_tenant', '--schema=papa', '--noinput', '--delete-files')"  # fmt: skip


@slow
@pytest.mark.parametrize(
    ("place", "found"),
    [
        ({"after": BEGUN}, {"row", "domain", "schema", "files"}),
        ({"after": ENDED}, {"row", "domain", "schema", "files"}),
        ({"before": COMMITTED}, {"schema", "files"}),
        ({"after": "pathlib.Path.rename"}, {"schema"}),
        ({"after": "os.unlink"}, {"schema"}),
    ],
)
def test_taking_off_that_was_killed_is_completed_by_the_same_command(papa, place, found):
    killed(CLEAN, **place)
    assert (there(), unfinished()) == (found, [])
    call("cleanup_tenant", "--schema=papa", "--noinput", "--delete-files")
    assert there() == {"schema"}
    assert everything() == []


# --- Backing up, verifying, the text of an empty shop ----------------------------------------------------------------------


@slow
@pytest.mark.parametrize(
    "place",
    [
        {"after": BEGUN}, {"after": "gzip.GzipFile.write"}, {"after": "tarfile.TarFile.add"}, {"before": RENAMED_FILE},
        {"before": ENDED},
    ],
)  # fmt: skip
def test_a_backup_that_was_killed_leaves_nothing_that_looks_whole_and_is_repeated(papa, tmp_path, place):
    folder = tmp_path / "backups"
    killed(f"backups.back_up('papa', folder=Path({str(folder)!r}), with_files=True, now=timezone.now())", **place)
    assert broken_off() == ["papa"]
    found = list(folder.glob("*.tar")) if folder.exists() else []
    assert [backups.read(path).schema_name for path in found] == (["papa"] if place == {"before": ENDED} else [])
    assert "files" in call("backup_tenant", "--schema=papa", f"--output={folder}")
    assert list(folder.glob("*.part")) == []
    assert (len(list(folder.glob("*.tar"))) >= 1, unfinished(), broken_off()) == (True, [], [])


@slow
def test_verifying_that_was_killed_leaves_a_scratch_schema_which_the_next_takes_away(papa, tmp_path):
    path = backups.back_up("papa", folder=tmp_path, with_files=True, now=timezone.now()).path
    killed(f"backups.verify(Path({str(path)!r}), restore=True)", after="customers.services.backups._load")
    assert (schema_exists("_verify_papa"), broken_off()) == (True, ["_verify_papa"])
    assert "every table has its rows" in call("verify_backup", str(path), "--restore-test")
    assert (schema_exists("_verify_papa"), unfinished()) == (False, [])


@slow
def test_rendering_that_was_killed_leaves_a_scratch_schema_which_the_next_takes_away(committed_shop, monkeypatch):
    connection.set_schema_to_public()
    before = SchemaTemplate.objects.get()
    # What stands in the scratch schema does not matter here, and to migrate takes long.
    killed(
        "from customers import template\ntemplate.call_command = lambda *args, **kwargs: None\ntemplate.render()",
        before="customers.template.structure_of",
    )
    assert (schema_exists(template.SCRATCH), unfinished()) == (True, [(template.SCRATCH, "")])
    assert SchemaTemplate.objects.get() == before
    monkeypatch.setattr(template, "call_command", lambda *args, **kwargs: None)
    monkeypatch.setattr(template, "schema_fingerprint", lambda schema: code_fingerprint())
    template.render()
    assert (schema_exists(template.SCRATCH), unfinished()) == (False, [])


# --- Restoring ---------------------------------------------------------------------------------------------------------


@slow
@pytest.mark.parametrize(
    ("place", "found"),
    [
        ({"after": BEGUN}, set()),
        ({"after": "customers.services.backups._unpack_files"}, set()),
        ({"after": "customers.services.backups._restore_rows"}, set()),
        ({"before": RENAMED_FILE}, {"row", "domain", "schema"}),
        ({"before": ENDED}, {"row", "domain", "schema", "files"}),
    ],
)
def test_a_restoration_that_was_killed_anywhere_is_completed_by_the_same_command(papa, tmp_path, place, found):
    path = backups.back_up("papa", folder=tmp_path, with_files=True, now=timezone.now()).path
    killed(f"backups.restore(Path({str(path)!r}), schema_name='mama')", **place)
    assert (there("mama"), broken_off()) == (found, ["mama"])
    call("restore_tenant", f"--from={path}", "--as=mama")
    assert there("mama") == {"row", "domain", "schema", "files"}
    assert backups.count_rows("mama") == backups.count_rows("papa")
    assert unfinished() == []
    assert everything() == [f"mama/{PHOTO}", f"papa/{PHOTO}"]


# --- Dropping and putting aside ----------------------------------------------------------------------------------------


def take_off(name="papa"):
    remove_rows(name, purge_registration=True, now=timezone.now())


@slow
@pytest.mark.parametrize(
    ("place", "dropped"), [({"after": BEGUN}, False), ({"after": STEP}, False), ({"before": ENDED}, True)]
)
def test_a_drop_that_was_killed_anywhere_is_completed_and_the_name_is_free(papa, place, dropped):
    take_off()
    shop_files().remove("papa")
    killed("lifecycle.drop_schema('papa', backup=None)", **place)
    assert (schema_exists("papa"), broken_off()) == (not dropped, ["papa"])
    assert "is dropped" in call("drop_tenant_schema", "--schema=papa", "--confirm=papa", "--no-backup", "--i-know")
    assert (schema_exists("papa"), unfinished()) == (False, [])
    with pytest.raises(CommandError, match="There is no shop"):
        call("drop_tenant_schema", "--schema=papa", "--confirm=papa", "--no-backup", "--i-know")


@slow
@pytest.mark.parametrize(
    ("place", "renamed"),
    [({"after": BEGUN}, False), ({"after": STEP}, False), ({"before": RENAMED_FILE}, True), ({"before": ENDED}, True)],
)
def test_putting_aside_that_was_killed_anywhere_is_completed(papa, place, renamed):
    take_off()
    killed("lifecycle.put_aside('papa', now=timezone.now())", **place)
    assert (schema_exists("papa"), broken_off()) == (not renamed, ["papa"])
    said = call("archive_schema", "--schema=papa")
    aside = re.search(r"_archived_papa_\d{14}", said)[0]
    assert schema_exists(aside)
    assert everything() == [f"{aside}/{PHOTO}"]
    assert (there(), unfinished()) == (set(), [])


# --- Files in an object store: object by object ---------------------------------------------------------------------------

COPY, DELETE, STAGE, FETCH = (
    f"core.object_store.ShopBucket.{name}" for name in ("_copy", "_delete", "stage", "_objects")
)
MANY = [f"products/{number}/photo.webp" for number in range(40)]
NEIGHBOURS = ["papa2/products/0/photo.webp", "rose/products/1/photo.webp"]  # one whose name begins with the other's


@pytest.fixture
def many(papa):
    """The shop has forty files, in an object store beside those of two neighbours."""
    shop_files().remove("papa")
    for name in MANY:
        write("papa", name, name.encode())
    for path in NEIGHBOURS:
        schema_name, _, name = path.partition("/")
        write(schema_name, name, b"neighbour")
    yield "papa"
    for path in NEIGHBOURS:
        schema_name, _, name = path.partition("/")
        assert read(schema_name, name) == b"neighbour"


def each_file_once(schema_name):
    """Whether this shop has each of the forty, whole, and nothing but it and the neighbours has any."""
    assert everything() == sorted([*NEIGHBOURS, *(f"{schema_name}/{name}" for name in MANY)])
    return all(read(schema_name, name) == name.encode() for name in MANY)


@slow
@in_the_store
@pytest.mark.parametrize("place", [{"before": DELETE}, {"after": DELETE}, {"after": DELETE, "call": 7}])
def test_taking_off_that_was_killed_between_two_objects_blocks_the_name_until_it_is_completed(many, media, place):
    killed(CLEAN, **place)
    left = names_of("papa")
    assert set(left) <= set(MANY)
    assert there() == {"schema", "files"}
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA papa CASCADE")
    with pytest.raises(NameLeftBehind) as refusal:
        provision_shop(schema_name="papa", name="New")
    assert refusal.value.data["left"] == ["media"]
    assert names_of("papa") == left
    call("cleanup_tenant", "--schema=papa", "--noinput", "--delete-files")
    assert everything() == NEIGHBOURS
    assert provision_shop(schema_name="papa", name="New").status == "active"


@slow
@in_the_store
@pytest.mark.parametrize(
    "place",
    [
        {"before": COPY}, {"after": COPY}, {"after": COPY, "call": 6}, {"before": DELETE}, {"after": DELETE},
        {"after": DELETE, "call": 8}, {"after": DELETE, "call": 40},
    ],
)  # fmt: skip
def test_putting_aside_that_was_killed_between_two_objects_is_completed(many, media, place):
    take_off()
    killed("lifecycle.put_aside('papa', now=timezone.now())", **place)
    [(_name, aside)] = unfinished()
    assert (schema_exists("papa"), schema_exists(aside), broken_off()) == (False, True, ["papa"])
    assert sorted({*names_of("papa"), *names_of(aside)}) == sorted(MANY), "no object is lost"
    with pytest.raises((NameLeftBehind, OperationUnfinished)):
        provision_shop(schema_name="papa", name="New")
    assert aside in call("archive_schema", "--schema=papa")
    assert each_file_once(aside)
    assert (there(), unfinished()) == (set(), [])
    assert provision_shop(schema_name="papa", name="New").status == "active"
    assert each_file_once(aside)


@slow
@in_the_store
@pytest.mark.parametrize(
    ("place", "has_shop"),
    [
        ({"after": STAGE}, False), ({"after": STAGE, "call": 7}, False), ({"before": COPY}, True), ({"after": COPY}, True),
        ({"after": COPY, "call": 6}, True), ({"after": DELETE}, True), ({"after": DELETE, "call": 8}, True),
        ({"after": DELETE, "call": 40}, True),
    ],
)  # fmt: skip
def test_a_restoration_that_was_killed_between_two_objects_is_completed(many, media, tmp_path, place, has_shop):
    path = backups.back_up("papa", folder=tmp_path, with_files=True, now=timezone.now()).path
    take_off()
    lifecycle.drop_schema("papa", backup=None)
    shop_files().remove("papa")
    killed(f"backups.restore(Path({str(path)!r}), schema_name='papa')", **place)
    assert (there() - {"files"}, broken_off()) == ({"row", "domain", "schema"} if has_shop else set(), ["papa"])
    if has_shop:
        assert Client.objects.get(schema_name="papa").status == "suspended"
        with pytest.raises(CommandError, match="broke off"):
            call("activate_tenant", "--schema=papa")
    call("restore_tenant", f"--from={path}", "--as=papa")
    assert each_file_once("papa")
    assert (there(), unfinished()) == ({"row", "domain", "schema", "files"}, [])


@slow
@in_the_store
def test_a_backup_that_was_killed_while_files_were_fetched_is_repeated(many, media, tmp_path):
    killed(f"backups.back_up('papa', folder=Path({str(tmp_path)!r}), with_files=True, now=timezone.now())", after=FETCH)
    assert (list(tmp_path.glob("*.tar")), broken_off()) == ([], ["papa"])
    call("backup_tenant", "--schema=papa", f"--output={tmp_path}")
    [path] = tmp_path.glob("*.tar")
    assert backups.read(path).manifest["files"].keys() == set(MANY)
    assert unfinished() == []


@slow
@in_the_store
@pytest.mark.parametrize("work", ["archive", "restore"])
def test_a_store_that_goes_away_in_the_middle_leaves_work_that_the_same_command_completes(
    many, media, tmp_path, monkeypatch, work
):
    path = backups.back_up("papa", folder=tmp_path, with_files=True, now=timezone.now()).path
    take_off()
    if work == "restore":
        lifecycle.drop_schema("papa", backup=None)
        shop_files().remove("papa")
    commands = {"archive": ("archive_schema", "--schema=papa"), "restore": ("restore_tenant", f"--from={path}")}
    plain, copied = ShopBucket._copy, []

    def away(self, client, key, target):
        copied.append(key)
        if len(copied) > 5:
            raise EndpointConnectionError(endpoint_url="https://store.example")
        plain(self, client, key, target)

    monkeypatch.setattr(ShopBucket, "_copy", away)
    with pytest.raises(CommandError, match=r"can't be reached right now. Nothing is lost; try again"):
        call(*commands[work])
    assert broken_off() == ["papa"]
    monkeypatch.undo()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    said = call(*commands[work])
    assert each_file_once(re.search(r"_archived_papa_\d{14}", said)[0] if work == "archive" else "papa")
    assert unfinished() == []


# --- Migrating ---------------------------------------------------------------------------------------------------------


@slow
@pytest.mark.parametrize(
    "place", [{"before": APPLIED}, {"before": "customers.services.migrating.note_fingerprint"}, {"before": ENDED}]
)
def test_a_migration_that_was_killed_is_completed_by_the_same_command(papa, place):
    call_command("migrate_schemas", "accounts", "0001", tenant=True, schema_name="papa", interactive=False, verbosity=0)
    connection.set_schema_to_public()
    Client.objects.filter(schema_name="papa").update(fingerprint="behind")
    killed("migrating.migrate_shop('papa')", **place)
    assert (schema_fingerprint("papa") == code_fingerprint()) == (place != {"before": APPLIED})
    assert (outdated(), broken_off()) == (["papa"], ["papa"])
    assert "Migrated: 1, failed: 0" in call("migrate_tenants", "--parallel=1")
    connection.set_schema_to_public()
    assert schema_fingerprint("papa") == Client.objects.get(schema_name="papa").fingerprint == code_fingerprint()
    assert (outdated(), unfinished()) == ([], [])


# --- What fails without anybody dying ----------------------------------------------------------------------------------


@slow
def test_a_disk_that_is_really_full_leaves_no_backup_and_one_sentence(papa, tmp_path):
    done = in_process(
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "from django.core.management import call_command\n"
        "from django.utils import translation\n"
        "translation.activate('en')\n"
        f"call_command('backup_tenant', '--schema=papa', '--output={tmp_path}')"
    )
    assert done.returncode == 1
    assert "“papa” was not backed up" in done.stderr
    assert "File too large" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if "tar" in path.name] == []
    assert unfinished() == []
    call("backup_tenant", "--schema=papa", f"--output={tmp_path}")
    assert len(list(tmp_path.glob("papa-*.tar"))) == 1


@pytest.mark.parametrize(("language", "said"), [("en", "No backup is left half written"), ("ru", "Недописанной копии")])
def test_a_file_that_cant_be_read_stops_the_backup_with_its_name(papa, tmp_path, monkeypatch, language, said):
    photo = folder_of("papa") / PHOTO
    plain = Path.open

    def locked(self, *args, **kwargs):
        if self == photo:
            raise PermissionError(13, "Permission denied", str(photo))
        return plain(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", locked)
    with translation.override(language), pytest.raises(BackupNotWritten, match=said) as refusal:
        backups.back_up("papa", folder=tmp_path / "backups", with_files=True, now=timezone.now())
    assert "photo.webp" in str(refusal.value)
    assert list((tmp_path / "backups").iterdir()) == []
    monkeypatch.undo()
    assert photo.read_bytes() == PICTURE


@slow
@pytest.mark.race
@pytest.mark.parametrize(("language", "said"), [("en", "Nothing was dropped"), ("ru", "Ничего не удалено")])
def test_a_schema_that_somebody_reads_is_not_dropped(papa, language, said):
    take_off()
    other = connection.copy()
    other.set_schema_to_public()
    try:
        with other.cursor() as cursor, connection.cursor() as mine:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM papa.orders_order")
            mine.execute("SET lock_timeout = '100ms'")
            with translation.override(language), pytest.raises(SchemaInUse, match=said) as refusal:
                lifecycle.drop_schema("papa", backup=None)
            assert refusal.value.exit_code == 4
            assert (schema_exists("papa"), unfinished()) == (True, [])
            cursor.execute("ROLLBACK")
        lifecycle.drop_schema("papa", backup=None)
        assert not schema_exists("papa")
    finally:
        other.close()
        connection.close()


@slow
def test_a_shop_restored_from_before_a_migration_is_known_to_be_behind_and_migrates(papa, tmp_path):
    call_command("migrate_schemas", "accounts", "0001", tenant=True, schema_name="papa", interactive=False, verbosity=0)
    connection.set_schema_to_public()
    backup = backups.back_up("papa", folder=tmp_path, with_files=True, now=timezone.now())
    assert (backup.manifest["holds"], backup.manifest["fingerprint"] == code_fingerprint()) == (backups.DUMP, False)
    backups.restore(backup.path, schema_name="mama")
    assert "mama" in outdated()
    assert "failed: 0" in call("migrate_tenants", "--schema=mama", "--parallel=1")
    connection.set_schema_to_public()
    assert schema_fingerprint("mama") == code_fingerprint()


@slow
def test_thirty_schemas_are_dropped_one_after_the_other(committed_shop):
    """Each in a transaction of its own: in one, thirty need more locks than a server has as it is delivered."""
    connection.set_schema_to_public()
    names = [f"papa{number:02}" for number in range(30)]
    with connection.cursor() as cursor:
        for name in names:
            make_schema(name)
        for name in names:
            lifecycle.drop_schema(name, backup=None)
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'")
            assert cursor.fetchone()[0] < 64
    assert [name for name in names if schema_exists(name)] == []


# --- The table ---------------------------------------------------------------------------------------------------------


def kills(test):
    """How many processes a test kills, over all its parameters."""
    counts = [len(mark.args[1]) for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    return math.prod(counts) if "killed" in test.__code__.co_names else 0


def test_the_table_in_the_docs_names_tests_that_are_there():
    text = (django_settings.BASE_DIR / "docs" / "tenants.md").read_text(encoding="utf-8")
    table = text.split("## When a process dies")[1].split("\n## ")[0]
    named = set(re.findall(r"`(test_\w+)`", table))
    known = functions("*/tests/*.py", "tests/*.py")
    assert named - known == set()
    here = {name for name in functions("tests/test_crashes.py") if name.startswith("test_")}
    assert here - named == {"test_the_table_in_the_docs_names_tests_that_are_there"}
    count = sum(kills(test) for name, test in globals().items() if name.startswith("test_"))
    assert f"{count} kills" in table
