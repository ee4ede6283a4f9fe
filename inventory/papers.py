"""What a shop prints of its goods documents: for the binder, for the supplier's driver, for signatures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from inventory.models import Receipt, StockTake, StockTakeState, SupplierReturn, WriteOff
from products.models import Product


@dataclass(frozen=True)
class PaperLine:
    """One product: base units, `cost` with 4 decimals; of a count how much it is more or less than was on record."""

    product: Product
    quantity: Decimal
    cost: Decimal | None
    difference: Decimal | None = None


@dataclass(frozen=True)
class Paper:
    """A document as it is printed. `facts` are named words above the lines, `signatures` who signs."""

    title: Any
    document: Any
    place: Any
    facts: Sequence[tuple[Any, Any]]
    lines: Sequence[PaperLine]
    signatures: Sequence[Any]
    back_url: str

    @property
    def counts(self) -> bool:
        """Whether the lines say what was counted."""
        return any(line.difference is not None for line in self.lines)

    @property
    def cost(self) -> Decimal:
        """What all lines are worth, 4 decimals."""
        return sum((line.cost or Decimal(0) for line in self.lines), Decimal(0))


def _receipt(key: int) -> Paper:
    receipt = get_object_or_404(Receipt.objects.select_related("supplier", "warehouse", "by"), pk=key)
    rows = receipt.lines.select_related("product").order_by("pk")
    return Paper(
        _("Receipt of goods"), receipt, receipt.warehouse, [(_("Supplier"), receipt.supplier)],
        [PaperLine(row.product, row.quantity, row.total_cost) for row in rows],
        [_("Handed over"), pgettext_lazy("signature", "Received")],
        reverse("inventory:receipt_detail", args=[key]),
    )  # fmt: skip


def _write_off(key: int) -> Paper:
    gone = get_object_or_404(WriteOff.objects.select_related("product", "warehouse", "by"), pk=key)
    return Paper(
        _("Act of writing off"), gone, gone.warehouse, [(_("Reason"), gone.get_reason_display())],
        [PaperLine(gone.product, gone.quantity, gone.cost)], [_("Wrote off"), _("Saw it")],
        reverse("inventory:document_detail", args=["write_off", key]),
    )  # fmt: skip


def _supplier_return(key: int) -> Paper:
    chosen = SupplierReturn.objects.select_related("batch__stock__product", "batch__stock__warehouse", "supplier", "by")
    back = get_object_or_404(chosen, pk=key)
    return Paper(
        _("Return of goods to the supplier"), back, back.batch.stock.warehouse, [(_("Supplier"), back.supplier)],
        [PaperLine(back.batch.stock.product, back.quantity, back.cost)],
        [_("Handed over"), pgettext_lazy("signature", "Received")],
        reverse("inventory:document_detail", args=["supplier_return", key]),
    )  # fmt: skip


def _stock_take(key: int) -> Paper:
    take = get_object_or_404(StockTake.objects.select_related("warehouse", "category", "by"), pk=key)
    rows = take.lines.select_related("stock__product").order_by("stock__product__name", "pk")
    return Paper(
        _("Inventory list"), take, take.warehouse,
        [(_("Counted"), take.category or take.get_scope_display()), (_("State"), StockTakeState(take.state).label)],
        [PaperLine(row.stock.product, row.counted, row.cost, row.difference) for row in rows],
        [_("Counted"), _("Checked")],
        reverse("inventory:stock_take_detail", args=[key]),
    )  # fmt: skip


PAPERS: dict[str, Callable[[int], Paper]] = {
    "receipt": _receipt,
    "write_off": _write_off,
    "supplier_return": _supplier_return,
    "stock_take": _stock_take,
}


def paper_of(kind: str, key: int) -> Paper | None:
    """The document as it is printed; None for a kind that is not. Raises Http404."""
    return PAPERS[kind](key) if kind in PAPERS else None
