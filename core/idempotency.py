"""Answer a creating request once, however often it arrives.

The key row and the effects commit together, so a failure frees the key. A twin that is still running makes the second
request wait (up to the lock time-out) and then get the first one's answer.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models

from core.errors import KeyReused

Document = TypeVar("Document", bound=models.Model)


def once(*, scope: str, key: UUID | None, payload: Any, do: Callable[[], Document], model: type[Document]) -> Document:
    """Run `do` for the first request with this key, afterwards answer with the document it made.

    `payload` is anything JSON can write (other values by their str()). Without a key `do` simply runs. Must be called
    inside a transaction. Raises KeyReused when the key comes back with another payload.
    """
    if key is None:
        return do()
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()
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
            return model._base_manager.get(pk=result_id)
        document = do()
        cursor.execute("update core_idempotencykey set result_id = %s where id = %s", [document.pk, inserted[0]])
    return document
