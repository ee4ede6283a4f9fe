"""What threads of one process share: caches, content types, callbacks, the connection; and what runs without a request."""

import threading

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection

from accounts.models import User
from conftest import ShopBrowser
from core.admin import platform_site, shop_site
from core.tenancy import in_public, in_schema, require_shop


@pytest.mark.parametrize("alias", ["default", "template_fragments"])
def test_nothing_is_cached_across_shops(shop, other_shop, alias, settings):
    store = caches[alias]
    if "dummy" in settings.CACHES[alias]["BACKEND"]:
        from django.core.cache.backends.locmem import LocMemCache

        store = LocMemCache("of-the-test", settings.CACHES[alias])
    store.set("figure", "of rose")
    for schema in ("tulip", "public"):
        with in_schema(schema):
            assert store.get("figure") is None
            store.delete("figure")
    assert store.get("figure") == "of rose"
    store.clear()


def renumber(by):
    with in_schema("tulip"), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the foreign key looks away
        try:
            cursor.execute("UPDATE django_content_type SET id = id + %s", [by])
            cursor.execute("UPDATE auth_permission SET content_type_id = content_type_id + %s", [by])
        finally:
            cursor.execute("SET session_replication_role = origin")
    ContentType.objects.clear_cache()


@pytest.fixture
def other_numbers(committed_shop):
    """tulip numbers its content types differently than rose, as a shop that was made years later would."""
    renumber(5000)
    yield
    renumber(-5000)


