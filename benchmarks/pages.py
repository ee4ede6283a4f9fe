"""Every page and fragment of a shop of the reference size, asked through a real server, against the limits.

    python3 dev.py bench pages [--small] [--keep] [--seconds 60] [--rate 40] [--requests 40] [--only NAME …]

Makes a shop (60 000 orders, 20 000 contacts, 2 000 products, 300 bouquets, 500 000 ledger rows; a fortieth with
--small), starts gunicorn on it and asks each page in the role that uses it: p50 and p95 in milliseconds, statements,
kilobytes compressed. Then requests arrive at a fixed rate whether or not the earlier ones were answered, a few of them
writing; waiting for a free connection counts. A page of the URLconf that stands in no list below ends the run. With
--keep the shop stays for the next run (useful with DATABASE_URL). Ends with 1 when a limit is broken.
"""

import argparse
import gzip
import http.client
import itertools
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import mass

PROJECT = Path(__file__).resolve().parent.parent
SCHEMA = "bench_pages"
# Kind → milliseconds at the 95th percentile, statements.
LIMITS = {
    "today": (300, 25), "list": (200, 12), "detail": (200, 18), "form": (200, 18), "print": (200, 18),
    "part": (150, 12), "fragment": (150, 8),
}  # fmt: skip
MIXED_P95 = 400  # milliseconds, of requests that arrive at a fixed rate
ROLES = ("owner", "manager", "florist", "seller", "courier")


@dataclass(frozen=True)
class Page:
    """One way of asking for a URL. `sample` names what its keys are taken from, `part` asks as htmx does; `weight` is
    its share in the mixed load."""

    name: str
    kind: str
    query: str = ""
    role: str = "manager"
    sample: str = "order"
    part: bool = False
    weight: int = 0

    @property
    def title(self) -> str:
        return self.name + (f"?{self.query}" if self.query else "") + (" (part)" if self.part else "")


