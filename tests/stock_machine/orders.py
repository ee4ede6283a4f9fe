"""Rules: what buyers ask for, from the promise to the sale and back."""

import uuid
from collections import Counter
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.errors import BadInput, DomainError
from core.quantities import round_money
from inventory import engine
from inventory.errors import InsufficientStock
from inventory.models import Reservation, Sale, StockDemand
from inventory.services.demands import DemandInput, cancel_demands, freeze_demands
from inventory.services.reservations import give_way, overdue, release, reserve, reserve_waiting
from inventory.services.sale_processor import SaleProcessor
from orders.domain.lifecycle import Category, Stage
from orders.models import Order, OrderItem
from orders.services.holding import let_go_of, orders_to_let_go
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
from orders.services.prices import correct_price
from orders.services.stock_sync import NothingToSell, replace_demands, sync_stock_to_status
from products.models import KitItem
from tests.stock_machine.oracle import Asked, Known, Oracle, few, fingerprint, pick, twice, wishes


class Orders(Oracle):
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

    @rule(days=st.integers(0, 6))
    def let_go_of_orders(self, days):
        """Nothing is held beyond its time, and nobody is left with goods that others were promised."""
        at = timezone.now() + timedelta(days=days)
        for order in orders_to_let_go(at):
            self.act(lambda order=order: let_go_of(order, at=at))
        assert not overdue(at).exists()

    @precondition(lambda self: self.orders)
    @rule(number=pick, total=st.integers(0, 900))
    def correct_price(self, number, total):
        """The stock hears nothing of it."""
        stored = self.row(self.some_order(number))
        due = [] if stored.status.stage is Stage.SOLD else [WrongStatus]
        if stored.total == total:
            due = [*due, BadInput]
        self.act(lambda: correct_price(stored, total=Decimal(total), seen=stored.total, reason="tired"), due=due)

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
            hold_until=timezone.localdate() + timedelta(days=ahead) if off % 3 == 0 else None,
        )  # fmt: skip
        due, free = [NothingToSell] if confirm and not lines else (), self.free_at(place.pk)
        made = self.again(sent, lambda: place_order(taken, key=key), due=due)
        if isinstance(made, Order):
            known = Known(made.pk, place.pk, Category.CONFIRMED if confirm else Category.DRAFT)
            self.read_lines(known)
            if confirm:
                self.freeze(known, free)
            self.orders.append(known)

    @precondition(lambda self: self.orders)
    @rule(number=pick, wanted=wishes, where=pick, keep=st.booleans(), ahead=st.integers(0, 5))
    def change_order(self, number, wanted, where, keep, ahead):
        known = self.some_order(number)
        lines, place = self.inputs(wanted), self.place(where)
        if keep:
            kept = [
                LineInput(quantity=line.quantity, item=line.item, **{"kit" if line.goods in self.kits else "product": line.goods})
                for line in known.lines
            ]  # fmt: skip
            lines = [*kept, *lines]
        taken = OrderInput(due_on=timezone.localdate() + timedelta(days=ahead), lines=lines, warehouse=place)
        due = ()
        if known.stage in {Stage.SOLD, Stage.CANCELLED}:
            due = [LinesLocked]
        elif self.worth(lines) + self.row(known).corrections < 0:
            due = [BadInput]  # a price note took off more than what is left of the order
        elif known.stage is Stage.RESERVED and not lines:
            due = [NothingToSell]
        if isinstance(self.act(lambda: change_order(self.row(known), taken), due=due), DomainError):
            return
        known.warehouse = place.pk
        self.read_lines(known, kept=known.lines)
        if known.stage is Stage.RESERVED:
            # What the changed lines let go may serve others before these: what is free then is nobody's to say.
            self.freeze(known, None)

    def worth(self, lines):
        """What lines without a price of their own cost, by the catalogue."""
        return sum((round_money((line.product or line.kit).sale_price * line.quantity) for line in lines), Decimal(0))

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
        due = () if known.stage is Stage.RESERVED and line.goods not in self.services else [DomainError]
        made = self.act(lambda: replace_demands(OrderItem.objects.get(pk=line.item), wanted, by=None), due=due)
        if not isinstance(made, DomainError):
            line.parts = [(want.product.pk, want.quantity) for want in wanted]

    @rule(number=pick, quantity=st.decimals("0.001", "5", places=3))
    def change_a_recipe(self, number, quantity):
        """What was confirmed stays as it was frozen."""
        rows = KitItem.objects.order_by("pk")
        row = rows[number % rows.count()]
        rows.filter(pk=row.pk).update(quantity=1 + int(quantity) % 3 if row.inner_id else quantity)
