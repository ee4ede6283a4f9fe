"""Products from a file and into a file: choosing it, saying what its columns mean, looking, importing; exporting."""

from itertools import zip_longest
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from core.access import needs
from core.errors import BadInput, DomainError, StaleForm
from core.htmx import page_or_part, wants_part
from core.models import RecentAction
from core.sheets import (
    BYTES_AT_MOST,
    ENCODINGS,
    Table,
    Value,
    encoding_of,
    read_table,
    refuse_no_table,
    write_csv,
    write_xlsx,
)
from core.transactions import run
from core.undo import tell
from products.columns import BY_KEY, COLUMNS, recognised
from products.jobs import hang_drawings, has_failed, work_on_import
from products.models import Colour, DesignRole, GoodsImport, ImportWork, Kind, ProductCategory, Unit
from products.services.exporting import export_header, export_rows
from products.services.importing import (
    BYTES_AT_ONCE,
    NEW,
    RESTORE,
    ROWS_AT_ONCE,
    Look,
    ask_worker,
    forget_work,
    keep_file,
    keep_unread,
    kept_look,
    look_at,
    plan_import,
    read_kept,
    table_of,
)
from products.starter import PICTURE
from products.undo import import_and_remember
from products.views.filtering import filter_of

SAMPLES = 3
SHOWN = 100
STEPS = [
    pgettext_lazy("import", "File"), pgettext_lazy("import", "Columns"), pgettext_lazy("import", "Check"),
    pgettext_lazy("import", "Done"),
]  # fmt: skip


