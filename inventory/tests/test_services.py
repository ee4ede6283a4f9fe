"""Receiving, promising, selling, taking back, writing off: what each does and what each refuses."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from core.errors import BadInput, DomainError, KeyReused
from inventory.errors import InsufficientBatch, InsufficientStock, ReservationRefused
from inventory.models import (
    Receipt,
    Reservation,
    Sale,
    SaleAllocation,
    SaleReturn,
    Stock,
    StockBatch,
    StockDemand,
    StockMovement,
    SupplierReturn,
    Warehouse,
    WriteOff,
)
from inventory.models.guard import EngineRowError
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.reservations import release, reserve, reserve_due, reserve_waiting
from inventory.services.returns import ReturnRefused, return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.write_offs import write_off
from inventory.tests.factories import product, receive, stock_of, stocked, warehouse

TODAY = timezone.localdate
MODELS = (
    Receipt, Reservation, Sale, SaleAllocation, SaleReturn, Stock, StockBatch, StockDemand, StockMovement,
    SupplierReturn, WriteOff,
)  # fmt: skip


def snapshot():
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def ask(item, quantity, *, days=0):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(), needed_on=TODAY() + timedelta(days=days)
    )
    return demand


def refused(kind, said_en, said_ru, work):
    """`work` is refused with these words in both languages, and no row is another than before."""
    before = snapshot()
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(kind) as refusal, transaction.atomic():
            work()
        with translation.override(language):
            assert said in str(refusal.value)
        assert snapshot() == before


# --- Receiving ----------------------------------------------------------------------------------------------------------


def test_a_receipt_makes_a_batch_per_line_at_its_cost(shop, owner):
    rose, ribbon = product("Rose", vase_life_days=7), product("Ribbon")
    receipt = post_receipt(
        warehouse=warehouse(), by=owner,
        lines=[
            ReceiptLineInput(rose, Decimal(20), Decimal("12.3456")), ReceiptLineInput(ribbon, Decimal("1.5"), Decimal(2)),
            ReceiptLineInput(rose, Decimal(5), Decimal(0)),
        ],
    )  # fmt: skip
    assert receipt.total_cost == Decimal("249.912")
    assert [(row.quantity, row.total_cost) for row in StockBatch.objects.order_by("pk")] == [
        (20, Decimal("246.912")), (Decimal("1.5"), 3), (5, 0),
    ]  # fmt: skip
    assert [row.expires_on for row in StockBatch.objects.order_by("pk")] == [
        TODAY() + timedelta(days=7), None, TODAY() + timedelta(days=7),
    ]  # fmt: skip
    assert (stock_of(rose).quantity, stock_of(rose).value) == (25, Decimal("246.912"))
    assert check_stock() == []


@pytest.mark.parametrize(
    ("quantity", "cost", "said_en", "said_ru"),
    [
        ("0", "1", "above zero", "больше нуля"),
        ("-1", "1", "above zero", "больше нуля"),
        ("1.0001", "1", "at most 3 decimals", "не больше трёх знаков"),
        ("NaN", "1", "above zero", "больше нуля"),
        ("Infinity", "1", "above zero", "больше нуля"),
        ("1", "-0.01", "from zero up", "от нуля"),
        ("1", "0.00001", "at most 4 decimals", "не больше четырёх знаков"),
        ("1", "NaN", "from zero up", "от нуля"),
    ],
)
def test_a_receipt_line_that_cannot_be_meant_is_refused(shop, quantity, cost, said_en, said_ru):
    rose = product("Rose")
    lines = [ReceiptLineInput(rose, Decimal(quantity), Decimal(cost))]
    refused(BadInput, said_en, said_ru, lambda: post_receipt(warehouse=warehouse(), lines=lines))


def test_an_empty_receipt_and_one_from_the_future_are_refused(shop):
    rose = product("Rose")
    refused(BadInput, "at least one line", "хотя бы одна строка", lambda: post_receipt(warehouse=warehouse(), lines=[]))
    line = ReceiptLineInput(rose, Decimal(1), Decimal(1))
    later = timezone.now() + timedelta(days=2)
    refused(
        BadInput, "lies in the future", "ещё не наступил",
        lambda: post_receipt(warehouse=warehouse(), lines=[line], received_at=later),
    )  # fmt: skip


def test_deleted_goods_and_places_receive_nothing(shop):
    rose, cellar = product("Rose"), Warehouse.objects.create(name="Cellar")
    line = ReceiptLineInput(rose, Decimal(1), Decimal(1))
    cellar.delete()
    refused(BadInput, "Cellar is deleted", "Cellar удалён", lambda: post_receipt(warehouse=cellar, lines=[line]))
    rose.delete()
    refused(BadInput, "Rose is deleted", "Rose удалён", lambda: post_receipt(warehouse=warehouse(), lines=[line]))


# --- Promises ------------------------------------------------------------------------------------------------------------


def test_free_goods_go_to_who_needs_them_first(shop):
    rose = stocked("Rose", ("10", "10"))
    later, sooner = ask(rose, "8", days=2), ask(rose, "6", days=1)
    assert reserve([later, sooner]) == {sooner.pk: 6, later.pk: 4}
    assert (stock_of(rose).reserved, stock_of(rose).free) == (10, 0)
    assert reserve([later, sooner]) == {}
    assert check_stock() == []


def test_released_goods_are_free_again(shop):
    rose = stocked("Rose", ("10", "10"))
    demand = ask(rose, "8")
    reserve([demand])
    release([demand])
    release([demand])
    assert (stock_of(rose).reserved, stock_of(rose).free) == (0, 10)
    assert Reservation.objects.get().ended_at is not None


def test_only_what_is_due_within_the_horizon_is_reserved(shop):
    rose = stocked("Rose", ("30", "10"))
    near, edge, far = ask(rose, "5", days=0), ask(rose, "5", days=3), ask(rose, "5", days=4)
    assert reserve_due([near, edge, far], on=TODAY()) == {near.pk: 5, edge.pk: 5}
    assert reserve_waiting(on=TODAY() + timedelta(days=1)) == {far.pk: 5}


def test_a_receipt_serves_waiting_demands_earliest_first_and_says_whom(shop):
    rose = product("Rose")
    later, sooner, far = ask(rose, "6", days=2), ask(rose, "6", days=1), ask(rose, "6", days=40)
    receipt = post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(10), Decimal(1))])
    assert receipt.served == {sooner.pk: 6, later.pk: 4}
    assert not far.reservations.exists()


def test_a_reservation_saved_by_hand_keeps_the_stock_row_right(shop):
    rose = stocked("Rose", ("10", "10"))
    reserve([ask(rose, "12")])
    held = Reservation.objects.get()
    held.quantity = Decimal(5)
    held.save()
    held.save()
    assert stock_of(rose).reserved == 5
    held.quantity = Decimal(11)
    refused(InsufficientStock, "Rose: asked 6, free 5", "Rose: нужно 6, свободно 5", held.save)
    held.refresh_from_db()
    held.delete()
    assert stock_of(rose).reserved == 0
    assert check_stock() == []


def test_a_stale_copy_of_a_reservation_does_not_hold_sold_goods_again(shop):
    rose = stocked("Rose", ("10", "10"))
    demand = ask(rose, "4")
    reserve([demand])
    stale = Reservation.objects.get()
    SaleProcessor.sell([demand])
    refused(ReservationRefused, "is sold or cancelled", "уже продано или отменено", stale.save)
    other = ask(rose, "2")
    reserve([other])
    held = Reservation.objects.get(demand=other)
    held.quantity = Decimal(3)
    refused(ReservationRefused, "The order asks for 2", "Заказу нужно 2", held.save)
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (6, 2)
    assert check_stock() == []


def test_a_fixture_passes_the_receivers_by(shop):
    from django.core import serializers

    rose = stocked("Rose", ("10", "10"))
    reserve([ask(rose, "8")])
    text = serializers.serialize("json", Reservation.objects.all()).replace('"8.000"', '"3.000"')
    for row in serializers.deserialize("json", text):
        row.save()
    assert stock_of(rose).reserved == 8
    assert [finding.invariant.code for finding in check_stock()] == ["reserved"]


# --- Selling -------------------------------------------------------------------------------------------------------------


def test_a_sale_takes_the_oldest_first_at_its_cost(shop, owner):
    rose = stocked("Rose", ("10", "10"), ("10", "12"))
    sale = SaleProcessor.create_sale(
        product=rose, warehouse=warehouse(), quantity=Decimal(15), sale_price=Decimal("99.99"), by=owner
    )
    assert (sale.processed, sale.cost, sale.amount, sale.sale_price) == (
        True,
        160,
        Decimal("1499.85"),
        Decimal("99.99"),
    )
    assert stock_of(rose).quantity == 5
    assert check_stock() == []


def test_more_than_there_is_cannot_be_sold(shop):
    rose = stocked("Rose", ("10", "10"))
    refused(
        InsufficientStock, "Rose: asked 11, free 10", "Rose: нужно 11, свободно 10",
        lambda: SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(11), sale_price=Decimal(1)),
    )  # fmt: skip


def test_what_is_promised_to_others_is_not_sold(shop):
    rose = stocked("Rose", ("10", "10"))
    reserve([ask(rose, "8")])
    refused(
        InsufficientStock, "asked 3, free 2", "нужно 3, свободно 2",
        lambda: SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(3), sale_price=Decimal(1)),
    )  # fmt: skip


@pytest.mark.parametrize("price", ["-1", "NaN", "99999999999999"])
def test_a_price_that_cannot_be_meant_is_refused(shop, price):
    rose = stocked("Rose", ("10", "10"))
    refused(
        BadInput, "A price is a number", "Цена — число",
        lambda: SaleProcessor.create_sale(
            product=rose, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(price)
        ),
    )  # fmt: skip


def test_a_sale_saved_elsewhere_is_written_off_once(shop):
    rose = stocked("Rose", ("10", "10"))
    sale = Sale.objects.create(product=rose, warehouse=warehouse(), quantity=Decimal(4), amount=Decimal(400))
    assert (sale.processed, sale.cost) == (True, 40)
    for _ in range(3):
        sale.save()
        SaleProcessor.process(Sale.objects.get(pk=sale.pk))
    assert stock_of(rose).quantity == 6
    assert check_stock() == []


def test_a_refused_sale_leaves_no_row(shop):
    rose = stocked("Rose", ("10", "10"))
    refused(
        InsufficientStock, "asked 11, free 10", "нужно 11, свободно 10",
        lambda: Sale(product=rose, warehouse=warehouse(), quantity=Decimal(11)).save(),
    )  # fmt: skip
    assert not Sale.objects.exists()


def test_a_sale_is_neither_edited_nor_deleted(shop):
    rose = stocked("Rose", ("10", "10"))
    sale = Sale.objects.create(product=rose, warehouse=warehouse(), quantity=Decimal(4))
    refused(EngineRowError, "never deleted", "нельзя удалить", sale.delete)
    refused(EngineRowError, "written by the stock engine", "вручную их не меняют", Sale.objects.all().delete)
    sale.quantity = Decimal(2)
    refused(EngineRowError, "never edited", "нельзя изменить", sale.save)


def test_selling_demands_twice_answers_with_the_same_sales(shop):
    rose = stocked("Rose", ("10", "10"))
    demand = ask(rose, "4")
    reserve([demand])
    [first] = SaleProcessor.sell([demand])
    [again] = SaleProcessor.sell([demand])
    assert first == again
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (6, 0)


def test_a_reversal_is_exact_and_idempotent(shop):
    rose = stocked("Rose", ("3", "0.3333"), ("10", "7.7777"))
    before = list(StockBatch.objects.order_by("pk").values("pk", "remaining", "remaining_value", "is_open"))
    demand = ask(rose, "7")
    [sale] = SaleProcessor.sell([demand])
    return_sale(sale=sale, quantity=Decimal(2))
    assert SaleProcessor.reverse([sale]) == [sale]
    assert SaleProcessor.reverse([sale]) == []
    assert list(StockBatch.objects.order_by("pk").values("pk", "remaining", "remaining_value", "is_open")) == before
    demand.refresh_from_db()
    assert demand.is_open
    [new] = SaleProcessor.sell([demand])
    assert new != sale
    assert check_stock() == []


def test_a_cancelled_demand_stays_closed(shop):
    rose = stocked("Rose", ("10", "10"))
    demand = ask(rose, "7")
    reserve([demand])
    cancel_demands([demand])
    demand.refresh_from_db()
    assert (demand.is_open, stock_of(rose).reserved) == (False, 0)
    assert reserve([demand]) == {}
    refused(DomainError, "was cancelled meanwhile", "тем временем отменили", lambda: SaleProcessor.sell([demand]))


# --- Taking back ------------------------------------------------------------------------------------------------------------


def test_what_was_taken_last_comes_back_first_at_its_own_cost(shop, owner):
    rose = stocked("Rose", ("10", "10"), ("10", "12"))
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(15), sale_price=Decimal(1))
    back = return_sale(sale=sale, quantity=Decimal(7), by=owner)
    assert back.cost == 5 * 12 + 2 * 10
    assert [row.remaining for row in StockBatch.objects.order_by("pk")] == [2, 10]
    sale.refresh_from_db()
    assert (sale.returned, sale.returned_cost) == (7, 80)
    assert check_stock() == []


def test_no_more_comes_back_than_was_sold(shop):
    rose = stocked("Rose", ("10", "10"))
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(5), sale_price=Decimal(1))
    return_sale(sale=sale, quantity=Decimal(3))
    refused(
        ReturnRefused, "Of this sale 2 can come back, not 3", "можно вернуть 2, а не 3",
        lambda: return_sale(sale=sale, quantity=Decimal(3)),
    )  # fmt: skip
    SaleProcessor.reverse([sale])
    refused(
        ReturnRefused, "Of this sale 0 can come back, not 1", "можно вернуть 0, а не 1",
        lambda: return_sale(sale=sale, quantity=Decimal(1)),
    )  # fmt: skip


def test_exactly_this_batch_goes_back_to_the_supplier(shop, owner):
    rose = stocked("Rose", ("10", "10"), ("10", "12"))
    batch = StockBatch.objects.order_by("pk").last()
    document = return_to_supplier(batch=batch, quantity=Decimal(4), by=owner)
    assert document.cost == 48
    assert [row.remaining for row in StockBatch.objects.order_by("pk")] == [10, 6]
    refused(
        InsufficientBatch, "holds 6, asked were 7", "В этой партии 6, а нужно 7",
        lambda: return_to_supplier(batch=batch, quantity=Decimal(7)),
    )  # fmt: skip
    assert stock_of(rose).quantity == 16
    assert check_stock() == []


def test_a_write_off_takes_the_oldest_or_the_named_batch(shop, owner):
    rose = stocked("Rose", ("10", "10"), ("10", "12"))
    named = StockBatch.objects.order_by("pk").last()
    assert write_off(product=rose, warehouse=warehouse(), quantity=Decimal(3), reason="broken", by=owner).cost == 30
    assert write_off(product=rose, warehouse=warehouse(), quantity=Decimal(3), reason="broken", batch=named).cost == 36
    refused(
        InsufficientBatch, "holds 7, asked were 8", "В этой партии 7, а нужно 8",
        lambda: write_off(product=rose, warehouse=warehouse(), quantity=Decimal(8), reason="broken", batch=named),
    )  # fmt: skip
    refused(
        BadInput, "Choose one of the reasons", "Выберите причину",
        lambda: write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="stolen"),
    )  # fmt: skip
    refused(
        InsufficientStock, "asked 15, free 14", "нужно 15, свободно 14",
        lambda: write_off(product=rose, warehouse=warehouse(), quantity=Decimal(15), reason="broken"),
    )  # fmt: skip
    assert check_stock() == []


def test_a_named_batch_must_be_of_the_product_that_is_written_off(shop):
    rose, tulip = stocked("Rose", ("10", "10")), stocked("Tulip", ("10", "10"))
    strange = StockBatch.objects.get(stock=stock_of(tulip))
    refused(
        InsufficientBatch, "holds 0", "В этой партии 0",
        lambda: write_off(product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="broken", batch=strange),
    )  # fmt: skip


# --- The same request twice -----------------------------------------------------------------------------------------------


@pytest.fixture
def requests(shop):
    """Document → a request with a key and a quantity."""
    rose = stocked("Rose", ("30", "10"))
    sale = SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(9), sale_price=Decimal(1))
    batch = StockBatch.objects.get()
    place = warehouse()
    moment = timezone.now()
    return {
        "receipt": lambda key, quantity: post_receipt(
            warehouse=place, lines=[ReceiptLineInput(rose, quantity, Decimal(1))], received_at=moment, key=key
        ),
        "sale": lambda key, quantity: SaleProcessor.create_sale(
            product=rose, warehouse=place, quantity=quantity, sale_price=Decimal(1), key=key
        ),
        "write-off": lambda key, quantity: write_off(
            product=rose, warehouse=place, quantity=quantity, reason="gift", key=key
        ),
        "return": lambda key, quantity: return_sale(sale=sale, quantity=quantity, key=key),
        "supplier return": lambda key, quantity: return_to_supplier(batch=batch, quantity=quantity, key=key),
    }


@pytest.mark.parametrize("kind", ["receipt", "sale", "write-off", "return", "supplier return"])
def test_one_key_makes_one_document_and_other_content_is_refused(requests, kind):
    key = uuid.uuid4()
    first = requests[kind](key, Decimal(2))
    before = snapshot()
    assert requests[kind](key, Decimal(2)) == first
    assert snapshot() == before
    refused(
        KeyReused, "already sent with other values", "уже отправлена с другими", lambda: requests[kind](key, Decimal(3))
    )
    assert requests[kind](uuid.uuid4(), Decimal(2)) != first


# --- Guards of the engine ----------------------------------------------------------------------------------------------------


def test_engine_rows_are_neither_saved_nor_deleted_by_hand(shop):
    rose = stocked("Rose", ("10", "10"))
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(1))
    for model in (Stock, StockBatch, StockMovement, SaleAllocation):
        row = model.objects.first()
        for work in (row.save, row.delete, model.objects.all().delete):
            refused(EngineRowError, "written by the stock engine", "ведёт складской учёт", work)


@pytest.mark.parametrize(
    "statement", ["update inventory_stockmovement set quantity = 1", "delete from inventory_stockmovement"]
)
def test_the_ledger_refuses_every_change_in_the_database_itself(shop, statement):
    stocked("Rose", ("10", "10"))
    before = snapshot()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert snapshot() == before


def test_no_unprocessed_sale_survives_a_commit(committed_shop):
    rose = stocked("Rose", ("10", "10"))
    before = snapshot()
    with pytest.raises(DatabaseError), transaction.atomic():
        Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=Decimal(3))])
    assert snapshot() == before


def test_a_domain_error_is_a_sentence_in_the_readers_language(shop):
    error = InsufficientBatch(Decimal(2), Decimal("1.5"))
    assert isinstance(error, DomainError)
    with translation.override("ru"):
        assert str(InsufficientBatch(Decimal(2), Decimal("1.5"))).startswith("В этой партии 1,5")


def test_a_receipt_into_one_warehouse_leaves_the_other_alone(shop):
    rose, cellar = product("Rose"), Warehouse.objects.create(name="Cellar")
    receive(rose, "10", "1")
    receive(rose, "4", "1", warehouse=cellar)
    assert (stock_of(rose).quantity, stock_of(rose, cellar).quantity) == (10, 4)
