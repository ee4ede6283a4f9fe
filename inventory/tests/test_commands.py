"""What operators ask of the stock: does it add up, how did it come to be, serve who waits."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from inventory.models import Stock, StockBatch, StockMovement, WriteOff
from inventory.services.checking import repair_caches
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import product, receive, stock_of, stocked, warehouse


def called(name, *args, **options):
    """(exit code, what was printed, what was complained about)."""
    out, err = StringIO(), StringIO()
    try:
        call_command(name, *args, stdout=out, stderr=err, **options)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def ask(item, quantity, *, days=0):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(),
        needed_on=timezone.localdate() + timedelta(days=days),
    )  # fmt: skip
    return demand


@pytest.mark.parametrize(("language", "said"), [("en", "everything adds up"), ("ru", "всё сходится")])
def test_a_sound_stock_ends_with_0(shop, language, said):
    stocked("Rose")
    with translation.override(language):
        code, out, _err = called("check_stock", schema="rose")
    assert code == 0
    assert f"rose: {said}" in out


@pytest.mark.parametrize(("language", "said"), [("en", "There is no shop with the schema “lily”"), ("ru", "«lily»")])
@pytest.mark.parametrize("name", ["check_stock", "explain_stock", "reserve_waiting"])
def test_an_unknown_shop_is_refused_with_the_list_of_those_there_are(shop, name, language, said):
    args = ["R1"] if name == "explain_stock" else []
    with translation.override(language), pytest.raises(CommandError) as refusal:
        call_command(name, *args, schema="lily")
    assert said in str(refusal.value)
    assert "rose, tulip" in str(refusal.value)
    with pytest.raises(CommandError, match="Say which shop"):
        call_command(name, *args)


def test_a_falsified_row_is_reported_with_1_and_repaired_where_the_ledger_knows_better(shop):
    rose = stocked("Rose", ("30", "10"))
    reserve([ask(rose, "4")])
    Stock.objects.filter(product=rose).update(quantity=29, value=1, reserved=2)
    before = list(StockMovement.objects.values()), list(StockBatch.objects.values())

    code, out, _err = called("check_stock", schema="rose", as_json=True)
    assert code == 1
    codes = [finding["code"] for finding in json.loads(out)["rose"]]
    assert {"quantity", "reserved", "value", "ledger_last"} <= set(codes)
    code, out, _err = called("check_stock", schema="rose")
    assert "not true that on hand is what the batches hold: 1" in out
    assert f"row {stock_of(rose).pk}: expected 30.000, found 29.000" in out

    code, _out, err = called("check_stock", schema="rose", repair_caches=True)
    assert code == 0
    assert "written anew" in err
    assert (stock_of(rose).quantity, stock_of(rose).reserved, stock_of(rose).value) == (30, 4, 300)
    assert (list(StockMovement.objects.values()), list(StockBatch.objects.values())) == before
    assert repair_caches() == []


def test_nothing_is_repaired_where_batches_and_ledger_disagree(shop):
    rose = stocked("Rose", ("30", "10"))
    StockBatch.objects.update(remaining=20, remaining_value=200)
    before = list(Stock.objects.values())
    assert repair_caches() == []
    assert list(Stock.objects.values()) == before
    assert called("check_stock", schema="rose", repair_caches=True)[0] == 1
    assert stock_of(rose).quantity == 30


def test_a_check_may_be_narrowed_to_a_product(shop):
    rose, tulip = stocked("Rose"), stocked("Tulip")
    Stock.objects.filter(product=rose).update(quantity=29)
    assert called("check_stock", schema="rose", product=tulip.pk)[0] == 0
    assert called("check_stock", schema="rose", product=rose.pk, warehouse=warehouse().pk)[0] == 1
    assert called("check_stock", schema="tulip")[0] == 0


def test_explain_stock_prints_every_movement_with_its_document(shop, owner):
    rose = product("Rose", sku="R1")
    receive(rose, "30", "10", by=owner)
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(4), sale_price=Decimal(1), by=owner)
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(2), reason="gift")
    reverse_write_off(write_off(product=rose, warehouse=warehouse(), quantity=Decimal(3), reason="gift"), by=owner)
    for given in (["r1"], [str(rose.pk)], ["R1", str(warehouse().pk)], ["R1", warehouse().name]):
        code, out, _err = called("explain_stock", *given, schema="rose")
        assert code == 0
        lines = out.splitlines()
        assert lines[0] == f"Rose (R1) · {warehouse()}"
        assert len(lines) == 7
        assert "receipt" in lines[1]
        assert "sale" in lines[2]
        assert "reversal of a write-off" in lines[5]
        assert f"write-off {WriteOff.objects.latest('pk').number}" in lines[5]
        assert "On hand 24, reserved 0, short 0, value 240" in lines[6]


@pytest.mark.parametrize(("language", "said"), [("en", "There is no stock of “X9”"), ("ru", "Остатка «X9» нет")])
def test_explaining_what_is_not_there_is_refused(shop, language, said):
    with translation.override(language), pytest.raises(CommandError) as refusal:
        call_command("explain_stock", "X9", schema="rose")
    assert said in str(refusal.value)


def test_the_nightly_job_serves_what_came_within_the_horizon(committed_shop):
    rose = stocked("Rose", ("10", "10"))
    demand, far = ask(rose, "4"), ask(rose, "4", days=30)
    code, out, _err = called("reserve_waiting", every=True)
    assert code == 0
    assert "rose: 1 waiting line got goods" in out
    assert "tulip: 0 waiting lines got goods" in out
    assert demand.reservations.get().quantity == 4
    assert not far.reservations.exists()
    assert "rose: 0 waiting lines" in called("reserve_waiting", schema="rose")[1]


def test_a_shop_that_fails_does_not_keep_the_night_from_the_others(committed_shop, monkeypatch):
    from core.errors import Busy
    from core.tenancy import current_schema_name
    from inventory.management.commands import reserve_waiting as command

    rose = stocked("Rose", ("10", "10"))
    ask(rose, "4")

    def fails_in_rose(*, on):
        if current_schema_name() == "rose":
            raise Busy
        return {}

    monkeypatch.setattr(command, "reserve_waiting", fails_in_rose)
    code, out, err = called("reserve_waiting", every=True)
    assert code == 1
    assert "rose: not done, nothing was changed" in err
    assert "tulip: 0 waiting lines" in out
    assert stock_of(rose).reserved == 0
