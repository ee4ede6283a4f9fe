"""The pages of the stock: who may, in which language, what they refuse, how often they post."""

import html
import re
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.access import Role
from inventory.models import Receipt, ReceiptLine, Sale, Stock, StockBatch, StockMovement, SupplierReturn, WriteOff
from inventory.selectors.ledger import ledger_sums
from inventory.services.checking import check_stock
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.receiving import ReceiptLineInput, post_receipt, receive_stock
from inventory.services.reservations import reserve
from inventory.services.sale_processor import SaleProcessor
from inventory.services.write_offs import write_off
from inventory.tests.factories import product, receive, stock_of, stocked, warehouse

PART = {"HTTP_HX_REQUEST": "true"}


def fresh(item, quantity, cost="10", *, days_ago=0, lives=None):
    """A batch that came some days ago and lives for `lives` days."""
    came = timezone.now() - timedelta(days=days_ago)
    until = None if lives is None else timezone.localdate() - timedelta(days=days_ago) + timedelta(days=lives)
    return receive_stock(
        product=item, warehouse=warehouse(), quantity=Decimal(quantity), unit_cost=Decimal(cost), received_at=came,
        expires_on=until,
    )  # fmt: skip


def ask(item, quantity, *, days=0):
    [demand] = freeze_demands(
        [DemandInput(item, Decimal(quantity))], warehouse=warehouse(),
        needed_on=timezone.localdate() + timedelta(days=days),
    )  # fmt: skip
    return demand


def receipt_form(*lines, **fields):
    data = {
        "warehouse": warehouse().pk, "received_on": timezone.localdate().isoformat(), "key": uuid.uuid4(),
    }  # fmt: skip
    for place, line in enumerate(lines):
        for name, value in zip(("product", "quantity", "unit_cost", "expires_on"), line, strict=False):
            data[f"lines-{place}-{name}"] = value
    return {**data, **fields}


def rows():
    """Everything a refusal must leave alone."""
    return (
        list(Stock.objects.order_by("pk").values()),
        list(StockBatch.objects.order_by("pk").values()),
        list(StockMovement.objects.order_by("pk").values()),
        [model.objects.count() for model in (Receipt, ReceiptLine, WriteOff, SupplierReturn, Sale)],
    )


@pytest.fixture
def every_page(shop):
    """Address → roles that may open it."""
    rose = stocked("Red rose", ("30", "10"))
    receipt = Receipt.objects.get()
    batch = StockBatch.objects.get()
    floor = {Role.OWNER, Role.MANAGER, Role.FLORIST, Role.SELLER}
    return {
        reverse("inventory:stock_list"): floor,
        reverse("inventory:stock_detail", args=[stock_of(rose).pk]): floor,
        reverse("inventory:reservation_list"): floor,
        reverse("inventory:receipt_list"): floor,
        reverse("inventory:receipt_detail", args=[receipt.pk]): floor,
        reverse("inventory:receive"): {Role.OWNER, Role.MANAGER, Role.FLORIST},
        reverse("inventory:write_off"): floor,
        reverse("inventory:write_off") + f"?stock={stock_of(rose).pk}": floor,
        reverse("inventory:write_off") + f"?batch={batch.pk}": floor,
        reverse("inventory:write_off_list"): floor,
        reverse("inventory:return_to_supplier", args=[batch.pk]): {Role.OWNER, Role.MANAGER},
        reverse("inventory:correct_cost", args=[receipt.pk, receipt.lines.get().pk]): {Role.OWNER, Role.MANAGER},
    }


@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_the_roles_that_may_and_for_no_other(every_page, login, staff, role):
    browser = login(staff(role))
    for url, may in every_page.items():
        assert browser.get(url).status_code == (200 if role in may else 403), url


def test_nobody_is_sent_to_the_log_in(every_page, client):
    for url in every_page:
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer.url.startswith(reverse("login"))