PAGES = [
    Page("home", "today", weight=6),
    Page("home", "part", part=True, weight=6),
    Page("attention", "list", weight=1),
    Page("attention", "part", part=True, weight=2),
    Page("bell", "fragment", part=True, weight=8),
    Page("search", "list", "q=роза"),
    Page("search", "part", "q=белов", part=True, weight=3),
    Page("search", "part", "q={number}", part=True, weight=2),
    Page("shortcuts", "form"),
    Page("recent", "list"),
    Page("trash", "list"),
    Page("trash", "part", "q=роза", part=True),
    Page("trash_past", "list"),
    Page("trash_remove", "form", role="owner", sample="deleted"),
    Page("profile", "form"),
    Page("second_factor", "form", role="owner"),
    Page("second_factor_on", "form"),
    Page("export", "form", role="owner"),
    Page("orders:order_list", "list", weight=12),
    Page("orders:order_list", "part", "view=tomorrow", part=True, weight=4),
    Page("orders:order_list", "list", "view=late", weight=2),
    Page("orders:order_list", "list", "view=unpaid", weight=2),
    Page("orders:order_list", "list", "view=waiting", weight=2),
    Page("orders:order_list", "list", "view=all", weight=3),
    Page("orders:order_list", "part", "view=all&after=0_{year_ago}_12:00:00.000000_1", part=True),
    Page("orders:order_list", "list", "view=all&status={completed}"),
    Page("orders:order_list", "part", "q=Белов", part=True, weight=2),
    Page("orders:order_list", "part", "q={number}", part=True, weight=2),
    Page("orders:order_list", "part", "q=1234", part=True, weight=2),
    Page("orders:order_board", "list", weight=4),
    Page("orders:order_board", "part", part=True, weight=8),
    Page("orders:order_board", "list", "view=late"),
    Page("orders:order_board", "list", "view=all"),
    Page("orders:order_detail", "detail", weight=10),
    Page("orders:order_detail", "detail", role="courier", weight=3),
    Page("orders:order_detail", "detail", sample="done", weight=3),
    Page("orders:order_margin", "detail", sample="done"),
    Page("orders:card_steps", "fragment", part=True, weight=2),
    Page("orders:order_create", "form", role="seller", weight=3),
    Page("orders:composition", "form", sample="line", role="florist"),
    Page("orders:deliveries", "fragment", "buyer_phone={phone}", role="seller", part=True, weight=1),
    Page("orders:photo_rule", "form", role="owner"),
    Page("products:minimum_margin", "form", role="owner"),
    Page("orders:order_edit", "form", role="seller", weight=2),
    Page("orders:contact_search", "fragment", "q=2345", role="seller", part=True, weight=3),
    Page("orders:goods_search", "fragment", "q=роза 12", role="seller", part=True, weight=3),
    Page("orders:print_work_order", "print", role="florist", weight=1),
    Page("orders:print_card", "print", role="florist"),
    Page("orders:print_receipt", "print", role="seller"),
    Page("orders:print_work_orders", "print", "{twenty_orders}", role="florist"),
    Page("orders:pull_list", "detail", "view=today", role="florist", weight=2),
    Page("inventory:stock_list", "list", role="florist", weight=4),
    Page("inventory:stock_list", "part", "view=wilting", role="florist", part=True, weight=2),
    Page("inventory:stock_list", "list", "view=low"),
    Page("inventory:stock_list", "list", "view=expired"),
    Page("inventory:stock_list", "part", "q=пион", part=True, weight=1),
    Page("inventory:stock_detail", "detail", sample="stock", weight=2),
    Page("inventory:stock_detail", "part", "before=100", sample="stock", part=True),
    Page("inventory:stock_origins", "detail", sample="stock"),
    Page("inventory:stock_origins", "detail", "figure=cost", sample="stock"),
    Page("inventory:movement_list", "list", weight=1),
    Page("inventory:movement_list", "part", "q=пион", part=True),
    Page("inventory:movement_list", "list", "stock={stock}"),
    Page("inventory:reservation_list", "list", weight=1),
    Page("inventory:receive", "form", role="florist", weight=1),
    Page("inventory:receipt_list", "list", weight=1),
    Page("inventory:receipt_detail", "detail", sample="receipt"),
    Page("inventory:receipt_labels", "print", sample="receipt"),
    Page("inventory:correct_cost", "form", sample="receipt_line"),
    Page("inventory:batch_label", "print", sample="batch"),
    Page("inventory:return_to_supplier", "form", sample="batch"),
    Page("inventory:write_off", "form", "stock={stock}", role="florist", weight=1),
    Page("inventory:write_off_list", "list", weight=1),
    Page("inventory:document_list", "list", weight=1),
    Page("inventory:document_list", "part", "q=роза", part=True),
    Page("inventory:document_detail", "detail", sample="write_off"),
    Page("inventory:mark_down", "form", "stock={stock}"),
    Page("inventory:regrade", "form", "stock={stock}", role="florist"),
    Page("inventory:regrade_list", "list"),
    Page("inventory:document_list", "list", "kind=sale"),
    Page("inventory:document_detail", "detail", sample="sale"),
    Page("inventory:take_back", "form", "sale={sale}", role="seller"),
    Page("inventory:warehouse_list", "list", role="owner"),
    Page("inventory:warehouse_create", "form", role="owner"),
    Page("inventory:warehouse_edit", "form", role="owner", sample="warehouse"),
    Page("inventory:supplier_list", "list"),
    Page("inventory:supplier_detail", "detail", sample="supplier"),
    Page("inventory:supplier_pack", "form", sample="supplier"),
    Page("inventory:period_list", "list", role="owner"),
    Page("inventory:period_reopen", "form", role="owner", sample="closing"),
    Page("inventory:assemble", "list", role="florist"),
    Page("inventory:assemble", "form", "kit={kit}", role="florist"),
    Page("inventory:take_apart", "form", sample="bouquet", role="florist"),
    Page("inventory:repair", "form", sample="bouquet", role="florist"),
    Page("inventory:assembly_labels", "print", sample="assembly"),
    Page("inventory:transfer_list", "list"),
    Page("inventory:transfer_send", "form", "stock={stock}", role="florist"),
    Page("inventory:transfer_detail", "detail", sample="transfer"),
    Page("inventory:print_document", "print", sample="write_off"),
    Page("inventory:print_transfer", "print", sample="transfer"),
    Page("inventory:stock_take_list", "list"),
    Page("inventory:stock_take_start", "form"),
    Page("inventory:stock_take_detail", "detail", sample="stock_take", role="florist"),
    Page("inventory:stock_take_differences", "list", sample="stock_take"),
    Page("products:product_list", "list", weight=3),
    Page("products:product_list", "part", "q=гортензия", part=True, weight=2),
    Page("products:product_list", "list", "deleted=1"),
    Page("products:product_list", "list", "kind=flower&stock=free"),
    Page("products:list_price", "fragment", "edit=1", sample="product", part=True),
    Page("products:many_prices", "form", "kind=flower&way=up&amount=10&rounding=10"),
    Page("products:many_kit_prices", "form", "way=up&amount=10&rounding=10"),
    Page("products:starter", "form"),
    Page("products:import_choose", "form"),
    Page("products:product_labels", "print", "copies=3", sample="product"),
    Page("products:list_labels", "print", "q=роза"),
    Page("products:many", "form", "kind=flower"),
    Page("products:product_search", "fragment", "q=роза 1", part=True, weight=2),
    Page("products:category_list", "list"),
    Page("products:category_create", "form"),
    Page("products:category_edit", "form", sample="category"),
    Page("products:product_create", "form"),
    Page("products:product_detail", "detail", sample="product", weight=2),
    Page("products:product_edit", "form", sample="product"),
    Page("products:tag_list", "list"),
    Page("products:tag", "form", "edit=1", sample="tag"),
    Page("products:group_list", "list"),
    Page("products:group_create", "form"),
    Page("products:group_edit", "form", sample="group"),
    Page("products:kit_list", "list", weight=2),
    Page("products:kit_create", "form"),
    Page("products:kit_detail", "detail", sample="kit", weight=1),
    Page("products:kit_edit", "form", sample="kit"),
]
# Why a name of the URLconf stands in no list: it only takes what is sent, or nobody who is logged in opens it.
LEFT_OUT = {
    "login_code": "between password and session", "second_factor_off": "for people with a second factor",
    "second_factor_codes": "for people with a second factor", "second_factor_owners": "only sent",
    "login": "for people who are not logged in", "logout": "only sent", "invitation": "for people without an account",
    "forgotten": "for people who are not logged in", "new_password": "for people who are not logged in",
    "trash_restore": "only sent", "undo": "only sent", "undo_dismiss": "only sent", "password": "only sent", "set_language": "only sent", "set_theme": "only sent", "media": "a file, no page",
    "export_unlock": "only sent", "export_make": "only sent", "export_file": "a file, no page",
    "inventory:batch": "leads on to the stock", "inventory:count_forget": "only sent",
    "inventory:supplier_unpack": "only sent", "orders:contact_colleague": "only sent",
    "inventory:transfer_receive": "only sent", "inventory:transfer_cancel": "only sent",
    "styleguide": "only with DEBUG", "styleguide_error": "only with DEBUG", "styleguide_page": "only with DEBUG",
    "reports:hide_first_steps": "only sent", "reports:load_demo": "only sent",
    "orders:bulk_status": "only sent", "orders:draft_keep": "only sent", "orders:draft_discard": "only sent",
    "orders:order_transition": "only sent", "orders:move_card": "only sent", "orders:payment_create": "only sent",
    "orders:price_correct": "only sent",
    "orders:photos_add": "only sent", "orders:photo_remove": "only sent",
    "products:category_move": "only sent", "products:category_delete": "only sent",
    "products:category_place": "only sent",
    "products:category_photos": "only sent", "products:category_photo": "only sent",
    "products:product_photo_order": "only sent", "products:kit_photo_order": "only sent",
    "products:price_put": "only sent", "products:price_remove": "only sent",
    "products:starter_picture": "a picture, no page",
    "products:import_columns": "needs a file", "products:import_check": "needs a file",
    "products:import_problems": "a file, no page", "products:product_export": "a file, no page",
    "products:product_archive": "only sent", "products:product_unarchive": "only sent",
    "products:by_code": "leads on to the product",
    "products:product_delete": "only sent", "products:product_restore": "only sent",
    "products:product_photos": "only sent", "products:product_photo": "only sent",
    "products:kit_photos": "only sent", "products:kit_photo": "only sent",
    "products:tag_delete": "only sent", "products:group_delete": "only sent",
    "products:kit_delete": "only sent", "products:kit_restore": "only sent",
}  # fmt: skip


