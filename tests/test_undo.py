"""Taking back what was done: exactly, once, by those who may, and told where it was done."""

import re
import uuid
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.models import RecentAction
from core.sheets import read_table
from core.undo import KINDS, remember
from inventory.models import Sale, StockBatch, Supplier, WriteOff
from inventory.services.checking import check_stock
from inventory.services.suppliers import pack_so
from inventory.tests.factories import kit, stock_of, stocked
from orders.invariants import INVARIANTS
from orders.models import Order, OrderDraft, OrderEvent
from orders.services.lifecycle import confirm_order, set_status
from orders.tests.factories import order, status
from orders.tests.pages import order_form
from products.columns import recognised
from products.models import (
    Product,
    ProductCategory,
    ProductKit,
    ProductPhoto,
    ProductTag,
    ProductVariantGroup,
    PurchaseUnit,
)
from products.services.importing import keep_file
from products.services.kits import save_group

PART = {"HTTP_HX_REQUEST": "true"}
BAR = 'class="undo-bar"'


def page(browser, url="/recent/", **headers):
    answer = browser.get(url, **headers)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def press_undo(browser, action=None, **fields):
    action = action or RecentAction.objects.latest("pk")
    return browser.post(f"/undo/{action.pk}/", {"next": "/recent/", **fields})


def step(browser, placed, code, **headers):
    now = Order.objects.get(pk=placed.pk)
    fields = {"status": status(code).pk, "version": now.version}
    return browser.post(f"/orders/{placed.pk}/status/", fields, **headers)


def write_off(browser, item, quantity, **fields):
    data = {"quantity": quantity, "reason": "wilted", "key": uuid.uuid4(), **fields}
    return browser.post(f"/stock/write-off/?stock={stock_of(item).pk}", data)


def code_of(placed):
    return Order.objects.get(pk=placed.pk).status.code


def clean():
    return check_stock(extra=INVARIANTS) == []


# --- Each kind of action ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "done", "undone"), [
    ("en", "Written off: Rose, 3", "Undone: Written off: Rose"),
    ("ru", "Списано: Rose, 3", "Отменено: Списано: Rose"),
])  # fmt: skip
def test_a_write_off_is_told_once_and_undone_to_the_kopeck(login, staff, language, done, undone):
    rose = stocked("Rose", ("2", "10.0001"), ("5", "11.11"))
    before = list(StockBatch.objects.values()), stock_of(rose).value
    browser = login(staff("florist", language=language))
    answer = write_off(browser, rose, "3")
    shown = page(browser, answer["Location"])
    assert shown.count(done) == 1
    assert BAR in shown
    answer = press_undo(browser, next=answer["Location"])
    assert answer.status_code == 302
    shown = page(browser, answer["Location"])
    assert undone in shown
    assert BAR not in shown
    assert (list(StockBatch.objects.values()), stock_of(rose).value) == before
    assert WriteOff.objects.get().reversed_by.role == "florist"
    assert clean()


def test_a_form_that_comes_twice_is_one_write_off_and_one_action(shop, login, florist):
    rose, key = stocked("Rose", ("9", "10")), uuid.uuid4()
    browser = login(florist)
    for _ in range(2):
        write_off(browser, rose, "3", key=key)
    assert (WriteOff.objects.count(), RecentAction.objects.count()) == (1, 1)


def test_a_refused_write_off_leaves_no_action(shop, login, florist):
    rose = stocked("Rose", ("2", "10"))
    assert write_off(login(florist), rose, "3").status_code == 422
    assert not RecentAction.objects.exists()


@pytest.mark.parametrize("way", ["page", "htmx", "board"])
def test_a_step_is_taken_back_with_the_stock(shop, login, florist, way):
    rose = stocked("Rose", ("9", "10"))
    placed, browser = order((rose, "4"), status=status("new")), login(florist)
    if way == "board":
        fields = {"status": status("confirmed").pk, "version": placed.version, "view": "today"}
        shown = browser.post(f"/orders/{placed.pk}/move/", fields, **PART).content.decode()
    elif way == "htmx":
        shown = step(browser, placed, "confirmed", **PART).content.decode()
    else:
        shown = page(browser, step(browser, placed, "confirmed")["Location"])
    assert BAR in shown
    assert shown.count(f"Order {placed.number}: Confirmed.") == 1
    assert stock_of(rose).reserved == 4
    press_undo(browser)
    assert code_of(placed) == "new"
    assert stock_of(rose).reserved == 0
    last = OrderEvent.objects.latest("pk")
    assert (last.status_before.code, last.status.code, last.by) == ("confirmed", "new", florist)
    assert clean()


