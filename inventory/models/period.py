from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models.documents import Document


class PeriodClosing(Document):
    """The ledger is closed up to and including a day: nothing is posted there any more, unless it is opened again.

    `last_movement` is the key of the last ledger row there was when it was closed.
    """

    upto = models.DateField(_("closed up to"))
    last_movement = models.BigIntegerField(_("last ledger row"))
    reopened_at = models.DateTimeField(_("opened again"), null=True)
    reopened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("opened by"),
    )

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("closing of a period")
        verbose_name_plural = _("closings of periods")
        constraints = [
            models.UniqueConstraint(fields=["upto"], condition=Q(reopened_at__isnull=True), name="period_closed_once"),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=False) | Q(reopened_by__isnull=True), name="period_reopened_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.upto:%d.%m.%Y}"
