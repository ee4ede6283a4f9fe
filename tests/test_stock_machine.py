"""Everything that moves goods, in any order, against a plain oracle: one step, then every invariant.

The oracle is in stock_machine/oracle.py, the rules are in goods.py and orders.py beside it. A new service gets a rule
there; `test_every_service_that_moves_goods_has_a_rule` names those that have none. Longer:

    STOCK_MACHINE=500x50 python3 dev.py test tests/test_stock_machine.py      # examples × steps
    STOCK_MACHINE=500x50:1234 …                                               # the same ones again: the printed seed
"""

import ast
import os
import random
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import get_state_machine_test, initialize

from tests.stock_machine.goods import Goods
from tests.stock_machine.oracle import many, wishes
from tests.stock_machine.orders import Orders


class StockMachine(Goods, Orders):
    @initialize(quantities=st.lists(many, min_size=4, max_size=6), wanted=st.lists(wishes, min_size=1, max_size=3))
    def open_the_shop(self, quantities, wanted):
        """Goods on some shelves and a few orders, so that a short sequence is about something."""
        for number, quantity in enumerate(quantities):
            self.receive_stock(number=number, quantity=quantity, cost=Decimal("1.0001") * (number + 1))
        for number, lines in enumerate(wanted):
            self.place_order(wanted=lines, where=0, ahead=number, off=number * 10, sent=False, confirm=bool(number))


def profile() -> tuple[int, int, int]:
    """Examples, steps in each, seed: of STOCK_MACHINE, else a short run with a seed of its own."""
    sizes, _colon, chosen = os.environ.get("STOCK_MACHINE", "20x25").partition(":")
    examples, _x, steps = sizes.partition("x")
    return int(examples), int(steps), int(chosen or random.randrange(10**9))  # noqa: S311 - a seed


@pytest.mark.slow
def test_any_sequence_of_services_keeps_the_stock_right(shop):
    examples, steps, number = profile()
    # pytest shows it when the test fails, or with -s
    sys.stdout.write(f"\nSTOCK_MACHINE={examples}x{steps}:{number}\n")
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        # Shrinking takes minutes: give the printed seed for it.
        phases=[Phase.generate, Phase.shrink] if ":" in os.environ.get("STOCK_MACHINE", "") else [Phase.generate],
        print_blob=True,
    )
    seed(number)(get_state_machine_test(StockMachine, settings=chosen))()


# Services without a rule of their own, and why.
WITHOUT_A_RULE = {
    "refresh_total": "money of the order only",
    "usual_work": "reckons",
    "reserve_due": "confirming an order calls it",
    "waiting_demands": "reads",
    "checked_reservation": "reads",
    "refuse_what_can_not_be_held": "save_a_reservation calls it",
    "sell_demands": "completing an order calls it",
    "lock_stocks": "locks",
    "lock_stocks_of_demands": "locks",
    "lock_stocks_of_sales": "locks",
    "lock_order": "locks",
    "lock_stocks_of_order": "locks",
    "lock_orders_with_stocks": "locks",
    "set_reserved": "save_a_reservation and every promise call it",
    "bring_reserved_in_line": "save_a_reservation calls it",
    "bring_stock_to": "set_status calls it",
    "refuse_unless_reserved": "reads",
    "checked_quantity": "reads",
    "refusing_taken": "names of places",
    "step_order": "set_status with more refusals",
    "undo_step": "set_status with more refusals",
    "refuse_if_closed": "delete_a_line calls it",
    "let_go": "delete_a_line calls it",
    "status_of": "reads",
    "process": "type_in_a_sale calls it",
    "hold_live_warehouses": "locks",
    "refuse_deleted_products": "reads",
    "refuse_foreign_batch": "reads",
    "closed_upto": "reads",
    "hold_periods": "locks",
    "open_stock_takes": "reads",
    "open_shortages": "reads",
    "pack_so": "says how goods are packed; moves none",
    "pack_no_more": "says how goods are packed; moves none",
    "owed_in": "reads",
    "save_warehouse": "names and settings; what it refuses has a rule",
    "bouquet_as_made": "reads",
    "undo_assembly": "take_apart for every bouquet",
    "put_together": "assemble and repair call it",
    "new_disassembly": "take_apart and repair call it",
    "take_from_shelf": "take_apart and repair call it",
    "stems_back": "take_apart and repair call it",
    "record": "take_apart and repair call it",
    "spoil": "take_apart and repair call it",
    "check_bouquets": "reads",
    "free_in": "reads",
    "check_spoiled": "reads",
    "refuse_part_of_itself": "reads",
    "hold_until": "change_order calls it",
    "end_overdue": "let_go_of calls it",
    "overdue": "reads",
    "still_held": "reads",
    "end_reservations": "let_go_of for every order",
    "take_back": "return_sale for every line; tests/test_document_races.py has what it adds",
}
RULES = Path(__file__).with_name("stock_machine")
FOLDERS = (
    "inventory/services/*.py",
    "orders/services/holding.py",
    "orders/services/l*.py",
    "orders/services/placing.py",
    "orders/services/stock_sync.py",
)


def test_every_service_that_moves_goods_has_a_rule():
    """A new service: add a rule to the machine, an operation to tests/chaos/operations.py, or a reason above."""
    root = Path(django_settings.BASE_DIR)
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for file in RULES.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    } | {"cancel_demands", "release"}  # called through a choice
    services = set()
    for file in (file for pattern in FOLDERS for file in root.glob(pattern)):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        processors = [node for node in top if isinstance(node, ast.ClassDef) and node.name.endswith("Processor")]
        for node in [*top, *(node for processor in processors for node in processor.body)]:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                services.add(node.name)
    missing = services - called - set(WITHOUT_A_RULE)
    assert not missing, f"without a rule: {sorted(missing)}"
    assert set(WITHOUT_A_RULE) <= services, "left over in WITHOUT_A_RULE"