def test_completing_is_taken_back_exactly_to_where_the_order_was(shop, login, owner):
    rose = stocked("Rose", ("3", "10"), ("6", "12"))
    placed, browser = confirm_order(order((rose, "4"))), login(owner)
    set_status(placed, status("ready"))
    before = list(StockBatch.objects.values()), stock_of(rose).reserved
    step(browser, placed, "completed")
    assert stock_of(rose).quantity == 5
    press_undo(browser)
    assert code_of(placed) == "ready"
    assert (list(StockBatch.objects.values()), stock_of(rose).reserved) == before
    assert Sale.objects.get().reversed_at is not None
    assert Order.objects.get(pk=placed.pk).completed_at is None
    assert clean()


def test_a_second_press_of_a_step_is_no_second_action(shop, login, florist):
    placed, browser = order((stocked(), "1"), status=status("new")), login(florist)
    fields = {"status": status("confirmed").pk, "version": placed.version}
    for _ in range(2):
        browser.post(f"/orders/{placed.pk}/status/", fields)
    assert RecentAction.objects.count() == 1


@pytest.mark.parametrize(("language", "said"), [("en", "was changed since"), ("ru", "с тех пор изменили")])
def test_a_step_that_somebody_changed_since_stays(login, staff, manager, language, said):
    rose = stocked("Rose", ("9", "10"))
    placed, browser = order((rose, "4"), status=status("new")), login(staff("florist", language=language))
    step(browser, placed, "confirmed")
    for code in ("new", "confirmed"):  # away and back again: it looks the same and is not
        set_status(Order.objects.get(pk=placed.pk), status(code), by=manager)
    answer = press_undo(browser)
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert 'href="/recent/"' in answer.content.decode()
    assert (code_of(placed), stock_of(rose).reserved) == ("confirmed", 4)
    assert RecentAction.objects.get().undone_at is None


def test_an_order_that_was_only_edited_since_goes_back(shop, login, florist):
    placed, browser = order((stocked(), "1"), status=status("new")), login(florist)
    step(browser, placed, "confirmed")
    now = Order.objects.get(pk=placed.pk)
    now.courier_note = "Ring twice"
    now.save()
    assert press_undo(browser).status_code == 302
    now.refresh_from_db()
    assert (now.status.code, now.courier_note) == ("new", "Ring twice")


def test_an_order_that_was_deleted_since_can_not_go_back(shop, login, florist):
    placed, browser = order(status=status("draft")), login(florist)
    step(browser, placed, "new")
    Order.objects.get(pk=placed.pk).delete()
    answer = press_undo(browser)
    assert answer.status_code == 409
    assert "was deleted since" in answer.content.decode()


def bulk(browser, orders, code):
    data = {"order": [f"{item.pk}-{item.version}" for item in orders], "status": status(code).pk, "next": "/orders/"}
    return browser.post("/orders/bulk/", data)


def test_many_steps_are_one_action_and_those_changed_since_are_named(shop, login, florist):
    rose = stocked("Rose", ("20", "10"))
    orders = [order((rose, "2"), status=status(code)) for code in ("new", "draft", "new")]
    browser = login(florist)
    answer = bulk(browser, orders, "assembling")
    assert answer["Location"] == "/orders/"
    shown = page(browser, "/orders/")
    assert shown.count("3 orders are now in “Assembling”.") == 1
    assert BAR in shown
    assert RecentAction.objects.count() == 1
    set_status(Order.objects.get(pk=orders[2].pk), status("ready"))
    shown = page(browser, press_undo(browser)["Location"])
    assert [code_of(placed) for placed in orders] == ["new", "draft", "ready"]
    assert f"order {orders[2].number} was changed since" in shown
    assert stock_of(rose).reserved == 2
    assert clean()


def test_when_all_of_them_were_changed_nothing_is_undone(shop, login, florist):
    orders = [order((stocked(f"Rose {n}"), "2"), status=status("new")) for n in range(2)]
    browser = login(florist)
    bulk(browser, orders, "assembling")
    for placed in orders:
        set_status(Order.objects.get(pk=placed.pk), status("ready"))
    answer = press_undo(browser)
    assert answer.status_code == 409
    assert "All of these orders were changed since" in answer.content.decode()
    assert RecentAction.objects.get().undone_at is None