# --- What there is to ask --------------------------------------------------------------------------------------------


def unlisted() -> list[str]:
    """Names of a shop's URLconf, without the admin, that stand neither in PAGES nor in LEFT_OUT."""
    from django.urls import URLResolver, get_resolver

    def names(resolver: Any, prefix: str) -> Iterator[str]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                if entry.app_name != "admin":
                    yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)
            else:
                yield prefix + (entry.name or str(entry.pattern))

    known = {page.name for page in PAGES} | set(LEFT_OUT)
    return sorted(set(names(get_resolver("myproject.urls_shop"), "")) - known)


def samples() -> dict[str, Any]:
    """Rows of the current shop that the pages are asked for; every page meets several of them."""
    from datetime import timedelta

    from django.utils import timezone

    from inventory.models import Receipt, ReceiptLine, Sale, Stock, StockBatch, Supplier, Warehouse, WriteOff
    from orders.models import Contact, Order, OrderItem, OrderStatus
    from products.models import Product, ProductCategory, ProductKit

    today = timezone.localdate()
    open_orders = Order.objects.filter(status__category="confirmed", due_on__gte=today).order_by("pk")
    done = Order.objects.filter(status__category="completed").order_by("-pk")
    orders = list(open_orders.values_list("pk", flat=True)[:40])
    assembly, bouquet = _put_together()
    sales = list(Sale.objects.filter(reversed_at=None).order_by("-pk").values_list("pk", flat=True)[:10])
    return {
        "order": orders,
        "line": list(OrderItem.objects.filter(order__in=orders).values_list("order", "pk")[:40]),
        "category": list(ProductCategory.objects.order_by("pk").values_list("pk", flat=True)[:40]),
        "done": list(done.values_list("pk", flat=True)[:40]),
        "stock": list(Stock.objects.filter(quantity__gt=0).order_by("-version").values_list("pk", flat=True)[:40]),
        "batch": list(StockBatch.objects.filter(is_open=True).order_by("-pk").values_list("pk", flat=True)[:40]),
        "write_off": [("write_off", key) for key in WriteOff.objects.order_by("-pk").values_list("pk", flat=True)[:10]],
        "sale": [("sale", key) for key in sales],
        "warehouse": list(Warehouse.objects.order_by("pk").values_list("pk", flat=True)[:2]),
        "supplier": list(Supplier.objects.order_by("pk").values_list("pk", flat=True)[:5]),
        "closing": [_closed()],
        "deleted": [_deleted()],
        "transfer": [_sent()],
        "stock_take": [_half_counted()],
        "assembly": [assembly],
        "bouquet": [bouquet],
        "receipt": list(Receipt.objects.order_by("-pk").values_list("pk", flat=True)[:10]),
        "receipt_line": list(ReceiptLine.objects.order_by("-pk").values_list("receipt", "pk")[:40]),
        "product": list(Product.objects.order_by("pk").values_list("pk", flat=True)[:40]),
        "group": [_group()],
        "tag": [_tag()],
        "kit": list(ProductKit.objects.order_by("pk").values_list("pk", flat=True)[:40]),
        "values": {
            "phone": Contact.objects.filter(bought__in=orders).values_list("phone", flat=True)[0],
            "year_ago": today - timedelta(days=365),
            "completed": OrderStatus.objects.get(code="completed").pk,
            "number": Order.objects.filter(pk=orders[0]).values_list("number", flat=True).get(),
            "twenty_orders": urlencode([("order", key) for key in orders[:20]]),
        },
    }


