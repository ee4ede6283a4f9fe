"""Deleting marks, asks who depends on the row, and can be taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone, translation

from core.photos import forget_photos
from core.soft_delete import CannotRestore, StillInUse, mark_deleted, restore
from products.models import (
    KitItem,
    Product,
    ProductCategory,
    ProductCategoryPhoto,
    ProductKit,
    ProductKitPhoto,
    ProductPhoto,
)
from products.services.catalogue import delete_row, restore_row


def product(name="Rose", **fields):
    return Product.objects.create(name=name, sale_price=Decimal(10), **fields)


def rows():
    return [
        list(model.all_objects.order_by("pk").values())
        for model in (Product, ProductKit, ProductCategory, ProductPhoto)
    ]


def refused(kind, said_en, said_ru, work):
    before = rows()
    for language, said in (("en", said_en), ("ru", said_ru)):
        with translation.override(language), pytest.raises(kind) as refusal, transaction.atomic():
            work()
        with translation.override(language):
            assert said in str(refusal.value)
        assert rows() == before


def test_a_deleted_row_is_marked_and_hidden_but_history_still_reads_it(shop, owner):
    rose = product()
    item = KitItem.objects.create(kit=ProductKit.objects.create(name="B"), product=rose, quantity=1)
    ProductKit.objects.all().delete()
    now = timezone.now()
    delete_row(rose, by=owner, now=now)
    stored = Product.all_objects.get()
    assert (stored.is_deleted, stored.deleted_at, stored.deleted_by) == (True, now, owner)
    assert stored.delete_batch is not None
    assert not Product.objects.exists()
    assert KitItem.objects.get(pk=item.pk).product == rose
    stored.refresh_from_db()


def test_both_ways_of_deleting_mark(shop):
    first, second = product("A"), product("B")
    first.delete()
    Product.objects.filter(pk=second.pk).delete()
    assert Product.all_objects.filter(is_deleted=True).count() == 2


def test_what_a_row_owns_goes_and_returns_with_it_and_nothing_else(shop):
    rose = product()
    kept, before = (ProductPhoto.objects.create(product=rose) for _ in range(2))
    before.delete()
    rose.delete()
    assert not ProductPhoto.objects.exists()
    assert restore(rose) == 2
    assert list(ProductPhoto.objects.all()) == [kept]
    assert restore(rose) == 0


def test_a_name_is_free_again_and_the_old_owner_must_wait(shop):
    rose = product(sku="R1")
    rose.delete()
    newer = product("Other", sku="r1")
    refused(CannotRestore, "“Other” took its name or code", "запись «Other»", lambda: restore_row(rose, by=None))
    newer.sku = "R2"
    newer.save()
    restore_row(rose, by=None)
    assert Product.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        product("Third", sku="r1")


def test_a_child_comes_back_only_after_its_owner(shop):
    shelf = ProductCategory.objects.create(name="Roses")
    rose = product(category=shelf)
    rose.delete()
    shelf.delete()
    refused(CannotRestore, "Restore “Roses” first", "«Roses»", lambda: restore_row(rose, by=None))
    restore_row(shelf, by=None)
    assert not Product.objects.exists()
    restore_row(rose, by=None)
    assert Product.objects.get() == rose


def test_a_product_of_a_live_bouquet_stays(shop):
    rose = product()
    bouquet = ProductKit.objects.create(name="Morning")
    KitItem.objects.create(kit=bouquet, product=rose, quantity=1)
    refused(StillInUse, "the bouquet “Morning” is made of it", "он входит в букет «Morning»", rose.delete)
    bouquet.delete()
    rose.delete()
    assert not Product.objects.exists()


def test_a_category_with_something_live_in_it_stays_and_counts_it(shop):
    shelf = ProductCategory.objects.create(name="Roses")
    child = ProductCategory.objects.create(name="Red", parent=shelf)
    roses = [product(f"Rose {number}", category=shelf) for number in range(2)]
    bouquet = ProductKit.objects.create(name="B", category=shelf)
    refused(
        StillInUse, "2 products are in it; 1 bouquet is in it; 1 category is under it",
        "в ней 2 товара; в ней 1 букет; под ней 1 категория", shelf.delete,
    )  # fmt: skip
    for row in (child, bouquet, *roses):
        row.delete()
    shelf.delete()
    assert not ProductCategory.objects.exists()


def test_one_objection_keeps_all_rows_of_one_deletion(shop):
    free, used = product("Free"), product("Used")
    KitItem.objects.create(kit=ProductKit.objects.create(name="B"), product=used, quantity=1)
    refused(
        StillInUse, "“Used” can't be deleted yet", "Used",
        lambda: mark_deleted([free, used], by=None, now=timezone.now()),
    )  # fmt: skip


def test_removing_for_good_refuses_while_anything_points_to_the_row(shop):
    rose = product()
    KitItem.objects.create(kit=ProductKit.objects.create(name="B"), product=rose, quantity=1)
    with pytest.raises(ProtectedError), transaction.atomic():
        rose.hard_delete()
    assert Product.objects.get() == rose


def test_the_sku_made_by_itself_skips_one_typed_by_hand_even_a_deleted_one(shop):
    first = product("A")
    taken = product("B", sku=f"{int(first.sku) + 1:06d}")
    taken.delete()
    assert product("C").sku == f"{int(first.sku) + 2:06d}"


def test_pictures_lie_in_a_folder_per_owner_and_photo(shop):
    shelf = ProductCategory.objects.create(name="Roses")
    rose, bouquet = product(), ProductKit.objects.create(name="B")
    for photo, folder in (
        (ProductPhoto.objects.create(product=rose), f"products/{rose.pk}"),
        (ProductKitPhoto.objects.create(kit=bouquet), f"kits/{bouquet.pk}"),
        (ProductCategoryPhoto.objects.create(category=shelf), f"categories/{shelf.pk}"),
    ):
        assert [photo.path(name) for name in ("original", "large", "medium", "thumb")] == [
            f"{folder}/{photo.pk}/original.jpg", f"{folder}/{photo.pk}/large.webp", f"{folder}/{photo.pk}/medium.webp",
            f"{folder}/{photo.pk}/thumb.webp",
        ]  # fmt: skip
        assert str(photo) == photo.path("original")
        with pytest.raises(KeyError):
            photo.path("../../secret")


def test_reverse_access_shows_live_rows_a_key_shows_any_and_a_join_does_not_look(shop):
    shelf = ProductCategory.objects.create(name="Roses")
    kept, gone = product("Kept", category=shelf), product("Gone", category=shelf)
    gone.delete()
    ProductCategory.objects.filter(pk=shelf.pk).update(is_deleted=True)  # past every objection
    assert list(shelf.products.all()) == [kept]
    assert Product.objects.get().category == shelf, "a key leads to its row, deleted or not"
    assert Product.objects.filter(category__name="Roses").count() == 1, "a join does not ask whether it is deleted"
    assert Product.objects.filter(category__is_deleted=False).count() == 0
    assert Product.objects.select_related("category").get().category.is_deleted


def test_a_child_deleted_before_its_owner_stays_deleted_when_the_owner_returns(shop):
    rose = product()
    first, second = (ProductPhoto.objects.create(product=rose) for _ in range(2))
    first.delete()
    rose.delete()
    restore(rose)
    assert list(ProductPhoto.objects.all()) == [second]
    assert restore(first) == 1
    assert ProductPhoto.objects.count() == 2


def test_photos_are_kept_for_ninety_days_after_their_deletion_and_then_go_with_their_files(
    shop, django_capture_on_commit_callbacks
):
    now = timezone.now()
    live, fresh, old = (ProductPhoto.objects.create(product=product(f"Rose {number}")) for number in range(3))
    for photo in (live, fresh, old):
        default_storage.save(photo.path("thumb"), ContentFile(b"picture"))
    paths = [photo.path("thumb") for photo in (live, fresh, old)]
    mark_deleted([fresh], by=None, now=now - timedelta(days=89))
    mark_deleted([old], by=None, now=now - timedelta(days=91))
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_photos(now=now) == 1
    assert set(ProductPhoto.all_objects.all()) == {live, fresh}
    assert [default_storage.exists(path) for path in paths] == [True, True, False]