def test_those_that_were_refused_are_listed_and_the_others_are_in_the_bar(shop, login, owner):
    rose = stocked("Rose", ("3", "10"))
    good, bad = (order((rose, quantity), status=status("new")) for quantity in ("2", "9"))
    browser = login(owner)
    shown = bulk(browser, [good, bad], "completed").content.decode()
    assert shown.count("1 order is now in “Completed”.") == 1
    assert BAR in shown
    press_undo(browser)
    assert (code_of(good), stock_of(rose).quantity) == ("new", 3)


@pytest.mark.parametrize("kind", ["product", "kit"])
def test_a_deletion_is_undone(shop, login, owner, kind):
    row = Product.objects.create(name="Rose")
    path = f"/catalogue/{row.pk}/delete/"
    if kind == "kit":
        row = kit("Spring", "100", (row, "3"))
        path = f"/catalogue/kits/{row.pk}/delete/"
    browser = login(owner)
    shown = page(browser, browser.post(path)["Location"])
    assert shown.count(f"“{row.name}” is deleted.") == 1
    assert BAR in shown
    press_undo(browser)
    row = type(row).all_objects.get(pk=row.pk)
    assert not row.is_deleted
    if kind == "kit":
        assert ProductKit.objects.get().items.count() == 1


def test_a_newer_deletion_is_not_undone_by_an_older_action(shop, login, owner):
    rose, browser = Product.objects.create(name="Rose"), login(owner)
    browser.post(f"/catalogue/{rose.pk}/delete/")
    first = RecentAction.objects.get()
    browser.post(f"/catalogue/{rose.pk}/restore/")
    browser.post(f"/catalogue/{rose.pk}/delete/")
    answer = press_undo(browser, first)
    assert answer.status_code == 409
    assert "was restored since, or deleted once more" in answer.content.decode()
    assert Product.all_objects.get().is_deleted


def test_a_discarded_draft_comes_back_unless_another_order_was_begun(shop, login, florist):
    browser = login(florist)
    browser.post("/orders/new/draft/", order_form(buyer_name="Anna Be"))
    shown = page(browser, browser.post("/orders/new/draft/discard/")["Location"])
    assert "Anna Be" not in shown
    assert "The draft of a new order is discarded." in shown
    assert "Anna Be" not in str(RecentAction.objects.get().payload)
    press_undo(browser)
    assert "Anna Be" in page(browser, "/orders/new/")
    browser.post("/orders/new/draft/discard/")
    browser.post("/orders/new/draft/", order_form(buyer_name="Boris"))
    answer = press_undo(browser)
    assert answer.status_code == 409
    assert "another order was begun since" in answer.content.decode()
    assert "Boris" in page(browser, "/orders/new/")


def test_a_discarded_draft_is_gone_after_half_an_hour(shop, login, florist, seller):
    browser = login(florist)
    browser.post("/orders/new/draft/", order_form(buyer_name="Anna Be"))
    browser.post("/orders/new/draft/discard/")
    past = timezone.now() - timedelta(minutes=31)
    OrderDraft.objects.update(discarded_at=past)
    RecentAction.objects.update(until=past)
    answer = press_undo(browser)
    assert answer.status_code == 409
    assert "The time for undoing this ended" in answer.content.decode()
    login(seller).post("/orders/new/draft/", order_form(buyer_name="Boris"))
    assert [draft.user for draft in OrderDraft.objects.all()] == [seller]
    assert browser.post("/orders/new/draft/discard/").status_code == 302
    assert RecentAction.objects.count() == 1, "without a draft nothing is discarded"


# --- Once, in time, by those who may -----------------------------------------------------------------------------------


def test_a_second_press_finds_it_done(shop, login, florist, owner):
    rose, browser = stocked("Rose", ("9", "10")), login(florist)
    write_off(browser, rose, "3")
    assert press_undo(browser).status_code == 302
    assert press_undo(browser).status_code == 302
    assert stock_of(rose).quantity == 9
    answer = press_undo(login(owner))
    assert answer.status_code == 409
    assert "This was undone already" in answer.content.decode()


