"""What a bouquet is made of, down to its flowers; what it would cost now, what it leaves, how many can be made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from products.domain.explosion import Entry, explode
from products.domain.kit_price import KitPrice
from products.domain.margin import USUAL_MINIMUM, Margin
from products.domain.spreading import Need, makeable, spread
from products.models import KitItem, KitItemAlternative, Product, ProductKit, ProductVariant, ProductVariantGroup
from products.price_reading import minimum_margin
from products.stock_figures import Cost, Costs, Free, costs, free_by_place

Goods = Product | ProductKit | ProductVariantGroup
_Choice = tuple[Product, ...]


@dataclass(frozen=True)
class RecipeLine:
    """One line of a recipe as it is written: how much of a product or of one of a group's (base units), or how many of
    another bouquet. `instead` are products that may be taken in place of its product, which are wanted less and less."""

    goods: Goods
    quantity: Decimal
    instead: _Choice = ()


@dataclass(frozen=True)
class Component:
    """How much of a product goes into one bouquet, base units; or of one of those that may stand `instead`, which are
    wanted less and less."""

    product: Product
    quantity: Decimal
    instead: _Choice = ()

    @property
    def choices(self) -> _Choice:
        """What may be taken, the most wanted first."""
        return (self.product, *self.instead)


def _reached(kits: Iterable[int]) -> QuerySet[KitItem]:
    """The recipe lines of these bouquets and of all that are inside them."""
    inside = RawSQL(
        "with recursive reached (kit_id) as (select unnest(%s::bigint[]) union"  # a union ends even in a circle
        " select i.inner_id from reached r join products_kititem i on i.kit_id = r.kit_id where i.inner_id is not null)"
        " select kit_id from reached",
        [sorted(set(kits))],
    )
    return KitItem.objects.filter(kit__in=inside).order_by("pk")


def read_recipes(kits: Iterable[int]) -> dict[int, list[Entry[_Choice]]]:
    """The recipes of these bouquets and of all that are inside them: one statement, another where there are groups, and
    one where a line names products to take instead."""
    alternatives = KitItemAlternative.objects.filter(item=OuterRef("pk"), product__is_deleted=False)
    named = ArraySubquery(alternatives.order_by("position").values("product"))
    items = list(_reached(kits).select_related("product").annotate(named=named))
    groups = choices_of(item.group_id for item in items if item.group_id)
    others = {key for item in items for key in item.named}
    known = Product.objects.in_bulk(others) if others else {}
    found: dict[int, list[Entry[_Choice]]] = {}
    for item in items:
        choice = groups.get(item.group_id or 0)
        if item.product:
            choice = _in_turn(item.product, [known[key] for key in item.named if key in known])
        found.setdefault(item.kit_id, []).append(Entry(item.quantity, choice, item.inner_id))
    return found


def _in_turn(product: Product, instead: Iterable[Product]) -> _Choice:
    """A line's product and what may be taken instead, each once, the most wanted first, those that are not on sale last,
    as in a group."""
    return tuple(sorted(dict.fromkeys([product, *instead]), key=lambda each: not each.is_active))


def choices_of(groups: Iterable[int]) -> dict[int, _Choice]:
    """Group → its products, the most wanted first, those that are not on sale last: one statement, none without groups."""
    wanted = set(groups)
    if not wanted:
        return {}
    found: dict[int, _Choice] = {}
    rows = ProductVariant.objects.filter(group__in=wanted, product__is_deleted=False).select_related("product")
    for row in rows.order_by("-product__is_active", "priority", "pk"):
        found[row.group_id] = (*found.get(row.group_id, ()), row.product)
    return found


def products_in(kits: Iterable[int]) -> set[int]:
    """The keys of all products that these bouquets may be made of, down to their flowers: two statements, none without
    bouquets."""
    wanted = set(kits)
    if not wanted:
        return set()
    rows = list(_reached(wanted).values_list("product", "group", "alternatives__product"))
    choices = choices_of(group for _product, group, _instead in rows if group)
    return {key for product, _group, instead in rows for key in (product, instead) if key} | {
        product.pk for choice in choices.values() for product in choice
    }


def recipes_of(kits: Iterable[int]) -> dict[int, list[Component]]:
    """Bouquet → its flowers, those of bouquets inside it with them, each choice once: as many statements as
    `read_recipes`, none without bouquets. A bouquet without a recipe has an empty list."""
    wanted = list(dict.fromkeys(kits))
    recipes = read_recipes(wanted) if wanted else {}
    return {
        kit: [Component(choice[0], quantity, choice[1:]) for choice, quantity in explode(recipes, kit).items()]
        for kit in wanted
    }


def flowers_of(lines: Iterable[RecipeLine]) -> list[Component]:
    """The flowers of a recipe that is being written, each product once: one statement more for bouquets among the lines,
    one for groups."""
    lines = list(lines)
    inside = recipes_of(line.goods.pk for line in lines if isinstance(line.goods, ProductKit))
    groups = choices_of(line.goods.pk for line in lines if isinstance(line.goods, ProductVariantGroup))
    found: list[Component] = []
    for line in lines:
        if isinstance(line.goods, ProductKit):
            parts = inside[line.goods.pk]
        elif isinstance(line.goods, ProductVariantGroup):
            choice = groups.get(line.goods.pk, ())
            parts = [Component(choice[0], Decimal(1), choice[1:])] if choice else []
        else:
            choice = _in_turn(line.goods, line.instead)
            parts = [Component(choice[0], Decimal(1), choice[1:])]
        found += [Component(part.product, part.quantity * line.quantity, part.instead) for part in parts]
    return summed(found)


def summed(parts: Iterable[Component]) -> list[Component]:
    """Each choice once, with what its parts come to, in the order in which they are first met."""
    found: dict[_Choice, Decimal] = {}
    for part in parts:
        found[part.choices] = found.get(part.choices, Decimal(0)) + part.quantity
    return [Component(choice[0], quantity, choice[1:]) for choice, quantity in found.items()]


def need_of(part: Component) -> Need:
    """What one bouquet needs of it, as the rule of choosing reads it."""
    return Need([product.pk for product in part.choices], part.quantity)


def chosen(parts: Iterable[Component], *, times: Decimal, free: Free) -> list[Component]:
    """The parts of `times` bouquets with one product each, chosen by what is free; each product once. `free` may be left
    empty where no part has a choice."""
    parts = list(parts)
    whole = times == int(times)  # a part of a bouquet is not mixed either
    needs = [
        Need([product.pk for product in part.choices], part.quantity if whole else part.quantity * times)
        for part in parts
    ]
    known = {product.pk: product for part in parts for product in part.choices}
    return summed(
        Component(known[key], amount)
        for taken in spread(needs, int(times) if whole else 1, free)
        for key, amount in taken.items()
    )


def settled(parts: Iterable[Component], *, times: Decimal, free: Free) -> list[Component]:
    """The parts of one bouquet with one product each, the same for all of `times` bouquets: the first choice of which
    enough is free for all of them, else the first."""
    whole = [Component(part.product, part.quantity * times, part.instead) for part in parts]
    return [Component(part.product, part.quantity / times) for part in chosen(whole, times=Decimal(1), free=free)]


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
    work: Decimal = Decimal(0)
    minimum: int = USUAL_MINIMUM

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
        """What the components with a known cost and the work come to, 4 decimals."""
        return self.parts_cost + self.work

    @property
    def parts_cost(self) -> Decimal:
        """What the components with a known cost come to, 4 decimals."""
        return sum((part.cost.value for part in self.parts if part.cost is not None), Decimal(0))

    def price_by(self, priced: KitPrice) -> Decimal | None:
        """The price by a rule; None for one that is typed, and while a cost that the rule asks for is unknown."""
        retail = sum((part.product.sale_price * part.quantity for part in self.parts), Decimal(0))
        return priced.of(retail=retail, cost=None if self.unknown or not self.parts else self.parts_cost)

    @property
    def margin(self) -> Margin | None:
        """None while a component's cost is unknown, or without components: half a sum would flatter."""
        return Margin(self.price, self.cost, self.minimum) if self.parts and not self.unknown else None


