"""Two shops for every run, `rose` and `tulip`, and the ways into them.

`shop` is the usual fixture: the test happens inside `rose` and is rolled back. `committed_shop` is for real commits
and several connections; it empties and seeds both shops afterwards. People: `staff(role)`, `owner`, `florist`,
`seller`. Pages: `client` is a browser of nobody at `rose`, `other_client` at `tulip`, `login(user)` one that is in.
"""

import contextlib
import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.files.storage import storages
from django.db import connection, connections
from django.test import Client as Browser
from django.utils import translation
from django_tenants.test.client import TenantClient
from hypothesis import HealthCheck, settings

# How fast a machine makes up examples and runs them says nothing about the program.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

SHOPS = {"rose": "Роза", "tulip": "Тюльпан"}
# Rows of these tables belong to the schema itself: they are written by migrations and by nothing else.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


def pytest_configure(config: Any) -> None:
    """Tests of Russian texts need the compiled translations; workers of a parallel run find them made."""
    if not hasattr(config, "workerinput"):
        from django.conf import settings
        from django.utils.translation.reloader import translation_file_changed

        from core.translations import compile_translations

        for made in compile_translations(settings.BASE_DIR):
            # Setting Django up has read the old catalogue already, or found none: forget it.
            translation_file_changed(sender=None, file_path=made)


def ensure_shops() -> dict[str, Any]:
    """Rows of the platform and both shops. A schema is made once; its row may have gone with a committed test."""
    from customers.models import Client, Domain
    from customers.schema import schema_exists, schema_fingerprint
    from customers.services.platform import ensure_platform
    from customers.services.provisioning import default_domain, provision_shop

    connection.set_schema_to_public()
    keep_template()
    shops = {"public": ensure_platform()}
    for schema_name, name in SHOPS.items():
        shop = Client.objects.filter(schema_name=schema_name).first()
        if shop is None and schema_exists(schema_name):
            # Past save(), which rightly refuses a schema that is there.
            [shop] = Client.objects.bulk_create(
                [
                    Client(
                        schema_name=schema_name, name=name, status="active", fingerprint=schema_fingerprint(schema_name)
                    )
                ]
            )
            Domain.objects.create(domain=default_domain(schema_name), tenant=shop, is_primary=True)
        elif shop is None:
            shop = provision_shop(schema_name=schema_name, name=name)
            forget_photo_rule(schema_name)
        shops[schema_name] = shop
    return shops


def keep_template() -> None:
    """Shops are made from the text of an empty shop. It is rendered once for a state of the migrations, which takes as long
    as migrating a shop, and kept beside pytest's other findings for the runs that follow."""
    from django.conf import settings

    from core.pg_programs import ProgramMissing, server_major
    from customers.models import SchemaTemplate
    from customers.schema import code_fingerprint
    from customers.template import render

    if SchemaTemplate.objects.filter(fingerprint=code_fingerprint()).exists():
        return
    root = Path(settings.BASE_DIR)
    made_of = hashlib.sha256(str(server_major()).encode())
    sources = [*root.glob("*/migrations/*.py"), *root.glob("*/**/sql/*.sql"), root / "core/migration_helpers.py"]
    for source in [*sorted(sources), root / "requirements.txt", *root.glob("customers/*.py")]:
        made_of.update(source.read_bytes())
    kept = root / ".pytest_cache" / f"shop-{made_of.hexdigest()[:16]}.sql"
    if kept.exists():
        SchemaTemplate.objects.create(fingerprint=code_fingerprint(), text=kept.read_text())
        return
    with contextlib.suppress(ProgramMissing):  # then shops are migrated
        template = render()
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(template.text)
        fresh.replace(kept)


def forget_photo_rule(schema_name: str) -> None:
    """Tests bring orders to "ready" without photos, but for those about the rule itself."""
    from core.flags import PHOTO_BEFORE_READY, clear_flag
    from core.tenancy import in_schema

    with in_schema(schema_name):
        clear_flag(PHOTO_BEFORE_READY)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[None]:
    from django.test import override_settings

    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        ensure_shops()
        connection.set_schema_to_public()
    yield
    # A live server's thread may still hold a connection, and a database in use can't be dropped. A test of dead sessions
    # that ran last leaves ours dead too.
    connection.close()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def _clean_surroundings(settings: Any, tmp_path: Any) -> Iterator[None]:
    """Nothing outside the database survives a test either: files, cache, remembered hosts, language, schema."""
    from core.middleware.shop import hosts

    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EXPORT_ROOT = tmp_path / "exports"
    vars(storages["default"]).pop("relative_media_root", None)  # the tenants' storage keeps it when the setting changes
    with translation.override("en"):
        yield
    hosts.forget()
    cache.clear()
    connection.set_schema_to_public()


