from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QUANTITY_STEP, QuantityField, ValueField, bounded
from core.series import NextVal
from inventory.models.documents import Document
from inventory.models.warehouse import Warehouse
from products.models import Product, ProductKit


class Assembly(Document):
    """Bouquets made ahead and put on the shelf: `quantity` equal ones, one batch. `cost` is what their parts cost plus
    `work_cost`."""

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_assembly_number_seq"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="assemblies", verbose_name=_("warehouse"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="assemblies", verbose_name=_("bouquet"))
    kit = models.ForeignKey(
        ProductKit, models.PROTECT, null=True, blank=True, related_name="assemblies", verbose_name=_("recipe")
    )
    quantity = QuantityField(_("quantity"))
    work_cost = ValueField(_("cost of work"), default=0)
    cost = ValueField(_("cost"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("assembly")
        verbose_name_plural = _("assemblies")
        constraints = [
            bounded("quantity", "assembly_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "assembly_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(work_cost__gte=0, work_cost__lte=F("cost")), name="assembly_work_cost_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class AssemblyPart(models.Model):
    """What of one product went into all bouquets of an assembly."""

    assembly = models.ForeignKey(Assembly, models.PROTECT, related_name="parts")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("product"))
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))

    class Meta:
        verbose_name = _("part of a bouquet")
        verbose_name_plural = _("parts of bouquets")
        ordering = ["id"]
        constraints = [
            bounded("quantity", "assembly_part_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "assembly_part_cost_range", 0, MAX_VALUE),
            models.UniqueConstraint(fields=["assembly", "product"], name="assembly_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"


class Disassembly(Document):
    """Bouquets of one assembly taken apart: `cost` is what they were worth, `parts_cost` what came back into the
    stems' own batches. The rest is the work, which does not come back."""

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_disassembly_number_seq"))
    assembly = models.ForeignKey(Assembly, models.PROTECT, related_name="disassemblies", verbose_name=_("assembly"))
    quantity = QuantityField(_("quantity"))
    cost = ValueField(_("cost"))
    parts_cost = ValueField(_("cost of the parts"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("taking apart")
        verbose_name_plural = _("takings apart")
        constraints = [
            bounded("quantity", "disassembly_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("cost", "disassembly_cost_range", 0, MAX_VALUE),
            bounded("parts_cost", "disassembly_parts_cost_range", 0, MAX_VALUE),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
