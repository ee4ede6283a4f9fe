"""Documents of goods by hand: a stock-take on the phone while selling goes on, a transfer of one product in a few taps."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from inventory.errors import PeriodClosed
from inventory.models import Assembly, PeriodClosing, StockTake, StockTakeState, Transfer, TransferState, WriteOff
from inventory.services.checking import check_stock
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import cancel_stock_take, open_stock_take
from inventory.services.write_offs import write_off
from inventory.tests.factories import cellar, kit, product, receive, stock_of, stocked, warehouse
from products.models import Product
from tests.stories.conftest import PHONE
from tests.stories.hand import Hand
from tests.stories.test_a_day import LANGUAGES, ON_A_PHONE


@LANGUAGES
def test_goods_are_counted_on_a_phone_while_they_are_sold(browse, staff, live_shop, language):
    rose, iris, vase = (product(name, sku=name[:2].upper()) for name in ("Rose", "Iris", "Vase"))
    batches = {item: receive(item, "30", "10") for item in (rose, iris, vase)}
    page = browse(staff("manager", language=language), **ON_A_PHONE)
    page.goto("/stock/stock-takes/new/")
    page.locator("form.card button.primary").tap()
    hand = Hand(page, f"counting three products ({language})", 10)
    # A scanner types the address of the label and presses Enter; the quantity is asked next.
    hand.fill("[name=lines-0-product]", f"{live_shop.origin}/stock/batches/{batches[rose].pk}/")
    hand.press("Enter")
    assert page.evaluate("document.activeElement.name") == "lines-0-quantity"
    hand.fill("[name=lines-0-quantity]", "28")
    hand.press("Enter")
    assert page.evaluate("document.activeElement.name") == "lines-0-product"
    expect(page.locator(".last-count")).to_contain_text("28")
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(5), sale_price=Decimal(100))
    hand.tap(f"#left_{stock_of(iris).pk}")
    hand.fill("[name=lines-0-quantity]", "31")
    hand.press("Enter")
    SaleProcessor.create_sale(product=vase, warehouse=warehouse(), quantity=Decimal(2), sale_price=Decimal(100))
    hand.tap(f"#left_{stock_of(vase).pk}")
    hand.fill("[name=lines-0-quantity]", "28")
    hand.press("Enter")
    hand.finish()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    take = StockTake.objects.get()
    page.goto(f"/stock/stock-takes/{take.pk}/differences/")
    page.locator("#apply").tap()
    expect(page.locator("h1")).to_contain_text(str(take.number))
    take.refresh_from_db()
    assert take.state == StockTakeState.APPLIED
    # Two roses were missing when they were counted; the five that were sold then are neither here nor there.
    assert [stock_of(item).quantity for item in (rose, iris, vase)] == [23, 31, 28]
    assert check_stock() == []


@LANGUAGES
def test_one_product_is_transferred_in_five_taps(browse, staff, live_shop, language):
    rose = stocked("Rose")
    cellar()
    page = browse(staff("florist", language=language), **ON_A_PHONE)
    page.goto(f"/stock/{stock_of(rose).pk}/")
    hand = Hand(page, f"a transfer of one product ({language})", 5)
    hand.tap("#transfer")
    hand.fill("[name=lines-0-quantity]", "12")
    hand.tap("#at_once")
    hand.finish()
    assert Transfer.objects.get().state == TransferState.RECEIVED
    assert (stock_of(rose).quantity, stock_of(rose, cellar()).quantity) == (18, 12)
    assert check_stock() == []


@LANGUAGES
def test_bouquets_are_put_on_the_shelf_and_one_is_taken_apart(browse, staff, live_shop, language):
    rose, tulip = stocked("Rose"), stocked("Tulip", ("20", "5"))
    spring = kit("Spring", "990", (rose, "5"), (tulip, "2"))
    page = browse(staff("manager", language=language), **ON_A_PHONE)
    page.goto("/stock/assembling/")
    hand = Hand(page, f"two bouquets for the shelf ({language})", 4)
    hand.tap(f"#kit_{spring.pk}")
    hand.fill("[name=quantity]", "2")
    # What is taken is reckoned while the number is typed: ten roses, and what one costs.
    expect(page.locator("#plan .figures")).to_contain_text("60")
    expect(page.locator("#plan .parted")).to_contain_text("10")
    hand.tap("#plan .primary")
    hand.finish()
    expect(page.locator("h1")).to_contain_text("1")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shelf = stock_of(Product.objects.get(made_from=spring))
    assert (shelf.quantity, stock_of(rose).quantity) == (2, 20)
    hand = Hand(page, f"one of them taken apart, a stem is broken ({language})", 4)
    hand.tap("table a[href$='/take-apart/'] >> nth=0")
    hand.fill(f"[name=stem-{rose.pk}-quantity]", "1")
    hand.tap("label:has([value=broken])")
    hand.tap("form .primary")
    hand.finish()
    expect(page.locator("#page_notice")).to_contain_text("Tulip")
    shelf.refresh_from_db()
    assert (shelf.quantity, stock_of(rose).quantity, stock_of(tulip).quantity) == (1, 24, 18)
    assert WriteOff.objects.get().reason == "broken"

    page.goto(f"/stock/documents/assembly/{Assembly.objects.get().pk}/")
    hand = Hand(page, f"a flower of the other one is replaced ({language})", 3)
    hand.tap("table a[href$='/repair/'] >> nth=0")
    hand.fill(f"[name=stem-{rose.pk}-quantity]", "1")
    # One rose is to come from the stock.
    expect(page.locator("#plan .parted")).to_contain_text("Rose")
    hand.tap("#plan .primary")
    hand.finish()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shelf.refresh_from_db()
    assert (shelf.quantity, stock_of(rose).quantity, stock_of(tulip).quantity) == (1, 23, 18)
    assert Assembly.objects.filter(repaired__isnull=False).count() == 1
    assert check_stock() == []


@LANGUAGES
def test_a_month_is_closed_after_what_stands_against_it_is_finished(browse, staff, live_shop, language):
    rose = stocked("Rose")
    take = open_stock_take(warehouse=warehouse(), at=timezone.now() - timedelta(days=3))
    upto = timezone.localdate() - timedelta(days=1)
    page = browse(staff("owner", language=language), **ON_A_PHONE)
    page.goto("/stock/periods/")
    page.fill("[name=upto]", upto.isoformat())
    page.locator("#look").tap()
    against = page.locator("#against")
    expect(against.locator(f"a[href$='/stock/stock-takes/{take.pk}/']")).to_be_visible()
    page.locator("form .primary").tap()
    expect(page.locator(".notice[data-tone=danger]")).to_be_focused()
    assert not PeriodClosing.objects.exists()
    cancel_stock_take(take)
    page.goto("/stock/periods/")
    hand = Hand(page, f"a period closed ({language})", 2)
    hand.fill("[name=upto]", upto.isoformat())
    hand.tap("form .primary")
    hand.finish()
    expect(page.locator("#reopen")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert PeriodClosing.objects.get().upto == upto
    with pytest.raises(PeriodClosed):
        write_off(
            product=rose, warehouse=warehouse(), quantity=Decimal(1), reason="wilted",
            at=timezone.now() - timedelta(days=2),
        )  # fmt: skip
    page.locator("#reopen").tap()
    page.locator("#open").tap()
    expect(page.locator("#reopen")).to_have_count(0)
    assert PeriodClosing.objects.get().reopened_at
    assert check_stock() == []