def test_every_page_is_whole_for_a_browser_and_a_part_for_htmx(every_page, login, owner):
    browser = login(owner)
    for url in every_page:
        assert browser.get(url).content.lstrip().startswith(b"<!doctype html>"), url
        part = browser.get(url, **PART)
        assert part.status_code == 200
        assert b"<!doctype" not in part.content, url
        assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize(("language", "word"), [("en", "Stock"), ("ru", "Склад")])
def test_the_stock_speaks_both_languages(every_page, login, staff, language, word):
    browser = login(staff("owner", language=language))
    assert f">{word}</h1>" in browser.get(reverse("inventory:stock_list")).content.decode()
    for url in every_page:
        assert f'<html lang="{language}"' in browser.get(url).content.decode()


def test_wilting_comes_first_then_what_lacks_then_the_rest(shop, login, owner):
    fresh(product("A fresh one"), "10", lives=10)
    ask(product("Lacking"), "5")
    lacking = product("Lacking more")
    fresh(lacking, "3", lives=30)
    reserve([ask(lacking, "7")])
    fresh(product("Wilting"), "4", days_ago=9, lives=10)
    page = login(owner).get(reverse("inventory:stock_list")).content.decode()
    places = [page.index(f">{name}</a>") for name in ("Wilting", "Lacking more", "A fresh one")]
    assert places == sorted(places)
    assert "orders wait for 4" in page
    only = login(owner).get(reverse("inventory:stock_list") + "?view=wilting").content.decode()
    assert ">Wilting</a>" in only
    assert ">A fresh one</a>" not in only


def test_search_finds_by_part_of_the_name_and_by_sku(shop, login, owner):
    fresh(product("Tulip Barcelona", sku="T-77"), "10")
    fresh(product("Red rose"), "10")
    browser = login(owner)
    for text in ("barcel", "t-77"):
        page = browser.get(reverse("inventory:stock_list"), {"q": text}).content.decode()
        assert ">Tulip Barcelona</a>" in page
        assert ">Red rose</a>" not in page
    assert "Nothing found" in browser.get(reverse("inventory:stock_list"), {"q": "<b>orchid</b>"}).content.decode()


def test_the_list_is_read_page_by_page_without_gaps_or_repeats(shop, login, owner):
    names = [f"Flower {number:03}" for number in range(120)]
    for number, name in enumerate(names):
        fresh(product(name), "5", days_ago=9 if number % 3 == 0 else 0, lives=10)
    browser, url, seen = login(owner), reverse("inventory:stock_list"), []
    while url:
        page = browser.get(url, **PART).content.decode()
        seen += re.findall(r">(Flower \d+)</a>", page)
        onward = re.search(r'hx-get="(\?[^"]*after=[^"]+)"', page)
        url = onward and reverse("inventory:stock_list") + html.unescape(onward[1])
    assert sorted(seen) == names
    assert len(set(seen)) == 120


@pytest.mark.parametrize("count", [3, 60])
def test_the_stock_list_asks_few_questions_however_long_it_is(shop, login, owner, count, django_assert_max_num_queries):
    for number in range(count):
        item = product(f"Flower {number}")
        fresh(item, "5", days_ago=2, lives=5)
        fresh(item, "5", lives=9)
    browser = login(owner)
    with django_assert_max_num_queries(12):
        assert browser.get(reverse("inventory:stock_list")).status_code == 200


@pytest.mark.parametrize("count", [3, 60])
def test_a_receipt_asks_few_questions_however_long_it_is(shop, login, owner, count, django_assert_max_num_queries):
    goods = [product(f"Flower {number}") for number in range(count)]
    freeze_demands(
        [DemandInput(item, Decimal(9)) for item in goods], warehouse=warehouse(), needed_on=timezone.localdate()
    )
    receipt = post_receipt(
        warehouse=warehouse(), lines=[ReceiptLineInput(item, Decimal(4), Decimal(10)) for item in goods]
    )
    browser = login(owner)
    with django_assert_max_num_queries(12):
        answer = browser.get(reverse("inventory:receipt_detail", args=[receipt.pk]))
    waiting = answer.context["waiting"]
    assert [demand.product.name for demand in waiting] == [item.name for item in goods[:50]]
    assert {demand.held for demand in waiting} == {Decimal(4)}


