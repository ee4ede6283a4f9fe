"""An order's way from draft to done and back. Each function locks the order, moves the stock, then the status."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, StaleForm
from core.flags import PHOTO_BEFORE_READY, has_flag
from core.transactions import unit
from orders import engine
from orders.domain.lifecycle import Category, Stage, following, leads_to_handing_over
from orders.models import EventKind, Fulfilment, Order, OrderStatus, PhotoKind
from orders.services.stock_sync import bring_stock_to, lock_order

_STATUS_LINES = (EventKind.CREATED, EventKind.STATUS)


class WrongStatus(DomainError):
    """The order's status does not permit the step."""

    code = "wrong_status"


class PhotoMissing(DomainError):
    """The shop wants a photo of the finished bouquet before a delivery order is ready."""

    code = "photo_missing"


def set_status(order: Order, status: OrderStatus, *, by: Any = None, at: datetime | None = None) -> Order:
    """Put the order into `status` and the stock where the status asks it to be; the status changes last.

    It happens now unless `at` is given. In the status already: only the stock is made sure of. Raises InsufficientStock when an order is to be completed
    and goods lack, NothingToSell without lines; nothing is changed then.
    """
    with transaction.atomic():
        locked, before = _lock(order)
        return _told(order, _move(locked, before, status, by=by, at=at))


def step_order(order: Order, status: OrderStatus, *, version: int, by: Any = None) -> Order:
    """Take the order one step on or back, as a person asked who saw it in `version`.

    A second press finds the step done and changes nothing. Raises StaleForm when the order changed meanwhile,
    WrongStatus when its status does not lead to this one, PhotoMissing when the shop wants a photo of the finished
    bouquet first, and whatever `set_status` raises.
    """
    with transaction.atomic():
        locked, before = _lock(order)
        if before.pk == status.pk:
            return locked
        if locked.version != version:
            raise StaleForm(
                _("Somebody changed order %(number)s meanwhile. Look at it as it is now and decide again.")
                % {"number": locked.number}
            )
        if status.category != before.category and Category(status.category) not in following(before.category):
            raise WrongStatus(
                _("Order %(number)s can't go from “%(before)s” to “%(after)s”. Choose one of the steps it offers.")
                % {"number": locked.number, "before": before, "after": status}
            )
        _refuse_without_photo(locked, before, status)
        return _move(locked, before, status, by=by)


def _refuse_without_photo(order: Order, before: OrderStatus, after: OrderStatus) -> None:
    if order.fulfilment != Fulfilment.DELIVERY or not leads_to_handing_over(before.category, after.category):
        return
    if has_flag(PHOTO_BEFORE_READY) and not order.photos.filter(kind=PhotoKind.WORK).exists():
        raise PhotoMissing(
            _("Order %(number)s has no photo of the finished bouquet yet. Take the photo, then move the order on.")
            % {"number": order.number}
        )


def confirm_order(order: Order, *, by: Any = None) -> Order:
    """Freeze what the order needs and reserve what is free for it. Raises WrongStatus for an ended order."""
    with transaction.atomic():
        locked, before = _lock(order)
        if before.is_end:
            raise WrongStatus(
                _("Order %(number)s is closed (%(status)s). Reopen it first.")
                % {"number": locked.number, "status": before}
            )
        onward = before if before.stage is Stage.RESERVED else status_of(Category.CONFIRMED)
        return _told(order, _move(locked, before, onward, by=by))


def complete_order(order: Order, *, by: Any = None, at: datetime | None = None) -> Order:
    """Sell what the order needs: the stock falls, first in, first out, once, now unless `at` is given. A second call
    changes nothing.

    Raises WrongStatus for a cancelled order, InsufficientStock, NothingToSell, DiscountTooLarge.
    """
    at = at or timezone.now()
    with unit():
        # The usual order stands as it was confirmed and is completed by one statement; the others go step by step.
        if done := engine.complete(order.pk, by=by and by.pk, at=at):
            order.arrive(done.status_id, done.version, completed_at=at)
            return order
        locked, before = _lock(order)
        if before.stage is Stage.CANCELLED:
            raise WrongStatus(
                _("Order %(number)s is cancelled. Reopen it before completing it.") % {"number": locked.number}
            )
        if before.stage is Stage.SOLD:
            return _told(order, locked)
        return _told(order, _move(locked, before, status_of(Category.COMPLETED), by=by, at=at))


