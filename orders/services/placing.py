"""Taking an order down and changing it while it may still be changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, StaleForm
from core.idempotency import once
from core.quantities import MAX_MONEY, round_money
from core.templatetags.florist import money as shown
from inventory.models import Warehouse
from inventory.services.stocks import checked_quantity
from orders.domain.lifecycle import Category, Stage
from orders.domain.totals import LineMoney, order_total
from orders.engine import DiscountTooLarge
from orders.models import Contact, EventKind, Fulfilment, Order, OrderItem, OrderStatus
from orders.services.history import note
from orders.services.lifecycle import set_status, status_of
from orders.services.lines import LinesLocked
from orders.services.stock_sync import lock_order, lock_stocks_of_order, sync_stock_to_status
from products.domain.prices import Who
from products.models import Product, ProductKit
from products.price_reading import holding_prices


@dataclass(frozen=True)
class LineInput:
    """One line: a product (base units) or a whole number of bouquets; without `price` the one that holds on the day
    the order is taken.
    `item` is the key of the line it replaces when an order is changed."""

    quantity: Decimal
    product: Product | None = None
    kit: ProductKit | None = None
    price: Decimal | None = None
    item: int | None = None


@dataclass(frozen=True)
class OrderInput:
    """What a person took down. Money has 2 decimals; `due_on` is the shop's calendar day."""

    due_on: date
    lines: Sequence[LineInput] = ()
    warehouse: Warehouse | None = None
    buyer: Contact | None = None
    recipient: Contact | None = None
    fulfilment: str = Fulfilment.DELIVERY
    address: str = ""
    due_from: time | None = None
    due_until: time | None = None
    card_message: str = ""
    courier_note: str = ""
    hold_until: date | None = None
    discount: Decimal = Decimal(0)
    delivery_price: Decimal = Decimal(0)
    status: OrderStatus | None = field(default=None)


def place_order(taken: OrderInput, *, by: Any = None, key: UUID | None = None, at: datetime | None = None) -> Order:
    """Write down a new order, as a draft unless another status is given, now unless `at` is. The same `key` makes one
    order.

    Raises BadInput for what can't be meant; with a status beyond "new" whatever the stock refuses.
    """

    def place() -> Order:
        order = Order(status=status_of(Category.DRAFT), created_by=by, created_at=at or timezone.now())
        _fill(order, taken)
        order.save()
        _write_lines(order, taken.lines, on=timezone.localdate(at))
        _refresh_total(order)
        if taken.status is not None and taken.status.pk != order.status_id:
            set_status(order, taken.status, by=by, at=at)
        return order

    with transaction.atomic():
        return once(scope="order", key=key, payload=_facts(taken), do=place, model=Order)


def change_order(order: Order, taken: OrderInput, *, version: int | None = None, by: Any = None) -> Order:
    """Replace an order's content; its stock follows at once. The status has services of its own.

    `version` is the one the form was opened with. Raises StaleForm when somebody saved the order since, LinesLocked
    when it is closed, BadInput.
    """
    with transaction.atomic():
        stored = lock_order(order)
        if version is not None and stored.version != version:
            raise StaleForm(
                _("Somebody changed order %(number)s meanwhile. Look at it as it is now and enter your changes again.")
                % {"number": stored.number}
            )
        if stored.status.stage in {Stage.SOLD, Stage.CANCELLED}:
            raise LinesLocked(stored)
        _fill(stored, taken)
        if stored.status.stage is Stage.RESERVED:
            lock_stocks_of_order(
                stored,
                products=[line.product.pk for line in taken.lines if line.product and not line.product.is_service],
                kits=[line.kit.pk for line in taken.lines if line.kit],
            )
        _replace_lines(stored, taken.lines, on=timezone.localdate())
        stored.save(
            update_fields=[
                "warehouse", "buyer", "recipient", "fulfilment", "address", "due_on", "due_from", "due_until",
                "card_message", "courier_note", "hold_until", "discount", "delivery_price", "version",
            ]
        )  # fmt: skip
        _refresh_total(stored)
        sync_stock_to_status(stored, by=by)
        note(stored, EventKind.EDITED, by=by)
        return stored


def refresh_total(order: Order) -> None:
    """Compute the order's total anew from its lines: for doors that write lines one by one. Raises BadInput."""
    with transaction.atomic():
        _refresh_total(lock_order(order))


