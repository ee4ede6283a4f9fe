"""A catalogue to start from: ticked, priced, and then imported like any other table. Its pictures are drawn."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_http_methods, require_safe

from core.access import needs
from core.htmx import page_or_part
from core.templatetags.florist import currency_sign
from core.transactions import run
from products.services.importing import keep_file
from products.starter import COLUMNS, PICTURE, as_table, by_shelf, drawings_version, entries, thumbnail

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
        columns = [*COLUMNS, PICTURE if "pictures" in request.POST else ""]
        kept = run(lambda: keep_file(table, name=_("Catalogue to start from"), columns=columns, by=request.user))
        return redirect("products:import_check", pk=kept.pk)
    is_refused = request.method == "POST"
    context = {
        "shelves": by_shelf(found), "is_refused": is_refused, "currency": currency_sign(),
        "version": drawings_version(), "with_pictures": not is_refused or "pictures" in request.POST,
    }  # fmt: skip
    return page_or_part(request, "products/starter.html", "page", context, status=422 if is_refused else 200)


def _tag(request: HttpRequest, version: str, number: int) -> str:
    return f'"{drawings_version()}-{number}"'


@require_safe
@needs("catalogue.change")
@condition(etag_func=_tag)
def picture(request: HttpRequest, version: str, number: int) -> HttpResponse:
    """The drawing of an entry, small. Its address changes with the drawing, so a browser asks for it once."""
    try:
        answer = HttpResponse(thumbnail(number), content_type="image/webp")
    except KeyError:
        raise Http404 from None
    lasting = "max-age=31536000, immutable" if version == drawings_version() else "no-cache"
    answer["Cache-Control"] = f"private, {lasting}"
    return answer