def test_costs_are_shown_to_the_office_only(every_page, login, staff):
    url = reverse("inventory:stock_detail", args=[Stock.objects.get().pk])
    assert "₽" in login(staff("manager")).get(url).content.decode()
    for role in ("florist", "seller"):
        page = login(staff(role)).get(url).content.decode()
        assert "Value at cost" not in page
        assert "at ₽" not in page


def test_the_ledger_links_to_the_receipt(every_page, login, owner):
    page = login(owner).get(reverse("inventory:stock_detail", args=[Stock.objects.get().pk])).content.decode()
    assert reverse("inventory:receipt_detail", args=[Receipt.objects.get().pk]) in page


# --- Receiving ---------------------------------------------------------------------------------------------------------


def test_a_receipt_of_two_lines_makes_two_batches_and_serves_who_waits(shop, login, florist):
    rose = product("Red rose", vase_life_days=10)
    product("Tulip")
    demand = ask(rose, "5")
    answer = login(florist).post(
        reverse("inventory:receive"),
        receipt_form((rose.sku, "20", "12,5"), ("tulip", "10", "7.1234", "2027-01-31")),
        follow=True,
    )
    receipt = Receipt.objects.get()
    assert answer.redirect_chain == [(reverse("inventory:receipt_detail", args=[receipt.pk]), 302)]
    assert (receipt.by, receipt.total_cost) == (florist, Decimal("321.2340"))
    assert stock_of(rose).reserved == 5
    assert "Reserved at once for orders that waited: Red rose — 5" in answer.content.decode()
    [first, second] = StockBatch.objects.order_by("pk")
    assert first.expires_on == timezone.localdate() + timedelta(days=10)
    assert second.expires_on.isoformat() == "2027-01-31"
    assert demand.reservations.get().is_active
    assert check_stock() == []


def test_the_same_receipt_sent_twice_is_posted_once(shop, login, owner):
    rose = product("Red rose")
    form, browser = receipt_form((rose.sku, "20", "12")), login(owner)
    first = browser.post(reverse("inventory:receive"), form)
    second = browser.post(reverse("inventory:receive"), form)
    assert first.url == second.url
    assert stock_of(rose).quantity == 20
    assert Receipt.objects.count() == 1


