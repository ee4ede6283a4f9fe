"""Rows for tests: the least that a test of the stock needs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import translation

from core.errors import DomainError
from inventory.models import Stock, Warehouse
from inventory.services.receiving import receive_stock
from products.models import KitItem, Product, ProductKit, ProductVariantGroup
from products.recipes import Goods
from products.services.tags import set_tags

FIRST_DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


def warehouse() -> Warehouse:
    """The warehouse every shop starts with."""
    return Warehouse.objects.get(is_default=True)


def product(name: str = "Red rose", price: str = "100", *, tags: Sequence[str] = (), **fields: Any) -> Product:
    made = Product.objects.create(name=name, sale_price=Decimal(price), **fields)
    if tags:
        with transaction.atomic():
            set_tags({made.pk: tags})
    return made


def receive(item: Product, quantity: str, cost: str = "10", *, day: int = 0, **fields: Any) -> Any:
    """A batch received `day` days after the first day."""
    return receive_stock(
        product=item,
        warehouse=fields.pop("warehouse", None) or warehouse(),
        quantity=Decimal(quantity),
        unit_cost=Decimal(cost),
        received_at=FIRST_DAY + timedelta(days=day),
        **fields,
    )


def stocked(name: str = "Red rose", *batches: tuple[str, str], price: str = "100") -> Product:
    """A product with one batch per (quantity, unit cost), a day apart."""
    item = product(name, price)
    for day, (quantity, cost) in enumerate(batches or (("30", "10"),)):
        receive(item, quantity, cost, day=day)
    return item


def stock_of(item: Product, at: Warehouse | None = None) -> Stock:
    return Stock.objects.get(product=item, warehouse=at or warehouse())


def kit(name: str, price: str, *components: tuple[Goods, str]) -> ProductKit:
    """A bouquet of products, of other bouquets, of one of a group."""
    bouquet = ProductKit.objects.create(name=name, sale_price=Decimal(price))
    for goods, quantity in components:
        what = {Product: "product", ProductKit: "inner", ProductVariantGroup: "group"}[type(goods)]
        KitItem.objects.create(kit=bouquet, quantity=Decimal(quantity), **{what: goods})
    return bouquet


def cellar(**fields: Any) -> Warehouse:
    """A second warehouse."""
    return Warehouse.objects.get_or_create(name="Cellar", defaults=fields)[0]


def everything() -> dict[str, list[Any]]:
    """All rows of the inventory and the catalogue's products: what a refusal must leave as it is."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in [*apps.get_app_config("inventory").get_models(), Product]
    }


def refused(error: type[DomainError], said: str, work: Callable[[], Any], *, ru: str = "") -> None:
    """`work` is refused with these words, and these in Russian, and leaves no trace."""
    before = everything()
    for language, words in (("en", said), ("ru", ru)):
        with translation.override(language):
            with pytest.raises(error) as refusal, transaction.atomic():
                work()
            assert words in str(refusal.value)
        assert everything() == before
