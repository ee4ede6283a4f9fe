"""Counting on the screen: who may, what a label is, what is asked again, what is refused, what applying posts."""

import re
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from core.access import Role
from inventory.models import CountLine, StockTake, StockTakeState
from inventory.services.checking import check_stock
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import count, open_stock_take
from inventory.tests.factories import cellar, everything, product, receive, stock_of, stocked, warehouse
from products.models import ProductCategory

FLOOR = {Role.OWNER, Role.MANAGER, Role.FLORIST, Role.SELLER}


def opened(**fields):
    return open_stock_take(warehouse=warehouse(), **fields)


def url(take, name="stock_take_detail"):
    return reverse(f"inventory:{name}", args=[take.pk])


def typed(what, quantity="", **fields):
    return {"lines-0-product": what, "lines-0-quantity": quantity, "key": uuid.uuid4(), **fields}


@pytest.mark.parametrize("role", list(Role))
def test_who_works_in_the_shop_counts_and_the_office_posts(shop, login, staff, role):
    rose, take = stocked(), opened()
    line = count(take, product=rose, quantity=Decimal(3))
    browser, floor = login(staff(role)), role in FLOOR
    office = role in {Role.OWNER, Role.MANAGER}
    for name in ("stock_take_list", "stock_take_start"):
        assert browser.get(reverse(f"inventory:{name}")).status_code == (200 if floor else 403)
    assert browser.get(url(take)).status_code == (200 if floor else 403)
    page = url(take, "stock_take_differences")
    assert browser.get(page).status_code == (200 if office else 403)
    assert browser.post(page, {"do": "apply"}).status_code == (302 if office else 403)
    assert stock_of(rose).quantity == (3 if office else 30)
    forget = reverse("inventory:count_forget", args=[take.pk, line.pk])
    assert browser.post(forget).status_code == (302 if floor else 403)


