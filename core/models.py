"""What every app may build on: soft deletion and the memory of requests already answered."""

import uuid
from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SoftDeleteQuerySet(models.QuerySet[Any]):
    """A queryset whose delete() marks rows instead of removing them."""

    def live(self) -> Self:
        return self.filter(is_deleted=False)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Mark all rows of the queryset as one deletion. Raises StillInUse when something depends on them."""
        from core.soft_delete import mark_deleted

        count = mark_deleted(list(self), by=None, now=timezone.now())
        return count, {self.model._meta.label: count}

    def hard_delete(self) -> tuple[int, dict[str, int]]:
        """Remove the rows through Django's collector: signals are sent, PROTECT holds."""
        return super().delete()


class LiveManager(models.Manager.from_queryset(SoftDeleteQuerySet)):  # type: ignore[misc]  # built at run time
    def get_queryset(self) -> SoftDeleteQuerySet:
        return super().get_queryset().filter(is_deleted=False)


class SoftDelete(models.Model):
    """A row that is marked when it is deleted, keeps its history and can come back (core/soft_delete.py).

    `objects` shows live rows, `all_objects` all of them. `soft_owned` names reverse relations whose rows belong to
    this one and go and return with it. Of a row that `is_person` no record keeps the name.
    """

    soft_owned: tuple[str, ...] = ()
    is_person = False

    is_deleted = models.BooleanField(_("deleted"), default=False, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    delete_batch = models.UUIDField(null=True, editable=False)

    objects = LiveManager()
    all_objects = models.Manager.from_queryset(SoftDeleteQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "all_objects"

    def delete(self, *args: Any, by: Any = None, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Mark this row and what it owns. Raises StillInUse when something depends on it."""
        from core.soft_delete import mark_deleted

        count = mark_deleted([self], by=by, now=timezone.now())
        return count, {self._meta.label: count}

    def hard_delete(self) -> tuple[int, dict[str, int]]:
        """Remove the row for good; rows that point to it with PROTECT refuse."""
        return super().delete()


class IdempotencyKey(models.Model):
    """A creating request that was answered: the same key brings the same answer (core/idempotency.py)."""

    scope = models.CharField(max_length=40)
    key = models.UUIDField(default=uuid.uuid4)
    payload_hash = models.CharField(max_length=64)
    result_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class ShopFlag(models.Model):
    """Something the shop has settled once for all its people: that the first steps are not to be shown any more."""

    name = models.CharField(max_length=40, unique=True)
    set_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class TrashDeed(models.TextChoices):
    """What became of a row that lay in the trash."""

    RESTORED = "restored", _("restored")
    REMOVED = "removed", _("removed for good")
    FORGOTTEN = "forgotten", _("the person was forgotten")


class TrashEvent(models.Model):
    """A row left the trash: what was done with it, when and by whom. Written once, never changed (a guard in the database).

    `kind` is the model's name and `row` its key; `name` stays empty for people. `rows` counts what went with it, itself
    included. `by` is empty for what no person did, `deleted_at` for a deletion that wrote no time.
    """

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    deed = models.CharField(max_length=10, choices=TrashDeed)
    kind = models.CharField(max_length=60)
    row = models.BigIntegerField()
    name = models.CharField(max_length=200, blank=True)
    rows = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}: {self.deed}"


def owned_rows(rows: Iterable[SoftDelete]) -> list[SoftDelete]:
    """The live rows that belong to `rows` through `soft_owned`, one level down."""
    return [child for row in rows for relation in row.soft_owned for child in getattr(row, relation).all()]


class RecentAction(models.Model):
    """Something a person did that can be taken back (core/undo.py).

    `payload` holds keys and facts of the trade, such as an order's number or a product's name, and nothing about
    people. `until` is the last moment for taking it back; empty means for as long as it is remembered.
    """

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    until = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["by", "-id"], name="recent_action_of_person"),
            models.Index(fields=["at"], name="recent_action_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