def content_types_of_two_threads(in_threads):
    """What rose sees after tulip has looked, and tulip after rose, both being where they are all the time."""
    both = threading.Barrier(2)

    def look(number):
        seen = []
        with in_schema(("rose", "tulip")[number]):
            for turn in range(4):
                both.wait(timeout=30)
                if turn % 2 == number:
                    found = ContentType.objects.get_for_model(User)
                    seen.append((found.pk // 5000, ContentType.objects.get_for_id(found.pk).pk // 5000))
        return seen

    return in_threads(2, look, schema_name="public")


@pytest.mark.race
def test_content_types_are_each_shops_own_whatever_another_thread_remembers(other_numbers, in_threads):
    assert content_types_of_two_threads(in_threads) == [[(0, 0)] * 2, [(1, 1)] * 2]


@pytest.mark.race
def test_with_djangos_own_memory_they_are_not(other_numbers, in_threads, monkeypatch):
    """The control: without core.content_types the second to look gets the numbers of the first."""
    monkeypatch.setattr(ContentType.objects, "_cache", {})
    _rose, tulip = content_types_of_two_threads(in_threads)
    assert tulip[0] == (0, 0)


def test_content_types_have_the_same_numbers_in_shops_that_are_made_alike(shop, other_shop):
    found = {}
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            found[schema] = set(ContentType.objects.values_list("pk", "app_label", "model"))
    assert found["rose"] == found["tulip"]


@pytest.mark.race
def test_two_shops_at_once_in_many_threads_never_meet(committed_shop, in_threads):
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            User.objects.create_user(f"of-{schema}", f"{schema}@example.com")

    def look(number):
        schema = ("rose", "tulip")[number % 2]
        seen = set()
        for _turn in range(40):
            with in_schema(schema):
                seen |= set(User.objects.values_list("username", flat=True))
            with in_public():
                seen |= set(User.objects.values_list("username", flat=True))
        return seen

    outcomes = in_threads(6, look, schema_name="public")
    assert outcomes == [{"of-rose"}, {"of-tulip"}] * 3


@pytest.mark.race
def test_requests_of_two_shops_at_once_show_each_its_own_people(committed_shop, other_shop, in_threads):
    shops = {"rose": committed_shop, "tulip": other_shop}
    browsers = []
    for number in range(6):
        schema = ("rose", "tulip")[number % 2]
        with in_schema(schema):
            name = f"seller-{number}-of-{schema}"
            person = User.objects.create_user(name, f"{name}@example.com", role="owner", name=name)
            browser = ShopBrowser(shops[schema])
            browser.force_login(person)
            browsers.append((browser, name))

    def look(number):
        browser, name = browsers[number]
        wrong = set()
        for path in ("/profile/", "/orders/", "/catalogue/", "/stock/", "/profile/") * 3:
            page = browser.get(path).content.decode()
            if name not in page:
                wrong.add(f"{path}: not {name}")
            wrong |= {f"{path}: {other}" for _browser, other in browsers if other != name and other in page}
        return wrong

    assert in_threads(6, look, schema_name="public") == [set()] * 6


def test_work_of_a_shop_refuses_the_platform(platform):
    with pytest.raises(RuntimeError, match="belongs to a shop"):
        require_shop()


def commands_for_shops():
    """Our commands that are told a shop."""
    for name, app in get_commands().items():
        if app in {"core", "accounts", "products", "inventory", "orders", "reports"}:
            parser = load_command_class(app, name).create_parser("manage.py", name)
            options = {option for action in parser._actions for option in action.option_strings}
            if "--schema" in options:
                positional = [action for action in parser._actions if not action.option_strings]
                yield name, ["1"] * len(positional)


@pytest.mark.parametrize(
    "schema", ["public", "nope", "1", "", "Rose", "rose'; DROP SCHEMA tulip; --", 'x"', "pg_catalog"]
)
def test_no_command_takes_anything_but_a_shop(shops, schema):
    tried = 0
    for name, arguments in commands_for_shops():
        if name == "reset_second_factor" and schema == "public":
            continue  # operators have one too; that it finds nobody there is its own test's
        with pytest.raises(CommandError):
            call_command(name, *arguments, f"--schema={schema}")
        tried += 1
    assert tried >= 4
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname IN ('rose', 'tulip')")
        assert cursor.fetchone() == (2,)


def test_a_shop_never_reads_what_only_the_platform_has(shop, login, owner, staff, client):
    """A table that is missing in a shop would be looked up in public. Here public's copies are out of the way, and
    everything still works: nothing leans on them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename IN"
            " (SELECT tablename FROM pg_tables WHERE schemaname = 'rose')"
        )
        twice = [name for (name,) in cursor.fetchall()]
        assert "accounts_user" in twice
        assert "django_session" in twice
        for name in twice:
            cursor.execute(f'ALTER TABLE public."{name}" RENAME TO "hidden_{name}"')
    staff("seller", username="anna")
    assert client.post("/login/", {"username": "anna", "password": "iris-and-lily-7"}).status_code == 302
    assert client.post("/new-password/", {"email": "nobody@example.com"}).status_code == 200
    browser = login(owner)
    for path in ("/", "/orders/", "/orders/new/", "/stock/", "/catalogue/", "/recent/", "/profile/", "/admin/"):
        assert browser.get(path).status_code == 200, path
    for model in shop_site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert browser.get(path).status_code == 200, path


def test_no_site_shows_a_table_that_its_schema_does_not_have(shop):
    with connection.cursor() as cursor:
        found = {}
        for schema in ("public", "rose"):
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
            found[schema] = {name for (name,) in cursor.fetchall()}
    assert {model._meta.db_table for model in platform_site._registry} <= found["public"]
    assert {model._meta.db_table for model in shop_site._registry} <= found["rose"]


def test_admin_pages_of_the_other_side_are_404_on_both_sides(shop, login, owner, platform_client):
    with in_public():
        boss = User.objects.create_superuser("boss", "boss@example.com", "x")
    platform_client.force_login(boss)
    in_shop = login(owner)
    only_platform = set(platform_site._registry) - set(shop_site._registry)
    only_shop = set(shop_site._registry) - set(platform_site._registry)
    assert {model._meta.label for model in only_platform} >= {"customers.Client", "customers.Domain"}
    for browsers, models in (((in_shop, ShopBrowser(shop)), only_platform), ((platform_client,), only_shop)):
        for browser in browsers:
            for model in models:
                path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
                for page in (path, f"{path}add/", f"{path}1/change/"):
                    assert browser.get(page).status_code == 404, page


def test_the_log_names_the_shop_of_every_line(shop, settings):
    import logging

    from django_tenants.log import TenantContextFilter

    record = logging.LogRecord("x", logging.WARNING, "x", 1, "said", (), None)
    TenantContextFilter().filter(record)
    assert record.schema_name == "rose"
    handler = settings.LOGGING["handlers"]["console"]
    assert handler["filters"] == ["tenant"]
    assert "%(schema_name)s" in settings.LOGGING["formatters"][handler["formatter"]]["format"]
