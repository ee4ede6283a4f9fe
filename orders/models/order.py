from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Self, cast

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Field, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.errors import DomainError, StaleForm
from core.quantities import MAX_MONEY, MoneyField, bounded
from core.series import NextVal
from inventory.models import Warehouse
from orders.domain.lifecycle import Stage
from orders.models.contact import Contact
from orders.models.status import OrderStatus


class Fulfilment(models.TextChoices):
    """How the flowers reach the recipient."""

    DELIVERY = "delivery", _("delivery")
    PICKUP = "pickup", _("pickup")


class Order(models.Model):
    """What a buyer asked for, until it is delivered and paid.

    Whoever saves it, wherever: `create_sale_on_order_completion` brings the stock in line with the status inside the
    same transaction. `version` counts the savings of its content, so that a stale form is noticed. `total` is what the
    buyer owes: lines, discount, delivery, and `corrections`, the sum of its price notes (below zero: less to pay).
    """

    number = models.BigIntegerField(
        _("no."), unique=True, db_default=NextVal("orders_order_number_seq"), editable=False
    )
    status = models.ForeignKey(OrderStatus, models.PROTECT, related_name="orders", verbose_name=_("status"))
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="orders", db_index=False, verbose_name=_("warehouse")
    )
    buyer = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="bought", verbose_name=_("buyer")
    )
    recipient = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="received", verbose_name=_("recipient")
    )
    fulfilment = models.CharField(_("handing over"), max_length=10, choices=Fulfilment, default=Fulfilment.DELIVERY)
    address = models.CharField(_("address"), max_length=300, blank=True)
    due_on = models.DateField(_("date"))
    due_from = models.TimeField(pgettext_lazy("time", "from"), null=True, blank=True)
    due_until = models.TimeField(pgettext_lazy("time", "until"), null=True, blank=True)
    card_message = models.TextField(pgettext_lazy("flowers", "card"), blank=True, max_length=500)
    courier_note = models.TextField(_("note for the courier"), blank=True, max_length=500)
    hold_until = models.DateField(
        _("goods are held until"),
        null=True,
        blank=True,
        help_text=_(
            "To the end of that day; then they are free for others. Without a day they are held for the order."
        ),
    )
    discount = MoneyField(_("discount"), default=0)
    delivery_price = MoneyField(_("delivery price"), default=0)
    corrections = MoneyField(_("corrections of the price"), default=0, editable=False)
    total = MoneyField(_("total"), default=0, editable=False)
    paid = MoneyField(_("paid"), default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )

    # What the database held when this copy was read, and what this copy's last save() wrote; see save().
    _read: Mapping[str, Any] = MappingProxyType({})
    _written: frozenset[str] = frozenset()
    # There only right after a service took the order a step: the key of its line of history, the status before.
    last_step: tuple[int, OrderStatus] | None = None

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-due_on", "-id"]
        constraints = [
            bounded("discount", "order_discount_range", 0, MAX_MONEY),
            bounded("delivery_price", "order_delivery_price_range", 0, MAX_MONEY),
            bounded("corrections", "order_corrections_range", -MAX_MONEY, MAX_MONEY),
            bounded("total", "order_total_range", 0, MAX_MONEY),
            bounded("paid", "order_paid_range", 0, MAX_MONEY),
            models.CheckConstraint(
                condition=Q(due_from__isnull=True) | Q(due_until__isnull=True) | Q(due_from__lt=F("due_until")),
                name="order_slot_forward",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "due_from", "id"], name="order_due"),
            models.Index(fields=["completed_at"], condition=Q(completed_at__isnull=False), name="order_completed"),
            models.Index(fields=["status"], condition=Q(paid__lt=F("total")), name="order_unpaid"),
        ]

    def __str__(self) -> str:
        return _("Order %(number)s") % {"number": self.number}

    @property
    def debt(self) -> Decimal:
        """Money still to be paid; never below zero."""
        return max(self.total - self.paid, Decimal(0))

    @property
    def overpaid(self) -> Decimal:
        """Money the buyer paid beyond what the order costs; never below zero."""
        return max(self.paid - self.total, Decimal(0))

    @property
    def is_for_buyer(self) -> bool:
        """Whether the buyer receives the flowers; so it is where nobody else is named."""
        return self.recipient_id is None or self.recipient_id == self.buyer_id

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        order = super().from_db(*args, **kwargs)
        order.remember()
        return order

    def refresh_from_db(self, using: Any = None, fields: Any = None, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(using, fields, *args, **kwargs)
        self.remember(*(fields or ()))

    def remember(self, *names: str) -> None:
        """Take these fields (all without names) for what the database holds: save() leaves them alone until somebody
        changes them."""
        columns = [_column(name) for name in names] or _columns()
        known = {name: self.__dict__[name] for name in columns if name in self.__dict__}
        self._read = {**self._read, **known} if names else known

    def catch_up(self, now: "Order") -> None:
        """Take over the status a service gave the order, `now`, into this copy of it."""
        self.status, self.version, self.completed_at = now.status, now.version, now.completed_at
        self.remember("status", "version", "completed_at")

    def arrive(self, status_id: int, version: int, *, completed_at: datetime) -> None:
        """Take over into this copy that the order was completed, as the database has it now."""
        self.status_id, self.version, self.completed_at = status_id, version, completed_at
        self.remember("status", "version", "completed_at")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what was changed in this copy and let the receiver bring the stock in line, or leave no trace: without
        the transaction a refusal by the receiver would keep the saved status.

        Fields that were not changed since they were read are not written, so that an old copy neither takes back a
        completion nor loses a payment; it learns them instead. A changed status is written to the history. Raises
        StaleForm when this copy changes a status that is not the stored one any more, OrderClosed for the money and the
        warehouse of a completed order.
        """
        from orders.services.history import note_status_change

        with transaction.atomic():
            stored = None
            if self.pk is not None:
                locked = Order.objects.select_for_update(of=("self",), no_key=True).filter(pk=self.pk)
                stored = locked.values(*_columns()).first()
            if stored is None:
                super().save(*args, **kwargs)
                note_status_change(self, before=None, by=self.created_by)
                changed = frozenset[str]()
            else:
                changed = self._changes(stored, kwargs.pop("update_fields", None))
                super().save(*args, **kwargs, update_fields={*changed, "version"})
                if "status_id" in changed:
                    note_status_change(self, before=stored["status_id"], by=None)
        self.remember()
        self._written = changed

    def _changes(self, stored: dict[str, Any], named: Iterable[str] | None) -> frozenset[str]:
        """The columns in which this copy was changed and differs from `stored`, the locked row; the others are taken
        over from it."""
        # A version beyond the stored one was never committed: what this copy wrote then is still to be written.
        was_undone = self._read.get("version", 0) > stored["version"]
        wanted = {
            name
            for name in set(_columns()) & set(self.__dict__) - {"version", "completed_at"}
            if name not in self._read
            or self.__dict__[name] != self._read[name]
            or (was_undone and name in self._written)
        }
        counted = False
        if named is not None:
            only = {_column(name) for name in named}
            counted = "version" in only
            wanted &= only
        changed = {name for name in wanted if self.__dict__[name] != stored[name]}
        if "status_id" in changed:
            known = stored["status_id"] if was_undone else self._read.get("status_id", stored["status_id"])
            if known != stored["status_id"]:
                raise StaleForm(
                    _("Somebody changed order %(number)s meanwhile. Look at it as it is now and decide again.")
                    % {"number": stored["number"]}
                )
        before = OrderStatus.objects.get(pk=stored["status_id"])
        after = self.status if "status_id" in changed else before
        if before.stage is after.stage is Stage.SOLD and changed & {"discount", "delivery_price", "warehouse_id"}:
            raise OrderClosed(
                _(
                    "Order %(number)s is closed (%(status)s): its warehouse and its money can't be changed. Reopen it first."
                )
                % {"number": stored["number"], "status": before}
            )
        for name in set(_columns()) & set(self.__dict__) - wanted:
            setattr(self, name, stored[name])
        if before.stage is not after.stage:
            self.completed_at = timezone.now() if after.stage is Stage.SOLD else None
            changed.add("completed_at")
        self.version = stored["version"] + (1 if changed or counted else 0)
        return frozenset(changed)

    def sync_stock(self) -> None:
        """Bring the stock in line with the status. Any number of calls leave the same stock."""
        from orders.services.stock_sync import sync_stock_to_status

        sync_stock_to_status(self, by=None)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Only an order that never asked anything of the stock may go."""
        if self.items.filter(demand_links__isnull=False).exists() or self.payments.exists():
            raise OrderKept(_("Order %(number)s is history and stays. Cancel it instead.") % {"number": self.number})
        return super().delete(*args, **kwargs)


def _column(name: str) -> str:
    """The column's attribute of a field: `status_id` for `status`."""
    return cast("Field[Any, Any]", Order._meta.get_field(name)).attname


def _columns() -> list[str]:
    """Every column but the key."""
    return [field.attname for field in Order._meta.concrete_fields if not field.primary_key]


class OrderClosed(DomainError):
    """The order is completed: what it was sold for and from stays."""

    code = "order_closed"


class OrderKept(DomainError):
    """The order can't be deleted."""

    code = "order_kept"
