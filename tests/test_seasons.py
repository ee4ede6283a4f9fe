"""Goods that are offered on some days only."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from inventory.tests.factories import kit, product, warehouse
from orders.goods import exact_goods, load_goods, search_goods
from orders.tests.factories import order
from products.models import Product, ProductKit
from products.models.season import in_season

days = st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 20))


def names(text):
    return {goods.name for goods in search_goods(text, warehouse=warehouse())}


def test_orders_are_offered_goods_in_season_alone(shop):
    today, day = timezone.localdate(), timedelta(days=1)
    rose = product("Rose now", offered_from=today, offered_until=today)
    early = product("Rose later", offered_from=today + day)
    late = product("Rose before", offered_until=today - day)
    made = kit("Rose posy", "50", (rose, "1"))
    assert names("rose") == {"Rose now", "Rose posy"}
    ProductKit.objects.filter(pk=made.pk).update(offered_until=today - day)
    assert names("rose") == {"Rose now"}
    for item in (early, late, made):
        assert exact_goods(item.name, warehouse=warehouse()) is None
    placed = order((late, "2"))
    known = load_goods([f"p{late.pk}"], warehouse=warehouse(), order=placed)
    assert known[f"p{late.pk}"].name == "Rose before", "an order that has it keeps it"


@given(first=days, last=days, on=st.dates(date(2026, 1, 1), date(2026, 1, 20)))
def test_the_row_and_the_query_agree(first, last, on):
    item = Product(offered_from=first, offered_until=last)
    condition = in_season(on)
    assert item.is_in_season(on) == matches(condition, item)


def matches(condition, item):
    """The condition by hand: every part of an `and` holds, one part of an `or` does."""
    found = []
    for child in condition.children:
        if not isinstance(child, tuple):
            found.append(matches(child, item))
            continue
        field, _sep, look = child[0].partition("__")
        value = getattr(item, field)
        found.append(
            (value is None) == child[1]
            if look == "isnull"
            else value is not None and (value <= child[1] if look == "lte" else value >= child[1])
        )
    return all(found) if condition.connector == "AND" else any(found)


@pytest.mark.parametrize("model", [Product, ProductKit])
def test_a_season_that_ends_before_it_begins_is_refused(shop, model):
    with pytest.raises(IntegrityError, match="season_in_order"), transaction.atomic():
        model.objects.create(
            name="Peony", sale_price=Decimal(1), offered_from=date(2026, 5, 2), offered_until=date(2026, 5, 1)
        )
    assert not model.objects.exists()


def test_the_forms_keep_season_and_trade_code_and_say_what_is_wrong(shop, login, owner):
    browser, today = login(owner), timezone.localdate()
    sent = {
        "name": "Peony", "sale_price": "500", "unit": "stem", "trade_code": "VBN 1234", "is_active": "on",
        "offered_from": f"{today}", "offered_until": f"{today - timedelta(days=1)}",
    }  # fmt: skip
    answer = browser.post(reverse("products:product_create"), sent)
    assert answer.status_code == 422
    assert "The last day it is offered lies before the first. Correct the days." in answer.content.decode()
    assert not Product.objects.exists()
    sent["offered_until"] = f"{today + timedelta(days=30)}"
    assert browser.post(reverse("products:product_create"), sent).status_code == 302
    made = Product.objects.get()
    assert (made.trade_code, made.offered_from) == ("VBN 1234", today)
    page = browser.get(reverse("products:product_detail", args=[made.pk])).content.decode()
    assert "VBN 1234" in page
    assert "Offered" in page


def test_a_bouquet_may_be_offered_for_a_holiday(shop, login, owner):
    rose, browser, today = product("Rose"), login(owner), timezone.localdate()
    answer = browser.post(
        reverse("products:kit_create"),
        {
            "name": "8 March", "sale_price": "900", "is_active": "on", "offered_from": f"{today}",
            "offered_until": f"{today + timedelta(days=8)}", "lines-0-product": f"Rose · {rose.sku}",
            "lines-0-quantity": "5",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    made = ProductKit.objects.get()
    assert made.offered_until == today + timedelta(days=8)
    assert "offered" in browser.get(reverse("products:kit_detail", args=[made.pk])).content.decode()
