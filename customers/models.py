"""The shops that rent the system. These tables exist in the public schema only.

A shop's own customers are not here: see the glossary in docs/.
"""

import datetime
import re
import uuid
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_tasks_db.models import DBTaskResult
from django_tenants.models import DomainMixin, TenantMixin
from django_tenants.signals import post_schema_sync, schema_needs_to_be_sync
from django_tenants.utils import get_public_schema_name

from core.jobs import place_of
from core.tenancy import current_schema_name
from customers.errors import NameLeftBehind, NameNotAllowed
from customers.schema import make_schema, schema_exists, schema_fingerprint, seed_schema
from customers.services import names
from customers.services.paying import Standing, closes_on, standing

name_rule = RegexValidator(
    re.compile(rf"\A{names.OPERATOR.pattern}\Z"),
    _("A name has 3 to 30 lower-case latin letters, digits or “_” and begins with a letter."),
)
self_service_name_rule = RegexValidator(
    re.compile(rf"\A{names.SELF_SERVICE.pattern}\Z"),
    _("An address has 3 to 30 lower-case latin letters or digits and begins with a letter."),
)


class Client(TenantMixin):
    """A florist business: one row here, one PostgreSQL schema, one or more domains.

    Saving a new row makes the whole shop in one transaction: row, schema, tables, first data. An existing schema is
    never adopted, and no deletion drops one. Several methods replace those of django-tenants that do either.
    """

    class Status(models.TextChoices):
        """Whether the shop can be visited."""

        PROVISIONING = "provisioning", _("Being made")
        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        CLOSING = "closing", _("Closing")

    auto_create_schema = True
    auto_drop_schema = False

    schema_name = models.CharField(
        _("schema"),
        max_length=30,
        unique=True,
        validators=[name_rule],
        error_messages={"unique": _("There is a shop with this schema already.")},
    )
    name = models.CharField(_("name"), max_length=120)
    owner_name = models.CharField(_("owner"), max_length=120, blank=True)
    owner_email = models.EmailField(_("owner's e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    on_trial = models.BooleanField(_("on trial"), default=True)
    paid_until = models.DateField(_("paid until"), null=True, blank=True)
    # When the owner last got a mail about the payment.
    reminded_on = models.DateField(null=True, editable=False)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.PROVISIONING)
    created_at = models.DateTimeField(_("shop created"), auto_now_add=True)
    # Which migrations the schema has had, see customers/template.py: who is out of date is one question, not a thousand.
    fingerprint = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        ordering = ["schema_name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(schema_name__regex=names.OPERATOR_SQL)
                & ~models.Q(schema_name__startswith="pg_")
                & ~models.Q(schema_name="information_schema"),
                name="client_schema_name_rule",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.schema_name})"

    @property
    def is_public(self) -> bool:
        """Whether this is the platform itself and no shop."""
        return bool(self.schema_name == get_public_schema_name())

    def standing_on(self, today: datetime.date) -> Standing:
        """How the shop stands with the platform today; the platform itself always well."""
        return standing(self.paid_until, today)

    @property
    def closes_on(self) -> datetime.date | None:
        """The day on which its pages close unless it is paid for; None where it has no end."""
        return None if self.paid_until is None else closes_on(self.paid_until)

    def is_open_on(self, today: datetime.date) -> bool:
        """Whether requests to the shop's domains are answered by the shop."""
        return self.status == self.Status.ACTIVE and self.standing_on(today) is not Standing.CLOSED

    @property
    def deserves_certificate(self) -> bool:
        """Whether browsers are to reach its domains by https: a suspended shop's page says so, a closing one has none."""
        return not self.is_public and self.status != self.Status.CLOSING

    def save(self, verbosity: int = 0, *args: Any, **kwargs: Any) -> None:
        """Save the row; a new row makes its schema, tables and first data in the same transaction.

        Raises NameLeftBehind when the schema exists, NameNotAllowed for a name that is none, RuntimeError outside the
        public schema. A later save touches the row only: a schema dropped by hand stays dropped.
        """
        if current_schema_name() not in {get_public_schema_name(), self.schema_name}:
            raise RuntimeError(
                f"Shops are saved from the public schema, not from {current_schema_name()!r}. Leave the shop first."
            )
        if not self._state.adding:
            self._save_row(*args, **kwargs)
            return
        if current_schema_name() != get_public_schema_name():
            raise RuntimeError("A new shop is made from the public schema. Leave the current shop first.")
        try:
            with transaction.atomic():
                if not self.is_public:
                    self._check_new_name()
                self._save_row(*args, **kwargs)
                if self.is_public:
                    return
                if self.auto_create_schema:
                    self.create_schema(verbosity=verbosity)
                    self.fingerprint = schema_fingerprint(self.schema_name)
                    self._open()
                    post_schema_sync.send(sender=TenantMixin, tenant=self.serializable_fields())
                else:
                    schema_needs_to_be_sync.send(sender=TenantMixin, tenant=self.serializable_fields())
        except BaseException:
            # The row is not there: the object must say so too, or a second save() would try an UPDATE.
            self.pk = None
            self._state.adding = True
            raise

    def create_schema(  # the parameters are those of django-tenants
        self,
        check_if_exists: bool = False,  # noqa: FBT001
        sync_schema: bool = True,  # noqa: FBT001
        verbosity: int = 0,
    ) -> bool:
        """Make the schema with tables and first data, in one transaction, and answer True.

        The interface is that of django-tenants, but an existing schema raises NameLeftBehind whatever
        `check_if_exists` says, and a schema without tables is never made.
        """
        if not sync_schema:
            raise ValueError("A schema without tables is of no use here.")
        if schema_exists(self.schema_name):
            raise NameLeftBehind(self.schema_name, [NameLeftBehind.SCHEMA])
        with transaction.atomic():
            make_schema(self.schema_name, verbosity=verbosity)
            seed_schema(self.schema_name, language=self.language)
        return True

    def delete(self, *args: Any, force_drop: bool = False, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row and its domains. The schema stays; applications of this shop are closed.

        Raises ValueError for `force_drop`: dropping is a decision of its own, made by hand.
        """
        if force_drop:
            raise ValueError("A schema is never dropped together with its row. Drop it by hand, see docs/tenants.md.")
        with transaction.atomic():
            self.registrations.filter(closed_at=None).update(closed_at=timezone.now())
            deleted: tuple[int, dict[str, int]] = super(TenantMixin, self).delete(*args, **kwargs)
        return deleted

    def _drop_schema(self, force_drop: bool = False) -> None:  # noqa: FBT001
        """Do nothing: django-tenants calls this on deletion and drops the schema in spite of `auto_drop_schema`."""

    def _save_row(self, *args: Any, **kwargs: Any) -> None:
        # Past TenantMixin.save(), which adopts an existing schema, makes a missing one anew and drops it on an error.
        super(TenantMixin, self).save(*args, **kwargs)

    def _check_new_name(self) -> None:
        if not names.fits_operator(self.schema_name):
            raise NameNotAllowed(self.schema_name)
        if schema_exists(self.schema_name):
            raise NameLeftBehind(self.schema_name, [NameLeftBehind.SCHEMA])

    def _open(self) -> None:
        if self.status == self.Status.PROVISIONING:
            self.status = self.Status.ACTIVE
        self._save_row(update_fields=["status", "fingerprint"])


class Domain(DomainMixin):
    """A host name that leads to a shop, without port and without www."""

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["domain"]


# Applications that hold their name: waiting, or approved with a shop that is there or about to be. An approved one
# whose shop is gone is history, whichever way the shop went.
LIVE_REGISTRATION = models.Q(status="pending", expired_at=None) | (
    models.Q(status="approved", closed_at=None) & (models.Q(tenant__isnull=False) | models.Q(provisioned_at=None))
)


class TenantRegistration(models.Model):
    """Somebody's application for a shop, and what became of it. History stays after the shop is gone."""

    class Status(models.TextChoices):
        """What the platform answered."""

        PENDING = "pending", _("Waiting for an answer")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    # Comes with the form: the same form sent twice finds its first copy. Also the unguessable address of the answer.
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    shop_name = models.CharField(_("shop's name"), max_length=120)
    schema_name = models.CharField(_("address"), max_length=30, validators=[self_service_name_rule])
    owner_name = models.CharField(_("owner"), max_length=120)
    owner_email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE)
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.PENDING)
    reason = models.TextField(_("reason"), blank=True, help_text=_("Why it was rejected; the applicant reads it."))
    tenant = models.ForeignKey(
        Client,
        verbose_name=_("shop"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="registrations",
    )
    created_at = models.DateTimeField(_("application received"), auto_now_add=True)
    email_verified_at = models.DateTimeField(_("e-mail confirmed"), null=True, blank=True, editable=False)
    # The code in the mail is derived from this moment (customers/services/confirming.py) and not kept anywhere.
    code_sent_at = models.DateTimeField(_("code sent at"), null=True, blank=True, editable=False)
    wrong_codes = models.PositiveSmallIntegerField(_("wrong codes since"), default=0, editable=False)
    processed_at = models.DateTimeField(_("answered at"), null=True, blank=True, editable=False)
    processed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    provisioned_at = models.DateTimeField(_("shop made at"), null=True, blank=True, editable=False)
    expired_at = models.DateTimeField(_("application expired"), null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("shop closed at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["schema_name"],
                condition=LIVE_REGISTRATION,
                name="registration_live_schema_name",
                violation_error_message=_("There is an application for this address already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.shop_name} ({self.schema_name})"


class SchemaTemplate(models.Model):
    """The text of an empty shop, see customers/template.py."""

    fingerprint = models.CharField(max_length=32, unique=True)
    text = models.TextField()
    rendered_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("template of a shop")
        verbose_name_plural = _("templates of shops")

    def __str__(self) -> str:
        return self.fingerprint


class TenantOperation(models.Model):
    """What was done to a shop, written down while it is done: the journal survives the process, and the shop.

    At most one operation on a shop is unfinished. `attempt` grows when somebody takes over what broke off: whoever finds
    another number there than their own has been replaced and stops.
    """

    class Kind(models.TextChoices):
        """What is done."""

        PROVISION = "provision", _("making")
        SUSPEND = "suspend", _("suspending")
        ACTIVATE = "activate", _("activating")
        BACKUP = "backup", _("backing up")
        RESTORE = "restore", _("restoring")
        CLEANUP = "cleanup", _("taking off")
        ARCHIVE = "archive", _("archiving")
        DROP = "drop", _("dropping")
        MIGRATE = "migrate", _("migrating")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    schema_name = models.CharField(_("schema"), max_length=63)
    parameters = models.JSONField(_("parameters"), default=dict)
    step = models.CharField(_("step"), max_length=40, blank=True)
    steps = models.JSONField(_("steps"), default=list)  # [name, moment] of each, in their order
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    operator = models.CharField(_("operator"), max_length=150, blank=True)
    host = models.CharField(_("computer"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    started_at = models.DateTimeField(_("begun"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    finished_at = models.DateTimeField(pgettext_lazy("operation", "ended"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("operation on a shop")
        verbose_name_plural = _("operations on shops")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schema_name"], condition=models.Q(finished_at__isnull=True), name="operation_one_unfinished"
            )
        ]
        indexes = [models.Index(fields=["schema_name", "-id"], name="operation_of_shop")]

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.get_kind_display()}"


class BackgroundJob(DBTaskResult):  # type: ignore[type-arg]
    """A job of the worker (core/jobs.py), as the platform looks at it."""

    class Meta:
        proxy = True
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        ordering = ["-enqueued_at"]

    def __str__(self) -> str:
        return self.task_name

    @property
    def schema_name(self) -> str:
        """The schema it belongs to."""
        return place_of(self)
