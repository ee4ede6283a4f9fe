-- Complete an order whose demands stand as they were frozen: sell them all, write the status and its line of history.
--
-- The same as orders/services/lifecycle.py does step by step, for the usual case that nothing has to be done first.
-- Answers with no row and does nothing when something has: the order is ended, has no lines or nothing but services, was
-- changed since its demands were frozen, a part of it is sold, or goods lack in a warehouse that sells before entry.
-- `p_status` is the status it gets (null: the first of its category).
-- Raises what stock_sell raises.
--
-- Money: a line's amount less its share of the discount goes to the line's demands by list price. Shares are differences
-- of rounded running shares, in whole kopecks and exact; orders/domain/totals.py has the rule in plain numbers. A line
-- that names a service (frozen as 's…') bears its share and has no demand.
create function order_complete(
    p_order bigint,
    p_status bigint,
    p_by bigint,
    p_on date,
    p_at timestamptz
) returns table (status_id bigint, status_before_id bigint, version integer, event_id bigint)
language plpgsql as $$
declare
    o orders_order;
    target bigint := p_status;
    stands boolean;
    is_plain boolean;
    demands bigint[];
    amounts numeric[];
    new_version integer;
    new_event bigint;
begin
    -- As in stock_sell: plans by key that are made once.
    perform set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true);
    -- The order first, then its stocks (in stock_sell): the order of locks that everybody keeps. What decides is read by
    -- later statements, which see what the transaction we waited for has committed.
    select * into o from orders_order where id = p_order for no key update;
    if not found or exists (select 1 from orders_orderstatus s
                             where s.id = o.status_id and s.category in ('completed', 'cancelled')) then
        return;
    end if;

    -- Most orders have no discount, and most lines one demand: it then brings what the line costs.
    select bool_and(coalesce(i.frozen_as = case when l.id is null then 's' || i.product_id
                                                else coalesce('p' || i.product_id, 'k' || i.kit_id) end
                                           || ':' || round(i.quantity, 3) || '@' || o.warehouse_id || ':'
                                           || to_char(o.due_on, 'YYYYMMDD'), false)),
           array_agg(l.demand_id order by i.id, l.id) filter (where l.id is not null),
           array_agg(round(i.quantity * i.price, 2) order by i.id, l.id) filter (where l.id is not null),
           o.discount = 0 and count(*) = count(distinct i.id)
      into stands, demands, amounts, is_plain
      from orders_orderitem i
      left join (orders_orderitemdemand l join inventory_stockdemand d
                    on d.id = l.demand_id and d.cancelled_at is null) on l.item_id = i.id
     where i.order_id = p_order;
    if stands is not true or demands is null
       or exists (select 1 from inventory_sale x where x.demand_id = any (demands) and x.reversed_at is null) then
        return;
    end if;

    if not is_plain then
        with asked as materialized (
            select i.id as item, l.id as link, l.demand_id, l.list_amount * 100 as list_cents,
                   round(i.quantity * i.price, 2) * 100 as cents
              from orders_orderitem i
              left join (orders_orderitemdemand l join inventory_stockdemand d
                            on d.id = l.demand_id and d.cancelled_at is null) on l.item_id = i.id
             where i.order_id = p_order
        ), lines as (
            select item, cents, sum(cents) over (order by item) as running, sum(cents) over () as whole,
                   row_number() over (order by item) as nth, count(*) over () as number
              from (select distinct item, cents from asked) t
        ), discounted as (
            select item, cents - (upto - lag(upto, 1, 0::numeric) over (order by item)) as cents
              from (select item, cents,
                           case when whole = 0 then div(2 * o.discount * 100 * nth + number, 2 * number)
                                else div(2 * o.discount * 100 * running + whole, 2 * whole) end as upto
                      from lines) t
        ), shared as (
            select a.item, a.link, a.demand_id, r.cents as revenue,
                   sum(a.list_cents) over (partition by a.item order by a.link) as running,
                   sum(a.list_cents) over (partition by a.item) as whole,
                   row_number() over (partition by a.item order by a.link) as nth, count(*) over (partition by a.item) as number
              from asked a join discounted r on r.item = a.item
             where a.link is not null
        ), paid as (
            select item, link, demand_id, (upto - lag(upto, 1, 0::numeric) over (partition by item order by link)) / 100 as amount
              from (select item, link, demand_id,
                           case when whole = 0 then div(2 * revenue * nth + number, 2 * number)
                                else div(2 * revenue * running + whole, 2 * whole) end as upto
                      from shared) t
        )
        select array_agg(p.demand_id order by p.item, p.link), array_agg(p.amount order by p.item, p.link)
          into demands, amounts
          from paid p;
    end if;

    if (select w.allow_short from inventory_warehouse w where w.id = o.warehouse_id) then
        begin
            perform 1 from stock_sell(demands, amounts, false, p_by, p_on, p_at);
        exception when raise_exception then
            if sqlerrm = 'insufficient_stock' then
                return;
            end if;
            raise;
        end;
    else
        perform 1 from stock_sell(demands, amounts, false, p_by, p_on, p_at);
    end if;

    if target is null then
        select s.id into target from orders_orderstatus s where s.category = 'completed'
         order by s.is_system desc, s.position, s.id limit 1;
    end if;
    update orders_order t set status_id = target, completed_at = p_at, version = t.version + 1
     where t.id = p_order returning t.version into new_version;
    insert into orders_orderevent (order_id, kind, status_before_id, status_id, data, at, by_id)
    values (p_order, 'status', o.status_id, target, '{}', p_at, p_by) returning id into new_event;
    return query select target, o.status_id, new_version, new_event;
end
$$
