"""Two people at the catalogue at once: the tree of categories, purchase units that go while a delivery is counted."""

import threading
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from core.errors import BadInput, DomainError, StaleForm
from core.photos import Picture
from core.transactions import run
from inventory.models import ReceiptLine, Supplier, SupplierUnit
from inventory.services.checking import check_stock
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.stocks import free_in
from inventory.services.suppliers import pack_so
from inventory.tests.factories import product, stock_of, stocked, warehouse
from orders.invariants import INVARIANTS
from orders.models import Order
from orders.services.lifecycle import cancel_order, confirm_order
from orders.tests.factories import order
from products.models import (
    KitItem,
    KitItemAlternative,
    Product,
    ProductCategory,
    ProductKit,
    ProductVariantGroup,
    PurchaseUnit,
)
from products.recipes import RecipeLine, chosen, recipes_of
from products.selectors import category_tree
from products.services import photos as photo_services
from products.services.catalogue import Packed, delete_row, save_product
from products.services.categories import place_category, save_category
from products.services.kits import check_recipe, save_group, save_kit
from products.services.photos import add_photos, order_photos

pytestmark = pytest.mark.race


def category(name):
    return save_category(ProductCategory(name=name), parent=None)


def test_without_the_lock_two_categories_end_up_in_each_other(committed_shop, in_threads):
    """The control: both look at the tree, both find the place free, both move."""
    pair = [category("Roses"), category("Spray roses")]
    both_looked = threading.Barrier(2)

    def careless(number):
        mine, other = (ProductCategory.objects.get(pk=pair[n].pk) for n in (number, 1 - number))
        both_looked.wait(timeout=10)
        if other.parent_id != mine.pk:
            ProductCategory.objects.filter(pk=mine.pk).update(parent=other)

    in_threads(2, careless)
    assert category_tree() == [], "neither hangs on the trunk any more"


def test_two_categories_never_end_up_in_each_other(committed_shop, in_threads):
    for number in range(5):
        pair = [category(f"Roses {number}"), category(f"Spray roses {number}")]

        def work(which, pair=pair):
            mine, other = (ProductCategory.objects.get(pk=pair[n].pk) for n in (which, 1 - which))
            return run(lambda: save_category(mine, parent=other)).pk

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1, outcomes
        assert not any(isinstance(outcome, Exception) and not isinstance(outcome, DomainError) for outcome in outcomes)
    assert len(category_tree()) == 10


def test_two_categories_dragged_into_each_other_never_end_up_there(committed_shop, in_threads):
    for number in range(5):
        pair = [category(f"Roses {number}"), category(f"Spray roses {number}")]

        def work(which, pair=pair):
            return run(lambda: place_category(pair[which], parent=pair[1 - which].pk, before=None))

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, BadInput) for outcome in outcomes) == 1, outcomes
    assert len(category_tree()) == 10


def three_photos():
    rose, picture = (
        product("Rose"),
        Picture(dict.fromkeys(("original", "large", "medium", "thumb"), b"x"), 1, 1, "x.jpg"),
    )
    return rose, [photo.pk for photo in add_photos(rose, [picture] * 3)]


def orders_at_once(in_threads):
    rose, (first, second, third) = three_photos()
    wanted = [[third, first, second], [second, third, first]]
    was = [first, second, third]
    outcomes = in_threads(2, lambda which: run(lambda: order_photos(rose, wanted[which], was=was)))
    return outcomes, [photo.pk for photo in rose.photos.all()], wanted


def test_photos_ordered_by_two_at_once_stand_as_one_of_them_wished_and_the_other_is_told(committed_shop, in_threads):
    outcomes, stand, wanted = orders_at_once(in_threads)
    assert [type(outcome) for outcome in sorted(outcomes, key=str)].count(StaleForm) == 1, outcomes
    assert stand in wanted


def test_without_the_lock_both_would_think_they_had_their_way(committed_shop, in_threads, monkeypatch):
    """The control: both compare the order they saw with the one that is, before either writes."""
    both_looked = threading.Barrier(2)
    monkeypatch.setattr(photo_services, "_lock", lambda owner: None)
    monkeypatch.setattr(photo_services, "_number", lambda rows: both_looked.wait(timeout=10))
    outcomes, _stand, _wanted = orders_at_once(in_threads)
    assert outcomes == [None, None], "nobody is told"


