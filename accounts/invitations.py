"""Links by which people set a password: the first one, or a new one when the old is forgotten.

A link works once and in its own shop only; an invitation for a week, a link for a forgotten password for a day.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User
from core.tenancy import current_schema_name


class InvitationTokens(PasswordResetTokenGenerator):
    """Signs the user together with the schema: the same row in two shops gives two different tokens.

    The password hash is part of what is signed, so a token is spent once the password is set.
    """

    key_salt = "accounts.invitation"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{current_schema_name()}:{super()._make_hash_value(user, timestamp)}"


class ForgottenTokens(InvitationTokens):
    """The same for somebody who has a password. Whoever finds the mail later finds nothing."""

    key_salt = "accounts.forgotten"
    SECONDS = 24 * 60 * 60

    def check_token(self, user: User | None, token: str | None) -> bool:
        if user is None or not token or not super().check_token(user, token):
            return False
        return self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0]) <= self.SECONDS


tokens = InvitationTokens()
forgotten = ForgottenTokens()


def invitation_path(user: User) -> str:
    """Path of the page where `user` accepts, valid in the current shop."""
    return _path("invitation", user, tokens)


def forgotten_path(user: User) -> str:
    """Path of the page where `user` sets a new password, valid in the current shop."""
    return _path("new_password", user, forgotten)


def _path(name: str, user: User, kind: InvitationTokens) -> str:
    return reverse(name, kwargs={"who": urlsafe_base64_encode(force_bytes(user.pk)), "token": kind.make_token(user)})


def find_invited(who: str, token: str, kind: InvitationTokens = tokens) -> User | None:
    """The active user whom this link lets in, or None when the link is foreign, spent, too old or mistyped."""
    try:
        pk = int(urlsafe_base64_decode(who).decode("ascii"))
    except (ValueError, OverflowError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first() if 0 < pk < 2**63 else None
    return user if user is not None and kind.check_token(user, token) else None
