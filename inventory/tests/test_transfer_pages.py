"""Transfers on the screen: who may, what is remembered, what is sent, received, called back and refused."""

import html
import re
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from core.access import Role
from inventory.models import StockBatch, Transfer, TransferState, Warehouse, WriteOff
from inventory.services.checking import check_stock
from inventory.services.transfers import TransferLineInput, send_transfer, transfer_stock
from inventory.tests.factories import cellar, everything, product, stock_of, stocked, warehouse

FLOOR = {Role.OWNER, Role.MANAGER, Role.FLORIST, Role.SELLER}


def url(transfer, name="detail"):
    return reverse(f"inventory:transfer_{name}", args=[transfer.pk])


def sent(item, quantity="10", **fields):
    return send_transfer(
        source=warehouse(), target=cellar(), lines=[TransferLineInput(item, Decimal(quantity))], **fields
    )


def form(*lines, **fields):
    data = {"source": warehouse().pk, "target": cellar().pk, "how": "at_once", "key": uuid.uuid4()}
    for place, (what, quantity) in enumerate(lines):
        data |= {f"lines-{place}-product": what, f"lines-{place}-quantity": quantity, f"lines-{place}-batch": ""}
    return {**data, **fields}


def arrival(transfer, *quantities, **fields):
    data = {"missing": "write_off", "key": uuid.uuid4()}
    for line, quantity in zip(transfer.lines.order_by("pk"), quantities, strict=True):
        data[f"line-{line.pk}-quantity"] = quantity
    return {**data, **fields}


@pytest.mark.parametrize("role", list(Role))
def test_transfers_are_for_who_works_in_the_shop(shop, login, staff, role):
    rose = stocked()
    transfer = sent(rose)
    browser, wanted = login(staff(role)), 200 if role in FLOOR else 403
    for page in (
        reverse("inventory:transfer_list"), reverse("inventory:transfer_send"), url(transfer),
        reverse("inventory:print_transfer", args=[transfer.pk]),
    ):  # fmt: skip
        assert browser.get(page).status_code == wanted, page
    before = everything()
    if role not in FLOOR:
        for page in (url(transfer, "receive"), url(transfer, "cancel"), reverse("inventory:transfer_send")):
            assert browser.post(page, {}).status_code == 403
        assert everything() == before


def test_goods_are_carried_over_at_once_and_once(shop, login, seller):
    rose, tulip = stocked("Rose", ("5", "10"), ("5", "20")), stocked("Tulip", ("9", "7"))
    browser, data = login(seller), form((rose.sku, "7"), ("tulip", "4"))
    answers = [browser.post(reverse("inventory:transfer_send"), data) for _ in range(2)]
    transfer = Transfer.objects.get()
    assert {answer.url for answer in answers} == {url(transfer)}
    assert (transfer.state, transfer.by) == (TransferState.RECEIVED, seller)
    assert (stock_of(rose).quantity, stock_of(rose, cellar()).value) == (3, 90)
    assert stock_of(tulip, cellar()).quantity == 4
    assert "the goods are in Cellar" in browser.get(url(transfer)).content.decode()
    assert check_stock() == []


def test_goods_that_are_sent_are_received_later_and_what_broke_is_written_off(shop, login, seller):
    rose, tulip, browser = stocked("Rose"), stocked("Tulip"), login(seller)
    browser.post(reverse("inventory:transfer_send"), form(("rose", "10"), ("tulip", "4"), how="send"))
    transfer = Transfer.objects.get()
    assert transfer.state == TransferState.IN_TRANSIT
    page = browser.get(url(transfer)).content.decode()
    assert "the goods are on their way to Cellar" in page
    assert re.search(rf'name="line-{transfer.lines.first().pk}-quantity" value="10"', page)
    answer = browser.post(url(transfer, "receive"), arrival(transfer, "8", "4"))
    assert answer.url == url(transfer)
    transfer.refresh_from_db()
    assert transfer.state == TransferState.RECEIVED
    assert [stock_of(item, cellar()).quantity for item in (rose, tulip)] == [8, 4]
    assert WriteOff.objects.get().quantity == 2
    assert check_stock() == []


