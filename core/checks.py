"""System checks: settings that would let one shop see another stop the start. Numbers are never given twice."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.files.storage import storages
from django.db.models import Model
from django_tenants.models import TenantMixin
from django_tenants.utils import get_tenant_model

from core.shop_files import ShopFiles

# django-tenants before this runs SQL from a crafted schema name and reads a neighbour's rows after a rollback.
OLDEST_DJANGO_TENANTS = (4, 0, 1)
SHOP_MIDDLEWARE = "core.middleware.shop.ShopMiddleware"
BEFORE_IT = ("core.middleware.health", "core.middleware.certificates")
# Whoever logs in, and what only makes sense beside these tables, exists in every schema.
TWICE = ("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "django.contrib.admin")


class _Problems(list[CheckMessage]):
    def forbid(self, wrong: object, number: int, text: str, hint: str) -> None:
        """Add an error when `wrong` holds."""
        if wrong:
            self.append(Error(text, hint=hint, id=f"core.E{number:03d}"))


@register(Tags.security)
def check_isolation(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything a setting can do against the wall between shops."""
    problems = _Problems()
    _check_browser(problems)
    _check_stores(problems)
    _check_schemas(problems)
    return problems


def _check_browser(problems: _Problems) -> None:
    """Hosts, cookies, forms."""
    problems.forbid(
        settings.SESSION_COOKIE_DOMAIN or settings.CSRF_COOKIE_DOMAIN,
        2,
        "Cookies must stay on their host: unset SESSION_COOKIE_DOMAIN and CSRF_COOKIE_DOMAIN.",
        "A cookie for the parent domain is sent to every shop.",
    )
    problems.forbid(
        any("*" in origin for origin in settings.CSRF_TRUSTED_ORIGINS),
        3,
        "CSRF_TRUSTED_ORIGINS must not contain a wildcard.",
        "It would let a page of one shop post to another.",
    )
    problems.forbid(
        settings.USE_X_FORWARDED_HOST,
        5,
        "USE_X_FORWARDED_HOST must stay off.",
        "The host selects the shop; a header that visitors can send must not.",
    )
    problems.forbid(
        "*" in settings.ALLOWED_HOSTS,
        6,
        "ALLOWED_HOSTS must name the platform's domain, not *.",
        f"Use {settings.PLATFORM_DOMAIN} and .{settings.PLATFORM_DOMAIN}.",
    )
    problems.forbid(
        settings.HTTPS
        and not all(name.startswith("__Host-") for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)),
        8,
        "Under https the cookies of session and forms must be named __Host-….",
        "Any other name lets a neighbour set the cookie for the domain above all shops.",
    )
    problems.forbid(
        settings.HTTPS and not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE),
        9,
        "Under https SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE must be on.",
        "A browser drops a __Host- cookie without it, and others go over the wire in the clear.",
    )
    problems.forbid(
        getattr(settings, "SHOW_PUBLIC_IF_NO_TENANT_FOUND", False) or hasattr(settings, "TENANT_SUBFOLDER_PREFIX"),
        10,
        "The host alone selects the shop: unset SHOW_PUBLIC_IF_NO_TENANT_FOUND and TENANT_SUBFOLDER_PREFIX.",
        "Otherwise an unknown host is answered by the platform, or a path leads into a shop.",
    )
    names = list(settings.MIDDLEWARE)
    first = names.index(SHOP_MIDDLEWARE) if SHOP_MIDDLEWARE in names else len(names)
    problems.forbid(
        SHOP_MIDDLEWARE not in names or any(not name.startswith(BEFORE_IT) for name in names[:first]),
        11,
        f"{SHOP_MIDDLEWARE} must stand first in MIDDLEWARE; only {' and '.join(BEFORE_IT)} may stand before it.",
        "What runs before it reads and writes in the platform's schema.",
    )


def _check_stores(problems: _Problems) -> None:
    """Sessions, messages, caches, files."""
    problems.forbid(
        settings.SESSION_ENGINE != "core.sessions",
        1,
        "SESSION_ENGINE must be core.sessions: rows of each schema's own table, signed for that schema.",
        "Any store that shops share lets the cookie of one shop log in at another.",
    )
    problems.forbid(
        any(cache.get("KEY_FUNCTION") != "django_tenants.cache.make_key" for cache in settings.CACHES.values()),
        4,
        "Every cache needs KEY_FUNCTION = django_tenants.cache.make_key.",
        "Without the schema in the key one shop reads what another stored.",
    )
    problems.forbid(
        "%s" not in str(settings.MULTITENANT_RELATIVE_MEDIA_ROOT),
        7,
        "MULTITENANT_RELATIVE_MEDIA_ROOT must contain %s.",
        "Otherwise all shops share one media folder.",
    )
    _check_files(problems)
    problems.forbid(
        settings.MESSAGE_STORAGE != "core.flash.ShopMessages",
        13,
        "MESSAGE_STORAGE must be core.flash.ShopMessages.",
        "Django's own cookie of messages is valid in every shop.",
    )


