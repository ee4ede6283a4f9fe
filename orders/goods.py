"""What an order line can name, for the picker: products and bouquets by name or SKU, with price and what is free."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import F, Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import Reservation, Stock, Warehouse
from inventory.services.stocks import free_in
from orders.models import Order
from products.domain.prices import Prices, Who, price_for
from products.domain.spreading import makeable
from products.models import Channel, Product, ProductKit, Unit
from products.models.season import in_season
from products.price_reading import prices_of
from products.recipes import need_of, products_of, recipes_of
from products.selectors import carried, hidden_from, kit_called, product_by_code, search_kits

SHOWN = 8
LONGEST_SEARCH = 100
_REF = re.compile(r"([pk])([1-9][0-9]{0,17})")


def guest() -> Who:
    """Who buys where nobody is named."""
    return Who.GUEST


class Holding:
    """The prices of some products that hold today in a warehouse for whoever `asks` says, asked for when the first is
    needed: the lines of an order have theirs already."""

    def __init__(self, products: Sequence[Product], warehouse: Warehouse | None, asks: Callable[[], Who]) -> None:
        self.products, self.place, self.asks = products, warehouse.pk if warehouse else None, asks

    @cached_property
    def _all(self) -> dict[int, Prices]:
        return prices_of(self.products)

    def price(self, product: Product) -> Decimal:
        """The price of one base unit."""
        return self._price(product, self.asks())

    def is_staffs(self, product: Product) -> bool:
        """Whether that is the staff's price: one works here, and others would pay more."""
        return self.asks() is Who.STAFF and self.price(product) < self._price(product, Who.GUEST)

    def _price(self, product: Product, who: Who) -> Decimal:
        return price_for(self._all[product.pk], place=self.place, day=timezone.localdate(), who=who)


@dataclass(frozen=True)
class Goods:
    """A product or a bouquet. `free` is what could be taken now: base units, of a bouquet whole ones; a service is never
    short. `holding` knows the prices that hold today in the order's warehouse."""

    product: Product | None
    kit: ProductKit | None
    free: Decimal
    holding: "Holding | None" = None

    @property
    def ref(self) -> str:
        """How a form names it: `p12` or `k3`."""
        return f"p{self.product.pk}" if self.product else f"k{self.kit.pk}" if self.kit else ""

    @property
    def name(self) -> str:
        return str(self.product or self.kit)

    @property
    def is_service(self) -> bool:
        """Whether it takes nothing from the stock."""
        return self.product is not None and self.product.is_service

    def lacking(self, quantity: Decimal) -> Decimal:
        """How much of `quantity` is not free: base units, or bouquets."""
        return Decimal(0) if self.is_service else max(quantity - self.free, Decimal(0))

    @property
    def price(self) -> Decimal:
        """Money for one: what holds today, else as in the catalogue."""
        if self.product is not None and self.holding is not None:
            return self.holding.price(self.product)
        thing = self.product or self.kit
        return thing.sale_price if thing else Decimal(0)

    @property
    def is_at_staff_price(self) -> bool:
        """Whether `price` is the staff's."""
        return self.product is not None and self.holding is not None and self.holding.is_staffs(self.product)

    @property
    def unit(self) -> str:
        return short_unit(self.product.unit) if self.product else ""


def short_unit(unit: str) -> str:
    """A unit beside a figure; stems are counted like pieces."""
    return _("pcs") if unit in {Unit.STEM, Unit.PIECE} else str(Unit(unit).label)


def on_offer() -> QuerySet[Product]:
    """Products that a new line may name: on sale, in season, not in the archive."""
    return carried().filter(in_season(timezone.localdate()), is_active=True)


def search_goods(text: str, *, warehouse: Warehouse | None, asks: Callable[[], Who] = guest) -> list[Goods]:
    """At most eight goods on sale whose name holds every word of `text`, or whose SKU begins with it; those that begin
    with the text come first. A barcode finds its product alone. What its category hides from orders is found by its code. Prices are for whoever `asks` says."""
    words = text[:LONGEST_SEARCH].split()
    if not words:
        return []
    named = Q()
    for word in words:
        named &= Q(name__icontains=word)
    scanned = product_by_code(text)
    if scanned is not None and on_offer().filter(pk=scanned.pk).exists():
        return _with_stock([scanned], warehouse=warehouse, asks=asks)
    products = on_offer().filter(named | Q(sku__istartswith=text))
    kits = search_kits(text[:LONGEST_SEARCH]).filter(in_season(timezone.localdate()), is_active=True)
    if hidden := hidden_from(Channel.ORDERS):
        products = products.filter(~Q(category__in=hidden) | Q(sku__iexact=text))
        kits = kits.exclude(category__in=hidden)
    found: list[Product | ProductKit] = [
        *products.order_by("name", "pk")[:SHOWN],
        *kits.order_by("name", "size", "pk")[:SHOWN],
    ]
    start = text.casefold()
    found.sort(key=lambda thing: (not thing.name.casefold().startswith(start), thing.name.casefold()))
    return _with_stock(found[:SHOWN], warehouse=warehouse, asks=asks)