def cancel_order(order: Order, *, by: Any = None) -> Order:
    """Release what was reserved or reverse what was sold, exactly. A second call changes nothing."""
    return set_status(order, status_of(Category.CANCELLED), by=by)


def reopen_order(order: Order, *, by: Any = None) -> Order:
    """Bring an ended order back to confirmed: goods of a completed one return to their batches and are reserved again.

    Raises WrongStatus for an order that is not ended.
    """
    with transaction.atomic():
        locked, before = _lock(order)
        if not before.is_end:
            raise WrongStatus(_("Order %(number)s is not closed, so it can't be reopened.") % {"number": locked.number})
        return _told(order, _move(locked, before, status_of(Category.CONFIRMED), by=by))


def undo_step(order: Order, *, event: int, by: Any = None) -> Order:
    """Take back exactly the step that is the line `event` of the order's history: the status before it, the stock with
    it. Raises StaleForm when the status was changed since, and whatever `set_status` raises."""
    with transaction.atomic():
        locked, now = _lock(order)
        last = locked.events.filter(kind__in=_STATUS_LINES).select_related("status_before").order_by("-pk").first()
        if last is None or last.pk != event or last.status_id != now.pk or last.status_before is None:
            raise StaleForm(
                _(
                    "The status of order %(number)s was changed since: it is “%(status)s” now. Take the order back by hand."
                )
                % {"number": locked.number, "status": now}
            )
        return _move(locked, now, last.status_before, by=by)


def status_of(category: Category) -> OrderStatus:
    """The shop's first status of a category. Every shop has the eight system ones; they can't be deleted."""
    status = OrderStatus.objects.filter(category=category.value).order_by("-is_system", "position", "pk").first()
    if status is None:
        raise OrderStatus.DoesNotExist(category.value)
    return status


def _lock(order: Order) -> tuple[Order, OrderStatus]:
    """The order as it is now, locked, and its status read after the lock."""
    locked = lock_order(order)
    return locked, locked.status


def _move(locked: Order, before: OrderStatus, status: OrderStatus, *, by: Any, at: datetime | None = None) -> Order:
    now = at or timezone.now()
    if status.stage is Stage.SOLD and (
        done := engine.complete(locked.pk, status_id=status.pk, by=by and by.pk, at=now)
    ):
        locked.arrive(status.pk, done.version, completed_at=now)
        locked.status, locked.last_step = status, (done.event_id, before)
        return locked
    bring_stock_to(locked, status.stage, by=by, at=now)
    if before.pk != status.pk:
        locked.completed_at = now if status.stage is Stage.SOLD else None
        locked.last_step = _write_status(locked, before, status, now=now, by=by), before
        locked.status = status
        locked.version += 1
        locked.remember("status", "version", "completed_at")
    return locked


def _told(order: Order, now: Order) -> Order:
    """The order as it is now; the caller's own copy learns its status, so that saving it means what it shows."""
    order.catch_up(now)
    return now


def _write_status(order: Order, before: OrderStatus, status: OrderStatus, *, now: datetime, by: Any) -> int:
    """The status with its line of history, in one statement; answers with the key of that line."""
    with connection.cursor() as cursor:
        cursor.execute(
            "with moved as (update orders_order set status_id = %s, completed_at = %s, version = version + 1"
            " where id = %s returning id)"
            " insert into orders_orderevent (order_id, kind, status_before_id, status_id, data, at, by_id)"
            " select id, %s, %s, %s, '{}', %s, %s from moved returning id",
            [
                status.pk, order.completed_at, order.pk,
                EventKind.STATUS.value, before.pk, status.pk, now, by and by.pk,
            ],
        )  # fmt: skip
        return int(cursor.fetchone()[0])
