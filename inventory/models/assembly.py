from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_QUANTITY, MAX_VALUE, QUANTITY_STEP, QuantityField, ValueField, bounded
from core.series import NextVal
from inventory.models.documents import Document
from inventory.models.warehouse import Warehouse
from products.models import Product, ProductKit


class Assembly(Document):
    """Bouquets made ahead and put on the shelf: `quantity` equal ones, each a batch of its own, for each is worth the very
    stems that are in it. `cost` is what all of them are worth: their parts and `work_cost`. A repaired bouquet names the
    taking apart it came from in `repaired`.

    `served` is there only right after posting: demand id → base units reserved at once for demands that waited.
    """

    served: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_assembly_number_seq"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="assemblies", verbose_name=_("warehouse"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="assemblies", verbose_name=_("bouquet"))
    kit = models.ForeignKey(
        ProductKit, models.PROTECT, null=True, blank=True, related_name="assemblies", verbose_name=_("recipe")
    )
    quantity = QuantityField(_("quantity"))
    work_cost = ValueField(_("cost of work"), default=0)
    cost = ValueField(_("cost"))
    repaired = models.OneToOneField(
        "inventory.Disassembly", models.PROTECT, null=True, blank=True, related_name="repair", verbose_name=_("repairs")
    )

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
            models.CheckConstraint(
                condition=Q(repaired__isnull=True) | Q(quantity=1), name="assembly_repairs_one_bouquet"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class AssemblyPart(models.Model):
    """What of one product went into one bouquet, `batch`."""

    assembly = models.ForeignKey(Assembly, models.PROTECT, related_name="parts")
    batch = models.ForeignKey("inventory.StockBatch", models.PROTECT, related_name="parts", verbose_name=_("bouquet"))
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
            models.UniqueConstraint(fields=["batch", "product"], name="assembly_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.product} × {self.quantity}"


class Disassembly(Document):
    """A bouquet taken apart: `cost` is what it was worth, `parts_cost` what came back into the stems' own batches. The
    rest is the work, which does not come back.

    `lost` is there only right after posting: demand id → base units whose reservation gave way to spoiled stems.
    """

    lost: dict[int, Decimal] | None = None

    number = models.BigIntegerField(_("no."), unique=True, db_default=NextVal("inventory_disassembly_number_seq"))
    batch = models.ForeignKey(
        "inventory.StockBatch", models.PROTECT, related_name="disassemblies", verbose_name=_("bouquet")
    )
    cost = ValueField(_("cost"))
    parts_cost = ValueField(_("cost of the parts"))

    class Meta(Document.Meta):
        abstract = False
        verbose_name = _("taking apart")
        verbose_name_plural = _("takings apart")
        constraints = [
            bounded("cost", "disassembly_cost_range", 0, MAX_VALUE),
            models.CheckConstraint(
                condition=Q(parts_cost__gte=0, parts_cost__lte=F("cost")), name="disassembly_parts_cost_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"
