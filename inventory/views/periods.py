"""Closing the books, and opening them again."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.templatetags.florist import day
from core.transactions import run
from inventory.forms import PeriodForm
from inventory.models import PeriodClosing
from inventory.services.periods import close_period, closed_upto, open_shortages, open_stock_takes, reopen_period
from inventory.views.stock import PAGE

LISTED = 20  # of each thing that stands against closing


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.close_period")
def list_of_periods(request: HttpRequest) -> HttpResponse:
    """What is closed, and the form that closes; what stands against it is told while the day is chosen."""
    last = closed_upto()
    if request.method != "POST":
        return _page(request, last, PeriodForm(initial={"upto": _usual_day(last)}))
    if request.POST.get("do") == "look":
        return _page(request, last, PeriodForm(initial=request.POST.dict()))
    form = PeriodForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            closing = run(lambda: close_period(upto=data["upto"], by=request.user, comment=data["comment"]))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Everything up to %(day)s is closed.") % {"day": day(closing.upto)})
            return redirect("inventory:period_list")
    return _page(request, last, form, status=422)


def _usual_day(last: date | None) -> date:
    """The end of the last month, or yesterday when that is closed already."""
    today = timezone.localdate()
    month = today.replace(day=1) - timedelta(days=1)
    return month if last is None or month > last else today - timedelta(days=1)


def _page(request: HttpRequest, last: date | None, form: PeriodForm, *, status: int = 200) -> HttpResponse:
    upto = _chosen(form)
    rows = PeriodClosing.objects.select_related("by", "reopened_by").order_by("-pk")
    context: dict[str, Any] = {
        "form": form,
        "last": last,
        "upto": upto,
        "stock_takes": list(open_stock_takes(upto).select_related("warehouse")[:LISTED]) if upto else [],
        "shortages": _owed(upto) if upto else [],
        "closings": rows[:PAGE],
    }
    return page_or_part(request, "inventory/period_list.html", "against", context, status=status)


def _owed(upto: date) -> Any:
    return list(open_shortages(upto).select_related("stock__product", "stock__warehouse")[:LISTED])


def _chosen(form: PeriodForm) -> date | None:
    """The day as typed so far; None while it can't be read."""
    field = form.fields["upto"]
    try:
        found: date | None = field.to_python(form["upto"].value())
    except ValidationError:
        return None
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@needs("stock.close_period")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the last closed period again, after a warning."""
    closing = get_object_or_404(PeriodClosing.objects.select_related("by", "reopened_by"), pk=pk)
    refusal = None
    if request.method == "POST":
        try:
            opened = run(lambda: reopen_period(closing, by=request.user))
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("The period up to %(day)s is open again.") % {"day": day(opened.upto)})
            return redirect("inventory:period_list")
    before = PeriodClosing.objects.filter(reopened_at=None, upto__lt=closing.upto).order_by("-upto").first()
    context = {"closing": closing, "before": before, "refusal": refusal}
    return page_or_part(
        request, "inventory/period_reopen.html", "page", context, status=refusal.status if refusal else 200
    )
