"""Absolute addresses for mails and commands, made from the shop's own primary domain, never from a request's Host."""

from django.conf import settings
from django_tenants.utils import get_tenant_domain_model, get_tenant_model

from core.tenancy import current_schema_name


def origin_of(domain: str) -> str:
    """`https://rose.example.com`, with the port of this installation when it has one."""
    port = f":{settings.PLATFORM_PORT}" if settings.PLATFORM_PORT else ""
    return f"{settings.PLATFORM_SCHEME}://{domain}{port}"


def shop_url(path: str) -> str:
    """The address of `path` in the current shop, or on the platform when no shop is set."""
    domains = get_tenant_domain_model().objects.filter(tenant__schema_name=current_schema_name())
    domain = domains.order_by("-is_primary", "pk").values_list("domain", flat=True).first()
    return origin_of(domain or settings.PLATFORM_DOMAIN) + path


def current_shop_name() -> str:
    """The name people know the current shop by; the product's name on the platform."""
    name = get_tenant_model().objects.filter(schema_name=current_schema_name()).values_list("name", flat=True).first()
    return str(name or settings.PRODUCT_NAME)
