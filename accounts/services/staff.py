"""Who belongs to the shop: invite, accept, change a role, switch off and on."""

import re

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.invitations import InvitationTokens, find_invited, forgotten, tokens
from accounts.jobs import mail_invitation
from accounts.models import Theme, User
from core.access import Role, may
from core.errors import BadInput, DomainError, NotAllowed


class InvitationSpent(DomainError):
    """The link is not valid any more, or never was."""

    code = "invitation_spent"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _("This invitation is no longer valid: it was used, replaced or is older than a week. Ask for a new one.")
        )


class LinkSpent(DomainError):
    """The link to a new password is not valid any more, or never was."""

    code = "link_spent"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            _("This link is no longer valid: it was used, replaced or is older than a day. Ask for a new one.")
        )


class LastOwner(DomainError):
    """The change would leave the shop without an active owner."""

    code = "last_owner"

    def __init__(self) -> None:
        super().__init__(
            _("This is the only active owner, and a shop can't be without one. Make somebody else the owner first.")
        )


@transaction.atomic
def invite_owner(*, email: str, name: str = "", language: str = settings.LANGUAGE_CODE) -> User:
    """Make the first person of the current shop and have the invitation mailed.

    Called by whoever makes shops, not by staff. Raises BadInput for an e-mail that is none or already here.
    """
    return _invite(email=email, name=name, role=Role.OWNER, language=language)


@transaction.atomic
def invite(*, email: str, name: str, role: str, language: str, by: User) -> User:
    """Make a user without a password and have the invitation mailed.

    Raises NotAllowed unless `by` may change staff, BadInput for an unknown role or an e-mail that is already here.
    """
    _require_right(by)
    return _invite(email=email, name=name, role=_checked_role(role), language=language)


def _invite(*, email: str, name: str, role: str, language: str) -> User:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(
            _("“%(email)s” is not an e-mail address. Correct it.") % {"email": email[:80]}, field="email"
        ) from None
    if User.objects.filter(email__iexact=email).exists():
        raise BadInput(_("Somebody with the e-mail %(email)s is already here.") % {"email": email}, field="email")
    user = User.objects.create_user(
        _free_username(email), email, password=None, name=name.strip()[:120], role=role, language=language
    )
    mail_invitation.enqueue(user.pk)
    return user


def accept_invitation(*, who: str, token: str, password: str) -> User:
    """Set the first password and so spend the link.

    Raises InvitationSpent when the link is not valid, BadInput when the password is too weak.
    """
    return _set_password(who, token, password, kind=tokens, spent=InvitationSpent)


def set_new_password(*, who: str, token: str, password: str) -> User:
    """Set another password for a forgotten one and so spend the link; whoever was logged in by the old one is out.

    Raises LinkSpent when the link is not valid, BadInput when the password is too weak.
    """
    return _set_password(who, token, password, kind=forgotten, spent=LinkSpent)


@transaction.atomic
def _set_password(
    who: str, token: str, password: str, *, kind: InvitationTokens, spent: type[InvitationSpent | LinkSpent]
) -> User:
    invited = find_invited(who, token, kind)
    if invited is None:
        raise spent
    # Under the lock the token is checked again: of two people with the same link only one sets the password.
    user = User.objects.select_for_update().get(pk=invited.pk)
    if find_invited(who, token, kind) is None:
        raise spent
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), field="password1") from error
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


@transaction.atomic
def change_role(*, user: User, role: str, by: User | None) -> User:
    """Give `user` another role. `by` is None on the command line.

    Raises NotAllowed, BadInput for an unknown role, LastOwner when no active owner would be left.
    """
    _require_right(by)
    locked = _locked(user)
    locked.role = _checked_role(role)
    return _save_keeping_an_owner(locked)


@transaction.atomic
def set_active(*, user: User, active: bool, by: User | None) -> User:
    """Let a person log in or not. Raises NotAllowed, LastOwner when no active owner would be left."""
    _require_right(by)
    locked = _locked(user)
    locked.is_active = active
    return _save_keeping_an_owner(locked)


@transaction.atomic
def edit_profile(*, user: User, name: str, language: str, theme: str, shortcuts_enabled: bool) -> None:
    """A person's own name, language code, look and whether single keys do something. Raises BadInput for a language or look that is not offered."""
    if language not in dict(settings.LANGUAGES):
        raise BadInput(_("This language is not offered. Choose one from the list."), field="language")
    if theme not in Theme.values:
        raise BadInput(_("There is no such look. Choose one from the list."), field="theme")
    user.name, user.language, user.theme, user.shortcuts_enabled = name[:120], language, theme, shortcuts_enabled
    user.save(update_fields=["name", "language", "theme", "shortcuts_enabled"])


def keeps_an_owner(*, user: User, role: str, active: bool) -> bool:
    """Whether the shop still has an active owner when `user` becomes this."""
    if active and role == Role.OWNER:
        return True
    was_owner = User.objects.filter(pk=user.pk, role=Role.OWNER, is_active=True).exists()
    return not was_owner or User.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=user.pk).exists()


def _locked(user: User) -> User:
    # All owners are locked, always in the same order: two owners who demote each other must not both succeed.
    list(User.objects.select_for_update().filter(role=Role.OWNER).order_by("pk"))
    return User.objects.select_for_update().get(pk=user.pk)


def _save_keeping_an_owner(user: User) -> User:
    if not keeps_an_owner(user=user, role=user.role, active=user.is_active):
        raise LastOwner
    user.save(update_fields=["role", "is_active"])
    return user


def _require_right(by: User | None) -> None:
    if by is not None and not may(by, "staff.change"):
        raise NotAllowed(_("Only the owner may invite people and change their roles. Ask the owner."))


def _checked_role(role: str) -> str:
    if role not in Role.values:
        raise BadInput(
            _("There is no role “%(role)s”. Choose one from the list.") % {"role": str(role)[:40]}, field="role"
        )
    return role


def _free_username(email: str) -> str:
    """A user name made from the e-mail, with a number behind it when it is taken."""
    base = re.sub(r"[^\w.+-]", "", email.partition("@")[0])[:50] or "user"
    name, number = base, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}{number}"
    return name
