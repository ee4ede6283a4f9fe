"""What a page may load: the strict policy everywhere, a wider one below /admin/ whose theme can't do with less."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class PolicyMiddleware(CSPMiddleware):
    """Content-Security-Policy by settings.CONTENT_SECURITY_POLICY and, below /admin/, ADMIN_SECURITY_DIRECTIVES."""

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
