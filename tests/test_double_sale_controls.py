"""The test of the double sale must fail when one of the two old causes is put back (docs/DOUBLE_SALE_FIX.md)."""

import pytest

from tests.broken_copy import run_on_broken_copy

TEST = "orders/tests/test_double_sale.py"

CAUSES = {
    "a reservation that is saved again is taken from the stock again": {
        "inventory/signals.py": (
            "        bring_reserved_in_line(instance.stock_id)\n",
            "        from django.db.models import F\n"
            "        from inventory.models import Stock\n"
            "        if not instance.is_active:\n"
            "            Stock.objects.filter(pk=instance.stock_id).update(quantity=F('quantity') - instance.quantity)\n",
        )
    },
    "the service saves the sale unprocessed and writes it off itself as well": {
        "orders/engine/__init__.py": (
            "    with refusals_as_errors(), connection.cursor() as cursor:\n",
            "    return None  # step by step, as it was then\n    with refusals_as_errors(), connection.cursor() as cursor:\n",
        ),
        "inventory/services/sale_processor.py": (
            "        sold += engine.sell(keys, [given[key] for key in keys], by=by and by.pk, at=at, allow_short=allow_short)\n",
            "        pass\n"
            "    for demand, amount in zip(StockDemand.objects.filter(pk__in=demand_ids), amounts, strict=True):\n"
            "        sale = Sale.objects.create(product=demand.product, warehouse=demand.warehouse, amount=amount,\n"
            "                                   quantity=demand.quantity, demand=demand, processed=False)\n"
            "        [stock] = ensure_stocks([(demand.product_id, demand.warehouse_id)]).values()\n"
            "        engine.issue(MovementKind.SALE, SourceKind.SALE,\n"
            "                     [engine.IssueRow(sale.pk, stock, demand.quantity)], by=None, at=timezone.now())\n"
            "    return []\n",
        ),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES)
def test_the_regression_test_catches(cause, tmp_path, db):
    outcome = run_on_broken_copy(tmp_path, CAUSES[cause], TEST)

    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert "test_an_order_of_ten_takes_ten_whatever_is_saved_again" in outcome.stdout


@pytest.mark.slow
def test_the_copy_without_a_defect_passes(tmp_path, db):
    outcome = run_on_broken_copy(tmp_path, {}, TEST)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
