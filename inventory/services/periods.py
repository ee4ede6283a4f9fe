"""Closing the books: what happened up to a day stays as it was told."""

from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.errors import BadInput, DomainError
from inventory.models import PeriodClosing, Shortage, StockMovement, StockTake, StockTakeState


class PeriodNotClosed(DomainError):
    """Something in the period is not finished."""

    code = "period_not_closed"


def closed_upto() -> date | None:
    """The last closed day; None when nothing is closed."""
    rows = PeriodClosing.objects.filter(reopened_at__isnull=True).order_by("-upto")
    return rows.values_list("upto", flat=True).first()


def close_period(*, upto: date, by: Any = None, comment: str = "", at: datetime | None = None) -> PeriodClosing:
    """Close the ledger up to and including the day `upto`.

    Whoever is posting at this moment finishes first. Raises BadInput for today, the future and a day that is closed
    already, PeriodNotClosed while a stock-take or a shortage from that time is open.
    """
    at = at or timezone.now()
    if upto >= timezone.localdate(at):
        raise BadInput(_("Only days that are over can be closed. Choose yesterday or an earlier day."), field="upto")
    with transaction.atomic():
        _wait_for_writers()
        last = closed_upto()
        if last is not None and upto <= last:
            raise BadInput(
                _("Everything up to %(day)s is closed already. Choose a later day.") % {"day": date_format(last)},
                field="upto",
            )
        blockers = _open_in(upto)
        if blockers:
            raise PeriodNotClosed(
                _("The period can't be closed yet: %(blockers)s. Finish that first.")
                % {"blockers": ", ".join(str(each) for each in blockers)}
            )
        last_movement = StockMovement.objects.aggregate(last=Max("pk"))["last"] or 0
        return PeriodClosing.objects.create(
            upto=upto, last_movement=last_movement, by=by, comment=comment, posted_at=at
        )


def reopen_period(closing: PeriodClosing, *, by: Any = None, at: datetime | None = None) -> PeriodClosing:
    """Open a closed period again; one that is open stays as it is. Raises BadInput while a later day is closed."""
    with transaction.atomic():
        stored = PeriodClosing.objects.select_for_update(of=("self",), no_key=True).get(pk=closing.pk)
        if stored.reopened_at is not None:
            return stored
        last = closed_upto()
        if last != stored.upto:
            raise BadInput(
                _("A later period is closed, up to %(day)s. Open that one first.")
                % {"day": date_format(last) if last else ""}
            )
        stored.reopened_at, stored.reopened_by = at or timezone.now(), by
        stored.save(update_fields=["reopened_at", "reopened_by"])
        return stored


def hold_periods() -> None:
    """Nobody closes a period until the caller's transaction ends; for a service that looks at what is closed."""
    with connection.cursor() as cursor:
        cursor.execute("lock table inventory_periodclosing in row share mode")


def _wait_for_writers() -> None:
    """Those who hold the periods or are writing to the ledger finish first, the next ones wait until the caller's
    transaction ends.

    In this order: who holds the periods may still wait for stocks, and whoever has those must get to the ledger.
    """
    with connection.cursor() as cursor:
        cursor.execute("lock table inventory_periodclosing in exclusive mode")
        cursor.execute("lock table inventory_stockmovement in share row exclusive mode")


def open_stock_takes(upto: date) -> QuerySet[StockTake]:
    """Stock-takes begun up to that day that are neither applied nor dropped: they stand against closing it."""
    return StockTake.objects.filter(state=StockTakeState.OPEN, posted_at__date__lte=upto).order_by("pk")


def open_shortages(upto: date) -> QuerySet[Shortage]:
    """Goods sold up to that day that are not entered yet: they stand against closing it."""
    return Shortage.objects.filter(open__gt=0, created_at__date__lte=upto).order_by("pk")


def _open_in(upto: date) -> list[Any]:
    counts, gaps = open_stock_takes(upto).count(), open_shortages(upto).count()
    blockers: list[Any] = []
    if counts:
        blockers.append(
            ngettext_lazy("%(count)d stock-take is open", "%(count)d stock-takes are open", counts) % {"count": counts}
        )
    if gaps:
        blockers.append(
            ngettext_lazy(
                "%(count)d sale of goods that were not entered yet", "%(count)d sales of goods that were not entered yet", gaps
            )
            % {"count": gaps}
        )  # fmt: skip
    return blockers