def test_a_stock_take_is_opened_once_and_leads_to_counting(shop, login, florist):
    browser, form = login(florist), {"warehouse": warehouse().pk, "scope": "all", "key": uuid.uuid4()}
    answers = [browser.post(reverse("inventory:stock_take_start"), form) for _ in range(2)]
    take = StockTake.objects.get()
    assert {answer.url for answer in answers} == {url(take)}
    assert (take.by, take.state) == (florist, StockTakeState.OPEN)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"scope": "category"}, "Choose the category that is to be counted"),
        ({"scope": "rumours"}, "Choose what is to be counted"),
        ({"scope": ""}, "Choose what is to be counted"),
        ({"warehouse": "0"}, "Select a valid choice"),
        ({"key": "x"}, "lost its key"),
        ({"category": "7777"}, "Select a valid choice"),
    ],
)
def test_a_start_that_cannot_be_meant_is_refused(shop, login, florist, fields, said):
    form = {"warehouse": warehouse().pk, "scope": "all", "key": uuid.uuid4(), **fields}
    before = everything()
    answer = login(florist).post(reverse("inventory:stock_take_start"), form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert everything() == before


def test_a_product_is_looked_up_first_and_counted_with_its_quantity(shop, login, florist):
    rose, take, browser = stocked("Red rose"), opened(), login(florist)
    looked = browser.post(url(take), typed("red rose"))
    assert looked.status_code == 200
    assert not CountLine.objects.exists()
    page = looked.content.decode()
    assert f'value="Red rose · {rose.sku}"' in page
    assert re.search(r'name="lines-0-quantity"[^>]*data-focus', page)
    assert browser.post(url(take), typed("red rose", "28")).url == url(take)
    line = CountLine.objects.get()
    assert (line.counted, line.by) == (28, florist)
    page = browser.get(url(take)).content.decode()
    assert "1 of 1 counted" in page
    assert "Everything is counted." in page


def test_zero_is_a_count(shop, login, florist):
    stocked("Red rose")
    take = opened()
    assert login(florist).post(url(take), typed("red rose", "0")).status_code == 302
    assert CountLine.objects.get().counted == 0


def test_the_label_of_a_bucket_is_a_product(shop, login, florist):
    rose = product("Red rose", sku="RR")
    batch, take, browser = receive(rose, "30"), opened(), login(florist)
    for text in (f"http://rose.localhost/stock/batches/{batch.pk}/", f"{batch.pk:06d}"):
        page = browser.post(url(take), typed(text)).content.decode()
        assert 'value="Red rose · RR"' in page, text
    browser.post(url(take), typed(f"{batch.pk:06d}", "5"))
    assert CountLine.objects.get().counted == 5


def test_a_number_that_is_a_label_and_the_sku_of_something_else_is_asked_about(shop, login, florist):
    rose = product("Red rose", sku="RR")
    label = f"{receive(rose, '30').pk:06d}"
    tulip, take, browser = product("Tulip", sku=label), opened(), login(florist)
    answer = browser.post(url(take), typed(label, "5"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"{label} is the SKU of Tulip and the label of Red rose. Choose one below." in page
    for item in (rose, tulip):
        assert f'name="choose" value="0:{item.pk}"' in page
    assert not CountLine.objects.exists()
    chosen = browser.post(url(take), typed(label, "5", choose=f"0:{rose.pk}"), headers={"HX-Request": "true"})
    assert 'value="Red rose · RR"' in chosen.content.decode()
    assert 'value="5"' in chosen.content.decode()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("http://tulip.localhost/stock/batches/1/", "1"), {"en": "of another shop", "ru": "другого магазина"}),
        (
            ("http://rose.localhost/stock/batches/999999/", "1"),
            {"en": "No goods have this label", "ru": "Товара с такой этикеткой нет"},
        ),
        (("999999", "1"), {"en": "No goods have this label", "ru": "Товара с такой этикеткой нет"}),
        (("orchid", "1"), {"en": "There is no product “orchid”", "ru": "Товара «orchid» нет"}),
        (("", "1"), {"en": "This field is required", "ru": "Обязательное поле"}),
        (("red rose", "-1"), {"en": "too small", "ru": "слишком маленькое"}),
        (("red rose", "1.2345"), {"en": "Too many digits", "ru": "Слишком много цифр"}),
        (("red rose", "many"), {"en": "not a number", "ru": "не число"}),
    ],
)
def test_what_cannot_be_counted_is_refused_beside_its_field(shop, login, staff, line, said):
    stocked("Red rose")
    take, before = opened(), everything()
    for language, words in said.items():
        answer = login(staff("florist", language=language)).post(url(take), typed(*line))
        assert answer.status_code == 422
        assert words in answer.content.decode(), language
        assert everything()["inventory.CountLine"] == before["inventory.CountLine"]


def test_a_form_without_its_key_counts_nothing(shop, login, florist):
    stocked("Red rose")
    take = opened()
    answer = login(florist).post(url(take), typed("red rose", "1", key="x"))
    assert answer.status_code == 422
    assert "lost its key" in answer.content.decode()
    assert not CountLine.objects.exists()


def test_goods_that_were_counted_are_asked_about_and_added_or_counted_anew(shop, login, staff):
    rose, take = stocked("Red rose"), opened()
    anna, vera = login(staff("florist", username="anna")), login(staff("seller", username="vera"))
    anna.post(url(take), typed("red rose", "20"))
    again = typed("red rose", "9")
    answer = vera.post(url(take), again)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Red rose was counted already: 20. Say whether yours are more of them or all of them." in page
    assert 'name="again" value="add"' in page
    assert 'name="again" value="replace"' in page
    assert CountLine.objects.get().counted == 20
    assert vera.post(url(take), {**again, "again": "add"}).status_code == 302
    assert CountLine.objects.get().counted == 29
    assert anna.post(url(take), typed("red rose", "28", again="replace")).status_code == 302
    line = CountLine.objects.get()
    assert (line.counted, line.by.username) == (28, "anna")
    assert stock_of(rose).quantity == 30


