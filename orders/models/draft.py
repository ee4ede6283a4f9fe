from django.conf import settings
from django.db import models


class OrderDraft(models.Model):
    """A new order as a person has typed it so far: the fields of the form, kept so that a reload loses nothing.

    A discarded one is kept a little longer, so that discarding can be undone; the next one takes its place.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="order_draft")
    data = models.JSONField()
    saved_at = models.DateTimeField()
    discarded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} {self.saved_at:%d.%m.%Y %H:%M}"
