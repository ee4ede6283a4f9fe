"""Addresses on a shop's host."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from core.admin import shop_site
from core.media import media_file, media_path
from core.views import search_everywhere, shortcuts
from reports.views.attention import attention, bell
from reports.views.today import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("attention/", attention, name="attention"),
    path("attention/bell/", bell, name="bell"),
    path("search/", search_everywhere, name="search"),
    path("shortcuts/", shortcuts, name="shortcuts"),
    path("", include("core.urls")),
    path("", include("core.urls_undo")),
    path("", include("accounts.urls")),
    path("first-steps/", include("reports.urls")),
    path("export/", include("reports.urls_export")),
    path("orders/", include("orders.urls")),
    path("stock/", include("inventory.urls")),
    path("catalogue/", include("products.urls")),
    path(settings.ADMIN_PATH.lstrip("/"), shop_site.urls),
    path(media_path(), media_file, name="media"),
]