def test_more_of_them_is_refused_when_they_moved_between(shop, login, florist):
    rose, take, browser = stocked("Red rose"), opened(), login(florist)
    browser.post(url(take), typed("red rose", "20"))
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(1), sale_price=Decimal(1))
    answer = browser.post(url(take), typed("red rose", "9", again="add"))
    assert answer.status_code == 422
    assert "was sold or moved since the first count. Count all of it anew." in answer.content.decode()
    assert CountLine.objects.get().counted == 20


def test_what_is_counted_elsewhere_is_refused(shop, login, florist):
    rose, first, second = stocked("Red rose"), opened(), opened()
    count(first, product=rose, quantity=Decimal(3))
    answer = login(florist).post(url(second), typed("red rose", "9"))
    assert answer.status_code == 422
    assert f"is being counted in {first}" in answer.content.decode()
    assert CountLine.objects.get().stock_take == first


def test_the_last_line_is_taken_back(shop, login, florist):
    rose, take, browser = stocked("Red rose"), opened(), login(florist)
    browser.post(url(take), typed("red rose", "20"))
    page = browser.get(url(take)).content.decode()
    forget = reverse("inventory:count_forget", args=[take.pk, CountLine.objects.get().pk])
    assert f'action="{forget}"' in page
    assert browser.get(forget).status_code == 405
    said = browser.post(forget, follow=True).content.decode()
    assert "Red rose is not counted again" in said
    assert not CountLine.objects.exists()
    other = opened()
    line = count(other, product=rose, quantity=Decimal(1))
    assert browser.post(reverse("inventory:count_forget", args=[take.pk, line.pk])).status_code == 404


def test_nobody_sees_what_the_books_say_while_counting(shop, login, manager):
    stocked("Red rose", ("137", "10"))
    assert "137" not in re.sub(r"<svg.*?</svg>", "", login(manager).get(url(opened())).content.decode())


def test_several_people_see_who_counted_how_much(shop, login, staff):
    take, people = opened(), [staff("florist", name="Anna"), staff("seller", name="Vera")]
    for number, name in enumerate(("Aster", "Iris", "Tulip")):
        count(take, product=stocked(name), quantity=Decimal(1), by=people[number % 2])
    page = login(people[0]).get(url(take)).content.decode()
    assert re.search(r"Anna 2,\s*Vera 1", page)


def test_a_category_asks_for_its_own_goods_and_the_list_goes_on(shop, login, florist):
    shelf = ProductCategory.objects.create(name="Roses")
    for number in range(60):
        receive(product(f"Rose {number:02}", category=shelf), "1")
    stocked("Vase")
    take, browser, seen = opened(scope="category", category=shelf), login(florist), []
    address = url(take)
    while address:
        page = browser.get(address, headers={"HX-Request": "true"}).content.decode()
        seen += re.findall(r"<span>(Rose \d\d|Vase)</span>", page)
        onward = re.search(r'hx-get="(\?after=\d+)"', page)
        address = onward and url(take) + onward[1]
    assert seen == [f"Rose {number:02}" for number in range(60)]


@pytest.mark.parametrize("number", [3, 60])
def test_counting_and_the_differences_ask_few_questions(shop, login, owner, number, django_assert_max_num_queries):
    take = opened()
    for place in range(number):
        count(take, product=stocked(f"Flower {place}"), quantity=Decimal(29 + place % 3), by=owner)
    browser = login(owner)
    for page in (url(take), url(take, "stock_take_differences"), reverse("inventory:stock_take_list")):
        browser.get(page)
        with django_assert_max_num_queries(12 if page != url(take) else 15):
            assert browser.get(page).status_code == 200
    with django_assert_max_num_queries(12):
        assert browser.get(url(take), headers={"HX-Request": "true"}).status_code == 200


