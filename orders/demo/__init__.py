"""Two shops to look at, made through the services like any other: goods, a month of work, what lies ahead.

`shop` says what a demo shop is, `pion` and `fern` are two, `days` reckons what happened when, `fill` plays it;
`pictures` draws the goods, `photos` hangs the drawings on them.
"""

from datetime import datetime
from typing import Any

from django.utils import translation

from core.access import Role
from orders.demo import fern, fill, pion
from orders.demo.photos import hang_pictures
from orders.demo.shop import DemoShop

__all__ = ["SHOPS", "fill_goods", "fill_shop", "hang_pictures", "logins"]

SHOPS: dict[str, DemoShop] = {shop.schema_name: shop for shop in (pion.SHOP, fern.SHOP)}


def fill_shop(shop: DemoShop, *, now: datetime) -> None:
    """Fill the current, empty shop with people, goods and four weeks of work up to `now`."""
    crew = fill.make_people(shop)
    with translation.override(shop.language):
        fill.play(shop, crew=crew, now=now)


def fill_goods(*, by: Any, now: datetime) -> None:
    """Goods and one week of work alone, done by `by` and in their language: for a shop with people of its own."""
    shop = next((shop for shop in SHOPS.values() if shop.language == by.language), fern.SHOP)
    fill.play(shop, crew=dict.fromkeys(Role, by), now=now, weeks=1)


def logins(shop: DemoShop) -> list[dict[str, str]]:
    """Who can log in to a demo shop, for the greeting of the start command."""
    return [{"login": login, "name": name, "password": shop.password} for login, name, _role in shop.people]
