"""The tree of categories: what may stand where, its pages, the filter of the product list."""

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from core.errors import BadInput
from core.models import RecentAction
from core.soft_delete import CannotRestore
from core.transactions import run
from core.undo import undo
from products.domain.tree import depth, height, subtree
from products.models import Product, ProductCategory
from products.selectors import category_tree
from products.services.catalogue import delete_row, save_product
from products.services.categories import move_category, restore_category, save_category
from products.tests.test_pages import PART, kit, product

LIST = "products:category_list"


def shelf(name, parent=None):
    return save_category(ProductCategory(name=name), parent=parent)


def tree():
    return [(row.category.name, row.level) for row in category_tree()]


def everything():
    return list(ProductCategory.all_objects.order_by("pk").values())


def test_a_tree_is_measured():
    parents = {1: None, 2: 1, 3: 2, 4: 1, 5: None}
    assert [depth(parents, key) for key in parents] == [1, 2, 3, 2, 1]
    assert subtree(parents, 1) == {1, 2, 3, 4}
    assert [height(parents, key) for key in parents] == [3, 2, 1, 1, 1]


@pytest.fixture
def flowers(shop):
    """Cut flowers > Roses > Spray roses, and Greenery."""
    cut = shelf("Cut flowers")
    roses = shelf("Roses", cut)
    return {"cut": cut, "roses": roses, "spray": shelf("Spray roses", roses), "greenery": shelf("Greenery")}


def test_new_ones_come_last_and_move_among_their_neighbours(flowers):
    tulips = shelf("Tulips", flowers["cut"])
    assert tree() == [("Cut flowers", 1), ("Roses", 2), ("Spray roses", 3), ("Tulips", 2), ("Greenery", 1)]
    move_category(tulips, up=True)
    move_category(tulips, up=True)
    move_category(flowers["greenery"], up=True)
    assert tree() == [("Greenery", 1), ("Cut flowers", 1), ("Tulips", 2), ("Roses", 2), ("Spray roses", 3)]
    tulips.refresh_from_db()
    save_category(tulips, parent=flowers["greenery"])
    assert tree()[:2] == [("Greenery", 1), ("Tulips", 2)]


@pytest.mark.parametrize(
    ("who", "under", "said_en", "said_ru"),
    [
        ("cut", "cut", "can't stand in itself", "не может стоять внутри себя"),
        ("cut", "spray", "can't stand in itself", "не может стоять внутри себя"),
        ("greenery", "spray", "three levels at most", "не больше трёх уровней"),
        ("roses", "roses_of_others", "three levels at most", "не больше трёх уровней"),
    ],
)
def test_a_place_that_cannot_be_is_refused(flowers, who, under, said_en, said_ru):
    flowers["roses_of_others"] = shelf("Of others", flowers["greenery"])
    before = everything()
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(BadInput) as refusal:
            run(lambda: save_category(flowers[who], parent=flowers[under]))
        with translation.override(language):
            assert said in str(refusal.value)
    assert everything() == before


def test_a_name_is_there_once_among_neighbours_at_the_top_too(flowers):
    for name, parent in (("greenery", None), ("ROSES", flowers["cut"])):
        with pytest.raises(BadInput, match="Another category here has this name"):
            run(lambda name=name, parent=parent: shelf(name, parent))
    assert shelf("Roses", flowers["greenery"]).pk


def test_a_deleted_category_takes_nothing_in_and_comes_back_only_where_it_fits(flowers, owner):
    spray, roses, greenery = flowers["spray"], flowers["roses"], flowers["greenery"]
    delete_row(spray, by=owner, now=timezone.now())
    with pytest.raises(BadInput, match="was deleted meanwhile"):
        run(lambda: shelf("Bush", ProductCategory.all_objects.get(pk=spray.pk)))
    with pytest.raises(BadInput, match="This category was deleted meanwhile"):
        run(lambda: save_product(Product(name="Rose", sale_price=Decimal(1), category=spray)))
    deep = shelf("Deep", greenery)
    with pytest.raises(BadInput, match="three levels at most"):  # the deleted one still counts: it may come back
        run(lambda: save_category(roses, parent=deep))
    ProductCategory.all_objects.filter(pk=roses.pk).update(parent=deep)
    with pytest.raises(CannotRestore, match="too deep now"):
        run(lambda: restore_category(ProductCategory.all_objects.get(pk=spray.pk), by=owner))
    assert not Product.objects.exists()


def test_the_pages_for_those_who_may(flowers, login, owner, seller):
    cut, browser = flowers["cut"], login(owner)
    product("Red rose", category=flowers["roses"])
    pages = [reverse(LIST), reverse("products:category_create"), reverse("products:category_edit", args=[cut.pk])]
    for url in pages:
        assert browser.get(url).status_code == 200
        assert "<!doctype" not in browser.get(url, **PART).content.decode()
    assert [login(seller).get(url).status_code for url in pages] == [200, 403, 403]
    page = browser.get(reverse(LIST)).content.decode()
    assert "0 items, 1 with what is under it" in page
    assert "1 item<" in page
    for name in ("move", "delete", "restore"):
        url = reverse(f"products:category_{name}", args=[cut.pk])
        assert browser.get(url).status_code == 405
        assert login(seller).post(url).status_code == 403


