"""The list of orders."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from core.access import may, needs
from core.errors import BadInput
from core.htmx import page_or_part
from core.transactions import run
from orders.models import Contact, OrderStatus
from orders.selectors.lists import LONGEST_SEARCH, Page, View, all_statuses, order_page, view_counts
from orders.services.contacts import mark_colleague

TABS = [
    (View.TODAY, _("Today")),
    (View.TOMORROW, _("Tomorrow")),
    (View.LATE, pgettext_lazy("orders", "Late")),
    (View.UNPAID, pgettext_lazy("orders", "Not paid")),
    (View.WAITING, pgettext_lazy("orders", "Waiting for goods")),
    (View.ALL, _("All")),
]
# Whose work orders are printed all at once.
PRINTED = {View.TODAY, View.TOMORROW, View.LATE}
# Reached from the first page; elsewhere they would crowd the tabs.
ONLY_WHEN_OPEN = {View.UNPAID, View.WAITING}


@require_safe
@needs("orders.view")
def order_list(request: HttpRequest) -> HttpResponse:
    """Orders of a day or of all days, filtered by the address; `after` continues where a page ended."""
    now = timezone.now()
    wanted = request.GET.get("view", "")
    view = View(wanted) if wanted in set(View) else View.TODAY
    text = request.GET.get("q", "").strip()
    statuses = all_statuses()
    status = next((item for item in statuses if str(item.pk) == request.GET.get("status")), None)
    contact = _contact_of(request)
    after = request.GET.get("after", "")
    context: dict[str, Any] = {"page": Page([]), "refusal": None, "has_more_to_add": bool(after)}
    try:
        context["page"] = order_page(
            view=view,
            now=now,
            text=text,
            status=status.pk if status else None,
            contact=contact.pk if contact else None,
            after=after,
            statuses=statuses,
        )
    except BadInput as refusal:
        text = text[:LONGEST_SEARCH]
        context["refusal"] = refusal
    except ValueError as broken:
        raise Http404 from broken
    shown = View.ALL if text or contact else view
    filters = {
        "view": view.value if view is not View.TODAY else "",
        "q": text,
        "status": status.pk if status else "",
        "contact": contact.pk if contact else "",
    }
    kept = {name: value for name, value in filters.items() if value}
    context |= {
        "view": shown,
        "text": text,
        "status": status,
        "contact": contact,
        "without_contact_url": _address({name: value for name, value in kept.items() if name != "contact"}),
        "statuses": statuses,
        "longest": LONGEST_SEARCH,
        "tabs": view_tabs(shown, view_counts(now, statuses)) if not after else [],
        "reset_url": _address({"view": view.value}),
        "tomorrow_url": _address({"view": View.TOMORROW.value}),
        "next_url": _address({**kept, "after": context["page"].after}) if context["page"].after else "",
        "print_url": _print_address(shown) if shown in PRINTED and not (after or status) else "",
        "here": _address(kept),
        "show_day": shown not in {View.TODAY, View.TOMORROW},
        "may_change": may(request.user, "orders.change"),
        "may_mark": contact is not None and may(request.user, "catalogue.change"),
        "bulk_statuses": bulk_statuses(request.user, statuses) if not after else [],
        "board_url": f"{reverse('orders:order_board')}?{urlencode({'view': shown.value})}",
    }
    part = "chunk" if after else "found"
    refused: BadInput | None = context["refusal"]
    return page_or_part(
        request, "orders/order_list.html", part, context, status=refused.status if refused is not None else 200
    )


def _contact_of(request: HttpRequest) -> Contact | None:
    """The person the list is narrowed to; a key that means nobody narrows nothing."""
    key = request.GET.get("contact", "")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    return Contact.objects.filter(pk=key).first()


@require_POST
@needs("catalogue.change")
def contact_colleague(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a person works here, or no more."""
    contact = get_object_or_404(Contact, pk=pk)
    works_here = request.POST.get("works_here") == "1"
    run(lambda: mark_colleague(contact, works_here=works_here, by=request.user))
    if works_here:
        done = gettext("%(name)s works here: from now on their orders take the staff's price.")
    else:
        done = gettext("%(name)s pays the ordinary price from now on.")
    messages.success(request, done % {"name": contact})
    return redirect(f"{reverse('orders:order_list')}?view=all&contact={pk}")


def bulk_statuses(user: Any, statuses: Sequence[OrderStatus]) -> list[OrderStatus]:
    """Where many orders may be moved at once. Cancelling asks for a look at each of them."""
    if not may(user, "orders.change"):
        return []
    return [status for status in statuses if not status.is_negative_end]


def view_tabs(shown: View, counts: dict[str, int], *, url_name: str = "orders:order_list") -> list[dict[str, Any]]:
    """The saved views as links to the list, or to the board."""
    return [
        {
            "url": f"{reverse(url_name)}?{urlencode({'view': view.value})}",
            "label": label,
            "count": counts.get(view.value),
            "current": view is shown,
            "tone": "danger" if view is View.LATE and counts["late"] else "",
        }
        for view, label in TABS
        if view is shown or view not in ONLY_WHEN_OPEN
    ]


def _print_address(view: View) -> str:
    return f"{reverse('orders:print_work_orders')}?{urlencode({'view': view.value})}"


def _address(query: dict[str, Any]) -> str:
    return f"{reverse('orders:order_list')}?{urlencode(query)}" if query else reverse("orders:order_list")
