-- Sell what demands asked for: one live sale per demand, written off through stock_issue, its reservation used up.
-- A demand that already has a live sale is left alone and answered with that sale, so calling twice sells once.
-- Raises demand_closed for one that is cancelled or unknown, and what stock_issue raises.
--
-- 0002: one look at demands, live sales and reservations instead of three; plans that do not depend on statistics.
create function stock_sell(
    p_demands bigint[],
    p_amounts numeric[],
    p_allow_short boolean,
    p_by bigint,
    p_on date,
    p_at timestamptz
) returns table (sale_id bigint, demand_id bigint, is_new boolean, short numeric)
language plpgsql as $$
declare
    n_sale bigint[];
    n_demand bigint[];
    n_stock bigint[];
    n_quantity numeric[];
    n_own numeric[];
    n_amount numeric[];
    l_sale bigint[];
    known bigint;
begin
    -- Everything is found by its key. A plan made while the shop was new would go on reading whole tables, for the
    -- checks of foreign keys at the commit too, and planning anew costs more than the statements themselves.
    perform set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true);
    perform 1 from inventory_stock
      where id in (select s.id from inventory_stockdemand d
                     join inventory_stock s on s.product_id = d.product_id and s.warehouse_id = d.warehouse_id
                    where d.id = any (p_demands))
      order by id for no key update;

    -- A demand with a live sale is answered with that one; the others are sold.
    select array_agg(d.id order by t.n) filter (where x.id is null), array_agg(s.id order by t.n) filter (where x.id is null),
           array_agg(d.quantity order by t.n) filter (where x.id is null),
           array_agg(coalesce(r.quantity, 0) order by t.n) filter (where x.id is null),
           array_agg(t.amount order by t.n) filter (where x.id is null),
           array_agg(x.id order by t.n) filter (where x.id is not null), count(*)
      into n_demand, n_stock, n_quantity, n_own, n_amount, l_sale, known
      from unnest(p_demands, p_amounts) with ordinality as t (demand_id, amount, n)
      join inventory_stockdemand d on d.id = t.demand_id
      left join inventory_sale x on x.demand_id = d.id and x.reversed_at is null
      join inventory_stock s on s.product_id = d.product_id and s.warehouse_id = d.warehouse_id
      left join inventory_reservation r on r.demand_id = d.id and r.stock_id = s.id and r.is_active
     where d.is_open or x.id is not null;

    -- Nothing that was asked for is left out silently: the caller would take it for sold.
    if known <> cardinality(p_demands) then
        raise exception 'demand_closed';
    end if;
    if l_sale is not null then
        return query select x.id, x.demand_id, false, 0::numeric from inventory_sale x where x.id = any (l_sale);
    end if;
    if n_demand is null then
        return;
    end if;
    select array_agg(nextval('inventory_sale_id_seq') order by k.n) into n_sale
      from generate_subscripts(n_demand, 1) as k (n);
    return query
    with issued as materialized (
        select i.source_id, i.cost, i.short
          from stock_issue(2::smallint, 2::smallint, n_sale, n_stock, n_quantity, null, n_own, p_allow_short,
                           p_by, p_on, p_at) i
    )
    insert into inventory_sale
           (id, product_id, warehouse_id, quantity, amount, cost, returned, returned_cost, demand_id, processed, sold_at,
            by_id, created_at)
    select t.sale_id, d.product_id, d.warehouse_id, d.quantity, t.amount, i.cost, 0, 0, d.id, true, p_at, p_by, p_at
      from unnest(n_sale, n_demand, n_amount) as t (sale_id, demand_id, amount)
      join inventory_stockdemand d on d.id = t.demand_id
      join issued i on i.source_id = t.sale_id
    returning id, inventory_sale.demand_id, true, (select i.short from issued i where i.source_id = id);

    update inventory_reservation r set is_active = false, ended_at = p_at
     where r.demand_id = any (n_demand) and r.is_active;
    update inventory_stockdemand d set is_open = false where d.id = any (n_demand);
end
$$