def test_adding_renaming_and_moving_in_the_pages(flowers, login, owner):
    browser = login(owner)
    added = browser.post(reverse("products:category_create"), {"name": "Peonies", "parent": flowers["cut"].pk})
    assert added.url == reverse(LIST)
    peonies = ProductCategory.objects.get(name="Peonies")
    browser.post(reverse("products:category_edit", args=[peonies.pk]), {"name": "Peony", "parent": ""})
    assert ("Peony", 1) in tree()
    part = browser.post(reverse("products:category_move", args=[peonies.pk]), {"to": "up"}, **PART).content.decode()
    names = re.findall(r'class="link"[^>]*>([^<]+)<', part)
    assert names.index("Peony") < names.index("Greenery")
    assert browser.post(reverse("products:category_move", args=[peonies.pk]), {"to": "down"}).url == reverse(LIST)
    offered = browser.get(reverse("products:category_edit", args=[flowers["cut"].pk])).content.decode()
    assert "— Roses" not in offered, "nothing of its own is offered as its place"
    before = everything()
    for form, said in (
        ({"name": "", "parent": ""}, "This field is required"),
        ({"name": "greenery", "parent": ""}, "Another category here has this name"),
        ({"name": "New", "parent": "999999"}, "not one of the available choices"),
        ({"name": "New", "parent": flowers["spray"].pk}, "three levels at most"),
        ({"name": "x" * 101, "parent": ""}, "too long"),
    ):
        answer = browser.post(reverse("products:category_create"), form)
        assert answer.status_code == 422, form
        assert said in answer.content.decode()
    assert everything() == before


def test_only_an_empty_category_goes_and_its_deletion_is_undone(flowers, login, owner):
    browser = login(owner)
    product("Red rose", category=flowers["spray"])
    kit("Bouquet")
    refused = browser.post(reverse("products:category_delete", args=[flowers["spray"].pk]))
    assert refused.status_code == 409 or "1 product is in it" in refused.content.decode()
    refused = browser.post(reverse("products:category_delete", args=[flowers["cut"].pk]))
    assert "1 category is under it" in refused.content.decode()
    assert ProductCategory.objects.count() == 4
    browser.post(reverse("products:category_delete", args=[flowers["greenery"].pk]))
    assert not ProductCategory.objects.filter(name="Greenery").exists()
    assert ">Greenery<" in browser.get(reverse(LIST) + "?deleted=1").content.decode()
    run(lambda: undo(RecentAction.objects.get(), by=owner))
    assert ("Greenery", 1) in tree()
    browser.post(reverse("products:category_delete", args=[flowers["greenery"].pk]))
    browser.post(reverse("products:category_restore", args=[flowers["greenery"].pk]))
    assert ("Greenery", 1) in tree()


def test_the_product_list_is_narrowed_by_category_with_what_is_under_it_and_by_state(flowers, login, owner):
    product("Spray rose", category=flowers["spray"])
    product("Red rose", category=flowers["roses"], is_active=False)
    product("Fern", category=flowers["greenery"])
    product("Ribbon")

    def names(query):
        page = login(owner).get(reverse("products:product_list") + query).context["products"]
        return [item.name for item in page]

    assert names(f"?category={flowers['cut'].pk}") == ["Red rose", "Spray rose"]
    assert names(f"?category={flowers['spray'].pk}") == ["Spray rose"]
    assert names(f"?category={flowers['cut'].pk}&state=off") == ["Red rose"]
    assert names("?state=on&q=r") == ["Fern", "Ribbon", "Spray rose"]
    for careless in ("?category=x", "?category=", "?category=999999", "?state=x", "?category=-1&after=x"):
        assert len(names(careless)) == 4, careless
    empty = login(owner).get(reverse("products:product_list") + f"?category={flowers['greenery'].pk}&state=off")
    assert "No product is like this" in empty.content.decode()


def test_the_lists_ask_few_questions(shop, login, owner, django_assert_max_num_queries):
    for number in range(30):
        top = shelf(f"Shelf {number}")
        product(f"Flower {number}", category=shelf("Inner", top))
    browser = login(owner)
    for url in (reverse(LIST), reverse("products:product_list")):
        browser.get(url)
        with django_assert_max_num_queries(12):
            assert browser.get(url).status_code == 200
    assert connection.schema_name == "rose"


def test_the_empty_tree_says_what_it_is_for_in_both_languages(shop, login, staff):
    for language, said in (("en", "Here will be your categories"), ("ru", "Здесь будут ваши категории")):
        assert said in login(staff("owner", language=language)).get(reverse(LIST)).content.decode()