def test_the_differences_say_what_applying_then_posts(shop, login, owner):
    rose, iris, tulip = stocked("Rose", ("5", "10"), ("5", "20")), stocked("Iris", ("10", "7")), stocked("Tulip")
    take = opened()
    count(take, product=rose, quantity=Decimal(3))
    count(take, product=iris, quantity=Decimal(12))
    count(take, product=tulip, quantity=Decimal(30))
    SaleProcessor.create_sale(product=iris, warehouse=warehouse(), quantity=Decimal(4), sale_price=Decimal(1))
    browser = login(owner)
    shown = browser.get(url(take, "stock_take_differences"))
    foreseen = [(row.line.stock.product.name, row.quantity, row.cost) for row in shown.context["rows"]]
    assert foreseen == [("Rose", -7, -90), ("Iris", 2, 14), ("Tulip", 0, 0)]
    assert [shown.context[name] for name in ("shortfall", "surplus", "total")] == [-90, 14, -76]
    done = browser.post(url(take, "stock_take_differences"), {"do": "apply"}, follow=True)
    assert "is applied" in done.content.decode()
    posted = [(row.line.stock.product.name, row.quantity, row.cost) for row in done.context["rows"]]
    assert posted == foreseen
    assert [stock_of(item).quantity for item in (rose, iris, tulip)] == [3, 8, 30]
    assert check_stock() == []


def test_a_press_of_nothing_known_posts_nothing(shop, login, owner):
    take = opened()
    count(take, product=stocked(), quantity=Decimal(3))
    before = everything()
    assert login(owner).post(url(take, "stock_take_differences"), {"do": "x"}).status_code == 422
    assert everything() == before


@pytest.mark.parametrize(("language", "said"), [("en", "Count it again, then apply"), ("ru", "Пересчитайте")])
def test_more_missing_than_is_left_is_refused_with_its_row_marked(shop, login, staff, language, said):
    rose, take = stocked("Rose", ("10", "10")), opened()
    count(take, product=rose, quantity=Decimal(4))
    SaleProcessor.create_sale(product=rose, warehouse=warehouse(), quantity=Decimal(8), sale_price=Decimal(1))
    before = everything()
    answer = login(staff("owner", language=language)).post(url(take, "stock_take_differences"), {"do": "apply"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert answer.context["wrong"] == [CountLine.objects.get().pk]
    assert everything() == before


def test_an_empty_stock_take_is_cancelled_but_not_applied(shop, login, owner):
    take, browser = opened(), login(owner)
    answer = browser.post(url(take, "stock_take_differences"), {"do": "apply"})
    assert answer.status_code == 422
    assert "Nothing was counted yet" in answer.content.decode()
    said = browser.post(url(take, "stock_take_differences"), {"do": "cancel"}, follow=True).content.decode()
    assert "nothing was posted" in said
    take.refresh_from_db()
    assert take.state == StockTakeState.CANCELLED


def test_a_closed_stock_take_takes_no_counts(shop, login, owner):
    rose, take, browser = stocked("Red rose"), opened(), login(owner)
    line = count(take, product=rose, quantity=Decimal(3))
    browser.post(url(take, "stock_take_differences"), {"do": "cancel"})
    before = everything()
    for address, form in (
        (url(take), typed("red rose", "5")),
        (url(take, "stock_take_differences"), {"do": "apply"}),
        (reverse("inventory:count_forget", args=[take.pk, line.pk]), {}),
    ):
        assert "is closed: cancelled. Open a new one." in browser.post(address, form, follow=True).content.decode()
        assert everything() == before


def test_money_is_for_the_office(shop, login, staff, owner):
    take = opened()
    count(take, product=stocked("Rose", ("10", "77")), quantity=Decimal(4))
    login(owner).post(url(take, "stock_take_differences"), {"do": "apply"})
    assert "462" in login(staff("manager")).get(url(take)).content.decode()
    page = login(staff("florist")).get(url(take)).content.decode()
    assert "₽" not in page
    assert "−6" in page


def test_goods_in_another_warehouse_are_left_alone(shop, login, owner):
    rose = stocked("Red rose")
    receive(rose, "50", warehouse=cellar())
    take, browser = open_stock_take(warehouse=cellar()), login(owner)
    browser.post(url(take), typed("red rose", "49"))
    browser.post(url(take, "stock_take_differences"), {"do": "apply"})
    assert (stock_of(rose).quantity, stock_of(rose, cellar()).quantity) == (30, 49)
