"""Addresses on the platform that mails and pages share."""

from django.conf import settings
from django.urls import reverse

from customers.models import TenantRegistration


def status_path(registration: TenantRegistration) -> str:
    """The page on the platform that tells what became of an application."""
    return reverse("application_status", kwargs={"token": registration.token}, urlconf=settings.PUBLIC_SCHEMA_URLCONF)
