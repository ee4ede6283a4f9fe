"""Until when a shop is paid, and what follows when it is not: rules on plain values, no database.

First the owner is reminded, then the shop can be looked at and not changed, then its pages are closed. Nothing is ever lost
by it, and a new date brings everything back at once.
"""

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

REMIND_BEFORE = datetime.timedelta(days=7)
READ_ONLY_FOR = datetime.timedelta(days=14)


class Standing(models.TextChoices):
    """How a shop stands with the platform."""

    FINE = "fine", pgettext_lazy("shop", "paid")
    ENDING = "ending", _("about to end")
    READ_ONLY = "read_only", _("not paid, nothing can be changed")
    CLOSED = "closed", _("not paid, closed")


def standing(paid_until: datetime.date | None, today: datetime.date) -> Standing:
    """How a shop that is paid up to and including `paid_until` stands today; without a date it has no end."""
    if paid_until is None or today <= paid_until - REMIND_BEFORE:
        return Standing.FINE
    if today <= paid_until:
        return Standing.ENDING
    return Standing.READ_ONLY if today <= paid_until + READ_ONLY_FOR else Standing.CLOSED


def closes_on(paid_until: datetime.date) -> datetime.date:
    """The first day on which the pages of a shop that is not paid any longer are closed."""
    return paid_until + READ_ONLY_FOR + datetime.timedelta(days=1)


def reminder_due(paid_until: datetime.date | None, reminded_on: datetime.date | None, today: datetime.date) -> bool:
    """Whether the owner is to get a mail: once when the end comes near, once when nothing can be changed any more."""
    if paid_until is None:
        return False
    day = datetime.timedelta(days=1)
    begins = {Standing.ENDING: paid_until - REMIND_BEFORE + day, Standing.READ_ONLY: paid_until + day}
    since = begins.get(standing(paid_until, today))
    return since is not None and (reminded_on is None or reminded_on < since)