def exact_goods(text: str, *, warehouse: Warehouse | None, asks: Callable[[], Who] = guest) -> Goods | None:
    """The one thing on sale with this SKU, this barcode or, failing both, this name; None when there is none or more."""
    product = on_offer().filter(sku__iexact=text).first()
    if product is None and (scanned := product_by_code(text)) is not None:
        product = on_offer().filter(pk=scanned.pk).first()
    found: list[Product | ProductKit] = [product] if product else []
    if not found:
        found += on_offer().filter(name__iexact=text)[:2]
        if (kit := kit_called(text)) is not None and kit.is_active and kit.is_in_season(timezone.localdate()):
            found.append(kit)
    return _with_stock(found, warehouse=warehouse, asks=asks)[0] if len(found) == 1 else None


def load_goods(
    refs: Iterable[str], *, warehouse: Warehouse | None, order: Order | None = None, asks: Callable[[], Who] = guest
) -> dict[str, Goods]:
    """Reference → goods, for those that exist. What `order` itself holds counts as free for it."""
    keys: dict[str, set[int]] = {"p": set(), "k": set()}
    for ref in refs:
        if match := _REF.fullmatch(ref):
            keys[match[1]].add(int(match[2]))
    things: list[Product | ProductKit] = []
    if keys["p"]:
        things += Product.objects.filter(pk__in=keys["p"])
    if keys["k"]:
        things += ProductKit.objects.filter(pk__in=keys["k"])
    return {goods.ref: goods for goods in _with_stock(things, warehouse=warehouse, order=order, asks=asks)}


def _with_stock(
    things: Sequence[Product | ProductKit], *, warehouse: Warehouse | None, order: Order | None = None,
    asks: Callable[[], Who],
) -> list[Goods]:  # fmt: skip
    if not things:
        return []
    recipes = recipes_of([thing.pk for thing in things if isinstance(thing, ProductKit)])
    products = {thing.pk for thing in things if isinstance(thing, Product)}
    products |= set(products_of(recipes.values()))
    free = free_for(products, warehouse=warehouse, order=order)
    holding = Holding([thing for thing in things if isinstance(thing, Product)], warehouse, asks)
    return [
        Goods(thing, None, free.get(thing.pk, Decimal(0)), holding)
        if isinstance(thing, Product)
        else Goods(None, thing, Decimal(makeable([need_of(part) for part in recipes[thing.pk]], free)))
        for thing in things
    ]


def free_for(products: Iterable[int], *, warehouse: Warehouse | None, order: Order | None = None) -> dict[int, Decimal]:
    """Product → base units promised to nobody, or to `order`."""
    keys = set(products)
    if not keys or warehouse is None:
        return {}
    free = free_in(warehouse, keys)
    if order is not None:
        own = Reservation.objects.filter(
            is_active=True, demand__order_link__item__order=order, stock__warehouse=warehouse, stock__product__in=keys
        )
        for product, held in own.values_list("stock__product").annotate(held=Sum("quantity")):
            free[product] = free.get(product, Decimal(0)) + held
    return free


@dataclass(frozen=True)
class Substitute:
    """A product that could stand in for another: `free` base units, the day its oldest stems came."""

    product: Product
    free: Decimal
    received_on: date | None


def substitutes_for(asked: dict[Product, Decimal], *, order: Order) -> dict[int, list[Substitute]]:
    """Product → at most eight others of its category on sale of which enough is free in the order's warehouse, the
    fresher ones first: judged by the stems that would be taken, the oldest. Two statements."""
    categories = {product.category_id for product in asked if product.category_id}
    rows = list(
        Stock.objects.filter(
            warehouse=order.warehouse_id, product__category__in=categories, product__is_active=True,
            product__is_deleted=False, product__archived_at=None,
        )
        .select_related("product")
        .annotate(oldest=Min("batches__received_at", filter=Q(batches__is_open=True)))
        .order_by(F("oldest").desc(nulls_last=True), "product__name")
    )  # fmt: skip
    free = free_for([row.product_id for row in rows], warehouse=order.warehouse, order=order)
    return {
        product.pk: [
            Substitute(row.product, free[row.product_id], row.oldest and timezone.localdate(row.oldest))
            for row in rows
            if row.product.category_id == product.category_id
            and row.product_id != product.pk
            and free[row.product_id] >= quantity > 0
        ][:SHOWN]
        for product, quantity in asked.items()
    }
