"""Many shops on one server: how long it takes to make one, to look them all over, to migrate them, to back one up, and what
a connection that has visited all of them keeps in memory.

    python3 dev.py bench tenants [--shops 100] [--repeat 5] [--migrate 20]

`--shops 1000` is the full form and takes the better part of an hour. The ways of making a shop are taken in turns: from the
rendered text, by migrations, and by giving a name to a schema that was made beforehand (the least there could be); with
`--repeat 0` none is. The small migration adds a column in `--migrate` shops (0: all), two at a time, one of which has it
already and must fail alone. Ends with 1 when the text is less than four times faster than migrations, when
`migrate_tenants` with nothing to do takes more than 2 s, or the backup of an empty shop more than 5 s.
"""

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

NAME = "bench{:04d}"
SMALL_MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            ["ALTER TABLE products_product ADD COLUMN bench_note text"],
            ["ALTER TABLE products_product DROP COLUMN bench_note"],
        )
    ]
"""


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def main() -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench tenants")
    parser.add_argument("--shops", type=int, default=100)
    parser.add_argument("--repeat", type=int, default=5, help="how often each way of making a shop is measured")
    parser.add_argument("--migrate", type=int, default=20, help="how many shops get the small migration, 0 for all")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client as Browser
    from django.utils import timezone

    from core.daily import day_of_platform, do_day
    from core.jobs import Outcome
    from core.tenancy import in_public, in_schema
    from core.worker import Worker
    from customers.models import Client, SchemaTemplate
    from customers.services.auditing import audit
    from customers.services.backups import back_up
    from customers.services.platform import ensure_platform
    from customers.services.provisioning import provision_shop
    from customers.template import keep_template, render
    from products.models import Product

    def memory() -> int:
        """Bytes of this connection's process in the server."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(used_bytes) FROM pg_catalog.pg_backend_memory_contexts")
            return int(cursor.fetchone()[0])

    broken = False
    with in_public():
        ensure_platform()
        print(f"rendering the text: {timed(render):.2f} s")
        text = SchemaTemplate.objects.get()
        ways: dict[str, list[float]] = {"text": [], "migrations": [], "name for a ready schema": []}
        for turn in range(options.repeat):
            ways["text"].append(timed(lambda: provision_shop(schema_name=NAME.format(9000 + turn), name="Text")))  # noqa: B023
            SchemaTemplate.objects.all().delete()
            ways["migrations"].append(
                timed(lambda: provision_shop(schema_name=NAME.format(9100 + turn), name="Migrations"))  # noqa: B023
            )
            SchemaTemplate.objects.create(fingerprint=text.fingerprint, text=text.text)
            with connection.cursor() as cursor:
                old, new = NAME.format(9100 + turn), f"_ready_{turn}"
                ways["name for a ready schema"].append(
                    timed(lambda: cursor.execute(f"ALTER SCHEMA {old} RENAME TO {new}"))  # noqa: B023
                )
                cursor.execute(f"ALTER SCHEMA {new} RENAME TO {old}")
            print(f"  {turn + 1}/{options.repeat}", file=sys.stderr)
        if options.repeat:
            medians = {way: statistics.median(times) for way, times in ways.items()}
            for way, median in medians.items():
                print(f"making a shop, {way}: {median:.3f} s ({min(ways[way]):.3f} … {max(ways[way]):.3f})")
            ratio = medians["migrations"] / medians["text"]
            print(f"migrations ÷ text: {ratio:.1f}")
            broken |= ratio < 4

        keep_template()
        began = time.monotonic()
        for number in range(options.shops):
            provision_shop(schema_name=NAME.format(number), name=f"Shop {number}")
            if (number + 1) % 50 == 0:
                print(f"  {number + 1} shops, {time.monotonic() - began:.0f} s", file=sys.stderr)
        names = list(Client.objects.exclude(schema_name="public").values_list("schema_name", flat=True))
        each = (time.monotonic() - began) / max(options.shops, 1)
        print(f"\n{len(names)} shops, the last {options.shops} made in {each:.3f} s each")

        nothing = timed(lambda: call_command("migrate_tenants", stdout=io.StringIO()))
        print(f"migrate_tenants with nothing to do: {nothing:.2f} s")
        broken |= nothing > 2
        print(f"audit_tenants: {timed(lambda: audit(now=timezone.now())):.1f} s")
        connection.close()
        for what, now in (("first", timezone.now()), ("again", timezone.now())):
            days = [do_day(name, now=now) for name in ["public", *names]]
            broken |= any(day.errors for day in days)
            times = sorted(1000 * day.seconds for day in days[1:])
            print(
                f"the day's work of all shops, {what}: {sum(times) / 1000:.1f} s, a shop p50 {statistics.median(times):.0f} ms,"
                f" max {times[-1]:.0f} ms; its connection keeps {memory() / 1e6:.1f} MB"
            )
        day_of_platform.enqueue_once("bench")
        worker = Worker()
        took = timed(lambda: worker.run(once=True))
        done = worker.outcomes.total()
        print(
            f"the same by one worker, with the asking: {took:.1f} s for {done} jobs; it keeps {memory() / 1e6:.1f} MB"
        )
        broken |= set(worker.outcomes) != {Outcome.DONE} or done != len(names) + 1
        with tempfile.TemporaryDirectory() as folder:
            took = timed(lambda: back_up(names[0], folder=Path(folder), with_files=True, now=timezone.now()))
            print(f"backup of one empty shop: {took:.2f} s")
            broken |= took > 5
            SchemaTemplate.objects.update(fingerprint="none")
            took = timed(lambda: back_up(names[1], folder=Path(folder), with_files=True, now=timezone.now()))
            SchemaTemplate.objects.update(fingerprint=text.fingerprint)
            print(f"the same by pg_dump, where the shop is not like the template: {took:.2f} s")

        browser = Browser()
        answers: list[int] = []
        asked = [
            timed(lambda: answers.append(browser.get("/login/", HTTP_HOST=f"{name}.localhost").status_code))  # noqa: B023
            for name in names
        ]
        broken |= set(answers) != {200}
        print(f"first request of a shop: p50 {1000 * statistics.median(asked):.0f} ms, max {1000 * max(asked):.0f} ms")

        print(f"a connection after these requests, closed whenever it has seen enough shops: {memory() / 1e6:.1f} MB")
        connection.close()
        fresh = memory()
        for name in names:
            with in_schema(name):
                Product.objects.count()
        print(f"a connection: {fresh / 1e6:.1f} MB fresh, {memory() / 1e6:.1f} MB after one table of every shop")
        broken |= not small_migration(names[: options.migrate] if options.migrate else names)
    return int(broken)


