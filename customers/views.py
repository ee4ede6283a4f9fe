"""The public site: what this is, an application for a shop, what became of it."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from accounts.services.limits import APPLY, APPLY_EMAIL, SUGGEST_ADDRESS, count_attempt
from core.errors import DomainError
from core.transactions import run
from core.visitors import household_of
from customers.forms import AddressForm, ApplicationForm
from customers.links import status_path
from customers.models import TenantRegistration
from customers.services.provisioning import default_domain
from customers.services.registration import apply, confirm_email, suggest_address


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, and the form."""
    return render(request, "customers/landing.html", {"form": ApplicationForm(), "domain": settings.PLATFORM_DOMAIN})


def apply_for_shop(request: HttpRequest) -> HttpResponse:
    """The application by itself; the landing page's form is sent here."""
    form = ApplicationForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if data["website"]:
            return redirect("application_sent")  # a robot is thanked like everybody
        try:
            count_attempt(APPLY, household_of(request))
            count_attempt(APPLY_EMAIL, data["owner_email"])
            registration = run(lambda: apply(**_application(data)))
        except DomainError as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            return redirect(status_path(registration))
    elif form.errors:
        status = 422
    context = {"form": form, "domain": settings.PLATFORM_DOMAIN}
    return render(request, "customers/apply.html", context, status=status)


@require_safe
def suggest_address_field(request: HttpRequest) -> HttpResponse:
    """The address field filled in from the shop's name, while it is typed. Whoever asks for hundreds is after the names
    that are taken."""
    count_attempt(SUGGEST_ADDRESS, household_of(request))
    asked = AddressForm(request.GET)
    suggestion = suggest_address(asked.cleaned_data["shop_name"]) if asked.is_valid() else ""
    form = ApplicationForm(initial={"schema_name": suggestion})
    return render(request, "customers/_address.html", {"form": form, "field": form["schema_name"]})


@require_safe
def application_sent(request: HttpRequest) -> HttpResponse:
    """Thanks without particulars."""
    return render(request, "customers/application_sent.html")


@require_safe
def application_status(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """What became of an application. The address is unguessable; the one in our mail also confirms the e-mail."""
    registration = get_object_or_404(TenantRegistration.objects.select_related("tenant"), token=token)
    proof = request.GET.get("mail", "")
    confirmed = bool(proof) and run(lambda: confirm_email(registration=registration, proof=proof, now=timezone.now()))
    context = {
        "registration": registration,
        "confirmed": confirmed,
        "address": default_domain(registration.schema_name),
        "is_open": registration.tenant is not None and registration.tenant.is_open_on(timezone.localdate()),
    }
    response = render(request, "customers/application_status.html", context)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _application(data: dict[str, Any]) -> dict[str, Any]:
    fields = ("shop_name", "schema_name", "owner_name", "owner_email", "phone")
    language = translation.get_language() or settings.LANGUAGE_CODE
    return {"token": data["key"], "language": language[:2], **{field: data[field] for field in fields}}
