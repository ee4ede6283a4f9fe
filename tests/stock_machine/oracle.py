"""What the stock must come to, reckoned in plain Python, and the judge of every step.

The oracle knows quantities only: what each product in each warehouse must come to, which parts every order line was
frozen into, what of every sale is still out. A refusal is judged too: it must be due, and it must leave no row behind.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection, transaction
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from core.errors import DomainError
from inventory.errors import InsufficientStock, TooMuchShort
from inventory.models import Reservation, Sale, Stock, Warehouse
from inventory.services.checking import check_stock, repair_caches
from inventory.tests.factories import kit, product, warehouse
from orders.domain.lifecycle import Category, Stage, stage_of
from orders.engine import DiscountTooLarge
from orders.invariants import INVARIANTS
from orders.models import Order, OrderItem, OrderItemDemand
from orders.services.placing import LineInput
from orders.services.stock_sync import NothingToSell
from products.models import Kind, KitItem, KitItemAlternative, Product, ProductVariant, ProductVariantGroup

Pair = tuple[int, int]
SHORT_LIMIT = Decimal(6)  # base units a demand may lack where goods are sold before entry
SHORT_IN_ALL = Decimal(9)  # … and a product in all

pick = st.integers(0, 10_000)  # which of the things there are, modulo their number
few = st.one_of(st.integers(1, 12).map(Decimal), st.decimals("0.001", "9.999", places=3))
many = st.one_of(st.integers(1, 60).map(Decimal), st.decimals("0.001", "59.999", places=3))
costs = st.decimals("0", "99.9999", places=4)
twice = st.booleans()
wishes = st.lists(st.tuples(pick, few, st.integers(1, 3)), max_size=3)


@dataclass
class Line:
    """An order line as the oracle sees it; `parts` are product and quantity once it is frozen."""

    item: int
    goods: object
    quantity: Decimal
    parts: list[tuple[int, Decimal]] | None = None


@dataclass
class Known:
    """An order as the oracle sees it."""

    order: int
    warehouse: int
    category: Category
    lines: list[Line] = field(default_factory=list)

    @property
    def stage(self):
        return stage_of(self.category)


@dataclass
class Asked:
    """A demand without an order."""

    demand: int
    pair: Pair
    quantity: Decimal
    state: str = "open"


@dataclass
class Sent:
    """A transfer: what of each line is still on its way. `state` is sent, received or cancelled."""

    source: int
    target: int
    missing: dict[int, Decimal]
    products: dict[int, int]
    state: str = "sent"
    touched: bool = False


@dataclass
class Take:
    """A stock-take: product → what was counted and what the oracle had at that moment."""

    place: int
    counted: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    state: str = "open"


class Oracle(RuleBasedStateMachine):
    """The state, the judge and what the rules have in common."""

    def __init__(self):
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.tables = stock_tables()
        second = Warehouse.objects.create(name="Second cold room")
        self.places = [warehouse(), second]
        self.goods = [product(name, price) for name, price in (("Rose", "100"), ("Tulip", "33.33"), ("Moss", "0.01"))]
        rose, tulip, moss = self.goods
        self.kits = [
            kit("Two and one", "250", (rose, "2"), (tulip, "1")),
            kit("Bit", "9.99", (moss, "0.5"), (rose, "1")),
        ]
        self.kits.append(kit("Basket", "400", (self.kits[0], "2"), (rose, "1"), (self.kits[1], "1")))
        any_flower = ProductVariantGroup.objects.create(name="Any flower")
        for priority, item in enumerate((tulip, rose), start=1):
            ProductVariant.objects.create(group=any_flower, product=item, priority=priority)
        self.kits.append(kit("Whatever there is", "150", (any_flower, "3"), (moss, "1.5"), (self.kits[1], "1")))
        mossy = KitItem.objects.get(kit=self.kits[-1], product=moss)
        KitItemAlternative.objects.create(item=mossy, product=rose, position=1)
        KitItemAlternative.objects.create(item=mossy, product=tulip, position=2)
        self.services = [product("Wrapping by hand", "150", kind=Kind.SERVICE)]
        self.have = {(item.pk, place.pk): Decimal(0) for item in self.goods for place in self.places}
        self.orders: list[Known] = []
        self.asked: list[Asked] = []
        self.out: dict[int, Decimal] = {}  # sale → base units that are still out
        self.loose: list[int] = []  # sales without an order
        self.gone: dict[int, Decimal] = {}  # write-off → base units, 0 when it was reversed
        self.sent: dict[int, Sent] = {}
        self.takes: dict[int, Take] = {}
        self.lenient: set[int] = set()  # warehouses that sell before entry
        self.day = 0

    def teardown(self):
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    # --- helpers

    def act(self, call, *, due=()):
        """Run a service. It must be refused with one of the `due` errors if there are any, else not at all; a refusal
        leaves every row as it was. Answers with the result or the refusal."""
        before = fingerprint(self.tables)
        refusal = None
        try:
            with transaction.atomic():
                result = call()
        except DomainError as error:
            refusal = error
        if refusal is None:
            assert not due, f"should have been refused with one of {due}"
            return result
        note(f"refused: {refusal.code}")
        assert isinstance(refusal, tuple(due)), f"refused without a reason: {refusal!r} {refusal}"
        assert str(refusal).endswith(".")
        assert fingerprint(self.tables) == before, "a refusal left something behind"
        return refusal

    def again(self, sent_twice, call, *, due=()):
        """A request with a key, sent once or twice: the second answer is the first one's document."""
        result = self.act(call, due=due)
        if sent_twice and not isinstance(result, DomainError):
            before = fingerprint(self.tables)
            assert self.act(call) == result
            assert fingerprint(self.tables) == before, "the second request changed something"
        return result

    def stock(self, pair) -> Stock | None:
        return Stock.objects.filter(product=pair[0], warehouse=pair[1]).first()

    def reserved(self, pair) -> Decimal:
        row = self.stock(pair)
        return row.reserved if row else Decimal(0)

    def on_hand(self, pair) -> Decimal:
        return max(self.have[pair], Decimal(0))

    def lacks(self, needs: Counter, own: Counter | None = None) -> bool:
        """Whether the oracle's goods, less what is promised to others, do not suffice."""
        own = own or Counter()
        return any(need > self.on_hand(pair) - self.reserved(pair) + own[pair] for pair, need in needs.items())

    def place(self, number):
        return self.places[number % len(self.places)]

    def item(self, number):
        return self.goods[number % len(self.goods)]

    def pair(self, number):
        return self.item(number).pk, self.place(number // len(self.goods)).pk

    def objects_of(self, pair):
        """Product and warehouse; reduced goods and bouquets are not among the goods that rules choose from."""
        return Product.objects.get(pk=pair[0]), next(row for row in self.places if row.pk == pair[1])

    def some_order(self, number) -> Known:
        return self.orders[number % len(self.orders)]

    def row(self, known) -> Order:
        return Order.objects.get(pk=known.order)

    def inputs(self, wanted):
        """Lines of (number of the goods, quantity, number of bouquets)."""
        choice = [*self.goods, *self.kits, *self.services]
        lines = []
        for number, quantity, whole in wanted:
            goods = choice[number % len(choice)]
            if goods in self.kits:
                lines.append(LineInput(quantity=Decimal(whole), kit=goods))
            else:
                lines.append(LineInput(quantity=quantity, product=goods))
        return lines

    def read_lines(self, known, kept=None):
        """The order's lines as they stand; what was frozen for a line that stayed as it was is still frozen."""
        before = {line.item: line for line in kept or []}
        known.lines = []
        for row in OrderItem.objects.filter(order=known.order).order_by("pk"):
            goods = next(item for item in [*self.goods, *self.services, *self.kits]
                         if (type(item), item.pk) == ((type(self.goods[0]), row.product_id) if row.product_id
                                                      else (type(self.kits[0]), row.kit_id)))  # fmt: skip
            old = before.get(row.pk)
            same = old is not None and (old.goods, old.quantity) == (goods, row.quantity)
            known.lines.append(Line(row.pk, goods, row.quantity, old.parts if old and same else None))

    def free_at(self, place) -> Counter:
        """Product → what lies in the warehouse and is promised to nobody."""
        return Counter({item: self.on_hand((item, where)) - self.reserved((item, where))
                        for item, where in self.have if where == place})  # fmt: skip

    def freeze(self, known, free):
        """Reckon what each line takes that has not been frozen yet, where `free` lies; None: read what the line was given
        where it had a choice, and judge that no bouquet of it is mixed."""
        left = Counter(free or {})
        for line in known.lines:
            if line.parts is None:
                if line.goods in self.services:
                    line.parts = []
                elif line.goods in self.goods:
                    line.parts = [(line.goods.pk, line.quantity)]
                else:
                    recipe = self.recipe(line.goods)
                    if free is None and any(len(choices) > 1 for choices in recipe):
                        line.parts = self.given(line, recipe)
                    else:
                        line.parts = list(self.picked(recipe, int(line.quantity), left).items())
                left.subtract(dict(line.parts))

    def given(self, line, recipe):
        """The demands of a line with choices. Whatever was chosen, each part of a recipe comes to whole bouquets."""
        rows = OrderItemDemand.objects.filter(item=line.item, demand__cancelled_at=None).order_by("pk")
        parts = list(rows.values_list("demand__product", "demand__quantity"))
        assert sum(quantity for _item, quantity in parts) == line.quantity * sum(recipe.values())
        assert {item for item, _quantity in parts} <= {item for choices in recipe for item in choices}
        for choices, each in recipe.items():
            alone = [item for item in choices if sum(item in others for others in recipe) == 1]
            for item, quantity in parts:
                assert item not in alone or quantity % each == 0, "a mixed bouquet"
        return parts

    def recipe(self, bouquet):
        """Choices of products, the most wanted first → how much of one of them a bouquet takes; bouquets inside it are
        laid out one by one."""
        found = {}
        for row in KitItem.objects.filter(kit=bouquet).order_by("pk"):
            if row.inner_id:
                inner = [part for _one in range(int(row.quantity)) for part in self.recipe(row.inner_id).items()]
            elif row.group_id:
                wanted = ProductVariant.objects.filter(group=row.group_id).order_by("priority")
                inner = [(tuple(wanted.values_list("product", flat=True)), row.quantity)]
            else:
                instead = KitItemAlternative.objects.filter(item=row).order_by("position")
                inner = [((row.product_id, *instead.values_list("product", flat=True)), row.quantity)]
            for choices, quantity in inner:
                found[choices] = found.get(choices, Decimal(0)) + quantity
        return found

    @staticmethod
    def picked(recipe, bouquets, left):
        """Product → base units for so many bouquets, made one after the other: what has no choice is put aside first,
        then each bouquet takes the first choice that is left for it, or goes without the one it wants most."""
        left, found = Counter(left), {choices: Counter() for choices in recipe}
        for choices in sorted(recipe, key=lambda choices: len(choices) > 1):
            for _one in range(bouquets):
                there = [item for item in choices if left[item] >= recipe[choices]]
                taken = there[0] if there else choices[0]
                left[taken] -= recipe[choices]
                found[choices][taken] += recipe[choices]
        together = Counter()
        for taken in found.values():
            together.update(taken)
        return together

    def needs_of(self, known):
        """What completing takes, by stock, and what of it the order's own reservations hold."""
        needs, own = Counter(), Counter()
        for pair, quantity in self.parts_of(known):
            needs[pair] += quantity
        held = Reservation.objects.filter(demand__order_link__item__order=known.order, is_active=True)
        for row in held.select_related("stock"):
            own[row.stock.product_id, row.stock.warehouse_id] += row.quantity
        return needs, own

    def parts_of(self, known):
        """What the order takes, or would take if it were frozen now, in the order of its demands."""
        frozen = [Line(line.item, line.goods, line.quantity, line.parts) for line in known.lines]
        shadow = Known(known.order, known.warehouse, known.category, frozen)
        self.freeze(shadow, self.free_at(known.warehouse))
        return [((item, known.warehouse), quantity) for line in shadow.lines for item, quantity in line.parts]

    def due_where_short_is_allowed(self, parts):
        """What is there goes first, promised or not; what lacks must be within the limits of a demand and of a product."""
        left = {pair: self.on_hand(pair) for pair in self.have}
        owed = {pair: max(-have, Decimal(0)) for pair, have in self.have.items()}
        for pair, quantity in parts:
            there = min(quantity, left[pair])
            left[pair] -= there
            lacking = quantity - there
            owed[pair] += lacking
            if lacking > SHORT_LIMIT or (lacking and owed[pair] > SHORT_IN_ALL):
                return [TooMuchShort]
        return []

    def discount_is_too_large(self, known):
        """A line that is deleted by itself leaves the order's discount as it was."""
        worth = sum(item.amount for item in OrderItem.objects.filter(order=known.order))
        return self.row(known).discount > worth

    def live_sales(self, known):
        return list(
            Sale.objects.filter(demand__order_link__item__order=known.order, reversed_at=None).order_by("demand_id")
        )

    def sold(self, made, pair, quantity):
        if isinstance(made, Sale):
            self.have[pair] -= quantity
            self.out[made.pk] = quantity
            self.loose.append(made.pk)

    def goods_came_back(self, sales):
        for sale in sales:
            self.have[sale.product_id, sale.warehouse_id] += self.out.pop(sale.pk)

    def due_for_moving(self, known, stage, needs, own):
        if not known.lines and stage in {Stage.RESERVED, Stage.SOLD}:
            return [NothingToSell]
        if stage is not Stage.SOLD or known.stage is Stage.SOLD:
            return []
        if known.warehouse in self.lenient:
            due = self.due_where_short_is_allowed([*self.parts_of(known)])
        else:
            due = [InsufficientStock] if self.lacks(needs, own) else []
        return [*due, DiscountTooLarge] if self.discount_is_too_large(known) else due

    def move(self, known, call, category, *, due=()):
        """Take an order where `category` asks, through any door, and follow with the oracle."""
        stage, before = stage_of(category), known.stage
        sold, free = self.live_sales(known), self.free_at(known.warehouse)
        needs, own = self.needs_of(known)
        due = list(due) or self.due_for_moving(known, stage, needs, own)
        if isinstance(self.act(call, due=due), DomainError):
            return
        known.category = category
        if stage is not Stage.SOLD and before is Stage.SOLD:
            self.goods_came_back(sold)
        if stage in {Stage.NOTHING, Stage.CANCELLED}:
            for line in known.lines:
                line.parts = None
        else:
            self.freeze(known, free)
        if stage is Stage.SOLD and before is not Stage.SOLD:
            new = self.live_sales(known)
            taken = Counter((sale.product_id, sale.quantity) for sale in new)
            assert taken == Counter(part for line in known.lines for part in line.parts), "sold something else"
            for sale in new:
                self.out[sale.pk] = sale.quantity
            self.have.update({pair: self.have[pair] - need for pair, need in needs.items()})
        if stage is Stage.SOLD and before is Stage.SOLD:
            assert self.live_sales(known) == sold, "completing twice made other sales"

    # --- what is true after every step

    @invariant()
    def everything_adds_up(self):
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("set constraints all deferred")
        found = [(each.invariant.code, each.examples) for each in check_stock(extra=INVARIANTS)]
        assert found == []

    @invariant()
    def quantities_are_the_oracles(self):
        rows = Stock.objects.values_list("product", "warehouse", "quantity", "short")
        stored = {(item, place): quantity - short for item, place, quantity, short in rows}
        assert {pair: stored.get(pair, Decimal(0)) for pair in self.have} == self.have

    @invariant()
    def sales_and_statuses_are_the_oracles(self):
        live = Sale.objects.filter(reversed_at=None).values_list("pk", "quantity", "returned")
        assert {pk: quantity - returned for pk, quantity, returned in live} == self.out
        stored = dict(Order.objects.values_list("pk", "status__category"))
        assert stored == {known.order: known.category.value for known in self.orders}

    @invariant()
    def nothing_is_left_to_repair(self):
        assert repair_caches() == []


def stock_tables() -> list[str]:
    """Every table that a movement of goods may write to."""
    return sorted(
        name
        for name in connection.introspection.table_names()
        if name.startswith(("inventory_", "orders_")) or name == "core_idempotencykey"
    )


def fingerprint(tables: list[str]) -> list[tuple[str, str | None]]:
    """A sum over all rows of every table."""
    query = " union all ".join(
        f"select '{name}', md5(string_agg(t::text, '|' order by t.id)) from {name} t"  # noqa: S608 - names from the catalogue
        for name in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return sorted(cursor.fetchall())
