"""Order lines change while the order is open; what was sold stays as it was."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from inventory.services.demands import cancel_demands
from orders.domain.lifecycle import Stage
from orders.models import Order, OrderItem, OrderItemDemand
from orders.services.stock_sync import lock_order, lock_stocks_of_order


class LinesLocked(DomainError):
    """The order is closed: its lines are what was sold."""

    code = "lines_locked"

    def __init__(self, order: Order) -> None:
        super().__init__(
            _("Order %(number)s is closed (%(status)s), its lines can't be changed. Reopen it first.")
            % {"number": order.number, "status": order.status}
        )


class LineMoved(DomainError):
    """A line does not change its order."""

    code = "line_moved"


def refuse_if_closed(item: OrderItem) -> Order:
    """Lock the line's order and answer with it. Raises LinesLocked when it is sold, LineMoved for a line that would
    take what it asked of the stock along to another order."""
    home = OrderItem.objects.filter(pk=item.pk).exclude(order=item.order_id).select_related("order").first()
    if home is not None:
        raise LineMoved(
            _("This line belongs to order %(number)s and stays there. Delete it and add it to the other order.")
            % {"number": home.order.number}
        )
    order = lock_order(item.order)
    if order.status.stage is Stage.SOLD:
        raise LinesLocked(order)
    return order


def let_go(item: OrderItem) -> None:
    """The line is about to be deleted: what it asked of the stock is cancelled and stays as history of the stock."""
    order = refuse_if_closed(item)
    lock_stocks_of_order(order)
    links = OrderItemDemand.objects.filter(item=item).select_related("demand")
    cancel_demands([link.demand for link in links if link.demand.cancelled_at is None])
    links.delete()
