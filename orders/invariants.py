"""What must be true between orders and the stock; `check_stock` asks it too."""

from django.utils.translation import gettext_lazy as _

from inventory.services.checking import Invariant

INVARIANTS = [
    Invariant(
        "completed_order_is_sold",
        _("an order is completed exactly when all it asked for has a live sale"),
        """select o.id, t.category, count(x.id) || ' / ' || count(d.id)
             from orders_order o
             join orders_orderstatus t on t.id = o.status_id
             left join orders_orderitem i on i.order_id = o.id
             left join orders_orderitemdemand l on l.item_id = i.id
             left join inventory_stockdemand d on d.id = l.demand_id and d.cancelled_at is null
             left join inventory_sale x on x.demand_id = d.id and x.reversed_at is null
            group by o.id, t.category
           having case when t.category = 'completed'
                       then count(d.id) = 0 or count(x.id) <> count(d.id)
                            or count(distinct i.id) <> count(distinct i.id) filter (where d.id is not null)
                       else count(x.id) > 0 end""",
    ),
    Invariant(
        "ended_order_holds_nothing",
        _("an order that is not being worked on holds no goods"),
        """select o.id, t.category, sum(r.quantity)
             from orders_order o
             join orders_orderstatus t on t.id = o.status_id
             join orders_orderitem i on i.order_id = o.id
             join orders_orderitemdemand l on l.item_id = i.id
             join inventory_reservation r on r.demand_id = l.demand_id and r.is_active
            where t.category in ('draft', 'new', 'completed', 'cancelled')
            group by o.id, t.category""",
    ),
    Invariant(
        "completed_order_money",
        _("the sales of a completed order bring its lines' money after the discount"),
        """select o.id, sum(s.goods) - o.discount, sum(s.amount)
             from orders_order o
             join orders_orderstatus t on t.id = o.status_id and t.category = 'completed'
             join lateral (select round(i.quantity * i.price, 2) as goods,
                                  (select coalesce(sum(x.amount), 0) from orders_orderitemdemand l
                                     join inventory_sale x on x.demand_id = l.demand_id and x.reversed_at is null
                                    where l.item_id = i.id) as amount
                             from orders_orderitem i where i.order_id = o.id) s on true
            group by o.id, o.discount
           having sum(s.goods) - o.discount <> sum(s.amount)""",
    ),
    Invariant(
        "order_corrections",
        _("what an order's price was corrected by is the sum of its price notes"),
        """select o.id, o.corrections, coalesce(sum(n.amount), 0)
             from orders_order o left join orders_pricenote n on n.order_id = o.id
            group by o.id, o.corrections
           having o.corrections <> coalesce(sum(n.amount), 0)""",
    ),
]
