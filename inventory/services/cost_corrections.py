"""The invoice says something else than was entered: what goods of a receipt cost is corrected, wherever they are by now.

What is left is worth more or less from now on, what was sold cost more or less; what became bouquets, other products or
goods of another warehouse passes the difference on. Quantities stay. The ledger is told today.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.idempotency import once
from core.quantities import MAX_VALUE, round_value
from core.series import next_number
from inventory import engine
from inventory.models import CostCorrection, ReceiptLine, StockBatch
from inventory.services.periods import closed_upto, hold_periods


class CorrectionRefused(DomainError):
    """There is nothing to correct, or it may not be corrected any more."""

    code = "correction_refused"


def correct_cost(
    line: ReceiptLine,
    *,
    cost: Decimal,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> CostCorrection:
    """Correct what all goods of a receipt line cost, without their freight: money, 4 decimals. Posted now unless `at`.

    Raises BadInput for a cost that can't be meant, CorrectionRefused when it is the cost already or the receipt was
    posted in a period that is closed.
    """
    at = at or timezone.now()
    _check(cost, line)

    def post() -> CostCorrection:
        hold_periods()
        _refuse_closed(line)
        # One batch is made of a line, and neither its key nor the line's freight ever change.
        batch = StockBatch.objects.get(receipt_line=line)
        number = next_number("inventory_costcorrection_id_seq")
        difference = engine.recost(number, batch.pk, cost + line.freight, by=by and by.pk, at=at)
        if difference == 0:
            raise CorrectionRefused(
                _("The goods are entered at this cost already. Enter the sum that the invoice says."), field="cost"
            )
        return CostCorrection.objects.create(
            pk=number, line=line, cost_before=cost - difference, cost=cost, difference=difference, by=by,
            comment=comment, posted_at=at,
        )  # fmt: skip

    with transaction.atomic():
        return once(scope="cost_correction", key=key, payload=[line.pk, cost], do=post, model=CostCorrection)


def _check(cost: Decimal, line: ReceiptLine) -> None:
    if cost.is_finite() and cost < 0:
        raise BadInput(
            _("Goods never cost less than nothing. Enter what the invoice says, or zero for a gift."), field="cost"
        )
    if not cost.is_finite() or cost != round_value(cost) or cost + line.freight > MAX_VALUE:
        raise BadInput(_("A cost is a number from zero up with at most 4 decimals. Correct the sum."), field="cost")


def _refuse_closed(line: ReceiptLine) -> None:
    """What was sold of goods that came after the closed days was sold after them too, so their figures stay."""
    closed = closed_upto()
    if closed is not None and timezone.localdate(line.receipt.posted_at) <= closed:
        raise CorrectionRefused(
            _("%(receipt)s was posted in a period that is closed, up to %(day)s. Have the period opened first.")
            % {"receipt": line.receipt, "day": date_format(closed)}
        )
