"""Who works here buys at the staff's price: what lines cost, what the form offers, who may say so."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from core.errors import BadInput, NotAllowed
from inventory.tests.factories import kit, stocked
from orders.models import Contact, Order
from orders.services.contacts import mark_colleague
from orders.services.placing import LineInput, OrderInput, change_order
from orders.tests.factories import lines, order, today
from orders.tests.pages import line_fields, order_form, ref
from products.models import PriceKind
from products.services.prices import put_price

PHONE = "+79120001042"
NEW = "/orders/new/"
PART = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def goods(shop, owner):
    """A rose at 100, for the staff at 70; a tulip at 50 that has no price for the staff."""
    rose, tulip = stocked("Red rose", ("30", "10")), stocked("Tulip", ("30", "5"), price="50")
    put_price(rose, kind=PriceKind.STAFF, price=Decimal(70), by=owner)
    return rose, tulip


def colleague(**fields):
    return Contact.objects.create(**{"name": "Anna", "phone": PHONE, "is_colleague": True} | fields)


def prices_of(placed):
    return {str(item): item.price for item in placed.items.all()}


def test_who_works_here_pays_the_staffs_price_where_there_is_one(goods):
    rose, tulip = goods
    posy = kit("Posy", "500", (rose, "3"))
    wanted = ((rose, "2"), (tulip, "1"), (posy, "1"))
    guest = Contact.objects.create(name="Olga")
    usual = {"Red rose": Decimal(100), "Tulip": Decimal(50), "Posy": Decimal(500)}
    assert prices_of(order(*wanted, buyer=colleague())) == usual | {"Red rose": Decimal(70)}
    assert prices_of(order(*wanted, buyer=guest)) == usual
    assert prices_of(order(*wanted)) == usual
    assert prices_of(order(*wanted, buyer=guest, recipient=Contact.objects.get(phone=PHONE))) == usual


def test_a_price_that_was_typed_stays_typed(goods):
    rose, _tulip = goods
    assert prices_of(order((rose, "2", "95"), buyer=colleague())) == {"Red rose": Decimal(95)}


def test_lines_that_stand_keep_their_price_when_somebody_begins_to_work_here(goods, owner):
    rose, tulip = goods
    anna = colleague(is_colleague=False)
    placed = order((rose, "2"), buyer=anna)
    mark_colleague(anna, works_here=True, by=owner)
    assert prices_of(Order.objects.get(pk=placed.pk)) == {"Red rose": Decimal(100)}
    [line] = placed.items.all()
    kept = LineInput(quantity=Decimal(3), product=rose, price=line.price, item=line.pk)
    changed = change_order(
        placed, OrderInput(due_on=today(), buyer=Contact.objects.get(), lines=[kept, *lines((rose, "1"), (tulip, "1"))])
    )
    assert sorted((str(item), item.price) for item in changed.items.all()) == [
        ("Red rose", Decimal(70)), ("Red rose", Decimal(100)), ("Tulip", Decimal(50)),
    ]  # fmt: skip


def test_only_who_may_change_prices_says_who_works_here(goods, owner, florist, staff):
    anna = colleague(is_colleague=False)
    for language, said in (("en", "Your role may not change prices"), ("ru", "Ваша роль не может менять цены")):
        with translation.override(language), pytest.raises(NotAllowed) as refusal:
            mark_colleague(anna, works_here=True, by=florist)
        with translation.override(language):
            assert said in str(refusal.value)
    assert not Contact.objects.get().is_colleague
    mark_colleague(anna, works_here=True, by=staff("manager"))
    assert Contact.objects.get().is_colleague
    anna.delete()
    with pytest.raises(BadInput, match="Anna is deleted"):
        mark_colleague(anna, works_here=False, by=owner)
    assert Contact.all_objects.get().is_colleague


def test_the_mark_is_set_beside_the_orders_of_a_person(goods, login, owner, florist):
    anna = colleague(is_colleague=False)
    here, mark = f"/orders/?view=all&contact={anna.pk}", reverse("orders:contact_colleague", args=[anna.pk])
    assert login(florist).post(mark, {"works_here": "1"}).status_code == 403
    assert not Contact.objects.get().is_colleague
    browser = login(owner)
    assert "Works here: sell at the staff's price" in browser.get(here).content.decode()
    assert browser.post(mark, {"works_here": "1"}).url == here
    assert Contact.objects.get().is_colleague
    seen = login(florist).get(here).content.decode()
    assert "works here, staff price" in seen
    assert mark not in seen
    assert "No longer works here" in browser.get(here).content.decode()
    browser.post(mark, {"works_here": "0"})
    assert not Contact.objects.get().is_colleague


@pytest.mark.parametrize("role", ["owner", "manager"])
def test_the_mark_is_set_in_the_admin(goods, login, staff, role):
    anna = colleague(is_colleague=False)
    change = reverse("admin:orders_contact_change", args=[anna.pk], urlconf="myproject.urls_shop")
    login(staff(role)).post(change, {"name": "Anna", "phone": PHONE, "is_colleague": "on"})
    assert Contact.objects.get().is_colleague


def fields(*wanted, **more):
    return {**order_form(*wanted), **more}


def test_the_picker_and_new_lines_show_the_staffs_price(goods, login, florist):
    rose, _tulip = goods
    colleague()
    browser = login(florist)
    for phone, price, told in (("89120001042", "₽70", True), ("89120001043", "₽100", False), ("", "₽100", False)):
        found = browser.get("/orders/goods/", {"goods_search": "rose", "buyer_phone": phone}, **PART).content.decode()
        assert (price in found, "staff price" in found) == (True, told)
        added = browser.post(
            NEW, fields(buyer_phone=phone, choose_goods=ref(rose), **line_fields()), **PART
        ).content.decode()
        assert (f'value="{price[1:]}"' in added, "staff price" in added) == (True, told), phone
    typed = browser.post(NEW, fields((rose, "1", "95"), add_line="1", goods_search="tulip"), **PART).content.decode()
    assert "staff price" not in typed
    both = browser.post(NEW, fields((rose, "1", "70"), add_line="1", goods_search="tulip"), **PART).content.decode()
    assert both.count("staff price") == 1


def test_an_order_of_a_colleague_is_taken_down_at_the_staffs_price(goods, login, florist):
    rose, _tulip = goods
    anna = colleague()
    browser = login(florist)
    browser.post(NEW, order_form((rose, "2"), goods_search="tulip"))
    placed = Order.objects.get()
    assert (placed.buyer, prices_of(placed)) == (anna, {"Red rose": Decimal(70), "Tulip": Decimal(50)})
    assert "staff price" in browser.get(f"/orders/{placed.pk}/edit/").content.decode()
    assert "buyer works here, staff price" in browser.get(f"/orders/{placed.pk}/").content.decode()
    assert "works here" in browser.get("/orders/contacts/?q=1042", **PART).content.decode()


def test_a_colleague_without_a_number_is_known_by_the_name(goods, login, florist):
    rose, _tulip = goods
    colleague(phone="")
    login(florist).post(NEW, order_form((rose, "2"), buyer_phone="", buyer_name="Anna"))
    assert prices_of(Order.objects.get()) == {"Red rose": Decimal(70)}


def test_careless_words_about_the_buyer_are_answered_calmly(goods, login, florist):
    rose, _tulip = goods
    browser = login(florist)
    for typed in ("%00", "x%00y", "9" * 300):
        found = browser.get(f"/orders/goods/?goods_search={rose.name}&buyer_phone={typed}&buyer_name={typed}")
        assert found.status_code == 200, typed
    answer = browser.post(NEW, order_form((rose, "2"), buyer_phone="", buyer_name="An\x00na"))
    assert answer.status_code == 422


def test_the_form_says_that_the_buyer_works_here(goods, login, florist):
    Contact.objects.update_or_create(phone="+79120001099", defaults={"name": "Vera", "is_colleague": True})
    browser = login(florist)
    said = browser.get(reverse("orders:deliveries") + "?buyer_phone=%2B79120001099").content.decode()
    assert "take the staff's price" in said
    assert "staff" not in browser.get(reverse("orders:deliveries") + "?buyer_phone=%2B79120001098").content.decode()