def test_what_has_not_arrived_may_stay_on_its_way(shop, login, seller):
    rose, browser = stocked("Rose"), login(seller)
    transfer = sent(rose)
    browser.post(url(transfer, "receive"), arrival(transfer, "8", missing="wait"))
    transfer.refresh_from_db()
    assert transfer.state == TransferState.IN_TRANSIT
    page = browser.get(url(transfer)).content.decode()
    assert 'value="2"' in page
    assert url(transfer, "cancel") not in page
    browser.post(url(transfer, "receive"), arrival(transfer, "2"))
    transfer.refresh_from_db()
    assert transfer.state == TransferState.RECEIVED
    assert stock_of(rose, cellar()).quantity == 10


def test_goods_on_their_way_are_called_back(shop, login, seller):
    rose, browser = stocked("Rose"), login(seller)
    transfer = sent(rose)
    assert stock_of(rose).quantity == 20
    said = browser.post(url(transfer, "cancel"), follow=True).content.decode()
    assert "is cancelled: its goods are back in" in said
    assert stock_of(rose).quantity == 30
    assert "Receive in" not in said


@pytest.mark.parametrize(("language", "said"), [("en", "A part of transfer"), ("ru", "Часть")])
def test_goods_that_partly_arrived_are_not_called_back(shop, login, staff, language, said):
    rose, browser = stocked("Rose"), login(staff("seller", language=language))
    transfer = sent(rose)
    browser.post(url(transfer, "receive"), arrival(transfer, "8", missing="wait"))
    before = everything()
    answer = browser.post(url(transfer, "cancel"))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"lines-0-quantity": "31"}, "Not enough in stock. Rose: asked 31, free 30"),
        ({"lines-0-quantity": "0"}, "greater than zero"),
        ({"lines-0-quantity": "many"}, "not a number"),
        ({"lines-0-product": "orchid"}, "There is no product “orchid”"),
        ({"lines-0-product": "", "lines-0-quantity": ""}, "This field is required"),
        ({"lines-0-batch": "999999"}, "This batch is not there any more"),
        ({"target": "999999"}, "Select a valid choice"),
        ({"key": "x"}, "lost its key"),
        ({"comment": "x" * 600}, "too long"),
    ],
)
def test_a_transfer_that_cannot_be_meant_is_refused(shop, login, seller, fields, said):
    stocked("Rose")
    data = {**form(("rose", "5")), **fields}
    before = everything()
    answer = login(seller).post(reverse("inventory:transfer_send"), data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(("language", "said"), [("en", "Choose two different ones"), ("ru", "Выберите два разных")])
def test_from_a_warehouse_to_itself_is_refused_beside_the_field(shop, login, staff, language, said):
    stocked("Rose")
    data = form(("rose", "5"), target=warehouse().pk)
    before = everything()
    page = login(staff("seller", language=language)).post(reverse("inventory:transfer_send"), data).content.decode()
    assert said in page
    assert 'id="id_target_error"' in page
    assert everything() == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (["11"], "Of Rose 10 is on its way, more than that can&#x27;t arrive"),
        (["-1"], "too small"),
        ([""], "This field is required"),
        (["x"], "not a number"),
    ],
)
def test_an_arrival_that_cannot_be_meant_is_refused(shop, login, seller, fields, said):
    transfer = sent(stocked("Rose"))
    before = everything()
    answer = login(seller).post(url(transfer, "receive"), arrival(transfer, *fields))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_an_arrival_needs_its_key_and_what_becomes_of_the_rest(shop, login, seller):
    transfer = sent(stocked("Rose"))
    before = everything()
    for fields in ({"key": "x"}, {"missing": ""}, {"missing": "burn"}):
        assert login(seller).post(url(transfer, "receive"), arrival(transfer, "10", **fields)).status_code == 422
        assert everything() == before


def test_a_cancelled_transfer_does_not_arrive(shop, login, seller):
    transfer, browser = sent(stocked("Rose")), login(seller)
    late = arrival(transfer, "10")
    browser.post(url(transfer, "cancel"))
    before = everything()
    answer = browser.post(url(transfer, "receive"), late)
    assert answer.status_code == 422
    assert "was cancelled: its goods are back in" in answer.content.decode()
    assert everything() == before