def _sent() -> int:
    """A transfer of twenty products that is on its way."""
    from decimal import Decimal

    from django.db.models import F

    from inventory.models import Stock, TransferState, Warehouse
    from inventory.selectors.documents import transfers
    from inventory.services.transfers import TransferLineInput, send_transfer

    there = transfers().filter(state=TransferState.IN_TRANSIT).first()
    if there is None:
        source = Warehouse.objects.get(is_default=True)
        stocks = Stock.objects.filter(warehouse=source, quantity__gt=F("reserved")).select_related("product")[:20]
        there = send_transfer(
            source=source,
            target=Warehouse.objects.get_or_create(name="Second shop")[0],
            lines=[TransferLineInput(stock.product, min(stock.free, Decimal(1))) for stock in stocks],
        )
    return int(there.pk)


def _half_counted() -> int:
    """An open stock-take in which a hundred products are counted."""
    from django.utils import timezone

    from inventory.models import StockTakeState, Warehouse
    from inventory.selectors.stock_takes import stock_takes, to_be_counted
    from inventory.services.stock_takes import count, open_stock_take

    there = stock_takes().filter(state=StockTakeState.OPEN).first()
    if there is None:
        there = open_stock_take(warehouse=Warehouse.objects.get(is_default=True))
        for stock in to_be_counted(there, on=timezone.localdate())[:100]:
            count(there, product=stock.product, quantity=stock.quantity)
    return int(there.pk)


