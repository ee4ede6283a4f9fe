"""What a demo shop is described by. `pion` and `fern` are two of them; `days` makes a month of life out of one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from core.access import Role
from orders.domain.lifecycle import Category
from products.models import Kind, Unit


@dataclass(frozen=True)
class Good:
    """A product. `price` and `cost` are money per base unit, `look` is what `pictures` draws: a form and its colours.

    `supplier` is the position of who brings it. Without `vase_days` it does not wilt.
    """

    name: str
    category: str
    unit: Unit
    price: Decimal
    cost: Decimal
    look: str
    supplier: int = 0
    vase_days: int | None = None

    @property
    def kind(self) -> Kind:
        """What it is in the trade, by its look."""
        if "Dried" in self.category:
            return Kind.DRIED
        return Kind.POT if self.unit == Unit.POT else _KINDS.get(self.look.split()[0], Kind.FLOWER)

    @property
    def colour(self) -> str:
        """The colour family of its look; packaging and gifts have none."""
        if self.kind in {Kind.PACKAGING, Kind.GIFT}:
            return ""
        return _COLOURS.get(self.look.split()[-1], "")

    @property
    def stem_length(self) -> int | None:
        """Centimetres, as its name says."""
        found = re.search(r"([0-9]+) (?:см|cm)$", self.name)
        return int(found[1]) if found and self.unit == Unit.STEM else None


_KINDS = {
    **dict.fromkeys(("blades", "branch", "eucalyptus", "fern"), Kind.GREENERY),
    **dict.fromkeys(("ribbon", "paper", "hatbox", "pot"), Kind.PACKAGING),
    **dict.fromkeys(("vase", "giftbox", "postcard"), Kind.GIFT),
}
_COLOURS = {
    **{name: name for name in ("white", "cream", "yellow", "orange", "coral", "pink", "red", "cherry", "lilac", "blue",
                               "terracotta", "green")},
    "amber": "orange", "apricot": "coral", "blush": "pink", "crimson": "red", "lavender": "lilac", "plum": "lilac",
    "raspberry": "cherry", "rose": "pink", "scarlet": "red", "sage": "green", "fern": "green", "ivy": "green",
    "moss": "green", "monstera": "green", "snake": "green", "sand": "cream", "cocoa": "terracotta",
}  # fmt: skip


def goods_of(table: Iterable[tuple[str, str, Unit, int, int | None, str, str, int]]) -> list[Good]:
    """Goods from rows of category, name, unit, price, vase life in days, cost, look, supplier."""
    return [
        Good(name, category, unit, Decimal(price), Decimal(cost), look, supplier, days)
        for category, name, unit, price, days, cost, look, supplier in table
    ]


@dataclass(frozen=True)
class Bouquet:
    """A recipe: product names with base units. `look` is how `pictures` puts the flowers together: a form, a wrap."""

    name: str
    price: Decimal
    parts: Sequence[tuple[str, str]]
    look: str
    description: str = ""


@dataclass(frozen=True)
class Wish:
    """An order of the days around today, written down by hand.

    It is due `hours` from now or, when `days` is given, that many days from today at `hour` o'clock. `paid` is the
    share of the total; without an address it is picked up. Its goods are bought, but the
    first one not when it `waits`.
    """

    buyer: int
    lines: Sequence[tuple[str, int]]
    status: Category
    hours: int = 0
    days: int | None = None
    hour: int = 12
    paid: str = "1"
    address: str = ""
    card: str = ""
    note: str = ""
    discount: int = 0
    waits: bool = False


@dataclass(frozen=True)
class Leftover:
    """Goods that came `days_ago` and were hardly asked for: what wilts, and what should have been thrown away."""

    product: str
    days_ago: int
    quantity: int


@dataclass(frozen=True)
class Waste:
    """Goods thrown away `days_ago` for a reason of WriteOffReason."""

    product: str
    days_ago: int
    quantity: int
    reason: str
    comment: str = ""


@dataclass(frozen=True)
class DemoShop:
    """A whole shop. Weekly assortments are product and bouquet names that passing customers ask for."""

    schema_name: str
    name: str
    language: str
    password: str
    people: Sequence[tuple[str, str, Role]]
    suppliers: Sequence[tuple[str, str]]
    goods: Sequence[Good]
    bouquets: Sequence[Bouquet]
    services: tuple[str, Sequence[tuple[str, int]]]  # category, then name and price of each
    interchangeable: Sequence[tuple[str, Sequence[str]]]  # name of a group, its products, the most wanted first
    tags: Sequence[tuple[str, Sequence[str]]]  # a tag, the products that carry it
    contacts: Sequence[tuple[str, str]]
    addresses: Sequence[str]
    cards: Sequence[str]
    notes: Sequence[str]
    popular: Sequence[tuple[str, int]]
    counter: Sequence[tuple[str, int]]
    wishes: Sequence[Wish]
    holidays: Sequence[tuple[int, int, str]]
    holiday_wishes: Sequence[Wish]
    leftovers: Sequence[Leftover]
    waste: Sequence[Waste]
    second_warehouse: str
    delivery_comment: str
    sorted_out: str
    delivery_price: Decimal
    retired: Sequence[str] = field(default=())
    sent_back: tuple[str, int, str] = ("", 0, "")
