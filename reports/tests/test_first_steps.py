"""The checklist of a new shop: what is done is read from its data; hidden once, hidden for all."""

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.errors import Busy
from core.models import ShopFlag
from inventory.models import Receipt, Stock
from inventory.services.checking import check_stock
from inventory.tests.factories import product, receive
from orders.models import Order
from orders.services.first_steps import NotEmpty, load_demo_goods
from orders.services.lifecycle import complete_order
from orders.tests.factories import order
from products.models import Product
from reports.first_steps import first_steps


def page(browser, url="/"):
    answer = browser.get(url)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def done():
    found = first_steps(may_load_demo=False)
    return None if found is None else [step.is_done for step in found.steps]


def test_progress_follows_what_the_shop_has_done_until_nothing_is_left(shop, owner, staff):
    assert done() == [False] * 5
    staff("florist")
    assert done() == [True, False, False, False, False]
    rose = product("Red rose")
    assert done() == [True, True, False, False, False]
    receive(rose, "10")
    placed = order((rose, "1"))
    assert done() == [True, True, True, True, False]
    complete_order(placed)
    assert done() is None


def test_the_second_factor_is_offered_until_it_is_on_and_holds_nothing_up(shop, login, owner):
    browser = login(owner)
    assert "Lock the door twice" in page(browser)
    assert 'href="/profile/second-factor/"' in page(browser)
    assert 'href="/admin/accounts/user/"' in page(browser), "and people are invited where people are listed"
    owner.second_factor_at = timezone.now()
    owner.save()
    assert "Lock the door twice" not in page(login(owner))
    owner.second_factor_at = None
    owner.save()
    User.objects.create_user("anna", role="florist")
    rose = product("Red rose")
    receive(rose, "10")
    complete_order(order((rose, "1")))
    assert first_steps(may_load_demo=True, is_protected=False) is None


@pytest.mark.parametrize(("language", "said"), [("ru", "Первые шаги"), ("en", "First steps")])
def test_owner_and_manager_see_the_checklist_and_others_do_not(login, staff, language, said):
    for role, sees in (("owner", True), ("manager", True), ("florist", False), ("courier", False)):
        assert (said in page(login(staff(role, language=language)))) is sees


def test_hidden_by_one_it_is_hidden_for_all_of_this_shop_alone(shop, other_shop, login, owner, manager):
    assert login(manager).post("/first-steps/hide/").status_code == 302
    assert login(manager).post("/first-steps/hide/").status_code == 302
    assert ShopFlag.objects.count() == 1
    assert 'id="first_steps"' not in page(login(owner))
    connection.set_tenant(other_shop)
    own = User.objects.create_user("tulips-own", role="owner", language="en")
    assert 'id="first_steps"' in page(login(own, other_shop))


@pytest.mark.parametrize("role", ["florist", "seller", "courier"])
def test_only_the_office_hides_the_checklist(login, staff, role):
    assert login(staff(role)).post("/first-steps/hide/").status_code == 403
    assert not ShopFlag.objects.exists()


def test_the_owner_fills_an_empty_shop_and_nobody_can_log_in_by_it(shop, login, owner):
    browser = login(owner)
    assert "/first-steps/demo/" in page(browser)
    people = User.objects.count()
    assert browser.post("/first-steps/demo/").status_code == 302
    assert Product.objects.exists()
    assert Receipt.objects.exists()
    assert Order.objects.exists()
    assert User.objects.count() == people
    assert check_stock() == []
    assert "/first-steps/demo/" not in page(browser)


@pytest.mark.parametrize(
    ("language", "said"), [("ru", "уже есть товары или заказы"), ("en", "has goods or orders already")]
)
def test_a_shop_with_goods_is_not_filled(login, staff, language, said):
    product("Red rose").delete()
    browser = login(staff("owner", language=language))
    assert "/first-steps/demo/" not in page(browser)
    answer = browser.post("/first-steps/demo/")
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert Product.all_objects.count() == 1
    assert not Order.objects.exists()
    assert not Stock.objects.exists()


@pytest.mark.parametrize("role", ["manager", "florist", "seller", "courier"])
def test_only_the_owner_fills_the_shop(login, staff, role):
    browser = login(staff(role))
    assert "/first-steps/demo/" not in page(browser)
    assert browser.post("/first-steps/demo/").status_code == 403
    assert not Product.objects.exists()


@pytest.mark.race
def test_two_presses_at_once_fill_the_shop_once(committed_shop, in_threads):
    from core.transactions import run

    def press(_number):
        return run(lambda: load_demo_goods(by=User.objects.get(username="owner"), now=timezone.now()))

    User.objects.create_user("owner", role="owner")
    found = in_threads(2, press)
    assert found.count(None) == 1
    # The second waits for the first; on a slow machine that takes longer than anybody may wait for a lock.
    assert next(type(outcome) for outcome in found if outcome is not None) in {NotEmpty, Busy}
    assert Product.objects.count() == len({item.name for item in Product.objects.all()})
