"""How the stock of a product came to be what it is: its ledger, or what a figure of today is made of."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.management.shops import add_shop_options, chosen_shops
from core.templatetags.florist import quantity
from core.tenancy import in_schema
from inventory.management.origins import told
from inventory.models import Sale, Stock
from inventory.selectors.ledger import explain_stock
from inventory.selectors.origins import Origin, origin_of_quantity, origin_of_reserve, origins_of_cost

FIGURES = ("ledger", "quantity", "reserve", "cost")


class Command(BaseCommand):
    help = _("Print where the figures of a product in a warehouse come from, down to documents.")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)
        parser.add_argument("product", help=_("The product's SKU, or its key."))
        parser.add_argument("warehouse", nargs="?", help=_("The warehouse's name or key; all without it."))
        parser.add_argument(
            "--figure",
            choices=FIGURES,
            default="ledger",
            help=_("ledger: every movement. quantity: the batches. reserve: who asked. cost: the last sales."),
        )
        parser.add_argument(
            "--last", type=int, default=20, help=_("How many sales --figure=cost tells; 20 without it.")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for name in chosen_shops(options):
            with in_schema(name):
                for stock in self._stocks(options["product"], options["warehouse"]):
                    self.stdout.write(f"{stock.product} ({stock.product.sku}) · {stock.warehouse}")
                    self._explain(stock, options["figure"], options["last"])

    def _stocks(self, product: str, warehouse: str | None) -> QuerySet[Stock]:
        stocks = Stock.objects.select_related("product", "warehouse").filter(product__sku__iexact=product)
        if not stocks and product.isdecimal():
            stocks = Stock.objects.select_related("product", "warehouse").filter(product=int(product))
        if warehouse:
            by_key = {"warehouse": int(warehouse)} if warehouse.isdecimal() else {"warehouse__name__iexact": warehouse}
            stocks = stocks.filter(**by_key)
        if not stocks:
            raise CommandError(
                _("There is no stock of “%(product)s”. Give a SKU as the product's page shows it.")
                % {"product": product}
            )
        return stocks

    def _explain(self, stock: Stock, figure: str, last: int) -> None:
        if figure == "ledger":
            self._ledger(stock)
        elif figure == "cost":
            sales = Sale.objects.filter(product=stock.product, warehouse=stock.warehouse, reversed_at=None)
            latest = list(sales.select_related("product").order_by("-sold_at", "-pk")[:last])
            costs = origins_of_cost(latest)
            for sale in latest:
                self.stdout.write(
                    f"{timezone.localtime(sale.sold_at):%d.%m.%Y %H:%M}  {sale._meta.verbose_name} {sale.pk}"
                )
                self._tree(costs[sale.pk], depth=1)
        else:
            self._tree(origin_of_quantity(stock) if figure == "quantity" else origin_of_reserve(stock))

    def _tree(self, origin: Origin, depth: int = 0) -> None:
        self.stdout.writelines(f"{text}\n" for text in told(origin, depth=depth))

    def _ledger(self, stock: Stock) -> None:
        for item in explain_stock(stock):
            row = item.movement
            self.stdout.write(
                f"{row.seq:>6}  {timezone.localtime(row.created_at):%d.%m.%Y %H:%M}  {row.get_kind_display():<28}"
                f" {quantity(row.quantity):>12} {quantity(row.balance_after):>12}"
                f" {row.value:>14} {row.value_after:>14}  {item.document}  {row.by or ''}".rstrip()
            )
        self.stdout.write(
            _("On hand %(quantity)s, reserved %(reserved)s, short %(short)s, value %(value)s")
            % {
                "quantity": quantity(stock.quantity),
                "reserved": quantity(stock.reserved),
                "short": quantity(stock.short),
                "value": stock.value,
            }
        )
