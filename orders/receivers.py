"""What orders hear from the inventory."""

from decimal import Decimal
from typing import Any

from django.dispatch import receiver

from inventory.announcements import reservations_lost
from orders.models import EventKind, OrderEvent, OrderItemDemand


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
