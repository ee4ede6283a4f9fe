"""How far goods may be sold before they are entered: each line, each product, some days."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import Role
from inventory.domain.owing import Limit, Limits, Owed, limit_in_the_way
from inventory.errors import TooMuchShort
from inventory.models import Shortage, Warehouse
from inventory.selectors.shelves import OWED, risks_by_warehouse, stock_counts, stock_list
from inventory.services.checking import check_stock
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import product, receive, refused, stock_of, stocked, warehouse

DAY = date(2026, 3, 10)
LIMITS = Limits(line=Decimal(5), product=Decimal(8), days=3)


@pytest.mark.parametrize(
    ("lacking", "owed", "since", "limit"),
    [
        ("0", "100", 30, None),
        ("-4", "100", 30, None),
        ("5", "0", None, None),
        ("5.001", "0", None, Limit.LINE),
        ("5", "3", 0, None),
        ("5", "3.001", 0, Limit.PRODUCT),
        ("1", "3", 3, None),
        ("1", "3", 4, Limit.AGE),
    ],
)
def test_a_limit_is_reached_and_not_passed(lacking, owed, since, limit):
    known = Owed(Decimal(owed), None if since is None else DAY - timedelta(days=since))
    assert limit_in_the_way(Decimal(lacking), known, LIMITS, on=DAY) is limit


@pytest.fixture
def rose(shop):
    Warehouse.objects.update(allow_short=True, short_limit=5, short_in_all=8, short_days=3)
    return stocked("Rose", ("2", "10"))


def sell(item, quantity, **fields):
    return SaleProcessor.create_sale(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(50), **fields
    )


def sold_days_ago(item, quantity, days):
    sale = sell(item, quantity)
    Shortage.objects.filter(sale=sale).update(created_at=timezone.now() - timedelta(days=days))


def test_a_product_is_owed_up_to_its_limit_whatever_the_lines(rose):
    sell(rose, "6")
    sell(rose, "3")
    assert stock_of(rose).short == 7
    refused(
        TooMuchShort, "9 of Rose would be sold without being entered, at most 8", lambda: sell(rose, "2"),
        ru="может быть не больше 8",
    )  # fmt: skip
    sell(rose, "1")
    assert stock_of(rose).short == 8
    receive(rose, "20", "10", day=3)
    sell(rose, "15")
    assert check_stock() == []


def test_what_is_owed_too_long_is_sold_no_further(rose):
    sold_days_ago(rose, "3", 4)
    refused(TooMuchShort, "Enter its receipt first", lambda: sell(rose, "1"), ru="не больше 3 дн")
    Shortage.objects.update(created_at=timezone.now() - timedelta(days=3))
    sell(rose, "1")
    sell(product("Tulip"), "1")
    assert check_stock() == []


def test_what_is_owed_too_long_needs_a_decision(rose, login, staff):
    today, fresh = timezone.localdate(), product("Tulip")
    sell(fresh, "1")
    sold_days_ago(rose, "3", 4)
    assert [row.owed for row in risks_by_warehouse(on=today)] == [1]
    assert stock_counts(on=today).owed == 1
    assert [row.product for row in stock_list(on=today, view=OWED)] == [rose]
    browser = login(staff(Role.OWNER))
    page = browser.get("/stock/?view=owed").content.decode()
    assert ("Rose" in page, "Tulip" in page) == (True, False)
    assert "view=owed" in browser.get(reverse("attention")).content.decode()
    receive(rose, "20", "10", day=3)
    assert [row.owed for row in risks_by_warehouse(on=today)] == [0]
    assert "Nothing is owed" in browser.get("/stock/?view=owed").content.decode()