def _closed() -> int:
    """A period long before anything happened that is closed."""
    from datetime import date

    from inventory.models import PeriodClosing
    from inventory.services.periods import close_period

    return int((PeriodClosing.objects.first() or close_period(upto=date(2000, 1, 31))).pk)


def _tag() -> int:
    """A tag on forty products."""
    from products.models import Product, ProductTag
    from products.services.many import tag_products

    there = ProductTag.objects.filter(name="Tag").first()
    if there is None:
        tag_products(list(Product.objects.order_by("pk").values_list("pk", flat=True)[:40]), add=["Tag"])
        there = ProductTag.objects.get(name="Tag")
    return int(there.pk)


def _group() -> int:
    """Three products that may stand for each other."""
    from products.models import Product, ProductVariantGroup
    from products.services.kits import save_group

    there = ProductVariantGroup.objects.first()
    members = Product.objects.order_by("pk")[:3]
    return int((there or save_group(ProductVariantGroup(name="Any of three"), list(members))).pk)


def _put_together() -> tuple[int, int]:
    """Ten bouquets on the shelf: the assembly and one of them."""
    from decimal import Decimal

    from django.db.models import F

    from inventory.models import Assembly, Stock, Warehouse
    from inventory.services.assembling import NewBouquet, assemble
    from products.recipes import Component

    there = Assembly.objects.filter(batches__is_open=True).first()
    if there is None:
        source = Warehouse.objects.get(is_default=True)
        plenty = Stock.objects.filter(warehouse=source, quantity__gte=F("reserved") + 10).select_related("product")[:6]
        parts = [Component(stock.product, Decimal(1)) for stock in plenty]
        posy = NewBouquet("Posy of the day", Decimal(900))
        there = assemble(bouquet=posy, warehouse=source, quantity=Decimal(10), parts=parts)
    return int(there.pk), int(there.batches.filter(is_open=True).values_list("pk", flat=True)[0])


