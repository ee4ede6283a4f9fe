"""Two people at the catalogue at once: the tree of categories, purchase units that go while a delivery is counted."""

import threading
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from core.errors import BadInput, DomainError
from core.transactions import run
from inventory.models import ReceiptLine
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.tests.factories import product, warehouse
from products.models import KitItem, Product, ProductCategory, ProductKit, PurchaseUnit
from products.recipes import RecipeLine, recipes_of
from products.selectors import category_tree
from products.services.catalogue import Packed, delete_row, save_product
from products.services.categories import save_category
from products.services.kits import check_recipe, save_kit

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


def test_two_people_who_save_the_same_units_make_them_once(committed_shop, in_threads):
    rose = product("Rose")
    wanted = [Packed("bunch", Decimal(25)), Packed("box", Decimal(400))]
    outcomes = in_threads(4, lambda _: run(lambda: save_product(Product.objects.get(pk=rose.pk), bought_in=wanted)).pk)
    assert outcomes == [rose.pk] * 4
    assert PurchaseUnit.objects.count() == 2
