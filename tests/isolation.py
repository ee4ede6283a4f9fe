"""Two shops side by side for the tests of the wall: twins, a neighbour full of marked rows, every address there is."""

import re
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Concat, Left
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils import timezone

from accounts.models import User
from core.tenancy import in_schema

MARK = "of-tulip"
# The first key of every table of the neighbour: a row there, nothing here.
KEY = 700001


def twins() -> dict[str, User]:
    """The same person with the same key and password hash in both shops: what a copied schema would hold."""
    made = {}
    for schema in ("rose", "tulip"):
        with in_schema(schema):
            user = User(pk=4242, username="twin", email="twin@example.com", role="owner", language="en")
            user.password = "md5$salt$2f1c8b4e6d0a"
            user.save(force_insert=True)
            made[schema] = user
    return made


def start_keys_high(schema: str) -> None:
    """Let the keys of all tables of a shop begin at KEY. Taken back with the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('ALTER TABLE %%I.%%I ALTER COLUMN %%I RESTART WITH %%s', n.nspname, c.relname, a.attname, %s)"
            "  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND a.attidentity <> '' AND c.relkind = 'r'",
            [KEY, schema],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def mark_names() -> int:
    """Put MARK behind every name in the current shop; answers with how many rows carry it."""
    marked = 0
    for model in apps.get_models():
        if model._meta.app_label not in {"accounts", "products", "inventory", "orders"}:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField) and re.search(r"name$|^number$|^label$", field.name):
                room = (field.max_length or 10_000) - len(MARK) - 1
                if room > 20 and not field.choices and field.name != "username":
                    manager = getattr(model, "all_objects", model._default_manager)
                    marked += manager.exclude(**{field.name: ""}).update(
                        **{field.name: Concat(Left(field.name, room), Value(f" {MARK}"))}
                    )
    return marked


def fill_neighbour() -> User:
    """Goods, orders and people in the current shop, every name marked; answers with its owner."""
    from orders import demo

    start_keys_high(connection.schema_name)
    owner = User.objects.create_user(
        f"{MARK}-owner", f"{MARK}@example.com", "iris-and-lily-7", role="owner", language="en", name="Ada"
    )
    demo.fill_goods(by=owner, now=timezone.now())
    assert mark_names() > 40
    owner.refresh_from_db()
    return owner


def routes(urlconf: str) -> list[tuple[str, URLPattern]]:
    """Every address of a URLconf as a template, `orders/<int:pk>/edit/`, with its pattern."""

    def walk(resolver: Any, prefix: str) -> Any:
        for entry in resolver.url_patterns:
            text = str(entry.pattern) if isinstance(entry.pattern, RoutePattern) else _plain(str(entry.pattern))
            if isinstance(entry, URLResolver):
                yield from walk(entry, prefix + text)
            elif isinstance(entry, URLPattern):
                yield prefix + text, entry

    return list(walk(get_resolver(urlconf), ""))


def _plain(regex: str) -> str:
    """The admin's one regular expression, with its first alternative."""
    return re.sub(r"\(\?P<\w+>([^|)]*)[^)]*\)", r"\1", regex).strip("^$").replace("\\Z", "")


def keys_of(route: str) -> list[str]:
    """The converters in a template: `int:pk`."""
    return re.findall(r"<([\w:]+)>", route)


def filled(route: str, values: dict[str, str]) -> str:
    """The path for a template. A key that nobody gave a value fails: a new kind of key needs a thought."""

    def one(found: re.Match[str]) -> str:
        kind, _colon, name = found[1].rpartition(":")
        if kind == "int":
            return str(KEY)
        assert name in values, f"say in the test what a foreign {found[1]} is ({route})"
        return values[name]

    return "/" + re.sub(r"<([\w:]+)>", one, route)


class Page(HTMLParser):
    """Links and forms of a page."""

    def __init__(self, path: str, html: str) -> None:
        super().__init__()
        self.path = path
        self.links: set[str] = set()
        self.forms: list[tuple[str, str, dict[str, list[str]]]] = []  # method, address, fields
        self._select: str | None = None
        self._area: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in ("href", "src", "hx-get", "action", "formaction", "hx-post"):
            if given.get(name, "").startswith(("/", "?")):
                self.links.add(
                    given[name] if given[name].startswith("/") else self.path.partition("?")[0] + given[name]
                )
        if tag == "form":
            self.forms.append((given.get("method", "get").lower(), given.get("action") or self.path, {}))
        if not self.forms:
            return
        fields = self.forms[-1][2]
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and given.get("value"):
            fields.setdefault(self._select, [given["value"]])  # the first that means something
        elif tag == "textarea":
            self._area = name
        elif name and tag in {"input", "button"} and given.get("type") != "file":
            fields.setdefault(name, []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1][2][self._area] = [data]
            self._area = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None


def fingerprint(schema: str) -> dict[str, str]:
    """A hash of every table of a schema: two equal ones mean that nothing was changed there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), \'\')) FROM "{schema}"."{table}" t'  # noqa: S608
            )
            found[table] = cursor.fetchone()[0]
    return found
