"""Everything that moves goods, in any order, against a plain oracle: one step, then every invariant.

The oracle knows quantities only: what each product in each warehouse must come to, which parts every order line was
frozen into, what of every sale is still out. A refusal is judged too: it must be due, and it must leave no row behind.

A new service gets a rule here; `test_every_service_that_moves_goods_has_a_rule` names those that have none. Longer:

    STOCK_MACHINE=500x50 python3 dev.py test tests/test_stock_machine.py      # examples × steps
    STOCK_MACHINE=500x50:1234 …                                               # the same ones again: the printed seed
"""

import ast
import os
import random
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, get_state_machine_test, initialize, invariant, precondition, rule

from core.errors import BadInput, DomainError, KeyReused
from inventory import engine
from inventory.errors import InsufficientBatch, InsufficientStock, TooMuchShort
from inventory.models import (
    CountLine,
    Reservation,
    Sale,
    Stock,
    StockBatch,
    StockDemand,
    StockTake,
    Transfer,
    Warehouse,
    WriteOff,
)
from inventory.services.assembling import assemble, take_apart
from inventory.services.checking import check_stock, repair_caches
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.periods import close_period, reopen_period
from inventory.services.places import refuse_to_forbid_what_is_owed
from inventory.services.receiving import ReceiptLineInput, post_receipt, receive_stock
from inventory.services.regrading import mark_down, regrade
from inventory.services.reservations import give_way, release, reserve, reserve_waiting
from inventory.services.returns import ReturnRefused, return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import (
    CountedAgain,
    CountRefused,
    StockTakeClosed,
    apply_stock_take,
    cancel_stock_take,
    count,
    forget_count,
    open_stock_take,
)
from inventory.services.stocks import ensure_stocks
from inventory.services.transfers import (
    Missing,
    TransferLineInput,
    TransferRefused,
    cancel_transfer,
    receive_transfer,
    send_transfer,
    transfer_stock,
)
from inventory.services.write_offs import reverse_write_off, write_off
from inventory.tests.factories import FIRST_DAY, kit, product, warehouse
from orders.domain.lifecycle import Category, Stage, stage_of
from orders.invariants import INVARIANTS
from orders.models import Order, OrderItem
from orders.services.lifecycle import (
    WrongStatus,
    cancel_order,
    complete_order,
    confirm_order,
    reopen_order,
    set_status,
    status_of,
)
from orders.services.lines import LinesLocked
from orders.services.placing import LineInput, OrderInput, change_order, place_order
from orders.services.stock_sync import NothingToSell, replace_demands, sync_stock_to_status
from products.models import KitItem

Pair = tuple[int, int]
SHORT_LIMIT = Decimal(6)  # base units a demand may lack where goods are sold before entry

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


