"""What takes too long for somebody who waits for a page."""

from datetime import datetime, timedelta

from django.utils import timezone

from core.export_shelf import archives, put_together
from core.jobs import READY, RUNNING, Row, job


@job(attempts=5, within=timedelta(hours=20), priority=-10, when_closed=True)
def make_archive(asked_at: str, language: str, *, with_files: bool) -> None:
    """Put together an archive of everything that the owner asked for at this moment (ISO), and nothing once it lies there.

    Its name tells the second, so one of the same second counts as made afterwards.
    """
    asked, now = datetime.fromisoformat(asked_at).replace(microsecond=0), timezone.now()
    if not any(each.made_at >= asked for each in archives(now)):
        put_together(now=now, language=language, with_files=with_files)


def is_going_on(asked: Row | None, now: datetime) -> bool:
    """Whether the worker is still to put this archive together, or at it. One nobody began in its time is given up."""
    return asked is not None and asked.status in {READY, RUNNING} and now - asked.enqueued_at < make_archive.within
