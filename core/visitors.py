"""Who asks, as far as the network tells."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# One household or office has this much of the newer addresses.
SIX_PREFIX = 64


def address_of(request: HttpRequest) -> str:
    """The visitor's IP address. Behind settings.PROXIES proxies it is the entry that the outermost of them wrote; what
    visitors put before it themselves counts for nothing."""
    if settings.PROXIES:
        passed = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",") if each.strip()]
        if len(passed) >= settings.PROXIES:
            return passed[-settings.PROXIES]
    return str(request.META.get("REMOTE_ADDR", ""))


def household_of(request: HttpRequest) -> str:
    """The address for counting: of an IPv6 address only the part that can't be changed at will."""
    address = address_of(request)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, SIX_PREFIX), strict=False))
    return str(found)
