"""Settings that would open the wall between shops stop the start."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import models
from django.test.utils import isolate_apps

from core import checks
from core.checks import check_deployed, check_isolation, relations_across
from myproject import env

PLAIN_CACHE = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SHARED, TENANT = list(project.SHARED_APPS), list(project.TENANT_APPS)


def ids(problems):
    return [each.id for each in problems]


def test_our_own_settings_pass():
    assert check_isolation(None) == []
    assert [each for each in run_checks() if each.id and each.id.startswith("core.")] == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("SESSION_ENGINE", "django.contrib.sessions.backends.signed_cookies", "core.E001"),
        ("SESSION_ENGINE", "django.contrib.sessions.backends.cache", "core.E001"),
        ("SESSION_ENGINE", "django.contrib.sessions.backends.db", "core.E001"),
        ("SESSION_COOKIE_DOMAIN", ".localhost", "core.E002"),
        ("CSRF_COOKIE_DOMAIN", ".localhost", "core.E002"),
        ("CSRF_TRUSTED_ORIGINS", ["https://*.example.com"], "core.E003"),
        ("CACHES", PLAIN_CACHE, "core.E004"),
        ("CACHES", {**project.CACHES, "second": PLAIN_CACHE["default"]}, "core.E004"),
        ("USE_X_FORWARDED_HOST", True, "core.E005"),
        ("ALLOWED_HOSTS", ["*"], "core.E006"),
        ("MULTITENANT_RELATIVE_MEDIA_ROOT", "tenants", "core.E007"),
        ("SHOW_PUBLIC_IF_NO_TENANT_FOUND", True, "core.E010"),
        ("TENANT_SUBFOLDER_PREFIX", "shops", "core.E010"),
        ("MIDDLEWARE", [each for each in project.MIDDLEWARE if "shop" not in each], "core.E011"),
        ("MIDDLEWARE", ["django.middleware.common.CommonMiddleware", *project.MIDDLEWARE], "core.E011"),
        ("STORAGES", {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}, "core.E012"),
        ("MESSAGE_STORAGE", "django.contrib.messages.storage.cookie.CookieStorage", "core.E013"),
        ("TENANT_APPS", [each for each in TENANT if each != "django.contrib.sessions"], "core.E017"),
        ("SHARED_APPS", [each for each in SHARED if each != "django.contrib.sessions"], "core.E017"),
        ("TENANT_APPS", [*TENANT, "customers"], "core.E018"),
        ("TENANT_BASE_SCHEMA", "rose", "core.E019"),
        ("PG_EXTRA_SEARCH_PATHS", ["rose"], "core.E019"),
    ],
)
def test_a_dangerous_setting_is_an_error(settings, name, value, error):
    setattr(settings, name, value)
    assert ids(check_isolation(None)) == [error]


BUCKET = {"bucket_name": "florist", "location": "shops"}


def stored_in(**options):
    return {**project.STORAGES, "default": {"BACKEND": "core.object_store.ShopBucket", "OPTIONS": options}}


@pytest.mark.parametrize(
    ("options", "errors"),
    [
        (BUCKET, []),
        ({**BUCKET, "location": ""}, []),
        ({"location": "shops"}, ["core.E021"]),
        ({**BUCKET, "bucket_name": ""}, ["core.E021"]),
        ({**BUCKET, "location": "shops/../others"}, ["core.E022"]),
        ({**BUCKET, "location": ".."}, ["core.E022"]),
        ({**BUCKET, "location": "shops//"}, ["core.E022"]),
        ({**BUCKET, "default_acl": "public-read"}, ["core.E023"]),
        ({**BUCKET, "querystring_auth": True}, ["core.E023"]),
        ({**BUCKET, "custom_domain": "files.example.com"}, ["core.E023"]),
        ({**BUCKET, "object_parameters": {"ACL": "public-read"}}, ["core.E023"]),
        ({**BUCKET, "object_parameters": {"GrantRead": "everybody"}}, ["core.E023"]),
        ({**BUCKET, "object_parameters": {"CacheControl": "max-age=1"}}, []),
    ],
)
def test_an_object_store_is_private_and_each_shop_has_its_place(settings, options, errors):
    settings.STORAGES = stored_in(**options)
    assert ids(check_isolation(None)) == errors


def test_what_the_library_reads_from_the_settings_can_not_open_the_bucket(settings):
    settings.AWS_DEFAULT_ACL, settings.AWS_S3_CUSTOM_DOMAIN, settings.AWS_QUERYSTRING_AUTH = (
        "public-read",
        "x.example",
        True,
    )
    settings.STORAGES = stored_in(**BUCKET)
    assert check_isolation(None) == []
    storage = storages["default"]
    assert (storage.default_acl, storage.custom_domain, storage.querystring_auth) == (None, None, False)


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ("", None),
        ("s3://florist", {"bucket_name": "florist", "location": ""}),
        ("s3://florist/", {"bucket_name": "florist", "location": ""}),
        (
            "s3://my.florist-1/shops/a_b.c/?region=ru-central1&endpoint=https%3A//store.example%3A9000",
            {
                "bucket_name": "my.florist-1", "location": "shops/a_b.c", "region_name": "ru-central1",
                "endpoint_url": "https://store.example:9000",
            },
        ),
    ],
)  # fmt: skip
def test_the_address_of_an_object_store_is_taken_apart(monkeypatch, value, options):
    monkeypatch.setenv("MEDIA_STORAGE", value)
    assert env.bucket("MEDIA_STORAGE") == options


@pytest.mark.parametrize(
    "value",
    [
        "s3://", "s3:///prefix", "s3://?region=x", "florist", "https://florist/shops", "s3://Florist", "s3://florist/../x",
        "s3://florist/a/../x", "s3://florist/a//b", "s3://florist/%2e%2e/x", "s3://florist/.hidden", "s3://florist/a\\b",
        "s3://key:secret@florist/shops", "s3://florist/shops?acl=public-read", "s3://florist/shops?querystring_auth=1",
        "s3://florist/shops?region", "s3://florist/shops#x", "s3://florist?endpoint=store.example",
        "s3://florist?endpoint=https://key:secret@store.example", "s3://florist/shops?custom_domain=x.example",
    ],
)  # fmt: skip
def test_an_address_of_an_object_store_that_can_t_be_meant_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("MEDIA_STORAGE", value)
    with pytest.raises(ImproperlyConfigured, match="MEDIA_STORAGE must be like s3://bucket/prefix"):
        env.bucket("MEDIA_STORAGE")


def test_without_an_object_store_its_library_is_not_even_loaded():
    done = subprocess.run(
        [
            sys.executable, "-c",
            "import django, sys; django.setup(); from django.core.checks import run_checks; run_checks();"
            "print([name for name in ('boto3', 'storages') if name in sys.modules])",
        ],
        cwd=project.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "myproject.settings", "MEDIA_STORAGE": ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_an_app_of_people_that_only_one_side_has_is_two_errors(settings):
    settings.TENANT_APPS = [each for each in TENANT if each != "accounts"]
    found = ids(check_isolation(None))
    assert found[0] == "core.E017"
    assert set(found[1:]) == {"core.E020"}, "documents of shops would point at people of the platform"


@pytest.mark.parametrize("name", ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"])
def test_under_https_the_cookies_are_bound_to_their_host_by_name(settings, name):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    assert ids(check_isolation(None)) == []
    setattr(settings, name, "plain")
    assert ids(check_isolation(None)) == ["core.E008"]


@pytest.mark.parametrize("name", ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"])
def test_under_https_the_cookies_are_secure(settings, name):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    setattr(settings, name, False)
    assert ids(check_isolation(None)) == ["core.E009"]


@pytest.mark.parametrize(("installed", "error"), [("3.14.0", ["core.E014"]), ("4.0.0", ["core.E014"]), ("4.1.0", [])])
def test_an_old_django_tenants_is_an_error(monkeypatch, installed, error):
    monkeypatch.setattr(checks, "version", lambda package: installed)
    assert ids(check_isolation(None)) == error


def test_a_shop_that_would_be_dropped_or_adopted_is_an_error(monkeypatch):
    from django_tenants.models import TenantMixin
    from django_tenants.utils import get_tenant_model

    shop = get_tenant_model()
    monkeypatch.setattr(shop, "auto_drop_schema", True)
    assert ids(check_isolation(None)) == ["core.E015"]
    monkeypatch.undo()
    for name in ("save", "delete", "_drop_schema"):
        with monkeypatch.context() as patch:
            patch.setattr(shop, name, getattr(TenantMixin, name))
            assert ids(check_isolation(None)) == ["core.E016"], name


@isolate_apps("core", "customers", "accounts")
def test_a_relation_across_the_wall_is_found_whichever_way_it_points():
    class OfAShop(models.Model):  # noqa: DJ008
        class Meta:
            app_label = "core"

    class OfThePlatform(models.Model):  # noqa: DJ008
        inside = models.ForeignKey(OfAShop, on_delete=models.CASCADE)

        class Meta:
            app_label = "customers"

    class OfBoth(models.Model):  # noqa: DJ008
        away = models.ForeignKey(OfThePlatform, on_delete=models.CASCADE)
        here = models.ForeignKey("self", on_delete=models.CASCADE)

        class Meta:
            app_label = "accounts"

    class AlsoOfAShop(models.Model):  # noqa: DJ008
        down = models.ForeignKey(OfBoth, on_delete=models.CASCADE)
        beside = models.ForeignKey(OfAShop, on_delete=models.CASCADE)
        away = models.ManyToManyField(OfThePlatform)

        class Meta:
            app_label = "core"

    found = relations_across([OfAShop, OfThePlatform, OfBoth, AlsoOfAShop])
    assert found == ["customers.OfThePlatform.inside", "accounts.OfBoth.away", "core.AlsoOfAShop.away"]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("HTTPS", False, "core.E030"),
        ("SECOND_FACTOR_FOR_PLATFORM", False, "core.E031"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "core.E032"),
    ],
)
def test_what_is_convenient_at_home_is_an_error_on_the_open_net(settings, name, value, error):
    settings.HTTPS = settings.SECOND_FACTOR_FOR_PLATFORM = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert check_deployed(None) == []
    setattr(settings, name, value)
    assert ids(check_deployed(None)) == [error]


NOT_OF_A_REAL_ONE = {
    "TESTING",
    "DEBUG",
    "PLATFORM_SCHEME",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
}  # the last is the browser tests'


def check_deploy(**changes):
    """`manage.py check --deploy` with the settings of a real installation, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_OF_A_REAL_ONE} | {
        "SECRET_KEY": "".join(chr(33 + (7 * number) % 90) for number in range(64)),
        "PLATFORM_DOMAIN": "florist.example",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        **changes,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_settings_of_a_real_installation_are_clean():
    done = check_deploy()
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"PLATFORM_SCHEME": "http"}, "core.E030"), ({"SECOND_FACTOR_FOR_PLATFORM": "0"}, "core.E031")],
)
def test_a_real_installation_that_is_open_is_named(changes, error):
    done = check_deploy(**changes)
    assert done.returncode == 1
    assert error in done.stderr
