"""Two admin sites: the platform's and the shops'. Each knows only its own models and opens only in its own schema."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_public_schema_name
from unfold.sites import UnfoldAdminSite

from core.access import may
from core.errors import NotAllowed
from core.tenancy import current_schema_name


class OneSideAdminSite(UnfoldAdminSite):
    """Answers only on its side of the wall. There is one log-in page, the normal one."""

    # Unknown addresses are 404 for everybody; the stock catch-all would send strangers to the log-in first.
    final_catch_all_view = False
    enable_nav_sidebar = True
    public: bool

    def on_own_side(self) -> bool:
        """Whether the current schema is the one this site is for."""
        return bool((current_schema_name() == get_public_schema_name()) == self.public)

    def has_permission(self, request: HttpRequest) -> bool:
        return self.on_own_side() and may(request.user, "admin.use")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated and not self.has_permission(request):
            raise NotAllowed(_("Your role does not open the administration. Ask the owner."))
        return redirect_to_login(request.GET.get("next") or reverse("admin:index", current_app=self.name))


class PlatformAdminSite(OneSideAdminSite):
    """At the platform's host: applications, shops, domains, operators."""

    settings_name = "UNFOLD_PLATFORM"
    public = True


class ShopAdminSite(OneSideAdminSite):
    """At every shop's host: the tables of that shop."""

    settings_name = "UNFOLD_SHOP"
    public = False


# Both are called "admin": only one of them is in any URLconf, and `admin:index` is the right one there.
platform_site = PlatformAdminSite(name="admin")
shop_site = ShopAdminSite(name="admin")
