"""Selling, reversing: the one place that makes a sale and writes it off, first in, first out, exactly once.

What makes twice impossible stands in docs/DOUBLE_SALE_FIX.md: the stock row as lock, one live sale per demand and one
ledger row per source by unique constraints, and this module as the only writer.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.idempotency import once
from core.quantities import MAX_MONEY, round_money
from core.series import next_number
from core.templatetags.florist import quantity as shown
from inventory import engine
from inventory.domain.owing import Limit, Limits, Owed, limit_in_the_way
from inventory.errors import DemandClosed, TooMuchShort
from inventory.models import (
    MovementKind,
    Reservation,
    Sale,
    SaleAllocation,
    Shortage,
    SourceKind,
    Stock,
    StockDemand,
    Warehouse,
)
from inventory.services.places import refuse_deleted_products
from inventory.services.reservations import give_way, release
from inventory.services.stocks import (
    checked_quantity,
    ensure_stocks,
    lock_stocks,
    lock_stocks_of_demands,
    lock_stocks_of_sales,
)
from products.models import Product


class SaleProcessor:
    """Static methods; nothing is kept between calls."""

    @staticmethod
    def create_sale(
        *,
        product: Product,
        warehouse: Warehouse,
        quantity: Decimal,
        sale_price: Decimal,
        demand: StockDemand | None = None,
        sold_at: datetime | None = None,
        by: Any = None,
        key: UUID | None = None,
    ) -> Sale:
        """Sell `quantity` base units at `sale_price` each and write them off.

        Where the warehouse sells before entry, what is there goes first, promised or not, and the rest becomes a
        shortage. Made with `processed=True`, so the receiver for unprocessed sales stays out of the way. Raises
        InsufficientStock, TooMuchShort, BadInput, DemandClosed for a demand that is closed or asks for something else.
        """
        sold_at = sold_at or timezone.now()
        checked_quantity(quantity)
        amount = _checked_amount(quantity * sale_price)

        def make() -> Sale:
            if demand is None:  # an open demand keeps its product from being deleted
                refuse_deleted_products([product])
            place, stock = _hold(product.pk, warehouse.pk)
            _refuse_other_goods(demand, product=product.pk, warehouse=warehouse.pk, quantity=quantity)
            sale_id = next_number("inventory_sale_id_seq")
            cost = _write_off(sale_id, place, stock, quantity=quantity, demand=demand, at=sold_at, by=by and by.pk)
            sale = Sale.objects.create(
                pk=sale_id, product=product, warehouse=warehouse, quantity=quantity, amount=amount, cost=cost,
                demand=demand, processed=True, sold_at=sold_at, by=by,
            )  # fmt: skip
            _use_up(demand, sold_at)
            return sale

        payload = [product.pk, warehouse.pk, quantity, sale_price, demand and demand.pk]
        with transaction.atomic():
            return once(scope="sale", key=key, payload=payload, do=make, model=Sale)

    @staticmethod
    def sell(demands: Iterable[StockDemand], *, amounts: Sequence[Decimal] | None = None, by: Any = None) -> list[Sale]:
        """Sell what `demands` asked for and hold; `amounts` is money per demand (the product's price without it).

        A second call answers with the same live sales. Raises InsufficientStock for all lacking products at once,
        DemandClosed for a cancelled demand.
        """
        demands = list(demands)
        if amounts is None:
            amounts = [round_money(demand.quantity * demand.product.sale_price) for demand in demands]
        with transaction.atomic():
            ensure_stocks((demand.product_id, demand.warehouse_id) for demand in demands)
            sold = sell_demands([demand.pk for demand in demands], amounts, by=by)
        return list(Sale.objects.filter(pk__in=[item.sale_id for item in sold]).order_by("pk"))

    @staticmethod
    def reverse(sales: Iterable[Sale], *, by: Any = None, at: datetime | None = None) -> list[Sale]:
        """Undo sales exactly: every base unit back to its batch at its cost, the demand open again.

        Never refused for lack of stock; a sale that is reversed already stays as it is. Selling again makes new sales.
        Answers with the sales reversed by this call.
        """
        keys = sorted(sale.pk for sale in sales)
        at = at or timezone.now()
        with transaction.atomic():
            lock_stocks_of_sales(keys)
            live = {
                sale.pk: sale
                for sale in Sale.objects.select_for_update(of=("self",), no_key=True)
                .filter(pk__in=keys, reversed_at__isnull=True)
                .order_by("pk")
            }
            if not live:
                return []
            rows = _outstanding_rows(live)
            if rows:
                engine.put_back(MovementKind.REVERSAL, SourceKind.SALE, rows, by=by and by.pk, at=at)
            Sale.objects.filter(pk__in=live).update(reversed_at=at, returned=F("quantity"), returned_cost=F("cost"))
            StockDemand.objects.filter(sales__in=live, cancelled_at__isnull=True).update(is_open=True)
        return list(live.values())

    @staticmethod
    def process(sale: Sale) -> Sale:
        """Write off a sale that was saved elsewhere with `processed=False`, by the rules of `create_sale`; a processed one
        stays as it is.

        Raises InsufficientStock, TooMuchShort, DemandClosed; the caller's transaction then leaves no sale behind.
        """
        with transaction.atomic():
            # What was sold from where never changes, so it may be read before the lock.
            place, stock = _hold(sale.product_id, sale.warehouse_id)
            stored = Sale.objects.select_for_update(of=("self",), no_key=True).get(pk=sale.pk)
            if stored.processed:
                return stored
            checked_quantity(stored.quantity)
            _refuse_other_goods(
                stored.demand, product=stored.product_id, warehouse=stored.warehouse_id, quantity=stored.quantity
            )
            cost = _write_off(
                stored.pk,
                place,
                stock,
                quantity=stored.quantity,
                demand=stored.demand,
                at=stored.sold_at,
                by=stored.by_id,
            )
            Sale.objects.filter(pk=stored.pk).update(cost=cost, processed=True)
            _use_up(stored.demand, stored.sold_at)
        sale.cost, sale.processed = cost, True
        return sale


def sell_demands(
    demand_ids: Sequence[int], amounts: Sequence[Decimal], *, by: Any = None, at: datetime | None = None
) -> list[engine.Sold]:
    """`SaleProcessor.sell` for a service that is in a transaction of its own: keys in, no rows read.

    They are sold now unless `at` is given. Where their warehouse sells before entry, what is there goes first, promised
    or not, and the rest becomes a shortage; TooMuchShort says what is beyond which of the warehouse's limits. A
    refusal breaks the caller's transaction.
    """
    at = at or timezone.now()
    sold: list[engine.Sold] = []
    given = dict(zip(demand_ids, amounts, strict=True))
    policies = _by_policy(given)
    if len(policies) > 1:
        lock_stocks_of_demands(given)  # all of them in the order of keys, before any is sold
    for allow_short, keys in policies.items():
        if allow_short:
            _make_way(keys, at=at)
        sold += engine.sell(keys, [given[key] for key in keys], by=by and by.pk, at=at, allow_short=allow_short)
    return sold


def _by_policy(demand_ids: Iterable[int]) -> dict[bool, list[int]]:
    """Demands by whether their warehouse sells before entry. Such a warehouse is held as it is until the transaction
    ends: who forbids it waits, and then finds what is owed."""
    keys = list(demand_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from inventory_warehouse where allow_short"
            " and id in (select warehouse_id from inventory_stockdemand where id = any (%s)) order by id for share",
            [keys],
        )
        allowing = {key for (key,) in cursor.fetchall()}
    if not allowing:
        return {False: keys}
    free = set(StockDemand.objects.filter(pk__in=keys, warehouse__in=allowing).values_list("pk", flat=True))
    groups = {False: [key for key in keys if key not in free], True: [key for key in keys if key in free]}
    return {allow: found for allow, found in groups.items() if found}


def _make_way(demand_ids: Sequence[int], *, at: datetime) -> None:
    """Free what is there for these demands. Raises TooMuchShort."""
    stocks = {(row.product_id, row.warehouse_id): row for row in lock_stocks_of_demands(demand_ids).values()}
    rows = StockDemand.objects.filter(pk__in=demand_ids, is_open=True).select_related("product", "warehouse")
    left = {pair: stock.quantity for pair, stock in stocks.items()}
    needs: dict[int, Decimal] = {}
    short: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in sorted(rows, key=lambda row: demand_ids.index(row.pk)):
        pair = (row.product_id, row.warehouse_id)
        there = min(row.quantity, left[pair])
        left[pair] -= there
        lacking = row.quantity - there
        _refuse_beyond_limit(lacking, row.product, row.warehouse, stocks[pair], also=short[pair], at=at)
        short[pair] += lacking
        needs[stocks[pair].pk] = needs.get(stocks[pair].pk, Decimal(0)) + there
    # Their own promises first: they are about to be kept, and must not give way to themselves.
    release(rows, at=at)
    give_way(needs, at=at)


def _hold_allowing(warehouse: int) -> Warehouse | None:
    """The warehouse if it sells before entry, held as it is until the transaction ends; see `_by_policy`."""
    with connection.cursor() as cursor:
        cursor.execute("select 1 from inventory_warehouse where id = %s and allow_short for share", [warehouse])
        if cursor.fetchone() is None:
            return None
    return Warehouse.all_objects.get(pk=warehouse)


_BEYOND: dict[Limit, Any] = {
    Limit.LINE: _(
        "%(lacking)s of %(product)s are not entered, at most %(limit)s may be sold so. Enter the receipt first."
    ),
    Limit.PRODUCT: _(
        "%(owed)s of %(product)s would be sold without being entered, at most %(in_all)s may be in all. Enter the receipt first."
    ),
    Limit.AGE: _(
        "%(product)s was sold without being entered on %(day)s already, and %(days)s days are the most. Enter its receipt first."
    ),
}


def _refuse_beyond_limit(
    lacking: Decimal, product: Product, warehouse: Warehouse, stock: Stock, *, at: datetime, also: Decimal = Decimal(0)
) -> None:
    """Raises TooMuchShort for what lacks in a held stock; `also` lacks for what is sold with it."""
    oldest = stock.shortages.filter(open__gt=0).order_by("id").first() if lacking > 0 and stock.short > 0 else None
    owed = Owed(stock.short + also, timezone.localdate(oldest.created_at) if oldest else None)
    limits = Limits(warehouse.short_limit, warehouse.short_in_all, warehouse.short_days)
    limit = limit_in_the_way(lacking, owed, limits, on=timezone.localdate(at))
    if limit is not None:
        raise TooMuchShort(
            _BEYOND[limit]
            % {
                "lacking": shown(lacking),
                "product": product,
                "limit": shown(limits.line),
                "owed": shown(owed.quantity + lacking),
                "in_all": shown(limits.product),
                "day": date_format(owed.since) if owed.since else "",
                "days": limits.days,
            }
        )


def _hold(product: int, warehouse: int) -> tuple[Warehouse | None, Stock]:
    """The warehouse, when it sells before entry, and the locked stock row, in the order of levels."""
    place = _hold_allowing(warehouse)
    [stock_id] = ensure_stocks([(product, warehouse)]).values()
    return place, lock_stocks([stock_id])[stock_id]


def _write_off(
    sale_id: int,
    place: Warehouse | None,
    stock: Stock,
    *,
    quantity: Decimal,
    demand: StockDemand | None,
    at: datetime,
    by: int | None,
) -> Decimal:
    """Take the goods of a sale out of a held stock and answer with their cost. Where the warehouse sells before entry
    (`place`), promises give way and what is missing becomes a shortage."""
    if place is not None:
        there = min(quantity, stock.quantity)
        _refuse_beyond_limit(quantity - there, stock.product, place, stock, at=at)
        # Its own promise first: it is about to be kept, and must not give way to itself.
        if demand is not None:
            release([demand], at=at)
        give_way({stock.pk: there}, at=at)
    [issued] = engine.issue(
        MovementKind.SALE,
        SourceKind.SALE,
        [engine.IssueRow(sale_id, stock.pk, quantity, reserved=_own_reservation(demand))],
        by=by,
        at=at,
        allow_short=place is not None,
    ).values()
    return issued.cost


def _checked_amount(amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount < 0 or amount > MAX_MONEY:
        raise BadInput(_("A price is a number from zero up. Correct the price."), field="sale_price")
    return round_money(amount)


def _refuse_other_goods(demand: StockDemand | None, *, product: int, warehouse: int, quantity: Decimal) -> None:
    """A demand is sold whole, once, and by the goods it asks for. Read under the stock lock; raises DemandClosed."""
    if demand is None:
        return
    now = StockDemand.objects.select_related("product", "warehouse").get(pk=demand.pk)
    if (now.product_id, now.warehouse_id, now.quantity) != (product, warehouse, quantity):
        raise DemandClosed(
            _(
                "What was asked for is %(quantity)s × %(product)s, %(warehouse)s. Sell exactly that, or sell without a demand."
            )
            % {"quantity": shown(now.quantity), "product": now.product, "warehouse": now.warehouse}
        )
    if not now.is_open:
        raise DemandClosed(_("What was asked for is sold or cancelled already. Nothing was sold a second time."))


def _own_reservation(demand: StockDemand | None) -> Decimal:
    """What the demand's active reservation holds, read under the stock lock."""
    if demand is None:
        return Decimal(0)
    held = Reservation.objects.filter(demand=demand, is_active=True).values_list("quantity", flat=True).first()
    return held or Decimal(0)


def _use_up(demand: StockDemand | None, at: datetime) -> None:
    """The demand is served: its reservation ended with the goods."""
    if demand is None:
        return
    Reservation.objects.filter(demand=demand, is_active=True).update(is_active=False, ended_at=at)
    StockDemand.objects.filter(pk=demand.pk).update(is_open=False)


def _outstanding_rows(live: dict[int, Sale]) -> list[engine.PutBackRow]:
    """Everything of the sales that has not come back yet, read under the stock locks."""
    allocations = SaleAllocation.objects.filter(sale__in=live, returned__lt=F("quantity")).order_by("pk")
    shortages = Shortage.objects.filter(sale__in=live, open__gt=0).order_by("pk")
    return [
        engine.PutBackRow(row.sale_id, row.quantity - row.returned, allocation_id=row.pk) for row in allocations
    ] + [engine.PutBackRow(row.sale_id, row.open, shortage_id=row.pk) for row in shortages]
