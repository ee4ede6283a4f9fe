"""How a person is found at log-in."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists
from django.http import HttpRequest
from django_tenants.utils import get_public_schema_name

from accounts.models import User
from core.flags import OWNERS_SECOND_FACTOR
from core.models import ShopFlag
from core.tenancy import current_schema_name


class NameOrEmailBackend(ModelBackend):
    """Log-in by user name or by e-mail; neither minds the case."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user with this name or e-mail and this password, or None."""
        if username is None or password is None:
            return None
        field = "email__iexact" if "@" in username else "username__iexact"
        user = User.objects.filter(**{field: username}).first()
        if user is None:
            User().set_password(password)  # as long as a real check: time must not tell which names exist
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_user(self, user_id: int) -> User | None:
        """The person of a session and, in the same statement, whether owners of this shop need a second factor."""
        people = User.objects.filter(pk=user_id)
        if current_schema_name() != get_public_schema_name():
            rule = ShopFlag.objects.filter(name=OWNERS_SECOND_FACTOR)
            people = people.annotate(owners_need_second_factor=Exists(rule))
        user = people.first()
        return user if user is not None and self.user_can_authenticate(user) else None
