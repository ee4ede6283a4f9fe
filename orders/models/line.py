from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.quantities import MAX_MONEY, MAX_QUANTITY, QUANTITY_STEP, MoneyField, QuantityField, bounded, round_money
from inventory.models import StockDemand
from orders.models.order import Order
from products.models import Product, ProductKit


class OrderItem(models.Model):
    """One line of an order: a product, a service among them, or a bouquet made of several."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="items", verbose_name=_("order"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="order_items", verbose_name=_("product")
    )
    kit = models.ForeignKey(
        ProductKit, models.PROTECT, null=True, blank=True, related_name="order_items", verbose_name=_("bouquet")
    )
    quantity = QuantityField(_("quantity"))
    price = MoneyField(_("price"))
    # What the demands were frozen from: when it differs from the line as it is now, they are frozen anew.
    frozen_as = models.CharField(max_length=120, blank=True, editable=False)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(product__isnull=False, kit__isnull=True) | Q(product__isnull=True, kit__isnull=False),
                name="item_product_or_kit",
                violation_error_message=_("Choose either a product or a bouquet for each line."),
            ),
            bounded("quantity", "item_quantity_range", QUANTITY_STEP, MAX_QUANTITY),
            bounded("price", "item_price_range", 0, MAX_MONEY),
        ]

    def __str__(self) -> str:
        return str(self.product or self.kit)

    @property
    def is_service(self) -> bool:
        """Whether it takes nothing from the stock."""
        return self.product is not None and self.product.is_service

    @property
    def amount(self) -> Decimal:
        """Money for the line before the order's discount, 2 decimals."""
        return round_money(self.quantity * self.price)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused once the order is sold, wherever it comes from. `frozen_as` is left to the rule that freezes: an old
        copy of the line must not undo a substitution."""
        from orders.services.lines import refuse_if_closed

        with transaction.atomic():
            refuse_if_closed(self)
            if self.pk is not None and kwargs.get("update_fields") is None and not self._state.adding:
                columns = [field.attname for field in self._meta.concrete_fields if not field.primary_key]
                kwargs["update_fields"] = [name for name in columns if name in self.__dict__ and name != "frozen_as"]
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused once the order is sold; before, what the line asked of the stock is cancelled with it."""
        from orders.services.lines import let_go

        with transaction.atomic():
            let_go(self)
            return super().delete(*args, **kwargs)


class OrderItemDemand(models.Model):
    """What an order line asks of the stock, and what that would cost at list price (the key for sharing revenue)."""

    item = models.ForeignKey(OrderItem, models.PROTECT, related_name="demand_links")
    demand = models.OneToOneField(StockDemand, models.PROTECT, related_name="order_link")
    list_amount = MoneyField(default=0)

    class Meta:
        verbose_name = _("demand of an order line")
        verbose_name_plural = _("demands of order lines")
        ordering = ["id"]
        constraints = [bounded("list_amount", "item_demand_amount_range", 0, MAX_MONEY)]

    def __str__(self) -> str:
        return f"{self.item} → {self.demand}"
