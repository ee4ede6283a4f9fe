"""A shop of the reference size: years of orders, made in large sets.

Goods, orders, demands, payments and history are written as sets in SQL; everything that touches the stock goes through
the engine's own functions, a day or a round at a time, so that `check_stock` finds nothing afterwards. Nothing is left
to chance: row n is made of n.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

ROUNDS = 16  # receipts of every product over the years
AHEAD = 7  # days with orders after today
TABLES = (
    "products_product", "products_productkit", "products_kititem", "orders_contact", "orders_order", "orders_orderitem",
    "orders_orderitemdemand", "orders_orderevent", "orders_payment", "inventory_stock", "inventory_stockbatch",
    "inventory_stockdemand", "inventory_stockmovement", "inventory_sale", "inventory_saleallocation",
    "inventory_reservation", "inventory_receipt", "inventory_receiptline", "inventory_writeoff",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much there is. An order takes two products and a bouquet of `parts`: eight demands with six."""

    orders: int
    contacts: int
    products: int
    kits: int
    per_day: int
    parts: int = 6


REFERENCE = Size(orders=60_000, contacts=20_000, products=2_000, kits=300, per_day=55)
SMALL = Size(orders=1_500, contacts=500, products=200, kits=30, per_day=20)
TINY = Size(orders=180, contacts=40, products=60, kits=8, per_day=9)

CATALOGUE = """
    insert into products_productcategory (name, position, is_deleted)
    select 'Category ' || n, n, false from generate_series(1, 40) n;
    insert into products_product (name, sku, kind, unit, sale_price, vase_life_days, variety, colour, role, notes,
                                  description, is_active, is_deleted, created_at, category_id)
    select (array['Роза', 'Тюльпан', 'Пион', 'Гортензия', 'Эвкалипт'])[1 + n %% 5] || ' № ' || n, lpad(n::text, 6, '0'),
           'flower', 'stem', 60 + n %% 430, 10, '', '', '', '', '', true, false, now(), c.id
      from generate_series(0, %(products)s - 1) n
      join (select id, row_number() over (order by id) - 1 as i from products_productcategory) c on c.i = n %% 40;
    create temp table b_product on commit drop as
    select id, row_number() over (order by id) - 1 as n, sale_price from products_product;
    insert into products_productkit (name, size, sale_price, work_cost, price_rule, markup, rounded_to, description, is_active, is_deleted, created_at)
    select 'Букет № ' || n, 0, 0, 0, 'fixed', 0, 'none', '', true, false, now() from generate_series(0, %(kits)s - 1) n;
    create temp table b_kit on commit drop as select id, row_number() over (order by id) - 1 as n from products_productkit;
    insert into products_kititem (kit_id, product_id, quantity)
    select k.id, p.id, 1 + (k.n + j) %% 5
      from b_kit k cross join generate_series(0, %(parts)s - 1) j
      join b_product p on p.n = (k.n * 7 + j * 131) %% %(products)s;
    update products_productkit k set sale_price = t.price
      from (select i.kit_id, sum(i.quantity * p.sale_price) as price
              from products_kititem i join products_product p on p.id = i.product_id group by 1) t
     where t.kit_id = k.id;
    insert into orders_contact (name, phone, is_deleted, created_at)
    select (array['Анна', 'Пётр', 'Мария', 'Олег', 'Вера', 'Игорь'])[1 + n %% 6] || ' ' ||
           (array['Белов', 'Ильин', 'Ковалёв', 'Соколов', 'Орлов', 'Никитин', 'Зайцев'])[1 + n %% 7] || ' ' || n,
           '+7912' || lpad((n * 7919 %% 10000000)::text, 7, '0'), false, now()
      from generate_series(0, %(contacts)s - 1) n;
    create temp table b_contact on commit drop as select id, row_number() over (order by id) - 1 as n from orders_contact;
    insert into inventory_warehouse (name, is_default, reserve_ahead_days, issue_order, allow_short, short_limit, short_in_all, short_days, position, is_deleted)
    values ('Second store', false, 3, 'fifo', false, 0, 0, 0, 10, false), ('Third store', false, 3, 'fifo', false, 0, 0, 0, 20, false);
    insert into inventory_supplier (name, phone, comment, is_deleted)
    select 'Supplier ' || n, '', '', false from generate_series(1, 20) n;
    insert into inventory_stock (product_id, warehouse_id, quantity, reserved, short, value, version)
    select p.id, %(warehouse)s, 0, 0, 0, 0, 0 from b_product p order by p.id"""

