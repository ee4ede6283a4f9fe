"""Refusals. A service that can't do what it is asked raises one of these; the transaction then leaves no trace.

A message is a whole sentence for the person at the screen: what was refused, why, and what to do about it. It is a
lazy translation, so the page and the command show it in their own language.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

# What a command ends with: 0 done, or already as wished; 1 refused or failed; and these.
USAGE, SOME_FAILED, HELD, FOUND_SOMETHING = 2, 3, 4, 5


class DomainError(Exception):
    """A refusal for a reason of the trade. `code` is stable and machine-readable, `data` carries the figures."""

    code = "refused"
    status = 409
    exit_code = 1  # of a command that is refused

    def __init__(self, message: Any, *, field: str | None = None, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.data = dict(data or {})

    def __str__(self) -> str:
        return str(self.message)


class BadInput(DomainError):
    """A value that can't be meant: a form shows it beside the field."""

    code = "bad_input"
    status = 422


class NotAllowed(DomainError):
    """The person's role does not permit it."""

    code = "not_allowed"
    status = 403


class StaleForm(DomainError):
    """Somebody saved the same object meanwhile."""

    code = "stale_form"


class KeyReused(DomainError):
    """An idempotency key arrived a second time with another content."""

    code = "key_reused"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            _("This form was already sent with other values. Open it again and enter the values once more.")
        )


class Busy(DomainError):
    """A lock was not free in time. Nothing happened; the same request may be repeated."""

    code = "busy"
    status = 503

    def __init__(self) -> None:
        super().__init__(_("Somebody is changing the same goods right now. Nothing was saved: try again in a moment."))
