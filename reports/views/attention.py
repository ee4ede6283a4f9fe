"""The bell: how much needs a decision, and the list behind it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import needs
from core.htmx import page_or_part, wants_part
from reports.attention import attention_for, version_of


@require_safe
@needs("orders.view")
def attention(request: HttpRequest) -> HttpResponse:
    """Everything that needs a decision, each a link to its list; for htmx the panel under the bell."""
    entries = attention_for(request.user, now=timezone.now())
    return page_or_part(request, "reports/attention.html", "panel", {"entries": entries})


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """The number on the bell; 204 when the page shows it already, and for somebody who logged out meanwhile."""
    if not wants_part(request):
        return redirect("attention")
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    entries = attention_for(request.user, now=timezone.now())
    version = version_of(entries)
    if request.GET.get("version") == version:
        return HttpResponse(status=204)
    count = sum(entry.count for entry in entries)
    is_urgent = any(entry.tone == "danger" for entry in entries)
    return render(request, "reports/attention.html#bell", {"count": count, "version": version, "is_urgent": is_urgent})
