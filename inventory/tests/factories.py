"""Rows for tests: the least that a test of the stock needs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Stock, Warehouse
from inventory.services.receiving import receive_stock
from products.models import KitItem, Product, ProductKit

FIRST_DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


def warehouse() -> Warehouse:
    """The warehouse every shop starts with."""
    return Warehouse.objects.get(is_default=True)


def product(name: str = "Red rose", price: str = "100", **fields: Any) -> Product:
    return Product.objects.create(name=name, sale_price=Decimal(price), **fields)


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


def kit(name: str, price: str, *components: tuple[Product, str]) -> ProductKit:
    bouquet = ProductKit.objects.create(name=name, sale_price=Decimal(price))
    for item, quantity in components:
        KitItem.objects.create(kit=bouquet, product=item, quantity=Decimal(quantity))
    return bouquet