def bouquet(name, *parts):
    return save_kit(ProductKit(name=name, sale_price=Decimal(1)), [RecipeLine(part, Decimal(1)) for part in parts])


def test_without_the_lock_two_bouquets_end_up_in_each_other(committed_shop, in_threads):
    """The control: both find no circle yet, both write."""
    pair = [bouquet("Basket", product("Rose")), bouquet("Posy", product("Tulip"))]
    both_looked = threading.Barrier(2)

    def careless(number):
        mine, other = pair[number], pair[1 - number]
        with transaction.atomic():
            check_recipe(mine)
            both_looked.wait(timeout=10)
            KitItem.objects.create(kit=mine, inner=other, quantity=1)

    in_threads(2, careless)
    with pytest.raises(DomainError, match="inside itself"):
        check_recipe(pair[0])


def test_two_bouquets_never_end_up_in_each_other(committed_shop, in_threads):
    rose = product("Rose")
    for number in range(5):
        pair = [bouquet(f"Basket {number}", rose), bouquet(f"Posy {number}", rose)]

        def work(which, pair=pair):
            lines = [RecipeLine(pair[1 - which], Decimal(1)), RecipeLine(rose, Decimal(1))]
            return run(lambda: save_kit(ProductKit.objects.get(pk=pair[which].pk), lines)).pk

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, BadInput) for outcome in outcomes) == 1, outcomes
        assert [len(recipes_of([each.pk])[each.pk]) for each in pair] == [1, 1]


def test_a_bouquet_is_either_deleted_or_put_into_another_never_both(committed_shop, in_threads):
    rose = product("Rose")
    for number in range(6):
        posy = bouquet(f"Posy {number}", rose)

        def work(which, posy=posy, number=number):
            row = ProductKit.all_objects.get(pk=posy.pk)
            if which == 0:
                return run(lambda: delete_row(row, by=None, now=timezone.now()))
            return run(lambda: bouquet(f"Basket {number}", row)).pk

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1, outcomes
        inside = KitItem.objects.filter(inner=posy).exists()
        assert inside is not ProductKit.all_objects.get(pk=posy.pk).is_deleted


def test_a_category_is_either_deleted_or_given_a_product_never_both(committed_shop, in_threads):
    for number in range(6):
        shelf = category(f"Shelf {number}")

        def work(which, shelf=shelf, number=number):
            if which == 0:
                return run(lambda: delete_row(shelf, by=None, now=timezone.now()))
            mine = ProductCategory.all_objects.get(pk=shelf.pk)
            return run(lambda: save_product(Product(name=f"Rose {number}", sale_price=Decimal(1), category=mine))).pk

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1, outcomes
        assert Product.objects.filter(category=shelf).exists() == ProductCategory.objects.filter(pk=shelf.pk).exists()


def test_a_unit_is_counted_in_as_it_was_or_refused(committed_shop, in_threads):
    for number in range(6):
        rose = product(f"Rose {number}")
        unit = PurchaseUnit.objects.create(product=rose, packing="bunch", factor=Decimal(25))

        def work(which, rose=rose, unit=unit):
            if which == 0:
                return run(lambda: save_product(rose, bought_in=[Packed("bunch", Decimal(20))])).pk
            line = ReceiptLineInput(Product.objects.get(pk=rose.pk), Decimal(2), Decimal(100), unit=unit)
            return run(lambda: post_receipt(warehouse=warehouse(), lines=[line])).pk

        saved, posted = in_threads(2, work)
        assert not isinstance(saved, Exception)
        assert not isinstance(posted, Exception) or "is no longer bought in" in str(posted)
        assert [unit.factor for unit in PurchaseUnit.objects.filter(product=rose)] == [20]
    assert {(line.factor, line.quantity) for line in ReceiptLine.objects.all()} <= {(25, 50)}


