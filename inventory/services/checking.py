"""Does the stock add up? Every invariant as one query that answers with what breaks it.

When the figures disagree the ledger is believed first, then batches, allocations and shortages, last the stock row,
which is a cache. Nothing is repaired here but that cache (`repair_caches`), and only when ledger and batches agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from inventory.services.stocks import lock_stocks, set_reserved

FIRST = 20


@dataclass(frozen=True)
class Invariant:
    """A sentence that must be true, and the query that finds rows (key, expected, actual) where it is not.

    `{stock}` in the query is the condition on stock rows (alias `s`) that narrows a check to a product or warehouse.
    """

    code: str
    sentence: Any
    query: str


@dataclass(frozen=True)
class Finding:
    """A broken invariant: how many rows break it and the first of them as (key, expected, actual)."""

    invariant: Invariant
    count: int
    examples: Sequence[tuple[Any, Any, Any]]


INVARIANTS = [
    Invariant(
        "quantity",
        _("on hand is what the batches hold"),
        """select s.id, coalesce(b.held, 0), s.quantity from inventory_stock s
           left join (select stock_id, sum(remaining) as held from inventory_stockbatch where is_open group by stock_id) b
             on b.stock_id = s.id
           where {stock} and s.quantity <> coalesce(b.held, 0)""",
    ),
    Invariant(
        "short",
        _("short is what the open shortages ask"),
        """select s.id, coalesce(h.gap, 0), s.short from inventory_stock s
           left join (select stock_id, sum(open) as gap from inventory_shortage where open > 0 group by stock_id) h
             on h.stock_id = s.id
           where {stock} and s.short <> coalesce(h.gap, 0)""",
    ),
    Invariant(
        "reserved",
        _("reserved is what the active reservations hold"),
        """select s.id, coalesce(r.held, 0), s.reserved from inventory_stock s
           left join (select stock_id, sum(quantity) as held from inventory_reservation where is_active group by stock_id)
             r on r.stock_id = s.id
           where {stock} and s.reserved <> coalesce(r.held, 0)""",
    ),
    Invariant(
        "value",
        _("the stock's value is that of its batches minus the estimates of its shortages"),
        """select s.id, coalesce(b.worth, 0) - coalesce(h.worth, 0), s.value from inventory_stock s
           left join (select stock_id, sum(remaining_value) as worth from inventory_stockbatch where is_open
                      group by stock_id) b on b.stock_id = s.id
           left join (select stock_id, sum(open_value) as worth from inventory_shortage where open > 0 group by stock_id)
             h on h.stock_id = s.id
           where {stock} and s.value <> coalesce(b.worth, 0) - coalesce(h.worth, 0)""",
    ),
    Invariant(
        "no_goods_beside_shortage",
        _("where a shortage is open no batch has goods left"),
        """select s.id, 0, sum(b.remaining) from inventory_stock s
           join inventory_stockbatch b on b.stock_id = s.id and b.is_open
           where {stock} and exists (select 1 from inventory_shortage h where h.stock_id = s.id and h.open > 0)
           group by s.id""",
    ),
    Invariant(
        "batch_quantity",
        _("a batch's quantity is what remains plus what was taken from it"),
        """select b.id, b.quantity, b.remaining + coalesce(a.taken, 0) from inventory_stockbatch b
           join inventory_stock s on s.id = b.stock_id
           left join (select batch_id, sum(quantity - returned) as taken from inventory_saleallocation group by batch_id) a
             on a.batch_id = b.id
           where {stock} and b.quantity <> b.remaining + coalesce(a.taken, 0)""",
    ),
    Invariant(
        "batch_value",
        _("a batch's cost is what remains of its value plus what left with the goods"),
        """select b.id, b.total_cost, b.remaining_value + coalesce(a.gone, 0) from inventory_stockbatch b
           join inventory_stock s on s.id = b.stock_id
           left join (select batch_id, sum(cost - returned_cost) as gone from inventory_saleallocation group by batch_id) a
             on a.batch_id = b.id
           where {stock} and b.total_cost <> b.remaining_value + coalesce(a.gone, 0)""",
    ),
    Invariant(
        "receipt_cost",
        _("goods of a receipt cost what its line says and its corrections changed"),
        """select b.id, l.total_cost + coalesce(c.change, 0), b.total_cost from inventory_stockbatch b
           join inventory_stock s on s.id = b.stock_id
           join inventory_receiptline l on l.id = b.receipt_line_id
           left join (select line_id, sum(difference) as change from inventory_costcorrection group by line_id) c
             on c.line_id = l.id
           where {stock} and b.total_cost <> l.total_cost + coalesce(c.change, 0)""",
    ),
    Invariant(
        "correction_booked",
        _("the ledger has every correction of cost once in each stock it changed, without a quantity"),
        """select c.id, 1, count(m.id) from inventory_costcorrection c
           join inventory_stockbatch b on b.receipt_line_id = c.line_id join inventory_stock s on s.id = b.stock_id
           left join inventory_stockmovement m on m.source_kind = 12 and m.source_id = c.id and m.kind = 17
                 and m.stock_id = s.id and m.quantity = 0
           where {stock} group by c.id having count(m.id) <> 1""",
    ),
    Invariant(
        "sale_quantity",
        _("a sale is covered by allocations and open shortages"),
        """select x.id, x.quantity - x.returned, coalesce(a.taken, 0) + coalesce(h.gap, 0) from inventory_sale x
           join inventory_stock s on s.product_id = x.product_id and s.warehouse_id = x.warehouse_id
           left join (select sale_id, sum(quantity - returned) as taken from inventory_saleallocation
                      where sale_id is not null group by sale_id) a on a.sale_id = x.id
           left join (select sale_id, sum(open) as gap from inventory_shortage group by sale_id) h on h.sale_id = x.id
           where {stock} and x.quantity - x.returned <> coalesce(a.taken, 0) + coalesce(h.gap, 0)""",
    ),
    Invariant(
        "sale_cost",
        _("a sale's cost is that of its allocations plus the estimates of its shortages"),
        """select x.id, x.cost - x.returned_cost, coalesce(a.gone, 0) + coalesce(h.worth, 0) from inventory_sale x
           join inventory_stock s on s.product_id = x.product_id and s.warehouse_id = x.warehouse_id
           left join (select sale_id, sum(cost - returned_cost) as gone from inventory_saleallocation
                      where sale_id is not null group by sale_id) a on a.sale_id = x.id
           left join (select sale_id, sum(open_value) as worth from inventory_shortage group by sale_id) h
             on h.sale_id = x.id
           where {stock} and x.cost - x.returned_cost <> coalesce(a.gone, 0) + coalesce(h.worth, 0)""",
    ),
    Invariant(
        "sale_processed",
        _("every sale is written off"),
        """select x.id, true, x.processed from inventory_sale x
           join inventory_stock s on s.product_id = x.product_id and s.warehouse_id = x.warehouse_id
           where {stock} and not x.processed""",
    ),
    Invariant(
        "write_off_covered",
        _("a write-off is covered by allocations at its cost"),
        """select w.id, w.quantity || ' / ' || w.cost, coalesce(a.taken, 0) || ' / ' || coalesce(a.gone, 0)
           from inventory_writeoff w
           join inventory_stock s on s.product_id = w.product_id and s.warehouse_id = w.warehouse_id
           left join (select write_off_id, sum(quantity) as taken, sum(cost) as gone from inventory_saleallocation
                      where write_off_id is not null group by write_off_id) a on a.write_off_id = w.id
           where {stock} and (w.quantity <> coalesce(a.taken, 0) or w.cost <> coalesce(a.gone, 0))""",
    ),
    Invariant(
        "write_off_reversed",
        _("all goods of a reversed write-off are back in their batches, and none of another one"),
        """select w.id, case when w.reversed_at is null then 'gone' else 'back' end,
                  coalesce(a.back, 0) || ' / ' || coalesce(a.taken, 0)
           from inventory_writeoff w
           join inventory_stock s on s.product_id = w.product_id and s.warehouse_id = w.warehouse_id
           left join (select write_off_id, sum(quantity) as taken, sum(returned) as back from inventory_saleallocation
                      where write_off_id is not null group by write_off_id) a on a.write_off_id = w.id
           where {stock} and coalesce(a.back, 0) <> case when w.reversed_at is null then 0 else coalesce(a.taken, 0) end""",
    ),
    Invariant(
        "write_off_booked_back",
        _("the ledger has the reversal of a write-off once for every reversed one, with all of its goods"),
        """select w.id, case when w.reversed_at is null then 0 else w.quantity end, coalesce(m.back, 0)
           from inventory_writeoff w
           join inventory_stock s on s.product_id = w.product_id and s.warehouse_id = w.warehouse_id
           left join (select source_id, sum(quantity) as back from inventory_stockmovement
                      where source_kind = 3 and kind = 8 group by source_id) m on m.source_id = w.id
           where {stock} and coalesce(m.back, 0) <> case when w.reversed_at is null then 0 else w.quantity end""",
    ),
    Invariant(
        "supplier_return_covered",
        _("a return to the supplier is covered by allocations at its cost"),
        """select w.id, w.quantity || ' / ' || w.cost, coalesce(a.taken, 0) || ' / ' || coalesce(a.gone, 0)
           from inventory_supplierreturn w
           join inventory_stockbatch b on b.id = w.batch_id join inventory_stock s on s.id = b.stock_id
           left join (select supplier_return_id, sum(quantity) as taken, sum(cost) as gone from inventory_saleallocation
                      where supplier_return_id is not null group by supplier_return_id) a on a.supplier_return_id = w.id
           where {stock} and (w.quantity <> coalesce(a.taken, 0) or w.cost <> coalesce(a.gone, 0))""",
    ),
    Invariant(
        "transfer_covered",
        _("a line of a transfer is covered by allocations at its cost, and comes back whole or not at all"),
        """select l.id, l.quantity || ' / ' || l.cost,
                  coalesce(a.taken, 0) || ' / ' || coalesce(a.gone, 0) || ' / ' || coalesce(a.back, 0)
           from inventory_transferline l join inventory_transfer t on t.id = l.transfer_id
           join inventory_stock s on s.product_id = l.product_id and s.warehouse_id = t.source_id
           left join (select transfer_line_id, sum(quantity) as taken, sum(cost) as gone, sum(returned) as back
                        from inventory_saleallocation where transfer_line_id is not null group by transfer_line_id) a
             on a.transfer_line_id = l.id
           where {stock} and (l.quantity <> coalesce(a.taken, 0) or l.cost <> coalesce(a.gone, 0)
                 or coalesce(a.back, 0) <> case when t.state = 'cancelled' then l.quantity else 0 end)""",
    ),
    Invariant(
        "transfer_arrived",
        _("what left for another warehouse is on its way, arrived or lost, in base units and in money"),
        """select l.id, l.received + l.lost || ' / ' || l.received_cost,
                  coalesce(b.came, 0) || ' / ' || coalesce(b.worth, 0)
           from inventory_transferline l join inventory_transfer t on t.id = l.transfer_id
           join inventory_stock s on s.product_id = l.product_id and s.warehouse_id = t.source_id
           left join (select a.transfer_line_id, sum(x.quantity) as came, sum(x.total_cost) as worth
                        from inventory_saleallocation a
                        join inventory_stockbatch x on x.came_by_id = a.id
                        join inventory_stock y on y.id = x.stock_id
                        join inventory_transferline k on k.id = a.transfer_line_id
                        join inventory_transfer h on h.id = k.transfer_id and h.target_id = y.warehouse_id
                       group by a.transfer_line_id) b on b.transfer_line_id = l.id
           where {stock} and (l.received + l.lost <> coalesce(b.came, 0) or l.received_cost <> coalesce(b.worth, 0)
                 or t.state = 'received' and (l.received + l.lost <> l.quantity or l.received_cost <> l.cost)
                 or t.state = 'cancelled' and l.received + l.lost <> 0)""",
    ),
    Invariant(
        "regrade_balanced",
        _("goods that became another product left one batch and came into another, in base units and in money"),
        """select r.id, r.quantity || ' / ' || r.cost,
                  coalesce(a.taken, 0) || ' / ' || coalesce(a.gone, 0) || ', ' || coalesce(a.came, 0) || ' / ' || coalesce(a.worth, 0)
           from inventory_regrade r
           join inventory_stock s on s.product_id = r.source_id and s.warehouse_id = r.warehouse_id
           left join (select x.regrade_id, sum(x.quantity - x.returned) as taken, sum(x.cost - x.returned_cost) as gone,
                             sum(b.quantity) as came, sum(b.total_cost) as worth
                        from inventory_saleallocation x left join inventory_stockbatch b on b.came_by_id = x.id
                       where x.regrade_id is not null group by x.regrade_id) a on a.regrade_id = r.id
           where {stock} and ((r.quantity, r.cost) is distinct from (a.taken, a.gone)
                 or (r.quantity, r.cost) is distinct from (a.came, a.worth))""",
    ),
    Invariant(
        "count_posted",
        _("an applied count is posted with its difference to the ledger at its watermark, and no other count is"),
        """select l.id, l.counted - coalesce(w.balance_after, 0) || ' / ' || coalesce(b.worth, 0) - coalesce(a.worth, 0),
                  coalesce(m.quantity, 0) || ' / ' || coalesce(l.cost, 0)
           from inventory_countline l join inventory_stocktake t on t.id = l.stock_take_id
           join inventory_stock s on s.id = l.stock_id
           left join inventory_stockmovement w on w.stock_id = l.stock_id and w.seq = l.watermark
           left join (select source_id, sum(quantity) as quantity from inventory_stockmovement
                       where source_kind = 8 and kind in (11, 12) group by source_id) m on m.source_id = l.id
           left join (select count_line_id, sum(cost) as worth from inventory_saleallocation
                       where count_line_id is not null group by count_line_id) a on a.count_line_id = l.id
           left join (select count_line_id, sum(total_cost) as worth from inventory_stockbatch
                       where count_line_id is not null group by count_line_id) b on b.count_line_id = l.id
           where {stock} and (l.is_open <> (t.state = 'open') or case when t.state = 'applied'
                 then l.difference is distinct from l.counted - coalesce(w.balance_after, 0)
                      or l.difference is distinct from coalesce(m.quantity, 0)
                      or l.cost is distinct from coalesce(b.worth, 0) - coalesce(a.worth, 0)
                 else m.source_id is not null or l.difference is not null end)""",
    ),
    Invariant(
        "assembly_worth",
        _("bouquets are worth the stems that are in them and the work"),
        """select y.id, y.cost || ' / ' || y.quantity,
                  coalesce(p.worth, 0) + y.work_cost || ', ' || coalesce(b.worth, 0) || ' / ' || coalesce(b.made, 0)
           from inventory_assembly y
           join inventory_stock s on s.product_id = y.product_id and s.warehouse_id = y.warehouse_id
           left join (select assembly_id, sum(cost) as worth from inventory_assemblypart group by assembly_id) p
             on p.assembly_id = y.id
           left join (select assembly_id, sum(total_cost) as worth, sum(quantity) as made from inventory_stockbatch
                       where assembly_id is not null group by assembly_id) b on b.assembly_id = y.id
           where {stock} and (y.cost is distinct from p.worth + y.work_cost
                 or (y.cost, y.quantity) is distinct from (b.worth, b.made))""",
    ),
    Invariant(
        "assembly_part_covered",
        _("a part of a bouquet is covered by allocations at its cost"),
        """select p.id, p.quantity || ' / ' || p.cost, coalesce(a.taken, 0) || ' / ' || coalesce(a.gone, 0)
           from inventory_assemblypart p join inventory_assembly y on y.id = p.assembly_id
           join inventory_stock s on s.product_id = p.product_id and s.warehouse_id = y.warehouse_id
           left join (select assembly_part_id, sum(quantity) as taken, sum(cost) as gone from inventory_saleallocation
                       where assembly_part_id is not null group by assembly_part_id) a on a.assembly_part_id = p.id
           where {stock} and (p.quantity, p.cost) is distinct from (a.taken, a.gone)""",
    ),
    Invariant(
        "disassembly_balanced",
        _("a bouquet taken apart was worth what came back into the stems' own batches and the work"),
        """select d.id, d.cost || ' / ' || d.parts_cost,
                  coalesce(a.gone, 0) || ' / ' || coalesce(m.back, 0) || ' / ' || coalesce(p.back, 0)
           from inventory_disassembly d join inventory_stockbatch b on b.id = d.batch_id
           join inventory_stock s on s.id = b.stock_id
           left join (select disassembly_id, sum(cost - returned_cost) as gone from inventory_saleallocation
                       where disassembly_id is not null group by disassembly_id) a on a.disassembly_id = d.id
           left join (select source_id, sum(value) as back from inventory_stockmovement
                       where source_kind = 13 and kind = 16 group by source_id) m on m.source_id = d.id
           left join lateral (
               with recursive line (id, origin_id) as (
                   select x.id, x.origin_id from inventory_stockbatch x where x.id = d.batch_id
                   union all
                   select x.id, x.origin_id from line join inventory_stockbatch x on x.id = line.origin_id)
               select sum(t.returned_cost) as back from line join inventory_assemblypart k on k.batch_id = line.id
                 join inventory_saleallocation t on t.assembly_part_id = k.id) p on true
           where {stock} and ((d.cost, d.parts_cost) is distinct from (a.gone, m.back) or p.back is distinct from m.back)""",
    ),
    Invariant(
        "origin_kept",
        _("goods that moved on keep the age and the last day of the batch they came from"),
        """select b.id, o.received_at || ' / ' || coalesce(o.expires_on::text, ''),
                  b.received_at || ' / ' || coalesce(b.expires_on::text, '')
           from inventory_stockbatch b join inventory_stockbatch o on o.id = b.origin_id
           join inventory_stock s on s.id = b.stock_id
           join inventory_saleallocation a on a.id = b.came_by_id
           where {stock} and (b.received_at <> o.received_at or b.expires_on is distinct from o.expires_on
                 or a.batch_id <> b.origin_id)""",
    ),
    Invariant(
        "ledger_gapless",
        _("the ledger of a stock counts 1, 2, 3 … up to its version"),
        """select s.id, s.version, coalesce(m.rows, 0) || ' / ' || coalesce(m.last, 0) from inventory_stock s
           left join (select stock_id, count(*) as rows, max(seq) as last from inventory_stockmovement group by stock_id) m
             on m.stock_id = s.id
           where {stock} and (coalesce(m.rows, 0) <> s.version or coalesce(m.last, 0) <> s.version)""",
    ),
    Invariant(
        "ledger_chain",
        _("each ledger row carries on from the one before"),
        """select m.id, m.was + m.quantity || ' / ' || m.worth + m.value, m.balance_after || ' / ' || m.value_after
           from (select x.*, lag(x.balance_after, 1, 0::numeric) over w as was, lag(x.value_after, 1, 0::numeric) over w as worth
                 from inventory_stockmovement x join inventory_stock s on s.id = x.stock_id where {stock}
                 window w as (partition by x.stock_id order by x.seq)) m
           where m.balance_after <> m.was + m.quantity or m.value_after <> m.worth + m.value""",
    ),
    Invariant(
        "ledger_last",
        _("the last ledger row says what the stock row says"),
        """select s.id, m.balance_after || ' / ' || m.value_after, s.quantity - s.short || ' / ' || s.value
           from inventory_stock s join inventory_stockmovement m on m.stock_id = s.id and m.seq = s.version
           where {stock} and (m.balance_after <> s.quantity - s.short or m.value_after <> s.value)""",
    ),
    Invariant(
        "closed_period_stands",
        _("nothing was posted into a closed period after it was closed"),
        """select m.id, c.upto, m.business_date from inventory_stockmovement m
           join inventory_stock s on s.id = m.stock_id
           join inventory_periodclosing c on c.reopened_at is null
           where {stock} and m.business_date <= c.upto and m.id > c.last_movement""",
    ),
    Invariant(
        "closed_demand_holds_nothing",
        _("a closed demand holds no goods"),
        """select d.id, 0, r.quantity from inventory_stockdemand d
           join inventory_reservation r on r.demand_id = d.id and r.is_active
           join inventory_stock s on s.id = r.stock_id
           where {stock} and not d.is_open""",
    ),
    Invariant(
        "reservation_within_demand",
        _("a reservation holds no more than its demand asks, in its own stock"),
        """select r.id, d.quantity, r.quantity from inventory_reservation r
           join inventory_stockdemand d on d.id = r.demand_id join inventory_stock s on s.id = r.stock_id
           where {stock} and r.is_active
             and (r.quantity > d.quantity or s.product_id <> d.product_id or s.warehouse_id <> d.warehouse_id)""",
    ),
    Invariant(
        "sold_demand_is_closed",
        _("a demand with a live sale is closed and sold in full"),
        """select d.id, d.quantity, x.quantity from inventory_stockdemand d
           join inventory_sale x on x.demand_id = d.id and x.reversed_at is null
           join inventory_stock s on s.product_id = d.product_id and s.warehouse_id = d.warehouse_id
           where {stock} and (d.is_open or x.quantity <> d.quantity)""",
    ),
    Invariant(
        "cost_conserved",
        _("what came in at cost is what left at cost plus what is there"),
        """select 0, i.worth, o.worth from
           (select coalesce(sum(b.total_cost), 0) as worth from inventory_stockbatch b
              join inventory_stock s on s.id = b.stock_id where {stock}) i,
           (select coalesce(sum(s.value), 0)
                   + coalesce((select sum(a.cost - a.returned_cost) from inventory_saleallocation a
                                 join inventory_stockbatch b on b.id = a.batch_id join inventory_stock s on s.id = b.stock_id
                                where {stock}), 0)
                   + coalesce((select sum(h.open_value) from inventory_shortage h join inventory_stock s on s.id = h.stock_id
                                where {stock}), 0) as worth
              from inventory_stock s where {stock}) o
           where i.worth <> o.worth""",
    ),
]


def check_stock(
    *, product: int | None = None, warehouse: int | None = None, extra: Sequence[Invariant] = ()
) -> list[Finding]:
    """Check the current shop in one snapshot and answer with what does not hold; an empty list is good news.

    `extra` are invariants of apps above the inventory, whose queries stand alone.
    """
    condition = "true"
    params: list[int] = []
    if product is not None:
        condition, params = f"{condition} and s.product_id = %s", [*params, product]
    if warehouse is not None:
        condition, params = f"{condition} and s.warehouse_id = %s", [*params, warehouse]
    findings = []
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # one snapshot for all; inside a caller's transaction it is the caller's
            cursor.execute("set transaction isolation level repeatable read, read only")
        for invariant in [*INVARIANTS, *extra]:
            times = invariant.query.count("{stock}")
            cursor.execute(invariant.query.replace("%", "%%").replace("{stock}", condition), params * times)
            rows = cursor.fetchall()
            if rows:
                findings.append(Finding(invariant, len(rows), rows[:FIRST]))
    return findings


# Stock rows that differ from batches, shortages, ledger and reservations where these agree among themselves.
REPAIRABLE = """
    select s.id from inventory_stock s
    left join lateral (select coalesce(sum(remaining), 0) as q, coalesce(sum(remaining_value), 0) as v
                         from inventory_stockbatch where stock_id = s.id and is_open) b on true
    left join lateral (select coalesce(sum(open), 0) as q, coalesce(sum(open_value), 0) as v
                         from inventory_shortage where stock_id = s.id and open > 0) h on true
    left join lateral (select balance_after, value_after, seq from inventory_stockmovement
                        where stock_id = s.id order by seq desc limit 1) m on true
    left join lateral (select coalesce(sum(quantity), 0) as q from inventory_reservation
                        where stock_id = s.id and is_active) r on true
    where {stock} and coalesce(m.balance_after, 0) = b.q - h.q and coalesce(m.value_after, 0) = b.v - h.v
      and r.q <= b.q
      and (s.quantity, s.short, s.value, s.version, s.reserved)
          is distinct from (b.q, h.q, b.v - h.v, coalesce(m.seq, 0), r.q)"""


def repair_caches() -> list[int]:
    """Write stock rows anew from batches, shortages, reservations and the ledger, where these agree among themselves.

    Answers with the keys of the rows that were changed. Where ledger and batches disagree nothing is touched: a person
    decides and posts documents.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(REPAIRABLE.format(stock="true"))
        keys = [key for (key,) in cursor.fetchall()]
        if not keys:
            return []
        # Somebody may have been at work on them until the lock was ours: look again.
        lock_stocks(keys)
        cursor.execute(REPAIRABLE.format(stock="s.id = any (%s)"), [keys])
        keys = [key for (key,) in cursor.fetchall()]
        cursor.execute(
            """update inventory_stock s
                  set quantity = b.q, short = h.q, value = b.v - h.v, reserved = least(s.reserved, b.q),
                      version = coalesce((select max(seq) from inventory_stockmovement where stock_id = s.id), 0)
                 from (select k as id, coalesce(sum(x.remaining), 0) as q, coalesce(sum(x.remaining_value), 0) as v
                         from unnest(%s::bigint[]) k left join inventory_stockbatch x on x.stock_id = k and x.is_open
                        group by k) b
                 join (select k as id, coalesce(sum(x.open), 0) as q, coalesce(sum(x.open_value), 0) as v
                         from unnest(%s::bigint[]) k left join inventory_shortage x on x.stock_id = k and x.open > 0
                        group by k) h using (id)
                where s.id = b.id""",
            [keys, keys],
        )
        set_reserved(keys)
    return keys
