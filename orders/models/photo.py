from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.photos import Photo
from orders.models.order import Order


class PhotoKind(models.TextChoices):
    """What a photo of an order shows."""

    WORK = "work", _("finished bouquet")
    SAMPLE = "sample", _("sample")


class OrderPhoto(Photo):
    """A photo that came with an order, or of what was made for it."""

    folder, owner_field = "orders", "order"
    order = models.ForeignKey(Order, models.CASCADE, related_name="photos")
    kind = models.CharField(max_length=10, choices=PhotoKind)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )

    class Meta(Photo.Meta):
        verbose_name = _("photo of an order")
        verbose_name_plural = _("photos of orders")