def _fill(order: Order, taken: OrderInput) -> None:
    warehouse = taken.warehouse or (order.warehouse_id and order.warehouse) or _default_warehouse()
    for name, money in (("discount", taken.discount), ("delivery_price", taken.delivery_price)):
        if not money.is_finite() or money < 0 or money > MAX_MONEY or money != round_money(money):
            raise BadInput(_("An amount of money is a number from zero up with at most 2 decimals."), field=name)
    if taken.due_from and taken.due_until and taken.due_from >= taken.due_until:
        raise BadInput(_("The time slot ends before it begins. Correct the times."), field="due_until")
    for contact in (taken.buyer, taken.recipient):
        if contact is not None and contact.is_deleted:
            raise BadInput(_("%(name)s is deleted. Restore the contact or choose another.") % {"name": contact})
    if warehouse.is_deleted:
        raise BadInput(_("The warehouse %(name)s is deleted. Choose another.") % {"name": warehouse}, field="warehouse")
    order.warehouse = warehouse
    for name in (
        "buyer", "recipient", "fulfilment", "address", "due_on", "due_from", "due_until", "card_message",
        "courier_note", "hold_until", "discount", "delivery_price",
    ):  # fmt: skip
        setattr(order, name, getattr(taken, name))


def _default_warehouse() -> Warehouse:
    warehouse = Warehouse.objects.order_by("-is_default", "position", "pk").first()
    if warehouse is None:
        raise BadInput(_("There is no warehouse to take goods from. Add one first."))
    return warehouse


def _write_lines(order: Order, lines: Sequence[LineInput], *, on: date) -> None:
    """The lines of an order that was made in this transaction: nobody else can see it, so they go in as a set."""
    prices = _prices_on(order, lines, on)
    OrderItem.objects.bulk_create(_line(OrderItem(order=order), line, prices) for line in lines)


def _replace_lines(order: Order, lines: Sequence[LineInput], *, on: date) -> None:
    known = {item.pk: item for item in order.items.all()}
    prices = _prices_on(order, lines, on)
    for line in lines:
        _line(known.pop(line.item or 0, OrderItem(order=order)), line, prices).save()
    for item in known.values():
        item.delete()


def _prices_on(order: Order, lines: Sequence[LineInput], day: date) -> dict[int, Decimal]:
    """Product → what it costs in the order's warehouse on the day the order is taken, for lines that name no price; a
    buyer who works here pays the staff's price."""
    asked = [line.product for line in lines if line.product is not None and line.price is None]
    who = Who.STAFF if order.buyer is not None and order.buyer.is_colleague else Who.GUEST
    return holding_prices(asked, place=order.warehouse_id, day=day, who=who) if asked else {}


def _line(item: OrderItem, line: LineInput, prices: dict[int, Decimal]) -> OrderItem:
    _check_line(line)
    item.product, item.kit, item.quantity = line.product, line.kit, line.quantity
    if line.price is not None:
        item.price = line.price
    elif line.product is not None:
        item.price = prices[line.product.pk]
    else:
        item.price = line.kit.sale_price  # type: ignore[union-attr]  # checked above
    return item


def _check_line(line: LineInput) -> None:
    if (line.product is None) == (line.kit is None):
        raise BadInput(_("Choose either a product or a bouquet for each line."))
    checked_quantity(line.quantity)
    if line.kit is not None and line.quantity != line.quantity.to_integral_value():
        raise BadInput(_("Bouquets are counted whole. Correct the quantity of %(name)s.") % {"name": line.kit})
    goods = line.product or line.kit
    if goods is not None and goods.is_deleted:
        raise BadInput(_("%(name)s is deleted. Restore it or choose something else.") % {"name": goods})
    if line.product is not None and line.product.archived_at is not None:
        raise BadInput(
            _("%(name)s is in the archive. Take it out of there or choose something else.") % {"name": line.product}
        )
    price = line.price
    if price is not None and (not price.is_finite() or price < 0 or price > MAX_MONEY or price != round_money(price)):
        raise BadInput(_("A price is a number from zero up with at most 2 decimals. Correct the price."), field="price")


def _refresh_total(order: Order) -> None:
    lines = [LineMoney(item.quantity, item.price) for item in order.items.all()]
    try:
        total = order_total(lines, discount=order.discount, delivery_price=order.delivery_price)
    except ValueError:
        raise DiscountTooLarge from None
    total += order.corrections
    if total < 0:
        raise BadInput(
            _(
                "With its corrections (%(sum)s) the order would cost less than nothing. Lower the discount or what is taken off."
            )
            % {"sum": shown(order.corrections)}
        )
    if total > MAX_MONEY:
        raise BadInput(_("The order's total is too large to be meant. Correct quantities and prices."))
    order.total = total
    Order.objects.filter(pk=order.pk).update(total=total)
    order.remember("total")


def _facts(taken: OrderInput) -> list[Any]:
    """What makes two requests the same request, for the idempotency key."""
    return [
        taken.due_on, taken.due_from, taken.due_until, taken.fulfilment, taken.address, taken.card_message,
        taken.courier_note, taken.hold_until, taken.discount, taken.delivery_price,
        taken.buyer and taken.buyer.pk, taken.recipient and taken.recipient.pk, taken.status and taken.status.pk,
        taken.warehouse and taken.warehouse.pk,
        [[line.product and line.product.pk, line.kit and line.kit.pk, line.quantity, line.price] for line in taken.lines],
    ]  # fmt: skip
