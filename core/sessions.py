"""Sessions: rows of the schema's own table, readable in that schema alone.

A row that got into another shop, because somebody copied tables by hand or restored them under another name, is an
empty session there: the schema is part of the salt it is signed with.
"""

from datetime import datetime

from django.contrib.sessions.backends import db

from core.sealing import salted


class SessionStore(db.SessionStore):
    """Django's sessions in the database, signed for the schema."""

    @property
    def key_salt(self) -> str:
        return salted(super().key_salt)


def forget_sessions(*, now: datetime) -> int:
    """Remove sessions of the current schema that are over; answers with how many."""
    count, _by_model = SessionStore.get_model_class().objects.filter(expire_date__lt=now).delete()
    return count
