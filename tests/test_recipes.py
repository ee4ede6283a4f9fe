"""Bouquets of bouquets: what is written, what is refused, what the pages show."""

import html
import re
from collections import Counter
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from core.errors import BadInput
from core.search import search
from core.soft_delete import CannotRestore, StillInUse
from inventory.models import StockDemand
from inventory.services.assembling import NewBouquet, assemble
from inventory.services.checking import check_stock
from inventory.tests.factories import kit, product, refused, stock_of, stocked, warehouse
from orders.goods import exact_goods, search_goods
from orders.invariants import INVARIANTS
from orders.services.lifecycle import complete_order, confirm_order
from orders.services.placing import LineInput, OrderInput, change_order
from orders.tests.factories import order
from products.models import KitItem, KitItemAlternative, Product, ProductKit, ProductVariantGroup, Size
from products.recipes import Component, RecipeLine, flowers_of, products_in, recipes_of, reckon_now
from products.selectors import kit_called, sizes_called
from products.services.catalogue import CannotArchive, archive_product, delete_row, restore_row
from products.services.kits import check_recipe, product_of_kit, save_group, save_kit
from products.usage import used


def lines(*wanted):
    return [RecipeLine(goods, Decimal(quantity)) for goods, quantity in wanted]


def new(name):
    return ProductKit(name=name, sale_price=Decimal(900))


def flowers(bouquet):
    return {part.product.name: part.quantity for part in recipes_of([bouquet.pk])[bouquet.pk]}


@pytest.fixture
def basket(shop):
    """A basket of two posies and a rose; a posy is two roses and a ribbon."""
    rose, ribbon = product("Rose"), product("Ribbon")
    posy = kit("Posy", "500", (rose, "2"), (ribbon, "0.5"))
    return kit("Basket", "1500", (posy, "2"), (rose, "1"))


