"""Settings, read top to bottom. Every value that differs between machines comes from the environment (env.py)."""

import sys
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from myproject import env

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What this installation is --------------------------------------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY")
DEBUG = env.flag("DEBUG")
TESTING = env.flag("TESTING")

# The domain of the platform; a shop lives on <schema>.<PLATFORM_DOMAIN>. PLATFORM_PORT is only for links in messages.
PLATFORM_DOMAIN = env.text("PLATFORM_DOMAIN", "localhost")
PLATFORM_PORT = env.text("PLATFORM_PORT", "")
PLATFORM_SCHEME = env.text("PLATFORM_SCHEME", "http" if PLATFORM_DOMAIN == "localhost" else "https")
HTTPS = PLATFORM_SCHEME == "https"
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", f"{PLATFORM_DOMAIN},.{PLATFORM_DOMAIN},127.0.0.1")

# --- Applications: who has tables where (docs/architecture.md, "Schemas") --------------------------------------------

# People and their sessions exist twice, once for the platform and once in every shop, so that no key leaves a schema.
PEOPLE_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "accounts",
    "django.contrib.sessions",
    "django.contrib.admin",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]
# The first one wins: unfold before django_tenants, for both bring admin/app_list.html; customers before it as well,
# for its commands replace those that drop schemas.
SHARED_APPS = ["unfold", "customers", "django_tenants", *PEOPLE_APPS, "django_tasks_db"]
TENANT_APPS = [*PEOPLE_APPS, "core", "products", "inventory", "orders", "reports"]
INSTALLED_APPS = [
    *SHARED_APPS,
    *[app for app in TENANT_APPS if app not in SHARED_APPS],
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "django.forms",
    "csp",
]

TENANT_MODEL = "customers.Client"
TENANT_DOMAIN_MODEL = "customers.Domain"
PUBLIC_SCHEMA_NAME = "public"
TENANT_LIMIT_SET_CALLS = True

# Called one after the other inside a new shop, in its language: dotted names of functions without arguments.
TENANT_SEEDERS = [
    "inventory.seeds.seed_inventory",
    "orders.seeds.seed_orders",
]

# The module that describes the demo shops (SHOPS, logins()) and makes them (fill_shop(), hang_pictures()); fill_goods()
# is what an owner may load into an empty shop.
DEMO_FILLER = "orders.demo"

# What the owner's archive of everything (core/exporting.py) leaves out and why: tables, or columns of a table. The reader
# of the archive sees the reasons.
_RIGHTS = _("Rights: they follow from a person's role.")
_DOORS = _("Sessions and attempts to log in.")
_KEYS = _("Passwords and keys of the second factor: nobody needs them outside.")
_OWN = _("Notes of the program for itself.")
EXPORT_LEAVES_OUT = {
    "accounts.User.password": _KEYS,
    "otp_totp.TOTPDevice": _KEYS,
    "otp_static.StaticDevice": _KEYS,
    "otp_static.StaticToken": _KEYS,
    "sessions.Session": _DOORS,
    "accounts.Attempt": _DOORS,
    "axes.AccessAttempt": _DOORS,
    "axes.AccessAttemptExpiration": _DOORS,
    "axes.AccessFailureLog": _DOORS,
    "axes.AccessLog": _DOORS,
    "auth.Permission": _RIGHTS,
    "auth.Group": _RIGHTS,
    "auth.Group_permissions": _RIGHTS,
    "accounts.User_groups": _RIGHTS,
    "accounts.User_user_permissions": _RIGHTS,
    "contenttypes.ContentType": _OWN,
    "admin.LogEntry": _OWN,
    "core.IdempotencyKey": _OWN,
    "products.GoodsImport": _OWN,
    "products.GoodsImportLine": _OWN,
}

