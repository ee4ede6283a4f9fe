"""Defects put into a copy of the project on purpose. Each must be caught by a named test, else the tests prove nothing."""

import os
import re
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.broken_copy import run_on_broken_copy
from tests.chaos.crew import Report, say

ISSUE = "inventory/engine/sql/stock_issue_0002.sql"
SELL = "inventory/engine/sql/stock_sell_0002.sql"
RECEIVE = "inventory/engine/sql/stock_receive_0002.sql"
COMPLETE = "orders/engine/sql/order_complete_0003.sql"
STOCKS = "inventory/services/stocks.py"
ORDERS = "orders/services/stock_sync.py"


@dataclass(frozen=True)
class Mutation:
    """A defect: what it is, where it is put in (file → old text, new text), and the test that must fail."""

    defect: str
    edits: dict[str, tuple[str, str]]
    test: str


MUTATIONS = {
    "M-1": Mutation(
        "a sale does not lock the stock rows",
        {
            ISSUE: ("order by id for no key update", "order by id"),
            SELL: ("      order by id for no key update", "      order by id"),
        },
        "tests/test_races.py::test_the_last_roses_are_sold_once",
    ),
    "M-2": Mutation(
        "stock rows are locked in any order",
        {STOCKS: ('filter(pk__in=sorted(set(ids))).order_by("pk")', 'filter(pk__in=sorted(set(ids))).order_by("-pk")')},
        "tests/test_lock_order.py::test_stocks_are_locked_from_the_lowest_key_on",
    ),
    "M-2 in SQL": Mutation(
        "the SQL function locks the stock rows in any order",
        {SELL: ("      order by id for no key update", "      order by id desc for no key update")},
        "tests/test_lock_order.py::test_stocks_are_locked_from_the_lowest_key_on",
    ),
    "M-3": Mutation(
        "an order is not locked while it is completed or cancelled",
        {
            COMPLETE: ("where id = p_order for no key update", "where id = p_order"),
            ORDERS: (
                'return Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)',
                "return Order.objects.get(pk=order.pk)",
            ),
        },
        "tests/test_races.py::test_completing_against_cancelling_ends_in_one_of_the_two",
    ),
    "M-4": Mutation(
        "nothing in the database forbids a second live sale of a demand",
        {
            "inventory/migrations/0001_initial.py": (
                "                    models.UniqueConstraint(\n"
                '                        condition=models.Q(("demand__isnull", False), ("reversed_at__isnull", True)),\n'
                '                        fields=("demand",),\n'
                '                        name="sale_one_live_per_demand",\n',
                "                    models.CheckConstraint(\n"
                '                        condition=models.Q(("quantity__gt", -1)), name="sale_one_live_per_demand",\n',
            ),
        },
        "tests/test_lock_order.py::test_the_database_itself_refuses_a_second_live_sale",
    ),
    "M-5": Mutation(
        "a reservation that is saved again is taken from the stock again",
        {
            "inventory/signals.py": (
                "        bring_reserved_in_line(instance.stock_id)\n",
                "        from django.db.models import F\n"
                "        from inventory.models import Stock\n"
                "        if not instance.is_active:\n"
                "            Stock.objects.filter(pk=instance.stock_id).update("
                "quantity=F('quantity') - instance.quantity)\n",
            )
        },
        "orders/tests/test_double_sale.py",
    ),
    "M-6": Mutation(
        "a receipt does not cover what was sold before it was entered",
        {RECEIVE: ("        perform stock_cover(in_need, p_by, p_on, p_at);\n", "        null;\n")},
        "inventory/tests/test_engine.py::test_goods_sold_before_entry_get_their_true_cost_from_the_receipt",
    ),
    "M-6 at random": Mutation(
        "the same, found by the machine that knows nothing of it",
        {RECEIVE: ("        perform stock_cover(in_need, p_by, p_on, p_at);\n", "        null;\n")},
        "tests/test_stock_machine.py::test_any_sequence_of_services_keeps_the_stock_right",
    ),
    "M-7": Mutation(
        "the cost of a piece is rounded before it is multiplied",
        {ISSUE: ("round(batch_worth * take / batch_left, 4)", "round(batch_worth / batch_left, 2) * take")},
        "inventory/tests/test_engine.py::test_issue_takes_what_the_plain_rule_takes",
    ),
    "M-8": Mutation(
        "the locking query is made and never sent",
        {
            STOCKS: (
                '.filter(pk__in=sorted(set(ids))).order_by("pk")\n    return {row.pk: row for row in rows}',
                '.filter(pk__in=(keys := sorted(set(ids)))).order_by("pk")\n'
                "    return {row.pk: row for row in Stock.objects.filter(pk__in=keys)}",
            )
        },
        "tests/test_lock_order.py::test_stocks_are_locked_from_the_lowest_key_on",
    ),
}


def caught(mutation: Mutation) -> tuple[bool, str]:
    """Whether the named test fails on the broken copy by an assertion of its own; and the end of what pytest said."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        outcome = run_on_broken_copy(Path(folder), mutation.edits, mutation.test)
    said = outcome.stdout + outcome.stderr
    name = mutation.test.rpartition("::")[2].rpartition("/")[2]
    # 1 is "tests failed"; anything else means that pytest itself could not run, which proves nothing.
    return outcome.returncode == 1 and name in said and re.search(r"\b\d+ error", said) is None, said[-600:]


def mutations(chosen: Iterable[str] = ()) -> Report:
    """Put in each defect in turn."""
    names = list(chosen) or list(MUTATIONS)
    os.environ.setdefault("STOCK_MACHINE", "60x40")  # chance needs room to find a defect for certain
    report = Report(f"mutations: {len(names)} defects")
    for name in names:
        mutation = MUTATIONS[name]
        started = time.monotonic()
        is_caught, said = caught(mutation)
        seconds = time.monotonic() - started
        test = mutation.test.rpartition("::")[2]
        report.figures[name] = (
            f"{mutation.defect}: {'caught by ' + test if is_caught else 'NOT CAUGHT'}, {seconds:.0f} s"
        )
        report.expect(is_caught, f"{name} was not caught by {mutation.test}: {said}")
        say(f"{name}: {'caught' if is_caught else 'NOT CAUGHT'} after {seconds:.0f} s")
    return report