def test_a_basket_is_its_flowers_and_those_of_its_posies(basket, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert flowers(basket) == {"Rose": 5, "Ribbon": 1}


def test_lines_with_the_same_product_are_summed(shop):
    rose = product("Rose")
    posy = save_kit(new("Posy"), lines((rose, 2), (rose, "1.5")))
    twice = save_kit(new("Twice"), lines((posy, 1), (rose, 1), (posy, 2)))
    assert [(item.goods, item.quantity) for item in posy.items.all()] == [(rose, Decimal("3.5"))]
    assert flowers(twice) == {"Rose": Decimal("11.5")}
    assert [part.quantity for part in flowers_of(lines((twice, 2), (rose, 1)))] == [24]


def test_changing_a_posy_changes_the_basket_and_keeps_lines_that_stay(basket):
    posy, rose = ProductKit.objects.get(name="Posy"), KitItem.objects.filter(product__name="Rose").first().product
    before = {item.goods: item.pk for item in basket.items.all()}
    save_kit(posy, lines((rose, 7)))
    assert flowers(basket) == {"Rose": 15}
    save_kit(basket, lines((posy, 3), (rose, 1)))
    assert {item.goods: item.pk for item in basket.items.all()} == before
    assert flowers(basket) == {"Rose": 22}


def test_what_can_not_be_a_recipe(basket):
    posy, rose = ProductKit.objects.get(name="Posy"), KitItem.objects.filter(product__name="Rose").first().product
    for quantity in ("0", "-1", "0.0001", "NaN", "1e20"):
        work = lambda quantity=quantity: save_kit(posy, lines((rose, quantity)))  # noqa: E731
        refused(BadInput, "Correct Rose", work, ru="Исправьте")
    refused(BadInput, "inside another whole", lambda: save_kit(basket, lines((posy, "1.5"))), ru="целиком")
    work = product("Delivery", kind="service")
    refused(BadInput, "Delivery” is a service", lambda: save_kit(posy, lines((work, 1))), ru="услуга")
    refused(BadInput, "at least one component", lambda: save_kit(posy, []), ru="хотя бы")
    refused(BadInput, "would be inside itself", lambda: save_kit(posy, lines((posy, 1))), ru="внутри себя")
    refused(BadInput, "would be inside itself", lambda: save_kit(posy, lines((basket, 1))), ru="внутри себя")


def test_a_bouquet_grows_neither_too_deep_nor_too_wide_from_below(shop):
    """The limit holds for the bouquets around the one that is saved, too."""
    rose = product("Rose")
    chain = [kit("Level 5", "1", (rose, "1"))]
    for level in (4, 3, 2, 1):
        chain.append(save_kit(new(f"Level {level}"), lines((chain[-1], 1))))
    assert flowers(chain[-1]) == {"Rose": 1}
    refused(
        BadInput, "more than 5 bouquets deep", lambda: save_kit(new("Top"), lines((chain[-1], 1))),
        ru="вложены глубже",
    )  # fmt: skip
    under = kit("Under", "1", (rose, "1"))
    refused(BadInput, "“Level 1” would be more than 5", lambda: save_kit(chain[0], lines((under, 1))), ru="Level 1")
    wide = lines(*[(product(f"Flower {number}"), 1) for number in range(200)])
    refused(BadInput, "more than 200 different", lambda: save_kit(chain[0], [*wide, *lines((rose, 1))]), ru="200")
    save_kit(chain[0], wide)
    assert len(flowers(chain[-1])) == 200


def test_a_bouquet_inside_another_can_not_be_deleted_and_comes_back_first(basket):
    posy, now = ProductKit.objects.get(name="Posy"), timezone.now()
    refused(StillInUse, "“Basket” is made of it", lambda: delete_row(posy, by=None, now=now), ru="Basket")
    delete_row(basket, by=None, now=now)
    delete_row(posy, by=None, now=now)
    refused(CannotRestore, "Restore “Posy” first", lambda: restore_row(basket, by=None), ru="Posy")
    refused(
        BadInput, "Posy is deleted", lambda: save_kit(new("New"), lines((posy, 1))), ru="Posy"
    )  # fmt: skip


@pytest.mark.parametrize("fields", [{}, {"product", "inner"}], ids=["nothing", "both"])
def test_the_database_takes_one_thing_a_line(basket, fields):
    item = basket.items.get(product__isnull=True)
    goods = {"product": basket.items.get(inner__isnull=True).product, "inner": item.inner}
    with pytest.raises(IntegrityError), transaction.atomic():
        KitItem.objects.create(kit=kit("Other", "1"), quantity=1, **{name: goods[name] for name in fields})


def test_the_database_takes_neither_half_a_bouquet_nor_one_in_itself(basket):
    item = basket.items.get(product__isnull=True)
    for change in ({"quantity": Decimal("1.5")}, {"inner": basket}):
        with pytest.raises(IntegrityError), transaction.atomic():
            KitItem.objects.filter(pk=item.pk).update(**change)
    with pytest.raises(ValidationError, match="kit_inner_whole"):
        KitItem(kit=item.kit, inner=item.inner, quantity=Decimal("1.5")).full_clean()


def test_reading_ends_even_in_a_circle_that_somebody_wrote_by_hand(basket):
    posy = ProductKit.objects.get(name="Posy")
    KitItem.objects.create(kit=posy, inner=basket, quantity=1)
    with pytest.raises(BadInput, match="inside itself"):
        save_kit(basket, lines((posy, 1)))
    with connection.cursor() as cursor:
        cursor.execute("select 1")  # the transaction goes on


def test_a_bouquet_is_put_into_another_on_the_page(basket, login, manager):
    browser, url = login(manager), reverse("products:kit_create")
    posy = ProductKit.objects.get(name="Posy")
    offered = browser.get(reverse("products:product_search"), {"kits": "1", "q": "pos"}, HTTP_HX_REQUEST="true")
    assert f'value="0:k{posy.pk}"' in offered.content.decode()
    form = {"name": "Pair", "sale_price": "900", "lines-0-product": "pos", "lines-0-quantity": "2"}
    chosen = browser.post(url, {**form, "choose": f"0:k{posy.pk}"}).content.decode()
    assert f'value="Posy · #{posy.pk}"' in chosen
    assert "Rose" in chosen, "what it costs is reckoned from its flowers"
    assert browser.post(url, {**form, "lines-0-product": f"Posy · #{posy.pk}"}).status_code == 302
    pair = ProductKit.objects.get(name="Pair")
    assert flowers(pair) == {"Rose": 4, "Ribbon": 1}
    page = browser.get(reverse("products:kit_detail", args=[pair.pk])).content.decode()
    assert reverse("products:kit_detail", args=[posy.pk]) in page
    assert "Pair" in browser.get(reverse("products:kit_detail", args=[posy.pk])).content.decode()
    assert f'value="Posy · #{posy.pk}"' in browser.get(reverse("products:kit_edit", args=[pair.pk])).content.decode()
    refusal = browser.post(
        reverse("products:kit_edit", args=[posy.pk]),
        {"name": "Posy", "sale_price": "1", "lines-0-product": "Pair", "lines-0-quantity": "1"},
    )
    assert (refusal.status_code, "would be inside itself" in refusal.content.decode()) == (422, True)
    for careless in ("0:k", "0:kk1", "0:k999999999", "x:k1", f"7:k{posy.pk}"):
        assert browser.post(url, {**form, "choose": careless}).status_code == 200


def test_the_admin_keeps_a_bouquet_out_of_itself_too(basket, login, owner):
    posy = ProductKit.objects.get(name="Posy")
    rows = list(KitItem.objects.order_by("pk").values())
    data = {"name": "Posy", "size": "0", "sale_price": "1", "work_cost": "0", "price_rule": "fixed", "markup": "0",
            "rounded_to": "none", "items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "0",
            "items-0-inner": str(basket.pk), "items-0-quantity": "1"}  # fmt: skip
    answer = login(owner).post(reverse("admin:products_productkit_change", args=[posy.pk]), data)
    assert answer.status_code == 422
    assert "would be inside itself" in answer.content.decode()
    assert list(KitItem.objects.order_by("pk").values()) == rows


# --- interchangeable products


def group(name, *products):
    return save_group(ProductVariantGroup(name=name), products)


@pytest.fixture
def reds(shop):
    """Freedom (12 free) before Explorer (30 free), any of them five in a bouquet with a ribbon."""
    freedom, explorer, ribbon = stocked("Freedom", ("12", "10")), stocked("Explorer", ("30", "20")), stocked("Ribbon")
    any_red = group("Any red rose", freedom, explorer)
    return freedom, explorer, kit("Five reds", "900", (any_red, "5"), (ribbon, "1"))


def asked():
    rows = StockDemand.objects.filter(cancelled_at=None).order_by("pk").values_list("product__name", "quantity")
    return [(name, int(quantity)) for name, quantity in rows]


def test_an_order_takes_what_is_there_of_a_group_a_bouquet_is_never_mixed(reds):
    bouquet = reds[2]
    first = confirm_order(order((bouquet, "3")))
    assert asked() == [("Freedom", 10), ("Explorer", 5), ("Ribbon", 3)]
    complete_order(first)
    confirm_order(order((bouquet, "1")))
    assert asked()[3:] == [("Explorer", 5), ("Ribbon", 1)]
    assert check_stock(extra=INVARIANTS) == []


def test_two_lines_of_one_order_do_not_count_on_the_same_stems(reds):
    freedom, _explorer, bouquet = reds
    confirm_order(order((bouquet, "1"), (bouquet, "1"), (bouquet, "1")))
    assert Counter(name for name, _quantity in asked()) == {"Freedom": 2, "Explorer": 1, "Ribbon": 3}
    assert stock_of(freedom).reserved == 10


def test_what_is_not_there_at_all_is_asked_of_the_most_wanted(reds):
    confirm_order(order((reds[2], "20")))
    assert asked() == [("Freedom", 70), ("Explorer", 30), ("Ribbon", 20)]


def test_a_changed_line_may_keep_the_stems_it_holds(reds):
    freedom, _explorer, bouquet = reds
    placed = confirm_order(order((bouquet, "2")))
    [line] = placed.items.all()
    change_order(
        placed, OrderInput(lines=[LineInput(kit=bouquet, quantity=Decimal(1), price=Decimal(900), item=line.pk)],
                           due_on=placed.due_on)
    )  # fmt: skip
    assert asked() == [("Freedom", 5), ("Ribbon", 1)]
    assert stock_of(freedom).reserved == 5


def test_a_bouquet_for_the_shelf_is_made_of_one_of_them(reds):
    freedom, explorer, bouquet = reds
    assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(3))
    assert (stock_of(freedom).quantity, stock_of(explorer).quantity) == (12, 15)
    assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(2))
    assert (stock_of(freedom).quantity, stock_of(explorer).quantity) == (2, 15)
    assert check_stock() == []


