"""The owner takes along everything the shop owns: one archive, made here or, of a big shop, by the worker, downloaded here.

A session alone does not open it: the password is asked once more and holds for a quarter of an hour. The page works while
the shop is closed as well (core.middleware.shop).
"""

import logging
import time

from django.contrib import messages
from django.db import connection
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import AskedAgainForm
from accounts.models import User
from accounts.services.limits import PASSWORD, count_attempt
from accounts.services.second_factor import WrongPassword
from core.access import needs
from core.errors import DomainError
from core.export_shelf import KEPT_FOR, ExportGoingOn, archives, find_archive, put_together
from core.htmx import page_or_part, wants_part
from core.jobs import FAILED
from core.shop_files import shop_files
from core.tenancy import current_schema_name
from reports.jobs import is_going_on, make_archive

logger = logging.getLogger(__name__)
UNLOCKED = "reports.export_unlocked"
SECONDS = 15 * 60
# What is put together while a person waits for the page; the rest is the worker's.
MOST_ROWS = 300_000
MOST_BYTES = 500_000_000


@require_safe
@needs("shop.export")
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """The archives that are ready, and the button for a new one; before that, the password.

    While one is being put together its middle part is asked for again; until it is ready that is a 204.
    """
    if wants_part(request) and is_going_on(make_archive.newest(), timezone.now()):
        return HttpResponse(status=204, headers={"Cache-Control": "private, no-store"})
    return _page(request, AskedAgainForm())


@sensitive_post_parameters()
@require_POST
@needs("shop.export")
def unlock(request: HttpRequest) -> HttpResponse:
    """The password once more."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - needs has seen to it
    form = AskedAgainForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            count_attempt(PASSWORD, user.pk)
            if not user.check_password(form.cleaned_data["password"]):
                raise WrongPassword
        except DomainError as refusal:
            form.add_refusal(refusal)
            status = refusal.status
        else:
            request.session[UNLOCKED] = time.time()
            return redirect("export")
    return _page(request, form, status=status)


@require_POST
@needs("shop.export")
def make(request: HttpRequest) -> HttpResponse:
    """Put an archive together in one go, or let the worker do it when that takes long."""
    if not _is_unlocked(request):
        return redirect("export")
    if is_going_on(make_archive.newest(), timezone.now()):
        raise ExportGoingOn
    with_files = bool(request.POST.get("pictures"))
    if _is_too_big(with_files=with_files):
        make_archive.enqueue(timezone.now().isoformat(), request.LANGUAGE_CODE, with_files=with_files)
        logger.warning("%s asked for an archive of everything", request.user.pk)
        return redirect("export")
    made = put_together(now=timezone.now(), language=request.LANGUAGE_CODE, with_files=with_files)
    logger.warning("%s made an archive of everything, %s bytes", request.user.pk, made.size)
    messages.success(request, _("The archive is ready."))
    return redirect("export")


@require_safe
@needs("shop.export")
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """One archive of this shop, by its name on the page. Another shop's, an old one, a way out of the folder: 404."""
    found = find_archive(name, timezone.now())
    if found is None:
        raise Http404
    if not _is_unlocked(request):
        return redirect("export")
    logger.warning("%s downloads the archive %s", request.user.pk, name)
    response = FileResponse(found.path.open("rb"), as_attachment=True, filename=f"{current_schema_name()}-{found.name}")
    response["Cache-Control"] = "private, no-store"
    return response


def _page(request: HttpRequest, form: AskedAgainForm, *, status: int = 200) -> HttpResponse:
    now = timezone.now()
    ready, asked = archives(now), make_archive.newest()
    context = {
        "form": form,
        "is_unlocked": _is_unlocked(request),
        "archives": ready,
        "days": KEPT_FOR.days,
        "is_going_on": is_going_on(asked, now),
        "has_failed": asked is not None
        and asked.status == FAILED
        and not any(archive.made_at >= asked.enqueued_at.replace(microsecond=0) for archive in ready),
    }
    return page_or_part(request, "reports/export.html", "archives", context, status=status)


def _is_unlocked(request: HttpRequest) -> bool:
    since: float = request.session.get(UNLOCKED, 0)
    return 0 <= time.time() - since < SECONDS


def _is_too_big(*, with_files: bool) -> bool:
    """Guessed from what PostgreSQL reckons; exact enough to keep a worker from being busy for minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(reltuples, 0)), 0) FROM pg_catalog.pg_class"
            " WHERE relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = %s) AND relkind = 'r'",
            [current_schema_name()],
        )
        (rows,) = cursor.fetchone()
    if rows > MOST_ROWS:
        return True
    return with_files and sum(file.size for file in shop_files().files(current_schema_name())) > MOST_BYTES