ORDERS = """
    create temp table b_order on commit drop as
    select nextval('orders_order_id_seq') as id, n, %(today)s::date + (n / %(per_day)s - %(past)s)::int as due_on,
           make_time(8 + n %% 12, 0, 0) as due_from, null::text as category
      from generate_series(0, %(orders)s - 1) n;
    update b_order set category =
        case when due_on < %(today)s then
                  case when n %% 50 = 0 then 'cancelled'
                       when due_on >= %(today)s - 2 and n %% 20 = 1 then 'delivering' else 'completed' end
             when due_on = %(today)s then
                  (array['new', 'confirmed', 'confirmed', 'assembling', 'ready', 'delivering', 'confirmed'])[1 + n %% 7]
             else (array['new', 'confirmed', 'confirmed', 'draft'])[1 + n %% 4] end;
    insert into orders_order (id, status_id, warehouse_id, buyer_id, recipient_id, fulfilment, address, due_on, due_from,
                              due_until, card_message, courier_note, discount, delivery_price, corrections, total, paid,
                              version, created_at, completed_at, created_by_id)
    select o.id, s.id, %(warehouse)s, b.id, r.id,
           case when n_mod = 0 then 'pickup' else 'delivery' end,
           case when n_mod = 0 then '' else 'Садовая, ' || o.n %% 200 || ', кв. ' || o.n %% 90 end,
           o.due_on, o.due_from, o.due_from + interval '2 hours', 'С днём рождения!', '', 0,
           case when n_mod = 0 then 0 else 350 end, 0, 0, 0, 3,
           least((o.due_on + o.due_from) - interval '2 days', %(now)s - interval '1 hour'),
           case when o.category = 'completed' then o.due_on + o.due_from end, %(by)s
      from (select *, n %% 4 as n_mod from b_order) o
      join orders_orderstatus s on s.code = o.category
      join b_contact b on b.n = o.n * 31 %% %(contacts)s
      join b_contact r on r.n = (o.n * 31 + 7) %% %(contacts)s
     order by o.id;
    create temp table b_item on commit drop as
    select nextval('orders_orderitem_id_seq') as id, o.id as order_id, o.n, o.due_on, o.category, k.id as kit_id,
           null::bigint as product_id, 1::numeric(14,3) as quantity, k.sale_price as price
      from b_order o join b_kit b on b.n = o.n %% %(kits)s join products_productkit k on k.id = b.id
    union all
    select nextval('orders_orderitem_id_seq'), o.id, o.n, o.due_on, o.category, null, p.id, 1 + (o.n + j) %% 9,
           p.sale_price
      from b_order o cross join generate_series(1, 2) j
      join b_product p on p.n = (o.n * 13 + j * 577) %% %(products)s;
    insert into orders_orderitem (id, order_id, kit_id, product_id, quantity, price, frozen_as)
    select id, order_id, kit_id, product_id, quantity, price,
           case when category in ('draft', 'new', 'cancelled') then ''
                else coalesce('p' || product_id, 'k' || kit_id) || ':' || quantity || '@' || %(warehouse)s || ':'
                     || to_char(due_on, 'YYYYMMDD') end
      from b_item order by id;
    update orders_order o set total = o.delivery_price + t.goods
      from (select order_id, sum(round(quantity * price, 2)) as goods from b_item group by 1) t where t.order_id = o.id;
    update orders_order o set paid = case when b.n %% 100 = 7 then 0 else o.total end
      from b_order b where b.id = o.id and b.category = 'completed';
    insert into orders_payment (order_id, amount, method, paid_at, by_id)
    select o.id, o.paid, (array['cash', 'card', 'transfer', 'online'])[1 + o.id %% 4], o.completed_at, %(by)s
      from orders_order o where o.paid > 0 order by o.id;
    insert into orders_orderevent (order_id, kind, status_before_id, status_id, data, at, by_id)
    select o.id, case when j = 0 then 'created' else 'status' end, null, s.id, '{}',
           o.created_at + j * interval '10 minutes', %(by)s
      from orders_order o cross join generate_series(0, 3) j
      join orders_orderstatus s on s.code = (array['draft', 'new', 'confirmed', 'ready'])[1 + j]
     order by o.id, j"""

DEMANDS = """
    create temp table b_demand on commit drop as
    select nextval('inventory_stockdemand_id_seq') as id, t.* from (
        select i.id as item_id, i.due_on, i.category, coalesce(i.product_id, k.product_id) as product_id,
               (coalesce(k.quantity, 1) * i.quantity)::numeric(14,3) as quantity, p.sale_price
          from b_item i left join products_kititem k on k.kit_id = i.kit_id
          join products_product p on p.id = coalesce(i.product_id, k.product_id)
         where i.category not in ('draft', 'new', 'cancelled') order by i.id, k.id) t;
    insert into inventory_stockdemand (id, product_id, warehouse_id, quantity, needed_on, is_open, created_at)
    select id, product_id, %(warehouse)s, quantity, due_on, true, %(now)s from b_demand order by id;
    insert into orders_orderitemdemand (item_id, demand_id, list_amount)
    select item_id, id, round(quantity * sale_price, 2) from b_demand order by id"""


