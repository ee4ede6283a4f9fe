"""Reading orders for the board: a column per status, the most urgent cards first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Prefetch, Sum, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from orders.domain.lifecycle import Category
from orders.models import OrderItem, OrderStatus
from orders.selectors.lists import END_OF_DAY, Row, View, first_of, of_view, rows_of

CARDS = 30


@dataclass
class Card:
    """One order on the board. `onward` and `back` are the neighbouring columns, for the keys."""

    row: Row
    onward: OrderStatus | None
    back: OrderStatus | None
    refusal: str = ""


@dataclass
class Column:
    """The orders of one status. A column of ended orders shows its figures only."""

    status: OrderStatus
    count: int
    total: Decimal
    cards: list[Card] = field(default_factory=list)

    @property
    def more(self) -> int:
        """How many orders have no card."""
        return max(self.count - CARDS, 0) if not self.status.is_end else 0


def board(*, view: View, now: datetime, statuses: Sequence[OrderStatus]) -> list[Column]:
    """The columns of a view in the order of the work, a shop's own statuses within their category. A fixed number of
    statements."""
    orders = of_view(view, now, statuses)
    figures = {
        row["status"]: (row["count"], row["money"])
        for row in orders.order_by().values("status").annotate(count=Count("pk"), money=Sum("total"))
    }
    columns = [Column(status, *figures.get(status.pk, (0, Decimal(0)))) for status in in_order_of_work(statuses)]
    shown = (
        orders.filter(status__in=[status.pk for status in statuses if not status.is_end])
        .annotate(starts=Coalesce("due_from", Value(END_OF_DAY)))
        .annotate(
            place=Window(RowNumber(), partition_by=F("status"), order_by=[F("due_on"), F("starts"), F("pk")]),
        )
        .filter(place__lte=CARDS)
        .select_related("status", "recipient", "buyer")
        .prefetch_related(Prefetch("items", OrderItem.objects.select_related("product", "kit")))
        .order_by("due_on", "starts", "pk")
    )
    by_status = {column.status.pk: column for column in columns}
    for row in rows_of(list(shown), now, first_of(statuses)):
        by_status[row.order.status_id].cards.append(card_of(row, statuses))
    return columns


def card_of(row: Row, statuses: Sequence[OrderStatus]) -> Card:
    """A row with its neighbouring columns. The keys cancel nothing: that asks for a look at the order."""
    way = [status for status in in_order_of_work(statuses) if not status.is_negative_end]
    place = next((number for number, status in enumerate(way) if status.pk == row.order.status_id), None)
    if place is None or row.order.status.is_end:
        return Card(row, None, None)
    return Card(row, way[place + 1] if place + 1 < len(way) else None, way[place - 1] if place else None)


def in_order_of_work(statuses: Sequence[OrderStatus]) -> list[OrderStatus]:
    """Statuses by category, within it as the shop has put them."""
    categories = list(Category)
    return sorted(
        statuses, key=lambda status: (categories.index(Category(status.category)), status.position, status.pk)
    )
