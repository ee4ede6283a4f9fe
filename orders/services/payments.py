"""Money for orders."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.idempotency import once
from core.quantities import MAX_MONEY, round_money
from orders.models import EventKind, Order, Payment, PaymentMethod
from orders.services.history import note
from orders.services.stock_sync import lock_order


def record_payment(
    order: Order,
    *,
    amount: Decimal,
    method: str,
    by: Any = None,
    key: UUID | None = None,
    at: datetime | None = None,
) -> Payment:
    """Write down money received for an order, now unless `at` is given. The same `key` makes one payment.

    Raises BadInput.
    """
    at = at or timezone.now()
    if not amount.is_finite() or amount <= 0 or amount > MAX_MONEY or amount != round_money(amount):
        raise BadInput(
            _("A payment is a number above zero with at most 2 decimals. Correct the amount."), field="amount"
        )
    if method not in PaymentMethod.values:
        raise BadInput(_("Choose how the money came."), field="method")

    def pay() -> Payment:
        stored = lock_order(order)
        payment = Payment.objects.create(order=stored, amount=amount, method=method, by=by, paid_at=at)
        paid = stored.payments.aggregate(total=Sum("amount"))["total"]
        if paid > MAX_MONEY:
            raise BadInput(_("The payments are too large to be meant. Correct the amount."), field="amount")
        Order.objects.filter(pk=stored.pk).update(paid=paid)
        note(stored, EventKind.PAYMENT, by=by, at=at, amount=str(amount), method=method)
        return payment

    with transaction.atomic():
        return once(scope="payment", key=key, payload=[order.pk, amount, method], do=pay, model=Payment)
