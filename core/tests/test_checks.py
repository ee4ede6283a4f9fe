"""Settings that would open the wall between shops stop the start."""

import pytest
from django.core.checks import run_checks

from core.checks import check_isolation


def test_our_own_settings_pass():
    assert check_isolation(None) == []
    assert [each for each in run_checks() if each.id and each.id.startswith("core.")] == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("SESSION_ENGINE", "django.contrib.sessions.backends.signed_cookies", "core.E001"),
        ("SESSION_ENGINE", "django.contrib.sessions.backends.cache", "core.E001"),
        ("SESSION_COOKIE_DOMAIN", ".localhost", "core.E002"),
        ("CSRF_COOKIE_DOMAIN", ".localhost", "core.E002"),
        ("CSRF_TRUSTED_ORIGINS", ["https://*.example.com"], "core.E003"),
        ("CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}, "core.E004"),
        ("USE_X_FORWARDED_HOST", True, "core.E005"),
        ("ALLOWED_HOSTS", ["*"], "core.E006"),
        ("MULTITENANT_RELATIVE_MEDIA_ROOT", "tenants", "core.E007"),
    ],
)
def test_a_dangerous_setting_is_an_error(settings, name, value, error):
    setattr(settings, name, value)
    assert [each.id for each in check_isolation(None)] == [error]
