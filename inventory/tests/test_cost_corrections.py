"""The invoice says something else: the difference goes wherever the goods have gone, and nothing of it is lost."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import F, Sum
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadInput, DomainError, KeyReused
from inventory.models import (
    Assembly,
    AssemblyPart,
    CostCorrection,
    Disassembly,
    MovementKind,
    Receipt,
    ReceiptLine,
    Regrade,
    Sale,
    SaleAllocation,
    Stock,
    StockBatch,
    StockMovement,
    SupplierReturn,
    TransferLine,
    WriteOff,
)
from inventory.services.assembling import NewBouquet, assemble, take_apart
from inventory.services.checking import check_stock
from inventory.services.cost_corrections import CorrectionRefused, correct_cost
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.periods import close_period, reopen_period
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.regrading import mark_down, regrade
from inventory.services.returns import return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, count, open_stock_take
from inventory.services.transfers import (
    Missing,
    TransferLineInput,
    cancel_transfer,
    receive_transfer,
    send_transfer,
    transfer_stock,
)
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import cellar, product, receive, refused, stock_of, stocked, warehouse
from products.recipes import Component


def line_of(item):
    return ReceiptLine.objects.filter(product=item).latest("pk")


def correct(item, cost, **fields):
    return correct_cost(line_of(item), cost=Decimal(cost), **fields)


def sell(item, quantity, at=None):
    return SaleProcessor.create_sale(
        product=item, warehouse=at or warehouse(), quantity=Decimal(quantity), sale_price=Decimal(50)
    )


def sent(item, quantity, work=send_transfer):
    return work(source=warehouse(), target=cellar(), lines=[TransferLineInput(item, Decimal(quantity))])


def again(row):
    return type(row).objects.get(pk=row.pk)


def corrections(item, at=None):
    rows = StockMovement.objects.filter(stock=stock_of(item, at), kind=MovementKind.COST_CORRECTION)
    return list(rows.order_by("seq").values_list("quantity", "value"))


def test_what_is_left_and_what_was_sold_share_the_true_cost(shop, owner):
    rose = stocked("Red rose", ("30", "10"))
    sale, before = sell(rose, "12"), list(ReceiptLine.objects.values())
    document = correct(rose, "360", by=owner, comment="Invoice 17")
    assert (document.cost_before, document.cost, document.difference) == (300, 360, 60)
    assert (document.number > 1000, document.by, document.comment) == (True, owner, "Invoice 17")
    assert again(sale).cost == 144
    assert stock_of(rose).value == 216
    assert corrections(rose) == [(0, 36)]
    assert StockMovement.objects.latest("pk").business_date == timezone.localdate()
    batch = StockBatch.objects.get()
    assert (batch.total_cost, batch.unit_cost, batch.remaining_value) == (360, 12, 216)
    assert list(ReceiptLine.objects.values()) == before
    assert check_stock() == []


def test_the_last_takes_the_rest(shop):
    rose = stocked("Red rose", ("3", "10"))
    sales = [sell(rose, "1") for _ in range(3)]
    correct(rose, "10")
    assert [again(sale).cost for sale in sales] == [Decimal("3.3333"), Decimal("3.3334"), Decimal("3.3333")]
    assert stock_of(rose).value == 0
    assert corrections(rose) == [(0, 0)]
    assert check_stock() == []


def test_a_gift_costs_nothing_and_can_be_corrected_back(shop):
    rose = stocked("Red rose", ("7", "3.3333"))
    sale = sell(rose, "3")
    correct(rose, "0")
    assert (again(sale).cost, stock_of(rose).value) == (0, 0)
    second = correct(rose, "23.3331")
    assert (second.cost_before, second.cost) == (0, Decimal("23.3331"))
    assert again(sale).cost + stock_of(rose).value == Decimal("23.3331")
    assert check_stock() == []


def test_freight_stays_beside_the_goods(shop):
    rose = product("Red rose")
    post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(10), Decimal(10))], freight=Decimal(50))
    sale = sell(rose, "4")
    assert correct(rose, "200").cost_before == 100
    assert (again(sale).cost, stock_of(rose).value) == (100, 150)
    assert check_stock() == []


def test_what_came_back_is_corrected_where_it_lies(shop):
    rose = stocked("Red rose", ("10", "10"))
    whole, part, gone = (
        sell(rose, "2"),
        sell(rose, "4"),
        write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted"),
    )
    SaleProcessor.reverse([whole])
    return_sale(sale=part, quantity=Decimal(3))
    reverse_write_off(gone)
    correct(rose, "150")
    assert (again(whole).cost, again(gone).cost) == (20, 10)
    assert (again(part).cost, again(part).returned_cost) == (45, 30)
    assert stock_of(rose).value == 135
    assert check_stock() == []
    return_sale(sale=part, quantity=Decimal(1))
    assert stock_of(rose).value == 150
    assert check_stock() == []


def test_losses_and_returns_to_the_supplier_are_corrected(shop):
    rose = stocked("Red rose", ("10", "10"))
    gone = write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted")
    back = return_to_supplier(batch=StockBatch.objects.get(), quantity=Decimal(2))
    take = open_stock_take(warehouse=warehouse())
    count(take, product=rose, quantity=Decimal(4))
    apply_stock_take(take)
    correct(rose, "120")
    assert (again(gone).cost, again(back).cost, take.lines.get().cost) == (12, 24, -36)
    assert stock_of(rose).value == 48
    assert check_stock() == []


def test_goods_sold_before_their_receipt_are_corrected_with_it(shop):
    rose = product("Red rose")
    place = warehouse()
    place.allow_short = True
    place.save()
    demand_sale = sell_short(rose, "4")
    receive(rose, "10", "10")
    assert again(demand_sale).cost == 40
    correct(rose, "200")
    assert (again(demand_sale).cost, stock_of(rose).value) == (80, 120)
    assert check_stock() == []


def sell_short(item, quantity):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(), needed_on=timezone.localdate()
    )
    [sale] = SaleProcessor.sell([demand])
    return sale


def test_goods_that_arrived_elsewhere_pass_the_difference_on(shop):
    rose = stocked("Red rose", ("30", "10"))
    sent(rose, "12", transfer_stock)
    sale = sell(rose, "5", cellar())
    correct(rose, "450")
    assert again(sale).cost == 75
    assert (stock_of(rose).value, stock_of(rose, cellar()).value) == (270, 105)
    line = TransferLine.objects.get()
    assert (line.cost, line.received_cost) == (180, 180)
    assert (corrections(rose), corrections(rose, cellar())) == ([(0, 90)], [(0, 35)])
    assert StockBatch.objects.get(stock=stock_of(rose, cellar())).unit_cost == 15
    assert check_stock() == []


def test_goods_on_their_way_arrive_at_the_true_cost(shop):
    rose = stocked("Red rose", ("30", "10"))
    travelling = sent(rose, "12")
    line = TransferLine.objects.get()
    receive_transfer(travelling, arrived={line.pk: Decimal(5)}, missing=Missing.WAIT)
    correct(rose, "450")
    line = again(line)
    assert (line.cost, line.received_cost) == (180, 75)
    receive_transfer(travelling)
    assert again(line).received_cost == 180
    assert stock_of(rose, cellar()).value == 180
    assert check_stock() == []


def test_goods_called_back_are_corrected_where_they_lie(shop):
    rose = stocked("Red rose", ("30", "10"))
    cancel_transfer(sent(rose, "12"))
    correct(rose, "450")
    assert (TransferLine.objects.get().cost, stock_of(rose).value) == (120, 450)
    assert check_stock() == []


def test_goods_lost_on_their_way_cost_what_they_cost(shop):
    rose = stocked("Red rose", ("30", "10"))
    travelling = sent(rose, "12")
    receive_transfer(travelling, arrived={TransferLine.objects.get().pk: Decimal(10)})
    correct(rose, "450")
    assert (WriteOff.objects.get().cost, stock_of(rose, cellar()).value) == (30, 150)
    assert check_stock() == []


def test_reduced_goods_pass_the_difference_on_through_every_step(shop):
    rose = stocked("Red rose", ("10", "10"))
    sent(rose, "6", transfer_stock)
    step = mark_down(product=rose, warehouse=cellar(), quantity=Decimal(4), price=Decimal(5))
    sale = sell(step.target, "3", cellar())
    correct(rose, "137")
    assert (again(step).cost, again(sale).cost) == (Decimal("54.8"), Decimal("41.1"))
    assert [stock_of(item, at).value for item, at in ((rose, None), (rose, cellar()), (step.target, cellar()))] == [
        Decimal("54.8"), Decimal("27.4"), Decimal("13.7"),
    ]  # fmt: skip
    assert check_stock() == []


def bouquets(rose, tulip, quantity="2"):
    return assemble(
        bouquet=NewBouquet("Spring", Decimal(900)), warehouse=warehouse(), quantity=Decimal(quantity),
        parts=[Component(rose, Decimal(3)), Component(tulip, Decimal(2))], work_cost=Decimal(100),
    )  # fmt: skip


def test_bouquets_are_worth_their_stems_at_the_true_cost(shop):
    rose, tulip = stocked("Red rose", ("10", "10")), stocked("Tulip", ("10", "5"))
    made = bouquets(rose, tulip)
    sale = sell(made.product, "1")
    assert sale.cost == 90
    correct(rose, "200")
    assert again(made).cost == 240
    assert [part.cost for part in AssemblyPart.objects.filter(product=rose)] == [60, 60]
    assert (again(sale).cost, stock_of(made.product).value, stock_of(rose).value) == (120, 120, 80)
    assert check_stock() == []


def test_a_bouquet_taken_apart_gives_its_stems_back_and_no_part_of_the_difference(shop):
    rose, tulip = stocked("Red rose", ("10", "10")), stocked("Tulip", ("10", "5"))
    made = bouquets(rose, tulip)
    apart = take_apart(batch=StockBatch.objects.filter(assembly=made).earliest("pk"), spoiled={rose.pk: Decimal(1)})
    correct(rose, "200")
    assert (again(apart).cost, again(apart).parts_cost) == (90, 40)
    assert (WriteOff.objects.get().cost, stock_of(rose).value, stock_of(made.product).value) == (20, 120, 120)
    assert check_stock() == []
    other = StockBatch.objects.get(assembly=made, is_open=True)
    assert take_apart(batch=other).cost == 120
    assert stock_of(rose).value == 180
    assert check_stock() == []


def test_a_basket_of_a_bouquet_and_the_very_same_roses(shop):
    rose, tulip = stocked("Red rose", ("20", "10")), stocked("Tulip", ("10", "5"))
    made = bouquets(rose, tulip, "1")
    cheap = mark_down(product=rose, warehouse=warehouse(), quantity=Decimal(5), price=Decimal(5)).target
    basket = assemble(
        bouquet=NewBouquet("Basket", Decimal(2000)), warehouse=warehouse(), quantity=Decimal(1),
        parts=[Component(made.product, Decimal(1)), Component(rose, Decimal(2)), Component(cheap, Decimal(5))],
    )  # fmt: skip
    sale = sell(basket.product, "1")
    assert sale.cost == 210
    correct(rose, "400")
    assert again(sale).cost == 310
    assert (again(basket).cost, again(made).cost, stock_of(rose).value) == (310, 170, 200)
    assert corrections(made.product) + corrections(basket.product) == [(0, 0), (0, 0)]
    assert check_stock() == []


def test_the_same_request_twice_corrects_once(shop):
    rose, key = stocked("Red rose", ("10", "10")), uuid.uuid4()
    first = correct(rose, "120", key=key)
    assert correct(rose, "120.00", key=key) == first
    assert CostCorrection.objects.count() == 1
    refused(KeyReused, "", lambda: correct(rose, "130", key=key))


@pytest.mark.parametrize(
    ("cost", "error", "said", "ru"),
    [
        ("-0.01", BadInput, "never cost less than nothing", "меньше нуля товар не стоит"),
        ("NaN", BadInput, "from zero up with at most 4 decimals", "не больше четырёх знаков"),
        ("Infinity", BadInput, "from zero up with at most 4 decimals", "не больше четырёх знаков"),
        ("0.00001", BadInput, "from zero up with at most 4 decimals", "не больше четырёх знаков"),
        ("99999999999999.1", BadInput, "from zero up with at most 4 decimals", "не больше четырёх знаков"),
        ("100.0000", CorrectionRefused, "entered at this cost already", "и так записан по этой стоимости"),
    ],
)
def test_a_cost_that_corrects_nothing_is_refused(shop, cost, error, said, ru):
    rose = stocked("Red rose", ("10", "10"))
    sell(rose, "3")
    refused(error, said, lambda: correct(rose, cost), ru=ru)
    assert not CostCorrection.objects.exists()


def test_a_receipt_of_a_closed_period_is_refused_until_it_is_opened(shop):
    rose, yesterday = product("Red rose"), timezone.now() - timedelta(days=1)
    post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(10), Decimal(10))], at=yesterday)
    closing = close_period(upto=timezone.localdate(yesterday))
    refused(
        CorrectionRefused, "posted in a period that is closed", lambda: correct(rose, "120"), ru="в закрытом периоде"
    )
    reopen_period(closing)
    correct(rose, "120")
    assert stock_of(rose).value == 120


@pytest.mark.parametrize(
    ("breaks", "codes"),
    [
        ("update inventory_costcorrection set cost = cost + 1, difference = difference + 1", {"receipt_cost"}),
        ("delete from inventory_costcorrection", {"receipt_cost"}),
        (
            "insert into inventory_costcorrection (posted_at, comment, line_id, cost_before, cost, difference)"
            " select now(), '', line_id, 1, 2, 1 from inventory_costcorrection union all"
            " select now(), '', line_id, 2, 1, -1 from inventory_costcorrection",
            {"correction_booked"},
        ),
        ("update inventory_sale set cost = cost - 1", {"sale_cost"}),
        (
            "update inventory_stockbatch set remaining_value = remaining_value - 1",
            {"value", "batch_value"},
        ),
        ("update inventory_stock set value = value + 1", {"value", "ledger_last", "cost_conserved"}),
    ],
)
def test_check_stock_finds_a_correction_that_went_half_way(shop, breaks, codes):
    rose = stocked("Red rose", ("10", "10"))
    sell(rose, "4")
    correct(rose, "120")
    assert check_stock() == []
    with connection.cursor() as cursor:
        cursor.execute(breaks)
    assert {finding.invariant.code for finding in check_stock()} == codes


# --- The page ---------------------------------------------------------------------------------------------------------


def address(item):
    line = line_of(item)
    return reverse("inventory:correct_cost", args=[line.receipt_id, line.pk])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("The cost of Red rose is corrected: ₽300 before, ₽360 now.", "Corrections of cost", "Invoice 17")),
        (
            "ru",
            ("Себестоимость исправлена: Red rose, было 300 ₽, стало 360 ₽.", "Исправления себестоимости", "Invoice 17"),
        ),
    ],
)
def test_a_cost_is_corrected_from_the_receipt(shop, login, staff, language, said):
    rose = stocked("Red rose", ("30", "10"))
    sell(rose, "12")
    browser = login(staff("owner", language=language))
    assert address(rose) in browser.get(f"/stock/receipts/{line_of(rose).receipt_id}/").content.decode()
    page = browser.get(address(rose)).content.decode().replace("\xa0", " ")
    for figure in ("300", "18 ", "12 "):
        assert figure in page
    typed = {"cost": "360", "comment": "Invoice 17", "key": uuid.uuid4()}
    answer = browser.post(address(rose), typed, follow=True)
    page = answer.content.decode().replace("\xa0", " ")
    for words in said:
        assert words in page
    assert "360" in page[page.index("<tfoot>") :]
    listed = browser.get("/stock/receipts/").content.decode().replace("\xa0", " ")
    assert "360" in listed
    assert ("posted as ₽300" if language == "en" else "проведена на 300 ₽") in listed
    browser.post(address(rose), typed)
    assert (CostCorrection.objects.get().by.language, stock_of(rose).value) == (language, 216)


def test_a_cost_that_can_not_be_is_asked_again_beside_its_field(shop, login, manager):
    rose, browser = stocked("Red rose", ("30", "10")), login(manager)
    for typed in ("", "-1", "nan", "1e9", "x", "300"):
        answer = browser.post(address(rose), {"cost": typed, "key": uuid.uuid4()})
        assert answer.status_code == 422, typed
        assert answer.context["form"].errors["cost"], typed
    assert browser.post(address(rose)).status_code == 422
    assert not CostCorrection.objects.exists()


def test_a_line_of_another_receipt_is_not_found(shop, login, owner):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("3", "10"))
    stray = reverse("inventory:correct_cost", args=[line_of(tulip).receipt_id, line_of(rose).pk])
    assert login(owner).get(stray).status_code == login(owner).post(stray, {"cost": "1"}).status_code == 404


def test_who_sees_no_costs_sees_no_corrections(shop, login, florist):
    rose = stocked("Red rose", ("30", "10"))
    correct(rose, "360")
    page = login(florist).get(f"/stock/receipts/{line_of(rose).receipt_id}/").content.decode()
    assert "Corrections of cost" not in page
    assert address(rose) not in page
    assert login(florist).post(address(rose), {"cost": "1", "key": uuid.uuid4()}).status_code == 403
    assert stock_of(rose).value == 360


@pytest.mark.parametrize("times", [1, 12])
def test_many_corrections_ask_no_more(shop, login, owner, times, django_assert_max_num_queries):
    rose = stocked("Red rose", ("30", "10"))
    for number in range(times):
        correct(rose, str(400 + number), by=owner)
    browser = login(owner)
    with django_assert_max_num_queries(14):
        browser.get(f"/stock/receipts/{line_of(rose).receipt_id}/")


# --- Any history ------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["sell", "reverse", "return", "lose", "unlose", "supplier", "send", "arrive", "lost", "cancel", "carry",
             "regrade", "bind", "apart", "count", "receive", "correct", "correct"]
        ),
        st.integers(0, 99),
        st.integers(1, 7),
        st.decimals(min_value=0, max_value=500, places=4),
    ),
    min_size=3,
    max_size=14,
)  # fmt: skip


class Anything:
    """Does one step after another where it can be done; refusals of the trade are no failure."""

    def __init__(self):
        self.places = [warehouse(), cellar()]
        self.goods = [stocked("Red rose", ("20", "3.3333")), stocked("White rose", ("13", "7.0001"))]

    def pick(self, rows, number):
        rows = list(rows.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def do(self, name, number, quantity, cost):  # noqa: PLR0912 - one branch per deed
        item, place, amount = self.goods[number % len(self.goods)], self.places[number // 2 % 2], Decimal(quantity)
        match name:
            case "sell":
                sell(item, amount, place)
            case "reverse":
                SaleProcessor.reverse(Sale.objects.filter(pk=getattr(self.pick(Sale.objects, number), "pk", 0)))
            case "return" if sale := self.pick(Sale.objects, number):
                return_sale(sale=sale, quantity=amount, spoiled=Decimal(number % 2), to=self.places[number // 4 % 2])
            case "lose":
                write_off(product=item, warehouse=place, quantity=amount, reason="wilted")
            case "unlose" if gone := self.pick(WriteOff.objects, number):
                reverse_write_off(gone)
            case "supplier" if batch := self.pick(StockBatch.objects.filter(is_open=True), number):
                return_to_supplier(batch=batch, quantity=amount)
            case "send" | "carry":
                work = send_transfer if name == "send" else transfer_stock
                work(source=place, target=self.places[number // 2 % 2 - 1], lines=[TransferLineInput(item, amount)])
            case "arrive" | "lost" if line := self.pick(TransferLine.objects, number):
                came = {line.pk: min(amount, line.missing)}
                receive_transfer(
                    line.transfer, arrived=came, missing=Missing.WAIT if name == "arrive" else Missing.WRITE_OFF
                )
            case "cancel" if line := self.pick(TransferLine.objects, number):
                cancel_transfer(line.transfer)
            case "regrade":
                regrade(source=item, target=self.goods[number % len(self.goods) - 1], warehouse=place, quantity=amount)
            case "bind":
                parts = {part.pk: part for part in (item, self.goods[number // 3 % len(self.goods)])}
                made = assemble(
                    bouquet=NewBouquet(f"Bouquet {len(self.goods)}", Decimal(900)), warehouse=place,
                    quantity=Decimal(number % 2 + 1), parts=[Component(part, Decimal(1)) for part in parts.values()],
                    work_cost=cost,
                )  # fmt: skip
                self.goods.append(made.product)
            case "apart" if batch := self.pick(StockBatch.objects.filter(assembly__isnull=False, is_open=True), number):
                take_apart(batch=batch)
            case "count":
                take = open_stock_take(warehouse=place)
                count(take, product=item, quantity=amount)
                apply_stock_take(take)
            case "receive":
                receive(self.goods[number % 2], str(amount), str(cost), warehouse=place)
            case "correct":
                correct_cost(self.pick(ReceiptLine.objects, number), cost=cost)


def total(model, field, **where):
    return model.objects.filter(**where).aggregate(total=Sum(field))["total"] or Decimal(0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_any_history_every_kopeck_paid_is_somewhere(shop, steps):
    with transaction.atomic():
        history = Anything()
        for step in steps:
            try:
                with transaction.atomic():
                    history.do(*step)
            except DomainError:
                pass
        findings = check_stock()
        assert findings == [], [(finding.invariant.code, finding.examples) for finding in findings]
        paid = total(Receipt, "total_cost") + total(CostCorrection, "difference") + total(Assembly, "work_cost")
        found = total(StockBatch, "total_cost", count_line__isnull=False)
        there = total(Stock, "value")
        sold = total(Sale, F("cost") - F("returned_cost"))
        lost = (
            total(WriteOff, "cost", reversed_at__isnull=True)
            + total(SupplierReturn, "cost")
            + total(SaleAllocation, "cost", count_line__isnull=False)
            + total(Disassembly, F("cost") - F("parts_cost"))
        )
        travelling = total(TransferLine, F("cost") - F("received_cost"), transfer__state="in_transit")
        assert paid + found == there + sold + lost + travelling
        assert total(Regrade, "cost") == total(StockBatch, "total_cost", came_by__regrade__isnull=False)
        transaction.set_rollback(True)
