"""Which rule of the database an error is about."""

import re
from collections.abc import Iterable

from django.db import DatabaseError


def broken_constraint(error: DatabaseError, names: Iterable[str]) -> str | None:
    """Which of the constraints `names` was broken; None when it was none of them.

    Read from the first line of the message: where a shop's tables are spread over servers, the error carries no name of
    its own and the one in the message has the number of a shard behind it. The lines below hold values people typed.
    """
    cause = error.__cause__
    first = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause or error).partition("\n")[0]
    return next((name for name in names if re.search(rf"(?<!\w){re.escape(name)}(_\d+)?(?!\w)", first)), None)