# The day's work of every open shop, and of the platform: dotted names of functions that take `now`, own their
# transactions (core/daily.py), answer how many rows they changed, and change none when they run once more.
DAILY_WORK = [
    "core.undo.forget_old",
    "core.idempotency.forget_keys",
    "core.photos.forget_photos",
    "core.photos.forget_unstored",
    "products.daily.forget_imports",
    "core.sessions.forget_sessions",
    "accounts.daily.forget_log_ins",
    "orders.daily.end_holds",
    "inventory.daily.reserve_due_orders",
]
DAILY_PLATFORM_WORK = [
    "customers.daily.expire_applications",
    "customers.daily.remind_of_payment",
    "core.sessions.forget_sessions",
    "accounts.daily.forget_log_ins",
    "core.jobs.forget_jobs",
    "core.export_shelf.forget_archives",
    "core.uploads.forget_uploads",
]
# From which hour on, local time, the worker begins it; -1 leaves it to `run_daily`.
DAY_BEGINS_AT = env.number("DAY_BEGINS_AT", 3)

# What check_stock asks besides the inventory's own invariants: dotted names of lists.
STOCK_INVARIANTS = ["orders.invariants.INVARIANTS"]

ROOT_URLCONF = "myproject.urls_shop"
PUBLIC_SCHEMA_URLCONF = "myproject.urls_public"
WSGI_APPLICATION = "myproject.wsgi.application"

MIDDLEWARE = [
    "core.middleware.health.HealthMiddleware",
    "core.middleware.health.DatabaseGoneMiddleware",
    "core.middleware.certificates.CertificateMiddleware",
    "core.middleware.shop.ShopMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.middleware.policy.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "core.middleware.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.refusal.RefusalMiddleware",
    "core.middleware.read_only.ReadOnlyMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.florist"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shell",
            ],
        },
    }
]

# --- Database --------------------------------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL", "")
if not DATABASE_URL:
    raise ImproperlyConfigured(
        "Set DATABASE_URL, for example postgres://user:password@127.0.0.1:5432/florist, "
        "or start through `python3 dev.py`, which brings its own PostgreSQL."
    )
_session = {
    "lock_timeout": env.text("DB_LOCK_TIMEOUT", "5s"),
    "statement_timeout": env.text("DB_STATEMENT_TIMEOUT", "15s"),
    "idle_in_transaction_session_timeout": env.text("DB_IDLE_TIMEOUT", "30s"),
    # A worker that was killed while it waited for a lock gives back its own locks within a second, not when its wait ends.
    # Servers on Windows can't look whether somebody is still there and refuse any value but 0.
    "client_connection_check_interval": env.text("DB_CLIENT_CHECK", "0" if sys.platform == "win32" else "1s"),
    # Many short statements, no long ones: a helper process or compiled code costs more than the statement it is for.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}
_database = dj_database_url.parse(DATABASE_URL, conn_max_age=env.number("DB_CONN_MAX_AGE", 60), conn_health_checks=True)
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "core.postgresql",
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            **_database.get("OPTIONS", {}),
            "options": " ".join(f"-c {name}={value}" for name, value in _session.items()),
        },
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.NameOrEmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Operators enter the platform's administration with a second factor; off only where people try the program.
SECOND_FACTOR_FOR_PLATFORM = env.flag("SECOND_FACTOR_FOR_PLATFORM", default=HTTPS)
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24 * 7  # an invitation lives a week
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "core/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "core.visitors.address_of"
# How many proxies of ours stand in front: each adds the address it saw to X-Forwarded-For.
PROXIES = env.number("PROXIES", 0)
# accounts.services.limits counts codes: five, then a pause. The plug-ins' own pauses would refuse right codes.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0

# Sessions in the schema's own table: a cookie of one shop is nobody in the next.
SESSION_ENGINE = "core.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# A browser takes a `__Host-` cookie from this very host alone: no neighbour can set one for the domain above.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = COOKIE_PREFIX + "sessionid"
CSRF_COOKIE_NAME = COOKIE_PREFIX + "csrftoken"
MESSAGE_STORAGE = "core.flash.ShopMessages"
CSRF_FAILURE_VIEW = "core.views.csrf_failure"

# --- Language and time -----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "myproject" / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Europe/Moscow")
USE_TZ = True
PRODUCT_NAME = _("Florist ERP")
CURRENCY = env.text("CURRENCY", "RUB")

# --- Files -----------------------------------------------------------------------------------------------------------