def _deleted() -> tuple[str, int]:
    """A supplier in the trash whom nothing names."""
    from inventory.models import Supplier

    gone = Supplier.objects.create(name="Deleted for the benchmark")
    gone.delete()
    return "supplier", int(gone.pk)


def paths_of(page: Page, found: dict[str, Any]) -> list[str]:
    """The addresses a page is asked under, one per sample row; a page without a key has one."""
    from django.urls import NoReverseMatch, reverse
    from django.utils.encoding import iri_to_uri

    values = {**found["values"], "stock": found["stock"][0], "kit": found["kit"][0], "sale": found["sale"][0][1]}
    query = f"?{page.query.format(**values)}" if page.query else ""
    with suppress(NoReverseMatch):
        return [iri_to_uri(reverse(page.name, urlconf="myproject.urls_shop") + query)]
    return [
        iri_to_uri(
            reverse(page.name, args=key if isinstance(key, tuple) else [key], urlconf="myproject.urls_shop") + query
        )
        for key in found[page.sample]
    ]


# --- The shop and the server -----------------------------------------------------------------------------------------


@contextmanager
def shop_of(size: mass.Size, *, keep: bool) -> Iterator[None]:
    """Inside the big shop; made when it is not there, taken away afterwards unless it is kept."""
    from django.db import connection
    from django.utils import timezone

    from accounts.models import User
    from core.tenancy import in_public, in_schema
    from customers.models import Client
    from customers.services.provisioning import provision_shop
    from orders.models import Order

    def drop() -> None:
        with in_public(), connection.cursor() as cursor:
            Client.objects.filter(schema_name=SCHEMA).delete()
            cursor.execute(f'drop schema if exists "{SCHEMA}" cascade')

    there = Client.objects.filter(schema_name=SCHEMA).exists()
    if there:
        with in_schema(SCHEMA):
            there = keep and Order.objects.count() >= size.orders
    if not there:
        drop()
        began = time.monotonic()
        provision_shop(schema_name=SCHEMA, name="Benchmark")
        with in_schema(SCHEMA):
            for role in ROLES:
                User.objects.create_user(role, password=uuid.uuid4().hex, name=role.title(), role=role)
            mass.build(size, now=timezone.now(), by=User.objects.get(username="seller").pk)
        print(f"made in {time.monotonic() - began:.0f} s", flush=True)
    try:
        with in_schema(SCHEMA):
            yield
    finally:
        if not keep:
            drop()


def cookies_of() -> dict[str, str]:
    """Role → the cookies of somebody who is logged in, with the token that forms send back."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from accounts.models import User
    from core.sessions import SessionStore

    found = {}
    for role in ROLES:
        user = User.objects.get(username=role)
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        found[role] = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
    return found


TOKEN = "b" * 32


@contextmanager
def server() -> Iterator[int]:
    """The program as `dev.py run` starts it, on a free port of 127.0.0.1; gives the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        port = listener.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "-c", "myproject/gunicorn.py", "--log-level", "warning",
                   "-b", f"fd://{listener.fileno()}", "myproject.wsgi"]  # fmt: skip
        with subprocess.Popen(command, cwd=PROJECT, pass_fds=[listener.fileno()]) as process:
            try:
                for _attempt in range(300):
                    with suppress(OSError):
                        if Asker(port, {}).get("/healthz").status == 200:
                            break
                    time.sleep(0.1)
                yield port
            finally:
                process.terminate()


@dataclass
class Answer:
    """What came back: status, body, seconds from sending to the last byte."""

    status: int
    body: bytes
    seconds: float