def small_migration(names: list[str]) -> bool:
    """Migrate these shops by a migration that does next to nothing, with one that must fail; whether only that one did.
    Everything is afterwards as it was."""
    from django.conf import settings
    from django.db import connection

    from customers.models import Client, TenantOperation
    from customers.schema import code_fingerprint
    from customers.services.migrating import migrate_shops, outdated

    before = code_fingerprint()
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "bench_small"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "0001_note.py").write_text(SMALL_MIGRATION)
        sys.path.insert(0, folder)
        settings.MIGRATION_MODULES = {"reports": "bench_small"}
        code_fingerprint.cache_clear()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {names[0]}.products_product ADD COLUMN bench_note text")
        asked = timed(outdated)
        began = time.monotonic()
        done = []
        for shop in migrate_shops(names, workers=2):
            done.append(shop)
            print(
                f"  {len(done)}/{len(names)} {shop.schema_name} {shop.error or 'ok'} {shop.seconds:.1f} s",
                file=sys.stderr,
            )
        took = time.monotonic() - began
        print(
            f"a small migration of {len(names)} shops, two at a time: {took:.1f} s, {1000 * took / len(names):.0f} ms each;"
            f" who is behind was known in {1000 * asked:.0f} ms"
        )
        failed = [shop.schema_name for shop in done if shop.error]
        print(f"failed: {', '.join(failed)} (meant: {names[0]})")
        for name in names:
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE {name}.products_product DROP COLUMN bench_note")
                cursor.execute(f"DELETE FROM {name}.django_migrations WHERE app = 'reports'")  # noqa: S608
        settings.MIGRATION_MODULES = {}
        code_fingerprint.cache_clear()
        Client.objects.filter(schema_name__in=names).update(fingerprint=before)
        TenantOperation.objects.filter(schema_name__in=names, kind="migrate").delete()
    return failed == names[:1]


if __name__ == "__main__":
    sys.exit(main())
