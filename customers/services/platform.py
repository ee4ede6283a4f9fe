"""The platform's own row: the public schema as a tenant, so that its domains are routed like everybody's."""

from django.conf import settings
from django.db import transaction
from django_tenants.utils import get_public_schema_name

from core.tenancy import in_public
from customers.models import Client, Domain


def ensure_platform() -> Client:
    """Make the public row with the platform's domains, or what is missing of it. Running it again changes nothing."""
    with in_public(), transaction.atomic():
        platform: Client | None = Client.objects.filter(schema_name=get_public_schema_name()).first()
        if platform is None:
            platform = Client(
                schema_name=get_public_schema_name(),
                name=str(settings.PRODUCT_NAME),
                on_trial=False,
                status=Client.Status.ACTIVE,
            )
            platform.save()
        for domain, primary in ((settings.PLATFORM_DOMAIN, True), ("127.0.0.1", False)):
            if not Domain.objects.filter(domain=domain).exists():
                Domain.objects.create(domain=domain, tenant=platform, is_primary=primary)
    return platform
