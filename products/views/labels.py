"""Price labels of 58 × 40 mm: name, price, the shop's own barcode and a code that leads to the card."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.access import needs
from core.codes import bars_svg, qr_svg
from core.errors import BadInput
from core.links import shop_url
from products.domain.barcodes import MODULES, bars
from products.models import Product
from products.views.filtering import filter_of, picked_of

COPIES_AT_MOST = 100
LABELS_AT_MOST = 500


@require_safe
@needs("catalogue.view")
def of_product(request: HttpRequest, pk: int) -> HttpResponse:
    """Labels of one product, `?copies=` of them."""
    product = get_object_or_404(Product, pk=pk)
    return _labels(request, [product], back_url=reverse("products:product_detail", args=[pk]))


@require_safe
@needs("catalogue.view")
def of_list(request: HttpRequest) -> HttpResponse:
    """Labels of everything the list shows under this address or of what was ticked (`?pick=`), `?copies=` of each or
    `?copies-<key>=` of one. Raises BadInput for too many."""
    chosen, picked = filter_of(request), picked_of(request)
    found = Product.objects.filter(pk__in=picked).order_by("name", "pk") if picked else chosen.products()
    rows = list(found[: LABELS_AT_MOST + 1])
    return _labels(request, rows, back_url=reverse("products:product_list") + chosen.url())


def _labels(request: HttpRequest, products: list[Product], *, back_url: str) -> HttpResponse:
    copies = _copies(request.GET.get("copies", ""))
    if not products:
        raise BadInput(_("There is nothing to label here. Go back and choose other products."))
    numbers = {p.pk: _copies(request.GET.get(f"copies-{p.pk}", ""), usual=copies) for p in products}
    if sum(numbers.values()) > LABELS_AT_MOST:
        raise BadInput(
            _("At most %(limit)s labels are printed at once. Go back and choose fewer products, or fewer copies.")
            % {"limit": LABELS_AT_MOST}
        )
    context = {
        "labels": [label for label in _drawn(products) for _copy in range(numbers[label["product"].pk])],
        "copies": copies,
        "most": COPIES_AT_MOST,
        "kept": [(name, value) for name, value in request.GET.items() if name != "copies"],
        "back_url": back_url,
    }
    return render(request, "products/print/labels.html", context)


def _copies(text: str, *, usual: int = 1) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else usual
    return min(max(number, 1), COPIES_AT_MOST)


def _drawn(products: Iterable[Product]) -> list[dict[str, Any]]:
    root = shop_url("")
    return [
        {
            "product": product,
            "code": product.own_code,
            "bars": bars_svg(bars(product.own_code), MODULES),
            "qr": qr_svg(root + reverse("products:by_code", args=[product.own_code])),
        }
        for product in products
    ]
