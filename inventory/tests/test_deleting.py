"""What the stock objects to when somebody deletes a product, a warehouse or a supplier."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone, translation

from core.errors import DomainError
from core.soft_delete import StillInUse, mark_deleted
from core.transactions import run
from inventory import engine
from inventory.models import MovementKind, Sale, SourceKind, Stock, StockDemand, Supplier, Warehouse
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.services.write_offs import write_off
from inventory.tests.factories import product, receive, stock_of, stocked, warehouse
from products.models import Product


def refused(said_en, said_ru, work):
    before = list(Stock.objects.values()), list(Product.all_objects.values()), list(Warehouse.all_objects.values())
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(StillInUse) as refusal, transaction.atomic():
            work()
        with translation.override(language):
            for words in said:
                assert words in str(refusal.value)
        assert before == (
            list(Stock.objects.values()), list(Product.all_objects.values()), list(Warehouse.all_objects.values()),
        )  # fmt: skip


def ask(item, quantity):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(), needed_on=timezone.localdate()
    )
    return demand


def test_a_product_with_goods_promises_or_waiting_orders_stays_until_they_are_gone(shop):
    rose = stocked("Rose", ("10", "10"))
    demand = ask(rose, "4")
    reserve([demand])
    place = warehouse().name
    refused(
        [f"10 on hand ({place})", f"4 reserved ({place})", "1 order line waits for it"],
        [f"на складе 10 ({place})", f"в резерве 4 ({place})", "его ждёт 1 строка заказов"],
        rose.delete,
    )
    cancel_demands([demand])
    refused(["10 on hand"], ["на складе 10"], rose.delete)
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(10), reason="gift")
    rose.delete()
    assert not Product.objects.exists()
    rose.refresh_from_db()
    assert rose.is_deleted


def test_a_product_sold_before_it_was_entered_stays(shop):
    rose = stocked("Rose", ("5", "10"))
    [sale] = Sale.objects.bulk_create([Sale(product=rose, warehouse=warehouse(), quantity=Decimal(8), processed=True)])
    engine.issue(
        MovementKind.SALE, SourceKind.SALE, [engine.IssueRow(sale.pk, stock_of(rose).pk, Decimal(8))],
        by=None, at=timezone.now(), allow_short=True,
    )  # fmt: skip
    refused(["3 sold before entry"], ["продано до прихода 3"], rose.delete)


def test_the_main_warehouse_and_one_with_goods_stay(shop):
    refused(["it is the main warehouse"], ["это основной склад"], warehouse().delete)
    rose, cellar = product("Rose"), Warehouse.objects.create(name="Cellar")
    receive(rose, "4", "1", warehouse=cellar)
    [demand] = freeze_demands([DemandInput(rose, Decimal(1))], warehouse=cellar, needed_on=timezone.localdate())
    refused(
        ["1 product is still in it", "1 order line waits for it"], ["в нём ещё 1 товар", "его ждёт 1 строка"],
        cellar.delete,
    )  # fmt: skip
    cancel_demands([demand])
    write_off(product=rose, warehouse=cellar, quantity=Decimal(4), reason="gift")
    cellar.delete()
    assert list(Warehouse.objects.all()) == [warehouse()]


def test_a_supplier_may_always_go(shop):
    farm, rose = Supplier.objects.create(name="Farm"), product("Rose")
    receipt = post_receipt(warehouse=warehouse(), supplier=farm, lines=[ReceiptLineInput(rose, Decimal(1), Decimal(1))])
    farm.delete()
    receipt.refresh_from_db()
    assert receipt.supplier == farm
    assert not Supplier.objects.exists()


@pytest.mark.race
def test_a_product_is_either_deleted_or_received_never_both(committed_shop, in_threads):
    for number in range(6):
        rose = product(f"Rose {number}")

        def work(which, rose=rose):
            if which == 0:
                return run(lambda: mark_deleted([rose], by=None, now=timezone.now()))
            line = ReceiptLineInput(Product.all_objects.get(pk=rose.pk), Decimal(5), Decimal(1))
            return run(lambda: post_receipt(warehouse=warehouse(), lines=[line]))

        outcomes = in_threads(2, work)
        failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(failed) == 1, outcomes
        there = Stock.objects.filter(product=rose, quantity__gt=0).exists()
        assert Product.objects.filter(pk=rose.pk).exists() == there
    assert not StockDemand.objects.exists()


@pytest.mark.race
def test_a_product_is_either_deleted_or_sold_never_both(committed_shop, in_threads):
    """Where selling before entry is allowed: nothing of it is there, so only the lock keeps the two apart."""
    Warehouse.objects.update(allow_short=True)
    for number in range(6):
        rose = product(f"Rose {number}")

        def work(which, rose=rose):
            if which == 0:
                return run(lambda: mark_deleted([rose], by=None, now=timezone.now()))
            sold = Product.all_objects.get(pk=rose.pk)
            return run(
                lambda: SaleProcessor.create_sale(
                    product=sold, warehouse=warehouse(), quantity=Decimal(2), sale_price=Decimal(1)
                )
            )

        outcomes = in_threads(2, work)
        failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(failed) == 1, outcomes
        assert isinstance(failed[0], DomainError), outcomes
        assert Product.objects.filter(pk=rose.pk).exists() == Sale.objects.filter(product=rose).exists()
