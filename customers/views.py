"""The public site: what this is, an application for a shop, what became of it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.services.limits import APPLY, APPLY_EMAIL, CONFIRM, CONFIRM_AGAIN, SUGGEST_ADDRESS, count_attempt
from core.errors import DomainError
from core.htmx import page_or_part, wants_part
from core.links import origin_of
from core.transactions import run
from core.visitors import household_of
from customers.forms import AddressForm, ApplicationForm, MailCodeForm, OtherEmailForm
from customers.links import status_path
from customers.models import TenantRegistration
from customers.selectors import FINAL, Standing, masked, standing_of, steps_of
from customers.services.provisioning import default_domain
from customers.services.registration import apply, confirm_email, send_code_again, suggest_address


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
    return render(request, "customers/_address.html", {"field": form["schema_name"], "suggestion": suggestion})


@require_safe
def application_sent(request: HttpRequest) -> HttpResponse:
    """Thanks without particulars."""
    return render(request, "customers/application_sent.html")


@require_safe
def application_status(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """What became of an application; the address is unguessable. The one in our mail brings the code along, and the
    button confirms: programs that look at every link of a mail confirm nothing.

    While something may still happen the page asks for its middle part again; an unchanged one is a 204.
    """
    registration = _found(token)
    if wants_part(request) and request.GET.get("seen") == _standing(registration):
        return HttpResponse(status=204, headers={"Cache-Control": "private, no-store"})
    code = request.GET.get("code", "")[:40]
    return _status_page(request, registration, code_form=MailCodeForm(initial={"code": code}))


@require_POST
def confirm(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """The code of the mail, typed or pasted."""
    registration = _found(token)
    form = MailCodeForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            count_attempt(CONFIRM, registration.pk)
            confirm_email(registration=registration, code=form.cleaned_data["code"], now=timezone.now())
        except DomainError as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            messages.success(request, _("Thank you, your e-mail address is confirmed."))
            return redirect(status_path(registration))
    return _status_page(request, _found(token), code_form=form, status=status)


@require_POST
def send_again(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """Another mail with a new code to the same address."""
    registration = _found(token)
    count_attempt(CONFIRM_AGAIN, registration.pk)
    count_attempt(APPLY_EMAIL, registration.owner_email)
    run(lambda: send_code_again(registration=registration, now=timezone.now()))
    messages.success(request, _("A new mail is on its way. Its code is the one that counts now."))
    return redirect(status_path(registration))


@require_POST
def other_email(request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    """The address was mistyped: the mail goes to the right one."""
    registration = _found(token)
    form = OtherEmailForm(request.POST)
    status = 422
    if form.is_valid():
        email = form.cleaned_data["owner_email"]
        try:
            count_attempt(CONFIRM_AGAIN, registration.pk)
            count_attempt(APPLY_EMAIL, email)
            run(lambda: send_code_again(registration=registration, email=email, now=timezone.now()))
        except DomainError as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            messages.success(request, _("The mail is on its way to the new address."))
            return redirect(status_path(registration))
    return _status_page(request, _found(token), email_form=form, status=status)


def _found(token: uuid.UUID) -> TenantRegistration:
    return get_object_or_404(TenantRegistration.objects.select_related("tenant"), token=token)


def _standing(registration: TenantRegistration) -> Standing:
    return standing_of(registration, timezone.localdate())


def _status_page(
    request: HttpRequest,
    registration: TenantRegistration,
    *,
    code_form: MailCodeForm | None = None,
    email_form: OtherEmailForm | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = _standing(registration)
    domain = registration.tenant and registration.tenant.get_primary_domain()
    address = domain.domain if domain else default_domain(registration.schema_name)
    context = {
        "registration": registration,
        "standing": standing,
        "is_final": standing in FINAL,
        "steps": steps_of(registration, standing),
        "address": address,
        "shop_url": origin_of(address),
        "email": masked(registration.owner_email),
        "code_form": code_form or MailCodeForm(),
        "email_form": email_form or OtherEmailForm(),
    }
    response = page_or_part(request, "customers/application_status.html", "progress", context, status=status)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _application(data: dict[str, Any]) -> dict[str, Any]:
    fields = ("shop_name", "schema_name", "owner_name", "owner_email", "phone")
    language = translation.get_language() or settings.LANGUAGE_CODE
    return {"token": data["key"], "language": language[:2], **{field: data[field] for field in fields}}
