-- Give a batch another total cost and pass the difference on to where its goods have gone: sales, write-offs, returns to
-- the supplier, counts, and the batches that were made of them, down to what is sold, lost or still lies there. The
-- total is shared anew by quantity over what was taken and what remains; the last takes the rest. One ledger row without
-- a quantity is written for every stock in which something changed.
--
-- Answers with the new total minus the old one; when they are the same nothing is written. Raises reach_grew when the
-- goods went further while this call waited for its locks: begin again, the larger set must be locked in one go.
create function stock_recost(
    p_correction bigint,
    p_batch bigint,
    p_total numeric,
    p_by bigint,
    p_on date,
    p_at timestamptz
) returns numeric
language plpgsql as $$
declare
    stocks bigint[];
    transfers bigint[];
    -- batches in the order of making: the total each shall have and what that changes of its remaining value
    n_batch bigint[];
    n_stock bigint[];
    n_total numeric[];
    n_changed boolean[];
    n_change numeric[];
    batch record;
    line record;
    child record;
    answer numeric;
    left_quantity numeric;
    left_worth numeric;
    out_quantity numeric;
    share numeric;
    change numeric;
    on_the_way numeric;
    on_the_way_worth numeric;
    piece numeric;
    arrived numeric;
    place int;
begin
    -- Goods on their way are in no stock: the transfer is their lock, and it stands above the stocks.
    select coalesce(array_agg(distinct l.transfer_id), '{}') into transfers
      from stock_reach(p_batch) r join inventory_saleallocation a on a.batch_id = r.batch_id
      join inventory_transferline l on l.id = a.transfer_line_id;
    select array_agg(distinct r.stock_id) into stocks from stock_reach(p_batch) r;
    perform 1 from inventory_transfer where id = any (transfers) order by id for no key update;
    perform 1 from inventory_stock where id = any (stocks) order by id for no key update;
    if exists (select 1 from stock_reach(p_batch) r where r.stock_id <> all (stocks))
       or exists (select 1 from stock_reach(p_batch) r join inventory_saleallocation a on a.batch_id = r.batch_id
                    join inventory_transferline l on l.id = a.transfer_line_id
                   where l.transfer_id <> all (transfers)) then
        raise exception 'reach_grew';
    end if;

    select array_agg(b.id order by b.id), array_agg(b.stock_id order by b.id), array_agg(b.total_cost order by b.id),
           array_agg(false), array_agg(0::numeric)
      into n_batch, n_stock, n_total, n_changed, n_change
      from stock_reach(p_batch) r join inventory_stockbatch b on b.id = r.batch_id;
    answer := p_total - n_total[1];
    n_total[1] := p_total;

    for i in 1 .. cardinality(n_batch) loop
        select b.quantity, b.remaining_value, b.total_cost into strict batch
          from inventory_stockbatch b where b.id = n_batch[i];
        continue when batch.total_cost = n_total[i];
        left_quantity := batch.quantity; left_worth := n_total[i];
        for line in
            select a.* from inventory_saleallocation a
             where a.batch_id = n_batch[i] and a.returned < a.quantity order by a.id
        loop
            out_quantity := line.quantity - line.returned;
            share := case when out_quantity = left_quantity then left_worth
                          else round(left_worth * out_quantity / left_quantity, 4) end;
            left_quantity := left_quantity - out_quantity; left_worth := left_worth - share;
            change := share - (line.cost - line.returned_cost);
            continue when change = 0;
            update inventory_saleallocation a set cost = a.cost + change where a.id = line.id;
            update inventory_sale x set cost = x.cost + change where x.id = line.sale_id;
            update inventory_writeoff x set cost = x.cost + change where x.id = line.write_off_id;
            update inventory_supplierreturn x set cost = x.cost + change where x.id = line.supplier_return_id;
            update inventory_countline x set cost = x.cost - change where x.id = line.count_line_id;
            update inventory_regrade x set cost = x.cost + change where x.id = line.regrade_id;

            -- What was made of these goods, and of a transfer what is still on its way.
            on_the_way := out_quantity; on_the_way_worth := share; arrived := 0;
            for child in
                select b.id, b.quantity, b.total_cost from inventory_stockbatch b where b.came_by_id = line.id order by b.id
            loop
                piece := case when child.quantity = on_the_way then on_the_way_worth
                              else round(on_the_way_worth * child.quantity / on_the_way, 4) end;
                on_the_way := on_the_way - child.quantity; on_the_way_worth := on_the_way_worth - piece;
                arrived := arrived + piece - child.total_cost;
                n_total[array_position(n_batch, child.id)] := piece;
            end loop;
            update inventory_transferline x set cost = x.cost + change, received_cost = x.received_cost + arrived
             where x.id = line.transfer_line_id;
            if line.assembly_part_id is not null then
                update inventory_assemblypart p set cost = p.cost + change where p.id = line.assembly_part_id
                returning array_position(n_batch, p.batch_id) into place;
                n_total[place] := n_total[place] + change;
                update inventory_assembly y set cost = y.cost + change
                 where y.id = (select p.assembly_id from inventory_assemblypart p where p.id = line.assembly_part_id);
            end if;
        end loop;
        update inventory_stockbatch b
           set total_cost = n_total[i], unit_cost = round(n_total[i] / b.quantity, 4), remaining_value = left_worth
         where b.id = n_batch[i];
        n_changed[i] := true; n_change[i] := left_worth - batch.remaining_value;
    end loop;

    insert into inventory_stockmovement
           (stock_id, seq, kind, quantity, value, balance_after, value_after, source_kind, source_id, part, by_id,
            business_date, created_at)
    select s.id, s.version + 1, 17, 0, t.change, s.quantity - s.short, s.value + t.change, 12, p_correction, 0, p_by,
           p_on, p_at
      from (select k.stock_id, sum(k.change) as change
              from unnest(n_stock, n_changed, n_change) as k (stock_id, changed, change)
             where k.changed group by k.stock_id) t
      join inventory_stock s on s.id = t.stock_id;
    update inventory_stock s set version = s.version + 1, value = s.value + t.change
      from (select k.stock_id, sum(k.change) as change
              from unnest(n_stock, n_changed, n_change) as k (stock_id, changed, change)
             where k.changed group by k.stock_id) t
     where s.id = t.stock_id;
    return answer;
end
$$
