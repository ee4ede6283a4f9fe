-- Take goods out of stock, in the order of the warehouse: what came first, or what wilts first. The only code that
-- lowers a batch.
--
-- One row of the arrays is one source line: who takes (p_sources), from which stock, how many base units, from which
-- batch (null: the open ones that are first), and how many of them the line's own reservation already holds.
-- Either all rows name a batch or none does; a batch may be named once. Answers with the cost of every line and the
-- part that opened a shortage. Raises insufficient_stock or insufficient_batch with the figures as JSON in the detail.
create function stock_issue(
    p_kind smallint,
    p_source_kind smallint,
    p_sources bigint[],
    p_stocks bigint[],
    p_quantities numeric[],
    p_batches bigint[],
    p_reserved numeric[],
    p_allow_short boolean,
    p_by bigint,
    p_on date,
    p_at timestamptz
) returns table (source_id bigint, cost numeric, short numeric)
language plpgsql as $$
declare
    missing jsonb;
    line record;
    stock record;
    at_stock bigint;
    open_batches refcursor;
    -- the batch in hand: what is left of it and what that is worth; no id, no batch
    batch bigint;
    batch_left numeric;
    batch_worth numeric;
    need numeric;
    take numeric;
    piece numeric;
    line_cost numeric;
    estimate numeric;
    balance numeric;
    worth numeric;
    seq bigint;
    -- allocations
    a_source bigint[] := '{}'; a_batch bigint[] := '{}'; a_quantity numeric[] := '{}'; a_cost numeric[] := '{}';
    -- batches as they are left
    b_id bigint[] := '{}'; b_left numeric[] := '{}'; b_worth numeric[] := '{}';
    -- lines, in the order of the ledger
    l_source bigint[] := '{}'; l_stock bigint[] := '{}'; l_seq bigint[] := '{}'; l_quantity numeric[] := '{}';
    l_cost numeric[] := '{}'; l_balance numeric[] := '{}'; l_worth numeric[] := '{}';
    l_short numeric[] := '{}'; l_estimate numeric[] := '{}';
