"""The proxy's question before it gets a certificate for a name: is there such a shop?

Without this anybody could point a thousand names at our address and use up what the issuer of certificates allows. The
answer is no oracle for others: without the key the address is not there, whatever the host.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django_tenants.utils import get_tenant_domain_model, remove_www

from core.tenancy import in_public

CERTIFICATE_PATH = "/certificate-for"


class CertificateMiddleware:
    """Answer `/certificate-for?domain=…&key=…` with 200 for the platform's domain and those of shops that deserve one, 404
    for any other. Stands before the shop is looked up: the proxy asks by its own name for us."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = settings.CERTIFICATE_KEY
        asked = bool(key) and request.path == CERTIFICATE_PATH
        if not asked or not constant_time_compare(request.GET.get("key", ""), key):
            return self.get_response(request)
        granted = _deserves_certificate(request.GET.get("domain", ""))
        response = HttpResponse(
            "yes\n" if granted else "no\n", status=200 if granted else 404, content_type="text/plain"
        )
        response["Cache-Control"] = "no-store"
        return response


def _deserves_certificate(host: str) -> bool:
    host = remove_www(host.lower())
    if host == settings.PLATFORM_DOMAIN:
        return True
    if "\x00" in host:
        return False
    with in_public():
        domain = get_tenant_domain_model().objects.select_related("tenant").filter(domain=host).first()
    return domain is not None and domain.tenant.deserves_certificate