class Asker:
    """A connection that is kept open, as a browser's."""

    def __init__(self, port: int, cookies: dict[str, str]) -> None:
        from customers.services.provisioning import default_domain

        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies, self.host = cookies, default_domain(SCHEMA)

    def get(self, path: str, *, role: str = "", part: bool = False) -> Answer:
        return self._ask("GET", path, role=role, part=part)

    def post(self, path: str, data: dict[str, Any], *, role: str) -> Answer:
        return self._ask("POST", path, role=role, part=True, data=data)

    def _ask(self, method: str, path: str, *, role: str, part: bool, data: dict[str, Any] | None = None) -> Answer:
        headers = {"Host": self.host, "Cookie": self.cookies.get(role, "")}
        if part:
            headers["HX-Request"] = "true"
        body = None
        if data is not None:
            body = urlencode(data)
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": TOKEN}
        began = time.perf_counter()
        try:
            self.connection.request(method, path, body=body, headers=headers)
            response = self.connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise
        return Answer(response.status, content, time.perf_counter() - began)


# --- Measuring -------------------------------------------------------------------------------------------------------


@dataclass
class Measured:
    """A page with its figures; milliseconds, statements, kilobytes compressed."""

    page: Page
    p50: float
    p95: float
    statements: int
    kilobytes: float
    status: int = 200

    @property
    def broken(self) -> list[str]:
        """Which limits it breaks, in words."""
        most_ms, most_statements = LIMITS[self.page.kind]
        return [
            *([f"status {self.status}"] if self.status != 200 else []),
            *([f"p95 over {most_ms} ms"] if self.p95 > most_ms else []),
            *([f"over {most_statements} statements"] if self.statements > most_statements else []),
        ]


