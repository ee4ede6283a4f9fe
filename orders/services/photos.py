"""Photos of an order: samples that came with it and the finished bouquet. Checked and stored as those of the catalogue."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.photos import Picture, hang_photos
from core.soft_delete import mark_deleted
from orders.models import Order, OrderPhoto, PhotoKind
from orders.services.stock_sync import lock_order


def add_order_photos(
    order: Order, pictures: list[Picture], *, kind: PhotoKind, by: Any, key: UUID | None = None
) -> list[Any]:
    """Hang `pictures` behind the photos the order has; their files appear after the commit. `key`: what is sent twice is
    hung once.

    Raises BadInput when the order would have more than MAX_PHOTOS; PhotoNotStored after the commit when the files could
    not be written: the rows are taken back then.
    """
    with transaction.atomic():
        return hang_photos(OrderPhoto, lock_order(order), pictures, key=key, kind=kind, created_by=by)


def remove_order_photo(photo: OrderPhoto, *, by: Any, now: datetime) -> None:
    """Take a photo away; its files stay until the deleted are cleared out.

    The order is held meanwhile: a step that asks for the photo sees it, or sees it gone.
    """
    with transaction.atomic():
        lock_order(photo.order)
        mark_deleted([photo], by=by, now=now)
