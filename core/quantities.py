"""Quantities, money and stock values: one set of sizes, one rounding (half up, as PostgreSQL's numeric rounds).

Quantity: base units (stems, pieces, metres), 3 decimals. Money: the shop's currency, 2 decimals. Value and cost: the
shop's currency, 4 decimals, carried as totals so that nothing is lost in a unit price.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models

QUANTITY_STEP, MONEY_STEP, VALUE_STEP = Decimal("0.001"), Decimal("0.01"), Decimal("0.0001")

# NaN passes a lower bound in PostgreSQL, so every column has an upper bound too.
MAX_QUANTITY = Decimal(99999999999)
MAX_MONEY = Decimal(999999999999)
MAX_VALUE = Decimal(99999999999999)


def round_quantity(value: Decimal) -> Decimal:
    """To 3 decimals, half away from zero."""
    return value.quantize(QUANTITY_STEP, ROUND_HALF_UP)


def round_money(value: Decimal) -> Decimal:
    """To 2 decimals, half away from zero."""
    return value.quantize(MONEY_STEP, ROUND_HALF_UP)


def round_value(value: Decimal) -> Decimal:
    """To 4 decimals, half away from zero."""
    return value.quantize(VALUE_STEP, ROUND_HALF_UP)


class QuantityField(models.DecimalField[Any, Any]):
    """Base units, 3 decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class MoneyField(models.DecimalField[Any, Any]):
    """The shop's currency, 2 decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 14)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


class ValueField(models.DecimalField[Any, Any]):
    """A stock value or cost in the shop's currency, 4 decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(*args, **kwargs)


def bounded(field: str, name: str, low: Decimal | int, high: Decimal) -> models.CheckConstraint:
    """A CHECK that keeps `field` between `low` and `high`, both included; NaN and infinity fall outside."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__gte": low, f"{field}__lte": high}), name=name)
