"""Rules: goods come, go, move, become something else and are counted."""

import uuid
from collections import Counter
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from core.errors import BadInput, DomainError, KeyReused
from inventory.errors import InsufficientBatch, InsufficientStock, PeriodClosed
from inventory.models import (
    CountLine,
    IssueOrder,
    ReceiptLine,
    Sale,
    StockBatch,
    StockTake,
    Transfer,
    Warehouse,
    WriteOff,
)
from inventory.services.assembling import assemble, take_apart
from inventory.services.cost_corrections import CorrectionRefused, correct_cost
from inventory.services.periods import close_period, reopen_period
from inventory.services.places import refuse_to_forbid_what_is_owed
from inventory.services.receiving import ReceiptLineInput, post_receipt, receive_stock
from inventory.services.regrading import mark_down, regrade
from inventory.services.repairing import repair
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
from inventory.tests.factories import FIRST_DAY
from orders.services.placing import LineInput, OrderInput, place_order
from products.recipes import Component
from tests.stock_machine.oracle import (
    SHORT_IN_ALL,
    SHORT_LIMIT,
    Oracle,
    Sent,
    Take,
    costs,
    few,
    fingerprint,
    many,
    pick,
    twice,
)

# Where costs stand, and the papers of a correction. No other table may change with a correction of cost.
WORTH = {
    "core_idempotencykey", "inventory_assembly", "inventory_assemblypart", "inventory_costcorrection",
    "inventory_countline", "inventory_regrade", "inventory_sale", "inventory_saleallocation", "inventory_stock",
    "inventory_stockbatch", "inventory_stockmovement", "inventory_supplierreturn", "inventory_transferline",
    "inventory_writeoff",
}  # fmt: skip