def test_a_step_is_taken_back_within_a_day(shop, login, florist):
    placed, browser = order((stocked(), "1"), status=status("new")), login(florist)
    step(browser, placed, "confirmed")
    action = RecentAction.objects.get()
    assert action.until - action.at == timedelta(hours=24)
    RecentAction.objects.update(until=timezone.now() - timedelta(seconds=1))
    answer = press_undo(browser)
    assert answer.status_code == 409
    assert "The time for undoing this ended" in answer.content.decode()
    assert code_of(placed) == "confirmed"


def test_what_a_colleague_did_is_undone_by_the_office_alone(shop, login, staff):
    rose = stocked("Rose", ("9", "10"))
    write_off(login(staff("florist")), rose, "3")
    for role in ("florist", "seller", "courier"):
        answer = press_undo(login(staff(role)))
        assert answer.status_code == 403
        assert "Only who did it can undo it, or: owner, manager." in answer.content.decode()
    assert stock_of(rose).quantity == 6
    assert press_undo(login(staff("manager"))).status_code == 302
    assert stock_of(rose).quantity == 9


def test_a_closed_order_is_reopened_by_those_who_may_reopen(shop, login, florist, owner):
    rose = stocked("Rose", ("9", "10"))
    placed, browser = confirm_order(order((rose, "3"))), login(florist)
    shown = page(browser, step(browser, placed, "completed")["Location"])
    assert BAR not in shown
    assert shown.count(f"Order {placed.number}: Completed.") == 1, "what has no bar is told as before"
    answer = press_undo(browser)
    assert answer.status_code == 403
    assert "Your role does not permit undoing this. Ask: owner, manager." in answer.content.decode()
    assert (code_of(placed), stock_of(rose).quantity) == ("completed", 6)
    press_undo(login(owner))
    assert (code_of(placed), stock_of(rose).quantity) == ("confirmed", 9)


def test_strangers_log_in_first_and_other_verbs_are_refused(shop, client, login, florist):
    write_off(login(florist), stocked("Rose", ("9", "10")), "3")
    action = RecentAction.objects.get()
    for path in (f"/undo/{action.pk}/", f"/undo/{action.pk}/dismiss/"):
        assert "/login/" in client.post(path)["Location"]
        assert login(florist).get(path).status_code == 405
    assert "/login/" in client.get("/recent/")["Location"]
    assert RecentAction.objects.get().undone_at is None


def test_the_way_back_stays_in_the_shop(shop, login, florist):
    browser = login(florist)
    write_off(browser, stocked("Rose", ("9", "10")), "3")
    assert press_undo(browser, next="https://evil.example/")["Location"] == "/"


def test_an_action_outside_a_transaction_is_a_mistake_of_the_program(committed_shop, staff):
    with pytest.raises(RuntimeError, match="inside the transaction"):
        remember("inventory.write_off", {}, by=staff("florist"))


