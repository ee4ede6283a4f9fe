"""How long `check_stock` takes over a million ledger rows, and that it sees one row among them that is wrong.

    python3 dev.py bench check_stock [--orders 124000] [--limit 60]

The shop is the one of the page benchmark with twice the orders. Ends with 1 when the check takes longer than `--limit`
seconds, finds something in a sound shop, or overlooks the falsified row.
"""

import argparse
import sys
import time
from dataclasses import replace

from benchmarks import mass
from benchmarks.shop import bench_shop


def main() -> int:
    """Gives the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py bench check_stock")
    parser.add_argument("--orders", type=int, default=124_000, help="8.1 ledger rows each")
    parser.add_argument("--limit", type=float, default=60, help="seconds")
    options = parser.parse_args()
    began = time.monotonic()
    with bench_shop("check"):
        from django.db import connection
        from django.utils import timezone

        from accounts.models import User
        from inventory.models import Stock, StockMovement
        from inventory.services.checking import INVARIANTS, check_stock
        from orders.invariants import INVARIANTS as OF_ORDERS

        user = User.objects.create_user("bench", name="Bench", role="seller")
        mass.build(replace(mass.REFERENCE, orders=options.orders), now=timezone.now(), by=user.pk)
        print(f"made in {time.monotonic() - began:.0f} s: {StockMovement.objects.count()} ledger rows", flush=True)

        took: list[float] = []

        def clock(execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # Django's wrapper signature
            started = time.monotonic()
            try:
                return execute(sql, params, many, context)
            finally:
                if sql.lstrip().startswith(("select", "with")):
                    took.append(time.monotonic() - started)

        started = time.monotonic()
        with connection.execute_wrapper(clock):
            findings = check_stock(extra=OF_ORDERS)
        seconds = time.monotonic() - started
        names = [invariant.code for invariant in (*INVARIANTS, *OF_ORDERS)]
        slowest = sorted(zip(took, names, strict=True), reverse=True)[:5]
        print(f"check_stock: {len(names)} invariants in {seconds:.1f} s, {len(findings)} findings")
        for duration, name in slowest:
            print(f"  {name:32} {duration:5.1f} s")
        broken = bool(findings) or seconds > options.limit

        falsified = Stock.objects.filter(quantity__gt=1).latest("pk")
        Stock.objects.filter(pk=falsified.pk).update(quantity=falsified.quantity - 1)
        seen = [row for finding in check_stock() for row in finding.examples if row[0] == falsified.pk]
        print(f"one falsified stock row: {'seen' if seen else 'OVERLOOKED'}")
    return int(broken or not seen)


if __name__ == "__main__":
    sys.exit(main())
