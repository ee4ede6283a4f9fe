"""The shop's first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.access import needs
from orders.selectors import today_at


@require_safe
@needs("orders.view")
def home(request: HttpRequest) -> HttpResponse:
    """Orders of the day: how many stand where, who waits too long, what goods are waited for."""
    now = timezone.now()
    return render(request, "orders/today.html", {"today": timezone.localdate(now), "figures": today_at(now)})
