"""What tests/test_stock_machine.py plays: the oracle, and the rules by which goods and orders move."""

import pytest

pytest.register_assert_rewrite("tests.stock_machine.oracle", "tests.stock_machine.goods", "tests.stock_machine.orders")
