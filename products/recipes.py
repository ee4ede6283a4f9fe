"""What a bouquet would cost now, what it leaves, and how many can be made of what is free."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from products.domain.margin import Margin
from products.models import Product
from products.services.catalogue import Component
from products.stock_figures import Cost, Costs, Free, costs, free_by_place


@dataclass(frozen=True)
class Part:
    """One component with its cost; None when nobody knows it."""

    product: Product
    quantity: Decimal
    cost: Cost | None


@dataclass(frozen=True)
class Reckoned:
    """A recipe beside its price. `makeable` bouquets can be made now; `limit` is the component that ends first."""

    parts: Sequence[Part]
    price: Decimal
    makeable: int
    limit: Product | None

    @property
    def unknown(self) -> list[Part]:
        """Components that were never received: their cost is not in the sum."""
        return [part for part in self.parts if part.cost is None]

    @property
    def missing(self) -> list[Part]:
        """Components that are not all there: the rest is counted at the last delivery's cost."""
        return [part for part in self.parts if part.cost is not None and part.cost.missing]

    @property
    def cost(self) -> Decimal:
        """What the components with a known cost come to, 4 decimals."""
        return sum((part.cost.value for part in self.parts if part.cost is not None), Decimal(0))

    @property
    def margin(self) -> Margin | None:
        """None while a component's cost is unknown, or without components: half a sum would flatter."""
        return Margin(self.price, self.cost) if self.parts and not self.unknown else None


def reckon(recipe: Iterable[Component], *, price: Decimal, known: Costs, places: Sequence[Free]) -> Reckoned:
    """A recipe with costs and places read before, for one bouquet or many."""
    components = list(recipe)
    parts = [
        Part(component.product, component.quantity, known.of(component.product.pk, component.quantity))
        for component in components
    ]
    makeable = sum(min((_fits(component, free) for component in components), default=0) for free in places)
    everywhere: dict[int, Decimal] = {}
    for free in places:
        for key, amount in free.items():
            everywhere[key] = everywhere.get(key, Decimal(0)) + amount
    limit = min(components, key=lambda component: _fits(component, everywhere), default=None)
    return Reckoned(parts, price, makeable, limit.product if limit else None)


def reckon_now(recipe: Iterable[Component], *, price: Decimal) -> Reckoned:
    """A recipe with the costs of this moment: three statements."""
    components = list(recipe)
    keys = sorted({component.product.pk for component in components})
    return reckon(components, price=price, known=costs(keys), places=free_by_place(keys))


def _fits(component: Component, free: Mapping[int, Decimal]) -> int:
    return int(free.get(component.product.pk, Decimal(0)) // component.quantity)