def test_what_can_not_be_a_group(shop):
    rose, tulip = product("Rose"), product("Tulip")
    group("Taken", rose, tulip)
    refused(BadInput, "at least two products", lambda: group("One", rose, rose), ru="хотя бы два")
    refused(BadInput, "have this name", lambda: group("taken", rose, tulip), ru="Такое название")
    delete_row(product("Gone"), by=None, now=timezone.now())
    gone = Product.all_objects.get(name="Gone")
    refused(BadInput, "Gone is deleted", lambda: group("New", rose, gone), ru="Gone")


def test_neither_a_group_in_a_recipe_nor_its_products_can_be_deleted(reds):
    freedom, now = reds[0], timezone.now()
    any_red = ProductVariantGroup.objects.get()
    refused(StillInUse, "“Five reds” is made of it", lambda: delete_row(any_red, by=None, now=now), ru="Five reds")
    refused(StillInUse, "interchangeable “Any red rose”", lambda: delete_row(product_now(freedom), by=None, now=now),
            ru="Any red rose")  # fmt: skip
    delete_row(reds[2], by=None, now=now)
    delete_row(any_red, by=None, now=now)
    refused(CannotRestore, "Restore “Any red rose” first", lambda: restore_row(reds[2], by=None), ru="Any red rose")


