"""Counting goods while selling goes on.

A count remembers the number of the stock's last ledger row, its watermark. When it is applied, what is posted is the
counted quantity minus what the ledger had at the watermark: sales in between stay right. Clocks play no part.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, DomainError
from core.idempotency import once
from core.quantities import MAX_QUANTITY, round_quantity, round_value
from core.templatetags.florist import quantity as shown
from inventory import engine
from inventory.models import (
    CountLine,
    MovementKind,
    SourceKind,
    Stock,
    StockTake,
    StockTakeScope,
    StockTakeState,
    Warehouse,
)
from inventory.selectors.costs import last_costs
from inventory.selectors.stock_takes import balances_at, last_batches
from inventory.services.places import hold_live_warehouses, refuse_deleted_products
from inventory.services.reservations import give_way, reserve_waiting
from inventory.services.stocks import ensure_stocks, lock_stocks
from products.models import Product, ProductCategory


class StockTakeClosed(DomainError):
    """The stock-take is applied or cancelled."""

    code = "stock_take_closed"


class CountRefused(DomainError):
    """The count does not fit to what was counted or sold before."""

    code = "count_refused"


class AlreadyCounted(CountRefused):
    """Somebody counted these goods before: it has to be said whether this is more of them or the whole anew."""

    code = "already_counted"


class CountedAgain(models.TextChoices):
    """What a second count of the same goods means."""

    ADD = "add", _("these are more of them")
    REPLACE = "replace", _("this is all of them, counted anew")


def open_stock_take(
    *,
    warehouse: Warehouse,
    scope: str = StockTakeScope.ALL,
    category: ProductCategory | None = None,
    by: Any = None,
    key: UUID | None = None,
    comment: str = "",
    at: datetime | None = None,
) -> StockTake:
    """Begin to count, now unless `at` is given. Raises BadInput: a category without its scope or the other way round."""
    if scope not in StockTakeScope.values:
        raise BadInput(_("Choose what is to be counted."), field="scope")
    if (scope == StockTakeScope.CATEGORY) != (category is not None):
        raise BadInput(_("Choose the category that is to be counted, or count everything."), field="category")

    def post() -> StockTake:
        hold_live_warehouses([warehouse])
        return StockTake.objects.create(
            warehouse=warehouse, scope=scope, category=category, by=by, comment=comment, posted_at=at or timezone.now()
        )

    payload = [warehouse.pk, scope, category and category.pk]
    with transaction.atomic():
        return once(scope="stock_take", key=key, payload=payload, do=post, model=StockTake)


def count(
    stock_take: StockTake,
    *,
    product: Product,
    quantity: Decimal,
    again: str | None = None,
    watermark: int | None = None,
    by: Any = None,
    key: UUID | None = None,
    at: datetime | None = None,
) -> CountLine:
    """Write down that `quantity` base units of a product are there, zero included.

    `watermark` is `Stock.version` as it was when the person counted, now without it. Who counts goods that were counted
    before says what that means (`again`). Raises StockTakeClosed, AlreadyCounted without `again`, CountRefused when the
    goods are counted in another stock-take or moved between two counts that are to be added, BadInput.
    """
    at = at or timezone.now()
    _check_counted(quantity)
    if again is not None and again not in CountedAgain.values:
        raise BadInput(_("Say whether these are more goods or all of them counted anew."), field="again")

    def post() -> CountLine:
        take = _open(stock_take)
        [stock_id] = ensure_stocks([(product.pk, take.warehouse_id)]).values()
        stock = lock_stocks([stock_id])[stock_id]
        mark = stock.version if watermark is None else watermark
        if not 0 <= mark <= stock.version:
            raise BadInput(_("This count is of goods as they never were. Open the page anew and count again."))
        line = CountLine.objects.filter(stock=stock, is_open=True).select_related("stock_take", "by").first()
        if line is None:
            return CountLine.objects.create(
                stock_take=take, stock=stock, counted=quantity, watermark=mark, by=by, counted_at=at
            )
        if line.stock_take_id != take.pk:
            raise CountRefused(
                _("%(product)s is being counted in %(stock_take)s. Apply or cancel that one first.")
                % {"product": product, "stock_take": line.stock_take}
            )
        if again is None:
            raise AlreadyCounted(
                _("%(product)s was counted already: %(counted)s. Say whether yours are more of them or all of them.")
                % {"product": product, "counted": shown(line.counted)},
                data={"counted": line.counted, "by": line.by_id},
            )
        total = quantity
        if again == CountedAgain.ADD:
            before, now = (balances_at([(stock_id, seq)])[stock_id] for seq in (line.watermark, mark))
            if before != now:
                # From which shelf they went nobody knows: the sum could be of no moment at all.
                raise CountRefused(
                    _("%(product)s was sold or moved since the first count. Count all of it anew.")
                    % {"product": product}
                )
            total += line.counted
            _check_counted(total)
        line.counted, line.watermark, line.by, line.counted_at = total, mark, by, at
        line.save(update_fields=["counted", "watermark", "by", "counted_at"])
        return line

    payload = [stock_take.pk, product.pk, quantity, again, watermark]
    with transaction.atomic():
        return once(scope="count", key=key, payload=payload, do=post, model=CountLine)


def forget_count(line: CountLine) -> None:
    """Take a count back, as if it had not been counted. Raises StockTakeClosed."""
    with transaction.atomic():
        _open(line.stock_take)
        CountLine.objects.filter(pk=line.pk).delete()


def apply_stock_take(stock_take: StockTake, *, by: Any = None, at: datetime | None = None) -> StockTake:
    """Post all differences in one transaction, now unless `at` is given: surpluses as batches that cost and wilt like
    the last goods, shortfalls from the goods that are first, promised or not. What was not counted stays as it is.

    An applied stock-take stays as it is. Raises StockTakeClosed for a cancelled one, CountRefused when nothing was
    counted or more of a product is missing than is left of it.
    """
    at = at or timezone.now()
    with transaction.atomic():
        take = _locked(stock_take)
        if take.state == StockTakeState.APPLIED:
            return take
        _refuse_closed(take)
        lines = list(take.lines.select_related("stock__product").order_by("stock_id"))
        if not lines:
            raise CountRefused(_("Nothing was counted yet. Count, or cancel the stock-take."))
        hold_live_warehouses([take.warehouse])
        stocks = lock_stocks(line.stock_id for line in lines)
        balances = balances_at([(line.stock_id, line.watermark) for line in lines])
        for line in lines:
            line.difference, line.cost, line.is_open = line.counted - balances[line.stock_id], Decimal(0), False
        more = [line for line in lines if line.difference > 0]
        less = [line for line in lines if line.difference < 0]
        refuse_deleted_products(line.stock.product for line in more)
        _refuse_missing_beyond(less, stocks)
        take.lost = give_way({line.stock_id: -line.difference for line in less}, at=at)
        _post_shortfalls(less, by=by, at=at)
        _post_surpluses(more, by=by, at=at)
        CountLine.objects.bulk_update(lines, ["difference", "cost", "is_open"])
        _close(take, StockTakeState.APPLIED, by=by, at=at)
        reserve_waiting([line.stock_id for line in more], on=timezone.localdate(at), at=at)
        return take


def cancel_stock_take(stock_take: StockTake, *, by: Any = None, at: datetime | None = None) -> StockTake:
    """Give a stock-take up: nothing is posted. A cancelled one stays as it is. Raises StockTakeClosed."""
    with transaction.atomic():
        take = _locked(stock_take)
        if take.state == StockTakeState.CANCELLED:
            return take
        _refuse_closed(take)
        take.lines.update(is_open=False)
        _close(take, StockTakeState.CANCELLED, by=by, at=at or timezone.now())
        return take


def _post_shortfalls(lines: Sequence[CountLine], *, by: Any, at: datetime) -> None:
    if not lines:
        return
    issued = engine.issue(
        MovementKind.COUNT_SHORTFALL,
        SourceKind.COUNT_LINE,
        [engine.IssueRow(line.pk, line.stock_id, -line.difference) for line in lines],
        by=by and by.pk,
        at=at,
    )
    for line in lines:
        line.cost = -issued[line.pk].cost


def _post_surpluses(lines: Sequence[CountLine], *, by: Any, at: datetime) -> None:
    if not lines:
        return
    last = last_batches([line.stock_id for line in lines])
    elsewhere = last_costs([line.stock.product_id for line in lines if line.stock_id not in last])
    rows = []
    for line in lines:
        batch = last.get(line.stock_id)
        unit_cost = batch.unit_cost if batch else elsewhere.get(line.stock.product_id, Decimal(0))
        quantity = line.difference or Decimal(0)
        line.cost = round_value(quantity * unit_cost)
        rows.append(
            engine.ReceiveRow(
                line.pk, line.stock_id, quantity, line.cost, batch.received_at if batch else at,
                batch.expires_on if batch else None,
            )
        )  # fmt: skip
    engine.receive(MovementKind.COUNT_SURPLUS, SourceKind.COUNT_LINE, rows, by=by and by.pk, at=at)


def _refuse_missing_beyond(lines: Sequence[CountLine], stocks: Mapping[int, Stock]) -> None:
    """Goods that were counted and then sold can't be missing as well: the count was wrong."""
    wrong = [line for line in lines if -line.difference > stocks[line.stock_id].quantity]
    if wrong:
        raise CountRefused(
            _("Of %(products)s more was sold since than was counted. Count it again, then apply.")
            % {"products": ", ".join(str(line.stock.product) for line in wrong)},
            data={"lines": [line.pk for line in wrong]},
        )


def _check_counted(quantity: Decimal) -> None:
    if not quantity.is_finite() or not 0 <= quantity <= MAX_QUANTITY or quantity != round_quantity(quantity):
        raise BadInput(
            _("What was counted is a number from zero up with at most 3 decimals. Correct the quantity."),
            field="quantity",
        )


def _locked(stock_take: StockTake) -> StockTake:
    return StockTake.objects.select_for_update(of=("self",), no_key=True).get(pk=stock_take.pk)


def _open(stock_take: StockTake) -> StockTake:
    """The stock-take as it is now, locked: who counts waits for who applies and is then refused."""
    take = _locked(stock_take)
    _refuse_closed(take)
    return take


def _refuse_closed(take: StockTake) -> None:
    if take.state != StockTakeState.OPEN:
        raise StockTakeClosed(
            _("%(stock_take)s is closed: %(state)s. Open a new one.")
            % {"stock_take": take, "state": take.get_state_display()}
        )


def _close(take: StockTake, state: StockTakeState, *, by: Any, at: datetime) -> None:
    take.state, take.closed_at, take.closed_by = state, at, by
    take.save(update_fields=["state", "closed_at", "closed_by"])
