"""Addresses on the platform's host: the public site and the platform's admin."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from core.admin import platform_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("customers.urls")),
    path("", include("core.urls")),
    path("", include("accounts.urls")),
    path(settings.ADMIN_PATH.lstrip("/"), platform_site.urls),
]