begin
    -- The stock row is the lock for everything below it. What is read to decide is read by later statements, which see
    -- what the transaction we waited for has committed.
    perform 1 from inventory_stock where id = any (p_stocks) order by id for no key update;

    if not p_allow_short then
        -- Names go along: after the error the transaction can't be asked for them any more.
        select jsonb_agg(jsonb_build_object('product', p.name, 'warehouse', h.name, 'asked', w.asked::text,
                                            'free', (s.quantity - s.reserved + w.own)::text) order by s.id)
          into missing
          from (select t.stock_id, sum(t.quantity) as asked, sum(t.own) as own
                  from unnest(p_stocks, p_quantities, p_reserved) as t (stock_id, quantity, own)
                 group by t.stock_id) w
          join inventory_stock s on s.id = w.stock_id
          join products_product p on p.id = s.product_id
          join inventory_warehouse h on h.id = s.warehouse_id
         where w.asked > s.quantity - s.reserved + w.own;
        if missing is not null then
            raise exception 'insufficient_stock' using detail = missing::text;
        end if;
    end if;

    for line in
        select t.source_id, t.stock_id, t.quantity, t.batch_id
          from unnest(p_sources, p_stocks, p_quantities, p_batches)
               with ordinality as t (source_id, stock_id, quantity, batch_id, n)
         order by t.stock_id, t.n
    loop
        if line.stock_id is distinct from at_stock then
            at_stock := line.stock_id;
            if batch is not null then
                b_id := b_id || batch; b_left := b_left || batch_left; b_worth := b_worth || batch_worth;
                batch := null;
            end if;
            if open_batches is not null then
                close open_batches;
            end if;
            select s.quantity, s.short, s.value, s.version, h.issue_order into strict stock
              from inventory_stock s join inventory_warehouse h on h.id = s.warehouse_id where s.id = line.stock_id;
            balance := stock.quantity - stock.short; worth := stock.value; seq := stock.version;
            if stock.issue_order = 'fefo' then
                open open_batches for
                    select id, remaining, remaining_value from inventory_stockbatch
                     where stock_id = line.stock_id and is_open order by expires_on nulls last, received_at, id;
            else
                open open_batches for
                    select id, remaining, remaining_value from inventory_stockbatch
                     where stock_id = line.stock_id and is_open order by received_at, id;
            end if;
        end if;

        need := line.quantity; line_cost := 0; estimate := 0;
        if line.batch_id is not null then
            select b.id, b.remaining, b.remaining_value into batch, batch_left, batch_worth from inventory_stockbatch b
             where b.id = line.batch_id and b.stock_id = line.stock_id;
            if batch is null or batch_left < need then
                raise exception 'insufficient_batch' using detail = jsonb_build_object(
                    'asked', need::text, 'free', coalesce(batch_left, 0)::text)::text;
            end if;
        end if;

        while need > 0 loop
            if batch is null or batch_left = 0 then
                if batch is not null then
                    b_id := b_id || batch; b_left := b_left || batch_left; b_worth := b_worth || batch_worth;
                end if;
                fetch open_batches into batch, batch_left, batch_worth;
                exit when not found;
            end if;
            take := least(need, batch_left);
            -- Cost goes with the goods in proportion; what empties the batch takes all that is left of its value.
            piece := case when take = batch_left then batch_worth else round(batch_worth * take / batch_left, 4) end;
            a_source := a_source || line.source_id; a_batch := a_batch || batch;
            a_quantity := a_quantity || take; a_cost := a_cost || piece;
            batch_left := batch_left - take; batch_worth := batch_worth - piece;
            need := need - take; line_cost := line_cost + piece;
        end loop;

        if line.batch_id is not null then
            b_id := b_id || batch; b_left := b_left || batch_left; b_worth := b_worth || batch_worth;
            batch := null;
        end if;

        if need > 0 then
            if not p_allow_short then
                raise exception 'stock_inconsistent' using detail = jsonb_build_object(
                    'stock', line.stock_id, 'uncovered', need::text)::text;
            end if;
            -- Sold before it was entered: valued at the last known cost until the goods are received.
            select round(need * b.unit_cost, 4) into estimate
              from inventory_stockbatch b where b.stock_id = line.stock_id order by b.received_at desc, b.id desc limit 1;
            estimate := coalesce(estimate, 0);
        end if;

        seq := seq + 1; balance := balance - line.quantity; worth := worth - line_cost - estimate;
        l_source := l_source || line.source_id; l_stock := l_stock || line.stock_id; l_seq := l_seq || seq;
        l_quantity := l_quantity || line.quantity; l_cost := l_cost || (line_cost + estimate);
        l_balance := l_balance || balance; l_worth := l_worth || worth;
        l_short := l_short || need; l_estimate := l_estimate || estimate;
    end loop;
    if batch is not null then
        b_id := b_id || batch; b_left := b_left || batch_left; b_worth := b_worth || batch_worth;
    end if;

    insert into inventory_saleallocation
           (sale_id, write_off_id, supplier_return_id, transfer_line_id, count_line_id, assembly_part_id, regrade_id,
            disassembly_id, batch_id, quantity, cost, returned, returned_cost)
    select case when p_source_kind = 2 then t.source_id end,
           case when p_source_kind = 3 then t.source_id end,
           case when p_source_kind = 4 then t.source_id end,
           case when p_source_kind = 7 then t.source_id end,
           case when p_source_kind = 8 then t.source_id end,
           case when p_source_kind = 10 then t.source_id end,
           case when p_source_kind = 11 then t.source_id end,
           case when p_source_kind = 13 then t.source_id end,
           t.batch_id, t.quantity, t.cost, 0, 0
      from unnest(a_source, a_batch, a_quantity, a_cost) as t (source_id, batch_id, quantity, cost);

    update inventory_stockbatch b
       set remaining = t.left_over, remaining_value = t.worth, is_open = (t.left_over > 0)
      from unnest(b_id, b_left, b_worth) as t (id, left_over, worth)
     where b.id = t.id;

    insert into inventory_stockmovement
           (stock_id, seq, kind, quantity, value, balance_after, value_after, source_kind, source_id, part, by_id,
            business_date, created_at)
    select t.stock_id, t.seq, p_kind, -t.quantity, -t.cost, t.balance, t.worth, p_source_kind, t.source_id, 0, p_by,
           p_on, p_at
      from unnest(l_stock, l_seq, l_quantity, l_cost, l_balance, l_worth, l_source)
           as t (stock_id, seq, quantity, cost, balance, worth, source_id);

    update inventory_stock s
       set quantity = greatest(s.quantity - s.short - t.quantity, 0),
           short = greatest(s.short - s.quantity + t.quantity, 0),
           reserved = s.reserved - t.own,
           value = s.value - t.cost,
           version = s.version + t.lines
      from (select l.stock_id, sum(l.quantity) as quantity, sum(l.cost) as cost, count(*) as lines,
                   (select sum(r.own) from unnest(p_stocks, p_reserved) as r (stock_id, own)
                     where r.stock_id = l.stock_id) as own
              from unnest(l_stock, l_quantity, l_cost) as l (stock_id, quantity, cost)
             group by l.stock_id) t
     where s.id = t.stock_id;

    insert into inventory_shortage (stock_id, sale_id, quantity, open, open_value, created_at)
    select t.stock_id, t.source_id, t.short, t.short, t.estimate, p_at
      from unnest(l_stock, l_source, l_short, l_estimate) as t (stock_id, source_id, short, estimate)
     where t.short > 0;

    return query select t.source_id, t.cost, t.short
                   from unnest(l_source, l_cost, l_short) as t (source_id, cost, short);
end
$$