def build(size: Size, *, now: datetime, by: int) -> None:
    """Fill the current, empty shop up to `now`. `by` is the key of the person who did it all."""
    from django.db import connection, transaction
    from django.utils import timezone

    from inventory.models import Warehouse
    from inventory.services.reservations import reserve_waiting

    today = timezone.localdate(now)
    values: dict[str, Any] = {
        **vars(size), "today": today, "now": now, "by": by, "past": size.orders // size.per_day - AHEAD - 1,
        "warehouse": Warehouse.objects.get(is_default=True).pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("set statement_timeout = 0")
    with transaction.atomic(), connection.cursor() as cursor:
        _run(cursor, CATALOGUE, values)
        _run(cursor, ORDERS, values)
        # Received before anything is asked of the stock: every receipt looks for demands that wait.
        cursor.execute(
            "select coalesce(i.product_id, k.product_id), sum(coalesce(k.quantity, 1) * i.quantity)"
            "  from b_item i left join products_kititem k on k.kit_id = i.kit_id"
            " where i.category = 'completed' group by 1"
        )
        sold = dict(cursor.fetchall())
        first = today - timedelta(days=values["past"] + 1)
        for number in range(ROUNDS):
            day = first + timedelta(days=number * values["past"] // 2 // ROUNDS)
            _receive(
                values,
                day,
                number,
                {key: (need / ROUNDS).to_integral_value(ROUND_CEILING) for key, need in sold.items()},
            )
        _run(cursor, DEMANDS, values)
        _analyze(cursor)
        _sell(cursor)
        _throw_away(cursor, values, today)
        cursor.execute("select id from products_product order by id")
        every = [key for (key,) in cursor.fetchall()]
        _receive(values, today - timedelta(days=9), ROUNDS, dict.fromkeys(every[::9], Decimal(6)))
        _receive(values, today - timedelta(days=1), ROUNDS + 1, {key: Decimal(20 + key % 30) for key in every})
    reserve_waiting(on=today)
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            _analyze(cursor)
        else:  # years of demands were open for a moment: without this their index would be full of dead entries
            for table in TABLES:
                cursor.execute(f"vacuum analyze {table}")
                cursor.execute(f"reindex table {table}")


def _run(cursor: Any, script: str, values: dict[str, Any]) -> None:
    for statement in script.split(";\n"):
        cursor.execute(statement, values)


def _analyze(cursor: Any) -> None:
    """Without figures about tables that grew a moment ago the planner reads them whole."""
    for table in TABLES:
        cursor.execute(f"analyze {table}")


def _receive(values: dict[str, Any], day: date, number: int, quantities: dict[int, Decimal]) -> None:
    """One round: receipts of a hundred lines each, through the service."""
    from inventory.models import Supplier, Warehouse
    from inventory.services.receiving import ReceiptLineInput, post_receipt
    from products.models import Product

    warehouse = Warehouse.objects.get(pk=values["warehouse"])
    suppliers = list(Supplier.objects.order_by("pk"))
    products = Product.objects.in_bulk(list(quantities))
    keys = sorted(quantities)
    for start in range(0, len(keys), 100):
        post_receipt(
            warehouse=warehouse,
            supplier=suppliers[(start // 100 + number) % len(suppliers)],
            lines=[
                ReceiptLineInput(
                    products[key],
                    Decimal(quantities[key]),
                    (products[key].sale_price * (40 + number) / 100).quantize(Decimal("0.01")),
                )
                for key in keys[start : start + 100]
            ],
            received_at=_moment(day, 8),
            at=_moment(day, 8),
        )


def _sell(cursor: Any) -> None:
    """A day's completed orders in one statement of the engine."""
    from inventory import engine

    cursor.execute(
        "select due_on, array_agg(id order by id), array_agg(round(quantity * sale_price, 2) order by id)"
        " from b_demand where category = 'completed' group by 1 order by 1"
    )
    for number, (day, demands, amounts) in enumerate(cursor.fetchall()):
        engine.sell(demands, amounts, by=None, at=_moment(day, 20))
        if number in {5, 50, 200, 600}:
            _analyze(cursor)


def _throw_away(cursor: Any, values: dict[str, Any], today: date) -> None:
    """What the rounds brought too much is written off, a document per product."""
    from core.series import next_number
    from inventory import engine
    from inventory.models import MovementKind, SourceKind, Stock, WriteOff

    left = list(Stock.objects.filter(quantity__gt=0).order_by("pk"))
    numbers = [next_number("inventory_writeoff_id_seq") for _stock in left]
    at = _moment(today - timedelta(days=3), 9)
    issued = engine.issue(
        MovementKind.WRITE_OFF,
        SourceKind.WRITE_OFF,
        [engine.IssueRow(number, stock.pk, stock.quantity) for number, stock in zip(numbers, left, strict=True)],
        by=None,
        at=at,
    )
    WriteOff.objects.bulk_create(
        WriteOff(
            pk=number, product_id=stock.product_id, warehouse_id=stock.warehouse_id, quantity=stock.quantity,
            reason="wilted", cost=issued[number].cost, posted_at=at,
        )
        for number, stock in zip(numbers, left, strict=True)
    )  # fmt: skip


def _moment(day: date, hour: int) -> datetime:
    from django.utils import timezone

    return timezone.make_aware(datetime.combine(day, time(hour)))
