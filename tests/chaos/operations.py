"""What a worker may ask for: drawn at random from what the shop holds, carried out through the services.

A request is drawn first and carried out afterwards, so that it can be written down in between and sent again with the
same key. A new service gets a line in REQUESTS: how often, how it is drawn, how it is done.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from core.idempotency import once
from inventory import engine
from inventory.models import (
    IssueOrder,
    PeriodClosing,
    ReceiptLine,
    Sale,
    Stock,
    StockBatch,
    StockTake,
    Transfer,
    Warehouse,
    WriteOff,
)
from inventory.services.assembling import assemble, take_apart
from inventory.services.cost_corrections import correct_cost
from inventory.services.demands import DemandInput, freeze_demands
from inventory.services.periods import close_period, reopen_period
from inventory.services.places import refuse_to_forbid_what_is_owed
from inventory.services.receiving import ReceiptLineInput, post_receipt
from inventory.services.regrading import mark_down, regrade
from inventory.services.repairing import repair
from inventory.services.reservations import give_way, reserve_waiting
from inventory.services.returns import return_sale, return_to_supplier
from inventory.services.sale_processor import SaleProcessor
from inventory.services.stock_takes import apply_stock_take, cancel_stock_take, count, open_stock_take
from inventory.services.stocks import ensure_stocks, lock_stocks
from inventory.services.transfers import (
    Missing,
    TransferLineInput,
    cancel_transfer,
    receive_transfer,
    send_transfer,
    transfer_stock,
)
from inventory.services.write_offs import reverse_write_off, write_off
from orders.domain.lifecycle import Category
from orders.models import Order, OrderItem
from orders.services.holding import let_go_of, orders_to_let_go
from orders.services.lifecycle import cancel_order, complete_order, confirm_order, reopen_order, set_status, status_of
from orders.services.payments import record_payment
from orders.services.placing import LineInput, OrderInput, change_order, place_order
from orders.services.prices import correct_price
from orders.services.stock_sync import replace_demands
from products.models import KitItem, Product, ProductKit
from products.recipes import Component

RECENT = 40  # how far back a worker looks for something to act on: a small number makes them meet


@dataclass(frozen=True)
class World:
    """The goods of a shop that the workers move: keys of products, warehouses and bouquets."""

    products: tuple[int, ...]
    warehouses: tuple[int, ...]
    kits: tuple[int, ...]


def build_world(stocks: int, *, plenty: bool = True) -> World:
    """Goods in the current shop, one product and warehouse per stock: one alone, else half of them in each of two
    warehouses, the second of which issues what wilts first and sells before entry. With `plenty` every stock gets 40
    to begin with: few enough that now and then they don't suffice."""
    places = [Warehouse.objects.get(is_default=True)]
    if stocks > 1:
        second = Warehouse.objects.create(name="Second cold room", issue_order=IssueOrder.FEFO, allow_short=True)
        places.append(second)
    goods = [
        Product.objects.create(name=f"Flower {n}", sale_price=Decimal(10 + n)) for n in range(stocks // len(places))
    ]
    kits = []
    for number in range(3):
        bouquet = ProductKit.objects.create(name=f"Bouquet {number}", sale_price=Decimal(100))
        # In another order than the keys, so that locks taken as they come would cross.
        parts = {goods[(number * 3 + step * 7) % len(goods)] for step in range(3)}
        for part in sorted(parts, key=lambda item: -item.pk if number % 2 else item.pk):
            KitItem.objects.create(kit=bouquet, product=part, quantity=Decimal(1 + number))
        if number:
            KitItem.objects.create(kit=bouquet, inner=kits[-1], quantity=1)
        kits.append(bouquet)
    if plenty:
        for place in places:
            lines = [ReceiptLineInput(item, Decimal(40), Decimal("3.3333")) for item in goods]
            post_receipt(warehouse=place, lines=lines)
    return World(tuple(item.pk for item in goods), tuple(item.pk for item in places), tuple(kit.pk for kit in kits))


# --- Drawing: facts that JSON can write, or None when there is nothing to act on ---------------------------------------


def recent(dice: random.Random, table: str, condition: str = "true") -> int | None:
    """One of the newest rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"select id from {table} where {condition} order by id desc limit {RECENT}")  # noqa: S608 - ours
        keys = [key for (key,) in cursor.fetchall()]
    return dice.choice(keys) if keys else None


def quantity(dice: random.Random, most: int = 8) -> str:
    """Mostly whole, now and then with three decimals."""
    return str(dice.randint(1, most)) if dice.random() < 0.8 else f"{dice.uniform(0.001, most):.3f}"


def goods_of(dice: random.Random, world: World) -> dict[str, Any]:
    return {
        "product": dice.choice(world.products), "warehouse": dice.choice(world.warehouses), "quantity": quantity(dice)
    }  # fmt: skip


def days_ago(dice: random.Random) -> int:
    """Mostly what is posted is dated now; now and then on a day that may be closed."""
    return dice.randint(1, 4) if dice.random() < 0.15 else 0


def draw_receipt(dice: random.Random, world: World) -> dict[str, Any]:
    rows = [
        [dice.choice(world.products), quantity(dice, 8), f"{dice.uniform(0, 50):.4f}", dice.choice([None, 2, 5, 9])]
        for _ in range(dice.randint(1, 3))
    ]
    return {"warehouse": dice.choice(world.warehouses), "rows": rows, "ago": days_ago(dice)}


def draw_write_off(dice: random.Random, world: World) -> dict[str, Any]:
    return {**goods_of(dice, world), "ago": days_ago(dice)}


def draw_late_sale(dice: random.Random, world: World) -> dict[str, Any]:
    return {**goods_of(dice, world), "quantity": quantity(dice, 40)}


def draw_correction(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_receiptline")
    return key and {"line": key, "cost": f"{dice.uniform(0, 900):.4f}"}


def draw_closing(dice: random.Random, world: World) -> dict[str, Any]:
    return {"ago": dice.randint(1, 4)}


def draw_reopening(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_periodclosing", "reopened_at is null")
    return key and {"closing": key}


def draw_policy(dice: random.Random, world: World) -> dict[str, Any]:
    return {
        **draw_place(dice, world), "allow_short": dice.random() < 0.8, "issue_order": dice.choice(IssueOrder.values)
    }  # fmt: skip


def draw_lines(dice: random.Random, world: World) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for _ in range(dice.randint(1, 4)):
        if dice.random() < 0.3:
            rows.append(["kit", dice.choice(world.kits), str(dice.randint(1, 2))])
        else:
            rows.append(["product", dice.choice(world.products), quantity(dice, 4)])
    return rows


def draw_order(dice: random.Random, world: World) -> dict[str, Any]:
    return {
        "warehouse": dice.choice(world.warehouses), "ahead": dice.choice([0, 0, 1, 5]),
        "lines": draw_lines(dice, world), "confirm": dice.random() < 0.8, "hold": dice.choice([None, None, 0, 2]),
    }  # fmt: skip


def draw_change(dice: random.Random, world: World) -> dict[str, Any] | None:
    order = an_order(dice, world)
    return order and {**order, **draw_order(dice, world)}


def an_order(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "orders_order")
    return key and {"order": key}


def a_standing_order(dice: random.Random, world: World) -> dict[str, Any] | None:
    """Now one of the newest, now one that has stood long: else ever more would wait for goods."""
    if dice.random() < 0.3:
        return an_order(dice, world)
    with connection.cursor() as cursor:
        cursor.execute(
            "select o.id from orders_order o join orders_orderstatus s on s.id = o.status_id"
            " where s.category not in ('completed', 'cancelled') order by o.id limit %s", [RECENT],
        )  # fmt: skip
        keys = [key for (key,) in cursor.fetchall()]
    return {"order": dice.choice(keys)} if keys else None


def draw_status(dice: random.Random, world: World) -> dict[str, Any] | None:
    order = an_order(dice, world)
    return order and {**order, "category": dice.choice(list(Category)).value}


def draw_substitution(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "orders_orderitem")
    return key and {"item": key, "product": dice.choice(world.products), "quantity": quantity(dice, 4)}


def draw_batch(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_stockbatch", "is_open")
    return key and {"batch": key, "quantity": quantity(dice, 4)}


def draw_return(dice: random.Random, world: World) -> dict[str, Any] | None:
    """Of three returns one is partly spoiled, and one is carried on to the other warehouse, if there is one."""
    key = recent(dice, "inventory_sale")
    back = quantity(dice, 3)
    spoiled = f"{Decimal(back) * dice.choice([1, 5, 10]) / 10:.3f}" if dice.random() < 0.33 else "0"
    to = dice.choice(world.warehouses) if dice.random() < 0.33 else None
    return key and {"sale": key, "quantity": back, "spoiled": spoiled, "to": to}


def draw_reversal(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_writeoff")
    return key and {"write_off": key}


def draw_transfer(dice: random.Random, world: World) -> dict[str, Any] | None:
    if len(world.warehouses) < 2:
        return None
    source, target = dice.sample(world.warehouses, 2)
    rows = [[dice.choice(world.products), quantity(dice, 6)] for _ in range(dice.randint(1, 3))]
    return {"source": source, "target": target, "rows": rows}


def a_transfer(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_transfer")
    return key and {"transfer": key, "share": dice.choice([100, 100, 50, 0]), "wait": dice.random() < 0.5}


def draw_regrade(dice: random.Random, world: World) -> dict[str, Any] | None:
    return {**goods_of(dice, world), "target": dice.choice(world.products)} if len(world.products) > 1 else None


def draw_place(dice: random.Random, world: World) -> dict[str, Any]:
    return {"warehouse": dice.choice(world.warehouses)}


def a_stock_take(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_stocktake")
    return key and {
        "stock_take": key, "product": dice.choice(world.products), "off": f"{dice.uniform(-2, 2):.3f}",
        "again": dice.choice([None, "add", "replace"]),
    }  # fmt: skip


def draw_bouquet(dice: random.Random, world: World) -> dict[str, Any]:
    return {"kit": dice.choice(world.kits), "warehouse": dice.choice(world.warehouses), "number": dice.randint(1, 2)}


def a_bouquet(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "inventory_stockbatch", "is_open and assembly_id is not null")
    return key and {"batch": key}


def draw_repair(dice: random.Random, world: World) -> dict[str, Any] | None:
    found = a_bouquet(dice, world)
    return found and {**found, "share": dice.choice([0, 0, 40, 100]), "more": dice.randint(0, 2)}


def draw_price(dice: random.Random, world: World) -> dict[str, Any] | None:
    key = recent(dice, "orders_order", "completed_at is not null")
    return key and {"order": key, "total": str(dice.randint(0, 500))}


def draw_end(dice: random.Random, world: World) -> dict[str, Any]:
    return {"ahead": dice.randint(0, 3)}


# --- Doing: each answers with the row it made or moved ------------------------------------------------------------------


def taken(facts: dict[str, Any]) -> OrderInput:
    goods = {"product": Product, "kit": ProductKit}
    return OrderInput(
        due_on=timezone.localdate() + timedelta(days=facts["ahead"]),
        warehouse=Warehouse.objects.get(pk=facts["warehouse"]),
        lines=[
            LineInput(Decimal(amount), **{kind: goods[kind].objects.get(pk=key)})
            for kind, key, amount in facts["lines"]
        ],
        status=status_of(Category.CONFIRMED) if facts["confirm"] else None,
        hold_until=None if facts["hold"] is None else in_days(facts["hold"]),
    )


def do_receipt(facts: dict[str, Any], key: UUID) -> Any:
    lines = [
        ReceiptLineInput(Product.objects.get(pk=item), Decimal(amount), Decimal(cost), wilts and in_days(wilts))
        for item, amount, cost, wilts in facts["rows"]
    ]
    # Without a day of receipt of its own the same request stays the same when it is sent again.
    place = Warehouse.objects.get(pk=facts["warehouse"])
    return post_receipt(warehouse=place, lines=lines, at=moment(facts), key=key)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def moment(facts: dict[str, Any]) -> datetime:
    return timezone.now() - timedelta(days=facts["ago"])


def do_sale(facts: dict[str, Any], key: UUID) -> Any:
    return SaleProcessor.create_sale(**what_and_where(facts), sale_price=Decimal(20), key=key)


def do_sale_by_hand(facts: dict[str, Any], key: UUID) -> Any:
    return Sale.objects.create(**what_and_where(facts))


def do_write_off(facts: dict[str, Any], key: UUID) -> Any:
    return write_off(**what_and_where(facts), reason="wilted", at=moment(facts), key=key)


def do_reversal(facts: dict[str, Any], key: UUID) -> Any:
    return reverse_write_off(WriteOff.objects.get(pk=facts["write_off"]), key=key)


def do_supplier_return(facts: dict[str, Any], key: UUID) -> Any:
    batch = StockBatch.objects.get(pk=facts["batch"])
    return return_to_supplier(batch=batch, quantity=Decimal(facts["quantity"]), key=key)


def do_return(facts: dict[str, Any], key: UUID) -> Any:
    return return_sale(
        sale=Sale.objects.get(pk=facts["sale"]), quantity=Decimal(facts["quantity"]), spoiled=Decimal(facts["spoiled"]),
        to=facts["to"] and Warehouse.objects.get(pk=facts["to"]), key=key,
    )  # fmt: skip


def do_correction(facts: dict[str, Any], key: UUID) -> Any:
    return correct_cost(ReceiptLine.objects.get(pk=facts["line"]), cost=Decimal(facts["cost"]), key=key)


def do_closing(facts: dict[str, Any], key: UUID) -> Any:
    return close_period(upto=in_days(-facts["ago"]))


def do_reopening(facts: dict[str, Any], key: UUID) -> Any:
    return reopen_period(PeriodClosing.objects.get(pk=facts["closing"]))


def do_policy(facts: dict[str, Any], key: UUID) -> Any:
    """A warehouse begins to sell before entry or stops, and chooses which goods leave first."""
    place = Warehouse.objects.get(pk=facts["warehouse"])
    place.allow_short, place.issue_order = facts["allow_short"], facts["issue_order"]
    refuse_to_forbid_what_is_owed(place)
    place.save()
    return place


def do_order(facts: dict[str, Any], key: UUID) -> Any:
    return place_order(taken(facts), key=key)


def do_change(facts: dict[str, Any], key: UUID) -> Any:
    return change_order(an_order_row(facts), taken(facts))


def do_status(facts: dict[str, Any], key: UUID) -> Any:
    return set_status(an_order_row(facts), status_of(Category(facts["category"])))


def do_status_by_hand(facts: dict[str, Any], key: UUID) -> Any:
    row = an_order_row(facts)
    row.status = status_of(Category(facts["category"]))
    row.save()
    return row


def do_payment(facts: dict[str, Any], key: UUID) -> Any:
    return record_payment(an_order_row(facts), amount=Decimal(5), method="cash", key=key)


def do_substitution(facts: dict[str, Any], key: UUID) -> Any:
    item = OrderItem.objects.filter(pk=facts["item"]).select_related("order").first()
    if item is None:
        return None
    wanted = [DemandInput(Product.objects.get(pk=facts["product"]), Decimal(facts["quantity"]))]
    replace_demands(item, wanted, by=None)
    return item.order


def do_short_sale(facts: dict[str, Any], key: UUID) -> Any:
    """A fact that arrives late: sold before it was entered, whatever the warehouse allows."""
    asked = what_and_where(facts)

    def sell() -> Sale:
        [stock_id] = ensure_stocks([(asked["product"].pk, asked["warehouse"].pk)]).values()
        stock = lock_stocks([stock_id])[stock_id]
        [demand] = freeze_demands(
            [DemandInput(asked["product"], asked["quantity"])],
            warehouse=asked["warehouse"],
            needed_on=timezone.localdate(),
        )
        give_way({stock_id: min(stock.quantity, asked["quantity"])})
        [sold] = engine.sell([demand.pk], [Decimal(1)], by=None, at=timezone.now(), allow_short=True)
        return Sale.objects.get(pk=sold.sale_id)

    return once(scope="chaos_short_sale", key=key, payload=facts, do=sell, model=Sale)


def transfer_of(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": Warehouse.objects.get(pk=facts["source"]),
        "target": Warehouse.objects.get(pk=facts["target"]),
        "lines": [TransferLineInput(Product.objects.get(pk=item), Decimal(amount)) for item, amount in facts["rows"]],
    }


def do_arrival(facts: dict[str, Any], key: UUID) -> Any:
    row = Transfer.objects.get(pk=facts["transfer"])
    # Of what was sent, not of what is missing now: the same request must be the same when it is sent again.
    arrived = {line.pk: round(line.quantity * facts["share"] / 100, 3) for line in row.lines.all()}
    missing = Missing.WAIT if facts["wait"] else Missing.WRITE_OFF
    return receive_transfer(row, arrived=None if facts["share"] == 100 else arrived, missing=missing, key=key)


def do_regrade(facts: dict[str, Any], key: UUID) -> Any:
    given = what_and_where(facts)
    target = Product.objects.get(pk=facts["target"])
    return regrade(source=given.pop("product"), target=target, key=key, **given)


def do_count(facts: dict[str, Any], key: UUID) -> Any:
    """Counted is what is there, give or take a little; counted at another moment it is another number, so without key."""
    take = StockTake.objects.get(pk=facts["stock_take"])
    there = Stock.objects.filter(product=facts["product"], warehouse=take.warehouse_id).first()
    found = max((there.quantity if there else Decimal(0)) + Decimal(facts["off"]), Decimal(0))
    return count(
        take, product=Product.objects.get(pk=facts["product"]), quantity=found, again=facts["again"],
        watermark=there.version if there else None,
    )  # fmt: skip


def do_assembly(facts: dict[str, Any], key: UUID) -> Any:
    return assemble(
        bouquet=ProductKit.objects.get(pk=facts["kit"]), warehouse=Warehouse.objects.get(pk=facts["warehouse"]),
        quantity=Decimal(facts["number"]), work_cost=Decimal("0.0101"), key=key,
    )  # fmt: skip


def do_repair(facts: dict[str, Any], key: UUID) -> Any:
    batch = StockBatch.objects.get(pk=facts["batch"])
    stems = list(batch.parts.select_related("product").order_by("pk"))
    spoiled = {stem.product_id: (stem.quantity * facts["share"] / 100).quantize(Decimal("0.001")) for stem in stems}
    return repair(
        batch=batch, parts=[Component(stem.product, stem.quantity + facts["more"]) for stem in stems], spoiled=spoiled,
        work_cost=Decimal("0.0101"), key=key,
    )  # fmt: skip


def do_price(facts: dict[str, Any], key: UUID) -> Any:
    order = an_order_row(facts)
    return correct_price(order, total=Decimal(facts["total"]), seen=order.total, reason="chaos", key=key)


def do_end(facts: dict[str, Any], key: UUID) -> Any:
    at = timezone.now() + timedelta(days=facts["ahead"])
    return [let_go_of(order, at=at) for order in orders_to_let_go(at)[:1]]


def of_stock_take(service: Callable[[StockTake], Any]) -> Callable[[dict[str, Any], UUID], Any]:
    return lambda facts, key: service(StockTake.objects.get(pk=facts["stock_take"]))


def what_and_where(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "product": Product.objects.get(pk=facts["product"]),
        "warehouse": Warehouse.objects.get(pk=facts["warehouse"]),
        "quantity": Decimal(facts["quantity"]),
    }


def an_order_row(facts: dict[str, Any]) -> Order:
    return Order.objects.get(pk=facts["order"])


def of_order(service: Callable[[Order], Any]) -> Callable[[dict[str, Any], UUID], Any]:
    return lambda facts, key: service(an_order_row(facts))


@dataclass(frozen=True)
class Request:
    """How often (parts of the sum), how drawn, how done. `scope` names the idempotency keys it leaves, `table` the rows
    it makes, one for each key; `moves` says that it takes an order on and counts its version up."""

    weight: int
    draw: Callable[[random.Random, World], dict[str, Any] | None]
    do: Callable[[dict[str, Any], UUID], Any]
    scope: str = ""
    table: str = ""
    moves: bool = False


# fmt: off
REQUESTS: dict[str, Request] = {
    "receipt": Request(14, draw_receipt, do_receipt, "receipt", "inventory_receipt"),
    "write_off": Request(6, draw_write_off, do_write_off, "write_off", "inventory_writeoff"),
    "reversal": Request(4, draw_reversal, do_reversal, "write_off_reversal"),
    "supplier_return": Request(3, draw_batch, do_supplier_return, "supplier_return", "inventory_supplierreturn"),
    "sale": Request(8, goods_of, do_sale, "sale"),
    "sale_by_hand": Request(2, goods_of, do_sale_by_hand),
    "short_sale": Request(3, draw_late_sale, do_short_sale, "chaos_short_sale"),
    "return": Request(5, draw_return, do_return, "sale_return", "inventory_salereturn"),
    "order": Request(18, draw_order, do_order, "order", "orders_order"),
    "change": Request(5, draw_change, do_change, moves=True),
    "confirm": Request(4, an_order, of_order(confirm_order), moves=True),
    "complete": Request(16, an_order, of_order(complete_order), moves=True),
    "cancel": Request(9, a_standing_order, of_order(cancel_order), moves=True),
    "reopen": Request(5, an_order, of_order(reopen_order), moves=True),
    "status": Request(3, draw_status, do_status, moves=True),
    "status_by_hand": Request(2, draw_status, do_status_by_hand, moves=True),
    "substitution": Request(3, draw_substitution, do_substitution, moves=True),
    "payment": Request(3, an_order, do_payment, "payment", "orders_payment"),
    "send": Request(4, draw_transfer, lambda facts, key: send_transfer(**transfer_of(facts), key=key),
                    "transfer", "inventory_transfer"),
    "carry": Request(4, draw_transfer, lambda facts, key: transfer_stock(**transfer_of(facts), key=key),
                     "transfer_at_once", "inventory_transfer"),
    "arrival": Request(4, a_transfer, do_arrival, "transfer_receipt"),
    "call_back": Request(2, a_transfer, lambda facts, key: cancel_transfer(Transfer.objects.get(pk=facts["transfer"]))),
    "regrade": Request(3, draw_regrade, do_regrade, "regrade", "inventory_regrade"),
    "mark_down": Request(1, goods_of, lambda facts, key: mark_down(**what_and_where(facts), price=Decimal(5), key=key),
                         "mark_down", "inventory_regrade"),
    "assembly": Request(3, draw_bouquet, do_assembly, "assembly", "inventory_assembly"),
    "disassembly": Request(2, a_bouquet, lambda facts, key: take_apart(
        batch=StockBatch.objects.get(pk=facts["batch"]), key=key), "disassembly", "inventory_disassembly"),
    "repair": Request(2, draw_repair, do_repair, "repair", "inventory_assembly"),
    "let_go_of": Request(2, draw_end, do_end),
    "price_note": Request(2, draw_price, do_price, "price_note", "orders_pricenote"),
    "open_stock_take": Request(2, draw_place, lambda facts, key: open_stock_take(
        warehouse=Warehouse.objects.get(pk=facts["warehouse"]), key=key), "stock_take", "inventory_stocktake"),
    "count": Request(6, a_stock_take, do_count),
    "apply_stock_take": Request(2, a_stock_take, of_stock_take(apply_stock_take)),
    "cancel_stock_take": Request(1, a_stock_take, of_stock_take(cancel_stock_take)),
    "correction": Request(4, draw_correction, do_correction, "cost_correction", "inventory_costcorrection"),
    "closing": Request(1, draw_closing, do_closing),
    "reopening": Request(1, draw_reopening, do_reopening),
    "policy": Request(1, draw_policy, do_policy),
    "reserve_waiting": Request(1, lambda dice, world: {}, lambda facts, key: reserve_waiting(on=timezone.localdate())),
}
# fmt: on
NAMES, WEIGHTS = list(REQUESTS), [request.weight for request in REQUESTS.values()]


def draw(dice: random.Random, world: World) -> tuple[str, dict[str, Any]]:
    """A name of REQUESTS and its facts."""
    while True:
        [name] = dice.choices(NAMES, WEIGHTS)
        facts = REQUESTS[name].draw(dice, world)
        if facts is not None:
            return name, facts
