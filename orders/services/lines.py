"""Order lines change while the order is open; what was sold stays as it was."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from inventory.services.demands import cancel_demands
from orders.domain.lifecycle import Stage
from orders.models import Order, OrderItem, OrderItemDemand
from orders.services.stock_sync import lock_order


class LinesLocked(DomainError):
    """The order is closed: its lines are what was sold."""

    code = "lines_locked"

    def __init__(self, order: Order) -> None:
        super().__init__(
            _("Order %(number)s is closed (%(status)s), its lines can't be changed. Reopen it first.")
            % {"number": order.number, "status": order.status}
        )


def refuse_if_closed(item: OrderItem) -> None:
    """Lock the line's order and raise LinesLocked when it is sold."""
    order = lock_order(item.order)
    if order.status.stage is Stage.SOLD:
        raise LinesLocked(order)


def let_go(item: OrderItem) -> None:
    """The line is about to be deleted: what it asked of the stock is cancelled and stays as history of the stock."""
    refuse_if_closed(item)
    links = OrderItemDemand.objects.filter(item=item).select_related("demand")
    cancel_demands([link.demand for link in links if link.demand.cancelled_at is None])
    links.delete()
