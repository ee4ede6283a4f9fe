"""The project's settings with three small apps instead of those of a shop."""

from myproject.settings import *  # noqa: F403
from myproject.settings import PEOPLE_APPS, SHARED_APPS

TENANT_APPS = [*PEOPLE_APPS, "core", "shelf", "old_home", "new_home"]
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
TENANT_SEEDERS = []
DAILY_WORK = []
STOCK_INVARIANTS = []
ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "moving_urls"
