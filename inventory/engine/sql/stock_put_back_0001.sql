-- Put goods back into their own batches at their own cost. A row names an allocation or a shortage (goods that were
-- sold before they were entered: then only the promise shrinks) and how much of it comes back; each is named once.
-- Goods that come back cover other open shortages at once. Answers with quantity and cost by source line.
create function stock_put_back(
    p_kind smallint,
    p_source_kind smallint,
    p_sources bigint[],
    p_allocations bigint[],
    p_shortages bigint[],
    p_quantities numeric[],
    p_by bigint,
    p_on date,
    p_at timestamptz
) returns table (source_id bigint, quantity numeric, cost numeric)
language plpgsql as $$
declare
    touched bigint[];
    in_need bigint[];
    r_source bigint[];
    r_stock bigint[];
    r_quantity numeric[];
    r_cost numeric[];
begin
    select array_agg(distinct x.stock_id) into touched
      from (select b.stock_id from inventory_saleallocation a join inventory_stockbatch b on b.id = a.batch_id
             where a.id = any (p_allocations)
            union all
            select h.stock_id from inventory_shortage h where h.id = any (p_shortages)) x;
    perform 1 from inventory_stock where id = any (touched) order by id for no key update;

    with asked as (
        select t.source_id, t.allocation_id, t.shortage_id, t.quantity
          from unnest(p_sources, p_allocations, p_shortages, p_quantities)
               as t (source_id, allocation_id, shortage_id, quantity)
    ), from_batch as (
        -- The last piece takes what is left of the cost, so that a full return returns all of it.
        select k.source_id, a.id, a.batch_id, b.stock_id, k.quantity,
               case when a.returned + k.quantity = a.quantity then a.cost - a.returned_cost
                    else round((a.cost - a.returned_cost) * k.quantity / (a.quantity - a.returned), 4) end as cost
          from asked k
          join inventory_saleallocation a on a.id = k.allocation_id
          join inventory_stockbatch b on b.id = a.batch_id
    ), from_shortage as (
        select k.source_id, h.id, h.stock_id, k.quantity,
               case when k.quantity = h.open then h.open_value
                    else round(h.open_value * k.quantity / h.open, 4) end as cost
          from asked k join inventory_shortage h on h.id = k.shortage_id
    ), allocations as (
        update inventory_saleallocation a
           set returned = a.returned + f.quantity, returned_cost = a.returned_cost + f.cost
          from from_batch f where a.id = f.id
    ), batches as (
        update inventory_stockbatch b
           set remaining = b.remaining + f.quantity, remaining_value = b.remaining_value + f.cost, is_open = true
          from (select x.batch_id, sum(x.quantity) as quantity, sum(x.cost) as cost from from_batch x
                 group by x.batch_id) f
         where b.id = f.batch_id
    ), shortages as (
        update inventory_shortage h set open = h.open - f.quantity, open_value = h.open_value - f.cost
          from from_shortage f where h.id = f.id
    ), lines as (
        select x.source_id, x.stock_id, sum(x.quantity) as quantity, sum(x.cost) as cost
          from (select f.source_id, f.stock_id, f.quantity, f.cost from from_batch f
                union all
                select f.source_id, f.stock_id, f.quantity, f.cost from from_shortage f) x
         group by x.source_id, x.stock_id
    )
    select array_agg(l.source_id order by l.stock_id, l.source_id), array_agg(l.stock_id order by l.stock_id, l.source_id),
           array_agg(l.quantity order by l.stock_id, l.source_id), array_agg(l.cost order by l.stock_id, l.source_id)
      into r_source, r_stock, r_quantity, r_cost
      from lines l;

    insert into inventory_stockmovement
           (stock_id, seq, kind, quantity, value, balance_after, value_after, source_kind, source_id, part, by_id,
            business_date, created_at)
    select s.id, s.version + row_number() over w, p_kind, t.quantity, t.cost,
           s.quantity - s.short + sum(t.quantity) over w, s.value + sum(t.cost) over w,
           p_source_kind, t.source_id, 0, p_by, p_on, p_at
      from unnest(r_source, r_stock, r_quantity, r_cost) with ordinality as t (source_id, stock_id, quantity, cost, n)
      join inventory_stock s on s.id = t.stock_id
    window w as (partition by t.stock_id order by t.n);

    update inventory_stock s
       set quantity = greatest(s.quantity - s.short + t.quantity, 0),
           short = greatest(s.short - s.quantity - t.quantity, 0),
           value = s.value + t.cost,
           version = s.version + t.lines
      from (select r.stock_id, sum(r.quantity) as quantity, sum(r.cost) as cost, count(*) as lines
              from unnest(r_stock, r_quantity, r_cost) as r (stock_id, quantity, cost) group by r.stock_id) t
     where s.id = t.stock_id;

    -- Ask the shortages, not the stock row: two of one stock may have closed and opened in this very call.
    select array_agg(distinct h.stock_id) into in_need
      from inventory_shortage h where h.stock_id = any (touched) and h.open > 0;
    if in_need is not null then
        perform stock_cover(in_need, p_by, p_on, p_at);
    end if;

    return query select t.source_id, t.quantity, t.cost
                   from unnest(r_source, r_quantity, r_cost) as t (source_id, quantity, cost);
end
$$
