"""Prices that are corrected after the sale, by a credit or debit note."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, StaleForm
from core.idempotency import once
from core.quantities import MAX_MONEY, round_money
from orders.domain.lifecycle import Stage
from orders.models import EventKind, Order, PriceNote
from orders.services.history import note
from orders.services.lifecycle import WrongStatus
from orders.services.stock_sync import lock_order


def correct_price(
    order: Order,
    *,
    total: Decimal,
    seen: Decimal,
    reason: str,
    by: Any = None,
    key: UUID | None = None,
    at: datetime | None = None,
) -> PriceNote:
    """Let a completed order cost `total` instead of `seen`, the total the person saw (money), now unless `at` is given.

    The note says the difference and why; goods, sales and ledger stay as they are. The same `key` makes one note.
    Raises WrongStatus for an order that is not completed, StaleForm when it costs something else meanwhile, BadInput.
    """
    at = at or timezone.now()
    reason = reason.strip()
    if not total.is_finite() or not 0 <= total <= MAX_MONEY or total != round_money(total):
        raise BadInput(_("A total is a number from zero up with at most 2 decimals. Correct it."), field="total")
    if not reason:
        raise BadInput(_("Write why the price is corrected: the buyer and the books will ask."), field="reason")

    def post() -> PriceNote:
        stored = lock_order(order)
        if stored.status.stage is not Stage.SOLD:
            raise WrongStatus(
                _("Order %(number)s is not completed (%(status)s): change the prices of its lines instead.")
                % {"number": stored.number, "status": stored.status}
            )
        if stored.total != seen:
            raise StaleForm(
                _("Somebody changed order %(number)s meanwhile. Look at it as it is now and decide again.")
                % {"number": stored.number}
            )
        if total == stored.total:
            raise BadInput(_("That is what the order costs already. Enter another total."), field="total")
        amount = total - stored.total
        correction = PriceNote.objects.create(order=stored, amount=amount, reason=reason, by=by, posted_at=at)
        Order.objects.filter(pk=stored.pk).update(
            corrections=F("corrections") + amount, total=total, version=F("version") + 1
        )
        note(stored, EventKind.PRICE_CORRECTED, by=by, at=at, amount=str(amount), reason=reason)
        return correction

    with transaction.atomic():
        return once(scope="price_note", key=key, payload=[order.pk, total, reason], do=post, model=PriceNote)