def test_no_payload_names_a_person(shop, login, owner):
    rose = stocked("Rose", ("20", "10"))
    browser = login(owner)
    browser.post("/orders/new/", order_form((rose, "1"), status_code="new"))
    placed = Order.objects.get()
    step(browser, placed, "confirmed")
    bulk(browser, [Order.objects.get()], "ready")
    write_off(browser, rose, "1", comment="Anna said so")
    parts = {"lines-0-product": "Rose", "lines-0-quantity": "2", "comment": "Anna said so"}
    bouquet = kit("Posy", "100", (rose, "2"))
    place = stock_of(rose).warehouse_id
    browser.post(
        f"/stock/assembling/?kit={bouquet.pk}", {"quantity": "1", "warehouse": place, "key": uuid.uuid4(), **parts}
    )
    browser.post("/orders/new/draft/", order_form(buyer_name="Anna"))
    browser.post("/orders/new/draft/discard/")
    browser.post(f"/catalogue/{Product.objects.create(name='Tulip').pk}/delete/")
    browser.post(f"/catalogue/{Product.objects.create(name='Aster').pk}/archive/")
    change = {"way": "up", "amount": "10", "rounding": "none"}
    look = browser.get("/catalogue/prices/", change).content.decode()
    seen, since = re.search(r'name="seen" value="(\w+)"><input type="hidden" name="since" value="(\d+)"', look).groups()
    browser.post("/catalogue/prices/", {**change, "seen": seen, "since": since})
    look = browser.get("/catalogue/kits/prices/", change).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', look)[1]
    browser.post("/catalogue/kits/prices/", {**change, "seen": seen})
    farm, unit = Supplier.objects.create(name="Anna's farm"), PurchaseUnit.objects.create(product=rose, factor=20)
    pack_so(farm, unit)
    browser.post(f"/stock/suppliers/{farm.pk}/packs/{unit.pk}/remove/")
    browser.post(f"/catalogue/kits/{kit('Spring', '100', (rose, '3')).pk}/delete/")
    browser.post(f"/catalogue/categories/{ProductCategory.objects.create(name='Roses').pk}/delete/")
    moved = ProductCategory.objects.create(name="Tulips")
    other = ProductCategory.objects.create(name="Cut flowers")
    browser.post(f"/catalogue/categories/{moved.pk}/place/", {"parent": other.pk})
    photo = ProductPhoto.objects.create(product=rose, original_name="Anna.jpg", alt="Anna with a bouquet")
    browser.post(f"/catalogue/{rose.pk}/photos/{photo.pk}/", {"do": "remove"})
    pair = save_group(ProductVariantGroup(name="Any"), [rose, Product.objects.create(name="Iris", sale_price=1)])
    browser.post(f"/catalogue/groups/{pair.pk}/delete/")
    sheet = read_table(b"Name;Price;Notes\r\nLily;90;Anna likes it\r\n")
    many = f"/catalogue/many/?pick={Product.objects.create(name='Calla', sale_price=1).pk}"
    shelf = ProductCategory.objects.create(name="Many")
    words = [ProductTag.objects.create(name=name) for name in ("Weding", "Wedding")]
    browser.post(f"/catalogue/tags/{words[0].pk}/", {"do": "merge", "into": words[1].pk})
    browser.post(f"/catalogue/tags/{words[1].pk}/delete/")
    for data in ({"do": "tags", "add": "wedding"}, {"do": "category", "category": shelf.pk}, {"do": "archive"}):
        browser.post(many, data)
    file = keep_file(sheet, name="Anna.csv", columns=recognised(sheet.header), by=owner)
    look = browser.get(f"/catalogue/import/{file.pk}/check/").content.decode()
    browser.post(f"/catalogue/import/{file.pk}/check/", {"seen": re.search(r'name="seen" value="(\w+)"', look)[1]})
    kept = RecentAction.objects.all()
    assert {action.kind for action in kept} == set(KINDS)
    for action in kept:
        for secret in ("Anna", "912 000", "79120001042", owner.username):
            assert secret not in str(action.payload)


# --- The bar -----------------------------------------------------------------------------------------------------------


def test_the_bar_goes_with_the_person_to_the_next_pages_until_it_is_put_away(shop, login, florist, seller):
    browser = login(florist)
    write_off(browser, stocked("Rose", ("9", "10")), "3")
    for url in ("/", "/orders/", "/stock/", "/profile/"):
        assert BAR in page(browser, url)
        assert f'name="next" value="{url}"' in page(browser, url)
    assert BAR not in page(login(seller), "/orders/")
    action = RecentAction.objects.get()
    login(seller).post(f"/undo/{action.pk}/dismiss/")
    assert BAR in page(browser, "/orders/"), "nobody else puts it away"
    answer = browser.post(f"/undo/{action.pk}/dismiss/", {"next": "/orders/"})
    assert answer["Location"] == "/orders/"
    assert BAR not in page(browser, "/orders/")
    assert "Written off: Rose" in page(browser)
    assert press_undo(browser).status_code == 302


def test_htmx_puts_the_bar_away_with_nothing(shop, login, florist):
    browser = login(florist)
    write_off(browser, stocked("Rose", ("9", "10")), "3")
    answer = browser.post(f"/undo/{RecentAction.objects.get().pk}/dismiss/", **PART)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_newer_action_takes_the_place_of_the_older_one(shop, login, florist):
    rose, browser = stocked("Rose", ("9", "10")), login(florist)
    write_off(browser, rose, "3")
    write_off(browser, rose, "1")
    shown = page(browser, "/stock/")
    assert shown.count(BAR) == 1
    assert f"/undo/{RecentAction.objects.latest('pk').pk}/" in shown
    press_undo(browser)
    assert BAR not in page(browser, "/stock/"), "the older one is among the recent actions"


