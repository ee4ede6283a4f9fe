"""What can be taken back in the catalogue: deletions, for as long as they are remembered."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import StaleForm
from core.models import RecentAction
from core.undo import Kind, Payload, register, remember
from products.models import Product, ProductKit
from products.services.catalogue import delete_row, restore_row

PRODUCT, KIT = "products.delete_product", "products.delete_kit"


def delete_and_remember(row: Product | ProductKit, *, by: Any) -> RecentAction:
    """Take a product or a bouquet out of the catalogue, remembered in the same transaction. Raises StillInUse."""
    delete_row(row, by=by, now=timezone.now())
    return remember(PRODUCT if isinstance(row, Product) else KIT, _facts(row), by=by)


def _facts(row: Product | ProductKit) -> dict[str, Any]:
    return {"row": row.pk, "name": row.name, "deletion": str(row.delete_batch)}


def _describe(payload: Payload) -> str:
    return _("“%(name)s” is deleted.") % {"name": payload["name"]}


def _restores(model: type[Product] | type[ProductKit]) -> Callable[[Payload, Any], list[str]]:
    def undo(payload: Payload, by: Any) -> list[str]:
        row = model.all_objects.select_for_update(of=("self",), no_key=True).filter(pk=payload["row"]).first()
        if row is None or str(row.delete_batch) != payload["deletion"]:
            raise StaleForm(
                _("“%(name)s” was restored since, or deleted once more. Look at it in the catalogue.")
                % {"name": payload["name"]}
            )
        restore_row(row, by=by)
        return []

    return undo


for _code, _model, _page in ((PRODUCT, Product, "product"), (KIT, ProductKit, "kit")):
    register(
        _code,
        Kind(
            describe=_describe,
            undo=_restores(_model),
            right=lambda payload: "catalogue.change",
            link=lambda payload, page=f"products:{_page}_detail": reverse(page, args=[payload["row"]]),  # type: ignore[misc]
        ),
    )
