"""Read a setting from the environment, or refuse to start with a sentence that says what to do."""

import os
import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The value of `name`; without a default a missing value stops the start."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} in the environment (`python3 dev.py …` does it for you).")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """A yes or no; anything that is neither stops the start."""
    value = os.environ.get(name, "1" if default else "0").strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number; anything else stops the start."""
    value = os.environ.get(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


class Mail(NamedTuple):
    """How to reach the server that sends mail. `tls`: begin in the clear and change over; `ssl`: encrypted from the start."""

    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    tls: bool = False
    ssl: bool = False


def mail(name: str) -> Mail | None:
    """`smtp://user:password@host:587/?tls=1`; None when there is none. Anything else stops the start."""
    value = os.environ.get(name, "")
    if not value:
        return None
    try:
        parts = urlsplit(value)
        asked = {key: values[-1] for key, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        tls, ssl = asked.pop("tls", "0") == "1", asked.pop("ssl", "0") == "1"
        if parts.scheme != "smtp" or not parts.hostname or asked or (tls and ssl):
            raise ValueError
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return Mail(parts.hostname, parts.port or (465 if ssl else 587 if tls else 25), user, password, tls, ssl)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be like smtp://user:password@host:587/?tls=1 (or ?ssl=1).") from None


_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?")


def bucket(name: str) -> dict[str, str] | None:
    """`s3://bucket/prefix?region=eu-central-1&endpoint=https://store.example`, as options of core.object_store; None when
    there is none. Anything else stops the start; so do keys in it, which belong into AWS_ACCESS_KEY_ID."""
    value = os.environ.get(name, "")
    if not value:
        return None
    try:
        parts = urlsplit(value)
        asked = {key: values[-1] for key, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        region, endpoint = asked.pop("region", ""), asked.pop("endpoint", "")
        prefix = parts.path.strip("/")
        wrong = (
            parts.scheme != "s3"
            or not _BUCKET.fullmatch(parts.netloc)
            or not _PREFIX.fullmatch(prefix)
            or asked
            or parts.fragment
            or (endpoint and not re.fullmatch(r"https?://[^/@?#]+/?", endpoint))
        )
        if wrong:
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be like s3://bucket/prefix?region=eu-central-1&endpoint=https://store.example, with a plain prefix; "
            "keys go into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from None
    given = {"bucket_name": parts.netloc, "location": prefix, "region_name": region, "endpoint_url": endpoint}
    return {key: each for key, each in given.items() if each or key == "location"}
