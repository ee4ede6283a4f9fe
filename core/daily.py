"""The day's work: what every open shop and the platform have done for them once a day.

Apps name it in `settings.DAILY_WORK` and `settings.DAILY_PLATFORM_WORK`. A piece of it is called in no transaction and owns
its own, one or as many as are good for whoever works in the shop meanwhile. Whoever does it once more the same day does
nothing: the worker, which begins it by itself, and the command `run_daily` may both be at it.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tenants.utils import get_public_schema_name, get_tenant_model, schema_exists

from core.jobs import job
from core.tenancy import current_schema_name, in_public, in_schema, leave_room_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Day:
    """What was done in one schema: rows by the name of the work, why the rest was not done, and seconds."""

    schema_name: str
    changed: dict[str, int]
    errors: dict[str, str]
    seconds: float


class DayNotDone(Exception):
    """Some of the day's work could not be done."""


def open_shops() -> list[str]:
    """The schemas of all shops that are open today."""
    with in_public():
        shops = get_tenant_model().objects.exclude(schema_name=get_public_schema_name()).order_by("schema_name")
        return [shop.schema_name for shop in shops if shop.is_open_on(timezone.localdate())]


def do_day(schema_name: str, *, now: datetime) -> Day:
    """Do the day's work of one shop, or of the platform. A piece that fails is told, not raised, and stops no other."""
    began = time.monotonic()
    on_platform = schema_name == get_public_schema_name()
    changed: dict[str, int] = {}
    errors: dict[str, str] = {}
    leave_room_for(schema_name)
    with in_public():
        there = on_platform or schema_exists(schema_name)
    if not there:  # its queries would fall through to the platform's tables
        return Day(schema_name, {}, {"schema": f"There is no schema {schema_name}."}, time.monotonic() - began)
    with in_schema(schema_name):
        for path in settings.DAILY_PLATFORM_WORK if on_platform else settings.DAILY_WORK:
            try:
                work = import_string(path)
                changed[path] = work(now=now)
            except Exception as error:
                logger.exception("%s was not done", path)
                errors[path] = f"{type(error).__name__}: {error}".strip()
                if not connection.is_usable():
                    connection.close()
    return Day(schema_name, changed, errors, time.monotonic() - began)


# --- By the worker ---------------------------------------------------------------------------------------------------

# A day that could not be done by the evening is left to the next one.
_TODAY = timedelta(hours=20)


def begin_day() -> bool:
    """Ask for the day's work when its hour has come and nobody has asked today; True when it was this call."""
    now = timezone.localtime()
    if not 0 <= settings.DAY_BEGINS_AT <= now.hour:
        return False
    with in_public():
        return day_of_platform.enqueue_once(now.date().isoformat())


@job(on_platform=True, attempts=3, within=_TODAY, priority=-10)
def day_of_platform() -> None:
    """Ask for the day of every open shop, then do the platform's own."""
    today = timezone.localdate().isoformat()
    for name in open_shops():
        with in_schema(name):
            day_of_shop.enqueue_once(today)
    _do_here()


@job(attempts=3, within=_TODAY, priority=-10)
def day_of_shop() -> None:
    """The day's work of the current shop."""
    _do_here()


def _do_here() -> None:
    day = do_day(current_schema_name(), now=timezone.now())
    if day.errors:
        raise DayNotDone("; ".join(f"{path}: {error}" for path, error in day.errors.items()))
