"""From when until when something is offered."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Season(models.Model):
    """Goods that pickers offer only on some days: peonies in June, a bouquet for 8 March. Both days are included; an empty
    one is no limit. Who has them on an order keeps them."""

    offered_from = models.DateField(_("offered from"), null=True, blank=True)
    offered_until = models.DateField(_("offered until"), null=True, blank=True)

    class Meta:
        abstract = True

    @staticmethod
    def in_order(name: str) -> models.CheckConstraint:
        """The constraint that it ends no earlier than it begins; a null on either side passes."""
        return models.CheckConstraint(
            condition=Q(offered_from__isnull=True)
            | Q(offered_until__isnull=True)
            | Q(offered_until__gte=F("offered_from")),
            name=name,
            violation_error_message=_("The last day it is offered lies before the first. Correct the days."),
        )

    def is_in_season(self, on: date) -> bool:
        """Whether it is offered on the shop's day `on`."""
        return (self.offered_from is None or self.offered_from <= on) and (
            self.offered_until is None or on <= self.offered_until
        )


def in_season(on: date) -> Q:
    """`Season.is_in_season` as a condition of a query."""
    return (Q(offered_from__isnull=True) | Q(offered_from__lte=on)) & (
        Q(offered_until__isnull=True) | Q(offered_until__gte=on)
    )
