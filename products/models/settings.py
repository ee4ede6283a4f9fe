from django.db import models
from django.utils.translation import gettext_lazy as _

from products.domain.margin import USUAL_MINIMUM

MINIMUM_AT_MOST = 99


class CatalogueSettings(models.Model):
    """What the shop has settled for its whole catalogue: one row, none while everything is as usual."""

    minimum_margin = models.PositiveSmallIntegerField(_("minimum margin, %"), default=USUAL_MINIMUM)

    class Meta:
        verbose_name = _("settings of the catalogue")
        verbose_name_plural = _("settings of the catalogue")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="catalogue_settings_one_row"),
            models.CheckConstraint(
                condition=models.Q(minimum_margin__lte=MINIMUM_AT_MOST), name="catalogue_minimum_margin_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minimum_margin} %"