def _check_files(problems: _Problems) -> None:
    """The storage of shops' files: a place for each shop, and nobody but our own view opens it."""
    storage: Any = storages.create_storage(settings.STORAGES["default"])
    problems.forbid(
        not isinstance(storage, ShopFiles),
        12,
        'STORAGES["default"] must be core.shop_files.ShopFolders or core.object_store.ShopBucket, or built on them.',
        "Any other storage puts the files of all shops into one folder.",
    )
    if not hasattr(storage, "bucket_name"):
        return
    problems.forbid(
        not storage.bucket_name,
        21,
        "The object store of files needs the name of a bucket.",
        "MEDIA_STORAGE=s3://BUCKET/PREFIX?region=REGION; without it no file could be kept.",
    )
    problems.forbid(
        any(part in {"", ".", ".."} for part in storage.location.split("/")) and storage.location,
        22,
        "The prefix of files in the object store must be plain: no “..”, no empty part.",
        "It stands before the keys of all shops; a store takes “..” for a name, tools take it for the way out.",
    )
    public = {"ACL", "GrantRead", "GrantFullControl", "GrantReadACP"}
    problems.forbid(
        storage.default_acl not in {None, "private"}
        or storage.custom_domain
        or storage.querystring_auth
        or storage.cloudfront_signer
        or public & set(storage.object_parameters),
        23,
        "Files of shops must stay private in the object store: no public ACL, no domain of its own, no signed addresses.",
        "They go out through the program alone, to the people of their own shop.",
    )


def _check_schemas(problems: _Problems) -> None:
    """django-tenants, the models of shops, which app has tables where."""
    problems.forbid(
        tuple(int(part) for part in version("django-tenants").split(".")[:3]) < OLDEST_DJANGO_TENANTS,
        14,
        f"django-tenants must be {'.'.join(map(str, OLDEST_DJANGO_TENANTS))} or newer.",
        "Older versions let a crafted schema name run SQL and read a neighbour's rows after a rollback.",
    )
    tenant: Any = get_tenant_model()
    problems.forbid(
        tenant.auto_drop_schema,
        15,
        f"{tenant.__name__}.auto_drop_schema must be False.",
        "Deleting a row would drop everything a shop has.",
    )
    problems.forbid(
        any(getattr(tenant, name) is getattr(TenantMixin, name) for name in ("save", "delete", "_drop_schema")),
        16,
        f"{tenant.__name__} must replace save(), delete() and _drop_schema() of django-tenants.",
        "Those adopt a schema that is there, make a missing one anew, and drop one in spite of auto_drop_schema.",
    )
    people = apps.get_app_config(settings.AUTH_USER_MODEL.partition(".")[0]).name
    problems.forbid(
        not {*TWICE, people} <= set(settings.SHARED_APPS) & set(settings.TENANT_APPS),
        17,
        "People, their sessions and permissions must be in SHARED_APPS and in TENANT_APPS.",
        f"Both need {', '.join([*TWICE, people])}: what is missing in a shop is looked up in the platform's schema.",
    )
    problems.forbid(
        apps.get_app_config(settings.TENANT_MODEL.partition(".")[0]).name in settings.TENANT_APPS,
        18,
        "The app of TENANT_MODEL must not be in TENANT_APPS.",
        "Shops and domains belong to the platform; a copy in every shop would be read instead.",
    )
    problems.forbid(
        any(getattr(settings, name, None) for name in ("TENANT_BASE_SCHEMA", "PG_EXTRA_SEARCH_PATHS")),
        19,
        "TENANT_BASE_SCHEMA and PG_EXTRA_SEARCH_PATHS must be unset.",
        "The first copies another shop's rows and breaks later migrations, the second lets every shop read one schema.",
    )
    for field in relations_across(apps.get_models(include_auto_created=True)):
        problems.forbid(
            field,
            20,
            f"{field} leaves its schema.",
            "Keep a code or a key of the other row and look it up; no foreign key may cross the wall.",
        )


def relations_across(models: Iterable[type[Model]]) -> list[str]:
    """Foreign keys, as `app.Model.field`, between a table that only the platform has and one that only shops have, or
    out of a table that both have."""
    found = []
    for model in models:
        for field in model._meta.get_fields():
            if not (field.is_relation and field.concrete and field.related_model):
                continue
            if not _schemas_of(model) <= _schemas_of(field.related_model):
                found.append(f"{model._meta.label}.{field.name}")
    return found


def _schemas_of(model: Any) -> set[str]:
    name = apps.get_app_config(model._meta.app_label).name
    lists = {"the platform": settings.SHARED_APPS, "shops": settings.TENANT_APPS}
    return {where for where, names in lists.items() if name in names}


@register(Tags.security, deploy=True)
def check_deployed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What is convenient at home and wrong on the open net; asked by `check --deploy`."""
    problems = _Problems()
    problems.forbid(
        not settings.HTTPS,
        30,
        "PLATFORM_SCHEME must be https.",
        "Without it passwords and sessions can be read on the way, and a neighbour can set cookies for all shops.",
    )
    problems.forbid(
        not settings.SECOND_FACTOR_FOR_PLATFORM
        or "accounts.middleware.SecondFactorMiddleware" not in settings.MIDDLEWARE,
        31,
        "SECOND_FACTOR_FOR_PLATFORM must be on, and its middleware in MIDDLEWARE.",
        "One stolen password of an operator would open the list of all shops.",
    )
    problems.forbid(
        settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend")),
        32,
        "EMAIL_BACKEND must send mail.",
        "Invitations and links to a new password would reach nobody and stand in the log instead.",
    )
    return problems
