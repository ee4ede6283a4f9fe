"""Bouquets of bouquets: what is written, what is refused, what the pages show."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from core.errors import BadInput
from core.soft_delete import CannotRestore, StillInUse
from inventory.tests.factories import kit, product, refused
from products.models import KitItem, ProductKit
from products.recipes import RecipeLine, flowers_of, recipes_of
from products.services.catalogue import delete_row, restore_row
from products.services.kits import save_kit


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
    data = {"name": "Posy", "sale_price": "1", "items-TOTAL_FORMS": "1", "items-INITIAL_FORMS": "0",
            "items-0-inner": str(basket.pk), "items-0-quantity": "1"}  # fmt: skip
    answer = login(owner).post(reverse("admin:products_productkit_change", args=[posy.pk]), data)
    assert answer.status_code == 422
    assert "would be inside itself" in answer.content.decode()
    assert list(KitItem.objects.order_by("pk").values()) == rows
