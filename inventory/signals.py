"""The guarded doors: whoever saves an order, a reservation or a sale, wherever that happens, leaves the stock right.

A receiver holds no arithmetic: it calls a service that may be called any number of times. Fixtures (`raw`) pass by;
`QuerySet.update()` fires nothing, and `check_stock` finds what it broke.
"""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from inventory.models import Reservation, Sale
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stocks import bring_reserved_in_line


@receiver(post_save, sender="orders.Order", dispatch_uid="create_sale_on_order_completion")
def create_sale_on_order_completion(sender: Any, instance: Any, *, raw: bool = False, **kwargs: Any) -> None:
    """An order was saved: its stock follows its status. Guard: the rule is idempotent, one live sale per demand."""
    if not raw:
        instance.sync_stock()


@receiver([post_save, post_delete], sender=Reservation, dispatch_uid="update_stock_on_reservation_change")
def update_stock_on_reservation_change(sender: Any, instance: Reservation, *, raw: bool = False, **kwargs: Any) -> None:
    """A reservation was saved or deleted one by one. Guard: the total is recomputed, not added to."""
    if not raw:
        bring_reserved_in_line(instance.stock_id)


@receiver(post_save, sender=Sale, dispatch_uid="process_sale_fifo")
def process_sale_fifo(sender: Any, instance: Sale, *, raw: bool = False, **kwargs: Any) -> None:
    """A sale was saved elsewhere. Guard: only an unprocessed one is written off, and the processor looks again under
    the lock."""
    if not raw and not instance.processed:
        SaleProcessor.process(instance)
