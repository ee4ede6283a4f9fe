"""Who packs goods how: bunches of 20 from the one, of 25 from the other."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from inventory.models import Supplier, SupplierUnit
from products.models import PurchaseUnit


def pack_so(supplier: Supplier, unit: PurchaseUnit) -> None:
    """The supplier packs the product in this purchase unit: from now on it is offered for its suppliers alone. A second
    call changes nothing. Raises BadInput for a deleted supplier and a unit that was removed."""
    with transaction.atomic():
        stored = Supplier.all_objects.select_for_update(of=("self",), no_key=True).get(pk=supplier.pk)
        if stored.is_deleted:
            raise BadInput(_("The supplier %(name)s is deleted. Restore it or choose another.") % {"name": stored})
        _hold(unit)
        SupplierUnit.objects.get_or_create(supplier=stored, unit=unit)


def pack_no_more(supplier: Supplier, unit: PurchaseUnit) -> bool:
    """The supplier packs the product so no more; a unit without any supplier is anybody's again. Answers whether it did
    until now. Raises BadInput for a unit that was removed."""
    with transaction.atomic():
        _hold(unit)
        gone, _models = SupplierUnit.objects.filter(supplier=supplier, unit=unit).delete()
        return bool(gone)


def _hold(unit: PurchaseUnit) -> None:
    """The full lock: a receipt that counts in this unit decides before or after, never meanwhile."""
    if not PurchaseUnit.objects.select_for_update(of=("self",)).filter(pk=unit.pk).exists():
        raise BadInput(
            _("%(product)s is no longer bought in %(unit)s. Choose the unit anew.")
            % {"product": unit.product, "unit": unit},
            field="unit",
        )
