"""Goods and their batches as they stand in every list."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.pieces import piece
from core.templatetags.florist import day, money, quantity
from inventory.models import Stock, StockBatch

register = template.Library()


@register.simple_tag
def stock_head(stock: Stock, **rights: bool) -> SafeString:
    """A product in a warehouse: how much there is, is promised and free, and who waits. The stock comes from
    `stock_list`; `rights` are may_receive, may_write_off, may_mark_down, may_regrade and may_transfer."""
    product, unit = stock.product, stock.product.get_unit_display()
    photo = next(iter(product.photos.all()), None)
    waiting: Any = stock.waiting  # type: ignore[attr-defined]  # counted by `stock_list`
    return piece(
        "inventory/_stock_head.html", key=stock.pk, product=product.pk, warehouse=stock.warehouse_id,
        name=product.name, sku=product.sku, category=str(product.category) if product.category else "",
        thumb=photo.thumb_url if photo else "", alt=photo.alt if photo else "",
        on_hand=quantity(stock.quantity), reserved=quantity(stock.reserved), free=quantity(stock.free),
        is_there=bool(stock.quantity), waiting=quantity(waiting, unit) if waiting else "",
        short=quantity(stock.short, unit) if stock.short else "",
        minimum=quantity(product.minimum_stock, unit) if getattr(stock, "is_below_minimum", False) else "", **rights,
    )  # fmt: skip


@register.simple_tag
def batch_row(batch: Any, *, unit: str, sees_cost: bool, may_write_off: bool) -> SafeString:
    """A batch as a row: weekday and age, freshness, what is left, cost. It comes with `freshness` and `life`."""
    stored: StockBatch = batch
    state = batch.freshness
    return piece(
        "inventory/_batch.html", key=stored.pk, received_on=stored.received_on, age=state.age_days, level=state.level,
        left=state.days_left, until=_until(batch), wilts=stored.expires_on is not None, life=int(batch.life),
        remaining=quantity(stored.remaining, unit),
        cost=_("at %(cost)s") % {"cost": money(stored.unit_cost)} if sees_cost else "", may_write_off=may_write_off,
    )  # fmt: skip


@register.simple_tag
def days_left(batch: Any) -> SafeString:
    """How many days a batch has left, in words; it comes with `freshness`."""
    state = batch.freshness
    return piece("inventory/_days_left.html", level=state.level, left=state.days_left, until=_until(batch))


def _until(batch: Any) -> str:
    """The day an expired batch was good until; the words of the others count days."""
    left = batch.freshness.days_left
    return day(batch.expires_on) if left is not None and left < 0 else ""