def product_now(item):
    return Product.objects.get(pk=item.pk)


def test_groups_have_a_page_and_recipes_offer_them(reds, login, manager, florist):
    browser, any_red = login(manager), ProductVariantGroup.objects.get()
    freedom, explorer, bouquet = reds
    listed = browser.get(reverse("products:group_list")).content.decode()
    assert listed.index("1. Freedom") < listed.index("2. Explorer")
    form = {"name": "Any red rose", "note": "60 cm", "lines-0-product": explorer.sku, "lines-1-product": freedom.sku}
    url = reverse("products:group_edit", args=[any_red.pk])
    assert browser.post(url, form).status_code == 302
    assert [row.product for row in any_red.variants.all()] == [explorer, freedom]
    assert browser.post(url, {**form, "lines-1-product": ""}).status_code == 422
    assert browser.post(url, {**form, "do": "add"}).content.decode().count("lines-2-product") > 0
    offered = browser.get(reverse("products:product_search"), {"kits": "1", "q": "any"}, HTTP_HX_REQUEST="true")
    assert f'value="0:g{any_red.pk}"' in offered.content.decode()
    page = browser.get(reverse("products:kit_edit", args=[bouquet.pk])).content.decode()
    assert f'value="Any red rose · ~{any_red.pk}"' in page
    assert "Any red rose" in browser.get(reverse("products:kit_detail", args=[bouquet.pk])).content.decode()
    assert browser.post(reverse("products:group_delete", args=[any_red.pk])).status_code == 409
    assert login(florist).post(url, form).status_code == 403
    bouquet.delete()
    assert browser.post(reverse("products:group_delete", args=[any_red.pk])).status_code == 302
    assert "Any red rose" in browser.get(reverse("products:group_list"), {"deleted": "1"}).content.decode()
    browser.post(reverse("trash_restore", args=["productvariantgroup", any_red.pk]))
    assert ProductVariantGroup.objects.get() == any_red


# --- what a line may take instead


@pytest.fixture
def named(shop):
    """Freedom (12 free), or instead Explorer (30 free), five in a bouquet with a ribbon."""
    freedom, explorer, ribbon = stocked("Freedom", ("12", "10")), stocked("Explorer", ("30", "20")), stocked("Ribbon")
    bouquet = save_kit(new("Five reds"), [RecipeLine(freedom, Decimal(5), (explorer,)), *lines((ribbon, 1))])
    return freedom, explorer, bouquet


def instead_of(bouquet):
    rows = KitItemAlternative.objects.filter(item__kit=bouquet).order_by("item", "position")
    return [(row.item.goods.name, row.product.name) for row in rows]


