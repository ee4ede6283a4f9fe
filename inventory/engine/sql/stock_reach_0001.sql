-- Where the cost of a batch has gone and still lies: the batch itself and those that were made of its goods (sent to another
-- warehouse, become another product, bound into a bouquet), however far. What came back into the batch is no way out.
-- A batch is always younger than what it was made of, so ascending keys are an order in which costs can be passed on.
create function stock_reach(p_batch bigint) returns table (batch_id bigint, stock_id bigint)
language plpgsql as $$
begin
    return query
    with recursive reach (id) as (
        select p_batch
        union
        select n.id from reach r
          join inventory_saleallocation a on a.batch_id = r.id and a.returned < a.quantity
          join lateral (select b.id from inventory_stockbatch b where b.came_by_id = a.id
                        union all
                        select p.batch_id from inventory_assemblypart p where p.id = a.assembly_part_id) n on true
    )
    select b.id, b.stock_id from reach r join inventory_stockbatch b on b.id = r.id;
end
$$