class StockMachine(RuleBasedStateMachine):
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
        return (
            next(row for row in self.goods if row.pk == pair[0]),
            next(row for row in self.places if row.pk == pair[1]),
        )

    def some_order(self, number) -> Known:
        return self.orders[number % len(self.orders)]

    def row(self, known) -> Order:
        return Order.objects.get(pk=known.order)

    def inputs(self, wanted):
        """Lines of (number of the goods, quantity, number of bouquets)."""
        choice = [*self.goods, *self.kits]
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
            goods = next(item for item in [*self.goods, *self.kits]
                         if (type(item), item.pk) == ((type(self.goods[0]), row.product_id) if row.product_id
                                                      else (type(self.kits[0]), row.kit_id)))  # fmt: skip
            old = before.get(row.pk)
            same = old is not None and (old.goods, old.quantity) == (goods, row.quantity)
            known.lines.append(Line(row.pk, goods, row.quantity, old.parts if old and same else None))

    def freeze(self, known):
        for line in known.lines:
            if line.parts is None:
                if line.goods in self.goods:
                    line.parts = [(line.goods.pk, line.quantity)]
                else:
                    recipe = KitItem.objects.filter(kit=line.goods).order_by("pk")
                    line.parts = [(part.product_id, part.quantity * line.quantity) for part in recipe]

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
        self.freeze(shadow)
        return [((item, known.warehouse), quantity) for line in shadow.lines for item, quantity in line.parts]

    def due_where_short_is_allowed(self, parts):
        """What is there goes first, promised or not; what lacks must be within the limit of each demand."""
        left = {pair: self.on_hand(pair) for pair in self.have}
        for pair, quantity in parts:
            there = min(quantity, left[pair])
            left[pair] -= there
            if quantity - there > SHORT_LIMIT:
                return [TooMuchShort]
        return []

    def live_sales(self, known):
        return list(
            Sale.objects.filter(demand__order_link__item__order=known.order, reversed_at=None).order_by("demand_id")
        )

    def goods_came_back(self, sales):
        for sale in sales:
            self.have[sale.product_id, sale.warehouse_id] += self.out.pop(sale.pk)

    def move(self, known, call, category, *, due=()):
        """Take an order where `category` asks, through any door, and follow with the oracle."""
        stage, before = stage_of(category), known.stage
        sold = self.live_sales(known)
        due = list(due)
        if not due and not known.lines and stage in {Stage.RESERVED, Stage.SOLD}:
            due = [NothingToSell]
        needs, own = self.needs_of(known)
        if not due and stage is Stage.SOLD and before is not Stage.SOLD:
            if known.warehouse in self.lenient:
                due = self.due_where_short_is_allowed([*self.parts_of(known)])
            elif self.lacks(needs, own):
                due = [InsufficientStock]
        if isinstance(self.act(call, due=due), DomainError):
            return
        known.category = category
        if stage is not Stage.SOLD and before is Stage.SOLD:
            self.goods_came_back(sold)
        if stage in {Stage.NOTHING, Stage.CANCELLED}:
            for line in known.lines:
                line.parts = None
        else:
            self.freeze(known)
        if stage is Stage.SOLD and before is not Stage.SOLD:
            new = self.live_sales(known)
            taken = Counter((sale.product_id, sale.quantity) for sale in new)
            assert taken == Counter(part for line in known.lines for part in line.parts), "sold something else"
            for sale in new:
                self.out[sale.pk] = sale.quantity
            self.have.update({pair: self.have[pair] - need for pair, need in needs.items()})
        if stage is Stage.SOLD and before is Stage.SOLD:
            assert self.live_sales(known) == sold, "completing twice made other sales"

    @initialize(quantities=st.lists(many, min_size=4, max_size=6), wanted=st.lists(wishes, min_size=1, max_size=3))
    def open_the_shop(self, quantities, wanted):
        """Goods on some shelves and a few orders, so that a short sequence is about something."""
        for number, quantity in enumerate(quantities):
            self.receive_stock(number=number, quantity=quantity, cost=Decimal("1.0001") * (number + 1))
        for number, lines in enumerate(wanted):
            self.place_order(wanted=lines, where=0, ahead=number, off=number * 10, sent=False, confirm=bool(number))

    # --- goods come and go

    @rule(rows=st.lists(st.tuples(pick, many, costs), min_size=1, max_size=3), where=pick, back=pick, sent=twice)
    def post_receipt(self, rows, where, back, sent):
        self.day += 1
        lines = [ReceiptLineInput(self.item(number), quantity, cost) for number, quantity, cost in rows]
        moment = FIRST_DAY + timedelta(days=self.day - back % 4)  # now and then entered late
        key, place = uuid.uuid4(), self.place(where)
        self.again(sent, lambda: post_receipt(warehouse=place, lines=lines, received_at=moment, key=key))
        for line in lines:
            self.have[line.product.pk, place.pk] += line.quantity

    @rule(number=pick, quantity=many, cost=costs)
    def receive_stock(self, number, quantity, cost):
        item, place = self.objects_of(self.pair(number))
        self.act(lambda: receive_stock(product=item, warehouse=place, quantity=quantity, unit_cost=cost))
        self.have[item.pk, place.pk] += quantity

    @rule(number=pick, quantity=few, sent=twice)
    def write_off(self, number, quantity, sent):
        pair = self.pair(number)
        item, place = self.objects_of(pair)
        key = uuid.uuid4()
        due = [InsufficientStock] if quantity > self.on_hand(pair) else ()
        made = self.again(
            sent,
            lambda: write_off(product=item, warehouse=place, quantity=quantity, reason="wilted", key=key),
            due=due,
        )
        self.wrote_off(made, pair, quantity)

    @precondition(lambda self: StockBatch.objects.exists())
    @rule(number=pick, quantity=few)
    def write_off_a_batch(self, number, quantity):
        batch = self.some_batch(number)
        item, place = self.objects_of((batch.stock.product_id, batch.stock.warehouse_id))
        due = [InsufficientBatch, InsufficientStock] if quantity > batch.remaining else ()
        made = self.act(
            lambda: write_off(product=item, warehouse=place, quantity=quantity, reason="broken", batch=batch), due=due
        )
        self.wrote_off(made, (item.pk, place.pk), quantity)

    def some_batch(self, number):
        rows = StockBatch.objects.select_related("stock").order_by("pk")
        return rows[number % rows.count()]

    def wrote_off(self, made, pair, quantity):
        if isinstance(made, WriteOff):
            self.have[pair] -= quantity
            self.gone[made.pk] = quantity

    @precondition(lambda self: self.gone)
    @rule(number=pick, sent=twice)
    def reverse_write_off(self, number, sent):
        document = WriteOff.objects.get(pk=list(self.gone)[number % len(self.gone)])
        key = uuid.uuid4()
        self.again(sent, lambda: reverse_write_off(document, key=key))
        self.have[document.product_id, document.warehouse_id] += self.gone[document.pk]
        self.gone[document.pk] = Decimal(0)

    @precondition(lambda self: StockBatch.objects.exists())
    @rule(number=pick, quantity=few, sent=twice)
    def return_to_supplier(self, number, quantity, sent):
        batch = self.some_batch(number)
        key = uuid.uuid4()
        due = [InsufficientBatch, InsufficientStock] if quantity > batch.remaining else ()
        made = self.again(sent, lambda: return_to_supplier(batch=batch, quantity=quantity, key=key), due=due)
        if not isinstance(made, DomainError):
            self.have[batch.stock.product_id, batch.stock.warehouse_id] -= quantity

    # --- sales without an order

    @rule(number=pick, quantity=few, sent=twice)
    def create_sale(self, number, quantity, sent):
        pair = self.pair(number)
        item, place = self.objects_of(pair)
        key = uuid.uuid4()
        due = [InsufficientStock] if self.lacks(Counter({pair: quantity})) else ()
        made = self.again(
            sent,
            lambda: SaleProcessor.create_sale(
                product=item, warehouse=place, quantity=quantity, sale_price=Decimal("1.5"), key=key
            ),
            due=due,
        )
        self.sold(made, pair, quantity)

    @rule(number=pick, quantity=few)
    def type_in_a_sale(self, number, quantity):
        """As the admin does: the receiver writes it off."""
        pair = self.pair(number)
        item, place = self.objects_of(pair)
        due = [InsufficientStock] if self.lacks(Counter({pair: quantity})) else ()
        ensure_stocks([pair])
        made = self.act(lambda: Sale.objects.create(product=item, warehouse=place, quantity=quantity), due=due)
        self.sold(made, pair, quantity)

    def sold(self, made, pair, quantity):
        if isinstance(made, Sale):
            self.have[pair] -= quantity
            self.out[made.pk] = quantity
            self.loose.append(made.pk)

    @precondition(lambda self: self.loose)
    @rule(number=pick)
    def reverse_a_sale(self, number):
        sale = Sale.objects.get(pk=self.loose[number % len(self.loose)])
        live = sale.reversed_at is None
        assert len(self.act(lambda: SaleProcessor.reverse([sale]))) == (1 if live else 0)
        if live:
            self.goods_came_back([sale])
            for row in self.asked:
                if row.demand == sale.demand_id and row.state == "sold":
                    row.state = "open"

    @precondition(lambda self: Sale.objects.exists())
    @rule(number=pick, quantity=few, share=st.integers(0, 100), move=st.booleans(), sent=twice)
    def return_sale(self, number, quantity, share, move, sent):
        """Now and then a part of what comes back is spoiled, and the rest goes to the other warehouse."""
        rows = Sale.objects.order_by("pk")
        sale = rows[number % rows.count()]
        pair = sale.product_id, sale.warehouse_id
        spoiled, to = Decimal(0), None
        if number % 3 == 0 and self.have[pair] >= 0:
            spoiled = (quantity * share / 100).quantize(Decimal("0.001"), ROUND_DOWN)
            to = next(place for place in self.places if place.pk != pair[1]) if move else None
        key = uuid.uuid4()
        due = [ReturnRefused] if quantity > self.out.get(sale.pk, 0) else ()
        made = self.again(
            sent, lambda: return_sale(sale=sale, quantity=quantity, spoiled=spoiled, to=to, key=key), due=due
        )
        if isinstance(made, DomainError):
            return
        self.out[sale.pk] -= quantity
        self.have[pair[0], to.pk if to else pair[1]] += quantity - spoiled
        self.see_write_offs()

    def see_write_offs(self):
        """Those that other services made."""
        for document in WriteOff.objects.exclude(pk__in=self.gone):
            self.gone[document.pk] = document.quantity

    # --- between warehouses

    def some_lines(self, rows):
        return [TransferLineInput(self.item(number), quantity) for number, quantity in rows]

    def due_for_sending(self, source, target, lines):
        if source == target:
            return [BadInput]
        needs = Counter()
        for line in lines:
            needs[line.product.pk, source.pk] += line.quantity
        return [InsufficientStock] if self.lacks(needs) else ()

    @rule(start=pick, end=pick, rows=st.lists(st.tuples(pick, few), min_size=1, max_size=2), twice=twice)
    def send_transfer(self, start, end, rows, twice):
        source, target, lines, key = self.place(start), self.place(end), self.some_lines(rows), uuid.uuid4()
        made = self.again(
            twice,
            lambda: send_transfer(source=source, target=target, lines=lines, key=key),
            due=self.due_for_sending(source, target, lines),
        )
        if isinstance(made, DomainError):
            return
        for line in lines:
            self.have[line.product.pk, source.pk] -= line.quantity
        stored = list(made.lines.order_by("pk"))
        self.sent[made.pk] = Sent(
            source.pk, target.pk, {row.pk: row.quantity for row in stored}, {row.pk: row.product_id for row in stored}
        )

    @rule(start=pick, end=pick, rows=st.lists(st.tuples(pick, few), min_size=1, max_size=2), twice=twice)
    def transfer_stock(self, start, end, rows, twice):
        source, target, lines, key = self.place(start), self.place(end), self.some_lines(rows), uuid.uuid4()
        made = self.again(
            twice,
            lambda: transfer_stock(source=source, target=target, lines=lines, key=key),
            due=self.due_for_sending(source, target, lines),
        )
        if not isinstance(made, DomainError):
            for line in lines:
                self.have[line.product.pk, source.pk] -= line.quantity
                self.have[line.product.pk, target.pk] += line.quantity

    @precondition(lambda self: self.sent)
    @rule(number=pick, share=st.integers(0, 100), wait=st.booleans(), whole=st.booleans(), twice=twice)
    def receive_transfer(self, number, share, wait, whole, twice):
        key = list(self.sent)[number % len(self.sent)]
        known, request = self.sent[key], uuid.uuid4()
        came = {
            line: missing if whole else (missing * share / 100).quantize(Decimal("0.001"), ROUND_DOWN)
            for line, missing in known.missing.items()
        }
        due = [TransferRefused] if known.state == "cancelled" else ()
        # What is lost comes in and is written off at once; a shortage that is still open would take it first.
        level = dict(self.have)
        for line, missing in known.missing.items() if known.state == "sent" else ():
            pair = known.products[line], known.target
            level[pair] += came[line]
            if not wait and missing > came[line] and level[pair] < 0:
                due = [TransferRefused]
        arrived = None if whole else came
        made = self.again(
            twice,
            lambda: receive_transfer(
                Transfer.objects.get(pk=key),
                arrived=arrived,
                missing=Missing.WAIT if wait else Missing.WRITE_OFF,
                key=request,
            ),
            due=due,
        )
        if isinstance(made, DomainError) or known.state == "received":
            return
        self.have.update(level)
        known.touched = known.touched or not wait or any(came.values())
        for line in known.missing:
            known.missing[line] -= came[line] if wait else known.missing[line]
        if not any(known.missing.values()):
            known.state = "received"
        self.see_write_offs()

    @precondition(lambda self: self.sent)
    @rule(number=pick)
    def cancel_transfer(self, number):
        key = list(self.sent)[number % len(self.sent)]
        known = self.sent[key]
        due = [TransferRefused] if known.state == "received" or (known.state == "sent" and known.touched) else ()
        made = self.act(lambda: cancel_transfer(Transfer.objects.get(pk=key)), due=due)
        if not isinstance(made, DomainError) and known.state == "sent":
            known.state = "cancelled"
            for line, quantity in known.missing.items():
                self.have[known.products[line], known.source] += quantity

    # --- another product where it lies

    @rule(number=pick, other=pick, quantity=few, twice=twice)
    def regrade(self, number, other, quantity, twice):
        pair = self.pair(number)
        source, place = self.objects_of(pair)
        target, key = self.item(other), uuid.uuid4()
        due = [InsufficientStock] if self.lacks(Counter({pair: quantity})) else ()
        if source == target:
            due = [BadInput]
        made = self.again(
            twice,
            lambda: regrade(source=source, target=target, warehouse=place, quantity=quantity, key=key),
            due=due,
        )
        self.became(made, quantity)

    @rule(number=pick, quantity=few, twice=twice)
    def mark_down(self, number, quantity, twice):
        pair = self.pair(number)
        item, place = self.objects_of(pair)
        key = uuid.uuid4()
        due = [InsufficientStock] if self.lacks(Counter({pair: quantity})) else ()
        price = item.sale_price / 2 if item.sale_price > 1 else item.sale_price
        made = self.again(
            twice,
            lambda: mark_down(
                product=item, warehouse=place, quantity=quantity, price=price.quantize(Decimal("0.01")), key=key
            ),
            due=due,
        )
        self.became(made, quantity)

    def became(self, made, quantity):
        if not isinstance(made, DomainError):
            self.have[made.source_id, made.warehouse_id] -= quantity
            self.have[made.target_id, made.warehouse_id] = (
                self.have.get((made.target_id, made.warehouse_id), 0) + quantity
            )

    # --- bouquets for the shelf

    @rule(which=pick, where=pick, number=st.integers(1, 2), work=costs, sent=twice)
    def assemble(self, which, where, number, work, sent):
        bouquet, place, key = self.kits[which % len(self.kits)], self.place(where), uuid.uuid4()
        needs = Counter()
        for part in KitItem.objects.filter(kit=bouquet):
            needs[part.product_id, place.pk] += part.quantity * number
        due = [InsufficientStock] if self.lacks(needs) else ()
        made = self.again(
            sent,
            lambda: assemble(bouquet=bouquet, warehouse=place, quantity=Decimal(number), work_cost=work, key=key),
            due=due,
        )
        if not isinstance(made, DomainError):
            for pair, need in needs.items():
                self.have[pair] -= need
            pair = made.product_id, place.pk
            self.have[pair] = self.have.get(pair, Decimal(0)) + number

    @precondition(lambda self: StockBatch.objects.filter(assembly__isnull=False).exists())
    @rule(number=pick, share=st.integers(0, 100), sent=twice)
    def take_apart(self, number, share, sent):
        rows = StockBatch.objects.filter(assembly__isnull=False).select_related("stock").order_by("pk")
        batch, key = rows[number % rows.count()], uuid.uuid4()
        place = batch.stock.warehouse_id
        parts = list(batch.parts.all())
        # Where a shortage is open the stems that come back are gone at once: nothing is left to be spoiled.
        spoiled = {
            part.product_id: (part.quantity * share / 100).quantize(Decimal("0.001"), ROUND_DOWN)
            for part in parts
            if number % 2 and self.have[part.product_id, place] >= 0
        }
        due = [InsufficientBatch, InsufficientStock] if batch.remaining < 1 else ()
        made = self.again(sent, lambda: take_apart(batch=batch, spoiled=spoiled, key=key), due=due)
        if not isinstance(made, DomainError):
            self.have[batch.stock.product_id, place] -= 1
            for part in parts:
                self.have[part.product_id, place] += part.quantity - spoiled.get(part.product_id, 0)
            self.see_write_offs()

    @rule(where=pick)
    def sell_before_entry_or_not(self, where):
        """A warehouse begins to sell before entry, or stops where nothing is owed."""
        place = Warehouse.objects.get(pk=self.place(where).pk)
        owed = any(have < 0 for pair, have in self.have.items() if pair[1] == place.pk)
        place.allow_short, place.short_limit = place.pk not in self.lenient, SHORT_LIMIT

        def save():
            refuse_to_forbid_what_is_owed(place)
            place.save()

        due = [BadInput] if owed and not place.allow_short else ()
        if not isinstance(self.act(save, due=due), DomainError):
            self.lenient ^= {place.pk}

    # --- the books

    @rule()
    def close_and_reopen_a_period(self):
        """Everything here is posted today, so the days before can be closed and stay as they are."""
        yesterday = timezone.localdate() - timedelta(days=1)
        closing = self.act(lambda: close_period(upto=yesterday))
        self.act(lambda: close_period(upto=yesterday), due=[BadInput])
        self.act(lambda: reopen_period(closing))

    # --- counting

    @rule(where=pick, twice=twice)
    def open_stock_take(self, where, twice):
        place, key = self.place(where), uuid.uuid4()
        made = self.again(twice, lambda: open_stock_take(warehouse=place, key=key))
        self.takes[made.pk] = Take(place.pk)

    @precondition(lambda self: self.takes)
    @rule(number=pick, what=pick, off=st.decimals("-3", "3", places=3), again=st.sampled_from([None, *CountedAgain]))
    def count(self, number, what, off, again):
        """Mostly what is there, give or take a little."""
        key = list(self.takes)[number % len(self.takes)]
        take, item = self.takes[key], self.item(what)
        pair = item.pk, take.place
        found = max(self.on_hand(pair) + off, Decimal(0))
        before = take.counted.get(item.pk)
        elsewhere = any(
            other is not take and other.state == "open" and other.place == take.place and item.pk in other.counted
            for other in self.takes.values()
        )
        due = ()
        if take.state != "open":
            due = [StockTakeClosed]
        elif elsewhere or (before and (again is None or (again == CountedAgain.ADD and before[1] != self.have[pair]))):
            due = [CountRefused]
        made = self.act(
            lambda: count(StockTake.objects.get(pk=key), product=item, quantity=found, again=again), due=due
        )
        if not isinstance(made, DomainError):
            total = found + before[0] if before and again == CountedAgain.ADD else found
            take.counted[item.pk] = total, self.have[pair]

    @precondition(lambda self: any(take.counted for take in self.takes.values()))
    @rule(number=pick)
    def forget_count(self, number):
        rows = [(key, item) for key, take in self.takes.items() for item in take.counted]
        key, item = rows[number % len(rows)]
        take = self.takes[key]
        line = CountLine.objects.get(stock_take=key, stock__product=item)
        due = [] if take.state == "open" else [StockTakeClosed]
        if not isinstance(self.act(lambda: forget_count(line), due=due), DomainError):
            del take.counted[item]

    @precondition(lambda self: self.takes)
    @rule(number=pick, give_up=st.integers(0, 3))
    def apply_stock_take(self, number, give_up):
        """Three of four are applied."""
        key = list(self.takes)[number % len(self.takes)]
        take = self.takes[key]
        row = StockTake.objects.get(pk=key)
        if not give_up:
            due = [StockTakeClosed] if take.state == "applied" else ()
            if not isinstance(self.act(lambda: cancel_stock_take(row), due=due), DomainError):
                take.state = "cancelled"
            return
        differences = {item: counted - then for item, (counted, then) in take.counted.items()}
        due = ()
        if take.state == "cancelled":
            due = [StockTakeClosed]
        elif take.state == "open" and (
            not differences or any(-each > self.on_hand((item, take.place)) for item, each in differences.items())
        ):
            due = [CountRefused]
        made = self.act(lambda: apply_stock_take(row), due=due)
        if not isinstance(made, DomainError) and take.state == "open":
            take.state = "applied"
            for item, difference in differences.items():
                self.have[item, take.place] += difference

    # --- demands and promises

    @rule(number=pick, quantity=few, ahead=st.integers(0, 5))
    def ask(self, number, quantity, ahead):
        pair = self.pair(number)
        item, place = self.objects_of(pair)
        day = timezone.localdate() + timedelta(days=ahead)
        [demand] = self.act(lambda: freeze_demands([DemandInput(item, quantity)], warehouse=place, needed_on=day))
        self.act(lambda: reserve([demand]))
        self.asked.append(Asked(demand.pk, pair, quantity))

    @precondition(lambda self: self.asked)
    @rule(number=pick)
    def sell_what_was_asked(self, number):
        row = self.asked[number % len(self.asked)]
        demand = StockDemand.objects.get(pk=row.demand)
        own = Counter({row.pair: sum(demand.reservations.filter(is_active=True).values_list("quantity", flat=True))})
        due = ()
        if row.state == "cancelled":
            due = [DomainError]
        elif row.state == "open" and row.pair[1] in self.lenient:
            due = self.due_where_short_is_allowed([(row.pair, row.quantity)])
        elif row.state == "open" and self.lacks(Counter({row.pair: row.quantity}), own):
            due = [InsufficientStock]
        sales = self.act(lambda: SaleProcessor.sell([demand]), due=due)
        if row.state == "open" and not isinstance(sales, DomainError):
            row.state = "sold"
            self.sold(sales[0], row.pair, row.quantity)

    @rule(number=pick, quantity=few, beyond=st.booleans())
    def sell_before_it_is_entered(self, number, quantity, beyond):
        """What is there goes first, promised or not; the rest opens a shortage. `beyond`: more than there is, surely."""
        pair = self.pair(number)
        item, place = self.objects_of(pair)
        there = self.on_hand(pair)
        wanted = there + quantity if beyond else quantity

        def sell():
            [demand] = freeze_demands([DemandInput(item, wanted)], warehouse=place, needed_on=timezone.localdate())
            give_way({self.stock(pair).pk: min(there, wanted)})
            return engine.sell([demand.pk], [Decimal(5)], by=None, at=timezone.now(), allow_short=True)

        [done] = self.act(sell)
        assert done.short == max(wanted - there, 0)
        self.asked.append(Asked(done.demand_id, pair, wanted, "sold"))
        self.sold(Sale.objects.get(pk=done.sale_id), pair, wanted)

    @precondition(lambda self: self.asked)
    @rule(number=pick, cancel=st.booleans())
    def let_go(self, number, cancel):
        row = self.asked[number % len(self.asked)]
        demands = list(StockDemand.objects.filter(pk=row.demand))
        self.act(lambda: (cancel_demands if cancel else release)(demands))
        if cancel and row.state == "open":
            row.state = "cancelled"

    @rule(days=st.integers(0, 5))
    def reserve_waiting(self, days):
        self.act(lambda: reserve_waiting(on=timezone.localdate() + timedelta(days=days)))

    @precondition(lambda self: Reservation.objects.filter(is_active=True).exists())
    @rule(number=pick, share=st.integers(1, 100), end=st.booleans())
    def save_a_reservation(self, number, share, end):
        """By hand, as the admin does: saved again, lowered, ended."""
        rows = Reservation.objects.filter(is_active=True).order_by("pk")
        row = rows[number % rows.count()]
        row.quantity = max((row.quantity * share / 100).quantize(Decimal("0.001"), ROUND_DOWN), Decimal("0.001"))
        row.is_active = not end
        self.act(row.save)

    @rule()
    def save_everything_again(self):
        """The accident of docs/DOUBLE_SALE_FIX.md: rows saved once more, by whoever, change nothing."""
        # An order counts its saves in `version`, and reserves what it still lacks.
        kept = sorted({*self.tables} - {"orders_order", "inventory_reservation", "inventory_stock"})
        before = fingerprint(kept)
        for rows in (
            Order.objects.all(),
            Sale.objects.filter(processed=True),
            Reservation.objects.filter(is_active=True),
        ):
            for row in rows:
                with transaction.atomic():
                    row.save()
        assert fingerprint(kept) == before

    # --- orders

    @rule(
        wanted=wishes, where=pick, ahead=st.integers(0, 5), off=st.integers(0, 100), sent=twice, confirm=st.booleans()
    )
    def place_order(self, *, wanted, where, ahead, off, sent, confirm):
        lines, place, key = self.inputs(wanted), self.place(where), uuid.uuid4()
        worth = sum(((line.product or line.kit).sale_price * line.quantity for line in lines), Decimal(0))
        taken = OrderInput(
            due_on=timezone.localdate() + timedelta(days=ahead), lines=lines, warehouse=place,
            discount=(worth * off / 200).quantize(Decimal("0.01"), ROUND_DOWN),
            status=status_of(Category.CONFIRMED) if confirm else None,
        )  # fmt: skip
        due = [NothingToSell] if confirm and not lines else ()
        made = self.again(sent, lambda: place_order(taken, key=key), due=due)
        if isinstance(made, Order):
            known = Known(made.pk, place.pk, Category.CONFIRMED if confirm else Category.DRAFT)
            self.read_lines(known)
            if confirm:
                self.freeze(known)
            self.orders.append(known)

    @precondition(lambda self: self.orders)
    @rule(number=pick, wanted=wishes, where=pick, keep=st.booleans(), ahead=st.integers(0, 5))
    def change_order(self, number, wanted, where, keep, ahead):
        known = self.some_order(number)
        lines, place = self.inputs(wanted), self.place(where)
        if keep:
            kept = [
                LineInput(quantity=line.quantity, item=line.item, **{"product" if line.goods in self.goods else "kit": line.goods})
                for line in known.lines
            ]  # fmt: skip
            lines = [*kept, *lines]
        taken = OrderInput(due_on=timezone.localdate() + timedelta(days=ahead), lines=lines, warehouse=place)
        due = ()
        if known.stage in {Stage.SOLD, Stage.CANCELLED}:
            due = [LinesLocked]
        elif known.stage is Stage.RESERVED and not lines:
            due = [NothingToSell]
        if isinstance(self.act(lambda: change_order(self.row(known), taken), due=due), DomainError):
            return
        known.warehouse = place.pk
        self.read_lines(known, kept=known.lines)
        if known.stage is Stage.RESERVED:
            self.freeze(known)

    @precondition(lambda self: any(known.lines for known in self.orders))
    @rule(number=pick)
    def delete_a_line(self, number):
        rows = [(known, line) for known in self.orders for line in known.lines]
        known, line = rows[number % len(rows)]
        if known.stage is Stage.RESERVED and len(known.lines) == 1:
            return  # the admin refuses to leave a confirmed order without lines
        due = [LinesLocked] if known.stage is Stage.SOLD else ()
        if not isinstance(self.act(lambda: OrderItem.objects.get(pk=line.item).delete(), due=due), DomainError):
            known.lines.remove(line)

    @precondition(lambda self: self.orders)
    @rule(number=pick)
    def confirm_order(self, number):
        known = self.some_order(number)
        onward = known.category if known.stage is Stage.RESERVED else Category.CONFIRMED
        due = [WrongStatus] if known.stage in {Stage.SOLD, Stage.CANCELLED} else ()
        self.move(known, lambda: confirm_order(self.row(known)), onward, due=due)

    @precondition(lambda self: self.orders)
    @rule(number=pick)
    def complete_order(self, number):
        known = self.some_order(number)
        due = [WrongStatus] if known.stage is Stage.CANCELLED else ()
        self.move(known, lambda: complete_order(self.row(known)), Category.COMPLETED, due=due)

    @precondition(lambda self: self.orders)
    @rule(number=pick)
    def cancel_order(self, number):
        known = self.some_order(number)
        self.move(known, lambda: cancel_order(self.row(known)), Category.CANCELLED)

    @precondition(lambda self: self.orders)
    @rule(number=pick)
    def reopen_order(self, number):
        known = self.some_order(number)
        due = () if known.stage in {Stage.SOLD, Stage.CANCELLED} else [WrongStatus]
        self.move(known, lambda: reopen_order(self.row(known)), Category.CONFIRMED, due=due)

    @precondition(lambda self: self.orders)
    @rule(number=pick, category=st.sampled_from(list(Category)), by_hand=st.booleans())
    def set_status(self, number, category, by_hand):
        """Any status from any other, through the service or by saving the row, as a shell does."""
        known = self.some_order(number)

        def save():
            row = self.row(known)
            row.status = status_of(category)
            row.save()

        self.move(known, save if by_hand else lambda: set_status(self.row(known), status_of(category)), category)

    @precondition(lambda self: self.orders)
    @rule(number=pick)
    def sync_stock_to_status(self, number):
        known = self.some_order(number)
        self.move(known, lambda: sync_stock_to_status(self.row(known), by=None), known.category)

    @precondition(lambda self: any(known.lines for known in self.orders))
    @rule(number=pick, parts=st.lists(st.tuples(pick, few), min_size=1, max_size=3))
    def replace_demands(self, number, parts):
        rows = [(known, line) for known in self.orders for line in known.lines]
        known, line = rows[number % len(rows)]
        wanted = [DemandInput(self.item(each), quantity) for each, quantity in parts]
        due = () if known.stage is Stage.RESERVED else [DomainError]
        made = self.act(lambda: replace_demands(OrderItem.objects.get(pk=line.item), wanted, by=None), due=due)
        if not isinstance(made, DomainError):
            line.parts = [(want.product.pk, want.quantity) for want in wanted]

    @rule(number=pick, quantity=st.decimals("0.001", "5", places=3))
    def change_a_recipe(self, number, quantity):
        """What was confirmed stays as it was frozen."""
        rows = KitItem.objects.order_by("pk")
        rows.filter(pk=rows[number % rows.count()].pk).update(quantity=quantity)

    # --- requests that are wrong in themselves

    @rule(quantity=st.sampled_from(["0", "-1", "NaN", "Infinity", "0.0001", "1e20"]), number=pick)
    def refuse_what_can_not_be_meant(self, quantity, number):
        item, place = self.objects_of(self.pair(number))
        asked = Decimal(quantity)
        for call in (
            lambda: receive_stock(product=item, warehouse=place, quantity=asked, unit_cost=Decimal(1)),
            lambda: write_off(product=item, warehouse=place, quantity=asked, reason="wilted"),
            lambda: SaleProcessor.create_sale(product=item, warehouse=place, quantity=asked, sale_price=Decimal(1)),
            lambda: place_order(OrderInput(due_on=timezone.localdate(), lines=[LineInput(asked, product=item)])),
        ):
            self.act(call, due=[DomainError])

    @rule(number=pick, quantity=few)
    def reuse_a_key(self, number, quantity):
        item, place = self.objects_of(self.pair(number))
        key = uuid.uuid4()
        given = {"product": item, "warehouse": place, "unit_cost": Decimal(1), "key": key}
        self.act(lambda: receive_stock(quantity=quantity, **given))
        self.have[item.pk, place.pk] += quantity
        self.act(lambda: receive_stock(quantity=quantity + 1, **given), due=[KeyReused])

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


