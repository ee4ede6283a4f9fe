"""Warehouses and suppliers: names that are taken are refused, not crashed into; what is deleted receives nothing."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import BadInput
from inventory.models import Stock, Warehouse
from products.models import Product
from products.services.catalogue import hold_live_products

TAKEN = {
    "warehouse_name_once": ("name", _("Another warehouse has this name. Choose a different one.")),
    "warehouse_one_default": (
        "is_default",
        _("There is a main warehouse already. Take the mark away from it first, then make this one the main."),
    ),
    "supplier_name_once": ("name", _("Another supplier has this name. Choose a different one.")),
}


@contextmanager
def refusing_taken() -> Iterator[None]:
    """Save a warehouse or a supplier inside this block: what another live one has becomes BadInput."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = broken_constraint(error, TAKEN)
        if name is None:
            raise
        field, sentence = TAKEN[name]
        raise BadInput(sentence, field=field) from error


def save_warehouse(warehouse: Warehouse, *, make_main: bool = False) -> Warehouse:
    """Save a new or changed warehouse; `make_main` makes it the main one instead of the one that is.

    Raises BadInput: a name that is taken, selling before entry forbidden while goods are owed.
    """
    with transaction.atomic(), refusing_taken():
        # All in one go: two who make different ones the main do it one after the other.
        list(Warehouse.objects.select_for_update(of=("self",), no_key=True).order_by("pk"))
        refuse_to_forbid_what_is_owed(warehouse)
        if make_main:
            Warehouse.objects.filter(is_default=True).exclude(pk=warehouse.pk).update(is_default=False)
            warehouse.is_default = True
        warehouse.save()
    return warehouse


def owed_in(warehouse: Warehouse) -> QuerySet[Stock]:
    """Stocks of a warehouse from which more was sold than was entered, by name."""
    return Stock.objects.filter(warehouse=warehouse, short__gt=0).select_related("product").order_by("product__name")


def refuse_to_forbid_what_is_owed(warehouse: Warehouse) -> None:
    """Before a warehouse is saved: selling before entry is forbidden only where nothing was sold so. Raises BadInput.

    The row stays locked until the caller's transaction ends: who is selling at this moment has finished by then.
    """
    if warehouse.allow_short or warehouse.pk is None:
        return
    stored = Warehouse.all_objects.select_for_update(of=("self",), no_key=True).get(pk=warehouse.pk)
    names = [row.product.name for row in owed_in(warehouse)] if stored.allow_short else []
    if names:
        raise BadInput(
            _("Sold before entry and not received yet: %(products)s. Enter the receipt or count the goods first.")
            % {"products": ", ".join(names)},
            field="allow_short",
        )


def hold_live_warehouses(warehouses: Iterable[Warehouse]) -> None:
    """Refuse deleted warehouses, read anew; live ones can't be deleted until the caller's transaction ends: a deletion
    then finds goods. Raises BadInput."""
    wanted = {warehouse.pk: warehouse for warehouse in warehouses}
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from inventory_warehouse where id = any (%s) and not is_deleted order by id for key share",
            [list(wanted)],
        )
        live = {key for (key,) in cursor.fetchall()}
    for key, warehouse in wanted.items():
        if key not in live:
            raise BadInput(_("The warehouse %(name)s is deleted. Choose another.") % {"name": warehouse})


def refuse_deleted_products(products: Iterable[Product]) -> None:
    """Like `hold_live_warehouses`, for products."""
    wanted = {product.pk: product for product in products}
    live = hold_live_products(wanted)
    for key, product in wanted.items():
        if key not in live:
            raise BadInput(_("The product %(name)s is deleted. Restore it first.") % {"name": product})