@pytest.fixture(scope="session")
def object_store() -> Iterator[str]:
    """The address of an object store in a thread of this process, with one bucket; it speaks S3 and keeps all in memory."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with contextlib.closing(
        boto3.client(
            "s3",
            endpoint_url=f"http://{host}:{port}",
            region_name="eu-central-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )
    ) as store:
        store.create_bucket(Bucket="florist", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def media(request: Any, settings: Any, monkeypatch: Any) -> str:
    """Where the files of shops lie in this test: "disk", or "store" where tests.files.both_ways asks for it; then also for
    the processes that the test starts."""
    from myproject import env

    way: str = getattr(request, "param", "disk")
    if way == "store":
        endpoint = request.getfixturevalue("object_store")
        prefix = f"test/{uuid.uuid4().hex}"
        monkeypatch.setenv("MEDIA_STORAGE", f"s3://florist/{prefix}?region=eu-central-1&endpoint={endpoint}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        options = env.bucket("MEDIA_STORAGE")
        settings.STORAGES = {
            **settings.STORAGES, "default": {"BACKEND": "core.object_store.ShopBucket", "OPTIONS": options}
        }  # fmt: skip
    return way


@pytest.fixture
def shops(db: None) -> Iterator[dict[str, Any]]:
    """All rows by schema name, `public` included; the connection is in public."""
    yield ensure_shops()
    connection.set_schema_to_public()


@pytest.fixture
def shop(shops: dict[str, Any]) -> Any:
    """The shop `rose`; the test happens inside it and is rolled back."""
    connection.set_tenant(shops["rose"])
    return shops["rose"]


@pytest.fixture
def other_shop(shops: dict[str, Any]) -> Any:
    """The shop `tulip`, for looking from one at the other. Does not enter it."""
    return shops["tulip"]


@pytest.fixture
def platform(shops: dict[str, Any]) -> Any:
    """The row of the platform; the connection is in public."""
    return shops["public"]


class ShopBrowser(TenantClient):
    """A browser at one shop's host. A request leaves the connection in the schema where it was before."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("HTTP_HOST", self.host)
        return Browser.generic(self, *args, **kwargs)

    @property
    def host(self) -> str:
        from customers.services.provisioning import default_domain

        return "localhost" if self.tenant.is_public else default_domain(self.tenant.schema_name)

    def request(self, **kwargs: Any) -> Any:
        before = connection.tenant
        try:
            return super().request(**kwargs)
        finally:
            connection.set_tenant(before)

    def force_login(self, user: Any, backend: str | None = None) -> None:
        before = connection.tenant
        connection.set_tenant(self.tenant)
        try:
            super().force_login(user, backend or "accounts.backends.NameOrEmailBackend")
        finally:
            connection.set_tenant(before)


@pytest.fixture
def client(shop: Any) -> ShopBrowser:
    """A browser at `rose` in which nobody is logged in."""
    return ShopBrowser(shop)


@pytest.fixture
def other_client(other_shop: Any) -> ShopBrowser:
    """A browser at `tulip` in which nobody is logged in."""
    return ShopBrowser(other_shop)


@pytest.fixture
def platform_client(platform: Any) -> ShopBrowser:
    """A browser at the platform in which nobody is logged in."""
    return ShopBrowser(platform)


@pytest.fixture
def do_jobs() -> Callable[[], int]:
    """`do_jobs()` does the jobs that are due as a worker would, and answers how many. All must succeed."""
    from core.jobs import Outcome, claim, perform

    def do() -> int:
        count = 0
        with translation.override("ru"):  # a worker has nobody's language
            while (row := claim("test")) is not None:
                outcome = perform(row)
                row.refresh_from_db()
                assert outcome is Outcome.DONE, f"{row.task_path}: {row.traceback}"
                count += 1
        return count

    return do


@pytest.fixture
def mails(do_jobs: Callable[[], int], mailoutbox: list[Any]) -> Callable[[], list[Any]]:
    """`mails()` does the jobs that are due and answers with all mails there are."""

    def sent() -> list[Any]:
        do_jobs()
        return mailoutbox

    return sent


