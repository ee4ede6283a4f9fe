from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, QUANTITY_STEP, QuantityField, bounded
from inventory.models.stock import Stock
from inventory.models.warehouse import Warehouse
from products.models import Product


class StockDemand(models.Model):
    """What somebody asks of the stock: frozen when an order is confirmed, open until it is sold or cancelled.

    A demand that no reservation covers is normal: an order for 8 March is taken before the flowers exist. Goods are held
    for it up to the end of the day `hold_until`; without one as long as it is open.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="demands", db_index=False)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="demands", db_index=False)
    quantity = QuantityField(_("quantity"))
    needed_on = models.DateField(_("needed on"))
    hold_until = models.DateField(_("goods are held until"), null=True, blank=True)
    is_open = models.BooleanField(_("open"), default=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("demand")
        verbose_name_plural = _("demands")
        ordering = ["needed_on", "id"]
        constraints = [
            bounded("quantity", "demand_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(cancelled_at__isnull=True), name="demand_cancelled_is_closed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["product", "warehouse", "needed_on", "id"], condition=Q(is_open=True), name="demand_open_queue"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"


class Reservation(models.Model):
    """Goods of a stock promised to a demand. At most one is active per demand; ended ones are history. One that is not
    ended by then ends by the clock at `until`."""

    demand = models.ForeignKey(StockDemand, models.PROTECT, related_name="reservations", verbose_name=_("demand"))
    stock = models.ForeignKey(
        Stock, models.PROTECT, related_name="reservations", db_index=False, verbose_name=_("stock")
    )
    quantity = QuantityField(_("quantity"))
    is_active = models.BooleanField(_("active"), default=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(_("reserved"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["demand"], condition=Q(is_active=True), name="reservation_one_active"),
            bounded("quantity", "reservation_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
        ]
        indexes = [
            models.Index(fields=["stock", "id"], condition=Q(is_active=True), name="reservation_active"),
            models.Index(fields=["until"], condition=Q(is_active=True, until__isnull=False), name="reservation_ending"),
        ]

    def __str__(self) -> str:
        return f"{self.stock} × {self.quantity}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save and let the receiver bring the stock in line, or leave no trace.

        The stock row is locked first, as everywhere: a sale locks it before it touches the reservation, and two callers
        in opposite order would wait for each other. Raises ReservationRefused for what can't be held: an old copy of an
        ended reservation, more than is asked, goods of another stock.
        """
        from inventory.services.reservations import refuse_what_can_not_be_held

        with transaction.atomic():
            self._lock_stock()
            refuse_what_can_not_be_held(self, kwargs.get("update_fields"))
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self._lock_stock()
            return super().delete(*args, **kwargs)

    def _lock_stock(self) -> None:
        Stock.objects.select_for_update(of=("self",), no_key=True).get(pk=self.stock_id)
