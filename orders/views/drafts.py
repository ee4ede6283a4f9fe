"""While an order is typed: its draft, and the buyer by the digits of the telephone."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.access import needs
from core.forms import PhoneField
from core.transactions import run
from core.undo import tell
from orders.selectors.people import contacts_by_digits, is_colleague, last_deliveries
from orders.services.drafts import save_draft
from orders.undo import discard_and_remember


@require_POST
@needs("orders.change")
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what stands in the form of a new order; answers with when that was."""
    fields = {name: str(request.POST[name]) for name in request.POST}
    draft = run(lambda: save_draft(fields, by=request.user, now=timezone.now()))
    return render(request, "orders/order_form.html#draft_note", {"draft": draft})


@require_POST
@needs("orders.change")
def discard(request: HttpRequest) -> HttpResponse:
    """Forget it and open an empty form."""
    tell(request, run(lambda: discard_and_remember(request.user)))
    return redirect("orders:order_create")


@require_safe
@needs("orders.change")
def contact_search(request: HttpRequest) -> HttpResponse:
    """Contacts whose telephone ends with the typed digits, as buttons that fill the form."""
    text = request.GET.get("buyer_phone", request.GET.get("q", ""))[:40]
    return render(request, "orders/_contacts_found.html", {"contacts": contacts_by_digits(text)})


@require_safe
@needs("orders.change")
def deliveries(request: HttpRequest) -> HttpResponse:
    """Where the buyer with the typed telephone had flowers delivered, as buttons that fill the form."""
    typed = request.GET.get("buyer_phone", "")[:40]
    try:
        phone = PhoneField(required=False).clean(typed)
    except ValidationError:
        phone = ""
    context = {"deliveries": last_deliveries(phone), "works_here": is_colleague(phone=phone, name="")}
    return render(request, "orders/_deliveries.html", context)
