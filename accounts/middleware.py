"""Whoever must have a second factor and has none yet sees one page: where it is switched on."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from accounts.services.second_factor import is_demanded
from core.htmx import asked_from, wants_part

# What is open meanwhile: getting there, getting out, reading the page.
OPEN = {"second_factor", "second_factor_on", "login", "login_code", "logout", "set_language", "set_theme"}


class SecondFactorMiddleware:
    """Leads to the page that switches the second factor on. Somebody who has one was asked at the log-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if not isinstance(user, User) or user.second_factor_at is not None or not is_demanded(user):
            return None
        if request.resolver_match is not None and request.resolver_match.view_name in OPEN:
            return None
        page = reverse("second_factor_on")
        if wants_part(request):
            # The page itself asks for parts of its frame, such as the bell; that must not load it anew.
            is_there = asked_from(request).startswith(page)
            return HttpResponse(status=204, headers={} if is_there else {"HX-Redirect": page})
        return redirect(f"{page}?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else page)
