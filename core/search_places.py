"""What the search finds of the program itself: pages, and what one may make."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.context import CREATE, FURTHER, SECTIONS, SETTINGS_SECTIONS, open_to
from core.search import Group, Hit, Provider, register
from core.search_text import SearchQuery

PLACE = 90  # below everything that belongs to the shop


def all_places(user: Any) -> list[Group]:
    """Everything that `user` may make, and every page; what stands in the palette before anything is typed."""
    groups = [Group("actions", _("Create"), _actions(user)), Group("pages", _("Pages"), _pages(user))]
    return [group for group in groups if group.hits]


def find_places(query: SearchQuery, user: Any, limit: int) -> list[Hit]:
    """Pages and actions by the words of their names."""
    found = []
    for hit in [*_pages(user), *_actions(user)]:
        reading = query.reading_of(hit.title)
        if query.readings[reading].fits(hit.title):
            found.append(replace(hit, reading=reading))
    return found[:limit]


def _pages(user: Any) -> list[Hit]:
    return [
        Hit(str(section.label), "", url, section.icon, keys=section.keys)
        for section, url in open_to(user, [*SECTIONS, *FURTHER, *SETTINGS_SECTIONS])
    ]


def _actions(user: Any) -> list[Hit]:
    return [
        Hit(_("Create: %(what)s") % {"what": str(section.label).lower()}, "", url, section.icon, keys=section.keys)
        for section, url in open_to(user, CREATE)
    ]


register(Provider("places", gettext_lazy("Pages and actions"), "orders.view", PLACE, find_places))
