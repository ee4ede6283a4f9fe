"""What is done to many products at once: those that were ticked in the list, or all that it is narrowed to."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.errors import DomainError
from core.htmx import page_or_part
from core.transactions import run
from core.undo import tell
from products.forms import ManyForm
from products.models import Product
from products.services.many import MANY_AT_MOST
from products.undo import archive_many_and_remember, move_many_and_remember, tag_many_and_remember
from products.views.filtering import filter_of, picked_of

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def many(request: HttpRequest) -> HttpResponse:
    """Tags, category and archive of the products `?pick=` (as often as there are any), or of all that the address narrows
    the list to. Each is an operation of its own."""
    chosen, picked = filter_of(request), picked_of(request)
    found = Product.objects.filter(pk__in=picked) if picked else chosen.products().filter(is_deleted=False)
    rows = list(found.order_by("name", "pk")[: MANY_AT_MOST + 1])
    form = ManyForm(request.POST if request.method == "POST" else None)
    back = reverse("products:product_list") + chosen.url()
    if request.method == "POST" and form.is_valid():
        keys = [row.pk for row in rows]
        try:
            action, stay = run(lambda: _do(form.cleaned_data, keys, by=request.user))
        except DomainError as refusal:
            form.add_refusal(refusal)
        else:
            tell(request, action)
            for sentence in stay[:5]:
                messages.warning(request, sentence)
            return redirect(back)
    context = {
        "form": form, "filter": chosen, "products": rows[:SHOWN], "count": len(rows), "picked": picked, "back": back,
        "more": max(len(rows) - SHOWN, 0),
        "all_count": chosen.products().filter(is_deleted=False).count() if picked else None,
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return page_or_part(request, "products/many.html", "page", context, status=status)


def _do(data: dict[str, Any], keys: list[int], *, by: Any) -> Any:
    if data["do"] == "tags":
        return tag_many_and_remember(keys, add=data["add"], remove=data["remove"], by=by), []
    if data["do"] == "category":
        return move_many_and_remember(keys, data["category"], by=by), []
    return archive_many_and_remember(keys, by=by)
