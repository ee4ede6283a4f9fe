"""Mails to the shop's people, and to the platform's. Links are made when the mail is: none lies in a table."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.invitations import forgotten_path, invitation_path
from accounts.models import User
from core.jobs import job
from core.links import current_shop_name, shop_url

MAIL_PAUSE_SECONDS = 5 * 60


@job(on_platform=True)
def mail_invitation(user_id: int) -> None:
    """The link by which somebody sets the first password; nothing to whoever has one by now."""
    user = _active(user_id)
    if user is not None and not user.has_usable_password():
        _send_invitation(user)


@job(on_platform=True, within=timedelta(hours=2))
def mail_new_password(email: str) -> None:
    """A link to a new password for the active person with this e-mail, if there is one, at most one in five minutes.

    Whoever never set a password gets the invitation again.
    """
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).order_by("pk").first()
    if user is None or cache.get(pause := f"accounts.new_password:{user.pk}"):
        return
    if user.has_usable_password():
        with translation.override(user.language):
            _mail(
                user,
                translation.gettext("A new password for %(shop)s"),
                "accounts/new_password_mail.txt",
                url=shop_url(forgotten_path(user)),
            )
    else:
        _send_invitation(user)
    cache.set(pause, 1, timeout=MAIL_PAUSE_SECONDS)  # only now: a mail that failed is tried again


@job(on_platform=True)
def mail_second_factor(user_id: int, *, is_on: bool, at: str) -> None:
    """Tell the person that the second factor was switched on or off: somebody else may have done it."""
    user = User.objects.get(pk=user_id)
    with translation.override(user.language):
        _mail(
            user,
            translation.gettext("Your log-in to %(shop)s has changed"),
            "accounts/second_factor_mail.txt",
            is_on=is_on,
            at=timezone.localtime(datetime.fromisoformat(at)),
        )


def _active(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


def _send_invitation(user: User) -> None:
    with translation.override(user.language):
        _mail(
            user,
            translation.gettext("Your invitation to %(shop)s"),
            "accounts/invitation_mail.txt",
            url=shop_url(invitation_path(user)),
        )


def _mail(user: User, subject: str, template: str, **context: Any) -> None:
    if not user.email:
        return
    shop_name = current_shop_name()
    send_mail(
        subject=subject % {"shop": shop_name},
        message=render_to_string(template, {"user": user, "shop_name": shop_name, **context}),
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[user.email],
    )