def test_what_stands_instead_is_taken_as_one_of_a_group(named):
    bouquet = named[2]
    first = confirm_order(order((bouquet, "3")))
    assert asked() == [("Freedom", 10), ("Explorer", 5), ("Ribbon", 3)]
    complete_order(first)
    confirm_order(order((bouquet, "1")))
    assert asked()[3:] == [("Explorer", 5), ("Ribbon", 1)]
    assert check_stock(extra=INVARIANTS) == []


def test_a_bouquet_for_the_shelf_takes_what_stands_instead(named):
    freedom, explorer, bouquet = named
    assemble(bouquet=bouquet, warehouse=warehouse(), quantity=Decimal(3))
    assert (stock_of(freedom).quantity, stock_of(explorer).quantity) == (12, 15)


def test_how_many_can_be_made_counts_what_stands_instead(named, django_assert_num_queries):
    freedom, explorer, bouquet = named
    with django_assert_num_queries(2):
        [roses, _ribbon] = recipes_of([bouquet.pk])[bouquet.pk]
    assert roses.choices == (freedom, explorer)
    assert reckon_now([roses, _ribbon], price=Decimal(900)).makeable == 2 + 6
    [typed] = flowers_of([RecipeLine(freedom, Decimal(5), (explorer,))])
    assert typed == roses
    Product.objects.filter(pk=freedom.pk).update(is_active=False)
    assert recipes_of([bouquet.pk])[bouquet.pk][0].choices == (explorer, freedom)
    assert products_in([bouquet.pk]) >= {freedom.pk, explorer.pk}


def test_a_bouquet_inside_another_keeps_its_alternatives(named):
    freedom, explorer, bouquet = named
    basket = save_kit(new("Basket"), lines((bouquet, 2)))
    [roses, _ribbon] = recipes_of([basket.pk])[basket.pk]
    assert (roses.choices, roses.quantity) == ((freedom, explorer), 10)


def test_alternatives_are_saved_in_order_summed_and_taken_away(named):
    freedom, explorer, bouquet = named
    tulip, ribbon = product("Tulip"), Product.objects.get(name="Ribbon")
    item = bouquet.items.get(product=freedom)
    save_kit(bouquet, [RecipeLine(freedom, Decimal(5), (tulip, explorer)), *lines((ribbon, 1))])
    assert instead_of(bouquet) == [("Freedom", "Tulip"), ("Freedom", "Explorer")]
    assert bouquet.items.get(product=freedom) == item
    twice = [RecipeLine(freedom, Decimal(2), (explorer,)), RecipeLine(freedom, Decimal(3), (tulip, explorer))]
    save_kit(bouquet, twice)
    assert instead_of(bouquet) == [("Freedom", "Explorer"), ("Freedom", "Tulip")]
    assert flowers(bouquet) == {"Freedom": 5}
    save_kit(bouquet, lines((freedom, 5)))
    assert instead_of(bouquet) == []


