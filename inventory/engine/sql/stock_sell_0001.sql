-- Sell what demands asked for: one live sale per demand, written off through stock_issue, its reservation used up.
-- A demand that already has a live sale is left alone and answered with that sale, so calling twice sells once.
-- Raises demand_closed for one that is cancelled or unknown, and what stock_issue raises.
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
begin
    perform 1 from inventory_stock
      where id in (select s.id from inventory_stockdemand d
                     join inventory_stock s on s.product_id = d.product_id and s.warehouse_id = d.warehouse_id
                    where d.id = any (p_demands))
      order by id for no key update;

    return query select x.id, x.demand_id, false, 0::numeric from inventory_sale x
                  where x.demand_id = any (p_demands) and x.reversed_at is null;

    select array_agg(nextval('inventory_sale_id_seq') order by t.n), array_agg(d.id order by t.n),
           array_agg(s.id order by t.n), array_agg(d.quantity order by t.n),
           array_agg(coalesce(r.quantity, 0) order by t.n), array_agg(t.amount order by t.n)
      into n_sale, n_demand, n_stock, n_quantity, n_own, n_amount
      from unnest(p_demands, p_amounts) with ordinality as t (demand_id, amount, n)
      join inventory_stockdemand d on d.id = t.demand_id and d.is_open
      join inventory_stock s on s.product_id = d.product_id and s.warehouse_id = d.warehouse_id
      left join inventory_reservation r on r.demand_id = d.id and r.stock_id = s.id and r.is_active
     where not exists (select 1 from inventory_sale x where x.demand_id = d.id and x.reversed_at is null);

    -- Nothing that was asked for is left out silently: the caller would take it for sold.
    if exists (select 1 from unnest(p_demands) as k (id)
                where k.id <> all (coalesce(n_demand, '{}'))
                  and not exists (select 1 from inventory_sale x where x.demand_id = k.id and x.reversed_at is null)) then
        raise exception 'demand_closed';
    end if;
    if n_sale is null then
        return;
    end if;

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