def percentile(values: list[float], share: int) -> float:
    """The value that `share` per cent do not exceed."""
    return sorted(values)[min(len(values) - 1, -(-len(values) * share // 100) - 1)]


def statements_of(page: Page, path: str, *, host: str) -> tuple[int, int]:
    """Status and number of statements of one request, asked in this process. The second request of two counts: the
    first one may find caches cold."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from core.tenancy import in_schema

    schema = connection.schema_name
    browser = Client(HTTP_HOST=host, headers={"HX-Request": "true"} if page.part else None)
    browser.force_login(User.objects.filter(role=page.role).earliest("pk"), "accounts.backends.NameOrEmailBackend")
    with in_schema(schema):
        browser.get(path)
    with in_schema(schema), CaptureQueriesContext(connection) as sent:
        answer = browser.get(path)
    return answer.status_code, len(sent)


def measure(page: Page, asker: Asker, found: dict[str, Any], *, requests: int) -> Measured:
    """Ask a page one request after the other, taking turns among its rows."""
    paths = paths_of(page, found)
    for path in paths[:4]:
        asker.get(path, role=page.role, part=page.part)
    answers = [
        asker.get(path, role=page.role, part=page.part) for path in itertools.islice(itertools.cycle(paths), requests)
    ]
    milliseconds = [answer.seconds * 1000 for answer in answers]
    _status, statements = statements_of(page, paths[0], host=asker.host)
    wrong = next((answer.status for answer in answers if answer.status != 200), 200)
    return Measured(
        page, statistics.median(milliseconds), percentile(milliseconds, 95), statements,
        max(len(gzip.compress(answer.body, 6)) for answer in answers) / 1024, wrong,
    )  # fmt: skip


@dataclass
class Load:
    """What a mixed load brought: milliseconds from the moment a request was due, and what went wrong."""

    milliseconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def mixed(port: int, cookies: dict[str, str], found: dict[str, Any], *, rate: float, seconds: float) -> Load:
    """Requests that arrive evenly at `rate` a second, one in twelve a payment or a step of an order."""
    turns = [page for page in PAGES for _nth in range(page.weight)]
    # Made before: who asks must not take from the server the time it needs.
    paths = {page: paths_of(page, found) for page in set(turns)}
    # A step far from a divisor of the length visits all of them, well mixed.
    plan = [turns[nth * 37 % len(turns)] for nth in range(round(rate * seconds))]
    load, lock, local = Load(), threading.Lock(), threading.local()
    queue = itertools.count()
    began = time.perf_counter() + 0.5

    def work() -> None:
        local.asker = Asker(port, cookies)
        while (nth := next(queue)) < len(plan):
            due = began + nth / rate
            time.sleep(max(0, due - time.perf_counter()))
            page = plan[nth]
            try:
                if nth % 12 == 0:
                    answer, asked = _write(local.asker, found, nth), "a payment"
                else:
                    path = paths[page][nth % len(paths[page])]
                    answer, asked = local.asker.get(path, role=page.role, part=page.part), page.title
                wrong = "" if answer.status < 400 else f"{answer.status} {asked}"
            except (OSError, http.client.HTTPException) as error:
                wrong = f"{error!r}"
            with lock:
                load.milliseconds.append((time.perf_counter() - due) * 1000)
                if wrong:
                    load.errors.append(wrong)

    threads = [threading.Thread(target=work, daemon=True) for _nth in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def _write(asker: Asker, found: dict[str, Any], nth: int) -> Answer:
    """Ten roubles for an order; every order gets some sooner or later."""
    order = found["order"][nth // 12 % len(found["order"])]
    data = {"amount": "10", "method": "card", "key": str(uuid.uuid4())}
    return asker.post(f"/orders/{order}/payments/", data, role="seller")


# --- The run ---------------------------------------------------------------------------------------------------------


def main() -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench pages")
    parser.add_argument(
        "--small", action="store_true", help="a fortieth of the rows, few requests, ten seconds of load"
    )
    parser.add_argument("--keep", action="store_true", help="leave the shop for the next run")
    parser.add_argument("--seconds", type=float, help="how long the mixed load lasts, 0: not at all")
    parser.add_argument("--rate", type=float, default=40, help="requests a second of the mixed load")
    parser.add_argument("--requests", type=int, help="how often each page is asked")
    parser.add_argument("--only", nargs="*", default=[], help="parts of page names")
    options = parser.parse_args()
    size = mass.SMALL if options.small else mass.REFERENCE
    seconds = (10 if options.small else 60) if options.seconds is None else options.seconds
    requests = options.requests or (10 if options.small else 40)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
    import django

    django.setup()
    if missing := unlisted():
        print(f"Pages that stand in no list of benchmarks/pages.py: {', '.join(missing)}")
        return 1
    with shop_of(size, keep=options.keep):
        broken = not _told_clean()
        found, cookies = samples(), cookies_of()
        with server() as port:
            asker = Asker(port, cookies)
            print(f"\n{'page':58} {'p50':>6} {'p95':>6} {'SQL':>4} {'KB gz':>6}")
            for page in PAGES:
                if options.only and not any(word in page.title for word in options.only):
                    continue
                row = measure(page, asker, found, requests=requests)
                broken |= bool(row.broken)
                print(
                    f"{page.title[:58]:58} {row.p50:6.0f} {row.p95:6.0f} {row.statements:4} {row.kilobytes:6.1f}"
                    f"  {'; '.join(row.broken)}",
                    flush=True,
                )
            if seconds:
                load = mixed(port, cookies, found, rate=options.rate, seconds=seconds)
                p95 = percentile(load.milliseconds, 95)
                broken |= bool(load.errors) or p95 > MIXED_P95
                print(
                    f"\n{options.rate:.0f} requests a second for {seconds:.0f} s: p50 "
                    f"{statistics.median(load.milliseconds):.0f} ms, p95 {p95:.0f} ms, {len(load.errors)} errors"
                    f"{': ' + ', '.join(sorted(set(load.errors))[:5]) if load.errors else ''}"
                )
    return int(broken)


def _told_clean() -> bool:
    """Whether the invariants hold; figures of a shop that can't exist would be worth nothing."""
    from inventory.models import StockMovement
    from inventory.services.checking import check_stock
    from orders.invariants import INVARIANTS
    from orders.models import Order

    findings = check_stock(extra=INVARIANTS)
    print(f"{Order.objects.count()} orders, {StockMovement.objects.count()} ledger rows, {len(findings)} findings")
    for finding in findings:
        print(f"  {finding.invariant.code}: {finding.count}")
    return not findings


if __name__ == "__main__":
    sys.exit(main())
