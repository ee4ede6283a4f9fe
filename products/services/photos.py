"""Photos of the catalogue: hung, put in order, described, removed. How they are judged and stored: core/photos.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, StaleForm
from core.photos import Photo, Picture, hang_photos
from core.soft_delete import mark_deleted, restore
from core.text import clean_text
from products.models import (
    GoodsImportLine,
    Product,
    ProductCategory,
    ProductCategoryPhoto,
    ProductKit,
    ProductKitPhoto,
    ProductPhoto,
)
from products.starter import DRAWN, look_of

Owner = Product | ProductKit | ProductCategory
PHOTOS: dict[type[Owner], type[Photo]] = {
    Product: ProductPhoto,
    ProductKit: ProductKitPhoto,
    ProductCategory: ProductCategoryPhoto,
}


def add_photos(owner: Owner, pictures: list[Picture], *, by: Any = None, key: UUID | None = None) -> list[Photo]:
    """Hang `pictures` behind the photos the owner has; their files appear after the commit. A category has one photo:
    the last picture takes the place of the one it has, which goes into the trash. `key`: what is sent twice is hung
    once.

    Raises BadInput when the owner is deleted or would have more than MAX_PHOTOS; PhotoNotStored after the commit when the
    files could not be written: the rows are taken back then.
    """
    with transaction.atomic():
        _lock(owner)
        model = PHOTOS[type(owner)]
        if not isinstance(owner, ProductCategory):
            return hang_photos(model, owner, pictures, key=key)
        before = list(model.objects.filter(category=owner))
        hung = hang_photos(model, owner, pictures[-1:], key=key)
        mark_deleted([photo for photo in before if photo not in hung], by=by, now=timezone.now())
        return hung


def waiting_for_drawings(import_key: int, *, after: int = 0) -> list[tuple[Product, str]]:
    """The products with keys above `after` that an import made of the starting catalogue and that never had a photo, with
    their looks, by key. Drawings whose files were never written, because the worker was killed, go first."""
    lines = GoodsImportLine.objects.filter(goods_import=import_key, before__isnull=True, product__gt=after)
    made = lines.values("product")
    ProductPhoto.all_objects.filter(product__in=made, original_name__startswith=DRAWN, width=None).hard_delete()
    photos = ProductPhoto.all_objects.filter(product=OuterRef("pk"))
    rows = Product.objects.filter(~Exists(photos), pk__in=made, archived_at=None).order_by("pk")
    return [(product, look) for product in rows if (look := look_of(product.name))]


def hang_drawing(product: Product, picture: Picture) -> None:
    """Hang a drawing on a product, unless it got a photo meanwhile. Raises BadInput when the product is deleted."""
    with transaction.atomic():
        _lock(product)
        if not ProductPhoto.all_objects.filter(product=product).exists():
            [photo] = add_photos(product, [picture])
            describe_photo(photo, alt=product.name)


def make_main(photo: Photo) -> None:
    """Put the photo first; the others keep their order."""
    owner = getattr(photo, photo.owner_field)
    with transaction.atomic():
        others = [row for row in _photos_of(owner) if row.pk != photo.pk]
        _number([photo, *others])


def move_photo(photo: Photo, *, earlier: bool) -> None:
    """One place earlier or later; at the end of the row nothing changes. Raises StaleForm when it was removed."""
    with transaction.atomic():
        rows = _photos_of(getattr(photo, photo.owner_field))
        if photo not in rows:
            raise StaleForm(_("This photo was removed meanwhile. Here are the photos as they are now."))
        place = rows.index(photo)
        other = place - 1 if earlier else place + 1
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
            _number(rows)


def order_photos(owner: Owner, keys: Sequence[int], *, was: Sequence[int]) -> None:
    """Put the photos in the order of `keys`. `was` is the order somebody looked at.

    Raises StaleForm when photos were added, removed or moved meanwhile; BadInput when the keys are not those of `was`.
    """
    if sorted(keys) != sorted(was):
        raise BadInput(_("This page is out of date. Open it again and repeat what you wanted."))
    with transaction.atomic():
        rows = {row.pk: row for row in _photos_of(owner)}
        if list(rows) != list(was):
            raise StaleForm(
                _(
                    "Somebody changed these photos meanwhile. Here they are as they are now: put them in order once more."
                )
            )
        _number([rows[key] for key in keys])


def describe_photo(photo: Photo, *, alt: str) -> None:
    """Write what is to be seen, for those who can't see it. Raises BadInput for a text that can't be printed."""
    photo.alt = clean_text(alt, max_length=200)
    photo.save(update_fields=["alt"])


def remove_photo(photo: Photo, *, by: Any, now: datetime) -> None:
    """Take a photo away; its files stay until the deleted are cleared out."""
    mark_deleted([photo], by=by, now=now)


def restore_photo(photo: Photo, *, by: Any) -> None:
    """Bring a removed photo back; that of a category takes the place of the one it has now. Raises CannotRestore when its
    owner is deleted."""
    owner = getattr(photo, photo.owner_field)
    with transaction.atomic():
        restore(photo, by=by)
        if isinstance(owner, ProductCategory):
            others = type(photo).objects.filter(category=owner).exclude(pk=photo.pk)
            mark_deleted(list(others), by=by, now=timezone.now())


def _photos_of(owner: Owner) -> list[Photo]:
    """In their order, the owner held."""
    _lock(owner)
    model = PHOTOS[type(owner)]
    return list(model.objects.filter(**{model.owner_field: owner}))


def _number(rows: Sequence[Photo]) -> None:
    for position, row in enumerate(rows):
        row.position = position
        row.save(update_fields=["position"])


def _lock(owner: Owner) -> None:
    """Hold the owner, so that two people do not number their photos alike. Raises BadInput when it is deleted."""
    if not type(owner).objects.select_for_update(no_key=True).filter(pk=owner.pk).exists():
        raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": owner})
