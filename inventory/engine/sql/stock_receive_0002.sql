-- Bring goods in: every row makes a batch with its own total cost, then the oldest shortages are covered.
-- Answers with the batch made for each row, in the order of the rows. A row may say through which allocation its goods
-- left another batch (p_allocations): they then descend from it. Such a source, and an assembly of bouquets, may make as
-- many batches as it takes.
create function stock_receive(
    p_kind smallint,
    p_source_kind smallint,
    p_sources bigint[],
    p_stocks bigint[],
    p_quantities numeric[],
    p_costs numeric[],
    p_received timestamptz[],
    p_expires date[],
    p_by bigint,
    p_on date,
    p_at timestamptz,
    p_allocations bigint[] default null
) returns table (source_id bigint, batch_id bigint)
language plpgsql as $$
declare
    in_need bigint[];
    n_batch bigint[];
begin
    perform 1 from inventory_stock where id = any (p_stocks) order by id for no key update;

    select array_agg(nextval('inventory_stockbatch_id_seq') order by t.n) into n_batch
      from unnest(p_sources) with ordinality as t (source_id, n);

    insert into inventory_stockbatch
           (id, stock_id, receipt_line_id, count_line_id, assembly_id, origin_id, came_by_id, received_at, expires_on,
            quantity, remaining, unit_cost, total_cost, remaining_value, is_open)
    select t.batch_id, t.stock_id, case when p_source_kind = 1 then t.source_id end,
           case when p_source_kind = 8 then t.source_id end, case when p_source_kind = 9 then t.source_id end,
           a.batch_id, a.id, t.received_at, t.expires_on, t.quantity, t.quantity, round(t.cost / t.quantity, 4), t.cost,
           t.cost, true
      from unnest(n_batch, p_sources, p_stocks, p_quantities, p_costs, p_received, p_expires, p_allocations)
           as t (batch_id, source_id, stock_id, quantity, cost, received_at, expires_on, allocation_id)
      left join inventory_saleallocation a on a.id = t.allocation_id
     order by t.batch_id;

    insert into inventory_stockmovement
           (stock_id, seq, kind, quantity, value, balance_after, value_after, source_kind, source_id, part, by_id,
            business_date, created_at)
    select s.id, s.version + row_number() over w, p_kind, t.quantity, t.cost,
           s.quantity - s.short + sum(t.quantity) over w, s.value + sum(t.cost) over w, p_source_kind, t.source_id,
           case when t.allocation_id is null and p_source_kind <> 9 then 0 else t.batch_id end, p_by, p_on, p_at
      from unnest(n_batch, p_sources, p_stocks, p_quantities, p_costs, p_allocations) with ordinality
           as t (batch_id, source_id, stock_id, quantity, cost, allocation_id, n)
      join inventory_stock s on s.id = t.stock_id
    window w as (partition by t.stock_id order by t.n);

    select array_agg(id) into in_need from inventory_stock where id = any (p_stocks) and short > 0;

    update inventory_stock s
       set quantity = greatest(s.quantity - s.short + t.quantity, 0),
           short = greatest(s.short - s.quantity - t.quantity, 0),
           value = s.value + t.cost,
           version = s.version + t.lines
      from (select r.stock_id, sum(r.quantity) as quantity, sum(r.cost) as cost, count(*) as lines
              from unnest(p_stocks, p_quantities, p_costs) as r (stock_id, quantity, cost) group by r.stock_id) t
     where s.id = t.stock_id;

    if in_need is not null then
        perform stock_cover(in_need, p_by, p_on, p_at);
    end if;

    return query select t.source_id, t.batch_id
                   from unnest(p_sources, n_batch) with ordinality as t (source_id, batch_id, n) order by t.n;
end
$$
