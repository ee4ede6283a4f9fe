"""The trash: a list of what was deleted, bringing back, and removing one row for good."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import trash as deleted
from core.access import may, needs
from core.errors import BadInput, DomainError
from core.forms import CleanCharField, Form
from core.htmx import page_or_part
from core.search import LONGEST
from core.search_text import SearchQuery, read_search
from core.text import clean_text
from core.transactions import run

PAGE = 50


class NameForm(Form):
    """The name, written once more by hand."""

    name = CleanCharField(
        label=gettext_lazy("Write its name to confirm"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_safe
@needs("trash.view")
def trash(request: HttpRequest) -> HttpResponse:
    """What was deleted and the reader may bring back, last deleted first."""
    return _list(request)


def _list(request: HttpRequest, refusal: DomainError | None = None) -> HttpResponse:
    kinds = deleted.kinds_for(request.user)
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "")
    chosen = [each for each in kinds if each.code == kind] or kinds
    after = request.GET.get("after", "")
    rows = deleted.deleted_rows(chosen, size=PAGE + 1, query=_query(text), after=after)
    asked = {"q": text, "kind": kind}
    more = {**asked, "after": rows[PAGE - 1].cursor} if len(rows) > PAGE else {}
    context = {
        "rows": rows[:PAGE],
        "kinds": kinds,
        "kind": kind if len(chosen) < len(kinds) else "",
        "text": text,
        "narrowed": bool(text.strip()) or len(chosen) < len(kinds),
        "next_url": f"?{urlencode(more)}" if more else "",
        "may_purge": may(request.user, deleted.PURGE),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return page_or_part(request, "core/trash.html", "rows" if after else "list", context, status=status)


def _query(text: str) -> SearchQuery | None:
    """What was typed, as a search reads it; None for nothing, and for what nobody can have typed."""
    try:
        query = read_search(clean_text(text, max_length=LONGEST))
    except BadInput:
        return None
    return query if query.readings else None


@require_POST
@needs("trash.view")
def restore(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Bring a row back. What stands in the way is told above the list, and the row stays in it."""
    if _is_back(request, kind, pk):
        return redirect("trash")
    row = _row(request, kind, pk)
    try:
        run(lambda: deleted.bring_back(row.kind, pk, by=request.user))
    except DomainError as refusal:
        return _list(request, refusal)
    messages.success(request, _("“%(name)s” is back.") % {"name": row.name})
    return redirect("trash")


@require_safe
@needs("trash.view")
def past(request: HttpRequest) -> HttpResponse:
    """What became of rows that lay in the trash, newest first."""
    before = request.GET.get("before", "")
    known = int(before) if re.fullmatch("[0-9]{1,18}", before) else None
    rows = deleted.past(deleted.kinds_for(request.user), size=PAGE + 1, before=known)
    next_url = f"?before={rows[PAGE - 1].event.pk}" if len(rows) > PAGE else ""
    context = {"rows": rows[:PAGE], "next_url": next_url}
    return page_or_part(request, "core/trash_past.html", "rows" if known else "list", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(deleted.PURGE)
def remove(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Remove a row for good, once its name is written again. A person whom documents name is forgotten instead."""
    row = _row(request, kind, pk)
    named_by = deleted.what_names(get_object_or_404(row.kind.model.all_objects, pk=pk))
    forgets = bool(named_by) and row.kind.forget is not None
    leave = deleted.forget if forgets else deleted.purge
    form = NameForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data["name"]
            try:
                run(lambda: leave(row.kind, pk, typed=typed, by=request.user))
            except DomainError as refusal:
                form.add_refusal(refusal)
                status = refusal.status
            else:
                said = _("The person is forgotten.") if forgets else _("“%(name)s” is removed for good.")
                messages.success(request, said % {"name": row.name})
                return redirect("trash")
    context: dict[str, Any] = {
        "row": row,
        "form": form,
        "named_by": named_by,
        "forgets": forgets,
    }
    return page_or_part(request, "core/trash_remove.html", "page", context, status=status)


def _is_back(request: HttpRequest, kind: str, pk: int) -> bool:
    """Whether somebody restored the row already: pressing twice is no error."""
    known = [each for each in deleted.kinds_for(request.user) if each.code == kind]
    return any(each.model.objects.filter(pk=pk).exists() for each in known)


def _row(request: HttpRequest, kind: str, pk: int) -> deleted.Row:
    """The deleted row of an address; 404 for one that is live, gone or not for this person."""
    known = [each for each in deleted.kinds_for(request.user) if each.code == kind]
    found = deleted.deleted_rows(known, size=1, key=pk)
    if not found:
        raise Http404
    return found[0]
