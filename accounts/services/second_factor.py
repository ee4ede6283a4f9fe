"""The second factor: a code from an app beside the password, and codes on paper for the day the phone is lost.

A person has one app and ten codes on paper, or none of both; `User.second_factor_at` says which. Sessions hold it in
their hash (accounts.models), so whoever was in by the password alone is out once it is on, and nothing is asked per page.
"""

import datetime
import secrets
from base64 import b32encode
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex
from django_tenants.utils import get_public_schema_name

from accounts.jobs import mail_second_factor
from accounts.models import User
from core.access import Role, may
from core.errors import BadInput, DomainError, NotAllowed
from core.flags import OWNERS_SECOND_FACTOR, clear_flag, has_flag, set_flag
from core.links import current_shop_name
from core.sealing import salted
from core.tenancy import current_schema_name

PAPER_CODES = 10
# Without letters and digits that are taken for one another on paper.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class WrongCode(BadInput):
    """Neither the app's code of this moment nor an unused one on paper."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__(
            _("This code does not fit. Type the one the app shows now, or one from your paper that you have not used."),
            field="code",
        )


class WrongPassword(BadInput):
    """The person's own password was asked for once more."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__(_("This is not your password. Nothing was changed: type it once more."), field="password")


class AlreadyOn(DomainError):
    """The second factor is on; its key is not shown again."""

    code = "second_factor_on"

    def __init__(self) -> None:
        super().__init__(_("The second factor is on already. To use another phone, switch it off and on again."))


class Demanded(DomainError):
    """It can't be switched off here."""

    code = "second_factor_demanded"

    def __init__(self) -> None:
        super().__init__(_("The second factor is obligatory for you and stays on. Nothing was changed."))


def is_demanded(user: User) -> bool:
    """Whether this person must have a second factor here: operators of the platform, owners where their shop says so."""
    if current_schema_name() == get_public_schema_name():
        return bool(settings.SECOND_FACTOR_FOR_PLATFORM)
    if not user.is_superuser and user.role != Role.OWNER:
        return False
    # Whoever comes with a session brings the answer along (accounts.backends).
    known: bool | None = getattr(user, "owners_need_second_factor", None)
    return has_flag(OWNERS_SECOND_FACTOR) if known is None else known


def demand_of_owners(*, wanted: bool, by: User) -> None:
    """Set the current shop's rule. Raises NotAllowed unless `by` may set the shop up, BadInput when `by` has none."""
    if not may(by, "shop.set_up"):
        raise NotAllowed(_("Only the owner decides this. Ask the owner."))
    if wanted and by.second_factor_at is None:
        raise BadInput(_("Switch it on for yourself first, then ask it of all owners."))
    (set_flag if wanted else clear_flag)(OWNERS_SECOND_FACTOR)


def new_key() -> str:
    """A fresh secret key, 20 random bytes in hexadecimal."""
    return str(random_hex(20))


def key_for_people(key: str) -> str:
    """The key for typing into an app: base 32 in groups of four."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address_for_apps(user: User, key: str) -> str:
    """What the QR code says to an app."""
    shop = current_shop_name().replace(":", " ")
    secret = b32encode(bytes.fromhex(key)).decode()
    return f"otpauth://totp/{quote(f'{shop}:{user.username}')}?{urlencode({'secret': secret, 'issuer': shop}, quote_via=quote)}"


@transaction.atomic
def switch_on(*, user: User, key: str, code: str, now: datetime.datetime) -> list[str]:
    """Make the app with this key the person's second factor, once it shows the right code. Answers with the codes for
    paper, which can't be read again. Raises AlreadyOn, WrongCode."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.second_factor_at is not None:
        raise AlreadyOn
    _remove(locked)
    if not _is_app_code(_typed(code)) or not TOTPDevice(user=locked, name="app", key=key).verify_token(_typed(code)):
        raise WrongCode  # and takes the device back that was saved with its failure
    user.second_factor_at = locked.second_factor_at = now
    locked.save(update_fields=["second_factor_at"])
    mail_second_factor.enqueue(user.pk, is_on=True, at=now.isoformat())
    return _write_paper(locked)


@transaction.atomic
def check_code(*, user: User, code: str) -> None:
    """Take a code of the app, or one on paper, which is spent by it. Raises WrongCode.

    Under the person's lock: of two people with the same code only one gets in.
    """
    User.objects.select_for_update().get(pk=user.pk)
    typed = _typed(code)
    kind, token = (TOTPDevice, typed) if _is_app_code(typed) else (StaticDevice, _paper_hash(user, typed))
    device = kind.objects.filter(user=user, confirmed=True).first()
    if device is None or not device.verify_token(token):
        raise WrongCode


@transaction.atomic
def fresh_paper(*, user: User, password: str) -> list[str]:
    """New codes for paper; the old ones are void. Raises WrongPassword, WrongCode when there is no second factor."""
    locked = _asked_again(user, password)
    if locked.second_factor_at is None:
        raise WrongCode
    return _write_paper(locked)


def paper_left(user: User) -> int:
    """How many codes on paper are not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def switch_off(*, user: User, password: str) -> None:
    """Go back to the password alone. Raises WrongPassword, Demanded."""
    locked = _asked_again(user, password)
    if is_demanded(locked):
        raise Demanded
    user.second_factor_at = None
    reset(user=locked)


@transaction.atomic
def reset(*, user: User) -> bool:
    """Take the second factor from somebody who lost phone and paper; all sessions of the person end. False when there
    was none. For whoever has made sure who is asking."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    had = locked.second_factor_at is not None
    _remove(locked)
    locked.second_factor_at = None
    locked.save(update_fields=["second_factor_at"])
    if had:
        mail_second_factor.enqueue(user.pk, is_on=False, at=timezone.now().isoformat())
    return had


def _asked_again(user: User, password: str) -> User:
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.check_password(password):
        raise WrongPassword
    return locked


def _remove(user: User) -> None:
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).delete()


def _write_paper(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="paper")
    half = [
        ["".join(secrets.choice(ALPHABET) for _place in range(5)) for _half in range(2)] for _code in range(PAPER_CODES)
    ]
    codes = ["-".join(halves) for halves in half]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_paper_hash(user, _typed(code))) for code in codes)
    return codes


def _paper_hash(user: User, code: str) -> str:
    """What is stored of a code: 16 characters is all the column holds, 64 bits of a keyed hash."""
    return salted_hmac(salted(f"accounts.paper:{user.pk}"), code, algorithm="sha256").hexdigest()[:16]


def _typed(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _is_app_code(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code.isdigit()
