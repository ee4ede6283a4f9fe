"""Orders typed in the admin: the stock follows once, a refusal leaves nothing."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from core.soft_delete import restore
from inventory.models import Sale, StockMovement
from inventory.tests.factories import stock_of, stocked, warehouse
from orders.models import Contact, Order, OrderEvent, OrderItem, OrderStatus
from orders.services.lifecycle import complete_order, confirm_order
from orders.services.payments import record_payment
from orders.tests.factories import order, status, today

ADD = "/admin/orders/order/add/"


def change_url(row):
    return f"/admin/orders/order/{row.pk}/change/"


def sent(wanted, *rows, known=0, **fields):
    """What the admin's form sends: a status and (item, product, quantity, price) rows."""
    data = {
        "status": wanted.pk,
        "buyer": "",
        "recipient": "",
        "fulfilment": "pickup",
        "warehouse": warehouse().pk,
        "address": "",
        "due_on": today().isoformat(),
        "due_from": "",
        "due_until": "",
        "card_message": "",
        "courier_note": "",
        "discount": "0",
        "delivery_price": "0",
        "items-TOTAL_FORMS": len(rows),
        "items-INITIAL_FORMS": known,
    }
    for prefix in ("payments", "price_notes", "events"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    for number, (item, product, quantity, price) in enumerate(rows):
        data |= {
            f"items-{number}-id": item.pk if item else "",
            f"items-{number}-product": product.pk,
            f"items-{number}-kit": "",
            f"items-{number}-quantity": quantity,
            f"items-{number}-price": price,
        }
    return data | fields


def test_an_order_typed_as_completed_writes_its_lines_off_once(shop, login, owner):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("20", "5"))
    browser = login(owner)

    answer = browser.post(ADD, sent(status("completed"), (None, rose, "10", "100"), (None, tulip, "4", "50")))

    assert answer.status_code == 302
    made = Order.objects.get()
    assert made.status.code == "completed"
    assert made.total == Decimal(1200)
    assert stock_of(rose).quantity == 20
    assert stock_of(tulip).quantity == 16
    assert Sale.objects.count() == 2
    assert sum(sale.amount for sale in Sale.objects.all()) == Decimal(1200)
    again = browser.post(change_url(made), sent(status("completed"), discount="0"))
    assert again.status_code == 302
    assert StockMovement.objects.filter(quantity__lt=0).count() == 2


def test_completing_an_order_with_a_line_added_in_the_same_form_sells_the_new_line_too(shop, login, owner):
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("20", "5"))
    placed = order((rose, "10"))
    confirm_order(placed)
    [item] = placed.items.all()

    answer = login(owner).post(
        change_url(placed),
        sent(status("completed"), (item, rose, "12", "100"), (None, tulip, "4", "50"), known=1, discount="100"),
    )

    assert answer.status_code == 302
    assert stock_of(rose).quantity == 18
    assert stock_of(rose).reserved == 0
    assert stock_of(tulip).quantity == 16
    placed.refresh_from_db()
    assert placed.total == Decimal(1300)
    assert placed.completed_at is not None
    assert OrderEvent.objects.filter(order=placed, status=status("completed"), by=owner).count() == 1


@pytest.mark.parametrize(("language", "said"), [("en", "Not enough in stock"), ("ru", "Не хватает на складе")])
def test_completing_more_than_there_is_in_the_admin_is_refused_and_leaves_nothing(shop, login, staff, language, said):
    rose = stocked("Red rose", ("30", "10"))
    browser = login(staff("owner", language=language))

    answer = browser.post(ADD, sent(status("completed"), (None, rose, "31", "100")))

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Red rose" in page
    assert "31" in page
    assert said in page
    assert not Order.objects.exists()
    assert not OrderItem.objects.exists()
    assert stock_of(rose).quantity == 30
    assert not Sale.objects.exists()


