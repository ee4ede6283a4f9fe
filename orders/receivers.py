"""What orders hear from the inventory and from their own photos."""

from decimal import Decimal
from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import ngettext_lazy

from core.photos import delete_files, paths_of
from core.tenancy import after_commit
from inventory.announcements import reservations_lost
from orders.domain.lifecycle import Category
from orders.models import EventKind, Order, OrderEvent, OrderItemDemand, OrderPhoto
from products.models import Product
from products.services.catalogue import before_archive


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


@receiver(before_archive, sender=Product, dispatch_uid="archived_product_on_orders")
def object_when_on_open_orders(sender: Any, instance: Product, **kwargs: Any) -> list[Any]:
    """A product that stands on an order which is not ended is still worked with, drafts included."""
    ended = [Category.COMPLETED.value, Category.CANCELLED.value]
    count = Order.objects.filter(items__product=instance).exclude(status__category__in=ended).distinct().count()
    if not count:
        return []
    return [ngettext_lazy("%(count)d open order has it", "%(count)d open orders have it", count) % {"count": count}]


@receiver(post_delete, sender=OrderPhoto, dispatch_uid="order_photo_files")
def delete_files_after_commit(sender: Any, instance: Any, **kwargs: Any) -> None:
    """The files of a photo go when its row is surely gone."""
    paths = paths_of(instance)  # now: a deleted row loses its key
    after_commit(delete_files, paths)
