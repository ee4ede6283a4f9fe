"""The checklist of a new shop: hide it, or load goods to try things with."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.access import needs
from core.flags import FIRST_STEPS_HIDDEN, set_flag
from core.transactions import run
from orders.services.first_steps import load_demo_goods


@require_POST
@needs("admin.use")
def hide(request: HttpRequest) -> HttpResponse:
    """Show the checklist to nobody of this shop any more."""
    run(lambda: set_flag(FIRST_STEPS_HIDDEN))
    return redirect("home")


@require_POST
@needs("shop.set_up")
def load_demo(request: HttpRequest) -> HttpResponse:
    """Fill the empty shop with goods, receipts and orders."""
    run(lambda: load_demo_goods(by=request.user, now=timezone.now()))
    messages.success(request, _("Goods, deliveries and orders for trying are loaded."))
    return redirect("home")
