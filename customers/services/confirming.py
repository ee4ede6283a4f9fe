"""The code in the mail of an application: whoever types it in, or follows the link that carries it, reads that mail.

It is kept nowhere. It follows from the application, its e-mail, the moment of sending and the installation's key: with
another address or a new mail it is another one.
"""

import datetime
import re

from django.utils.crypto import constant_time_compare, salted_hmac

from core.sealing import salted
from customers.models import TenantRegistration

VALID_FOR = datetime.timedelta(days=3)
MOST_WRONG = 10
_LETTERS = 8
# Without letters and digits that are taken for one another. 31 to the power of 8 codes, of which ten may be tried.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def code_of(registration: TenantRegistration) -> str:
    """The code that is valid now, in two groups: `k7mq-x4rd`. Only in the public schema, whose salt it has."""
    sent = registration.code_sent_at.isoformat() if registration.code_sent_at else ""
    said = f"{registration.token}:{registration.owner_email}:{sent}"
    number = int.from_bytes(salted_hmac(salted("customers.email_code"), said, algorithm="sha256").digest(), "big")
    letters = ""
    for _position in range(_LETTERS):
        number, letter = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[letter]
    return f"{letters[:4]}-{letters[4:]}"


def fits(typed: str, registration: TenantRegistration) -> bool:
    """Whether this is the code, however it is spaced and whatever its case."""
    return constant_time_compare(_bare(typed), _bare(code_of(registration)))


def is_code_valid(registration: TenantRegistration, now: datetime.datetime) -> bool:
    """Whether the last code may be tried at all."""
    sent = registration.code_sent_at
    return sent is not None and now <= sent + VALID_FOR and registration.wrong_codes < MOST_WRONG


def _bare(code: str) -> str:
    return re.sub(r"[^a-z0-9]", "", code.lower())
