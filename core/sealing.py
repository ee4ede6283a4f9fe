"""Signed values that leave the server and come back: in a form, a link, a cookie.

What one shop signed means nothing in the next: the schema is part of the salt. Django's own `signing` knows no shop, so
it is used here and nowhere else; a test forbids it. Sealed is not secret: whoever holds a value can read it.
"""

from typing import Any

from django.core import signing

from core.tenancy import current_schema_name


def salted(purpose: str) -> str:
    """The salt of `purpose` in the current schema."""
    return f"{purpose}:{current_schema_name()}"


def seal(value: Any, *, purpose: str) -> str:
    """Sign `value`, anything JSON can write, for one purpose in the current schema."""
    return signing.dumps(value, salt=salted(purpose), compress=True)


def unseal(text: str, *, purpose: str, seconds: int | None = None) -> Any:
    """What was sealed here for this purpose, at most `seconds` ago; None for everything else."""
    try:
        return signing.loads(text, salt=salted(purpose), max_age=seconds)
    except signing.BadSignature:
        return None