def test_a_used_key_with_other_lines_is_refused(shop, login, owner):
    rose, browser = product("Red rose"), login(owner)
    form = receipt_form((rose.sku, "20", "12"))
    browser.post(reverse("inventory:receive"), form)
    before = rows()
    answer = browser.post(reverse("inventory:receive"), {**form, "lines-0-quantity": "21"})
    assert answer.status_code == 422
    assert "already sent with other values" in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("orchid", "1", "1"), "There is no product “orchid”"),
        (("Rose", "1", "1"), "is not one certain product"),
        (("", "1", "1"), "This field is required"),
        (("R1", "", "1"), "This field is required"),
        (("R1", "0", "1"), "greater than zero"),
        (("R1", "-5", "1"), "greater than zero"),
        (("R1", "1,234", "1"), "can be read in two ways"),
        (("R1", "nan", "1"), "not a number"),
        (("R1", "1e5", "1"), "not a number"),
        (("R1", "9" * 40, "1"), "too long"),
        (("R1", "5", "-1"), "too small"),
        (("R1", "5", "0.00001"), "Too many digits"),
        (("R1", "5", "1", "2026-02-30"), "There is no such day"),
        (("R1", "5", "1", "9999-12-31"), "too far ahead"),
        (("\x00", "5", "1"), "can&#x27;t be printed"),
        (("'; drop table inventory_stock; --", "5", "1"), "There is no product"),
        (("x" * 5000, "5", "1"), "too long"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_beside_its_field(shop, login, owner, line, said):
    stocked("Rose red")
    product("Rose white", sku="R1")
    before = rows()
    answer = login(owner).post(reverse("inventory:receive"), receipt_form(("R1", "1", "1"), line))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert rows() == before


def test_a_receipt_without_lines_or_with_bad_facts_is_refused(shop, login, owner):
    browser, before = login(owner), rows()
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    rose = product("Red rose")
    for form in (
        receipt_form(),
        receipt_form((rose.sku, "1", "1"), warehouse="999999"),
        receipt_form((rose.sku, "1", "1"), warehouse="x"),
        receipt_form((rose.sku, "1", "1"), supplier="12345678901234567890123"),
        receipt_form((rose.sku, "1", "1"), received_on=tomorrow),
        receipt_form((rose.sku, "1", "1"), received_on="1900-01-01"),
        receipt_form((rose.sku, "1", "1"), key="not-a-key"),
        receipt_form(*[(rose.sku, "1", "1")] * 101),
        {},
    ):
        answer = browser.post(reverse("inventory:receive"), form)
        assert answer.status_code == 422, form
        assert rows() == before


def test_a_deleted_product_cannot_be_received(shop, login, owner):
    rose = product("Red rose", sku="R1")
    rose.delete()
    answer = login(owner).post(reverse("inventory:receive"), receipt_form(("R1", "1", "1")))
    assert answer.status_code == 422
    assert "There is no product “R1”" in answer.content.decode()
    assert not Receipt.objects.exists()


def test_lines_are_added_removed_and_chosen_without_posting_anything(shop, login, owner):
    rose = product("Red rose", vase_life_days=7)
    browser, url = login(owner), reverse("inventory:receive")
    form = receipt_form(("red", "5", "10"), ("tulip", "1", "1"))
    added = browser.post(url, {**form, "do": "add"})
    assert [line.initial.get("product") for line in added.context["lines"].forms] == ["red", "tulip", None]
    removed = browser.post(url, {**form, "remove": "1"})
    assert len(removed.context["lines"].forms) == 1
    chosen = browser.post(url, {**form, "choose": f"0:{rose.pk}"}, **PART)
    assert b"<!doctype" not in chosen.content
    assert f'value="Red rose · {rose.sku}"' in chosen.content.decode()
    assert "data-focus" in chosen.content.decode()
    looked = browser.post(url, {**form, "do": "look", "lines-0-product": "RED ROSE"}).content.decode()
    assert f'value="Red rose · {rose.sku}"' in looked
    assert "empty means" in looked
    for nonsense in (
        {"choose": "x"},
        {"choose": "9:9"},
        {"choose": "0:99999999999999999999"},
        {"remove": "-1"},
        {"remove": "77"},
    ):
        assert browser.post(url, {**form, **nonsense}).status_code == 200
    assert not Receipt.objects.exists()


def test_a_vague_name_offers_what_it_may_mean_as_buttons(shop, login, owner):
    first, second = product("Rose red"), product("Rose white")
    page = login(owner).post(reverse("inventory:receive"), receipt_form(("rose", "5", "10"))).content.decode()
    for item in (first, second):
        assert f'name="choose" value="0:{item.pk}"' in page


# --- Write-off ----------------------------------------------------------------------------------------------------------


def write_off_url(stock=None, batch=None):
    return reverse("inventory:write_off") + (f"?batch={batch.pk}" if batch else f"?stock={stock.pk}")


def test_a_reason_writes_off_and_the_second_press_does_not(shop, login, seller):
    rose = stocked("Red rose", ("30", "10"))
    browser, form = login(seller), {"quantity": "5", "reason": "wilted", "key": uuid.uuid4()}
    for _ in range(2):
        answer = browser.post(write_off_url(stock_of(rose)), form, follow=True)
        assert answer.status_code == 200
    document = WriteOff.objects.get()
    assert (document.quantity, document.cost, document.by) == (5, 50, seller)
    assert stock_of(rose).quantity == 25
    assert check_stock() == []


def test_all_of_a_batch_may_be_written_off_twice_with_one_key(shop, login, seller):
    rose = stocked("Red rose", ("3", "10"))
    batch = StockBatch.objects.get()
    form = {"quantity": "3", "reason": "broken", "key": uuid.uuid4()}
    browser = login(seller)
    assert [browser.post(write_off_url(batch=batch), form).status_code for _ in range(2)] == [302, 302]
    assert WriteOff.objects.count() == 1
    assert browser.get(write_off_url(batch=batch)).status_code == 404
    assert stock_of(rose).quantity == 0


def test_the_form_starts_with_one_and_with_all_of_an_expired_batch(shop, login, seller):
    rose = product("Red rose")
    fresh(rose, "8", lives=10)
    expired = fresh(rose, "4", days_ago=20, lives=10)
    browser = login(seller)
    assert 'name="quantity" value="1"' in browser.get(write_off_url(stock_of(rose))).content.decode()
    assert 'name="quantity" value="4"' in browser.get(write_off_url(batch=expired)).content.decode()


def test_writing_off_promised_goods_says_who_waits_again(shop, login, seller):
    rose = stocked("Red rose", ("10", "10"))
    reserve([ask(rose, "8")])
    answer = login(seller).post(
        write_off_url(stock_of(rose)), {"quantity": "5", "reason": "wilted", "key": uuid.uuid4()}, follow=True
    )
    assert "orders wait for them again: Red rose — 3" in answer.content.decode()
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (5, 5)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantity": "31"}, "Not enough in stock. Red rose: asked 31, free 30"),
        ({"quantity": "0"}, "greater than zero"),
        ({"quantity": "abc"}, "not a number"),
        ({"quantity": ""}, "This field is required"),
        ({"reason": ""}, "Choose one of the reasons"),
        ({"reason": "stolen"}, "Choose one of the reasons"),
        ({"key": ""}, "lost its key"),
        ({"comment": "x" * 600}, "too long"),
    ],
)
def test_a_refused_write_off_changes_nothing(shop, login, seller, fields, said):
    rose = stocked("Red rose", ("30", "10"))
    before = rows()
    form = {"quantity": "5", "reason": "wilted", "key": uuid.uuid4(), **fields}
    answer = login(seller).post(write_off_url(stock_of(rose)), form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert rows() == before


def test_a_refusal_is_said_in_russian_too(shop, login, staff):
    rose = stocked("Роза", ("30", "10"))
    before = rows()
    answer = login(staff("seller", language="ru")).post(
        write_off_url(stock_of(rose)), {"quantity": "31", "reason": "wilted", "key": uuid.uuid4()}
    )
    assert answer.status_code == 422
    assert "Не хватает на складе. Роза: нужно 31, свободно 30" in answer.content.decode()
    assert rows() == before


def test_a_batch_gives_no_more_than_it_holds(shop, login, seller):
    rose = stocked("Red rose", ("10", "10"), ("10", "12"))
    before, batch = rows(), StockBatch.objects.order_by("pk").first()
    answer = login(seller).post(write_off_url(batch=batch), {"quantity": "11", "reason": "wilted", "key": uuid.uuid4()})
    assert answer.status_code == 422
    assert "This batch holds 10, asked were 11" in answer.content.decode()
    assert rows() == before
    assert stock_of(rose).quantity == 20


def test_careless_addresses_are_answered_calmly(shop, login, owner):
    stocked("Red rose")
    browser = login(owner)
    for query in ("?stock=0", "?stock=999999999999999999999999", "?batch=x", "?stock=٣", "?batch=-1", "?q=%00"):
        assert browser.get(reverse("inventory:write_off") + query).status_code in {200, 404}, query
    for query in ("?after=x", "?after=9-9", "?after=0-99999999999999999999", "?warehouse=zzz", "?view=nothing", "?q=%00%ff",
                  "?q=" + "x" * 3000):  # fmt: skip
        assert browser.get(reverse("inventory:stock_list") + query).status_code == 200, query
    assert browser.get(reverse("inventory:stock_detail", args=[10**17])).status_code == 404
    assert browser.get(reverse("inventory:receipt_list") + "?after=" + "9" * 400).status_code == 200
    assert browser.post(reverse("inventory:write_off"), {}).status_code == 422
    assert browser.post(reverse("inventory:stock_list")).status_code == 405


def test_names_with_markup_are_shown_as_text(shop, login, owner):
    rose = stocked("<script>alert(1)</script>", ("5", "10"))
    browser = login(owner)
    for url in (
        reverse("inventory:stock_list"), reverse("inventory:stock_detail", args=[stock_of(rose).pk]),
        write_off_url(stock_of(rose)), reverse("inventory:receipt_detail", args=[Receipt.objects.get().pk]),
    ):  # fmt: skip
        assert "<script>alert" not in browser.get(url).content.decode()


# --- Return to the supplier ------------------------------------------------------------------------------------------------


def test_a_batch_goes_back_to_the_supplier_once(shop, login, manager):
    rose = stocked("Red rose", ("10", "10"), ("10", "12"))
    batch = StockBatch.objects.order_by("pk").last()
    form = {"quantity": "4", "key": uuid.uuid4()}
    browser, url = login(manager), reverse("inventory:return_to_supplier", args=[batch.pk])
    assert 'value="10"' in browser.get(url).content.decode()
    for _ in range(2):
        assert browser.post(url, form).status_code == 302
    assert SupplierReturn.objects.get().cost == 48
    assert stock_of(rose).quantity == 16
    assert check_stock() == []


def test_no_more_goes_back_than_the_batch_holds(shop, login, manager):
    stocked("Red rose", ("10", "10"), ("10", "12"))
    before, batch = rows(), StockBatch.objects.order_by("pk").last()
    answer = login(manager).post(
        reverse("inventory:return_to_supplier", args=[batch.pk]), {"quantity": "11", "key": uuid.uuid4()}
    )
    assert answer.status_code == 422
    assert "This batch holds 10, asked were 11" in answer.content.decode()
    assert rows() == before


def test_an_old_receipt_still_says_what_it_brought(shop, login, owner):
    rose = product("Red rose")
    receive(rose, "10", "12")
    page = login(owner).get(reverse("inventory:receipt_detail", args=[Receipt.objects.get().pk])).content.decode()
    assert "Red rose" in page
    assert "Nobody waits" in page


@pytest.mark.parametrize(("language", "words"), [("ru", "Как получилось 19"), ("en", "How it comes to 19")])
def test_the_page_of_a_stock_adds_the_ledger_up_to_what_is_on_hand(shop, login, staff, language, words):
    rose = stocked("Rose", ("20", "10"), ("10", "12"))
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(8), sale_price=Decimal(100))
    write_off(product=rose, warehouse=warehouse(), quantity=Decimal(3), reason="wilted")
    stock = stock_of(rose)
    sums = ledger_sums(stock)
    assert [(row.kind.name, row.count, row.quantity) for row in sums] == [
        ("RECEIPT", 2, 30), ("SALE", 1, -8), ("WRITE_OFF", 1, -3),
    ]  # fmt: skip
    assert sum(row.quantity for row in sums) == stock.quantity
    assert sum(row.value for row in sums) == stock.value
    page = login(staff("owner", language=language)).get(f"/stock/{stock.pk}/").content.decode()
    assert words in page.replace("\xa0", " ")
    assert "+30" in page


@pytest.mark.parametrize(("language", "said"), [("en", "entered later"), ("ru", "внесена позже")])
def test_a_receipt_of_goods_that_came_earlier_says_so(shop, login, staff, language, said):
    rose = product("Rose")
    now = timezone.now()
    receipts = [
        post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(5), Decimal(10))], received_at=came)
        for came in (now, now - timedelta(days=2))
    ]
    browser = login(staff("owner", language=language))
    today, earlier = (browser.get(f"/stock/receipts/{receipt.pk}/").content.decode() for receipt in receipts)
    assert said in earlier
    assert said not in today
