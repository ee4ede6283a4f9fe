"""What an order leaves after its goods, and where every figure of it comes from, down to receipts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core.management.shops import add_shop_options, chosen_shops
from core.tenancy import in_schema
from inventory.management.origins import told
from orders.models import Order
from orders.selectors.margins import margin_of
from products.domain.margin import Margin


class Command(BaseCommand):
    help = _("Print what an order leaves after its goods: lines, batches, receipts.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)
        parser.add_argument("number", type=int, help=_("The order's number."))

    def handle(self, *args: Any, **options: Any) -> None:
        names = chosen_shops(options)
        found = sum([self._explain(name, options["number"]) for name in names])
        if not found:
            raise CommandError(_("There is no order with the number %(number)s.") % {"number": options["number"]})

    def _explain(self, shop: str, number: int) -> int:
        with in_schema(shop):
            order = Order.objects.filter(number=number).first()
            if order is None:
                return 0
            self.stdout.write(f"{shop}: {order}")
            margin = margin_of(order)
            if margin is None:
                self.stdout.write(_("Nothing of it is sold, so it has no margin yet."))
                return 1
            for line in margin.lines:
                self.stdout.write(f"{line.item}  {_figures(line.margin)}")
                for cost in line.costs:
                    self.stdout.writelines(f"{text}\n" for text in told(cost, depth=1))
            if margin.corrections:
                self.stdout.write(_("corrections after the sale %(sum)s") % {"sum": margin.corrections})
            self.stdout.write(_figures(margin.margin))
        return 1


def _figures(margin: Margin) -> str:
    return _("revenue %(revenue)s − cost %(cost)s = margin %(margin)s (%(percent)s)") % {
        "revenue": margin.price,
        "cost": margin.cost,
        "margin": margin.amount,
        "percent": "—" if margin.percent is None else f"{margin.percent} %",
    }
