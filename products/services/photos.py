"""Photos of the catalogue: hung, put in order, described, removed. How they are judged and stored: core/photos.py."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.photos import Photo, Picture, hang_photos
from core.soft_delete import mark_deleted
from core.text import clean_text
from products.models import Product, ProductKit, ProductKitPhoto, ProductPhoto


def add_photos(owner: Product | ProductKit, pictures: list[Picture]) -> list[Photo]:
    """Hang `pictures` behind the photos the product or bouquet has; their files appear after the commit.

    Raises BadInput when it is deleted or would have more than MAX_PHOTOS; PhotoNotStored after the commit when the
    files could not be written: the rows are taken back then.
    """
    with transaction.atomic():
        _lock(owner)
        model: type[Photo] = ProductPhoto if isinstance(owner, Product) else ProductKitPhoto
        return hang_photos(model, owner, pictures)


def make_main(photo: Photo) -> None:
    """Put the photo first; the others keep their order."""
    owner = getattr(photo, photo.owner_field)
    with transaction.atomic():
        _lock(owner)
        others = [row for row in type(photo).objects.filter(**{photo.owner_field: owner}) if row.pk != photo.pk]
        for position, row in enumerate([photo, *others]):
            row.position = position
            row.save(update_fields=["position"])


def describe_photo(photo: Photo, *, alt: str) -> None:
    """Write what is to be seen, for those who can't see it. Raises BadInput for a text that can't be printed."""
    photo.alt = clean_text(alt, max_length=200)
    photo.save(update_fields=["alt"])


def remove_photo(photo: Photo, *, by: Any, now: datetime) -> None:
    """Take a photo away; its files stay until the deleted are cleared out."""
    mark_deleted([photo], by=by, now=now)


def _lock(owner: Product | ProductKit) -> None:
    """Hold the owner, so that two people do not number their photos alike. Raises BadInput when it is deleted."""
    if not type(owner).objects.select_for_update(no_key=True).filter(pk=owner.pk).exists():
        raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": owner})
