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
             left join products_product p on p.id = i.product_id
             left join (orders_orderitemdemand l join inventory_stockdemand d
                           on d.id = l.demand_id and d.cancelled_at is null) on l.item_id = i.id
             left join inventory_sale x on x.demand_id = d.id and x.reversed_at is null
            group by o.id, t.category
           having case when t.category = 'completed'
                       then count(i.id) = 0 or count(x.id) <> count(d.id)
                            -- A service asks nothing of the stock, every other line something.
                            or bool_or((p.kind is not distinct from 'service') <> (d.id is null))
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
        # As orders/domain/totals.py shares a discount: differences of running shares, rounded half up, in kopecks. A
        # service bears its share and has no sale.
        """with lines as (
               select o.id as order_id, i.id, p.kind is not distinct from 'service' as is_service, o.discount * 100 as off,
                      round(i.quantity * i.price, 2) * 100 as cents, sum(round(i.quantity * i.price, 2) * 100) over w as running,
                      sum(round(i.quantity * i.price, 2) * 100) over (partition by o.id) as whole,
                      (select coalesce(sum(x.amount), 0) from orders_orderitemdemand l
                         join inventory_sale x on x.demand_id = l.demand_id and x.reversed_at is null
                        where l.item_id = i.id) as amount
                 from orders_order o
                 join orders_orderstatus t on t.id = o.status_id and t.category = 'completed'
                 join orders_orderitem i on i.order_id = o.id
                 left join products_product p on p.id = i.product_id
               window w as (partition by o.id order by i.id)
           ), due as (
               select order_id, id, is_service, amount,
                      (cents - coalesce(div(2 * off * running + whole, 2 * nullif(whole, 0))
                                        - div(2 * off * (running - cents) + whole, 2 * nullif(whole, 0)), 0)) / 100 as expected
                 from lines
           )
           select order_id, sum(expected) filter (where not is_service), sum(amount)
             from due
            group by order_id
           having bool_or(amount <> case when is_service then 0 else expected end)""",
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
