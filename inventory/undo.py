"""What can be taken back in the stock: write-offs, bouquets that were put together."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from core.errors import StaleForm
from core.models import RecentAction
from core.templatetags.florist import quantity
from core.undo import Kind, Payload, register, remember
from inventory.models import Assembly, Stock, Supplier, WriteOff, WriteOffReason
from inventory.services.assembling import undo_assembly
from inventory.services.suppliers import pack_no_more, pack_so
from inventory.services.write_offs import reverse_write_off
from products.models import Product, PurchaseUnit, Unit

WRITE_OFF = "inventory.write_off"
ASSEMBLY = "inventory.assembly"
UNPACK = "inventory.unpack"


def remember_write_off(document: WriteOff, stock: Stock, *, by: Any) -> RecentAction | None:
    """Remember a write-off in the transaction that posts it. A form that came twice posted it before: None."""
    if document.lost is None:
        return None
    product = stock.product
    payload = {
        "write_off": document.pk, "stock": stock.pk, "product": product.name, "unit": product.unit,
        "quantity": str(document.quantity), "reason": document.reason,
    }  # fmt: skip
    return remember(WRITE_OFF, payload, by=by)


def _describe(payload: Payload) -> str:
    units, reasons = dict(Product._meta.get_field("unit").flatchoices), dict(WriteOffReason.choices)
    return _("Written off: %(product)s, %(quantity)s, %(reason)s.") % {
        "product": payload["product"],
        "quantity": quantity(Decimal(payload["quantity"]), units.get(payload["unit"], payload["unit"])),
        "reason": reasons.get(payload["reason"], payload["reason"]),
    }


def _undo(payload: Payload, by: Any) -> list[str]:
    reverse_write_off(WriteOff.objects.get(pk=payload["write_off"]), by=by)
    return []


register(
    WRITE_OFF,
    Kind(
        describe=_describe,
        undo=_undo,
        right=lambda payload: "stock.write_off",
        link=lambda payload: reverse("inventory:stock_detail", args=[payload["stock"]]),
    ),
)


def remember_assembly(document: Assembly, *, by: Any) -> RecentAction | None:
    """Like `remember_write_off`, for bouquets put together."""
    if document.served is None:
        return None
    payload = {"assembly": document.pk, "product": document.product.name, "quantity": str(document.quantity)}
    return remember(ASSEMBLY, payload, by=by)


def _describe_assembly(payload: Payload) -> str:
    return _("Put together: %(product)s, %(quantity)s.") % {
        "product": payload["product"],
        "quantity": quantity(Decimal(payload["quantity"]), Unit.PIECE.label),
    }


def _undo_assembly(payload: Payload, by: Any) -> list[str]:
    undo_assembly(Assembly.objects.get(pk=payload["assembly"]), by=by)
    return []


register(
    ASSEMBLY,
    Kind(
        describe=_describe_assembly,
        undo=_undo_assembly,
        right=lambda payload: "stock.assemble",
        link=lambda payload: reverse("inventory:document_detail", args=["assembly", payload["assembly"]]),
    ),
)


def unpack_and_remember(supplier: Supplier, unit: PurchaseUnit, *, by: Any) -> RecentAction | None:
    """`pack_no_more`, remembered in the same transaction; None when it was so already."""
    if not pack_no_more(supplier, unit):
        return None
    return remember(UNPACK, {"supplier": supplier.pk, "unit": unit.pk, "product": unit.product.name}, by=by)


def _undo_unpack(payload: Payload, by: Any) -> list[str]:
    supplier = Supplier.objects.filter(pk=payload["supplier"]).first()
    unit = PurchaseUnit.objects.filter(pk=payload["unit"]).first()
    if supplier is None or unit is None:
        raise StaleForm(
            _("The supplier or this purchase unit of %(product)s was deleted since.") % {"product": payload["product"]}
        )
    pack_so(supplier, unit)
    return []


register(
    UNPACK,
    Kind(
        describe=lambda payload: (
            _("%(product)s: the supplier's packing is taken away.") % {"product": payload["product"]}
        ),
        undo=_undo_unpack,
        right=lambda payload: "stock.receive",
        link=lambda payload: reverse("inventory:supplier_detail", args=[payload["supplier"]]),
    ),
)