def test_what_can_not_stand_instead(named):
    freedom, explorer, bouquet = named
    work, group_ = Product.objects.create(name="Work", kind="service"), group("Any", freedom, explorer)
    others = [product(f"Other {number}") for number in range(5)]
    before = instead_of(bouquet)

    def saving(goods, *instead):
        return lambda: save_kit(bouquet, [RecipeLine(goods, Decimal(5), instead)])

    refused(BadInput, "can't stand for itself", saving(freedom, explorer, freedom), ru="заменой самому себе")
    refused(BadInput, "is a service", saving(freedom, work), ru="услуга")
    refused(BadInput, "Only a product can have", saving(group_, explorer), ru="только у товара")
    refused(BadInput, "at most 4 products", saving(freedom, *others), ru="не больше 4")
    delete_row(others[0], by=None, now=timezone.now())
    refused(BadInput, "Other 0 is deleted", saving(freedom, others[0]), ru="Other 0")
    assert instead_of(bouquet) == before
    item = bouquet.items.get(product=freedom)
    for wrong in ({"product": explorer, "position": 2}, {"product": others[1], "position": 1},
                  {"product": others[1], "position": 5}, {"product": others[1], "position": 0}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            KitItemAlternative.objects.create(item=item, **wrong)
    KitItem.objects.filter(pk=item.pk).update(product=explorer)
    refused(BadInput, "can't stand for itself", lambda: check_recipe(bouquet), ru="самому себе")


def test_what_stands_instead_is_not_deleted_and_returns_before_its_bouquet(named):
    explorer, bouquet, now = product_now(named[1]), named[2], timezone.now()
    Product.objects.create(name="Lily")
    lily = Product.objects.get(name="Lily")
    save_kit(bouquet, [RecipeLine(named[0], Decimal(5), (lily,))])
    refused(StillInUse, "“Five reds” is made of it", lambda: delete_row(lily, by=None, now=now), ru="Five reds")
    refused(CannotArchive, "“Five reds” is made of it", lambda: archive_product(lily, now=now), ru="Five reds")
    assert used([lily.pk, explorer.pk]) >= {lily.pk}
    delete_row(bouquet, by=None, now=now)
    delete_row(lily, by=None, now=now)
    refused(CannotRestore, "Restore “Lily” first", lambda: restore_row(bouquet, by=None), ru="Lily")
    restore_row(lily, by=None)
    restore_row(bouquet, by=None)
    assert instead_of(bouquet) == [("Freedom", "Lily")]


def test_the_form_takes_what_stands_instead_with_scripts_and_without(named, login, manager):
    freedom, explorer, bouquet = named
    browser, url = login(manager), reverse("products:kit_edit", args=[bouquet.pk])
    page = browser.get(url).content.decode()
    assert f'name="lines-0-instead_1" value="Explorer · {explorer.sku}"' in page
    assert 'name="lines-0-instead_2"' in page
    assert 'name="lines-0-instead_3"' not in page
    tulip = product("Tulip")
    form = {"name": "Five reds", "sale_price": "900", "lines-0-product": freedom.sku, "lines-0-quantity": "5",
            "lines-0-instead_1": "", "lines-0-instead_2": "tul"}  # fmt: skip
    looked = browser.post(url, {**form, "do": "look"}).content.decode()
    assert f'value="0:{tulip.pk}:instead_1"' in looked, "what was typed moves up and is offered"
    chosen = browser.post(url, {**form, "choose": f"0:{explorer.pk}:instead_2"}, HTTP_HX_REQUEST="true")
    chosen = chosen.content.decode()
    assert f'name="lines-0-instead_2" value="Explorer · {explorer.sku}"' in chosen
    assert 'name="lines-0-instead_3"' in chosen
    found = browser.get(
        reverse("products:product_search"), {"line": "0", "field": "instead_1", "lines-0-instead_1": "tul"},
        HTTP_HX_REQUEST="true",
    )  # fmt: skip
    assert f'value="0:{tulip.pk}:instead_1"' in found.content.decode()
    assert browser.post(url, {**form, "lines-0-instead_1": "nothing like it"}).status_code == 422
    itself = browser.post(url, {**form, "lines-0-instead_1": "Freedom", "lines-0-instead_2": ""})
    assert (itself.status_code, "stand for itself" in itself.content.decode()) == (422, True)
    assert browser.post(url, {**form, "lines-0-instead_2": "Tulip"}).status_code == 302
    assert instead_of(bouquet) == [("Freedom", "Tulip")]
    detail = browser.get(reverse("products:kit_detail", args=[bouquet.pk])).content.decode()
    assert "Instead of Freedom" in detail
    assert "Tulip" in browser.get(f"{reverse('products:kit_create')}?size_of={bouquet.pk}").content.decode()
    for careless in ("0:1:quantity", "0:1:name", "0:1:instead_9", "0:x:instead_1", f"7:{tulip.pk}:instead_1"):
        assert browser.post(url, {**form, "choose": careless}).status_code == 200


# --- sizes


@pytest.fixture
def sizes(shop):
    """A posy of three roses (S) and of seven (M)."""
    rose = stocked("Rose", ("40", "10"))
    return [
        save_kit(ProductKit(name="Posy", size=size, sale_price=Decimal(price)), lines((rose, count)))
        for size, price, count in ((Size.M, "900", 7), (Size.S, "500", 3))
    ]


def test_each_size_is_a_recipe_with_a_price_of_its_own(sizes):
    medium, small = sizes
    assert [str(kit) for kit in sizes_called("posy")] == ["Posy S", "Posy M"]
    assert [flowers(each) for each in (small, medium)] == [{"Rose": 3}, {"Rose": 7}]
    placed = confirm_order(order((small, "2"), (medium, "1")))
    assert placed.total == 1900
    assert asked() == [("Rose", 6), ("Rose", 7)]
    assert product_of_kit(medium).name == "Posy M"


def test_one_name_and_size_is_one_bouquet_and_a_new_name_is_that_of_all(sizes):
    medium, small = sizes
    rose = medium.items.get().product
    again = ProductKit(name="POSY", size=Size.M, sale_price=Decimal(1))
    refused(BadInput, "has this name and size", lambda: save_kit(again, lines((rose, 1))), ru="названием и размером")
    kit("Bunch", "1", (rose, "1")), save_kit(ProductKit(name="Bunch", size=2, sale_price=Decimal(1)), lines((rose, 1)))
    medium.name = "Spring"
    save_kit(medium, lines((rose, 7)))
    small.refresh_from_db()
    assert (str(small), str(medium)) == ("Spring S", "Spring M")
    medium.name = "Bunch"
    refused(BadInput, "has this name and size", lambda: save_kit(medium, lines((rose, 7))), ru="названием и размером")


def test_a_size_is_found_by_its_name_and_letter(sizes):
    medium, small = sizes
    assert (kit_called("posy m"), kit_called("Posy S"), kit_called("Posy XL"), kit_called("Posy")) == (
        medium, small, None, None,
    )  # fmt: skip
    assert [goods.kit for goods in search_goods("pos", warehouse=warehouse())] == [small, medium]
    assert [goods.kit for goods in search_goods("posy m", warehouse=warehouse())] == [medium]
    assert exact_goods("Posy", warehouse=warehouse()) is None
    plain = kit("Posy", "1", (small.items.get().product, "1"))
    assert (kit_called("posy"), kit_called("posy s")) == (plain, small)
    plain.delete()
    small.delete()
    assert exact_goods("Posy", warehouse=warehouse()).kit == medium


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("posy m", ["Posy M"]),
        ("posy S", ["Posy S", "Posy M"]),  # an s is in the name of both
        ("posy", ["Posy S", "Posy M"]),
        ("posy l", []),
        ("зщын ь", ["Posy M"]),  # in the other layout
    ],
)
def test_the_search_finds_a_size_by_its_letter(sizes, manager, typed, names):
    found = {group.key: [hit.title for hit in group.hits] for group in search(typed, manager).groups}
    assert found.get("kits", []) == names


