from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QUANTITY_STEP, QuantityField, ValueField, bounded
from core.series import NextVal
from inventory.models.documents import Document
from inventory.models.warehouse import Warehouse
from products.models import Product


class Regrade(Document):
    """Goods of one product that turned out to be, or are from now on sold as, another one: same warehouse, same cost,
    same age. A markdown is a regrade into the product's own reduced product."""

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_regrade_number_seq"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="regrades", verbose_name=_("warehouse"))
    source = models.ForeignKey(Product, models.PROTECT, related_name="regrades_out", verbose_name=_("what it was"))
    target = models.ForeignKey(Product, models.PROTECT, related_name="regrades_in", verbose_name=_("what it is"))
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("regrade")
        verbose_name_plural = _("regrades")
        constraints = [
            bounded("quantity", "regrade_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "regrade_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(condition=~Q(source=F("target")), name="regrade_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"

    @property
    def is_markdown(self) -> bool:
        return self.target.reduced_from_id == self.source_id