def test_a_refused_change_in_the_admin_keeps_the_order_as_it_was(shop, login, owner):
    rose = stocked("Red rose", ("30", "10"))
    placed = order((rose, "10"))
    confirm_order(placed)
    [item] = placed.items.all()

    answer = login(owner).post(
        change_url(placed), sent(status("completed"), (item, rose, "99", "100"), known=1, address="Elsewhere")
    )

    assert answer.status_code == 409
    assert "99" in answer.content.decode()
    placed.refresh_from_db()
    item.refresh_from_db()
    assert (placed.status.code, placed.address, item.quantity) == ("confirmed", "", Decimal(10))
    assert (stock_of(rose).quantity, stock_of(rose).reserved) == (30, 10)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "discount is more than the goods cost"), ("ru", "Скидка больше стоимости")]
)
def test_a_discount_above_the_goods_is_shown_beside_the_discount(shop, login, staff, language, said):
    rose = stocked("Red rose")
    answer = login(staff("owner", language=language)).post(
        ADD, sent(status("draft"), (None, rose, "1", "100"), discount="101")
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Order.objects.exists()


def test_an_order_without_lines_can_not_be_completed_in_the_admin(shop, login, owner):
    answer = login(owner).post(ADD, sent(status("completed")))
    assert answer.status_code == 409
    assert "has no lines" in answer.content.decode()
    assert not Order.objects.exists()


def test_lines_of_a_sold_order_stay_as_they_were_sold(shop, login, owner):
    rose = stocked("Red rose")
    placed = order((rose, "10"))
    complete_order(placed)
    [item] = placed.items.all()
    answer = login(owner).post(change_url(placed), sent(status("completed"), (item, rose, "9", "100"), known=1))
    assert answer.status_code == 409
    assert "Reopen it first" in answer.content.decode()
    item.refresh_from_db()
    assert item.quantity == 10
    assert stock_of(rose).quantity == 20


def test_a_cancelled_order_gives_everything_back_through_the_admin(shop, login, owner):
    rose = stocked("Red rose")
    placed = order((rose, "10"))
    complete_order(placed)
    answer = login(owner).post(change_url(placed), sent(status("cancelled")))
    assert answer.status_code == 302
    assert stock_of(rose).quantity == 30
    assert not Sale.objects.filter(reversed_at=None).exists()


def test_the_admin_form_of_a_new_order_starts_as_a_draft(shop, login, owner):
    form = login(owner).get(ADD).context["adminform"].form
    assert form.initial["status"] == status("draft").pk


def test_lists_and_forms_of_the_orders_admin_open(shop, login, owner):
    rose = stocked("Red rose")
    placed = order((rose, "10"), buyer=Contact.objects.create(name="Anna", phone="+79120001042"))
    record_payment(placed, amount=Decimal(100), method="card", by=owner)
    browser = login(owner)
    for model in ("order", "contact", "orderstatus", "payment"):
        assert browser.get(f"/admin/orders/{model}/").status_code == 200
        assert browser.get(f"/admin/orders/{model}/?q=1042").status_code == 200
    assert "Anna" in browser.get(change_url(placed)).content.decode()


def test_a_system_status_keeps_its_code_and_can_not_be_deleted(shop, login, owner):
    browser, draft = login(owner), status("draft")
    url = reverse("admin:orders_orderstatus_delete", args=[draft.pk], urlconf="myproject.urls_shop")
    assert browser.post(url, {"post": "yes"}).status_code == 403
    answer = browser.post(
        f"/admin/orders/orderstatus/{draft.pk}/change/",
        {"code": "other", "name": "Sketch", "color": "pink", "category": "completed", "position": 5},
    )
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.code, draft.name, draft.category, draft.is_positive_end) == ("draft", "Sketch", "draft", False)


def test_an_own_status_gets_its_ends_from_its_category_and_needs_a_name(shop, login, owner):
    browser = login(owner)
    data = {"code": "given", "name": "Given away", "color": "pink", "category": "completed", "position": 75}
    assert browser.post("/admin/orders/orderstatus/add/", data).status_code == 302
    assert OrderStatus.objects.get(code="given").is_positive_end
    for language, said in (("en", "Give the status a name"), ("ru", "Дайте статусу название")):
        with translation.override(language):
            owner.language = language
            owner.save()
            answer = browser.post("/admin/orders/orderstatus/add/", data | {"code": "nameless", "name": " "})
        assert answer.status_code == 200
        assert said in answer.content.decode()
    assert not OrderStatus.objects.filter(code="nameless").exists()


def test_a_deleted_contact_is_marked_and_its_orders_keep_the_name(shop, login, owner):
    anna = Contact.objects.create(name="Anna", phone="+79120001042")
    placed = order((stocked("Red rose"), "1"), buyer=anna)
    answer = login(owner).post(f"/admin/orders/contact/{anna.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    anna = Contact.all_objects.get(pk=anna.pk)
    assert anna.is_deleted
    assert anna.deleted_by == owner
    assert Order.objects.get(pk=placed.pk).buyer.name == "Anna"


def test_contacts_deleted_together_say_who_did_it_and_come_back_one_by_one(shop, login, owner):
    people = [Contact.objects.create(name=name) for name in ("Anna", "Bella")]
    form = {"action": "delete_selected", "_selected_action": [person.pk for person in people], "post": "yes"}
    login(owner).post(reverse("admin:orders_contact_changelist", urlconf="myproject.urls_shop"), form)
    assert {person.deleted_by for person in Contact.all_objects.filter(is_deleted=True)} == {owner}
    restore(Contact.all_objects.get(name="Anna"))
    assert [person.name for person in Contact.objects.all()] == ["Anna"]


def test_a_contact_typed_in_the_admin_is_stored_under_one_spelling_of_its_number(shop, login, owner):
    browser = login(owner)
    assert browser.post("/admin/orders/contact/add/", {"name": "Anna", "phone": "8 (912) 000-10-42"}).status_code == 302
    assert Contact.objects.get().phone == "+79120001042"
    again = browser.post("/admin/orders/contact/add/", {"name": "Other", "phone": "+7 912 000 10 42"})
    assert again.status_code == 200
    assert Contact.objects.count() == 1


def test_payments_are_only_looked_at_and_orders_never_deleted_in_the_admin(shop, login, owner):
    placed = order((stocked("Red rose"), "1"))
    payment = record_payment(placed, amount=Decimal(100), method="card", by=owner)
    browser = login(owner)
    assert browser.get("/admin/orders/payment/add/").status_code == 403
    assert browser.post(f"/admin/orders/payment/{payment.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.post(f"/admin/orders/order/{placed.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Order.objects.count() == 1


@pytest.mark.parametrize("role", ["florist", "seller", "courier"])
def test_the_orders_admin_is_for_the_office(shop, login, staff, role):
    assert login(staff(role)).get("/admin/orders/order/").status_code in {302, 403}