def test_another_size_begins_with_the_recipe_of_this_one(sizes, login, manager):
    medium, small = sizes
    browser = login(manager)
    page = browser.get(reverse("products:kit_detail", args=[medium.pk])).content.decode()
    assert f"?size_of={medium.pk}" in page
    assert reverse("products:kit_detail", args=[small.pk]) in page
    url = f"{reverse('products:kit_create')}?size_of={medium.pk}"
    begun = browser.get(url).content.decode()
    assert '<option value="4" selected>L</option>' in begun
    assert f'value="Rose · {medium.items.get().product.sku}"' in begun
    form = {"name": "Posy", "size": "4", "sale_price": "1500", "lines-0-product": "Rose", "lines-0-quantity": "11"}
    assert browser.post(url, {**form, "size": "9"}).status_code == 422
    assert browser.post(url, form).status_code == 302
    assert flowers(ProductKit.objects.get(size=Size.L)) == {"Rose": 11}
    for careless in ("x", "0", "9" * 30):
        assert browser.get(reverse("products:kit_create"), {"size_of": careless}).status_code in {200, 404}


# --- a bouquet once made


def test_a_bouquet_made_freely_becomes_a_recipe(shop, login, manager, florist):
    rose, moss = stocked("Rose"), stocked("Moss")
    parts = [Component(rose, Decimal(7)), Component(moss, Decimal("0.5"))]
    made = assemble(bouquet=NewBouquet("Friday & more", Decimal(1200)), warehouse=warehouse(), quantity=Decimal(2),
                    parts=parts)  # fmt: skip
    page = login(manager).get(reverse("inventory:document_detail", args=["assembly", made.pk])).content.decode()
    url = html.unescape(re.search(r'href="(/catalogue/kits/new/[?][^"]+)"', page)[1])
    form = login(manager).get(url).content.decode()
    for value in ("Friday &amp; more", "1200", f"Rose · {rose.sku}", "0.5"):
        assert f'value="{value}' in form
    assert not ProductKit.objects.exists()
    assert "/catalogue/kits/new/?" not in login(florist).get(
        reverse("inventory:document_detail", args=["assembly", made.pk])
    ).content.decode()  # fmt: skip
    of_recipe = assemble(bouquet=kit("Posy", "1", (rose, "1")), warehouse=warehouse(), quantity=Decimal(1))
    page = login(manager).get(reverse("inventory:document_detail", args=["assembly", of_recipe.pk])).content.decode()
    assert "/catalogue/kits/new/?" not in page


