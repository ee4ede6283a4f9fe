"""What is said once on the next page ("Saved."): kept in a cookie of this host, signed for this schema."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from core.sealing import salted


class ShopCookieStorage(CookieStorage):
    """Django's cookie of messages, which a neighbour's words do not get into."""

    cookie_name = settings.COOKIE_PREFIX + "messages"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.key_salt = salted("core.flash")
        super().__init__(*args, **kwargs)


class ShopMessages(FallbackStorage):
    """In the cookie; in the session what does not fit there."""

    storage_classes: tuple[type[BaseStorage], ...] = (ShopCookieStorage, SessionStorage)
