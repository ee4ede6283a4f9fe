"""Deliveries counted in bunches and boxes: exact costs, what the page says, what is refused."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from core.errors import BadInput
from core.transactions import run
from inventory.domain.counting import TooExact, count, dearer_by
from inventory.models import Receipt, ReceiptLine, StockBatch, Supplier
from inventory.services.checking import check_stock
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.tests.factories import product, stock_of, warehouse
from inventory.tests.test_pages import PART, receipt_form, rows
from products.models import PurchaseUnit
from products.services.catalogue import Packed, save_product


def bunch(item, factor="25", **fields):
    fields.setdefault("packing", "bunch")
    return PurchaseUnit.objects.create(product=item, factor=Decimal(factor), **fields)


def typed(item, quantity, cost, unit, **fields):
    return {**receipt_form((item.sku, quantity, cost)), "lines-0-unit": unit.pk if unit else "", **fields}


@pytest.mark.parametrize(
    ("line", "quantity", "total", "unit_cost"),
    [
        (("10", "1550", "25"), "250", "15500", "62"),
        (("3", "100", "7"), "21", "300", "14.2857"),
        (("0.5", "1550", "25"), "12.5", "775", "62"),
        (("2", "0", "400"), "800", "0", "0"),
        (("1.5", "0.0001", "2"), "3", "0.0002", "0.0001"),
        (("7", "12.5", "1"), "7", "87.5", "12.5"),
    ],
)
def test_packs_become_base_units_at_the_exact_cost(line, quantity, total, unit_cost):
    counted = count(*map(Decimal, line))
    assert (counted.quantity, counted.total, counted.unit_cost) == tuple(map(Decimal, (quantity, total, unit_cost)))


def test_packs_that_make_too_many_decimals_are_not_rounded():
    with pytest.raises(TooExact) as refusal:
        count(Decimal("0.001"), Decimal(1), Decimal("0.5"))
    assert refusal.value.quantity == Decimal("0.0005")


@pytest.mark.parametrize(
    ("cost", "before", "change"),
    [("62", "52", 19), ("52", "62", -16), ("5", "5", 0), ("5", "0", None), ("5", None, None)],
)
def test_the_change_of_a_cost_in_per_cent(cost, before, change):
    assert dearer_by(Decimal(cost), before and Decimal(before)) == change


def test_bunches_are_received_as_stems_and_no_kopeck_is_lost(shop, owner):
    rose = product("Red rose")
    unit = bunch(rose, "7")
    receipt = post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(3), Decimal(100), unit=unit)])
    line, batch = ReceiptLine.objects.get(), StockBatch.objects.get()
    assert (receipt.total_cost, line.total_cost, batch.total_cost, stock_of(rose).value) == (300, 300, 300, 300)
    assert (line.quantity, line.unit_cost, batch.quantity) == (21, Decimal("14.2857"), 21)
    assert (line.packs, line.factor, line.packing, line.own_name) == (3, 7, "bunch", "")
    unit.delete()
    line.refresh_from_db()
    assert line.counted_as == "3\xa0bunches × 7"
    with translation.override("ru"):
        assert line.counted_as == "3\xa0пучка × 7"
    assert check_stock() == []


def test_how_a_line_was_counted_always_makes_its_quantity(shop):
    rose = product("Red rose")
    post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(3), Decimal(100), unit=bunch(rose))])
    with pytest.raises(IntegrityError, match="receipt_line_packs_make_quantity"), transaction.atomic():
        ReceiptLine.objects.update(packs=4)


@pytest.mark.parametrize(
    ("packs", "factor", "said_en", "said_ru"),
    [
        ("0", "25", "above zero", "больше нуля"),
        ("-1", "25", "above zero", "больше нуля"),
        ("0.001", "0.5", "make 0.0005: more than 3 decimals", "получается 0,0005: больше трёх знаков"),
        ("99999999", "99999999", "above zero with at most", "больше нуля"),
    ],
)
def test_packs_that_cannot_be_meant_are_refused(shop, packs, factor, said_en, said_ru):
    rose = product("Red rose")
    line, before = ReceiptLineInput(rose, Decimal(packs), Decimal(1), unit=bunch(rose, factor)), rows()
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(BadInput) as refusal:
            run(lambda: post_receipt(warehouse=warehouse(), lines=[line]))
        with translation.override(language):
            assert said in str(refusal.value)
    assert rows() == before


def test_a_unit_that_was_removed_or_is_of_other_goods_is_refused(shop, login, owner):
    rose, tulip = product("Red rose"), product("Tulip")
    unit, before = bunch(rose), rows()
    other = ReceiptLineInput(tulip, Decimal(1), Decimal(1), unit=unit)
    with pytest.raises(BadInput, match="bunch × 25 is no purchase unit of Tulip"):
        run(lambda: post_receipt(warehouse=warehouse(), lines=[other]))
    gone = ReceiptLineInput(rose, Decimal(1), Decimal(1), unit=PurchaseUnit.objects.get())
    save_product(rose, bought_in=[Packed("bunch", Decimal(20))])
    with pytest.raises(BadInput, match="Red rose is no longer bought in bunch × 25"):
        run(lambda: post_receipt(warehouse=warehouse(), lines=[gone]))
    answer = login(owner).post(reverse("inventory:receive"), typed(rose, "10", "1550", unit))
    assert answer.status_code == 422
    assert "Choose anew what it is counted in" in answer.content.decode()
    for nonsense in ("x", "-1", "9" * 19, "9" * 30, "²"):
        form = typed(rose, "10", "1550", None, **{"lines-0-unit": nonsense})
        assert login(owner).post(reverse("inventory:receive"), form).status_code == 422, nonsense
    assert rows() == before


def test_the_page_says_what_bunches_make_before_anything_is_posted(shop, login, owner):
    rose = product("Red rose")
    unit = bunch(rose)
    browser, url = login(owner), reverse("inventory:receive")
    for asked in ("count", "look"):  # while typing, and by Enter without a script
        page = browser.post(url, {**typed(rose, "10", "1 550", unit), "do": asked}).content.decode()
        assert "10\xa0bunches × 25 = <b>250\xa0stems</b> · ₽62 / stems · <b>₽15,500</b> in all" in page
    half = browser.post(url, {**typed(rose, "10", "", unit), "do": "count"}, **PART).content.decode()
    assert "10\xa0bunches × 25 = <b>250\xa0stems</b></p>" in half
    exact = browser.post(url, typed(rose, "0,333", "1", bunch(rose, "0.5", packing="box")))
    assert exact.status_code == 422
    assert "make 0.1665: more than 3 decimals are not kept" in exact.content.decode()
    assert not Receipt.objects.exists()
    browser.post(url, typed(rose, "10", "1550", unit))
    page = browser.get(reverse("inventory:receipt_detail", args=[Receipt.objects.get().pk])).content.decode()
    assert "10\xa0bunches × 25" in page
    assert stock_of(rose).value == 15500


def test_a_remarkable_price_is_told_in_words_to_those_who_see_costs(shop, login, owner, florist):
    rose = product("Red rose")
    unit, url = bunch(rose), reverse("inventory:receive")
    post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(10), Decimal(50))])

    def said(browser, price):
        return browser.post(url, {**typed(rose, "1", price, unit), "do": "count"}).content.decode()

    assert "24 % dearer than last time" in said(login(owner), "1550")
    assert "20 % cheaper than last time" in said(login(owner), "1000")
    page = said(login(owner), "1300")
    assert "+4 %" in page
    assert "dearer" not in page
    for hidden in ("last time", "dearer"):
        assert hidden not in said(login(florist), "1550")


def test_a_line_begins_as_the_supplier_brought_it_last(shop, login, owner):
    rose, farm, other = product("Red rose"), Supplier.objects.create(name="Farm"), Supplier.objects.create(name="Other")
    unit, url = bunch(rose), reverse("inventory:receive")
    for supplier, line in (
        (farm, ReceiptLineInput(rose, Decimal(12), Decimal(1550), unit=unit)),
        (other, ReceiptLineInput(rose, Decimal(40), Decimal(60))),
    ):
        post_receipt(warehouse=warehouse(), supplier=supplier, lines=[line])

    def begins(**fields):
        form = {**receipt_form((rose.sku, "", "")), "do": "look", **fields}
        [line] = login(owner).post(url, form).context["lines"].forms
        return line["quantity"].value(), line["unit"].value()

    assert begins(supplier=farm.pk) == ("12", str(unit.pk))
    assert begins(supplier=other.pk) == ("40", "")
    assert begins() == ("40", "")
    assert begins(**{"lines-0-quantity": "3", "supplier": farm.pk}) == ("3", "")
    save_product(rose, bought_in=[])
    assert begins(supplier=farm.pk) == ("300", ""), "the unit is gone: the same goods in base units"


def test_the_live_part_asks_few_questions(shop, login, owner, django_assert_max_num_queries):
    goods = [product(f"Flower {number}") for number in range(20)]
    units = [bunch(item) for item in goods]
    form = receipt_form(*[(item.sku, "10", "1550") for item in goods])
    form |= {f"lines-{place}-unit": unit.pk for place, unit in enumerate(units)}
    browser = login(owner)
    browser.post(reverse("inventory:receive"), {**form, "do": "count"}, **PART)
    with django_assert_max_num_queries(8):
        answer = browser.post(reverse("inventory:receive"), {**form, "do": "count"}, **PART)
    assert answer.context["total"] == 20 * 15500
