"""The pull list: what orders and bouquets take from the cold room, and what must be bought for them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import Supplier, Warehouse
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.tests.factories import kit, product, receive, stocked, warehouse
from orders.selectors.pulling import pull_for_bouquets, pull_for_orders
from orders.services.lifecycle import cancel_order, complete_order, confirm_order, set_status
from orders.tests.factories import order, status
from products.models import Kind, Packing, ProductVariant, ProductVariantGroup, PurchaseUnit


def bunch(item, stems):
    return PurchaseUnit.objects.create(product=item, packing=Packing.BUNCH, factor=Decimal(stems))


def named(rows):
    return {row.product.name: row for row in rows}


def url(query=""):
    return f"{reverse('orders:pull_list')}{query}"


def test_orders_of_every_stage_are_added_up_once(shop):
    rose, tulip = stocked("Rose", ("30", "10")), stocked("Tulip", ("4", "3"))
    posy = kit("Posy", "100", (rose, "3"), (tulip, "2"))
    reserved = confirm_order(order((rose, "10"), (product("Hand-tying", "50", kind=Kind.SERVICE), "1")))
    new = order((posy, "2"))
    set_status(new, status("new"))
    gone, sold = order((rose, "1")), order((rose, "1"))
    cancel_order(gone)
    complete_order(sold)

    [place] = pull_for_orders([reserved.pk, new.pk, gone.pk, sold.pk])

    rows = named(place.rows)
    assert {name: (row.needed, row.here, row.lacking) for name, row in rows.items()} == {
        "Rose": (16, 16, 0), "Tulip": (4, 4, 0),
    }  # fmt: skip
    assert place.to_buy == []


def test_what_others_hold_is_not_there_and_what_lacks_is_bought_whole(shop):
    rose = product("Rose", "100")
    bunch(rose, 25)
    supplier = Supplier.objects.create(name="Flower base")
    post_receipt(supplier=supplier, warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(30), Decimal(10))])
    late = confirm_order(order((rose, "20")))
    mine = confirm_order(order((rose, "40")))

    [place] = pull_for_orders([mine.pk])

    [row] = place.rows
    assert (row.needed, row.here, row.lacking) == (40, 10, 30)
    assert (row.opened.packs.count, row.opened.packs.over) == (2, 10)
    assert (row.to_buy.packs.count, row.to_buy.packs.over) == (2, 20)
    assert [(name, [each.product for each in rows]) for name, rows in place.to_buy] == [("Flower base", [rose])]
    [both] = pull_for_orders([mine.pk, late.pk])
    assert [(each.needed, each.here) for each in both.rows] == [(60, 30)]


def test_the_oldest_batches_are_named_first(shop):
    rose = product("Rose", "100")
    receive(rose, "5", day=0)
    receive(rose, "20", day=2)
    [place] = pull_for_orders([confirm_order(order((rose, "8"))).pk])
    assert [piece.quantity for piece in place.rows[0].taken] == [5, 3]
    assert place.rows[0].taken[0].batch.received_at < place.rows[0].taken[1].batch.received_at


def test_each_warehouse_has_a_list_of_its_own(shop):
    rose = stocked("Rose", ("30", "10"))
    second = Warehouse.objects.create(name="Second", position=9)
    here, there = order((rose, "3")), order((rose, "4"))
    type(there).objects.filter(pk=there.pk).update(warehouse=second)
    for placed in (here, there):
        set_status(placed, status("new"))
    places = pull_for_orders([there.pk, here.pk])
    assert [(place.warehouse.name, place.rows[0].needed, place.rows[0].lacking) for place in places] == [
        (warehouse().name, 3, 0),
        ("Second", 4, 4),
    ]


def test_bouquets_take_what_is_there_of_interchangeable_flowers(shop):
    red, dark = stocked("Red rose", ("10", "10")), stocked("Dark rose", ("50", "10"))
    group = ProductVariantGroup.objects.create(name="Any red rose")
    for priority, item in enumerate([red, dark]):
        ProductVariant.objects.create(group=group, product=item, priority=priority)
    bunch(dark, 20)
    ribbon = product("Ribbon", "1")
    made = kit("Dozen", "900", (ribbon, "1.5"))
    made.items.create(group=group, quantity=Decimal(7))

    rows = named(pull_for_bouquets(made, 3, warehouse=warehouse()).rows)

    assert {name: row.needed for name, row in rows.items()} == {
        "Red rose": 7,
        "Dark rose": 14,
        "Ribbon": Decimal("4.5"),
    }
    assert (rows["Dark rose"].opened.packs.count, rows["Dark rose"].opened.packs.over) == (1, 6)
    assert (rows["Ribbon"].lacking, rows["Ribbon"].to_buy) == (Decimal("4.5"), None)


def test_a_shop_of_many_orders_is_asked_in_few_statements(shop, login, owner):
    goods = [stocked(f"Flower {number}", ("90", "10")) for number in range(12)]
    posy = kit("Posy", "100", *[(item, "2") for item in goods[:6]])
    for number in range(10):
        placed = order((goods[number], "2"), (posy, "1"))
        confirm_order(placed) if number % 2 else set_status(placed, status("new"))
    browser = login(owner)
    browser.get(url())
    with CaptureQueriesContext(connection) as asked:
        page = browser.get(url())
    assert page.status_code == 200
    assert page.content.decode().count('<th scope="row">') == 10
    assert len(asked) <= 18, "\n".join(query["sql"][:140] for query in asked)


def test_the_page_of_bouquets_asks_how_many(shop, login, owner):
    posy = kit("Posy", "100", (stocked("Rose", ("10", "10")), "3"))
    browser = login(owner)
    found = browser.get(url(f"?kit={posy.pk}&times=5")).content.decode()
    assert "15" in found
    assert "To buy" in found
    for typed, said in (("0", "1"), ("2.5", "whole"), ("many", "number"), ("", "required"), ("1000", "999")):
        answer = browser.get(url(f"?kit={posy.pk}&times={typed}"))
        assert answer.status_code == 422, typed
        assert said in answer.content.decode(), typed
    for key in ("x", "0", "99999999999999999999", str(posy.pk + 1)):
        assert browser.get(url(f"?kit={key}&times=5")).status_code == 404


@pytest.mark.parametrize("query", ["?order=x", "?order=99999", "?order=1&order="])
def test_orders_that_are_not_there_are_refused_with_what_to_do(shop, login, owner, query):
    answer = login(owner).get(url(query))
    assert answer.status_code == 422
    assert "Go back to the list and choose again." in answer.content.decode()


def test_nothing_to_take_says_so(shop, login, owner):
    page = login(owner).get(url()).content.decode()
    assert "Nothing has to be taken" in page


def test_ticked_orders_lead_there(shop, login, owner):
    placed = confirm_order(order((stocked("Rose", ("10", "10")), "3")))
    answer = login(owner).post(reverse("orders:bulk_status"), {"do": "pull", "order": f"{placed.pk}-{placed.version}"})
    assert (answer.status_code, answer["Location"]) == (302, url(f"?order={placed.pk}"))
