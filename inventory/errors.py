"""Refusals of the stock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.numbers import format_decimal


@dataclass(frozen=True)
class Missing:
    """One product that there is not enough of: base units asked for and free to take."""

    product: str
    warehouse: str
    asked: Decimal
    free: Decimal


class InsufficientStock(DomainError):
    """There is less than was asked. `missing` names every product with what was asked and what is free."""

    code = "insufficient_stock"

    def __init__(self, missing: Sequence[Missing]) -> None:
        from core.templatetags.florist import quantity

        self.missing = list(missing)
        lines = [
            _("%(product)s: asked %(asked)s, free %(free)s (%(warehouse)s)")
            % {
                "product": item.product,
                "asked": quantity(item.asked),
                "free": quantity(item.free),
                "warehouse": item.warehouse,
            }
            for item in missing
        ]
        super().__init__(
            _("Not enough in stock. %(lines)s. Enter a receipt, take another product or change the quantity.")
            % {"lines": "; ".join(str(line) for line in lines)},
            data={"missing": [asdict(item) for item in missing]},
        )


class ReservationRefused(DomainError):
    """The reservation can't hold this."""

    code = "reservation_refused"


class DemandClosed(DomainError):
    """What is to be sold is not asked for: the demand is cancelled, sold, or of other goods."""

    code = "demand_closed"


class TooMuchShort(DomainError):
    """More would be sold before it is entered than the warehouse allows, or for longer."""

    code = "too_much_short"


class InsufficientBatch(DomainError):
    """The named batch holds less than was asked, base units."""

    code = "insufficient_batch"

    def __init__(self, asked: Decimal, free: Decimal) -> None:
        from core.templatetags.florist import quantity

        super().__init__(
            _("This batch holds %(free)s, asked were %(asked)s. Take less, or another batch.")
            % {"free": quantity(free), "asked": quantity(asked)},
            data={"asked": asked, "free": free},
        )


class StockInconsistent(DomainError):
    """Batches and stock row disagree: nothing is written until a person has looked (check_stock)."""

    code = "stock_inconsistent"

    def __init__(self, stock: str) -> None:
        super().__init__(
            _("The stock of %(stock)s does not add up. Nothing was saved; run check_stock and tell your administrator.")
            % {"stock": stock}
        )


class PeriodClosed(DomainError):
    """What is to be posted is dated in a closed period."""

    code = "period_closed"

    def __init__(self, upto: date) -> None:
        super().__init__(
            _("Everything up to %(day)s is closed. Nothing was saved: choose a later date, or have the period opened.")
            % {"day": date_format(upto)},
            data={"upto": upto},
        )


class TooExactPacks(BadInput):
    """Packs and their size make more decimals of a base unit than are kept."""

    def __init__(self, packs: Decimal, unit: object, made: Decimal) -> None:
        super().__init__(
            _("%(packs)s of “%(unit)s” make %(made)s: more than 3 decimals are not kept. Correct the quantity.")
            % {"packs": format_decimal(packs), "unit": unit, "made": format_decimal(made)},
            field="quantity",
        )
