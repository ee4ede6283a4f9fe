"""Pages that belong to no app: the lost form token, the choice of language and theme, the living style sheet.

403, 404 and 500 need no views of ours: Django's own handlers take 403.html, 404.html and 500.html.
"""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from core.access import needs
from core.context import THEME_COOKIE, THEMES
from core.htmx import page_or_part, wants_part
from core.search import LONGEST, search
from core.search_places import all_places
from core.search_text import SHORTEST
from core.shortcuts import scopes_for

YEAR = 60 * 60 * 24 * 365


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid token: it is stale, or the browser keeps no cookies."""
    if wants_part(request):
        response = render(request, "components/refusal.html", {"stale_page": True}, status=403)
        response["HX-Retarget"] = "#page_notice"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "core/csrf_failure.html", {"back": request.path}, status=403)


@require_safe
@needs("orders.view")
def search_everywhere(request: HttpRequest) -> HttpResponse:
    """Everything the shop has for `q`: a page of its own, or the rows of the palette."""
    typed = request.GET.get("q", "")
    found = search(typed, request.user)
    context = {
        "found": found,
        "groups": found.groups if found.query.readings else all_places(request.user),
        "longest": LONGEST,
        "shortest": SHORTEST,
    }
    return page_or_part(request, "core/search.html", "results", context)


@require_safe
@needs("orders.view")
def shortcuts(request: HttpRequest) -> HttpResponse:
    """The keys of the program, as a page or as the body of the sheet."""
    return page_or_part(request, "core/shortcuts.html", "keys", {"scopes": scopes_for(request.user)})


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie and, for a staff member, in the account."""
    language = request.POST.get("language", "")
    response = _back(request)
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", secure=request.is_secure()
        )
        _remember(request, "language", language)
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember the colour theme likewise."""
    theme = request.POST.get("theme", "")
    response = _back(request)
    if theme in dict(THEMES):
        response.set_cookie(THEME_COOKIE, theme, max_age=YEAR, samesite="Lax", secure=request.is_secure())
        _remember(request, "theme", theme)
    return response


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state, for those who build pages. Only where DEBUG is on."""
    if not settings.DEBUG:
        raise Http404
    from core.styleguide import specimens

    return render(request, "core/styleguide.html", specimens(request))


def styleguide_error(request: HttpRequest, code: int) -> HttpResponse:
    """An error page as it looks, beside the style sheet. Only where DEBUG is on."""
    if not settings.DEBUG or code not in {403, 404, 500, 503}:
        raise Http404
    return render(request, f"{code}.html", status=code)


def styleguide_page(request: HttpRequest, name: str) -> HttpResponse:
    """The base pages that other apps fill: the entrance with a form, a refusal, a locked log-in. Only with DEBUG."""
    if not settings.DEBUG:
        raise Http404
    from core.styleguide import page_context

    template, context = page_context(name)
    return render(request, template, context)


def _back(request: HttpRequest) -> HttpResponseRedirect:
    target = request.POST.get("next") or request.headers.get("Referer") or "/"
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


def _remember(request: HttpRequest, name: str, value: str) -> None:
    user: Any = getattr(request, "user", None)
    if user is not None and user.is_authenticated and hasattr(user, name):
        setattr(user, name, value)
        user.save(update_fields=[name])
