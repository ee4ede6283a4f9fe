"""What became of deleted rows, written down once; and people who are forgotten while their orders stay."""

import threading
import time
from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.access import Role
from core.errors import BadInput, NotAllowed, StaleForm
from core.models import TrashDeed, TrashEvent
from core.soft_delete import CannotRestore
from core.trash import KINDS, StillNamed, bring_back, forget, purge
from inventory.models import Supplier, Warehouse
from inventory.tests.factories import stocked
from orders.models import Contact, Order, OrderDraft
from orders.services.contacts import StillOrdering, restore_contact
from orders.services.drafts import save_draft
from orders.services.lifecycle import cancel_order, complete_order, reopen_order
from orders.tests.factories import order
from products.models import Product, ProductPhoto
from tests.test_trash import gone, product, text_of

PRODUCT, CONTACT = KINDS["product"], KINDS["contact"]


def anna(**fields):
    return Contact.objects.create(**{"name": "Anna", "phone": "+79120001042", **fields})


def test_restoring_and_removing_are_written_down_with_the_deletion_before(shop, owner, manager):
    at = timezone.now() - timedelta(days=3)
    rose = product()
    ProductPhoto.objects.create(product=rose)
    gone(rose, by=manager, at=at)
    bring_back(PRODUCT, rose.pk, by=owner)
    bring_back(PRODUCT, rose.pk, by=owner)  # back already: nothing happens, nothing is written
    event = TrashEvent.objects.get()
    assert (event.deed, event.kind, event.row, event.name, event.rows) == (
        TrashDeed.RESTORED,
        "product",
        rose.pk,
        "Rose",
        2,
    )
    assert (event.by, event.deleted_by, event.deleted_at) == (owner, manager, at)
    key = gone(rose, by=owner).pk
    purge(PRODUCT, key, typed="Rose", by=owner)
    event = TrashEvent.objects.latest("pk")
    assert (event.deed, event.row, event.name, event.rows, event.by) == (TrashDeed.REMOVED, key, "Rose", 2, owner)


def test_what_was_refused_leaves_no_line(shop, owner):
    rose = gone(product(), by=owner)
    product()  # the name is free; the code is not
    Product.objects.update(sku="X1")
    Product.all_objects.filter(pk=rose.pk).update(sku="X1")
    with pytest.raises(CannotRestore):
        bring_back(PRODUCT, rose.pk, by=owner)
    with pytest.raises(BadInput):
        purge(PRODUCT, rose.pk, typed="Tulip", by=owner)
    supplier = Supplier.objects.create(name="Farm")
    with pytest.raises(StaleForm):
        purge(KINDS["supplier"], supplier.pk, typed="Farm", by=owner)
    assert not TrashEvent.objects.exists()


