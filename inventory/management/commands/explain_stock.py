"""How the stock of a product came to be what it is: its ledger with running balance and documents."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.management.shops import add_shop_options, chosen_shops
from core.templatetags.florist import quantity
from core.tenancy import in_schema
from inventory.models import Stock
from inventory.selectors.ledger import explain_stock


class Command(BaseCommand):
    help = gettext_lazy("Print the ledger of a product in a warehouse, with running balance and documents.")  # type: ignore[assignment]

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_shop_options(parser)
        parser.add_argument("product", help=_("The product's SKU, or its key."))
        parser.add_argument("warehouse", nargs="?", help=_("The warehouse's name or key; all without it."))

    def handle(self, *args: Any, **options: Any) -> None:
        for name in chosen_shops(options):
            with in_schema(name):
                self._explain(options["product"], options["warehouse"])

    def _explain(self, product: str, warehouse: str | None) -> None:
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
        for stock in stocks:
            self.stdout.write(f"{stock.product} ({stock.product.sku}) · {stock.warehouse}")
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
