"""A shop of its own for a measurement, made through the services and taken away afterwards."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bench_shop(name: str) -> Iterator[Callable[[], int]]:
    """Inside a fresh shop `bench_<name>`; gives a function that answers how many statements were sent so far.

    A shop left over from a broken run is dropped first.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
    import django

    django.setup()
    from django.db import connection

    from core.tenancy import in_public, in_schema
    from customers.models import Client
    from customers.services.provisioning import provision_shop

    schema = f"bench_{name}"

    def drop() -> None:
        with in_public(), connection.cursor() as cursor:
            Client.objects.filter(schema_name=schema).delete()
            cursor.execute(f'drop schema if exists "{schema}" cascade')

    sent = 0

    def count(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # Django's wrapper signature
        nonlocal sent
        sent += 1
        return execute(sql, params, many, context)

    drop()
    provision_shop(schema_name=schema, name=schema)
    try:
        with in_schema(schema), connection.execute_wrapper(count):
            yield lambda: sent
    finally:
        drop()