@pytest.mark.parametrize(
    "query",
    ["part=x", "part=1:x&part=:&part=9999999:1", "price=much&name=%00", "part=1:" + "9" * 99, "name=" + "x" * 999],
)
def test_a_careless_address_of_a_recipe_is_answered_calmly(shop, login, manager, query):
    product("Rose")
    assert login(manager).get(f"{reverse('products:kit_create')}?{query}").status_code == 200


# --- prices by a rule


def ruled(name, rule, **fields):
    return ProductKit(name=name, sale_price=Decimal(0), price_rule=rule, rounded_to="10", **fields)


def test_a_price_by_a_rule_is_reckoned_when_the_bouquet_is_saved(shop):
    rose = stocked("Rose", ("40", "30"), price="100")
    by_sum = save_kit(ruled("Sum", "sum", work_cost=Decimal(55)), lines((rose, 7)))
    by_cost = save_kit(ruled("Cost", "markup", work_cost=Decimal(55), markup=Decimal(150)), lines((rose, 7)))
    assert (by_sum.sale_price, by_cost.sale_price) == (760, 660)
    assert ProductKit.objects.get(name="Cost").sale_price == 660
    reckoned = reckon_now(recipes_of([by_cost.pk])[by_cost.pk], price=by_cost.sale_price, work=by_cost.work_cost)
    assert (reckoned.parts_cost, reckoned.cost, reckoned.margin.amount) == (210, 265, 395)


def test_a_rule_that_asks_for_an_unknown_cost_is_refused(shop):
    never = product("Orchid")
    refused(
        BadInput, "Orchid was never received", lambda: save_kit(ruled("New", "markup"), lines((never, 1))),
        ru="ещё не было прихода",
    )  # fmt: skip
    for careless in ("-1", "NaN", "1e20"):
        work = lambda careless=careless: save_kit(  # noqa: E731
            ruled("New", "sum", work_cost=Decimal(careless)), lines((never, 1))
        )
        refused(BadInput, "Correct the price", work, ru="Исправьте цену")


def test_the_page_reckons_by_the_rule_and_tells_when_it_would_be_another_price(shop, login, manager):
    rose, browser, url = stocked("Rose", ("40", "30")), login(manager), reverse("products:kit_create")
    form = {"name": "Posy", "sale_price": "", "price_rule": "markup", "markup": "200", "rounded_to": "90",
            "work_cost": "50", "lines-0-product": "Rose", "lines-0-quantity": "7"}  # fmt: skip
    assert "790" in browser.post(url, {**form, "do": "count"}).content.decode()
    assert browser.post(url, {**form, "price_rule": "fixed"}).status_code == 422
    assert browser.post(url, {**form, "price_rule": "dear"}).status_code == 422
    assert browser.post(url, {**form, "markup": "-5"}).status_code == 422
    assert browser.post(url, form).status_code == 302
    posy = ProductKit.objects.get()
    assert posy.sale_price == 790
    page = reverse("products:kit_detail", args=[posy.pk])
    assert "By its rule" not in browser.get(page).content.decode()
    ProductKit.objects.update(sale_price=500)
    assert "By its rule it would cost" in browser.get(page).content.decode()
    browser.post(reverse("products:kit_edit", args=[posy.pk]), form)
    assert ProductKit.objects.get().sale_price == 790
    assert rose.sale_price == 100
