"""Taking back what was done: the undo bar's two buttons and the page of recent actions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import undo as actions
from core.access import may, needs
from core.errors import DomainError
from core.htmx import page_or_part, wants_part
from core.middleware.refusal import refusal_response
from core.models import RecentAction
from core.transactions import run

PAGE = 50


@require_POST
@needs("orders.view")
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an action back and return to where the button was."""
    action = get_object_or_404(RecentAction, pk=pk, kind__in=actions.KINDS)
    try:
        left = run(lambda: actions.undo(action, by=request.user))
    except DomainError as refusal:
        return refusal_response(request, refusal, back=_way_back(request))
    messages.success(request, _("Undone: %(what)s") % {"what": actions.KINDS[action.kind].describe(action.payload)})
    for sentence in left:
        messages.warning(request, sentence)
    return HttpResponseRedirect(_way_back(request))


@require_POST
@needs("orders.view")
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the bar away; the action stays among the recent ones."""
    action = get_object_or_404(RecentAction, pk=pk, kind__in=actions.KINDS)
    run(lambda: actions.dismiss(action, by=request.user))
    return HttpResponse() if wants_part(request) else HttpResponseRedirect(_way_back(request))


@require_safe
@needs("orders.view")
def recent(request: HttpRequest) -> HttpResponse:
    """What was done in the last 30 days and can be taken back: one's own, or everybody's for those who may."""
    found = actions.actions_for(request.user)
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) < 19:
        found = found.filter(pk__lt=int(after))
    rows = list(found[: PAGE + 1])
    context = {
        "rows": [actions.shown(row, request.user) for row in rows[:PAGE]],
        "next_url": f"?after={rows[PAGE - 1].pk}" if len(rows) > PAGE else "",
        "sees_all": may(request.user, actions.OTHERS),
    }
    return page_or_part(request, "core/recent.html", "rows" if after else "list", context)


def _way_back(request: HttpRequest) -> str:
    """The page the button was on."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
