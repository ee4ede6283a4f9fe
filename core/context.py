"""What the base template shows around every page. Beyond the request's own user it asks the database one thing: what
the person did last, for the undo bar."""

import json
from contextlib import suppress
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access import Role, may
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
    """A place in the shop: where it leads, what it is called, which right opens it, which keys lead there (physical
    keys by their `event.code`, one after the other)."""

    url_name: str
    label: Any
    icon: str
    right: str
    keys: str = ""


TODAY = Section("home", _("Today"), "today", "orders.view", "KeyG KeyD")
ORDERS = Section("orders:order_list", _("Orders"), "orders", "orders.view", "KeyG KeyO")
BOARD = Section("orders:order_board", pgettext_lazy("orders", "Board"), "board", "orders.view")
STOCK = Section("inventory:stock_list", _("Stock"), "stock", "stock.view", "KeyG KeyS")
CATALOGUE = Section("products:product_list", _("Catalogue"), "catalogue", "catalogue.view")
BOUQUETS = Section("products:kit_list", _("Bouquets"), "bouquet", "catalogue.view", "KeyG KeyB")
KEYS = Section("shortcuts", _("Keyboard shortcuts"), "info", "orders.view")
SETTINGS = Section("admin:index", _("Settings"), "settings", "admin.use")

SECTIONS = [TODAY, ORDERS, STOCK, CATALOGUE]
CREATE = [
    Section("orders:order_create", _("Order"), "orders", "orders.change", "KeyN"),
    Section("inventory:receive", pgettext_lazy("goods", "Receipt"), "download", "stock.receive"),
    Section("inventory:write_off", _("Write-off"), "trash", "stock.write_off"),
    Section("inventory:transfer_send", pgettext_lazy("goods", "Transfer"), "truck", "stock.transfer"),
    Section("inventory:assemble", _("Bouquets for the shelf"), "bouquet", "stock.assemble"),
    Section("inventory:stock_take_start", _("Stock-take"), "check", "stock.count"),
    Section("products:kit_create", _("Bouquet"), "bouquet", "catalogue.change"),
    Section("products:product_create", _("Product"), "catalogue", "catalogue.change"),
]
SETTINGS_SECTIONS = [
    Section("inventory:warehouse_list", _("Warehouses"), "shop", "shop.set_up"),
    Section("inventory:period_list", _("Closed periods"), "lock", "stock.close_period"),
    Section("trash", _("Trash"), "trash", "trash.view"),
    Section("export", _("Data archive"), "download", "shop.export"),
    SETTINGS,
]
# Not worth a line in the navigation; the search and the menu of the phone lead there.
FURTHER = [
    BOARD,
    BOUQUETS,
    Section("inventory:reservation_list", _("Reservations"), "clock", "stock.view"),
    Section("inventory:document_list", pgettext_lazy("goods", "Documents"), "note", "stock.view"),
    Section("inventory:transfer_list", pgettext_lazy("goods", "Transfers"), "truck", "stock.view"),
    Section("inventory:stock_take_list", _("Stock-takes"), "check", "stock.view"),
    Section("inventory:receipt_list", pgettext_lazy("goods", "Receipts"), "download", "stock.view"),
    Section("inventory:supplier_list", _("Suppliers"), "truck", "stock.view"),
    Section("inventory:write_off_list", _("Write-offs"), "trash", "stock.view"),
    Section("attention", _("Needs a decision"), "bell", "orders.view"),
    Section("products:minimum_margin", _("Minimum margin"), "percent", "shop.set_up"),
    Section("orders:photo_rule", _("Photo of the finished bouquet"), "camera", "shop.set_up"),
    Section("recent", pgettext_lazy("undo", "Recent actions"), "undo", "orders.view"),
    Section("profile", _("Profile"), "people", "orders.view"),
    KEYS,
]