def noted_while_counted(in_threads):
    """Whether somebody could say that only the farm packs so, while a delivery of somebody else was counted so."""
    rose, farm = product("Red rose"), Supplier.objects.create(name="The farm")
    unit = PurchaseUnit.objects.create(product=rose, factor=Decimal(25))
    decided, noted = threading.Event(), threading.Event()

    def work(number):
        if number:
            decided.wait(timeout=10)
            run(lambda: pack_so(farm, unit))
            noted.set()
            return None

        def count():
            post_receipt(warehouse=warehouse(), lines=[ReceiptLineInput(rose, Decimal(1), Decimal(100), unit=unit)])
            decided.set()
            return noted.wait(timeout=1)

        return run(count)

    meanwhile = in_threads(2, work)[0]
    assert SupplierUnit.objects.filter(supplier=farm, unit=unit).exists()
    return meanwhile


def test_who_packs_so_is_said_before_or_after_a_delivery_never_meanwhile(committed_shop, in_threads):
    assert not noted_while_counted(in_threads)


def test_without_the_lock_it_is_said_meanwhile(committed_shop, in_threads, monkeypatch):
    monkeypatch.setattr("inventory.services.suppliers._hold", lambda unit: None)
    assert noted_while_counted(in_threads)


def test_two_people_who_save_the_same_units_make_them_once(committed_shop, in_threads):
    rose = product("Rose")
    wanted = [Packed("bunch", Decimal(25)), Packed("box", Decimal(400))]
    outcomes = in_threads(4, lambda _: run(lambda: save_product(Product.objects.get(pk=rose.pk), bought_in=wanted)).pk)
    assert outcomes == [rose.pk] * 4
    assert PurchaseUnit.objects.count() == 2


@pytest.fixture(params=["group", "named in the recipe"])
def five_of_each(committed_shop, request):
    """Five red roses and five pink ones, which stand for each other; a bouquet takes five of them."""
    red, pink = stocked("Red", ("5", "10")), stocked("Pink", ("5", "10"))
    line = RecipeLine(red, Decimal(5), (pink,))
    if request.param == "group":
        line = RecipeLine(save_group(ProductVariantGroup(name="Any rose"), [red, pink]), Decimal(5))
    return red, pink, save_kit(ProductKit(name="Five", sale_price=Decimal(9)), [line])


def test_without_the_lock_two_orders_choose_the_same_roses(five_of_each, in_threads):
    """The control: both look at what is free, both find the red ones."""
    red, pink, five = five_of_each
    both_looked = threading.Barrier(2)

    def careless(_number):
        free = free_in(warehouse(), [red.pk, pink.pk])
        [part] = chosen(recipes_of([five.pk])[five.pk], times=Decimal(1), free=free)
        both_looked.wait(timeout=10)
        return part.product.name

    assert in_threads(2, careless) == ["Red", "Red"]


def test_two_orders_never_count_on_the_same_roses_that_stand_for_each_other(five_of_each, in_threads):
    red, pink, five = five_of_each
    for _round in range(6):
        placed = [order((five, "1")) for _number in range(2)]
        in_threads(2, lambda number, placed=placed: run(lambda: confirm_order(placed[number])).pk)
        assert [stock_of(item).reserved for item in (red, pink)] == [5, 5]
        for each in placed:
            cancel_order(Order.objects.get(pk=each.pk))
    assert check_stock(extra=INVARIANTS) == []


def test_what_is_named_instead_is_either_deleted_or_named_never_both(committed_shop, in_threads):
    """A recipe that names it, and deleting it, at the same moment."""
    red = product("Red")
    for number in range(6):
        pink = product(f"Pink {number}")
        line = RecipeLine(red, Decimal(5), (pink,))

        def work(which, pink=pink, line=line, number=number):
            if which:
                return run(lambda: delete_row(Product.objects.get(pk=pink.pk), by=None, now=timezone.now()))
            return run(lambda: save_kit(ProductKit(name=f"Five {number}", sale_price=Decimal(9)), [line])).pk

        outcomes = in_threads(2, work)
        assert sum(isinstance(outcome, DomainError) for outcome in outcomes) == 1, outcomes
        named = KitItemAlternative.objects.filter(product=pink).exists()
        assert named != Product.all_objects.get(pk=pink.pk).is_deleted