def _steps(now: int) -> list[dict[str, Any]]:
    states = ["done"] * now + ["current"] + [""] * len(STEPS)
    return [{"label": label, "state": state, "note": ""} for label, state in zip(STEPS, states, strict=False)]


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def choose(request: HttpRequest) -> HttpResponse:
    """The first step: a file. It is read at once, so that one that is no table is refused here; a large workbook is looked
    at from outside, and the worker reads it."""
    refusal: DomainError | None = None
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise BadInput(_("Choose a file first."))
            if (file.size or 0) > BYTES_AT_MOST:
                raise BadInput(
                    _("The file is larger than %(limit)s MB. Split it into several ones.")
                    % {"limit": BYTES_AT_MOST // 1024**2}
                )
            content = file.read(BYTES_AT_MOST + 1)
            return redirect("products:import_columns", pk=_keep(request, content, file.name or "").pk)
        except DomainError as error:
            refusal = error
    context = {"steps": _steps(0), "refusal": refusal, "columns": COLUMNS}
    return page_or_part(request, "products/import_choose.html", "page", context, status=422 if refusal else 200)


def _keep(request: HttpRequest, content: bytes, name: str) -> GoodsImport:
    refuse_no_table(content)
    encoding = encoding_of(content)
    if not encoding and len(content) > BYTES_AT_ONCE:
        return run(lambda: _ask(request, keep_unread(content, name=name, by=request.user), ImportWork.READ))
    table = read_table(content)
    columns = recognised(table.header)
    return run(
        lambda: keep_file(table, name=name, columns=columns, by=request.user, file=content, encoding=encoding)
    )  # fmt: skip


def _ask(request: HttpRequest, kept: GoodsImport, work: ImportWork, *, seen: str = "") -> GoodsImport:
    """Ask the worker, once; what it is asked for is noted on the row in the same transaction."""
    if ask_worker(kept, work):
        work_on_import.enqueue(kept.pk, work.value, request.LANGUAGE_CODE, request.user.pk, seen)
    return kept


def _waiting(request: HttpRequest, kept: GoodsImport) -> HttpResponse:
    """The page while the worker is at the file. It asks for itself again and again; when the work is done it is sent to
    where the person goes on."""
    failed = has_failed(kept)
    if failed and request.method == "POST":
        work = ImportWork.READ if kept.work == ImportWork.READ else ImportWork.CHECK
        run(lambda: _ask(request, forget_work(kept), work))
        return redirect(request.path)
    if wants_part(request) and not failed:
        return HttpResponse(status=204, headers={"Cache-Control": "private, no-store"})
    context = {"steps": _steps(1 if kept.work == ImportWork.READ else 2), "kept": kept, "has_failed": failed}
    return page_or_part(request, "products/import_wait.html", "waiting", context)


def _found(pk: int) -> GoodsImport:
    """The file without what is large of it."""
    return get_object_or_404(GoodsImport.objects.defer("content", "file", "look"), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """The second step: what each column of the file means, and how its letters are to be read."""
    kept = _found(pk)
    if kept.work:
        return _waiting(request, kept)
    if wants_part(request) and request.method == "GET":
        return HttpResponseClientRedirect(request.path)  # the page that waited goes on
    if not kept.rows and kept.refusal:
        again = {"steps": _steps(0), "refusal": kept.refusal, "columns": COLUMNS}
        return page_or_part(request, "products/import_choose.html", "page", again)
    problem = ""
    if request.method == "POST" and request.POST.get("encoding", "") in ENCODINGS and "read_anew" in request.POST:
        try:
            run(lambda: read_kept(kept, encoding=request.POST["encoding"]))
        except BadInput as refusal:
            problem = str(refusal)
        else:
            return redirect("products:import_columns", pk=pk)
    table = table_of(kept)
    chosen = list(kept.columns)
    if request.method == "POST" and not problem:
        sent = [request.POST.get(f"column-{place}", "") for place in range(len(table.header))]
        chosen = [
            PICTURE if was == PICTURE else key if key in BY_KEY else ""
            for key, was in zip_longest(
                sent, kept.columns[: len(sent)], fillvalue=""
            )  # read anew in another tab meanwhile
        ]
        named = [key for key in chosen if key]
        if len(set(named)) < len(named):
            twice = next(key for key in named if named.count(key) > 1)
            problem = _("“%(column)s” is chosen twice. Leave it on one column.") % {"column": BY_KEY[twice].label}
        elif not {"name", "sku", "barcodes"} & set(named):
            problem = _("Say which column holds the names or the SKUs: without it no row can be meant.")
        else:
            kept.columns, kept.look = chosen, None
            kept.save(update_fields=["columns", "look"])
            if kept.rows > ROWS_AT_ONCE:
                run(lambda: _ask(request, kept, ImportWork.CHECK))
            return redirect("products:import_check", pk=pk)
    context: dict[str, Any] = {
        "steps": _steps(1),
        "kept": kept,
        "rows": len(table.rows),
        "columns": _columns_shown(table, chosen),
        "choices": [(column.key, column.label) for column in COLUMNS],
        "encodings": ENCODINGS.items() if kept.encoding else [],
        "problem": problem,
    }
    return page_or_part(request, "products/import_columns.html", "page", context, status=422 if problem else 200)


def _columns_shown(table: Table, chosen: list[str]) -> list[dict[str, Any]]:
    shown = []
    for place, name in enumerate(table.header):
        if name == PICTURE:
            continue  # no column of a card: whether there are pictures was asked before
        samples = [row[place].text[:60] for row in table.rows[:200] if row[place].text.strip()][:SAMPLES]
        shown.append({"place": place, "name": name, "samples": samples, "chosen": chosen[place]})
    return shown


@require_http_methods(["GET", "HEAD", "POST"])
@needs("catalogue.change")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """The third step: what would happen, row by row where something is wrong. POST imports, if that is still so."""
    kept = _found(pk)
    is_large = kept.rows > ROWS_AT_ONCE
    if kept.work:
        return _waiting(request, kept)
    if wants_part(request) and request.method == "GET":
        done = kept.applied_at is not None
        return HttpResponseClientRedirect(reverse("products:product_list") if done else request.path)
    if kept.applied_at is not None and request.method == "GET":
        return redirect("products:product_list")
    refusal: DomainError | str | None = kept.refusal or None
    status = 200
    if request.method == "POST" and request.POST.get("deleted_ones") in {RESTORE, NEW}:
        kept.deleted_ones, kept.look = request.POST["deleted_ones"], None
        kept.save(update_fields=["deleted_ones", "look"])
        return redirect("products:import_check", pk=pk)
    if request.method == "POST" and is_large and kept.applied_at is None:
        run(lambda: _ask(request, kept, ImportWork.APPLY, seen=request.POST.get("seen", "")))
        return redirect("products:import_check", pk=pk)
    if request.method == "POST":
        try:
            action = run(lambda: _import(request, kept))
        except (BadInput, StaleForm) as error:
            refusal, status = error, error.status
        else:
            tell(request, action)
            return redirect("products:product_list")
    if not is_large or kept.applied_at is not None:
        look = look_at(plan_import(kept))
    elif (known := kept_look(kept)) is not None:
        look = known
    else:
        run(lambda: _ask(request, kept, ImportWork.CHECK))
        return redirect("products:import_check", pk=pk)
    context = {
        "steps": _steps(2), "kept": kept, "look": look, "refusal": refusal, "problems": look.problems[:SHOWN],
        "more": max(look.problem_count - SHOWN, 0), "examples": _examples(look),
    }  # fmt: skip
    return page_or_part(request, "products/import_check.html", "page", context, status=status)


def _import(request: HttpRequest, kept: GoodsImport) -> RecentAction:
    action = import_and_remember(kept, seen=request.POST.get("seen", ""), by=request.user)
    if PICTURE in kept.columns:
        hang_drawings.enqueue(kept.pk)
    return action


def _examples(look: Look) -> list[dict[str, Any]]:
    """The first rows that do something, in words: what a product is called and what changes."""
    names = dict(ProductCategory.objects.values_list("pk", "name"))
    return [
        {
            **example,
            "changes": [
                (_label(key), _shown(key, old, names), _shown(key, new, names)) for key, old, new in example["changes"]
            ],
        }
        for example in look.examples
    ]


def _label(key: str) -> Any:
    return BY_KEY["category" if key == "category_id" else key].label


def _shown(key: str, value: Any, categories: dict[int, str]) -> str:
    choices: dict[str, Any] = {"unit": Unit, "kind": Kind, "colour": Colour, "role": DesignRole}
    if value in (None, "", []):
        return "—"
    if key in choices:
        return str(choices[key](value).label)
    if key == "category_id":
        return categories.get(value, "—")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(value) if isinstance(value, list) else str(value)[:80]


@require_safe
@needs("catalogue.change")
def problems(request: HttpRequest, pk: int) -> HttpResponse:
    """What is wrong with a file, as a table to work through."""
    kept = _found(pk)
    look = kept_look(kept) or look_at(plan_import(kept))
    header = [_("Row"), _("Column"), _("What stands there"), _("What is wrong")]
    rows: list[list[Value]] = [[problem.row, problem.column, problem.value, problem.why] for problem in look.problems]
    answer = HttpResponse(b"".join(write_csv(header, rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="problems.csv"'
    return answer


@require_safe
@needs("catalogue.view")
def export(request: HttpRequest) -> HttpResponse:
    """What the list shows under this address, as CSV or, with `?format=xlsx`, as a workbook. It can be imported again."""
    # Reduced goods and ready bouquets are made by the shop itself: a price list does not have them.
    chosen = filter_of(request).products().filter(is_deleted=False, reduced_from=None, made_from=None)
    rows = export_rows(chosen, yes=_("yes"), no=_("no"))
    name = f"catalogue-{timezone.localdate():%Y-%m-%d}"
    if request.GET.get("format") == "xlsx":
        content = write_xlsx(export_header(), rows, title=_("Catalogue"))
        answer = HttpResponse(
            content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )  # fmt: skip
        name += ".xlsx"
    else:
        answer = HttpResponse(b"".join(write_csv(export_header(), rows)), content_type="text/csv; charset=utf-8")
        name += ".csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
