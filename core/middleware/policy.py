"""What a page may load, and who may keep it: the strict policy everywhere, a wider one below /admin/ whose theme can't
do with less."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What a browser could lend to a page, and none of ours asks for but the camera of a phone.
PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


class PolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy by settings.CONTENT_SECURITY_POLICY and, below /admin/, ADMIN_SECURITY_DIRECTIVES.

    Besides: no cache that several people share keeps a page, and no page of a neighbour, which the browser takes for the
    same site, embeds a picture or a page of this shop.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        answer = super().process_response(request, response)
        answer.headers.setdefault("Cache-Control", "private")
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,  # noqa: FBT001 - the base class calls it so
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(settings.ADMIN_PATH):
            wider: dict[str, Any] = {**settings.ADMIN_SECURITY_DIRECTIVES, **(parts.update or {})}
            parts.update = wider
        return parts
