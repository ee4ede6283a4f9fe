"""What the base template shows around every page. Beyond the request's own user it asks the database one thing: what
the person did last, for the undo bar."""

import json
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access import may
from core.undo import undo_context

THEMES = [
    ("auto", pgettext_lazy("theme", "Auto")),
    ("light", pgettext_lazy("theme", "Light")),
    ("dark", pgettext_lazy("theme", "Dark")),
]
THEME_COOKIE = "theme"

# Refused forms (422) and conflicts (409) are swapped where the form was; other errors only where the server says so.
HTMX_CONFIG = json.dumps(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "attributesToSettle": ["class", "width", "height"],  # without "style", which the policy forbids
        "historyCacheSize": 0,
        "selfRequestsOnly": True,
        "refreshOnHistoryMiss": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "409|422", "swap": True, "error": False},
            {"code": "[45]..", "swap": False, "error": True},
        ],
    }
)


class Section(NamedTuple):
    """A place in the shop's navigation: where it leads, what it is called, which right opens it."""

    url_name: str
    label: Any
    icon: str
    right: str


SECTIONS = [
    Section("home", _("Today"), "today", "orders.view"),
    Section("orders:order_list", _("Orders"), "orders", "orders.view"),
    Section("inventory:stock_list", _("Stock"), "stock", "stock.view"),
    Section("products:product_list", _("Catalogue"), "catalogue", "catalogue.view"),
]
CREATE = [
    Section("orders:order_create", _("Order"), "orders", "orders.change"),
    Section("inventory:receive", pgettext_lazy("goods", "Receipt"), "download", "stock.receive"),
    Section("inventory:write_off", _("Write-off"), "trash", "stock.write_off"),
]
SETTINGS_SECTIONS = [Section("admin:index", _("Settings"), "settings", "admin.use")]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the shop's name, navigation by rights, theme. The costly half is made only when drawn."""
    return {
        "product_name": settings.PRODUCT_NAME,
        "shop_name": getattr(getattr(request, "tenant", None), "name", "") or settings.PRODUCT_NAME,
        "htmx_config": HTMX_CONFIG,
        "theme": SimpleLazyObject(lambda: theme_of(request)),
        "themes": THEMES,
        "languages": settings.LANGUAGES,
        "sections": SimpleLazyObject(lambda: _open_sections(request, SECTIONS)),
        "create_sections": SimpleLazyObject(lambda: _open_sections(request, CREATE)),
        "settings_sections": SimpleLazyObject(lambda: _open_sections(request, SETTINGS_SECTIONS)),
        **undo_context(request),
    }


def theme_of(request: HttpRequest) -> str:
    """The person's theme, else the cookie's: auto, light or dark."""
    user = getattr(request, "user", None)
    chosen = getattr(user, "theme", "") if user is not None and user.is_authenticated else ""
    chosen = chosen or request.COOKIES.get(THEME_COOKIE, "")
    return str(chosen) if chosen in dict(THEMES) else "auto"


def _open_sections(request: HttpRequest, sections: list[Section]) -> list[dict[str, Any]]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    shown = []
    for section in sections:
        if not may(user, section.right):
            continue
        try:
            url = reverse(section.url_name)
        except NoReverseMatch:  # an app that is not installed has no place in the navigation
            continue
        current = request.path == url or (url != "/" and request.path.startswith(url))
        shown.append({"url": url, "label": section.label, "icon": section.icon, "current": current})
    return shown
