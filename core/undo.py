"""What was done a moment ago and can be taken back: remembered with the deed, undone once.

An app registers its kinds when it starts. The work of a view calls `remember` inside the transaction of the deed, so
that there is no deed without its memory and no memory without the deed. Undoing calls the kind's own service, which
locks, looks at things as they are now and reverses exactly, or refuses with a sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django_tenants.utils import get_public_schema_name

from core.access import RIGHTS, Role, may
from core.errors import DomainError, NotAllowed
from core.htmx import wants_part
from core.models import RecentAction
from core.tenancy import current_schema_name

Payload = Mapping[str, Any]
OTHERS = "actions.all"  # the right to see what others did and to take it back
KEPT = timedelta(days=30)
SHOWN_IN_BAR = timedelta(minutes=10)


class TooLateToUndo(DomainError):
    """The action was undone already, or its time is over."""

    code = "too_late_to_undo"


@dataclass(frozen=True)
class Kind:
    """One kind of action.

    `describe` says what was done, in the reader's language and from the payload alone. `undo` takes the payload and
    the person, reverses the deed inside the caller's transaction and answers with sentences about what stayed as it
    is (usually none); it raises DomainError when nothing can be reversed. `link` is the address of what the action was
    done to, `right` what the person needs for taking it back, `lasts` for how long that is possible at all.
    """

    describe: Callable[[Payload], str]
    undo: Callable[[Payload, Any], list[str]]
    right: Callable[[Payload], str]
    link: Callable[[Payload], str]
    lasts: timedelta | None = None


KINDS: dict[str, Kind] = {}


def register(code: str, kind: Kind) -> None:
    """Make a kind known; called while the application starts."""
    KINDS[code] = kind


@dataclass(frozen=True)
class Shown:
    """An action as one reader sees it. `refusal` is why this reader can't take it back; empty when they may try."""

    action: RecentAction
    text: str
    link: str
    refusal: str


def remember(code: str, payload: Payload, *, by: Any) -> RecentAction:
    """Write down what `by` is doing in this transaction. The payload is what JSON can write, and names no person."""
    if not connection.in_atomic_block:
        raise RuntimeError("An action is remembered inside the transaction of the deed.")
    now, kind = timezone.now(), KINDS[code]
    until = None if kind.lasts is None else now + kind.lasts
    return RecentAction.objects.create(at=now, by=by, kind=code, payload=dict(payload), until=until)


def undo(action: RecentAction, *, by: Any) -> list[str]:
    """Take `action` back, once; answers with sentences about what could not be taken back.

    A second press by the same person finds it done and changes nothing. Raises NotAllowed, TooLateToUndo, and whatever
    the kind's service refuses with.
    """
    with transaction.atomic():
        locked = RecentAction.objects.select_for_update(of=("self",), no_key=True).get(pk=action.pk)
        if locked.undone_at is not None and locked.undone_by_id == by.pk:
            return []
        if reason := _refusal(locked, by, now=timezone.now()):
            raise reason
        left = KINDS[locked.kind].undo(locked.payload, by)
        locked.undone_at, locked.undone_by = timezone.now(), by
        locked.save(update_fields=["undone_at", "undone_by"])
    return left


def dismiss(action: RecentAction, *, by: Any) -> None:
    """Take the person's own action out of the bar; it stays in the list."""
    RecentAction.objects.filter(pk=action.pk, by=by, dismissed_at__isnull=True).update(dismissed_at=timezone.now())


def actions_for(reader: Any) -> QuerySet[RecentAction]:
    """What `reader` may look at, newest first: their own actions, or everybody's."""
    actions = RecentAction.objects.filter(kind__in=KINDS, at__gte=timezone.now() - KEPT).select_related(
        "by", "undone_by"
    )
    return actions if may(reader, OTHERS) else actions.filter(by=reader)


def shown(action: RecentAction, reader: Any) -> Shown:
    """The action as `reader` sees it. Asks the database nothing when `undone_by` is at hand."""
    kind = KINDS[action.kind]
    refusal = _refusal(action, reader, now=timezone.now())
    return Shown(action, kind.describe(action.payload), kind.link(action.payload), str(refusal or ""))


def in_bar(reader: Any) -> Shown | None:
    """The reader's last action while it is fresh, can be taken back and was not put away: one statement."""
    action = RecentAction.objects.filter(by=reader).order_by("-pk").first()
    return None if action is None else bar_of(action, reader)


def bar_of(action: RecentAction, reader: Any) -> Shown | None:
    """The action as the bar shows it to who did it; None when the bar has nothing to offer."""
    if action.kind not in KINDS or action.dismissed_at is not None or action.undone_at is not None:
        return None
    if timezone.now() - action.at > SHOWN_IN_BAR:
        return None
    line = shown(action, reader)
    return None if line.refusal else line


def undo_context(request: HttpRequest, action: RecentAction | None = None) -> dict[str, Any]:
    """What templates need for the bar. With `action`, which this request did, nothing is asked of the database."""
    return {
        "undo_bar": bar_of(action, request.user) if action else SimpleLazyObject(lambda: _bar_for(request)),
        "undo_next": SimpleLazyObject(lambda: _here(request)),
    }


def _bar_for(request: HttpRequest) -> Shown | None:
    """For a page that did nothing itself. A fragment brings no bar, and the platform has no actions."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or wants_part(request) or not _in_shop():
        return None
    return in_bar(user)


def _here(request: HttpRequest) -> str:
    """Where the person is: the page, or the page that htmx works on."""
    htmx = getattr(request, "htmx", None)
    if htmx:
        return str(htmx.current_url_abs_path or "")
    return request.get_full_path() if request.method == "GET" else ""


def _in_shop() -> bool:
    return current_schema_name() != get_public_schema_name()


def tell(request: HttpRequest, action: RecentAction | None) -> None:
    """Say what was done where the bar of the next page will not: nothing is said twice."""
    if action is not None and bar_of(action, request.user) is None:
        messages.success(request, KINDS[action.kind].describe(action.payload))


def forget_old(*, now: datetime) -> int:
    """Remove actions that are older than 30 days; answers with how many."""
    count, _by_model = RecentAction.objects.filter(at__lt=now - KEPT).delete()
    return count


def _refusal(action: RecentAction, person: Any, *, now: datetime) -> DomainError | None:
    kind = KINDS[action.kind]
    if action.undone_at is not None:
        return TooLateToUndo(
            _("This was undone already, on %(when)s. Look at it as it is now.") % {"when": _moment(action.undone_at)}
        )
    if action.by_id != person.pk and not may(person, OTHERS):
        return NotAllowed(_("Only who did it can undo it, or: %(who)s.") % {"who": _holders(OTHERS)})
    right = kind.right(action.payload)
    if not may(person, right):
        return NotAllowed(_("Your role does not permit undoing this. Ask: %(who)s.") % {"who": _holders(right)})
    if action.until is not None and now > action.until:
        return TooLateToUndo(
            _("The time for undoing this ended on %(when)s. Change it by hand.") % {"when": _moment(action.until)}
        )
    return None


def _holders(right: str) -> str:
    return ", ".join(str(role.label) for role in Role if role in RIGHTS[right])


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%d.%m, %H:%M}"
