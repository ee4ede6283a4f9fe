"""Links by which a new person sets the first password. A link works once, for a week, in its own shop only."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from accounts.models import User
from core.tenancy import current_schema_name


class InvitationTokens(PasswordResetTokenGenerator):
    """Signs the user together with the schema: the same row in two shops gives two different tokens.

    The password hash is part of what is signed, so a token is spent once the password is set.
    """

    key_salt = "accounts.invitation"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{current_schema_name()}:{super()._make_hash_value(user, timestamp)}"


tokens = InvitationTokens()


def invitation_path(user: User) -> str:
    """Path of the page where `user` accepts, valid in the current shop."""
    return reverse(
        "invitation", kwargs={"who": urlsafe_base64_encode(force_bytes(user.pk)), "token": tokens.make_token(user)}
    )


def find_invited(who: str, token: str) -> User | None:
    """The active user whom this link invites, or None when the link is foreign, spent, too old or mistyped."""
    try:
        pk = int(urlsafe_base64_decode(who).decode("ascii"))
    except (ValueError, OverflowError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first() if 0 < pk < 2**63 else None
    return user if user is not None and tokens.check_token(user, token) else None
