"""Real baskets through the real services: receipts, orders confirmed, reserved and completed, one after the other.

    python3 dev.py bench replay_baskets FILE [--limit N]

FILE has the columns order_no,item_code; the same item twice in a basket stays two lines; codes that differ only in case
are one item, as SKUs are. What the file does not say
follows a fixed rule: quantity = 1 + crc32("order:line:item") % 12 units; the price of an item is 20 + crc32(item) % 180
plus crc32(item) % 100 kopecks; every item comes in three receipts of a third of the need each (rounded up), at
40 %, 45 % and 50 % of its price. Afterwards the written-off cost of every sale is compared with a FIFO queue computed
here from the file alone, and `check_stock` is asked.
"""

import argparse
import csv
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

from benchmarks.shop import bench_shop

CENT = Decimal("0.01")
SHARES = (Decimal("0.40"), Decimal("0.45"), Decimal("0.50"))


def quantity(order: str, line: int, item: str) -> int:
    """Units of one line."""
    return 1 + crc32(f"{order}:{line}:{item}".encode()) % 12


def price(item: str) -> Decimal:
    """Money for one unit, 2 decimals."""
    number = crc32(item.encode())
    return Decimal(20 + number % 180) + Decimal(number % 100) / 100


def unit_costs(item: str) -> list[Decimal]:
    """Cost per unit of the item's three receipts, 2 decimals."""
    return [(price(item) * share).quantize(CENT, ROUND_HALF_UP) for share in SHARES]


def read(path: Path, limit: int | None) -> list[tuple[str, list[str]]]:
    """(order number, item codes) in the order of the file."""
    baskets: dict[str, list[str]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            baskets.setdefault(row["order_no"], []).append(row["item_code"].upper())
    return list(baskets.items())[:limit]


def expected(baskets: list[tuple[str, list[str]]], need: dict[str, int]) -> tuple[int, Decimal, Decimal]:
    """Units, cost and money of all sales by a FIFO queue per item, from the file alone."""
    queues = {item: deque([-(-units // 3), cost] for cost in unit_costs(item)) for item, units in need.items()}
    units, cost, money = 0, Decimal(0), Decimal(0)
    for order, items in baskets:
        for line, item in enumerate(items):
            wanted = quantity(order, line, item)
            units += wanted
            money += wanted * price(item)
            while wanted:
                batch = queues[item][0]
                take = min(wanted, batch[0])
                batch[0] -= take
                wanted -= take
                cost += take * batch[1]
                if not batch[0]:
                    queues[item].popleft()
    return units, cost, money


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, help="only the first N baskets")
    options = parser.parse_args()
    baskets = read(options.file, options.limit)
    need: dict[str, int] = defaultdict(int)
    for order, items in baskets:
        for line, item in enumerate(items):
            need[item] += quantity(order, line, item)
    lines = sum(len(items) for _order, items in baskets)
    print(f"{len(baskets)} baskets, {lines} lines, {len(need)} items")
    with bench_shop("replay") as count:
        return replay(baskets, need, lines, count)


def replay(baskets: list[tuple[str, list[str]]], need: dict[str, int], lines: int, count: Any) -> int:
    from django.db.models import Sum
    from django.utils import timezone

    from core.transactions import run
    from inventory.models import Sale, Stock, Warehouse
    from inventory.services.checking import check_stock
    from inventory.services.receiving import ReceiptLineInput, post_receipt
    from orders.invariants import INVARIANTS
    from orders.models import Order
    from orders.services.lifecycle import complete_order, confirm_order
    from orders.services.placing import LineInput, OrderInput, place_order
    from products.models import Product, Unit

    warehouse = Warehouse.objects.get(is_default=True)
    products = {
        product.sku: product
        for product in Product.objects.bulk_create(
            Product(name=item, sku=item, sale_price=price(item), unit=Unit.PIECE) for item in need
        )
    }
    started = time.perf_counter()
    today = timezone.localdate()
    for number in range(3):
        received = timezone.now() - timedelta(days=10 - number)
        wanted = [
            ReceiptLineInput(products[item], Decimal(-(-units // 3)), unit_costs(item)[number])
            for item, units in need.items()
        ]
        run(partial(post_receipt, warehouse=warehouse, lines=wanted, received_at=received))
    print(f"3 receipts of {len(need)} lines in {time.perf_counter() - started:.1f} s")

    steps = {"place": 0.0, "confirm": 0.0, "complete": 0.0}
    statements = {"place": 0, "confirm": 0, "complete": 0}

    def timed(step: str, work: Callable[[], Any]) -> Any:
        before, clock = count(), time.perf_counter()
        answer = run(work)
        steps[step] += time.perf_counter() - clock
        statements[step] += count() - before
        return answer

    begun = time.perf_counter()
    for done, (order_no, items) in enumerate(baskets, start=1):
        taken = OrderInput(
            due_on=today,
            lines=[
                LineInput(quantity=Decimal(quantity(order_no, line, item)), product=products[item])
                for line, item in enumerate(items)
            ],
        )
        order = timed("place", partial(place_order, taken))
        timed("confirm", partial(confirm_order, order))
        timed("complete", partial(complete_order, order))
        if done % 250 == 0:
            rate = done / (time.perf_counter() - begun)
            print(f"  {done}/{len(baskets)} orders, {rate:.1f} orders/s", file=sys.stderr)
    seconds = time.perf_counter() - begun

    print(f"\n{len(baskets)} orders, {lines} lines in {seconds:.1f} s: "
          f"{len(baskets) / seconds:.1f} orders/s, {lines / seconds:.0f} lines/s")  # fmt: skip
    print(f"{'step':<10}{'ms/order':>10}{'statements/order':>18}")
    for step, took in steps.items():
        print(f"{step:<10}{took / len(baskets) * 1000:>10.1f}{statements[step] / len(baskets):>18.1f}")

    units, cost, money = expected(baskets, need)
    sold = Sale.objects.filter(reversed_at__isnull=True).aggregate(
        units=Sum("quantity"), cost=Sum("cost"), money=Sum("amount")
    )
    left = Stock.objects.aggregate(units=Sum("quantity"), value=Sum("value"))
    received_units = sum(3 * -(-total // 3) for total in need.values())
    received_cost = sum(
        (-(-total // 3) * unit_cost for item, total in need.items() for unit_cost in unit_costs(item)), Decimal(0)
    )
    checks = [
        ("orders completed", Order.objects.filter(status__category="completed").count(), len(baskets)),
        ("units sold", sold["units"], units),
        ("cost of sales", sold["cost"], cost),
        ("money of sales", sold["money"], money),
        ("units left", left["units"], received_units - units),
        ("value left", left["value"], received_cost - cost),
    ]
    failed = False
    print(f"\n{'figure':<20}{'stock engine':>20}{'from the file':>20}")
    for name, ours, theirs in checks:
        failed = failed or ours != theirs
        print(f"{name:<20}{ours!s:>20}{theirs!s:>20}{'' if ours == theirs else '  DIFFERS'}")
    clock = time.perf_counter()
    findings = check_stock(extra=INVARIANTS)
    print(f"\ncheck_stock: {findings or 'clean'} in {time.perf_counter() - clock:.1f} s")
    return 1 if failed or findings else 0


if __name__ == "__main__":
    sys.exit(main())
