"""What orders hear from the inventory and from their own photos."""

from decimal import Decimal
from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from core.photos import delete_files, paths_of
from core.tenancy import with_commit
from inventory.announcements import reservations_lost
from orders.models import EventKind, OrderEvent, OrderItemDemand, OrderPhoto


@receiver(reservations_lost, dispatch_uid="note_lost_reservations")
def note_lost_reservations(lost: dict[int, Decimal], **kwargs: Any) -> None:
    """Write into the orders' history that goods promised to them are gone."""
    links = OrderItemDemand.objects.filter(demand__in=lost).select_related("item", "demand__product")
    OrderEvent.objects.bulk_create(
        OrderEvent(
            order_id=link.item.order_id,
            kind=EventKind.RESERVATION_LOST,
            data={"product": link.demand.product.name, "quantity": str(lost[link.demand_id])},
        )
        for link in links
    )


@receiver(post_delete, sender=OrderPhoto, dispatch_uid="order_photo_files")
def delete_files_after_commit(sender: Any, instance: Any, **kwargs: Any) -> None:
    """The files of a photo go when its row is surely gone."""
    paths = paths_of(instance)  # now: a deleted row loses its key
    with_commit(delete_files, paths)
