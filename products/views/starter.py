"""A catalogue to start from: ticked, priced, and then imported like any other table."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import needs
from core.htmx import page_or_part
from core.transactions import run
from products.services.importing import keep_file
from products.starter import COLUMNS, as_table, by_shelf, entries

PRICE_LENGTH = 20


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def starter(request: HttpRequest) -> HttpResponse:
    """The list; a line with a price is meant like a ticked one. Nothing is written before the import has shown what would
    happen."""
    found = entries(get_language() or "")
    taken = set(request.POST.getlist("take"))
    prices = {entry.number: request.POST.get(f"price-{entry.number}", "").strip()[:PRICE_LENGTH] for entry in found}
    chosen = [entry for entry in found if not entry.is_known and (str(entry.number) in taken or prices[entry.number])]
    if chosen:
        table = as_table(chosen, prices)
        kept = run(lambda: keep_file(table, name=_("Catalogue to start from"), columns=COLUMNS, by=request.user))
        return redirect("products:import_check", pk=kept.pk)
    is_refused = request.method == "POST"
    context = {"shelves": by_shelf(found), "is_refused": is_refused}
    return page_or_part(request, "products/starter.html", "page", context, status=422 if is_refused else 200)
