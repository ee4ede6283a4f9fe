-- The least a database must do to complete an order: guard, lock, take from the oldest open batches, write sales and
-- allocations, lower batches and stock, release reservations. No ledger, no values, no history, no tenants.
create schema if not exists bench_floor;
set search_path = bench_floor;
create table product (id int primary key);
create table stock (
    id int primary key, product_id int not null unique references product,
    quantity numeric(14,3) not null check (quantity >= 0), reserved numeric(14,3) not null check (reserved >= 0)
) with (fillfactor = 50);
create table batch (
    id bigint generated always as identity primary key, stock_id int not null references stock,
    received_at timestamptz not null, quantity numeric(14,3) not null,
    remaining numeric(14,3) not null check (remaining >= 0), unit_cost numeric(14,4) not null, is_open boolean not null
) with (fillfactor = 80);
create index batch_queue on batch (stock_id, received_at, id) where is_open;
create table orders (id bigint primary key, done boolean not null, done_at timestamptz) with (fillfactor = 80);
create table line (
    id bigint primary key, order_id bigint not null references orders, product_id int not null references product,
    quantity numeric(14,3) not null, price numeric(14,2) not null
);
create index on line (order_id);
create table reservation (
    id bigint primary key, line_id bigint not null unique references line, stock_id int not null references stock,
    quantity numeric(14,3) not null, active boolean not null, ended_at timestamptz
) with (fillfactor = 80);
create table sale (
    id bigint generated always as identity primary key, order_id bigint not null references orders,
    line_id bigint not null unique references line, product_id int not null references product,
    quantity numeric(14,3) not null, revenue numeric(14,2) not null, cost numeric(14,4) not null,
    sold_at timestamptz not null default now()
);
create index on sale (order_id);
create table allocation (
    id bigint generated always as identity primary key, sale_id bigint not null references sale,
    batch_id bigint not null references batch, quantity numeric(14,3) not null, unit_cost numeric(14,4) not null
);
create index on allocation (sale_id);
create index on allocation (batch_id);

create function complete(p_order bigint) returns void language plpgsql as $$
declare lacking int;
begin
    update orders set done = true, done_at = now() where id = p_order and not done;
    if not found then return; end if;
    perform 1 from stock where id in (
        select s.id from line l join stock s on s.product_id = l.product_id where l.order_id = p_order
    ) order by id for no key update;
    with wanted as (
        select l.id, l.product_id, l.quantity, l.price, s.id as stock_id,
               sum(l.quantity) over w - l.quantity as low, sum(l.quantity) over w as high
          from line l join stock s on s.product_id = l.product_id where l.order_id = p_order
        window w as (partition by s.id order by l.id)
    ), there as (
        select q.stock_id, q.id, q.unit_cost, q.upto - q.remaining as low, q.upto as high
          from (select distinct stock_id from wanted) d cross join lateral (
               select b.*, sum(b.remaining) over (order by b.received_at, b.id) as upto
                 from (select * from batch x where x.stock_id = d.stock_id and x.is_open
                        order by x.received_at, x.id limit 64) b) q
    ), taken as (
        select n.id as line_id, t.id as batch_id, t.unit_cost, least(n.high, t.high) - greatest(n.low, t.low) as quantity
          from wanted n join there t on t.stock_id = n.stock_id and t.low < n.high and n.low < t.high
    ), sold as (
        insert into sale (order_id, line_id, product_id, quantity, revenue, cost)
        select p_order, n.id, n.product_id, n.quantity, n.quantity * n.price, a.cost
          from wanted n join (select line_id, sum(quantity * unit_cost) as cost, sum(quantity) as quantity
                                from taken group by line_id) a on a.line_id = n.id and a.quantity = n.quantity
        returning id, line_id
    ), allocated as (
        insert into allocation (sale_id, batch_id, quantity, unit_cost)
        select s.id, t.batch_id, t.quantity, t.unit_cost from taken t join sold s using (line_id)
    ), lowered as (
        update batch b set remaining = b.remaining - t.quantity, is_open = b.remaining > t.quantity
          from (select batch_id, sum(quantity) as quantity from taken group by batch_id) t where b.id = t.batch_id
    ), stocks as (
        update stock s set quantity = s.quantity - t.quantity, reserved = s.reserved - t.quantity
          from (select stock_id, sum(quantity) as quantity from wanted group by stock_id) t where s.id = t.stock_id
    ), released as (
        update reservation r set active = false, ended_at = now() from wanted n where r.line_id = n.id
    )
    select (select count(*) from wanted) - (select count(*) from sold) into lacking;
    if lacking > 0 then raise exception 'short'; end if;
end $$;