def profile() -> tuple[int, int, int]:
    """Examples, steps in each, seed: of STOCK_MACHINE, else a short run with a seed of its own."""
    sizes, _colon, chosen = os.environ.get("STOCK_MACHINE", "20x25").partition(":")
    examples, _x, steps = sizes.partition("x")
    return int(examples), int(steps), int(chosen or random.randrange(10**9))  # noqa: S311 - a seed


@pytest.mark.slow
def test_any_sequence_of_services_keeps_the_stock_right(shop):
    examples, steps, number = profile()
    sys.stdout.write(
        f"\nSTOCK_MACHINE={examples}x{steps}:{number}\n"
    )  # pytest shows it when the test fails, or with -s
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        # Shrinking takes minutes: give the printed seed for it.
        phases=[Phase.generate, Phase.shrink] if ":" in os.environ.get("STOCK_MACHINE", "") else [Phase.generate],
        print_blob=True,
    )
    seed(number)(get_state_machine_test(StockMachine, settings=chosen))()


# Services without a rule of their own, and why.
WITHOUT_A_RULE = {
    "refresh_total": "money of the order only",
    "reserve_due": "confirming an order calls it",
    "waiting_demands": "reads",
    "checked_reservation": "reads",
    "refuse_what_can_not_be_held": "save_a_reservation calls it",
    "sell_demands": "completing an order calls it",
    "lock_stocks": "locks",
    "lock_stocks_of_demands": "locks",
    "lock_stocks_of_sales": "locks",
    "lock_order": "locks",
    "lock_stocks_of_order": "locks",
    "lock_orders_with_stocks": "locks",
    "set_reserved": "save_a_reservation and every promise call it",
    "bring_reserved_in_line": "save_a_reservation calls it",
    "bring_stock_to": "set_status calls it",
    "refuse_unless_reserved": "reads",
    "checked_quantity": "reads",
    "refusing_taken": "names of places",
    "step_order": "set_status with more refusals",
    "undo_step": "set_status with more refusals",
    "refuse_if_closed": "delete_a_line calls it",
    "let_go": "delete_a_line calls it",
    "status_of": "reads",
    "process": "type_in_a_sale calls it",
    "hold_live_warehouses": "locks",
    "refuse_deleted_products": "reads",
    "refuse_foreign_batch": "reads",
    "closed_upto": "reads",
    "hold_periods": "locks",
    "open_stock_takes": "reads",
    "open_shortages": "reads",
    "owed_in": "reads",
    "save_warehouse": "names and settings; what it refuses has a rule",
    "bouquet_as_made": "reads",
    "undo_assembly": "take_apart for every bouquet",
    "take_back": "return_sale for every line; tests/test_document_races.py has what it adds",
    "correct_cost": "changes no quantity; inventory/tests/test_cost_corrections.py plays random histories of its own",
}
FOLDERS = (
    "inventory/services/*.py",
    "orders/services/l*.py",
    "orders/services/placing.py",
    "orders/services/stock_sync.py",
)


def test_every_service_that_moves_goods_has_a_rule():
    """A new service: add a rule to the machine, an operation to tests/chaos/operations.py, or a reason above."""
    root = Path(django_settings.BASE_DIR)
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(Path(__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    } | {"cancel_demands", "release"}  # called through a choice
    services = set()
    for file in (file for pattern in FOLDERS for file in root.glob(pattern)):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        processors = [node for node in top if isinstance(node, ast.ClassDef) and node.name.endswith("Processor")]
        for node in [*top, *(node for processor in processors for node in processor.body)]:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                services.add(node.name)
    missing = services - called - set(WITHOUT_A_RULE)
    assert not missing, f"without a rule: {sorted(missing)}"
    assert set(WITHOUT_A_RULE) <= services, "left over in WITHOUT_A_RULE"
