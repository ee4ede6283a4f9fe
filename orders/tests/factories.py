"""Orders for tests."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from orders.models import Order, OrderStatus
from orders.services.placing import LineInput, OrderInput, place_order
from products.models import Product, ProductKit


def today() -> date:
    return timezone.localdate()


def status(code: str) -> OrderStatus:
    return OrderStatus.objects.get(code=code)


def lines(*wanted: tuple[Product | ProductKit, str] | tuple[Product | ProductKit, str, str]) -> list[LineInput]:
    made = []
    for goods, quantity, *price in wanted:
        kind = "product" if isinstance(goods, Product) else "kit"
        made.append(LineInput(**{kind: goods}, quantity=Decimal(quantity), price=Decimal(price[0]) if price else None))
    return made


def order(*wanted: Any, **fields: Any) -> Order:
    """A draft order of (product or bouquet, quantity[, price]) lines, due today."""
    fields.setdefault("due_on", today())
    return place_order(OrderInput(lines=lines(*wanted), **fields))
