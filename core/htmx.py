"""Which part of a page a request wants."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment. Boosted links and a restored history need the whole page."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def asked_from(request: HttpRequest) -> str:
    """The path of the page on which htmx asks; "" when it is not htmx, or the page is not of this host."""
    htmx = getattr(request, "htmx", None)
    return (htmx.current_url_abs_path or "") if htmx else ""


def page_or_part(
    request: HttpRequest, template: str, part: str, context: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    """Render the whole `template` for a browser, or only its partial `part` for htmx, and say so to caches."""
    name = f"{template}#{part}" if wants_part(request) else template
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response
