"""What the completion of orders is measured with: two floors of hand-written SQL and our own services."""

import os
import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

FLOOR = Path(__file__).with_name("floor.sql")
PLENTY = 1_000_000_000


@dataclass(frozen=True)
class Work:
    """Orders of `lines` lines over `products` products, each line using up `batches` open batches; `history` used-up
    batches lie behind every product."""

    lines: int
    batches: int
    orders: int
    products: int = 200
    history: int = 10

    def draw(self) -> list[list[int]]:
        """The products (1…) of every order, the same for every engine."""
        dice = random.Random(7)
        return [dice.sample(range(1, self.products + 1), self.lines) for _ in range(self.orders)]


def line_quantity(work: Work) -> int:
    """Units of a line: as many as batches it is to use up."""
    return 1 if work.batches == 1 else work.batches


def batch_quantity(work: Work) -> int:
    """Units of a batch."""
    return 20 if work.batches == 1 else 1


def open_batches(work: Work, lines: int) -> int:
    """Batches a product needs for so many lines, and two more."""
    return -(-lines * line_quantity(work) // batch_quantity(work)) + 2


def expect(found: tuple[Any, ...], work: Work) -> None:
    """Sales, allocated units, done orders, units gone from stock, reservations left."""
    lines = work.orders * work.lines
    units = lines * line_quantity(work)
    wanted = (lines, units, work.orders, units, 0)
    if tuple(int(value or 0) for value in found) != wanted:
        raise SystemExit(f"the run does not add up: {found} instead of {wanted}")


class Floor:
    """The floor's schema; `by_function` chooses between its two engines."""

    def reconnect(self) -> None:
        """Open a connection of its own, in a new process."""
        import psycopg2

        self.raw = psycopg2.connect(os.environ["DATABASE_URL"])
        self.raw.autocommit = self.by_function
        with self.raw.cursor() as cursor:
            cursor.execute("set search_path = bench_floor")
        if not self.by_function:
            self.raw.commit()

    def __init__(self, raw: Any, *, by_function: bool) -> None:
        self.raw, self.by_function = raw, by_function

    def prepare(self, work: Work) -> list[int]:
        from psycopg2.extras import execute_values

        self.raw.rollback()
        self.raw.autocommit = True
        with self.raw.cursor() as cursor:
            cursor.execute("drop schema if exists bench_floor cascade")
            cursor.execute(FLOOR.read_text())
            cursor.execute("set synchronous_commit = off")
            cursor.execute("insert into product select generate_series(1, %s)", (work.products,))
            cursor.execute("insert into stock select id, id, %s, %s from product", (PLENTY, PLENTY))
            cursor.execute(
                "insert into batch (stock_id, received_at, quantity, remaining, unit_cost, is_open)"
                " select p, now() - interval '900 days' + h * interval '1 second', 20, 0, 10 + h %% 7, false"
                " from generate_series(1, %s) h, generate_series(1, %s) p",
                (work.history, work.products),
            )
            drawn = work.draw()
            uses: dict[int, int] = {}
            lines, number = [], 0
            for order, products in enumerate(drawn, start=1):
                for product in products:
                    number += 1
                    lines.append((number, order, product, line_quantity(work), 25))
                    uses[product] = uses.get(product, 0) + 1
            execute_values(
                cursor,
                "insert into batch (stock_id, received_at, quantity, remaining, unit_cost, is_open)"
                " select v.p, now() - interval '300 days' + g * interval '1 second', v.size, v.size, 10 + g %% 7, true"
                " from (values %s) v (p, n, size), generate_series(1, v.n) g order by g",
                [(product, open_batches(work, times), batch_quantity(work)) for product, times in uses.items()],
            )
            cursor.execute("insert into orders select g, false from generate_series(1, %s) g", (work.orders,))
            execute_values(cursor, "insert into line values %s", lines, page_size=5000)
            cursor.execute(
                "insert into reservation select l.id, l.id, s.id, l.quantity, true from line l join stock s using (product_id)"
            )
            cursor.execute("vacuum analyze")
            cursor.execute("checkpoint")
            cursor.execute("set synchronous_commit = on")
        self.raw.autocommit = self.by_function
        return list(range(1, work.orders + 1))

    def complete(self, order: int) -> None:
        with self.raw.cursor() as cursor:
            if self.by_function:
                cursor.execute("select complete(%s)", (order,))
            else:
                self._ten_statements(cursor, order)
                self.raw.commit()

    def _ten_statements(self, cursor: Any, order: int) -> None:
        from psycopg2.extras import execute_values

        cursor.execute("update orders set done = true, done_at = now() where id = %s and not done", (order,))
        assert cursor.rowcount == 1
        cursor.execute(
            "select l.id, l.product_id, l.quantity, l.price, s.id from line l join stock s using (product_id)"
            " where l.order_id = %s order by s.id, l.id for update of s",
            (order,),
        )
        lines = cursor.fetchall()
        cursor.execute(
            "select b.* from unnest(%s::int[]) s (id) cross join lateral (select stock_id, x.id, remaining, unit_cost"
            " from batch x where stock_id = s.id and is_open order by received_at, x.id limit 16) b",
            (sorted({line[4] for line in lines}),),
        )
        pool: dict[int, list[list[Any]]] = {}
        for stock, batch, remaining, cost in cursor.fetchall():
            pool.setdefault(stock, []).append([batch, remaining, cost])
        sales, taken, left, fell = [], [], {}, {}
        for line, product, quantity, price, stock in lines:
            need, cost = quantity, Decimal(0)
            for batch in pool[stock]:
                take = min(batch[1], need)
                if take:
                    batch[1] -= take
                    need -= take
                    cost += take * batch[2]
                    taken.append((line, batch[0], take, batch[2]))
                    left[batch[0]] = batch[1]
            assert not need
            sales.append((order, line, product, quantity, quantity * price, cost))
            fell[stock] = fell.get(stock, 0) + quantity
        ids = dict(
            execute_values(
                cursor,
                "insert into sale (order_id, line_id, product_id, quantity, revenue, cost) values %s returning line_id, id",
                sales, page_size=9999, fetch=True,
            )
        )  # fmt: skip
        execute_values(
            cursor, "insert into allocation (sale_id, batch_id, quantity, unit_cost) values %s",
            [(ids[line], *rest) for line, *rest in taken], page_size=9999,
        )  # fmt: skip
        execute_values(
            cursor, "update batch b set remaining = v.r, is_open = v.r > 0 from (values %s) v (id, r) where b.id = v.id",
            list(left.items()), page_size=9999,
        )  # fmt: skip
        execute_values(
            cursor, "update stock s set quantity = quantity - v.q, reserved = reserved - v.q"
            " from (values %s) v (id, q) where s.id = v.id", list(fell.items()), page_size=9999,
        )  # fmt: skip
        cursor.execute(
            "update reservation set active = false, ended_at = now() where line_id = any (%s)",
            ([line[0] for line in lines],),
        )

    def check(self, work: Work) -> None:
        with self.raw.cursor() as cursor:
            cursor.execute(
                "select (select count(*) from sale), (select sum(quantity) from allocation),"
                " (select count(*) from orders where done), (select sum(%s - quantity) from stock),"
                " (select count(*) from reservation where active)", (PLENTY,),
            )  # fmt: skip
            expect(cursor.fetchone(), work)


class Ours:
    """Our own services in a shop of their own."""

    def reconnect(self) -> None:
        """A new process opens its own connection with its first statement."""

    def prepare(self, work: Work) -> list[Any]:
        from django.db import connection

        from inventory.models import Warehouse
        from orders.models import Order, OrderStatus
        from products.models import Product

        with connection.cursor() as cursor:
            cursor.execute("set synchronous_commit = off")
            cursor.execute("set statement_timeout = 0")
            cursor.execute("set session_replication_role = replica")
            cursor.execute(
                "truncate inventory_stockmovement, inventory_saleallocation, inventory_shortage, inventory_sale,"
                " inventory_reservation, inventory_stockdemand, inventory_stockbatch, inventory_stock, products_product,"
                " orders_orderitemdemand, orders_orderitem, orders_orderevent, orders_order restart identity cascade"
            )
            cursor.execute("set session_replication_role = origin")
            warehouse, status = Warehouse.objects.get(is_default=True).pk, OrderStatus.objects.get(code="ready").pk
            Product.objects.bulk_create(
                Product(name=f"product {n}", sku=f"{n:06d}", sale_price=25) for n in range(1, work.products + 1)
            )
            drawn = work.draw()
            uses: dict[int, int] = {}
            for products in drawn:
                for product in products:
                    uses[product] = uses.get(product, 0) + 1
            # Rows as receipts and confirmations leave them, written as sets: only completing is measured.
            per, size = line_quantity(work), batch_quantity(work)
            cursor.execute(
                "insert into inventory_stock (product_id, warehouse_id, quantity, reserved, short, value, version)"
                " select p, %s, 0, 0, 0, 0, 0 from generate_series(1, %s) p",
                [warehouse, work.products],
            )
            cursor.execute(
                "insert into inventory_stockbatch (stock_id, received_at, quantity, remaining, unit_cost, total_cost,"
                " remaining_value, is_open) select p, now() - interval '900 days' + h * interval '1 second', 20, 0,"
                " 10 + h %% 7, 20 * (10 + h %% 7), 0, false from generate_series(1, %s) h, generate_series(1, %s) p",
                [work.history, work.products],
            )
            cursor.execute(
                "insert into inventory_stockbatch (stock_id, received_at, quantity, remaining, unit_cost, total_cost,"
                " remaining_value, is_open) select p, now() - interval '300 days' + g * interval '1 second', %s, %s,"
                " 10 + g %% 7, %s * (10 + g %% 7), %s * (10 + g %% 7), true"
                " from unnest(%s::int[], %s::int[]) t (p, n), generate_series(1, t.n) g order by g",
                [size, size, size, size, list(uses), [open_batches(work, times) for times in uses.values()]],
            )
            cursor.execute(
                "update inventory_stock s set quantity = b.q, value = b.v from (select stock_id, sum(remaining) q,"
                " sum(remaining_value) v from inventory_stockbatch where is_open group by 1) b where b.stock_id = s.id"
            )
            cursor.execute(
                "insert into orders_order (status_id, warehouse_id, fulfilment, address, due_on, card_message, courier_note,"
                " discount, delivery_price, corrections, total, paid, version, created_at)"
                " select %s, %s, 'pickup', '', current_date, '', '', 0, 0, 0, %s, 0, 1, now() from generate_series(1, %s)",
                [status, warehouse, 25 * per * work.lines, work.orders],
            )
            pairs = [(order, product) for order, products in enumerate(drawn, 1) for product in products]
            orders, products = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            cursor.execute(
                "insert into orders_orderitem (order_id, product_id, quantity, price, frozen_as)"
                " select o, p, %s::numeric, 25, 'p' || p || ':' || %s::numeric(14,3) || '@' || %s || ':'"
                " || to_char(current_date, 'YYYYMMDD') from unnest(%s::int[], %s::int[]) t (o, p)",
                [per, per, warehouse, orders, products],
            )
            cursor.execute(
                "insert into inventory_stockdemand (product_id, warehouse_id, quantity, needed_on, is_open, created_at)"
                " select product_id, %s, quantity, current_date, true, now() from orders_orderitem order by id",
                [warehouse],
            )
            cursor.execute(
                "insert into orders_orderitemdemand (item_id, demand_id, list_amount)"
                " select i.id, i.id, i.quantity * 25 from orders_orderitem i"
            )
            cursor.execute(
                "insert into inventory_reservation (demand_id, stock_id, quantity, is_active, created_at)"
                " select id, product_id, quantity, true, now() from inventory_stockdemand"
            )
            cursor.execute(
                "update inventory_stock s set reserved = r.q from (select stock_id, sum(quantity) q"
                " from inventory_reservation group by 1) r where r.stock_id = s.id"
            )
            self.units = sum(per for _ in pairs)
            cursor.execute("vacuum analyze")
            cursor.execute("checkpoint")
            cursor.execute("set synchronous_commit = on")
        return list(Order.objects.order_by("pk"))

    def complete(self, order: Any) -> None:
        from core.transactions import run
        from orders.services.lifecycle import complete_order

        run(lambda: complete_order(order))

    def check(self, work: Work) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "select (select count(*) from inventory_sale), (select sum(quantity) from inventory_saleallocation),"
                " (select count(*) from orders_order where completed_at is not null),"
                " (select -sum(quantity) from inventory_stockmovement),"
                " (select count(*) from inventory_reservation where is_active)"
            )
            expect(cursor.fetchone(), work)
