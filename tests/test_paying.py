"""Until when a shop is paid: a reminder, then looking only, then closed, and back with a new date."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from conftest import ShopBrowser
from core.middleware.shop import hosts
from core.tenancy import in_public, in_schema
from customers.models import Client
from customers.services.paying import Standing, closes_on, standing
from orders.models import Order
from orders.tests.factories import order
from products.models import Product

PAID = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (-400, Standing.FINE), (-7, Standing.FINE), (-6, Standing.ENDING), (0, Standing.ENDING),
        (1, Standing.READ_ONLY), (14, Standing.READ_ONLY), (15, Standing.CLOSED), (400, Standing.CLOSED),
    ],
)  # fmt: skip
def test_how_a_shop_stands_by_the_day(days, found):
    assert standing(PAID, PAID + timedelta(days=days)) is found


def test_a_shop_without_a_date_has_no_end_and_the_day_of_closing_is_the_first_closed_one():
    assert standing(None, PAID) is Standing.FINE
    assert standing(PAID, closes_on(PAID)) is Standing.CLOSED
    assert standing(PAID, closes_on(PAID) - timedelta(days=1)) is Standing.READ_ONLY


@pytest.fixture
def paid(shop):
    """`paid(-3)`: the shop was paid until three days ago."""

    def until(days):
        with in_public():
            Client.objects.filter(pk=shop.pk).update(
                paid_until=None if days is None else timezone.localdate() + timedelta(days=days)
            )
        hosts.forget()

    return until


def test_the_owner_is_reminded_and_nobody_else(paid, login, owner, staff, shop):
    paid(3)
    assert "The trial ends after" in login(owner).get("/").content.decode()
    with in_public():
        Client.objects.filter(pk=shop.pk).update(on_trial=False)
    hosts.forget()
    assert "The shop is paid until" in login(owner).get("/").content.decode()
    assert "paid until" not in login(staff("florist")).get("/").content.decode()
    paid(30)
    assert "paid until" not in login(owner).get("/").content.decode()


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_shop_that_is_not_paid_is_looked_at_and_not_changed(paid, login, staff, shop, language):
    said = {"en": "nothing can be changed, and nothing was saved", "ru": "изменить ничего нельзя"}[language]
    person = staff("owner", language=language)
    rose = Product.objects.create(name="Rose", sale_price=Decimal(100))
    kept = order((rose, "1"))
    paid(-1)
    browser = login(person)
    before = list(Order.objects.values()), list(Product.objects.values())
    page = browser.get(f"/orders/{kept.pk}/")
    assert page.status_code == 200
    assert {"en": "was paid until", "ru": "был оплачен до"}[language] in page.content.decode()
    for path in ("/orders/new/", f"/orders/{kept.pk}/edit/", "/stock/receive/", "/profile/", "/no/such/page/"):
        answer = browser.post(path, {"name": "X"})
        if path.startswith("/no/"):
            assert answer.status_code == 404
            continue
        assert (answer.status_code, said in answer.content.decode()) == (403, True), path
        part = browser.post(path, {"name": "X"}, HTTP_HX_REQUEST="true")
        assert (part.status_code, part["HX-Retarget"]) == (403, "#page_notice")
    assert (list(Order.objects.values()), list(Product.objects.values())) == before
    assert browser.post("/language/", {"language": "en"}).status_code == 302
    assert browser.post("/logout/").status_code == 302
    assert (
        ShopBrowser(shop).post("/login/", {"username": person.username, "password": "iris-and-lily-7"}).status_code
        == 302
    )


def test_in_the_admin_nothing_is_changed_either(paid, login, owner):
    rose = Product.objects.create(name="Rose", sale_price=Decimal(100))
    paid(-1)
    browser = login(owner)
    assert browser.get(f"/admin/products/product/{rose.pk}/change/").status_code == 200
    assert browser.post(f"/admin/products/product/{rose.pk}/change/", {"name": "X"}).status_code == 403
    assert Product.objects.get().name == "Rose"


def test_two_weeks_later_the_pages_are_closed_and_a_new_date_opens_them_at_once(paid, login, owner, other_shop):
    browser = login(owner)
    paid(-15)
    assert browser.get("/").status_code == 403
    assert ShopBrowser(other_shop).get("/login/").status_code == 200
    paid(30)
    assert browser.get("/").status_code == 200
    paid(None)
    assert browser.get("/").status_code == 200
    with in_schema("rose"):
        assert Order.objects.count() == 0
