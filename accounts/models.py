"""People who log in: the staff of one shop, or the operators of the platform. Every schema has its own table."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.access import Role, may
from core.sealing import salted

# Without "@": then no user name can be somebody else's e-mail, and the log-in field may take either.
username_rule = RegexValidator(r"\A[\w.+-]+\Z", _("Use letters, digits and the signs . + - _ only, without blanks."))
# In the Django admin of a shop these hold people and their rights; only the owner changes them.
PEOPLE_APPS = frozenset({"accounts", "auth", "admin", "otp_totp", "otp_static"})


class Theme(models.TextChoices):
    """Light or dark pages; `auto` follows the device."""

    AUTO = "auto", _("as on the device")
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


class UserManager(BaseUserManager["User"]):
    """Makes users; a user name and an e-mail are found whatever their case."""

    def create_user(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> "User":
        """Save a new user. Without a password nobody can log in as this user until one is set."""
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, email: str = "", password: str | None = None, **fields: Any) -> "User":
        """Save a new user who may everything, in the role of the owner unless another is given."""
        fields.setdefault("role", Role.OWNER)
        return self.create_user(username, email, password, **{**fields, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """One person in one schema. A person who works in two shops has a user in each."""

    username = models.CharField(
        _("user name"),
        max_length=60,
        unique=True,
        validators=[username_rule],
        error_messages={"unique": _("This user name is taken. Choose another.")},
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.SELLER)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    theme = models.CharField(_("look"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    shortcuts_enabled = models.BooleanField(
        _("single-key shortcuts"),
        default=True,
        db_default=True,
        help_text=_("N for a new order, / for the search and so on. Keys pressed together with Ctrl work anyway."),
    )
    is_active = models.BooleanField(
        _("may log in"), default=True, help_text=_("Switch off instead of deleting: the history keeps its names.")
    )
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)
    second_factor_at = models.DateTimeField(_("second factor since"), null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        ordering = ["name", "username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_any_case",
                violation_error_message=_("This user name is taken. Choose another."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_any_case",
                violation_error_message=_("Somebody with this e-mail is already here."),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        """Whether the person may open the Django admin: follows from the role."""
        return may(self, "admin.use")

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """What a session holds of the person. With the schema in it a twin in another shop is somebody else; with the
        second factor in it whoever was in by the password alone is out once there is one."""
        since = self.second_factor_at.timestamp() if self.second_factor_at else ""
        value = f"{self.password}:{since}"
        return salted_hmac(salted("accounts.session"), value, secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return (self.name or self.username).split(" ")[0]

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Rights in the Django admin follow from the role: the owner has all, the manager all but people."""
        return self._role_opens(perm.partition(".")[0]) or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the Django admin shows this app at all."""
        return self._role_opens(app_label) or super().has_module_perms(app_label)

    def _role_opens(self, app_label: str) -> bool:
        if not self.is_active:
            return False
        return self.role == Role.OWNER or (self.role == Role.MANAGER and app_label not in PEOPLE_APPS)


class Attempt(models.Model):
    """How often somebody tried something in one window of time (accounts.services.limits)."""

    scope = models.CharField(max_length=40)
    who = models.CharField(max_length=64)
    window_start = models.BigIntegerField()  # seconds since 1970
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "who", "window_start"], name="attempt_once_a_window")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.count}"
