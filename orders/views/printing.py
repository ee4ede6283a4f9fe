"""Printed forms of orders: work order, card, receipt. Each has its own address and paper size."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.access import needs
from core.codes import qr_svg
from core.errors import BadInput
from core.links import shop_url
from orders.models import Fulfilment, Order
from orders.selectors.lists import View, all_statuses, to_make
from orders.sheets import card_of, receipt_of, work_orders

AT_ONCE = 100


@require_safe
@needs("orders.view")
def work_order(request: HttpRequest, pk: int) -> HttpResponse:
    """What the florist makes and for whom, A5."""
    get_object_or_404(Order, pk=pk)
    return _work_orders(request, [pk], back_url=reverse("orders:order_detail", args=[pk]))


@require_safe
@needs("orders.view")
def work_order_list(request: HttpRequest) -> HttpResponse:
    """Work orders of several orders, a page each: `?order=12&order=7` keeps this order, `?view=today` takes all of a
    view that are still to be made or handed over, by time."""
    if (wanted := request.GET.get("view", "")) in set(View):
        view = View(wanted)
        keys = to_make(view, timezone.now(), all_statuses())
        if not keys:
            raise BadInput(_("There is nothing to print: no order of this view is still to be made."))
        _refuse_too_many(len(keys))
        return _work_orders(request, keys, back_url=f"{reverse('orders:order_list')}?view={view.value}")
    keys = chosen_orders(request)
    if not keys:
        raise BadInput(_("No order is chosen for printing. Tick the orders in the list and print again."))
    return _work_orders(request, keys, back_url=reverse("orders:order_list"))


def chosen_orders(request: HttpRequest) -> list[int]:
    """The orders of `?order=12&order=7`, each there. Raises BadInput for one that is not, and for too many."""
    typed = request.GET.getlist("order")
    _refuse_too_many(len(typed))
    keys = [int(text) for text in typed if text.isascii() and text.isdigit() and len(text) < 19]
    if len(keys) < len(typed) or Order.objects.filter(pk__in=keys).count() < len(set(keys)):
        raise BadInput(_("Some of these orders do not exist. Go back to the list and choose again."))
    return keys


def _refuse_too_many(count: int) -> None:
    if count > AT_ONCE:
        raise BadInput(
            _("Too many orders at once: %(count)s, at most %(limit)s. Take them in parts.")
            % {"count": count, "limit": AT_ONCE}
        )


def _work_orders(request: HttpRequest, keys: list[int], *, back_url: str) -> HttpResponse:
    sheets = work_orders(keys)
    root = shop_url("")
    codes = [qr_svg(root + reverse("orders:order_detail", args=[sheet.order.pk])) for sheet in sheets]
    context = {"sheets": list(zip(sheets, codes, strict=True)), "delivery": Fulfilment.DELIVERY, "back_url": back_url}
    return render(request, "orders/print/work_orders.html", context)


@require_safe
@needs("orders.view")
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """The words for the recipient and nothing else, A6."""
    order = get_object_or_404(Order.objects.only("number", "card_message"), pk=pk)
    if not order.card_message:
        raise BadInput(
            _("Order %(number)s has no words for a card. Write them into the order first.") % {"number": order.number}
        )
    context = {"card": card_of(order), "back_url": reverse("orders:order_detail", args=[pk])}
    return render(request, "orders/print/card.html", context)


@require_safe
@needs("orders.view")
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """What the order costs and what is paid, a roll of 80 mm. Not a fiscal receipt, and it says so."""
    order = get_object_or_404(Order.objects.select_related("status"), pk=pk)
    context = {"receipt": receipt_of(order), "back_url": reverse("orders:order_detail", args=[pk])}
    return render(request, "orders/print/receipt.html", context)
