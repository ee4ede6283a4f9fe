from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QUANTITY_STEP, QuantityField, ValueField, bounded
from core.series import NextVal
from inventory.models.documents import Document
from inventory.models.warehouse import Warehouse
from products.models import Product


class TransferState(models.TextChoices):
    """How far goods are on their way."""

    IN_TRANSIT = "in_transit", _("in transit")
    RECEIVED = "received", _("received")
    CANCELLED = "cancelled", _("cancelled")


class Transfer(Document):
    """Goods that go from one warehouse to another. `posted_at` is when they left, `closed_at` when the last of them
    arrived, was written off or came back.

    `served` is there only right after receiving: demand id → base units reserved at once for demands that waited.
    """

    served: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_transfer_number_seq"))
    source = models.ForeignKey(Warehouse, models.PROTECT, related_name="transfers_out", verbose_name=_("from"))
    target = models.ForeignKey(Warehouse, models.PROTECT, related_name="transfers_in", verbose_name=_("to"))
    state = models.CharField(_("state"), max_length=10, choices=TransferState, default=TransferState.IN_TRANSIT)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_between_two"),
            models.CheckConstraint(
                condition=Q(state="in_transit", closed_at__isnull=True)
                | ~Q(state="in_transit") & Q(closed_at__isnull=False),
                name="transfer_closed_when",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(state="in_transit"), name="transfer_in_transit")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class TransferLine(models.Model):
    """One product of a transfer. `cost` is what left the source; `received` arrived whole, `lost` did not and was
    written off; `received_cost` is what both brought to the target."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))
    received = QuantityField(_("received"), default=0)
    lost = QuantityField(_("lost on the way"), default=0)
    received_cost = ValueField(_("received cost"), default=0)

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering = ["id"]
        constraints = [
            bounded("quantity", "transfer_line_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "transfer_line_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(received__gte=0, lost__gte=0, quantity__gte=F("received") + F("lost")),
                name="transfer_line_received_range",
            ),
            models.CheckConstraint(
                condition=Q(received_cost__gte=0, received_cost__lte=F("cost")),
                name="transfer_line_received_cost_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"

    @property
    def missing(self) -> Decimal:
        """Base units that neither arrived nor were written off yet."""
        return self.quantity - self.received - self.lost