@pytest.fixture
def staff() -> Callable[..., Any]:
    """`staff("florist")` makes a person of this role in the current shop, `staff("florist", name="Анна")` likewise."""
    from accounts.models import User

    def make(role: str = "seller", **fields: Any) -> User:
        username = fields.pop("username", None) or f"{role}{User.objects.count() + 1}"
        fields.setdefault("email", f"{username}@example.com")
        fields.setdefault("language", "en")
        password = fields.pop("password", "iris-and-lily-7")
        return User.objects.create_user(username, password=password, role=role, **fields)

    return make


@pytest.fixture
def owner(shop: Any, staff: Callable[..., Any]) -> Any:
    return staff("owner")


@pytest.fixture
def manager(shop: Any, staff: Callable[..., Any]) -> Any:
    return staff("manager")


@pytest.fixture
def florist(shop: Any, staff: Callable[..., Any]) -> Any:
    return staff("florist")


@pytest.fixture
def seller(shop: Any, staff: Callable[..., Any]) -> Any:
    return staff("seller")


@pytest.fixture
def stranger() -> AnonymousUser:
    return AnonymousUser()


@pytest.fixture
def login(shop: Any) -> Callable[..., ShopBrowser]:
    """`login(user)` is a browser at `rose` in which this person is logged in; `login(user, other_shop)` elsewhere."""

    def enter(user: Any, at: Any = None) -> ShopBrowser:
        browser = ShopBrowser(at or shop)
        browser.force_login(user)
        return browser

    return enter


# A test fills a few of the seventy tables with a few rows: those are deleted, where TRUNCATE would make new files for all
# tables and their indexes.
EMPTY = """
    DO $$ DECLARE emptied regclass; BEGIN
        FOR emptied IN SELECT format('%I.%I', schemaname, tablename)::regclass FROM pg_catalog.pg_tables
                        WHERE schemaname = {schema} AND NOT tablename = ANY({kept}) LOOP
            EXECUTE format('DELETE FROM %s', emptied);
        END LOOP;
    END $$
"""
RESTART = """
    SELECT count(setval(pg_get_serial_sequence(format('%%I.%%I', c.table_schema, c.table_name), c.column_name), 1, false))
      FROM information_schema.columns c
     WHERE c.table_schema = %s AND c.is_identity = 'YES' AND NOT c.table_name = ANY(%s)
"""


def empty_shop(schema_name: str) -> None:
    """Take all rows out of a shop and seed it again, as if it had just been made."""
    from customers.schema import seed_schema

    with connection.cursor() as cursor:
        # The ledger's own triggers refuse to lose rows; as a replica the session fires them no more than foreign keys.
        cursor.execute("SET session_replication_role = replica")
        try:
            kept = ", ".join(f"'{name}'" for name in sorted(KEPT_TABLES))
            cursor.execute(EMPTY.format(schema=f"'{schema_name}'", kept=f"ARRAY[{kept}]"))
            cursor.execute(RESTART, [schema_name, sorted(KEPT_TABLES)])
        finally:
            cursor.execute("SET session_replication_role = origin")
    seed_schema(schema_name, language="ru")
    forget_photo_rule(schema_name)


def drop_other_schemas() -> None:
    """Drop what a committed test made besides the two shops."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(nspname) FROM pg_catalog.pg_namespace"
            " WHERE nspname !~ '^pg_' AND NOT nspname = ANY(%s)",
            [["public", "information_schema", *SHOPS]],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def committed_shop(transactional_db: None) -> Iterator[Any]:
    """The shop `rose` with real commits, for tests with several connections. Both shops are emptied afterwards."""
    shops = ensure_shops()
    connection.set_tenant(shops["rose"])
    yield shops["rose"]
    connection.set_schema_to_public()
    drop_other_schemas()
    for schema_name in SHOPS:
        empty_shop(schema_name)
    # pytest-django now flushes the current schema, which is public: the rows come back with the next ensure_shops().
    connection.set_schema_to_public()


@pytest.fixture
def in_threads() -> Callable[..., list[Any]]:
    """`in_threads(8, work)` runs `work(number)` in eight threads at once, each in the current schema on a connection
    of its own, and answers with what each returned or raised, in order."""

    def run(count: int, work: Callable[[int], Any], *, schema_name: str | None = None) -> list[Any]:
        schema = schema_name or connection.schema_name
        start = threading.Barrier(count)
        outcomes: list[Any] = [None] * count

        def one(number: int) -> None:
            connection.set_schema(schema)
            try:
                with translation.override("en"):
                    start.wait(timeout=30)
                    outcomes[number] = work(number)
            except BaseException as error:  # noqa: BLE001 - the test judges it
                outcomes[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in threads), "a thread hangs"
        return outcomes

    return run
