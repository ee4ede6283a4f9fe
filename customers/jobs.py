"""Mails to applicants and to owners, from the platform."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from core.jobs import job
from core.links import origin_of, shop_url
from core.templatetags.florist import day
from core.tenancy import in_schema
from customers.links import status_path
from customers.models import Client, TenantRegistration
from customers.services.confirming import code_of
from customers.services.paying import Standing
from customers.services.provisioning import default_domain


@job(on_platform=True)
def mail_received(registration_id: int) -> None:
    """The application is here; the code proves that the applicant reads this mail. Nothing once that is known."""
    registration = TenantRegistration.objects.filter(pk=registration_id, email_verified_at=None).first()
    if registration is not None:
        code = code_of(registration)
        _mail_applicant(registration, "received", query=f"?code={code}", code=code)


@job(on_platform=True)
def mail_rejected(registration_id: int) -> None:
    """The application is rejected, and why."""
    registration = TenantRegistration.objects.filter(pk=registration_id).first()
    if registration is not None:
        _mail_applicant(registration, "rejected")


@job(on_platform=True)
def mail_payment(client_id: int) -> None:
    """Until when the shop is paid and what follows; nothing when it has been paid meanwhile."""
    shop = Client.objects.filter(pk=client_id).first()
    if shop is None or not shop.owner_email:
        return
    standing = shop.standing_on(timezone.localdate())
    if standing not in {Standing.ENDING, Standing.READ_ONLY}:
        return
    with in_schema(shop.schema_name):
        url = shop_url("/")
    with translation.override(shop.language):
        subject = (
            gettext("“%(shop)s” is paid until %(day)s")
            if standing is Standing.ENDING
            else gettext("“%(shop)s” was paid until %(day)s")
        )
        _mail(
            shop.owner_email,
            subject % {"shop": shop.name, "day": day(shop.paid_until)},
            "payment",
            shop=shop,
            url=url,
            is_ending=standing is Standing.ENDING,
        )


def _mail_applicant(registration: TenantRegistration, template: str, *, query: str = "", code: str = "") -> None:
    with translation.override(registration.language):
        _mail(
            registration.owner_email,
            gettext("Your application for “%(shop)s”") % {"shop": registration.shop_name},
            template,
            registration=registration,
            url=origin_of(settings.PLATFORM_DOMAIN) + status_path(registration) + query,
            address=default_domain(registration.schema_name),
            code=code,
        )


def _mail(recipient: str, subject: str, template: str, **context: Any) -> None:
    send_mail(
        subject=subject,
        message=render_to_string(f"customers/mail/{template}.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[recipient],
    )
