"""What a bouquet costs now, what it leaves, how many can be made: by the same rule as a sale, for those who may see."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from core.errors import BadInput
from inventory.models import Warehouse
from inventory.selectors.costs import costs_now
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.reservations import reserve_waiting
from inventory.services.sale_processor import SaleProcessor
from inventory.tests.factories import kit, product, receive, refused, stock_of, stocked, warehouse
from products.domain.margin import Margin
from products.models import CatalogueSettings
from products.price_reading import minimum_margin
from products.recipes import Component, reckon_now
from products.services.prices import set_minimum_margin

PART = {"HTTP_HX_REQUEST": "true"}


@pytest.mark.parametrize(
    ("price", "cost", "percent", "level"),
    [
        ("1000", "550", 45, "fine"),
        ("1000", "550.01", 45, "low"),
        ("1000", "1000", 0, "low"),
        ("1000", "1000.01", 0, "loss"),
        ("1000", "1200", -20, "loss"),
        ("0", "0", None, "low"),
        ("0", "5", None, "loss"),
    ],
)
def test_a_margin_and_its_word(price, cost, percent, level):
    margin = Margin(Decimal(price), Decimal(cost))
    assert (margin.percent, margin.level) == (percent, level)
    assert margin.amount == Decimal(price) - Decimal(cost)
    assert 0 <= margin.bar <= 100


@pytest.mark.parametrize("quantity", ["1", "3", "7", "10", "12.5", "30"])
def test_the_cost_told_before_is_the_cost_of_the_sale(shop, quantity):
    rose = stocked("Red rose", ("10", "10.3333"), ("7", "20"), ("20", "31.17"))
    told = costs_now([rose.pk]).of(rose.pk, Decimal(quantity))
    sale = SaleProcessor.create_sale(
        product=rose, warehouse=warehouse(), quantity=Decimal(quantity), sale_price=Decimal(1), sold_at=timezone.now()
    )
    assert (told.value, told.missing) == (sale.cost, 0)


def test_what_is_missing_costs_what_the_last_delivery_did(shop):
    rose, never = stocked("Red rose", ("4", "10"), ("2", "15")), product("Tulip")
    costs = costs_now([rose.pk, never.pk])
    cost = costs.of(rose.pk, Decimal(10))
    assert (cost.value, cost.missing) == (4 * 10 + 2 * 15 + 4 * 15, 4)
    assert costs.of(never.pk, Decimal(1)) is None


def test_a_bouquet_is_made_of_what_lies_free_in_one_place(shop):
    rose, tulip, cellar = product("Rose"), product("Tulip"), Warehouse.objects.create(name="Cellar")
    (
        receive(rose, "10"),
        receive(tulip, "4"),
        receive(rose, "6", warehouse=cellar),
        receive(tulip, "3", warehouse=cellar),
    )
    recipe = [Component(rose, Decimal(3)), Component(tulip, Decimal(2))]
    assert reckon_now(recipe, price=Decimal(900)).makeable == 2 + 1, "seven tulips in all would be three"
    assert reckon_now(recipe, price=Decimal(900)).limit == tulip
    freeze_demands([DemandInput(tulip, Decimal(3))], warehouse=warehouse(), needed_on=timezone.localdate())
    reserve_waiting([stock_of(tulip).pk], on=timezone.localdate(), at=timezone.now())
    assert reckon_now(recipe, price=Decimal(900)).makeable == 0 + 1, "what is promised is not free"
    assert reckon_now([], price=Decimal(900)).makeable == 0


def form(*lines, price="900"):
    data = {"name": "Bouquet", "sale_price": price, "is_active": "on"}
    for place, (item, quantity) in enumerate(lines):
        data |= {f"lines-{place}-product": f"{item.name} · {item.sku}", f"lines-{place}-quantity": quantity}
    return data


@pytest.mark.parametrize(
    ("language", "price_and_words"),
    [
        ("en", ["900", "₽150", "83 %", "a good margin", "Rose ends first"]),
        ("en", ["200", "25 %", "margin below 45 %"]),
        ("en", ["100", "−50 %", "sold at a loss"]),
        ("ru", ["900", "150\xa0₽", "83 %", "хорошая маржа", "раньше закончится Rose"]),
        ("ru", ["200", "25 %", "маржа ниже 45 %"]),
        ("ru", ["100", "−50 %", "продаётся в убыток"]),
    ],
)
def test_the_figures_are_reckoned_while_the_recipe_is_typed(shop, login, staff, language, price_and_words):
    price, *said = price_and_words
    rose, tulip = stocked("Rose", ("10", "30")), stocked("Tulip", ("100", "15"))
    lines = ((rose, "3"), (tulip, "4"))
    page = login(staff("owner", language=language)).post(
        reverse("products:kit_create"), {**form(*lines, price=price), "do": "count"}, **PART
    )
    assert page.status_code == 200
    for words in said:
        assert words in page.content.decode(), words
    assert page.context["reckoned"].makeable == 3


def test_unreadable_and_unknown_things_are_said_and_nothing_is_guessed(shop, login, owner):
    rose, never = stocked("Rose", ("2", "30")), product("Orchid")
    browser, url = login(owner), reverse("products:kit_create")
    page = browser.post(url, {**form((rose, "5")), "do": "count"}).content.decode()
    assert "Rose: 3\xa0stems are not on hand and are counted as they cost last time." in page
    answer = browser.post(url, {**form((rose, "1"), (never, "1")), "do": "count"})
    assert "Orchid was never received: its cost is not known" in answer.content.decode()
    assert answer.context["reckoned"].margin is None
    for broken in (form((rose, "x")), form((rose, "")), form((rose, "-1")), form()):
        answer = browser.post(url, {**broken, "do": "count"})
        assert answer.status_code == 200
        assert "cost and margin are reckoned here" in answer.content.decode()
    assert browser.post(url, {**form((rose, "1"), price="x"), "do": "count"}).status_code == 200


def test_costs_and_margins_of_bouquets_are_for_those_who_see_costs(shop, login, staff):
    rose = stocked("Rose", ("10", "30"))
    bouquet = kit("Bouquet", "900", (rose, "3"))
    pages = (reverse("products:kit_list"), reverse("products:kit_detail", args=[bouquet.pk]))
    for role, sees in (("owner", True), ("manager", True), ("florist", False), ("seller", False)):
        browser = login(staff(role))
        for url in pages:
            page = browser.get(url).content.decode()
            assert ("Cost now" in page, "₽90" in page.replace("₽900", ""), "90 %" in page) == (sees,) * 3, (role, url)
            assert "Can be made" in page


def test_the_list_and_the_card_of_products_show_cost_and_margin_to_those_who_see_costs(shop, login, staff):
    rose = stocked("Rose", ("4", "30"), ("9", "50"), price="120")
    product("Orchid", is_active=False)
    card = reverse("products:product_detail", args=[rose.pk])
    for role, sees in (("owner", True), ("florist", False)):
        browser = login(staff(role))
        page, detail = (browser.get(url).content.decode() for url in (reverse("products:product_list"), card))
        for text in (page, detail):
            assert ("Cost now" in text, "₽30" in text, "75 %" in text) == (sees,) * 3, role
        assert "not on sale" in page
        assert ">13<" in page.replace(" ", "").replace("\n", "")


def test_the_parts_ask_few_questions(shop, login, owner, django_assert_max_num_queries):
    goods = [stocked(f"Flower {number}", ("10", "5")) for number in range(12)]
    for number in range(30):
        kit(f"Bouquet {number}", "500", *[(item, "2") for item in goods])
    browser, url = login(owner), reverse("products:kit_create")
    data = {**form(*[(item, "2") for item in goods]), "do": "count"}
    browser.post(url, data, **PART)
    with django_assert_max_num_queries(8):
        browser.post(url, data, **PART)
    with django_assert_max_num_queries(12):
        page = browser.get(reverse("products:kit_list"))
    assert {bouquet.reckoned.cost for bouquet in page.context["kits"]} == {Decimal(120)}


def test_the_shops_own_minimum_margin_stands_wherever_margins_are_told(shop, login, staff):
    rose = stocked("Rose", ("10", "60"), price="100")  # leaves 40 per cent
    bouquet = kit("Bouquet", "200", (rose, "2"))
    browser, url = login(staff("owner")), reverse("products:minimum_margin")
    pages = {
        reverse("products:product_list"): "low",
        reverse("products:product_detail", args=[rose.pk]): "margin below 45 %",
        reverse("products:kit_list"): "low",
        reverse("products:kit_detail", args=[bouquet.pk]): "margin below 45 %",
        reverse("products:kit_edit", args=[bouquet.pk]): "margin below 45 %",
        f"{reverse('products:many_prices')}?way=set&amount=101&rounding=none": "1 new price leaves less than 45 %",
    }

    def told():
        return {page: browser.get(page).content.decode() for page in pages}

    for page, text in told().items():
        assert pages[page] in text, page
    assert 'value="45"' in browser.get(url).content.decode()
    assert browser.post(url, {"percent": "40"}).status_code == 302
    for page, text in told().items():
        assert f">{pages[page]}<" not in text, page
        assert "margin below" not in text, page
        assert "leaves less" not in text, page
    assert browser.post(url, {"percent": "60"}).status_code == 302
    assert "margin below 60 %" in browser.get(reverse("products:kit_detail", args=[bouquet.pk])).content.decode()


def test_a_minimum_margin_that_can_not_be_meant_is_refused(shop, login, staff):
    browser, url = login(staff("owner")), reverse("products:minimum_margin")
    set_minimum_margin(Decimal(30))
    for careless in ("", "100", "-1", "12.5", "much", "9" * 50):
        assert browser.post(url, {"percent": careless}).status_code == 422, careless
    for careless in (Decimal(100), Decimal(-1), Decimal("0.5"), Decimal("NaN")):
        refused(BadInput, "from 0 to 99", lambda careless=careless: set_minimum_margin(careless), ru="от 0 до 99")
    with pytest.raises(IntegrityError), transaction.atomic():
        CatalogueSettings.objects.create(pk=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        CatalogueSettings.objects.update(minimum_margin=100)
    assert minimum_margin() == 30
    assert login(staff("manager")).post(url, {"percent": "1"}).status_code == 403
    assert minimum_margin() == 30
