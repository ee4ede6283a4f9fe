"""`python -m tests.moving.trial 0008_last_of_orders`: in a copy of the project whose contacts have moved, the written migrations run forward,
back and forward again in the shop `rose`; then everything is taken back."""

import contextlib
import io
import json
import sys

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.db.migrations.loader import MigrationLoader  # noqa: E402

from core.tenancy import in_schema  # noqa: E402


def tables(cursor):
    cursor.execute(
        "SELECT to_regclass(name)::text, (SELECT relkind::text FROM pg_class WHERE oid = to_regclass(name))"
        " FROM unnest(ARRAY['orders_contact', 'contacts_contact']) AS t(name)"
    )
    return {name: kind for name, kind in cursor.fetchall() if name}


def main():
    back = [("orders", sys.argv[1]), ("contacts", None)]
    said = {"checks": io.StringIO(), "tables": [], "names": []}
    contact = apps.get_model("contacts", "Contact")
    with contextlib.redirect_stdout(sys.stderr):
        try:
            call_command("makemigrations", check=True, dry_run=True, stdout=said["checks"])
            said["code"] = 0
        except SystemExit as end:
            said["code"] = end.code
        leaves = [node for node in MigrationLoader(None).graph.leaf_nodes() if node[0] in {"orders", "contacts"}]
        with in_schema("rose"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO orders_contact (name, phone, is_deleted, created_at) VALUES ('Ann', '', false, now())"
            )
            for targets in (leaves, back, leaves):
                MigrationExecutor(connection).migrate(targets)
                said["tables"].append(tables(cursor))
                if targets is leaves:
                    said["names"].append(list(contact.objects.filter(name="Ann").values_list("name", flat=True)))
            transaction.set_rollback(True)
    said["checks"] = said["checks"].getvalue()
    print(json.dumps(said))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
