"""What a bouquet is made of, down to its flowers; what it would cost now, what it leaves, how many can be made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from products.domain.explosion import Entry, explode
from products.domain.margin import Margin
from products.models import KitItem, Product, ProductKit
from products.stock_figures import Cost, Costs, Free, costs, free_by_place


@dataclass(frozen=True)
class RecipeLine:
    """One line of a recipe as it is written: how much of a product (base units), or how many of another bouquet."""

    goods: Product | ProductKit
    quantity: Decimal


@dataclass(frozen=True)
class Component:
    """How much of a product goes into one bouquet, base units."""

    product: Product
    quantity: Decimal


def _reached(kits: Iterable[int]) -> QuerySet[KitItem]:
    """The recipe lines of these bouquets and of all that are inside them."""
    inside = RawSQL(
        "with recursive reached (kit_id) as (select unnest(%s::bigint[]) union"  # a union ends even in a circle
        " select i.inner_id from reached r join products_kititem i on i.kit_id = r.kit_id where i.inner_id is not null)"
        " select kit_id from reached",
        [sorted(set(kits))],
    )
    return KitItem.objects.filter(kit__in=inside).order_by("pk")


def read_recipes(kits: Iterable[int]) -> dict[int, list[Entry[Product]]]:
    """The recipes of these bouquets and of all that are inside them: one statement."""
    found: dict[int, list[Entry[Product]]] = {}
    for item in _reached(kits).select_related("product"):
        found.setdefault(item.kit_id, []).append(Entry(item.quantity, item.product, item.inner_id))
    return found


def products_in(kits: Iterable[int]) -> set[int]:
    """The keys of all products that these bouquets are made of, down to their flowers: one statement, none without
    bouquets."""
    wanted = set(kits)
    if not wanted:
        return set()
    return {key for key in _reached(wanted).values_list("product", flat=True) if key is not None}


def recipes_of(kits: Iterable[int]) -> dict[int, list[Component]]:
    """Bouquet → its flowers, those of bouquets inside it with them, each product once: one statement, none without
    bouquets. A bouquet without a recipe has an empty list."""
    wanted = list(dict.fromkeys(kits))
    recipes = read_recipes(wanted) if wanted else {}
    return {
        kit: [Component(product, quantity) for product, quantity in explode(recipes, kit).items()] for kit in wanted
    }


def flowers_of(lines: Iterable[RecipeLine]) -> list[Component]:
    """The flowers of a recipe that is being written, each product once: no statement without bouquets among the lines,
    else two."""
    lines = list(lines)
    inside = recipes_of(line.goods.pk for line in lines if isinstance(line.goods, ProductKit))
    return summed(
        Component(part.product, part.quantity * line.quantity)
        for line in lines
        for part in (
            inside[line.goods.pk] if isinstance(line.goods, ProductKit) else [Component(line.goods, Decimal(1))]
        )
    )


def summed(parts: Iterable[Component]) -> list[Component]:
    """Each product once, with what its parts come to, in the order in which they are first met."""
    found: dict[Product, Decimal] = {}
    for part in parts:
        found[part.product] = found.get(part.product, Decimal(0)) + part.quantity
    return [Component(product, quantity) for product, quantity in found.items()]


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