class Goods(Oracle):
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
        due = self.due_for_selling(pair, quantity)
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
        due = self.due_for_selling(pair, quantity)
        ensure_stocks([pair])
        made = self.act(lambda: Sale.objects.create(product=item, warehouse=place, quantity=quantity), due=due)
        self.sold(made, pair, quantity)

    def due_for_selling(self, pair, quantity):
        if pair[1] in self.lenient:
            return self.due_where_short_is_allowed([(pair, quantity)])
        return [InsufficientStock] if self.lacks(Counter({pair: quantity})) else ()

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
        whole = {choices: quantity * number for choices, quantity in self.recipe(bouquet).items()}
        for item, quantity in self.picked(whole, 1, self.free_at(place.pk)).items():  # all of them alike
            needs[item, place.pk] += quantity
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

    @precondition(lambda self: StockBatch.objects.filter(assembly__isnull=False).exists())
    @rule(number=pick, share=st.integers(0, 100), more=st.integers(-1, 3), work=costs, sent=twice)
    def repair(self, *, number, share, more, work, sent):
        rows = StockBatch.objects.filter(assembly__isnull=False).select_related("stock").order_by("pk")
        batch, key = rows[number % rows.count()], uuid.uuid4()
        place = batch.stock.warehouse_id
        stems = list(batch.parts.select_related("product"))
        owed = any(self.have[stem.product_id, place] < 0 for stem in stems)
        spoiled = {
            stem.product_id: (stem.quantity * share / 100).quantize(Decimal("0.001"), ROUND_DOWN)
            for stem in stems
            if number % 2 and not owed
        }
        parts = [Component(stem.product, max(stem.quantity + more, Decimal("0.5"))) for stem in stems]
        needs = {
            (part.product.pk, place): part.quantity - stem.quantity + spoiled.get(part.product.pk, 0)
            for part, stem in zip(parts, stems, strict=True)
        }
        lacks = any(need > self.have[pair] - self.reserved(pair) for pair, need in needs.items())
        due = [InsufficientBatch] if batch.remaining < 1 else [InsufficientStock] if lacks else ()
        made = self.again(
            sent, lambda: repair(batch=batch, parts=parts, spoiled=spoiled, work_cost=work, key=key), due=due
        )
        if not isinstance(made, DomainError):
            for pair, need in needs.items():
                self.have[pair] -= need
            self.see_write_offs()

    @rule(where=pick)
    def sell_before_entry_or_not(self, where):
        """A warehouse begins to sell before entry, or stops where nothing is owed."""
        place = Warehouse.objects.get(pk=self.place(where).pk)
        owed = any(have < 0 for pair, have in self.have.items() if pair[1] == place.pk)
        place.allow_short, place.short_limit = place.pk not in self.lenient, SHORT_LIMIT
        place.short_in_all = SHORT_IN_ALL

        def save():
            refuse_to_forbid_what_is_owed(place)
            place.save()

        due = [BadInput] if owed and not place.allow_short else ()
        if not isinstance(self.act(save, due=due), DomainError):
            self.lenient ^= {place.pk}

    @rule(where=pick)
    def issue_in_another_order(self, where):
        """What came first, or what wilts first: the warehouse decides anew."""
        place = Warehouse.objects.get(pk=self.place(where).pk)
        place.issue_order = IssueOrder.FEFO if place.issue_order == IssueOrder.FIFO else IssueOrder.FIFO
        place.save()

    # --- what goods cost

    @precondition(lambda self: ReceiptLine.objects.exists())
    @rule(number=pick, cost=costs, as_it_was=st.integers(0, 4), sent=twice)
    def correct_cost(self, number, cost, as_it_was, sent):
        """Only worth changes: no quantity, no promise, no posted receipt. One of five asks for the cost there is."""
        rows = ReceiptLine.objects.order_by("pk")
        line, key = rows[number % rows.count()], uuid.uuid4()
        before = line.batches.get().total_cost - line.freight
        cost = cost if as_it_was else before
        kept = [name for name in self.tables if name not in WORTH]
        quantities, rest = quantities_of_batches(), fingerprint(kept)
        due = [CorrectionRefused] if cost == before else ()
        made = self.again(sent, lambda: correct_cost(line, cost=cost, key=key), due=due)
        assert quantities_of_batches() == quantities
        assert fingerprint(kept) == rest
        if not isinstance(made, DomainError):
            assert (made.cost_before, made.cost, made.difference) == (before, cost, cost - before)
            assert line.batches.get().total_cost == cost + line.freight

    # --- the books

    @rule(number=pick, quantity=few, cost=costs)
    def close_and_reopen_a_period(self, number, quantity, cost):
        """What is dated in a closed period is refused, and is posted when the period is open again. A receipt of those
        days keeps its cost as long."""
        item, place = self.objects_of(self.pair(number))
        lines, now = [ReceiptLineInput(item, quantity, cost)], timezone.now()
        before = now - timedelta(days=1)

        def enter(at):
            made = self.act(lambda: post_receipt(warehouse=place, lines=lines, at=at))
            self.have[item.pk, place.pk] += quantity
            return made.lines.get()

        line = enter(before)
        closing = self.act(lambda: close_period(upto=timezone.localdate(before)))
        self.act(lambda: close_period(upto=timezone.localdate(before)), due=[BadInput])
        late = {"product": item, "warehouse": place, "quantity": quantity, "reason": "wilted", "at": before}
        self.act(lambda: post_receipt(warehouse=place, lines=lines, at=before), due=[PeriodClosed])
        there = quantity <= self.on_hand((item.pk, place.pk))
        self.act(lambda: write_off(**late), due=[PeriodClosed if there else InsufficientStock])
        self.act(lambda: correct_cost(line, cost=line.total_cost + 1), due=[CorrectionRefused])
        enter(now)
        self.act(lambda: reopen_period(closing))
        self.act(lambda: correct_cost(line, cost=line.total_cost + 1))
        enter(before)

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


def quantities_of_batches():
    return list(StockBatch.objects.order_by("pk").values_list("pk", "quantity", "remaining", "is_open"))
