"""The catalogue of a shop with 20,000 products: list, search, card, 5,000 prices changed at once, a file of 20,000 rows.

    python3 dev.py bench catalogue [--products 20000] [--rounds 30]

Pages are asked through Django's own test client, so what is measured is the program and the database without a network.
Ends with 1 when a list asks more than 12 statements, or the search takes longer than 150 ms at the 95th percentile.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from benchmarks.shop import bench_shop

LIST_STATEMENTS, CARD_STATEMENTS, SEARCH_MS = 12, 18, 150
FLOWERS = (
    "Роза",
    "Тюльпан",
    "Пион",
    "Гортензия",
    "Эвкалипт",
    "Хризантема",
    "Ранункулюс",
    "Гвоздика",
    "Лилия",
    "Фрезия",
)
VARIETIES = ("Фридом", "Аваланж", "Мондиаль", "Бомбастик", "Джульетта", "Пинк Мондиаль", "Эксплорер", "Каспер", "Барселона",
             "Стронг Голд", "Сара Бернар", "Клуни", "Цинерея", "Балтика", "Момоко", "Мисти Бабблз", "О'Хара", "Квиксенд")  # fmt: skip
SEARCHES = (
    "роза",
    "hjpf",
    "gortenziya",
    "гартензия",
    "аваланж 60",
    "ранункулус",
    "000123",
    "нет такого слова",
    "пион сара",
    "квиксэнд",
)


def goods(count: int) -> None:
    """Products with names as a shop has them, every one with a colour, a length, tags and a barcode in three."""
    from django.db import connection

    from products.domain.barcodes import check_digit
    from products.models import Barcode, Product

    with connection.cursor() as cursor:
        cursor.execute(
            "insert into products_productcategory (name, position, is_deleted)"
            " select 'Категория ' || n, n, false from generate_series(1, 60) n"
        )
        cursor.execute(
            "insert into products_product (name, sku, kind, unit, sale_price, vase_life_days, variety, colour, role,"
            "  notes, description, is_active, is_deleted, created_at, category_id, stem_length, minimum_stock)"
            " select (%(flowers)s::text[])[1 + n %% 10] || ' ' || (%(varieties)s::text[])[1 + n / 10 %% 18] || ' '"
            "        || 40 + n %% 6 * 10 || ' см, ферма ' || n / 180, lpad(n::text, 6, '0'), 'flower', 'stem', 60 + n %% 430,"
            "        10, (%(varieties)s::text[])[1 + n / 10 %% 18], (array['red','white','pink','yellow'])[1 + n %% 4], 'focal',"
            "        '', '', true, false, now(), c.id, 40 + n %% 6 * 10, 5 + n %% 40"
            "  from generate_series(1, %(count)s) n"
            "  join (select id, row_number() over (order by id) - 1 as i from products_productcategory) c on c.i = n %% 60",
            {"flowers": list(FLOWERS), "varieties": list(VARIETIES), "count": count},
        )
        cursor.execute(
            "insert into products_producttag (name, is_deleted) select 'метка ' || n, false from generate_series(0, 6) n"
        )
        cursor.execute(
            "insert into products_producttagging (product_id, tag_id)"
            " select p.id, t.id from products_product p join products_producttag t on t.name = 'метка ' || p.id % 7"
        )
        cursor.execute(
            "insert into inventory_stock (product_id, warehouse_id, quantity, reserved, short, value, version)"
            " select p.id, w.id, 0, 0, 0, 0, 0 from products_product p cross join inventory_warehouse w where p.id % 2 = 0"
        )
    keys = Product.objects.order_by("pk").values_list("pk", flat=True)[::3]
    digits = [f"460{key:09d}" for key in keys]
    Barcode.objects.bulk_create(
        [Barcode(product_id=key, code=each + check_digit(each)) for key, each in zip(keys, digits, strict=True)],
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute("analyze")


def spread(work: Callable[[int], Any], rounds: int) -> tuple[float, float]:
    """The median and the 95th percentile of the work, milliseconds."""
    took = []
    for number in range(rounds):
        began = time.monotonic()
        work(number)
        took.append((time.monotonic() - began) * 1000)
    return statistics.median(took), sorted(took)[max(int(rounds * 0.95) - 1, 0)]


def main() -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench catalogue")
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with bench_shop("catalogue") as sent:
        from django.conf import settings
        from django.test.utils import override_settings

        # Names of static files as they are in the sources: nothing is collected for this.
        plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
        with override_settings(STORAGES={**settings.STORAGES, **plain}, ALLOWED_HOSTS=["*"]):
            broken = measure(options.products, options.rounds, sent)
    return int(broken)


def measure(count: int, rounds: int, sent: Callable[[], int]) -> bool:
    """Print the table; whether a limit is broken."""
    from django.db import connection
    from django_tenants.test.client import TenantClient

    from accounts.models import User
    from core.sheets import write_csv, write_xlsx
    from core.transactions import run
    from customers.models import Client
    from products.domain.prices import Change, Rounding, Way
    from products.models import Product
    from products.services.exporting import export_header, export_rows
    from products.services.prices import change_prices, fingerprint, last_change, plan_of, undo_prices

    schema = connection.schema_name
    began = time.monotonic()
    goods(count)
    owner = User.objects.create_user("bench", name="Bench", role="owner")
    print(f"{count} products made in {time.monotonic() - began:.1f} s\n")
    browser = TenantClient(Client.objects.get(schema_name=schema))
    browser.force_login(owner)
    some = list(Product.objects.values_list("pk", flat=True).order_by("pk")[:: max(count // 50, 1)])
    broken = False

    def ask(path: str) -> None:
        answer = browser.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")

    def line(
        name: str, work: Callable[[int], Any], *, statements: int | None = None, most: float | None = None
    ) -> None:
        nonlocal broken
        work(0)
        before = sent()
        work(0)
        asked = sent() - before
        middle, late = spread(work, rounds)
        over = (statements is not None and asked > statements) or (most is not None and late > most)
        broken |= over
        print(f"{name:44} p50 {middle:7.1f} ms   p95 {late:7.1f} ms   {asked:3} statements{'   OVER' if over else ''}")

    line("list", lambda _n: ask("/catalogue/"), statements=LIST_STATEMENTS)
    line("list, by kind, colour, tag and stock", lambda _n: ask("/catalogue/?kind=flower&colour=red&tag=метка+1&stock=low"), statements=LIST_STATEMENTS)  # fmt: skip
    line("list, searched", lambda n: ask(f"/catalogue/?q={SEARCHES[n % len(SEARCHES)]}"), statements=LIST_STATEMENTS)
    line("card", lambda n: ask(f"/catalogue/{some[n % len(some)]}/"), statements=CARD_STATEMENTS)
    line(
        "search everywhere",
        lambda n: ask(f"/search/?q={SEARCHES[n % len(SEARCHES)]}"),
        statements=LIST_STATEMENTS,
        most=SEARCH_MS,
    )
    for text in SEARCHES:
        line(f"  “{text}”", lambda _n, text=text: ask(f"/search/?q={text}"))  # type: ignore[misc]

    def once(name: str, work: Callable[[], Any]) -> Any:
        before, started = sent(), time.monotonic()
        result = work()
        print(f"{name:44} {time.monotonic() - started:7.2f} s    {sent() - before:26} statements")
        return result

    print()
    keys = list(Product.objects.values_list("pk", flat=True)[:5000])
    change = Change(Way.UP, Decimal(10), Rounding.TEN)
    once(
        f"preview of {len(keys)} prices (page)",
        lambda: ask("/catalogue/prices/?way=up&amount=10&rounding=10&colour=red"),
    )
    seen, since = fingerprint(plan_of(keys, change)), last_change()
    operation, _count = once(f"{len(keys)} prices changed", lambda: run(lambda: change_prices(keys, change, seen=seen, since=since, by=owner)))  # fmt: skip
    once(f"{len(keys)} prices taken back", lambda: run(lambda: undo_prices(operation, by=owner)))
    rows = once(
        f"export of {count} as rows", lambda: list(export_rows(Product.objects.order_by("pk"), yes="да", no="нет"))
    )
    content = once("  as CSV", lambda: b"".join(write_csv(export_header(), rows)))
    book = once("  as XLSX", lambda: write_xlsx(export_header(), rows, title="x"))
    import_whole(once, content, "CSV", owner)
    import_whole(once, book, "XLSX", owner)
    return broken


def import_whole(once: Callable[[str, Callable[[], Any]], Any], content: bytes, kind: str, owner: Any) -> None:
    """A file of all products, with another price in each: read, looked at, imported, taken back."""
    from django.utils import timezone

    from core.sheets import read_table
    from core.transactions import run
    from products.columns import recognised
    from products.models import Product
    from products.services.importing import apply_import, keep_file, plan_import, undo_import

    Product.objects.update(sale_price=7)
    table = once(f"{kind}: read", lambda: read_table(content))
    kept = keep_file(table, name="goods", columns=recognised(table.header), by=owner)
    plan = once(f"{kind}: looked at, {len(table.rows)} rows", lambda: plan_import(kept))
    if plan.problems or plan.changed != len(table.rows):
        raise RuntimeError(f"{len(plan.problems)} problems, {plan.changed} changed: {plan.problems[:3]}")
    once(f"{kind}: imported", lambda: run(lambda: apply_import(kept, seen=plan.fingerprint, by=owner)))
    once(f"{kind}: taken back", lambda: run(lambda: undo_import(kept.pk, by=owner, now=timezone.now())))


if __name__ == "__main__":
    sys.exit(main())