# The bar of the phone: what each role needs most on both sides of the search; everything else is under "More".
BOTTOM = ([TODAY, ORDERS], [STOCK])
BOTTOM_OF_ROLE: dict[str, tuple[list[Section], list[Section]]] = {
    Role.FLORIST: ([TODAY, BOARD], [STOCK]),
    Role.COURIER: ([TODAY, ORDERS], []),
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the shop's name, navigation by rights, theme. The costly half is made only when drawn."""
    return {
        "product_name": settings.PRODUCT_NAME,
        "shop_name": getattr(getattr(request, "tenant", None), "name", "") or settings.PRODUCT_NAME,
        "htmx_config": HTMX_CONFIG,
        "theme": SimpleLazyObject(lambda: theme_of(request)),
        "standing": _standing(request),
        "themes": THEMES,
        "languages": settings.LANGUAGES,
        "sections": SimpleLazyObject(lambda: _open_sections(request, SECTIONS)),
        "create_sections": SimpleLazyObject(lambda: _open_sections(request, CREATE)),
        "settings_sections": SimpleLazyObject(lambda: _open_sections(request, SETTINGS_SECTIONS)),
        **undo_context(request),
        "bottom_bar": SimpleLazyObject(lambda: _bottom_bar(request)),
        "palette_groups": SimpleLazyObject(lambda: _palette_groups(request)),
        "further_sections": SimpleLazyObject(lambda: _open_sections(request, FURTHER)),
    }


def _standing(request: HttpRequest) -> str:
    """What people have to be told of how the shop stands with the platform: `ending` the owner, `read_only` everybody."""
    shop, user = getattr(request, "tenant", None), getattr(request, "user", None)
    if shop is None or user is None or not user.is_authenticated:
        return ""
    found = str(shop.standing_on(timezone.localdate()))
    told = found == "read_only" or (found == "ending" and may(user, "shop.set_up"))
    return found if told else ""


def theme_of(request: HttpRequest) -> str:
    """The person's theme, else the cookie's: auto, light or dark."""
    user = getattr(request, "user", None)
    chosen = getattr(user, "theme", "") if user is not None and user.is_authenticated else ""
    chosen = chosen or request.COOKIES.get(THEME_COOKIE, "")
    return str(chosen) if chosen in dict(THEMES) else "auto"


def _bottom_bar(request: HttpRequest) -> dict[str, list[dict[str, Any]]]:
    left, right = BOTTOM_OF_ROLE.get(getattr(request.user, "role", ""), BOTTOM)
    rest = [section for section in [*SECTIONS, *FURTHER, *SETTINGS_SECTIONS] if section not in [*left, *right, KEYS]]
    return {
        "left": _open_sections(request, left),
        "right": _open_sections(request, right),
        "more": _open_sections(request, rest),
    }


def _palette_groups(request: HttpRequest) -> list[Any]:
    from core.search_places import all_places  # it takes the sections from here

    return all_places(request.user)


def _open_sections(request: HttpRequest, sections: list[Section]) -> list[dict[str, Any]]:
    user = getattr(request, "user", None)
    if getattr(request, "is_closed", False):
        return []  # its pages are not open
    # What has a line of its own among the settings is there and not in the stock.
    settled = [url for _section, url in open_to(user, SETTINGS_SECTIONS) if _leads_to(request.path, url)]
    return [
        {
            "url": url,
            "label": section.label,
            "icon": section.icon,
            "keys": section.keys,
            "current": _leads_to(request.path, url) and not any(len(other) > len(url) for other in settled),
        }
        for section, url in open_to(user, sections)
    ]


def _leads_to(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))


def open_to(user: Any, sections: list[Section]) -> list[tuple[Section, str]]:
    """The sections that `user` may open, each with its address; an app that is not installed has none."""
    if user is None or not user.is_authenticated:
        return []
    found = []
    for section in sections:
        if not may(user, section.right):
            continue
        with suppress(NoReverseMatch):
            found.append((section, reverse(section.url_name)))
    return found