# Static files straight from the apps, for work on the program; otherwise `collectstatic` has put them together.
STATIC_FROM_SOURCES = env.flag("STATIC_FROM_SOURCES", default=DEBUG or TESTING)
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = STATIC_FROM_SOURCES
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(BASE_DIR / "media")))
MULTITENANT_RELATIVE_MEDIA_ROOT = "tenants/%s"
EXPORT_ROOT = Path(env.text("EXPORT_ROOT", str(BASE_DIR / "exports")))
BACKUP_ROOT = Path(env.text("BACKUP_ROOT", str(BASE_DIR / "backups")))
# Where uploads lie when not in MEDIA_ROOT: s3://bucket/prefix?region=…&endpoint=…, with the usual keys of AWS.
_bucket = env.bucket("MEDIA_STORAGE")
STORAGES = {
    "default": {"BACKEND": "core.object_store.ShopBucket", "OPTIONS": _bucket}
    if _bucket
    else {"BACKEND": "core.shop_files.ShopFolders"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_FROM_SOURCES
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "core.uploads.LargeFileHandler",
]

# --- Cache, jobs, mail, logs -----------------------------------------------------------------------------------------

# The schema stands in every key: no shop reads what another stored.
_by_shop = {
    "KEY_FUNCTION": "django_tenants.cache.make_key",
    "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
}
_no_fragments = DEBUG or TESTING  # while templates are being written or tried
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", **_by_shop},
    # What the shell shows to everybody of a role.
    "template_fragments": {
        "BACKEND": f"django.core.cache.backends.{'dummy.DummyCache' if _no_fragments else 'locmem.LocMemCache'}",
        "LOCATION": "shell",
        "OPTIONS": {"MAX_ENTRIES": 2000},
        **_by_shop,
    },
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
_mail = env.mail("EMAIL_URL")
EMAIL_BACKEND = env.text("EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if _mail else 'console'}.EmailBackend")
if _mail:
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = _mail
EMAIL_TIMEOUT = 20  # seconds: a mail server that says nothing must not keep the worker
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"noreply@{PLATFORM_DOMAIN}")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "django_tenants.log.TenantContextFilter"}},
    "formatters": {"line": {"format": "%(levelname)s [%(schema_name)s] %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["tenant"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}

# --- Browser security ------------------------------------------------------------------------------------------------

CSRF_COOKIE_HTTPONLY = False  # app.js sends it with htmx requests
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the proxy in front must set or remove it
    SECURE_SSL_REDIRECT = env.flag("SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# The proxy in front shows it when it asks whether a name deserves a certificate; without one nobody may ask.
CERTIFICATE_KEY = env.text("CERTIFICATE_KEY", "")
# A place on the browsers' own list of https domains is the domain owner's decision, and hard to take back.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# The admin's theme evaluates expressions in attributes and styles in place; core.middleware.policy adds this there.
ADMIN_PATH = "/admin/"
ADMIN_SECURITY_DIRECTIVES = {
    "script-src": ["'self'", "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}

# --- Admin -----------------------------------------------------------------------------------------------------------

# The green of the shop's own pages, in the lightness steps of the theme.
_GREENS = {
    "50": "oklch(97.5% .012 160)",
    "100": "oklch(94.5% .025 160)",
    "200": "oklch(89.5% .05 160)",
    "300": "oklch(82% .08 160)",
    "400": "oklch(71% .1 160)",
    "500": "oklch(58% .1 160)",
    "600": "oklch(45% .085 160)",
    "700": "oklch(39% .073 160)",
    "800": "oklch(33.5% .06 160)",
    "900": "oklch(29% .05 160)",
    "950": "oklch(20% .035 160)",
}
_UNFOLD = {
    "SITE_TITLE": PRODUCT_NAME,
    "SITE_SYMBOL": "local_florist",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("core/mark.svg")}],
    "COLORS": {"primary": _GREENS},
}
UNFOLD_PLATFORM = {**_UNFOLD, "SITE_HEADER": _("Platform")}
UNFOLD_SHOP = {**_UNFOLD, "SITE_HEADER": lambda request: request.tenant.name}
