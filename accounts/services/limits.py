"""How often somebody may try in a while: at the doors that stand open to everybody.

Counted in the schema's own table, so all processes count together. Nobody's address is kept, only its hash.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext_lazy

from accounts.models import Attempt
from core.errors import DomainError
from core.sealing import salted


@dataclass(frozen=True)
class Limit:
    """At most `count` attempts in each window of `seconds`; `scope` names what is tried."""

    scope: str
    count: int
    seconds: int


HOUR, DAY = 60 * 60, 24 * 60 * 60
# By address: a shop's people share one. By e-mail: so many mails are enough for anybody.
LOG_IN = Limit("log_in", 100, HOUR // 4)
FORGOTTEN = Limit("forgotten", 20, HOUR)
FORGOTTEN_EMAIL = Limit("forgotten_email", 5, HOUR)
APPLY = Limit("apply", 20, HOUR)
APPLY_EMAIL = Limit("apply_email", 10, DAY)
SUGGEST_ADDRESS = Limit("suggest_address", 200, HOUR)
# By application: tries to confirm its e-mail, and mails that are asked for again.
CONFIRM = Limit("confirm", 30, HOUR)
CONFIRM_AGAIN = Limit("confirm_again", 5, HOUR)
# By person: a code has a million values, three of which are right at any time.
CODE = Limit("code", 5, HOUR // 4)
CODE_OF_DAY = Limit("code_of_day", 30, DAY)
PASSWORD = Limit("password", 10, HOUR // 4)


class TooOften(DomainError):
    """More attempts than the limit allows. `data["seconds"]` is how long to wait."""

    code = "too_often"
    status = 429

    def __init__(self, seconds: int) -> None:
        minutes = -(-seconds // 60)
        message: Any = ngettext_lazy(
            "Too many attempts in a short time. Nothing was done: wait %(minutes)d minute and try again.",
            "Too many attempts in a short time. Nothing was done: wait %(minutes)d minutes and try again.",
            "minutes",
        )
        super().__init__(message % {"minutes": minutes}, data={"seconds": seconds})


def count_attempt(limit: Limit, who: object, *, now: datetime.datetime | None = None) -> None:
    """Count one attempt of `who`, an address, an e-mail or a key. Raises TooOften when it is one too many.

    To be called outside a transaction: a refusal that rolled back would not count.
    """
    seconds = int((now or timezone.now()).timestamp())
    window = seconds - seconds % limit.seconds
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into accounts_attempt (scope, who, window_start, count) values (%s, %s, %s, 1)"
            " on conflict (scope, who, window_start) do update set count = accounts_attempt.count + 1 returning count",
            [limit.scope, _hash(limit, who), window],
        )
        (count,) = cursor.fetchone()
    if count == 1:  # somebody new: the time to forget what is over
        Attempt.objects.filter(scope=limit.scope, window_start__lt=window).delete()
    if count > limit.count:
        raise TooOften(window + limit.seconds - seconds)


def forget_attempts(limit: Limit, who: object) -> None:
    """It was the right person: begin to count anew."""
    Attempt.objects.filter(scope=limit.scope, who=_hash(limit, who)).delete()


def _hash(limit: Limit, who: object) -> str:
    return salted_hmac(
        salted(f"accounts.limits.{limit.scope}"), str(who).strip().lower(), algorithm="sha256"
    ).hexdigest()
