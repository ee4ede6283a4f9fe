"""The one way into a shop and out again.

django-tenants has two shorter forms, `with client:` and `@schema_context(…)` as a decorator. Both keep their way back
on an object that threads share: two threads came out in each other's shop. A test forbids them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django_tenants.utils import get_public_schema_name, schema_context

# django-tenants' backend adds schema_name, set_tenant() and more, which Django's types do not know.
tenant_connection: Any = connection
# PostgreSQL keeps what it knows of every table that a connection ever touched: some 0.2 MB for the pages of one shop.
SHOPS_PER_CONNECTION = 200


@contextmanager
def in_schema(name: str) -> Iterator[None]:
    """Run a block in the schema `name`, a shop's or the public one. Evaluate querysets inside the block."""
    with schema_context(name):
        yield


@contextmanager
def in_public() -> Iterator[None]:
    """Run a block in the platform's own schema."""
    with schema_context(get_public_schema_name()):
        yield


def current_schema_name() -> str:
    """The schema that queries of this thread go to."""
    return str(tenant_connection.schema_name)


def require_shop() -> str:
    """The current shop's schema. Raises RuntimeError in the public schema: shop work never runs there."""
    name = current_schema_name()
    if name == get_public_schema_name():
        raise RuntimeError("This work belongs to a shop, but no shop is set. Enter one with core.tenancy.in_schema().")
    return name


def leave_room_for(schema_name: str) -> None:
    """A connection that has been in very many shops is closed before it enters one more; the next query opens another."""
    by, visited = getattr(tenant_connection, "visited", (None, None))
    if visited is None or by is not connection.connection:
        # Of a thread that has none yet, the connection is None: what is opened later begins its own count.
        visited = set()
        tenant_connection.visited = connection.connection, visited
    if len(visited) >= SHOPS_PER_CONNECTION and schema_name not in visited and not connection.in_atomic_block:
        connection.close()
        visited.clear()
    visited.add(schema_name)


def after_commit(work: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call `work` after the commit, in the schema of now: Django's own on_commit runs in the schema of then.

    What fails there is logged and stops nothing: the commit stands.
    """
    transaction.on_commit(_here(work, *args, **kwargs), robust=True)


def with_commit(work: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Likewise, but an error reaches whoever commits: for work without which the commit must be taken back."""
    transaction.on_commit(_here(work, *args, **kwargs))


def _here(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], None]:
    name = current_schema_name()

    def run() -> None:
        with in_schema(name):
            work(*args, **kwargs)

    return run
