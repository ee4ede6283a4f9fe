-- Cover open shortages, oldest first, from open batches in the order of the warehouse: the sale gets its true cost. Called at the end
-- of everything that brings goods in, when the stock row already counts the goods (quantity and short are netted there).
create function stock_cover(p_stocks bigint[], p_by bigint, p_on date, p_at timestamptz) returns void
language plpgsql as $$
declare
    gap record;
    batch record;
    still numeric;
    still_value numeric;
    take numeric;
    piece numeric;
    guess numeric;
    made bigint;
begin
    for gap in
        select h.id, h.stock_id, h.sale_id, h.open, h.open_value, w.issue_order from inventory_shortage h
          join inventory_stock s on s.id = h.stock_id join inventory_warehouse w on w.id = s.warehouse_id
         where h.stock_id = any (p_stocks) and h.open > 0 order by h.stock_id, h.id
    loop
        still := gap.open; still_value := gap.open_value;
        for batch in
            select b.id, b.remaining, b.remaining_value from inventory_stockbatch b
             where b.stock_id = gap.stock_id and b.is_open
             order by case when gap.issue_order = 'fefo' then coalesce(b.expires_on, 'infinity') end, b.received_at, b.id
        loop
            take := least(still, batch.remaining);
            piece := case when take = batch.remaining then batch.remaining_value
                          else round(batch.remaining_value * take / batch.remaining, 4) end;
            guess := case when take = still then still_value else round(still_value * take / still, 4) end;
            still := still - take; still_value := still_value - guess;

            insert into inventory_saleallocation (sale_id, batch_id, quantity, cost, returned, returned_cost)
            values (gap.sale_id, batch.id, take, piece, 0, 0) returning id into made;
            update inventory_stockbatch
               set remaining = batch.remaining - take, remaining_value = batch.remaining_value - piece,
                   is_open = (batch.remaining > take)
             where id = batch.id;
            update inventory_shortage set open = still, open_value = still_value where id = gap.id;
            update inventory_sale set cost = cost + piece - guess where id = gap.sale_id;
            update inventory_stock set version = version + 1, value = value + guess - piece where id = gap.stock_id;
            insert into inventory_stockmovement
                   (stock_id, seq, kind, quantity, value, balance_after, value_after, source_kind, source_id, part,
                    by_id, business_date, created_at)
            select s.id, s.version, 7, 0, guess - piece, s.quantity - s.short, s.value, 6, gap.id, made, p_by, p_on, p_at
              from inventory_stock s where s.id = gap.stock_id;
            exit when still = 0;
        end loop;
    end loop;
end
$$
