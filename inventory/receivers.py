"""What the stock says when a product or a warehouse is to be deleted.

The stock rows are locked before they are read, so that goods on their way in or out are seen. History does not object:
it keeps naming what was deleted.
"""

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.soft_delete import before_soft_delete
from core.templatetags.florist import quantity
from inventory.models import Stock, StockDemand, Warehouse
from inventory.selectors.documents import on_its_way
from inventory.services.stocks import lock_stocks
from products.models import Product
from products.services.catalogue import before_archive


@receiver(before_archive, sender=Product, dispatch_uid="archived_product_in_stock")
@receiver(before_soft_delete, sender=Product, dispatch_uid="product_in_stock")
def object_when_in_stock(sender: Any, instance: Product, **kwargs: Any) -> list[Any]:
    """A product that is there, promised, owed or waited for stays."""
    keys = list(Stock.objects.filter(product=instance).values_list("pk", flat=True))
    names = dict(Stock.objects.filter(pk__in=keys).values_list("pk", "warehouse__name"))
    blockers: list[Any] = []
    for key, stock in lock_stocks(keys).items():
        where = names[key]
        if stock.quantity:
            blockers.append(_("%(quantity)s on hand (%(warehouse)s)")
                            % {"quantity": quantity(stock.quantity), "warehouse": where})  # fmt: skip
        if stock.reserved:
            blockers.append(_("%(quantity)s reserved (%(warehouse)s)")
                            % {"quantity": quantity(stock.reserved), "warehouse": where})  # fmt: skip
        if stock.short:
            blockers.append(_("%(quantity)s sold before entry (%(warehouse)s)")
                            % {"quantity": quantity(stock.short), "warehouse": where})  # fmt: skip
    if on_its_way(instance).exists():
        blockers.append(_("it is on its way between warehouses"))
    waiting = StockDemand.objects.filter(product=instance, is_open=True).count()
    if waiting:
        blockers.append(_open_demands(waiting))
    return blockers


@receiver(before_soft_delete, sender=Warehouse, dispatch_uid="warehouse_in_use")
def object_when_warehouse_in_use(sender: Any, instance: Warehouse, **kwargs: Any) -> list[Any]:
    """The main warehouse stays, and one that holds or owes goods."""
    blockers: list[Any] = []
    if instance.is_default:
        blockers.append(_("it is the main warehouse, make another one the main first"))
    keys = Stock.objects.filter(warehouse=instance).values_list("pk", flat=True)
    full = [stock for stock in lock_stocks(keys).values() if stock.quantity or stock.reserved or stock.short]
    if full:
        blockers.append(
            ngettext_lazy("%(count)d product is still in it", "%(count)d products are still in it", len(full))
            % {"count": len(full)}
        )
    if on_its_way(warehouse=instance).exists():
        blockers.append(_("goods are on their way from it or to it"))
    waiting = StockDemand.objects.filter(warehouse=instance, is_open=True).count()
    if waiting:
        blockers.append(_open_demands(waiting))
    return blockers


def _open_demands(count: int) -> Any:
    return ngettext_lazy("%(count)d order line waits for it", "%(count)d order lines wait for it", count) % {
        "count": count
    }
