"""A shop that is not paid for can be looked at and not changed: whatever is sent to be saved is refused."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.middleware.refusal import refusal_response
from core.templatetags.florist import day

SAFE = {"GET", "HEAD", "OPTIONS"}
# What changes nothing of the shop: who is here, and how the pages look to them.
OPEN = {
    "login", "login_code", "logout", "forgotten", "new_password", "invitation", "set_language", "set_theme", "password",
    "second_factor", "second_factor_on", "second_factor_off", "second_factor_codes", "admin:login", "admin:logout",
    "export_unlock", "export_make",
}  # fmt: skip


class NotPaid(DomainError):
    """The shop's time is over, nothing of it can be changed for the present."""

    code = "not_paid"
    status = 403


class ReadOnlyMiddleware:
    """Asks the shop of the request how it stands today; `request.tenant` knows (customers.models.Client)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method in SAFE or (request.resolver_match and request.resolver_match.view_name in OPEN):
            return None
        shop = getattr(request, "tenant", None)
        if shop is None or shop.standing_on(timezone.localdate()) != "read_only":
            return None
        return refusal_response(
            request,
            NotPaid(
                _(
                    "This shop was paid until %(day)s. Everything can be looked at, nothing can be changed, and nothing was "
                    "saved now. The owner settles it with the platform, then it goes on at once."
                )
                % {"day": day(shop.paid_until)}
            ),
        )
