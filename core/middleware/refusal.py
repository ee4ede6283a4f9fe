"""Refusals that no view answered itself become a page, or a notice in the page htmx works on."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import Busy, DomainError
from core.htmx import wants_part
from core.transactions import LOCK_TIMEOUT, sqlstate

logger = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 2


class RefusalMiddleware:
    """Answers a DomainError with its own status; a lock that was not free in time counts as Busy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == Busy.status:  # many views show a refusal in their own form
            response.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError) and sqlstate(error) == LOCK_TIMEOUT:
            error = Busy()
        if not isinstance(error, DomainError):
            return None
        return refusal_response(request, error)


def refusal_response(request: HttpRequest, refusal: DomainError, *, back: str = "") -> HttpResponse:
    """The page for a refusal; for htmx a notice that lands above the content and leaves the form as it is.

    `back` is where the page leads afterwards, the address of the form unless told otherwise.
    """
    logger.info("refused %s %s: %s", request.method, request.path, refusal.code)
    context = {"refusal": refusal, "back": back or (request.path if request.method == "POST" else "")}
    if wants_part(request):
        response = render(request, "components/refusal.html", context, status=refusal.status)
        response["HX-Retarget"] = "#page_notice"
        response["HX-Reswap"] = "innerHTML"
    else:
        response = render(request, "core/refused.html", context, status=refusal.status)
    if refusal.status == Busy.status:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    elif refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        response["Retry-After"] = str(refusal.data.get("seconds", RETRY_AFTER_SECONDS))
    response["Cache-Control"] = "no-store"
    return response