def test_the_form_opens_where_goods_went_last(shop, login, seller):
    rose = stocked("Rose")
    attic = Warehouse.objects.create(name="Attic", position=9)
    cellar()
    transfer_stock(source=warehouse(), target=attic, lines=[TransferLineInput(rose, Decimal(1))])
    browser, new = login(seller), reverse("inventory:transfer_send")
    assert browser.get(new).context["form"].initial["target"] == attic
    shown = browser.get(f"{new}?stock={stock_of(rose).pk}")
    assert shown.context["form"].initial == {"source": warehouse(), "target": attic}
    page = shown.content.decode()
    assert f'value="Rose · {rose.sku}"' in page
    assert re.search(r'name="lines-0-quantity"[^>]*data-focus', page)
    assert "free: 29" in page


def test_a_batch_is_sent_itself_until_another_product_is_chosen(shop, login, seller):
    rose, tulip = stocked("Rose", ("10", "10"), ("6", "20")), stocked("Tulip")
    cellar()
    young = StockBatch.objects.get(stock=stock_of(rose), remaining=6)
    browser, new = login(seller), reverse("inventory:transfer_send")
    page = browser.get(f"{new}?batch={young.pk}").content.decode()
    assert re.search(r'name="lines-0-quantity"[^>]*value="6"|value="6"[^>]*name="lines-0-quantity"', page)
    assert "From the batch that was chosen." in page
    browser.post(new, form(("rose", "6"), **{"lines-0-batch": young.pk}))
    assert stock_of(rose, cellar()).value == 120
    old = StockBatch.objects.get(stock=stock_of(rose), is_open=True)
    browser.post(new, form(("tulip", "2"), **{"lines-0-batch": old.pk}))
    assert stock_of(tulip, cellar()).quantity == 2
    assert stock_of(rose).quantity == 10


def test_a_shop_with_one_warehouse_is_told_what_is_lacking(shop, login, seller):
    page = login(seller).get(reverse("inventory:transfer_send")).content.decode()
    assert "There is only one warehouse" in page
    assert "at_once" not in page


def test_what_is_not_there_is_404(shop, login, seller):
    browser, new = login(seller), reverse("inventory:transfer_send")
    for query in ("?stock=999999", "?batch=999999"):
        assert browser.get(new + query).status_code == 404


@pytest.mark.parametrize("number", [3, 60])
def test_transfers_ask_few_questions_however_long_they_are(
    shop, login, owner, number, django_assert_max_num_queries
):  # fmt: skip
    goods = [stocked(f"Flower {place}") for place in range(number)]
    lines = [TransferLineInput(item, Decimal(1)) for item in goods]
    transfer = send_transfer(source=warehouse(), target=cellar(), lines=lines)
    for item in goods:
        sent(item, "1")
    browser = login(owner)
    for page in (
        url(transfer),
        reverse("inventory:transfer_list"),
        reverse("inventory:print_transfer", args=[transfer.pk]),
    ):
        browser.get(page)
        with django_assert_max_num_queries(12):
            assert browser.get(page).status_code == 200


def test_the_list_shows_one_state_and_goes_on(shop, login, owner):
    rose, browser = stocked("Rose", ("100", "1")), login(owner)
    for _ in range(53):
        sent(rose, "1")
    transfer_stock(source=warehouse(), target=cellar(), lines=[TransferLineInput(rose, Decimal(1))])
    address, seen = reverse("inventory:transfer_list") + "?state=in_transit", []
    while address:
        page = browser.get(address, headers={"HX-Request": "true"}).content.decode()
        seen += re.findall(r'href="/stock/transfers/(\d+)/"', page)
        onward = re.search(r'hx-get="(\?[^"]*after=[^"]+)"', page)
        address = onward and reverse("inventory:transfer_list") + html.unescape(onward[1])
    assert len(seen) == len(set(seen)) == 53
    assert (
        "No transfer is in this state"
        in browser.get(reverse("inventory:transfer_list") + "?state=cancelled").content.decode()
    )


def test_money_is_for_the_office(shop, login, staff):
    transfer = sent(stocked("Rose", ("10", "77")))
    assert "770" in login(staff("manager")).get(url(transfer)).content.decode()
    assert "₽" not in login(staff("florist")).get(url(transfer)).content.decode()


def test_the_note_names_both_warehouses_and_leaves_room(shop, login, owner):
    transfer = sent(stocked("Rose"), comment="for Saturday")
    page = login(owner).get(reverse("inventory:print_transfer", args=[transfer.pk])).content.decode()
    for words in (str(transfer.number), "Cellar", "Rose", "10", "for Saturday", "________"):
        assert words in page
    assert product("Iris").name not in page
