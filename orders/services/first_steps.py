"""Help for a shop that begins: goods, receipts and orders to try things with."""

from datetime import datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from inventory.models import Receipt, Stock, Warehouse
from orders.models import Order
from products.models import Product, ProductCategory, ProductKit


class NotEmpty(DomainError):
    """The shop has data of its own."""

    code = "not_empty"


def is_empty() -> bool:
    """Whether the shop has neither goods nor documents, deleted ones included."""
    kept = (Product.all_objects, ProductKit.all_objects, ProductCategory.objects, Stock.objects, Receipt.objects,
            Order.objects)  # fmt: skip
    return not any(rows.exists() for rows in kept)


def load_demo_goods(*, by: Any, now: datetime) -> None:
    """Fill the current shop with the goods, receipts and orders of settings.DEMO_FILLER up to `now`, done by `by`.

    Only an empty shop: what is posted can't be taken out again. Raises NotEmpty; a second press meets it too.
    """
    with transaction.atomic():
        # Two presses at once: the second waits here and then finds the shop filled.
        list(Warehouse.objects.select_for_update().order_by("pk"))
        if not is_empty():
            raise NotEmpty(
                _(
                    "The shop has goods or orders already, so goods for trying can't be loaded. "
                    "Go on with your own goods."
                )
            )
        import_module(settings.DEMO_FILLER).fill_goods(by=by, now=now)
