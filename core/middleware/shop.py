"""Which shop a request is for: host name → shop, remembered in the process for a minute.

A known host costs no query. The statement that sets the schema goes out with the view's own first query.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection, models, transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext
from django_tenants.middleware.main import TenantMainMiddleware
from django_tenants.utils import get_tenant_domain_model, get_tenant_model, remove_www

from core.tenancy import leave_room_for, tenant_connection

SECONDS = 60.0
# The way to the owner's archive: in, by the second factor too, the archive itself, and out.
OPEN_WHEN_CLOSED = {
    "login", "login_code", "logout", "forgotten", "new_password", "second_factor", "second_factor_on", "set_language",
    "set_theme", "export", "export_unlock", "export_make", "export_file",
}  # fmt: skip


@dataclass(frozen=True)
class _Entry:
    """The columns of one shop; every request builds its own object of them, so none is shared between threads."""

    names: tuple[str, ...]
    values: tuple[Any, ...]
    until: float


class _Hosts:
    """Known hosts. Unknown ones are not kept: anybody could fill the memory with them."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._generation = 0

    def get(self, host: str, now: float) -> models.Model | None:
        """The shop of `host`, or None when it has to be looked up. `now` is monotonic, in seconds."""
        entry = self._entries.get(host)
        if entry is None or entry.until <= now:
            return None
        shop: models.Model = get_tenant_model().from_db(connection.alias, entry.names, entry.values)
        return shop

    def generation(self) -> int:
        """Changes whenever something was forgotten."""
        return self._generation

    def put(self, host: str, shop: models.Model, now: float, generation: int) -> None:
        """Keep a shop read while `generation` was valid; what was read before a change is not kept after it."""
        fields = shop._meta.concrete_fields
        names = tuple(str(field.attname) for field in fields)
        entry = _Entry(names, tuple(getattr(shop, name) for name in names), now + SECONDS)
        with self._lock:
            if generation == self._generation:
                self._entries[host] = entry

    def forget(self) -> None:
        """Forget every host."""
        with self._lock:
            self._generation += 1
            self._entries.clear()


hosts = _Hosts()


def forget_hosts(**kwargs: Any) -> None:
    """Receiver: a shop or a domain changed. Once now, for this transaction, and once for everybody after the commit."""
    hosts.forget()
    transaction.on_commit(hosts.forget)


def connect_signals() -> None:
    """Called once when the application starts."""
    for signal in (post_save, post_delete):
        for model in (settings.TENANT_MODEL, settings.TENANT_DOMAIN_MODEL):
            signal.connect(forget_hosts, sender=model, dispatch_uid=f"core.forget_hosts.{model}")


class ShopMiddleware(TenantMainMiddleware):
    """Sets the schema and the URLs for the request's host; answers itself when there is no open shop."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        tenant_connection.set_schema_to_public()
        try:
            host = self.hostname_from_request(request)
        except DisallowedHost:
            return self.no_tenant_found(request, "")
        shop = self._find(host)
        if shop is None:
            return self.no_tenant_found(request, host)
        is_closed = not shop.is_public and not shop.is_open_on(timezone.localdate())
        if is_closed and (shop.status == "provisioning" or not _stays_open(request)):
            return _closed(being_made=shop.status == "provisioning")
        shop.domain_url = host
        request.tenant = shop  # type: ignore[attr-defined]
        request.is_closed = is_closed  # type: ignore[attr-defined]
        leave_room_for(shop.schema_name)
        tenant_connection.set_tenant(shop)
        self.setup_url_routing(request)
        return None

    @staticmethod
    def hostname_from_request(request: HttpRequest) -> str:
        """The host without port and www. Raises DisallowedHost."""
        return str(remove_www(request.get_host().lower().split(":")[0]))

    def no_tenant_found(self, request: HttpRequest, hostname: str) -> HttpResponse:
        """One and the same page for every host without a shop: it does not tell which names exist."""
        return _page("core/host_unknown.html", 404)

    def _find(self, host: str) -> Any:
        now = time.monotonic()
        shop = hosts.get(host, now)
        if shop is None:
            generation = hosts.generation()
            domains = get_tenant_domain_model()
            try:
                shop = self.get_tenant(domains, host)
            except domains.DoesNotExist:
                return None
            hosts.put(host, shop, now, generation)
        return shop


def _stays_open(request: HttpRequest) -> bool:
    """Whether this page of a closed shop is one of those by which the owner takes the data along."""
    if request.path_info.startswith(settings.STATIC_URL):
        return True
    try:
        return resolve(request.path_info, settings.ROOT_URLCONF).view_name in OPEN_WHEN_CLOSED
    except Resolver404:
        return False


def _closed(*, being_made: bool) -> HttpResponse:
    if not being_made:
        return _page("core/shop_closed.html", 403)
    response = _page("core/shop_being_made.html", 503)
    response["Retry-After"] = "10"
    return response


def _page(template: str, status: int) -> HttpResponse:
    """A page in all languages at once: at this point nobody's language is known."""
    texts = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            texts.append({"language": code, "body": render_to_string(template, {"product": settings.PRODUCT_NAME})})
    with translation.override(settings.LANGUAGE_CODE):
        html = render_to_string(
            "core/every_language.html", {"texts": texts, "title": gettext(str(settings.PRODUCT_NAME))}
        )
    response = HttpResponse(html, status=status)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    response["Cache-Control"] = "no-store"
    return response
