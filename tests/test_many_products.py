"""Many products at once: tags, category, archive, labels; each change taken back exactly."""

import pytest
from django.urls import reverse
from django.utils import timezone

from core.errors import BadInput
from core.models import RecentAction
from core.undo import undo
from inventory.tests.factories import product, receive, refused
from products.models import Product, ProductCategory, ProductTag, ProductTagging
from products.selectors import tags_on
from products.services.catalogue import delete_row, save_product
from products.services.many import archive_products, put_into_category, tag_products
from products.undo import archive_many_and_remember, move_many_and_remember, tag_many_and_remember


@pytest.fixture
def three(shop):
    """Three roses; the first has tags."""
    first, second, third = product("Rose 1", tags=["Spring", "old"]), product("Rose 2"), product("Rose 3")
    return first, second, third


def keys_of(products):
    return [each.pk for each in products]


def tags():
    return {row.name: tags_on().get(row.pk, []) for row in Product.objects.order_by("name")}


def state():
    rows = (Product.all_objects, ProductTag.all_objects, ProductTagging.objects)
    return [list(each.order_by("pk").values()) for each in rows]


def test_tags_are_given_and_taken_and_both_are_taken_back(three, owner):
    before = tags()
    action = tag_many_and_remember(keys_of(three), add=["spring", "Wedding"], remove=["OLD"], by=owner)
    assert tags() == {
        "Rose 1": ["Spring", "Wedding"], "Rose 2": ["Spring", "Wedding"], "Rose 3": ["Spring", "Wedding"],
    }  # fmt: skip
    save_product(three[1], tags=["wedding", "own"])
    delete_row(Product.objects.get(pk=three[2].pk), by=owner, now=timezone.now())
    [kept] = undo(action, by=owner)
    assert "Rose 3" in kept
    assert tags() == {"Rose 1": before["Rose 1"], "Rose 2": ["own"]}
    assert undo(action, by=owner) == []


def test_tags_that_can_not_be_meant_are_refused(three):
    before, keys = state(), keys_of(three)
    refused(BadInput, "Say which tags", lambda: tag_products(keys), ru="Укажите метки")
    refused(BadInput, "No product is chosen", lambda: tag_products([], add=["x"]), ru="Ни один товар")
    refused(BadInput, "Shorten it", lambda: tag_products(keys, add=["x" * 99]), ru="короче")
    refused(BadInput, "Nothing would change", lambda: tag_products(keys[:1], add=["SPRING"]), ru="Ничего не изменится")
    many = [f"t{number}" for number in range(20)]
    refused(BadInput, "“Rose 1” would have more than 20", lambda: tag_products(keys, add=many), ru="больше 20 меток")
    assert state() == before


def test_products_go_into_a_category_and_back_each_to_its_own(three, owner):
    old, new = ProductCategory.objects.create(name="Old"), ProductCategory.objects.create(name="New")
    Product.objects.filter(pk=three[0].pk).update(category=old)
    action = move_many_and_remember(keys_of(three), new, by=owner)
    assert set(Product.objects.values_list("category__name", flat=True)) == {"New"}
    Product.objects.filter(pk=three[1].pk).update(category=old)
    [kept] = undo(action, by=owner)
    assert "Rose 2" in kept
    assert list(Product.objects.order_by("name").values_list("category__name", flat=True)) == ["Old", "Old", None]
    refused(BadInput, "Nothing would change", lambda: put_into_category([three[2].pk], None), ru="Ничего не изменится")
    delete_row(new, by=owner, now=timezone.now())
    before = state()
    refused(BadInput, "was deleted meanwhile", lambda: put_into_category(keys_of(three), new), ru="удалили")
    assert state() == before


def test_what_the_shop_works_with_stays_out_of_the_archive_and_is_named(three, owner):
    receive(three[1], "5")
    action, stay = archive_many_and_remember(keys_of(three), by=owner)
    assert [sentence for sentence in stay if "“Rose 2” can't go into the archive" in sentence] == stay
    assert len(stay) == 1
    archived = Product.objects.exclude(archived_at=None).order_by("name")
    assert list(archived.values_list("name", flat=True)) == ["Rose 1", "Rose 3"]
    Product.objects.filter(pk=three[2].pk).update(archived_at=None)
    [kept] = undo(action, by=owner)
    assert "Rose 3" in kept
    assert not Product.objects.exclude(archived_at=None).exists()
    before = state()
    refused(
        BadInput, "can't go into the archive", lambda: archive_products([three[1].pk], now=timezone.now()), ru="архив"
    )
    assert state() == before


def test_the_page_does_it_for_what_was_ticked_or_for_all_by_the_filter(three, login, manager, florist):
    browser, url = login(manager), reverse("products:many")
    listed = browser.get(reverse("products:product_list"), {"q": "rose"}).content.decode()
    assert f'name="pick" form="many_form" value="{three[0].pk}"' in listed
    assert 'name="q" value="rose"' in listed
    page = browser.get(url, {"pick": [three[0].pk, three[1].pk], "q": "rose"}).content.decode()
    assert "2 ticked products" in page
    assert "Take all 3 products by the filter" in page
    picked = f"{url}?pick={three[0].pk}&pick={three[1].pk}&q=rose"
    assert browser.post(picked, {"do": "tags", "add": "new"}).url == reverse("products:product_list") + "?q=rose"
    assert [("new" in each) for each in tags().values()] == [True, True, False]
    shelf = ProductCategory.objects.create(name="Shelf")
    assert browser.post(f"{url}?q=rose", {"do": "category", "category": shelf.pk}).status_code == 302
    assert Product.objects.filter(category=shelf).count() == 3
    assert "3 products are in “Shelf” now" in browser.get(reverse("products:product_list")).content.decode()
    assert browser.post(f"{url}?pick={three[2].pk}", {"do": "archive"}).status_code == 302
    for action in RecentAction.objects.order_by("-pk"):
        browser.post(reverse("undo", args=[action.pk]))
    assert tags() == {"Rose 1": ["old", "Spring"], "Rose 2": [], "Rose 3": []}
    assert not Product.objects.exclude(category=None, archived_at=None).exists()
    for careless in ({"do": "sell"}, {}, {"do": "tags"}, {"do": "category", "category": "99999"}):
        assert browser.post(picked, careless).status_code == 422
    assert browser.get(url, {"pick": ["x", "-1", "9" * 40]}).status_code == 200
    assert login(florist).get(url).status_code == 403
    assert login(florist).post(url, {"do": "archive"}).status_code == 403


def test_labels_are_printed_of_what_was_ticked_as_many_as_are_asked_for(three, login, manager):
    query = {"pick": [three[0].pk, three[2].pk], f"copies-{three[0].pk}": "3", f"copies-{three[2].pk}": "x"}
    page = login(manager).get(reverse("products:list_labels"), query).content.decode()
    assert [page.count(f"<b>{each.name}</b>") for each in three] == [3, 0, 1]
    query[f"copies-{three[0].pk}"] = "100"
    query["copies"] = "2"
    page = login(manager).get(reverse("products:list_labels"), query).content.decode()
    assert [page.count(f"<b>{each.name}</b>") for each in three] == [100, 0, 2]
