from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.quantities import MAX_MONEY, MoneyField, bounded
from core.series import NextVal
from orders.models.order import Order


class PriceNote(models.Model):
    """A credit or debit note: a completed order costs less (`amount` below zero) or more than it was sold for.

    The goods, their sales and the ledger stay as they are. Never edited: a mistake is corrected by another note.
    """

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("orders_pricenote_number_seq"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="price_notes", verbose_name=_("order"))
    amount = MoneyField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300)
    posted_at = models.DateTimeField(pgettext_lazy("correction of a price", "posted"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("correction of a price")
        verbose_name_plural = _("corrections of prices")
        ordering = ["id"]
        constraints = [
            bounded("amount", "price_note_amount_range", -MAX_MONEY, MAX_MONEY),
            models.CheckConstraint(condition=~Q(amount=0), name="price_note_changes_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="price_note_has_reason"),
        ]
        indexes = [models.Index(fields=["posted_at"], name="price_note_posted")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