def reckon(
    recipe: Iterable[Component],
    *,
    price: Decimal,
    known: Costs,
    places: Sequence[Free],
    minimum: int,
    work: Decimal = Decimal(0),
) -> Reckoned:
    """A recipe with costs and places read before (of all `products_of` it), for one bouquet or many; `minimum` is the
    shop's margin, per cent."""
    components = list(recipe)
    everywhere: dict[int, Decimal] = {}
    for free in places:
        for key, amount in free.items():
            everywhere[key] = everywhere.get(key, Decimal(0)) + amount
    parts = [
        Part(part.product, part.quantity, known.of(part.product.pk, part.quantity))
        for part in chosen(components, times=Decimal(1), free=everywhere)
    ]
    needs = [need_of(part) for part in components]
    limit = min(components, key=lambda part: makeable([need_of(part)], everywhere), default=None)
    return Reckoned(
        parts, price, sum(makeable(needs, free) for free in places), limit.product if limit else None, work, minimum
    )


def products_of(recipes: Iterable[Iterable[Component]]) -> list[int]:
    """The keys of all products that recipes may take."""
    return sorted({product.pk for recipe in recipes for part in recipe for product in part.choices})


def reckon_now(recipe: Iterable[Component], *, price: Decimal, work: Decimal = Decimal(0)) -> Reckoned:
    """A recipe with the costs of this moment: four statements."""
    components = list(recipe)
    keys = products_of([components])
    return reckon(
        components, price=price, known=costs(keys), places=free_by_place(keys), work=work, minimum=minimum_margin()
    )
