"""In what whom packs goods: the purchase units a supplier's delivery may be counted in. Nothing is written here."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q, QuerySet, Value

from inventory.models import Supplier, SupplierUnit
from products.models import PurchaseUnit


def with_packers(units: QuerySet[PurchaseUnit]) -> QuerySet[PurchaseUnit]:
    """The same units with `packers`: the keys of the suppliers they belong to, none for anybody's."""
    named = Q(packed_by__isnull=False)
    return units.annotate(packers=ArrayAgg("packed_by__supplier", filter=named, default=Value([])))


def offered(units: Iterable[PurchaseUnit], supplier: int | None) -> list[PurchaseUnit]:
    """Of units `with_packers` those that goods of this supplier may be counted in: its own first, then anybody's."""
    packed: list[tuple[PurchaseUnit, Collection[int]]] = [(unit, unit.packers) for unit in units]  # type: ignore[attr-defined]
    own = [unit for unit, packers in packed if supplier in packers]
    return own + [unit for unit, packers in packed if not packers]


def units_of(product_ids: Sequence[int]) -> dict[int, list[PurchaseUnit]]:
    """Product → all its purchase units `with_packers`, in the order of its card: one statement."""
    found: dict[int, list[PurchaseUnit]] = {}
    for unit in with_packers(PurchaseUnit.objects.filter(product__in=product_ids)).order_by("position", "id"):
        found.setdefault(unit.product_id, []).append(unit)
    return found


def packers_in_words(unit_ids: Sequence[int]) -> Mapping[int, str]:
    """Unit → the names of the suppliers it belongs to, deleted ones too; without an entry it is anybody's: one
    statement."""
    names: dict[int, list[str]] = {}
    rows = SupplierUnit.objects.filter(unit__in=unit_ids).order_by("supplier__name", "pk")
    for unit, name in rows.values_list("unit", "supplier__name"):
        names.setdefault(unit, []).append(name)
    return {unit: ", ".join(found) for unit, found in names.items()}


def suppliers() -> QuerySet[Supplier]:
    """Suppliers by name, with `packed`: how many units of their own of products in the catalogue they have."""
    return Supplier.objects.annotate(packed=Count("packs", filter=Q(packs__unit__product__is_deleted=False))).order_by(
        "name", "pk"
    )


def packs_of(supplier: Supplier) -> list[SupplierUnit]:
    """What a supplier packs how, by product: one statement."""
    rows = SupplierUnit.objects.filter(supplier=supplier, unit__product__is_deleted=False)
    return list(rows.select_related("unit__product").order_by("unit__product__name", "unit__position", "unit_id"))
