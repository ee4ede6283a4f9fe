"""System checks: settings that would let one shop see another stop the start."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def check_isolation(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything a setting can do against the wall between shops."""
    problems: list[CheckMessage] = []

    def forbid(wrong: object, number: int, text: str, hint: str) -> None:
        if wrong:
            problems.append(Error(text, hint=hint, id=f"core.E{number:03d}"))

    forbid(
        settings.SESSION_ENGINE != "django.contrib.sessions.backends.db",
        1,
        "Sessions must be kept in the database, in each schema's own table.",
        "Any store that shops share lets the cookie of one shop log in at another.",
    )
    forbid(
        settings.SESSION_COOKIE_DOMAIN or settings.CSRF_COOKIE_DOMAIN,
        2,
        "Cookies must stay on their host: unset SESSION_COOKIE_DOMAIN and CSRF_COOKIE_DOMAIN.",
        "A cookie for the parent domain is sent to every shop.",
    )
    forbid(
        any("*" in origin for origin in settings.CSRF_TRUSTED_ORIGINS),
        3,
        "CSRF_TRUSTED_ORIGINS must not contain a wildcard.",
        "It would let a page of one shop post to another.",
    )
    forbid(
        any(cache.get("KEY_FUNCTION") != "django_tenants.cache.make_key" for cache in settings.CACHES.values()),
        4,
        "Every cache needs KEY_FUNCTION = django_tenants.cache.make_key.",
        "Without the schema in the key one shop reads what another stored.",
    )
    forbid(
        settings.USE_X_FORWARDED_HOST,
        5,
        "USE_X_FORWARDED_HOST must stay off.",
        "The host selects the shop; a header that visitors can send must not.",
    )
    forbid(
        "*" in settings.ALLOWED_HOSTS,
        6,
        "ALLOWED_HOSTS must name the platform's domain, not *.",
        f"Use {settings.PLATFORM_DOMAIN} and .{settings.PLATFORM_DOMAIN}.",
    )
    forbid(
        "%s" not in str(settings.MULTITENANT_RELATIVE_MEDIA_ROOT),
        7,
        "MULTITENANT_RELATIVE_MEDIA_ROOT must contain %s.",
        "Otherwise all shops share one media folder.",
    )
    return problems