def test_the_lines_are_never_changed(shop, owner):
    bring_back(PRODUCT, gone(product(), by=owner).pk, by=owner)
    for change in (lambda rows: rows.update(name="Tulip"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            change(TrashEvent.objects.all())
    assert TrashEvent.objects.get().name == "Rose"


def test_the_page_tells_it_newest_first_and_page_by_page(login, owner, staff, monkeypatch):
    monkeypatch.setattr("core.trash_views.PAGE", 2)
    browser = login(owner)
    assert "Nothing has left the trash yet" in text_of(browser.get("/trash/past/"))
    for number in range(3):
        bring_back(PRODUCT, gone(product(f"Rose {number}"), by=owner).pk, by=owner)
    purge(KINDS["supplier"], gone(Supplier.objects.create(name="Farm"), by=owner).pk, typed="Farm", by=owner)
    first = browser.get("/trash/past/")
    said = text_of(first)
    assert "Farm Supplier removed for good" in said
    assert "Rose 2" in said
    assert "Rose 1" not in said
    assert str(owner) in said
    before = TrashEvent.objects.order_by("-pk")[1].pk
    assert f"?before={before}" in first.content.decode()
    more = browser.get(f"/trash/past/?before={before}", headers={"HX-Request": "true"}).content.decode()
    assert ("Rose 1" in more, "Rose 0" in more, "Farm" in more, "<html" in more) == (True, True, False, False)
    for odd in ("?before=x", "?before=" + "9" * 30, "?before=-1"):
        assert "Farm" in text_of(browser.get("/trash/past/" + odd)), odd
    with CaptureQueriesContext(connection) as asked:
        browser.get("/trash/past/")
    assert len([each for each in asked if "core_trashevent" in each["sql"]]) == 1
    assert login(staff("florist")).get("/trash/past/").status_code == 403


def test_the_managers_page_leaves_out_what_is_the_owners(login, owner, manager):
    place = KINDS["warehouse"]
    bring_back(place, gone(Warehouse.objects.create(name="Cellar"), by=owner).pk, by=owner)
    assert "Cellar" in text_of(login(owner).get("/trash/past/"))
    assert "Cellar" not in text_of(login(manager).get("/trash/past/"))


@pytest.fixture
def bought(shop, owner):
    """Anna bought flowers twice: once for herself, once for Boris. Both orders are ended, Anna is deleted."""
    rose, her, boris = stocked("Rose", ("9", "10")), anna(), Contact.objects.create(name="Boris", phone="+79120001043")
    own = order((rose, "2"), buyer=her, address="Lime Street 1", card_message="To me", courier_note="Ring twice")
    gift = order((rose, "1"), buyer=her, recipient=boris, address="Oak Street 2", card_message="Love, Anna")
    complete_order(own)
    cancel_order(gift)
    gone(her, by=owner)
    return own, gift, her, boris


def test_a_person_is_forgotten_and_the_orders_stay(bought, owner):
    own, gift, her, boris = bought
    money = list(Order.objects.order_by("pk").values("total", "paid", "due_on", "status", "buyer", "recipient"))
    kind = ContentType.objects.get_for_model(Contact)
    LogEntry.objects.create(
        user=owner, content_type=kind, object_id=str(her.pk), object_repr="Anna", action_flag=CHANGE
    )
    with pytest.raises(StillNamed):
        purge(CONTACT, her.pk, typed="Anna", by=owner)
    versions = dict(Order.objects.values_list("pk", "version"))
    assert forget(CONTACT, her.pk, typed="anna", by=owner) == 2
    her.refresh_from_db()
    assert (her.name, her.phone, her.is_deleted, str(her)) == ("", "", True, "forgotten person")
    own.refresh_from_db()
    gift.refresh_from_db()
    assert (own.address, own.card_message, own.courier_note) == ("", "", "")
    assert (gift.address, gift.card_message) == ("Oak Street 2", ""), "the address is Boris's"
    assert list(Order.objects.order_by("pk").values("total", "paid", "due_on", "status", "buyer", "recipient")) == money
    assert all(order.version == versions[order.pk] + 1 for order in Order.objects.all()), "open forms notice it"
    assert Contact.objects.get() == boris
    assert LogEntry.objects.get().object_repr == ""
    event = TrashEvent.objects.get()
    assert (event.deed, event.row, event.name, event.rows, event.by) == (TrashDeed.FORGOTTEN, her.pk, "", 3, owner)


def test_who_was_forgotten_neither_lies_in_the_trash_nor_comes_back(bought, login, owner):
    her = bought[2]
    forget(CONTACT, her.pk, typed="Anna", by=owner)
    browser = login(owner)
    assert "The trash is empty" in text_of(browser.get("/trash/"))
    assert browser.get(f"/trash/contact/{her.pk}/").status_code == 404
    with pytest.raises(CannotRestore, match="forgotten"):
        restore_contact(her, by=owner)
    with pytest.raises(StaleForm):
        forget(CONTACT, her.pk, typed="", by=owner)
    assert Contact.all_objects.get(pk=her.pk).is_deleted
    assert TrashEvent.objects.count() == 1
    for page in (f"/orders/{bought[0].pk}/", f"/orders/{bought[0].pk}/print/work-order/", "/orders/", "/orders/board/"):
        assert browser.get(page).status_code == 200, page
    # The number is free for the same person, who comes again as somebody new.
    assert anna().pk != her.pk


def test_what_was_typed_of_the_person_into_an_order_not_saved_yet_goes_too(bought, owner, florist, seller):
    now = timezone.now()
    save_draft({"buyer_phone": "8 (912) 000-10-42", "buyer_name": "A."}, by=florist, now=now)
    save_draft({"buyer_phone": "+7 912 000-10-43", "buyer_name": "Anna"}, by=seller, now=now)
    forget(CONTACT, bought[2].pk, typed="Anna", by=owner)
    assert [draft.user for draft in OrderDraft.objects.all()] == [seller], "another Anna"


@pytest.mark.race
def test_an_order_that_is_reopened_meanwhile_keeps_the_person(committed_shop, in_threads):
    """The order is locked alone: joined with its status, a wait would end with the status of before, or without the order."""
    owner = User.objects.create_user("owner", role=Role.OWNER)
    her = anna()
    taken = order((stocked("Rose", ("9", "10")), "2"), buyer=her, address="Lime Street 1")
    complete_order(taken)
    gone(her, by=owner)
    reopened, refusals = threading.Event(), []

    def work(number):
        if number == 0:
            with transaction.atomic():
                reopen_order(Order.objects.get(pk=taken.pk))
                reopened.set()
                time.sleep(1)  # the other one stands at the order's lock by then
            return
        assert reopened.wait(10)
        try:
            forget(CONTACT, her.pk, typed="Anna", by=owner)
        except StillOrdering as refusal:
            refusals.append(refusal)

    in_threads(2, work)
    her.refresh_from_db()
    taken.refresh_from_db()
    assert len(refusals) == 1
    assert (her.name, taken.address) == ("Anna", "Lime Street 1")


@pytest.mark.parametrize(("language", "said"), [
    ("en", "of this person is not ended yet. Complete or cancel it first"),
    ("ru", "этого человека ещё не закончен. Сначала завершите или отмените его"),
])  # fmt: skip
def test_an_order_under_way_needs_the_person(login, staff, language, said):
    owner, her = staff("owner", language=language), anna()
    open_one = order((stocked("Rose", ("9", "10")), "2"), buyer=her, address="Lime Street 1")
    gone(her, by=owner)
    answer = login(owner).post(f"/trash/contact/{her.pk}/", {"name": "Anna"})
    assert answer.status_code == StillOrdering.status
    assert said in text_of(answer)
    her.refresh_from_db()
    open_one.refresh_from_db()
    assert (her.name, open_one.address) == ("Anna", "Lime Street 1")
    assert not TrashEvent.objects.exists()


def test_the_page_asks_for_the_name_and_forgets(bought, login, owner, manager):
    her = bought[2]
    browser = login(owner)
    page = text_of(browser.get(f"/trash/contact/{her.pk}/"))
    assert "Forget “Anna”?" in page
    assert "orders: 2" in page
    assert browser.post(f"/trash/contact/{her.pk}/", {"name": "Ann"}).status_code == 422
    assert Contact.all_objects.get(pk=her.pk).name == "Anna"
    with pytest.raises(NotAllowed):
        forget(CONTACT, her.pk, typed="Anna", by=manager)
    with pytest.raises(StaleForm):
        forget(PRODUCT, gone(product(), by=owner).pk, typed="Rose", by=owner)
    answer = browser.post(f"/trash/contact/{her.pk}/", {"name": "Anna"}, follow=True)
    assert "The person is forgotten." in text_of(answer)
    assert "Anna" not in text_of(browser.get("/trash/past/"))
    assert "the person was forgotten" in text_of(browser.get("/trash/past/"))


def test_nobody_named_a_contact_so_it_is_removed_like_anything_else(shop, owner):
    her = gone(anna(), by=owner)
    purge(CONTACT, her.pk, typed="Anna", by=owner)
    assert not Contact.all_objects.exists()
    assert TrashEvent.objects.get().name == "", "of people no name is kept"
