"""What takes too long with a large file of products for somebody who waits for a page."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import translation

from core.errors import BadInput, Busy, DomainError
from core.jobs import FAILED, job
from core.transactions import run
from products.models import GoodsImport, ImportWork
from products.services.importing import check_kept, read_kept
from products.services.photos import hang_drawing, waiting_for_drawings
from products.starter import photo_of
from products.undo import import_and_remember

DRAWN_AT_ONCE = 12  # about as many seconds


@job(attempts=5, within=timedelta(hours=12))
def work_on_import(key: int, work: str, language: str, by: int | None, seen: str = "") -> None:
    """Read, look at or apply a kept file, in one transaction: what was done already, or is not asked for, changes nothing.
    Why it can't be done is written down for the person, in their language; a look that was too old is taken anew."""
    with translation.override(language):
        try:
            run(lambda: _do(key, work, by=by, seen=seen))
        except Busy:
            raise  # tried again
        except DomainError as refusal:
            now = ImportWork.CHECK if work == ImportWork.APPLY else ImportWork.NONE
            with transaction.atomic():
                if GoodsImport.objects.filter(pk=key, work=work).update(work=now, refusal=str(refusal)) and now:
                    work_on_import.enqueue(key, now.value, language, by)


def _do(key: int, work: str, *, by: int | None, seen: str) -> None:
    kept = GoodsImport.objects.filter(pk=key, work=work).first()
    if kept is None:
        return
    with connection.cursor() as cursor:
        # Comparing 50,000 rows is a minute in which the database hears nothing.
        cursor.execute("set local idle_in_transaction_session_timeout = '15min'")
    if work == ImportWork.READ:
        read_kept(kept)
    elif work == ImportWork.CHECK:
        check_kept(kept)
    else:
        person: Any = get_user_model().objects.filter(pk=by or 0).first()
        import_and_remember(kept, seen=seen, by=person)


@job(priority=-10, within=timedelta(hours=12))
def hang_drawings(key: int, after: int = 0) -> None:
    """Give the products that an import of the starting catalogue made their drawings, a few at a time, so that mails go
    in between. Who was taken back meanwhile, or has a photo already, gets none."""
    waiting = waiting_for_drawings(key, after=after)
    for product, look in waiting[:DRAWN_AT_ONCE]:
        picture = photo_of(look)
        with suppress(BadInput):  # deleted meanwhile
            run(partial(hang_drawing, product, picture))
    if len(waiting) > DRAWN_AT_ONCE:
        hang_drawings.enqueue(key, waiting[DRAWN_AT_ONCE - 1][0].pk)


def has_failed(kept: GoodsImport) -> bool:
    """Whether the worker has given up what it was asked for."""
    asked = work_on_import.newest(kept.pk)
    return bool(kept.work) and (asked is None or asked.status == FAILED)
