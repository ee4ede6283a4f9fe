"""What goods cost: last time, now, and when they were sold. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from core.quantities import round_value
from inventory.domain.fifo import Batch, plan_issue
from inventory.models import IssueOrder, ReceiptLine, Sale, StockBatch
from products.stock_figures import Cost


def last_costs(product_ids: Sequence[int]) -> dict[int, Decimal]:
    """Product → what a base unit of the latest receipt costs (4 decimals), with its freight and as corrected since."""
    rows = ReceiptLine.objects.filter(product__in=product_ids).order_by("product", "-pk").distinct("product")
    return dict(rows.values_list("product", "batches__unit_cost"))


def last_prices(product_ids: Sequence[int]) -> dict[int, Decimal]:
    """Product → what the supplier took for a base unit of the latest receipt (4 decimals): without freight."""
    rows = ReceiptLine.objects.filter(product__in=product_ids).order_by("product", "-pk").distinct("product")
    facts = rows.values_list("product", "batches__total_cost", "freight", "quantity")
    return {product: round_value((total - freight) / quantity) for product, total, freight, quantity in facts}


@dataclass(frozen=True)
class CostsNow:
    """What goods would cost if they were sold now: by the same rule as a sale.

    A sale takes from one warehouse; here all live ones stand in one queue, because nobody has said yet from where. What
    wilts first gives first where every warehouse that has the product does it so (`wilting_first`), else the oldest.
    """

    queues: dict[int, list[Batch]]
    last: dict[int, Decimal]
    wilting_first: set[int]

    def of(self, product_id: int, quantity: Decimal) -> Cost | None:
        """The cost of `quantity` base units. What is not there costs what the last receipt did; None without one."""
        queue = self.queues.get(product_id, ())
        plan = plan_issue(queue, [quantity], wilting_first=product_id in self.wilting_first)
        value = sum((take.cost for take in plan.takes), Decimal(0))
        missing = plan.uncovered.get(0, Decimal(0))
        if not missing:
            return Cost(value)
        if product_id not in self.last:
            return None
        return Cost(value + round_value(missing * self.last[product_id]), missing)


def costs_now(product_ids: Sequence[int]) -> CostsNow:
    """What these products would cost now: two statements."""
    queues: dict[int, list[Batch]] = {}
    by_age: set[int] = set()
    rows = StockBatch.objects.filter(
        stock__product__in=product_ids, stock__warehouse__is_deleted=False, is_open=True
    ).values_list(
        "stock__product", "stock__warehouse__issue_order", "received_at", "pk", "remaining", "remaining_value", "expires_on"
    )  # fmt: skip
    for product, order, received_at, key, remaining, value, expires_on in rows:
        queues.setdefault(product, []).append(Batch(received_at.timestamp(), key, remaining, value, expires_on))
        if order == IssueOrder.FIFO:
            by_age.add(product)
    return CostsNow(queues, last_costs(product_ids), set(queues) - by_age)


def cost_of_sales(**condition: Any) -> Decimal:
    """What live sales cost the shop, net of returns, 4 decimals."""
    total = Sale.objects.filter(reversed_at__isnull=True, **condition).aggregate(
        cost=Sum("cost"), back=Sum("returned_cost")
    )
    return (total["cost"] or Decimal(0)) - (total["back"] or Decimal(0))
