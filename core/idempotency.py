"""Answer a creating request once, however often it arrives.

The key row and the effects commit together, so a failure frees the key. A twin that is still running makes the second
request wait (up to the lock time-out) and then get the first one's answer.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models

from core.errors import KeyReused
from core.models import IdempotencyKey

KEPT = timedelta(days=30)
Document = TypeVar("Document", bound=models.Model)


def once(*, scope: str, key: UUID | None, payload: Any, do: Callable[[], Document], model: type[Document]) -> Document:
    """Run `do` for the first request with this key, afterwards answer with the document it made.

    `payload` is anything JSON can write (other values by their str(), numbers by their value). Without a key `do` simply runs. Must be called
    inside a transaction. Raises KeyReused when the key comes back with another payload, or after its document is gone.
    """
    if key is None:
        return do()
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True, default=_plain).encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_idempotencykey (scope, key, payload_hash, created_at) values (%s, %s, %s, now())"
            " on conflict (scope, key) do nothing returning id",
            [scope, str(key), digest],
        )
        inserted = cursor.fetchone()
        if inserted is None:
            cursor.execute(
                "select payload_hash, result_id from core_idempotencykey where scope = %s and key = %s",
                [scope, str(key)],
            )
            known_digest, result_id = cursor.fetchone()
            if known_digest != digest:
                raise KeyReused
            made = model._base_manager.filter(pk=result_id).first()
            if made is None:
                raise KeyReused
            return made
        document = do()
        cursor.execute("update core_idempotencykey set result_id = %s where id = %s", [document.pk, inserted[0]])
    return document


def forget_keys(*, now: datetime) -> int:
    """Remove keys of requests of more than 30 days ago; answers with how many."""
    count, _by_model = IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()
    return count


def _plain(value: Any) -> str:
    """A number is the same however many zeros it was written with."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return str(value)
