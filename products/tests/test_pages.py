"""The pages of the catalogue: who may, in which language, what they refuse."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from core.access import Role
from products.models import KitItem, Product, ProductCategory, ProductKit, ProductTag

PART = {"HTTP_HX_REQUEST": "true"}


def product(name="Red rose", price="100", **fields):
    return Product.objects.create(name=name, sale_price=Decimal(price), **fields)


def kit(name, *components):
    made = ProductKit.objects.create(name=name, sale_price=Decimal(900))
    for item, quantity in components:
        KitItem.objects.create(kit=made, product=item, quantity=Decimal(quantity))
    return made


def rows():
    return [list(model.objects.order_by("pk").values()) for model in (Product, ProductKit, KitItem)]


@pytest.fixture
def every_page(shop):
    """Address → roles that may open it."""
    rose = product()
    bouquet = kit("Bouquet", (rose, "3"))
    floor, office = {Role.OWNER, Role.MANAGER, Role.FLORIST, Role.SELLER}, {Role.OWNER, Role.MANAGER}
    return {
        reverse("products:product_list"): floor,
        reverse("products:product_list") + "?kind=flower&colour=red&tag=x&stock=low&state=archive": floor,
        reverse("products:product_create") + f"?copy={rose.pk}": office,
        reverse("products:product_detail", args=[rose.pk]): floor,
        reverse("products:product_create"): office,
        reverse("products:product_edit", args=[rose.pk]): office,
        reverse("products:product_search") + "?q=rose": floor,
        reverse("products:kit_list"): floor,
        reverse("products:tag_list"): floor,
        reverse("products:tag", args=[ProductTag.objects.create(name="wedding").pk]) + "?edit=1": office,
        reverse("products:kit_detail", args=[bouquet.pk]): floor,
        reverse("products:kit_create"): office,
        reverse("products:kit_edit", args=[bouquet.pk]): office,
    }


@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_the_roles_that_may_and_for_no_other(every_page, login, staff, role):
    browser = login(staff(role))
    for url, may in every_page.items():
        assert browser.get(url).status_code == (200 if role in may else 403), url


def test_nobody_is_sent_to_the_log_in(every_page, client):
    for url in every_page:
        assert client.get(url).url.startswith(reverse("login"))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_speaks_both_languages_whole_and_in_part(every_page, login, staff, language):
    browser = login(staff("owner", language=language))
    for url in every_page:
        page = browser.get(url).content.decode()
        assert f'<html lang="{language}"' in page, url
        part = browser.get(url, **PART)
        assert part.status_code == 200
        assert "<!doctype" not in part.content.decode(), url
    page = browser.get(reverse("products:product_list")).content.decode()
    assert (">Catalogue</h1>" if language == "en" else ">Каталог</h1>") in page


def test_what_may_only_be_sent_refuses_to_be_opened_and_other_roles(every_page, login, owner, seller):
    rose, bouquet = Product.objects.get(), ProductKit.objects.get()
    for name, key in (
        ("product_delete", rose),
        ("product_restore", rose),
        ("kit_delete", bouquet),
        ("kit_restore", bouquet),
    ):
        url = reverse(f"products:{name}", args=[key.pk])
        assert login(owner).get(url).status_code == 405
        assert login(seller).post(url).status_code == 403
    assert not Product.objects.get().is_deleted


def test_a_product_is_made_with_an_sku_of_its_own_and_changed(shop, login, manager):
    browser = login(manager)
    form = {
        "name": "  Red   rose ",
        "unit": "stem",
        "sale_price": "1 250,50",
        "vase_life_days": "12",
        "is_active": "on",
    }
    answer = browser.post(reverse("products:product_create"), form)
    made = Product.objects.get()
    assert answer.url == reverse("products:product_detail", args=[made.pk])
    assert (made.name, made.sale_price, made.vase_life_days) == ("Red rose", Decimal("1250.50"), 12)
    assert re.fullmatch(r"\d{6}", made.sku)
    browser.post(reverse("products:product_edit", args=[made.pk]), {**form, "sku": "R-1", "vase_life_days": ""})
    made.refresh_from_db()
    assert (made.sku, made.vase_life_days) == ("R-1", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 300}, "too long"),
        ({"name": "a\x00b"}, "can&#x27;t be printed"),
        ({"sale_price": "-1"}, "too small"),
        ({"sale_price": "1,234"}, "two ways"),
        ({"sale_price": "9" * 12}, "too large"),
        ({"vase_life_days": "1.5"}, "whole number"),
        ({"vase_life_days": "0"}, "greater than zero"),
        ({"unit": "ton"}, "not one of the available choices"),
        ({"category": "999"}, "not one of the available choices"),
        ({"sku": "taken"}, "Another product has this SKU"),
    ],
)
def test_a_product_that_cannot_be_meant_is_refused(shop, login, manager, fields, said):
    product("Tulip", sku="TAKEN")
    before = rows()
    form = {"name": "Rose", "unit": "stem", "sale_price": "10", **fields}
    answer = login(manager).post(reverse("products:product_create"), form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert rows() == before


def test_a_taken_sku_is_said_in_russian_too(shop, login, staff):
    product("Tulip", sku="TAKEN")
    answer = login(staff("owner", language="ru")).post(
        reverse("products:product_create"), {"name": "Роза", "unit": "stem", "sale_price": "10", "sku": "taken"}
    )
    assert answer.status_code == 422
    assert "Такой артикул уже есть у другого товара" in answer.content.decode()
    assert Product.objects.count() == 1


def test_deleted_products_are_hidden_found_and_restored(shop, login, owner):
    rose = product()
    browser = login(owner)
    assert browser.post(reverse("products:product_delete", args=[rose.pk])).status_code == 302
    assert "Red rose" not in browser.get(reverse("products:product_list"), {"q": "rose"}, **PART).content.decode()
    assert "Red rose" in browser.get(reverse("trash") + "?kind=product").content.decode()
    assert browser.get(reverse("products:product_edit", args=[rose.pk])).status_code == 404
    assert browser.post(reverse("products:product_restore", args=[rose.pk])).status_code == 302
    assert Product.objects.get() == rose


@pytest.mark.parametrize(
    ("language", "said"), [("en", "the bouquet “Bouquet” is made of it"), ("ru", "он входит в букет «Bouquet»")]
)
def test_a_product_in_use_is_not_deleted_and_says_by_what(every_page, login, staff, language, said):
    before = rows()
    rose = Product.objects.get()
    answer = login(staff("owner", language=language)).post(reverse("products:product_delete", args=[rose.pk]))
    assert answer.status_code == 409
    assert said in answer.content.decode()
    assert rows() == before


def test_a_bouquet_is_made_of_lines(shop, login, manager):
    rose, ribbon = product(), product("Ribbon", sku="L1")
    browser = login(manager)
    form = {
        "name": "Morning", "sale_price": "4900", "is_active": "on", "lines-0-product": rose.sku, "lines-0-quantity": "9",
        "lines-1-product": "l1", "lines-1-quantity": "1,5", "lines-2-product": "", "lines-2-quantity": "",
    }  # fmt: skip
    browser.post(reverse("products:kit_create"), form)
    made = ProductKit.objects.get()
    assert {item.product: item.quantity for item in made.items.all()} == {rose: 9, ribbon: Decimal("1.5")}
    page = browser.get(reverse("products:kit_edit", args=[made.pk])).content.decode()
    assert f'value="Red rose · {rose.sku}"' in page
    browser.post(
        reverse("products:kit_edit", args=[made.pk]),
        {"name": "Morning", "sale_price": "4900", "lines-0-product": rose.sku, "lines-0-quantity": "11"},
    )
    assert {item.product: item.quantity for item in made.items.all()} == {rose: 11}


def test_lines_of_a_bouquet_grow_without_saving(shop, login, manager):
    form = {"name": "Morning", "sale_price": "x", "lines-0-product": "rose", "lines-0-quantity": ""}
    browser, url = login(manager), reverse("products:kit_create")
    page = browser.post(url, {**form, "do": "add"}).content.decode()
    assert 'name="lines-1-product"' in page
    assert 'value="Morning"' in page
    part = browser.post(url, {**form, "do": "add"}, **PART).content.decode()
    assert 'name="lines-1-product"' in part
    assert "<form" not in part
    assert not ProductKit.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"lines-0-product": "", "lines-0-quantity": ""}, "This field is required"),
        ({"lines-0-product": "orchid"}, "There is no product “orchid”"),
        ({"lines-1-product": "Taken", "lines-1-quantity": "1.5"}, "inside another whole"),
        ({"name": "TAKEN"}, "Another bouquet has this name and size"),
        ({"lines-0-quantity": "0"}, "greater than zero"),
    ],
)
def test_a_bouquet_that_cannot_be_meant_is_refused(shop, login, manager, fields, said):
    kit("Taken", (product(sku="R1"), "1"))
    before = rows()
    form = {"name": "Morning", "sale_price": "10", "lines-0-product": "R1", "lines-0-quantity": "3", **fields}
    answer = login(manager).post(reverse("products:kit_create"), form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert rows() == before


def test_a_bouquet_comes_and_goes(every_page, login, owner):
    bouquet, browser = ProductKit.objects.get(), login(owner)
    browser.post(reverse("products:kit_delete", args=[bouquet.pk]))
    assert not ProductKit.objects.exists()
    Product.objects.get().delete()
    refused = browser.post(reverse("products:kit_restore", args=[bouquet.pk]))
    assert refused.status_code == 409
    assert "Restore “Red rose” first" in refused.content.decode()
    assert not ProductKit.objects.exists()
    browser.post(reverse("products:product_restore", args=[Product.all_objects.get().pk]))
    browser.post(reverse("products:kit_restore", args=[bouquet.pk]))
    assert ProductKit.objects.get() == bouquet


def test_the_list_is_read_page_by_page(shop, login, owner):
    names = [f"Flower {number:03}" for number in range(120)]
    for name in names:
        product(name)
    browser, url, seen = login(owner), reverse("products:product_list"), []
    while url:
        page = browser.get(url, **PART).content.decode()
        seen += re.findall(r">(Flower \d+)</a>", page)
        onward = re.search(r'hx-get="(\?after=[^"]+)"', page)
        url = onward and reverse("products:product_list") + onward[1]
    assert seen == names


def test_the_list_asks_few_questions(shop, login, owner, django_assert_max_num_queries):
    roses = ProductCategory.objects.create(name="Roses")
    for number in range(60):
        product(f"Flower {number}", category=roses)
    browser = login(owner)
    browser.get(reverse("products:product_list"))  # what is made once per process is made now
    with django_assert_max_num_queries(12):
        assert browser.get(reverse("products:product_list")).status_code == 200


def test_a_picker_offers_buttons_for_its_line(shop, login, florist):
    rose = product("Red rose <b>")
    url = reverse("products:product_search")
    part = login(florist).get(url, {"line": "3", "lines-3-product": "red"}, **PART).content.decode()
    assert f'name="choose" value="3:{rose.pk}"' in part
    assert "Red rose &lt;b&gt;" in part
    assert (
        "No product has" in login(florist).get(url, {"line": "0", "lines-0-product": "orchid"}, **PART).content.decode()
    )
    for careless in ({"line": "x"}, {"line": "0", "lines-0-product": "\x00"}, {"q": "%" * 900}, {}):
        assert login(florist).get(url, careless).status_code == 200


def test_careless_addresses_are_answered_calmly(every_page, login, owner):
    browser = login(owner)
    for query in ("?after=x", "?after=" + "9" * 30, "?q=%00"):
        assert browser.get(reverse("products:product_list") + query).status_code == 200
        assert browser.get(reverse("products:kit_list") + query).status_code == 200
    assert browser.get("/catalogue/999999999999999999999/").status_code == 404
    assert browser.get("/catalogue/kits/0/").status_code == 404
