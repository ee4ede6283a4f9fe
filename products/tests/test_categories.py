"""The tree of categories: what may stand where, its pages, the filter of the product list."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from core.errors import BadInput, StaleForm
from core.models import RecentAction
from core.soft_delete import CannotRestore
from core.transactions import run
from core.undo import undo
from products.domain.tree import depth, height, subtree
from products.models import Product, ProductCategory
from products.selectors import category_tree
from products.services.catalogue import delete_row, save_product
from products.services.categories import (
    move_category,
    place_category,
    put_back_category,
    restore_category,
    save_category,
)
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
    assert move_category(tulips, to="up") is not None
    assert move_category(tulips, to="up") is None, "it is the first"
    move_category(flowers["greenery"], to="up")
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
    for name in ("move", "place", "delete"):
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
    assert ">Greenery<" in browser.get(reverse("trash")).content.decode()
    run(lambda: undo(RecentAction.objects.get(), by=owner))
    assert ("Greenery", 1) in tree()
    browser.post(reverse("products:category_delete", args=[flowers["greenery"].pk]))
    browser.post(reverse("trash_restore", args=["productcategory", flowers["greenery"].pk]))
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


def names():
    return [row.category.name for row in category_tree()]


def test_the_menu_moves_in_and_out_too(flowers):
    greenery, spray = flowers["greenery"], flowers["spray"]
    move_category(greenery, to="in")
    assert tree()[-1] == ("Greenery", 2), "last in the one above"
    move_category(greenery, to="out")
    assert tree()[-1] == ("Greenery", 1)
    move_category(spray, to="out")
    assert tree() == [("Cut flowers", 1), ("Roses", 2), ("Spray roses", 2), ("Greenery", 1)]
    for row, to in ((greenery, "down"), (greenery, "out"), (flowers["cut"], "in"), (spray, "sideways")):
        assert move_category(row, to=to) is None, (row, to)
    assert names() == ["Cut flowers", "Roses", "Spray roses", "Greenery"]


def test_a_category_is_put_before_another_anywhere_and_taken_back(flowers):
    cut, roses, spray, greenery = (flowers[name] for name in ("cut", "roses", "spray", "greenery"))
    before = tree()
    moved = place_category(greenery, parent=cut.pk, before=roses.pk)
    assert tree() == [("Cut flowers", 1), ("Greenery", 2), ("Roses", 2), ("Spray roses", 3)]
    put_back_category(moved)
    assert tree() == before
    moved = place_category(spray, parent=None, before=cut.pk)
    assert tree()[0] == ("Spray roses", 1)
    put_back_category(moved)
    assert tree() == before
    assert place_category(spray, parent=roses.pk, before=None) is None, "there it stands already"
    assert place_category(cut, parent=None, before=greenery.pk) is None
    assert place_category(cut, parent=None, before=cut.pk) is None


@pytest.mark.parametrize(
    ("who_and_where", "said"),
    [
        (("cut", "cut"), {"en": "can't stand in itself", "ru": "не может стоять внутри себя"}),
        (("cut", "spray"), {"en": "can't stand in itself", "ru": "не может стоять внутри себя"}),
        (("greenery", "spray"), {"en": "three levels at most", "ru": "не больше трёх уровней"}),
    ],
)
def test_dragging_refuses_on_the_server_what_the_form_refuses(flowers, login, staff, who_and_where, said):
    who, parent = who_and_where
    before = everything()
    for language in said:
        url = reverse("products:category_place", args=[flowers[who].pk])
        answer = login(staff("owner", language=language)).post(url, {"parent": flowers[parent].pk}, **PART)
        assert answer.status_code == 422
        page = unescape(answer.content.decode())
        assert said[language] in page
        assert 'id="list"' in page, "with the tree as it is"
    assert everything() == before
    assert not RecentAction.objects.exists()


def test_a_name_that_is_taken_there_is_refused(flowers, login, owner):
    other = shelf("Roses", flowers["greenery"])
    before = everything()
    url = reverse("products:category_place", args=[other.pk])
    answer = login(owner).post(url, {"parent": flowers["cut"].pk}, **PART)
    assert answer.status_code == 422
    assert "Another category here has this name" in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Somebody changed the tree meanwhile"), ("ru", "Категории тем временем кто-то переставил")],
)
def test_a_tree_that_was_changed_meanwhile_is_shown_as_it_is(flowers, login, staff, language, said):
    greenery, roses, spray = flowers["greenery"], flowers["roses"], flowers["spray"]
    place_category(spray, parent=greenery.pk, before=None)
    before = everything()
    browser = login(staff("owner", language=language))
    for fields in (
        {"parent": roses.pk, "before": spray.pk},
        {"parent": 999_999},
        {"parent": "", "before": roses.pk},
    ):
        answer = browser.post(reverse("products:category_place", args=[flowers["cut"].pk]), fields, **PART)
        assert answer.status_code == 409, fields
        assert said in answer.content.decode()
        assert "Spray roses" in answer.content.decode()
    assert everything() == before
    careless = browser.post(reverse("products:category_place", args=[roses.pk]), {"parent": "x"}, **PART)
    assert careless.status_code == 422
    assert everything() == before


def test_a_drag_is_undone_unless_it_went_on_since(flowers, login, owner):
    cut, greenery = flowers["cut"], flowers["greenery"]
    before = tree()
    browser = login(owner)
    part = browser.post(reverse("products:category_place", args=[greenery.pk]), {"parent": cut.pk}, **PART)
    assert 'hx-swap-oob="true"' in part.content.decode(), "the bar comes along"
    action = RecentAction.objects.get()
    assert tree() != before
    undo(action, by=owner)
    assert tree() == before
    browser.post(reverse("products:category_place", args=[greenery.pk]), {"parent": cut.pk})
    later = RecentAction.objects.latest("pk")
    move_category(greenery, to="out")
    with pytest.raises(StaleForm, match="moved or deleted since"):
        run(lambda: undo(later, by=owner))
    assert tree() == before
    nothing = browser.post(reverse("products:category_move", args=[cut.pk]), {"to": "up"}, **PART)
    assert nothing.status_code == 200
    assert RecentAction.objects.count() == 2, "what changes nothing is not remembered"


def test_the_menu_that_was_used_stays_open(flowers, login, owner):
    part = (
        login(owner)
        .post(reverse("products:category_move", args=[flowers["greenery"].pk]), {"to": "up"}, **PART)
        .content.decode()
    )
    [open_menu] = re.findall(r'<details class="menu end" data-menu open><summary[^>]*id="category_(\d+)_menu"', part)
    assert int(open_menu) == flowers["greenery"].pk