def test_the_bar_is_for_what_was_done_just_now(shop, login, florist):
    browser = login(florist)
    write_off(browser, stocked("Rose", ("9", "10")), "3")
    RecentAction.objects.update(at=timezone.now() - timedelta(minutes=10, seconds=1))
    assert BAR not in page(browser, "/stock/")
    assert press_undo(browser).status_code == 302


def statements(queries, table="core_recentaction"):
    return [query["sql"] for query in queries if table in query["sql"]]


def test_the_bar_costs_one_statement_on_a_page_and_none_in_a_part(shop, login, florist, django_assert_max_num_queries):
    browser = login(florist)
    write_off(browser, stocked("Rose", ("9", "10")), "3")
    with django_assert_max_num_queries(20) as asked:
        page(browser, "/orders/")
    assert len(statements(asked.captured_queries)) == 1
    with django_assert_max_num_queries(20) as asked:
        page(browser, "/orders/", **PART)
    assert statements(asked.captured_queries) == []


# --- Recent actions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "said"), [("en", "Nothing was done yet"), ("ru", "Пока ничего не сделано")])
def test_where_nothing_was_done_the_page_says_what_will_be_here(shop, login, staff, language, said):
    assert said in page(login(staff("seller", language=language)))


def test_people_see_their_own_actions_and_the_office_everybody_s(shop, login, staff):
    rose = stocked("Rose", ("9", "10"))
    write_off(login(staff("florist", username="lena", name="Lena")), rose, "3")
    seller = login(staff("seller"))
    write_off(seller, rose, "1")
    shown = page(seller)
    assert "Written off: Rose, 1" in shown
    assert "Written off: Rose, 3" not in shown
    for role in ("owner", "manager"):
        shown = page(login(staff(role)))
        assert "Written off: Rose, 3" in shown
        assert "Lena" in shown
        assert shown.count(">Undo<") + shown.count("Undo<span") == 2


def test_the_page_says_who_undid_it_or_why_it_can_not_be(shop, login, florist, owner):
    rose = stocked("Rose", ("9", "10"))
    browser = login(florist)
    write_off(browser, rose, "3")
    press_undo(browser)
    placed = confirm_order(order((rose, "3")))
    step(browser, placed, "completed")
    shown = page(browser)
    assert "Undone" in shown
    assert "Your role does not permit undoing this" in shown
    assert f"/orders/{placed.pk}/" in shown
    assert 'action="/undo/' not in shown


def test_the_list_goes_on_by_50_and_asks_few_questions(shop, login, owner, django_assert_max_num_queries):
    RecentAction.objects.bulk_create(
        RecentAction(by=owner, kind="orders.discard_draft", payload={"draft": n}) for n in range(60)
    )
    browser = login(owner)
    with django_assert_max_num_queries(12):
        shown = page(browser)
    assert shown.count('id="action_') - shown.count('id="action_link') == 50
    [after] = {part.split('"')[0] for part in shown.split('href="?after=')[1:]}
    with django_assert_max_num_queries(8):
        rest = page(browser, f"/recent/?after={after}", **PART)
    assert rest.count('id="action_') - rest.count('id="action_link') == 10
    assert "<html" not in rest
    assert page(browser, "/recent/?after=x").count('id="action_link') == 50


def test_actions_are_forgotten_after_30_days(shop, owner):
    for days in (29, 31):
        RecentAction.objects.create(
            by=owner, kind="orders.discard_draft", payload={}, at=timezone.now() - timedelta(days=days)
        )
    out = StringIO()
    call_command("forget_actions", schema="rose", stdout=out)
    assert "rose: 1 action forgotten" in out.getvalue()
    [left] = RecentAction.objects.all()
    assert timezone.now() - left.at < timedelta(days=30)


def test_a_person_who_is_removed_leaves_the_action(shop, staff):
    somebody = staff("seller")
    RecentAction.objects.create(by=somebody, kind="orders.discard_draft", payload={"draft": 1})
    somebody.delete()
    assert RecentAction.objects.get().by is None


def test_reversed_write_offs_are_no_loss(shop, login, florist):
    from reports.selectors import takings_between

    now = timezone.now()
    browser = login(florist)
    write_off(browser, stocked("Rose", ("9", "10")), "3")
    span = (now - timedelta(hours=1), now + timedelta(hours=1))
    assert takings_between(*span).lost == Decimal(30)
    press_undo(browser)
    assert takings_between(*span).lost == 0
