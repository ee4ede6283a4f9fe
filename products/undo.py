"""What can be taken back in the catalogue: deletions, for as long as they are remembered."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import StaleForm
from core.models import RecentAction
from core.undo import Kind, Payload, register, remember
from products.models import Product, ProductCategory, ProductKit, ProductVariantGroup
from products.services.catalogue import delete_row, restore_row
from products.services.categories import restore_category

PRODUCT, KIT, CATEGORY = "products.delete_product", "products.delete_kit", "products.delete_category"
GROUP = "products.delete_group"

Row = Product | ProductKit | ProductCategory | ProductVariantGroup
KINDS: dict[type[Row], str] = {Product: PRODUCT, ProductKit: KIT, ProductCategory: CATEGORY, ProductVariantGroup: GROUP}


def delete_and_remember(row: Row, *, by: Any) -> RecentAction:
    """Take a row out of the catalogue, remembered in the same transaction. Raises StillInUse."""
    delete_row(row, by=by, now=timezone.now())
    return remember(KINDS[type(row)], _facts(row), by=by)


def _facts(row: Row) -> dict[str, Any]:
    return {"row": row.pk, "name": row.name, "deletion": str(row.delete_batch)}


def _describe(payload: Payload) -> str:
    return _("“%(name)s” is deleted.") % {"name": payload["name"]}


def _restores(model: type[Row]) -> Callable[[Payload, Any], list[str]]:
    def undo(payload: Payload, by: Any) -> list[str]:
        row = model.all_objects.select_for_update(of=("self",), no_key=True).filter(pk=payload["row"]).first()
        if row is None or str(row.delete_batch) != payload["deletion"]:
            raise StaleForm(
                _("“%(name)s” was restored since, or deleted once more. Look at it in the catalogue.")
                % {"name": payload["name"]}
            )
        if isinstance(row, ProductCategory):
            restore_category(row, by=by)
        else:
            restore_row(row, by=by)
        return []

    return undo


def _page_of(model: type[Row], payload: Payload) -> str:
    if model is ProductCategory:
        return reverse("products:category_list")
    if model is ProductVariantGroup:
        return reverse("products:group_list")
    name = "product" if model is Product else "kit"
    return reverse(f"products:{name}_detail", args=[payload["row"]])


for _model, _code in KINDS.items():
    register(
        _code,
        Kind(
            describe=_describe,
            undo=_restores(_model),
            right=lambda payload: "catalogue.change",
            link=partial(_page_of, _model),
        ),
    )
