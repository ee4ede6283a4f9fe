from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_VALUE, ValueField, bounded
from core.series import NextVal
from inventory.models.documents import Document, ReceiptLine


class CostCorrection(Document):
    """What the goods of a receipt line really cost, once the invoice says so. `cost_before` and `cost` are what the line's
    goods cost without their freight; the line itself stays as it was posted."""

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_costcorrection_number_seq"))
    line = models.ForeignKey(
        ReceiptLine, models.PROTECT, related_name="cost_corrections", verbose_name=_("receipt line")
    )
    cost_before = ValueField(_("cost before"))
    cost = ValueField(_("cost"))
    difference = ValueField(_("difference"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("correction of cost")
        verbose_name_plural = _("corrections of cost")
        constraints = [
            bounded("cost_before", "cost_correction_before_range", 0, MAX_VALUE),
            bounded("cost", "cost_correction_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(difference=F("cost") - F("cost_before")) & ~Q(difference=0),
                name="cost_correction_difference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
