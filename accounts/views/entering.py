"""The last step in: a session for somebody whose password was right, at once or after a second factor."""

import time
from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest
from django.urls import reverse
from django_tenants.utils import get_public_schema_name

from accounts.models import User
from core.tenancy import current_schema_name

BACKEND = "accounts.backends.NameOrEmailBackend"
_WAITING = "accounts.waiting_for_code"
# Between password and code.
SECONDS = 5 * 60


def start_page() -> str:
    """Where a person lands after the log-in: the shop's first page, or the platform's admin."""
    return reverse("admin:index" if current_schema_name() == get_public_schema_name() else "home")


def enter(request: HttpRequest, user: User, *, way: str) -> str:
    """Log the person in and answer with `way`, or with the page that asks for the code first and leads on to `way`.

    Every way in by a password or a link ends here: a second factor that one of them forgets is none.
    """
    if user.second_factor_at is None:
        login(request, user, backend=BACKEND)
        return way
    request.session[_WAITING] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "until": time.time() + SECONDS,
        "way": way,
    }
    return reverse("login_code")


def waiting(request: HttpRequest) -> tuple[User, str] | None:
    """Who has given the password in this browser and is asked for the code now, and where to then."""
    kept: dict[str, Any] | None = request.session.get(_WAITING)
    if kept is None or kept["until"] < time.time():
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    # A password changed, or a second factor taken away, since then: the log-in begins anew.
    return (user, kept["way"]) if user is not None and user.get_session_auth_hash() == kept["hash"] else None


def finish(request: HttpRequest, user: User) -> None:
    """The code was right."""
    request.session.pop(_WAITING, None)
    login(request, user, backend=BACKEND)
