"""Deleting without losing: mark, ask who objects, bring back exactly what one deletion took.

Marking sends no pre_delete or post_delete: nothing is removed. Rules: docs/architecture.md, "Soft delete".
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.db.models import F, Subquery, UniqueConstraint
from django.db.models.lookups import Exact
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import DomainError
from core.models import SoftDelete, TrashDeed, TrashEvent, owned_rows

# Sent with `instance` before a row is marked. A receiver answers with a list of sentences that say what still depends
# on the row; an empty list does not object.
before_soft_delete = Signal()


class StillInUse(DomainError):
    """Something depends on the row; `data["blockers"]` lists what."""

    code = "still_in_use"

    def __init__(self, name: str, blockers: Sequence[Any]) -> None:
        super().__init__(
            _("“%(name)s” can't be deleted yet: %(blockers)s.")
            % {"name": name, "blockers": "; ".join(str(blocker) for blocker in blockers)},
            data={"blockers": [str(blocker) for blocker in blockers]},
        )


class CannotRestore(DomainError):
    """The row can't come back as it is."""

    code = "cannot_restore"


def mark_deleted(rows: Sequence[SoftDelete], *, by: Any, now: datetime) -> int:
    """Mark `rows` and what they own as one deletion; return how many rows were marked.

    Rows are locked first, then every receiver of `before_soft_delete` is asked. Raises StillInUse.
    """
    if not rows:
        return 0
    batch = uuid.uuid4()
    with transaction.atomic():
        locked = _lock(rows)
        for row in locked:
            answers = before_soft_delete.send(sender=type(row), instance=row)
            blockers = [blocker for _receiver, answer in answers for blocker in (answer or [])]
            if blockers:
                raise StillInUse(str(row), blockers)
        every, level = list(locked), locked
        while level := owned_rows(level):
            every += level
        mark = {"is_deleted": True, "deleted_at": now, "deleted_by": by, "delete_batch": batch}
        for model in dict.fromkeys(type(row) for row in every):
            keys = [row.pk for row in every if type(row) is model]
            model.all_objects.filter(pk__in=keys, is_deleted=False).update(**mark)
    for row in rows:
        for field, value in mark.items():
            setattr(row, field, value)
    return len(every)


def restore(row: SoftDelete, *, by: Any = None) -> int:
    """Bring back `row` and everything the same deletion took; return how many rows came back.

    A live row is left alone (0). What was done is written down with it. Raises CannotRestore when its owner is still
    deleted or its name was taken meanwhile.
    """
    with transaction.atomic():
        found_deleted = _lock([row], deleted=True)
        if not found_deleted:
            return 0
        [fresh] = found_deleted
        for field in fresh._meta.concrete_fields:
            owner = getattr(fresh, field.name) if field.is_relation else None
            if isinstance(owner, SoftDelete) and owner.is_deleted and owner.delete_batch != fresh.delete_batch:
                raise CannotRestore(_("Restore “%(owner)s” first: it is deleted too.") % {"owner": owner})
        unmark = {"is_deleted": False, "deleted_at": None, "deleted_by": None, "delete_batch": None}
        count = 0
        try:
            with transaction.atomic():
                for model in comes_back_with(type(fresh)):
                    count += model.all_objects.filter(delete_batch=fresh.delete_batch).update(**unmark)
        except IntegrityError as error:
            other = _who_took(fresh, error)
            raise CannotRestore(
                _("“%(name)s” can't come back: “%(other)s” took its name or code meanwhile. Rename that one first.")
                % {"name": fresh, "other": other or _("another one")}
            ) from error
        write_down(fresh, TrashDeed.RESTORED, name=str(fresh), rows=count, by=by, now=timezone.now())
    for name, value in unmark.items():
        setattr(row, name, value)
    return count


def write_down(row: SoftDelete, deed: TrashDeed, *, name: str, rows: int = 1, by: Any, now: datetime) -> TrashEvent:
    """Record what becomes of the deleted `row`, in the transaction of the deed. A person's name is left out."""
    return TrashEvent.objects.create(
        at=now, by=by, deed=deed, kind=str(row._meta.model_name), row=row.pk, rows=rows,
        name="" if row.is_person else name[:200], deleted_at=row.deleted_at, deleted_by_id=row.deleted_by_id,
    )  # fmt: skip


def comes_back_with(model: type[SoftDelete]) -> list[type[SoftDelete]]:
    """`model` and the models it owns, level by level: what `restore` brings back of one deletion."""
    found: list[type[SoftDelete]] = [model]
    for each in found:
        for relation in each.soft_owned:
            child = cast("type[SoftDelete]", each._meta.get_field(relation).related_model)
            if child not in found:
                found.append(child)  # the loop goes on over what it finds
    return found


def _who_took(row: SoftDelete, error: IntegrityError) -> SoftDelete | None:
    """The live row that has what a row of the same deletion would need for itself; None when it can't be told."""
    for model in comes_back_with(type(row)):
        rules = {rule.name: rule for rule in model._meta.constraints if isinstance(rule, UniqueConstraint)}
        rule = rules.get(broken_constraint(error, rules) or "")
        if rule is None:
            continue
        values: list[Any] = [*(F(name) for name in rule.fields), *rule.expressions]
        for back in model.all_objects.filter(delete_batch=row.delete_batch):
            live = model.objects.all()
            for value in values:
                own = model.all_objects.filter(pk=back.pk).values_list(value)
                live = live.filter(Exact(value, Subquery(own)))
            if (other := live.first()) is not None:
                return other
    return None


def _lock(rows: Sequence[SoftDelete], *, deleted: bool = False) -> list[SoftDelete]:
    """The rows as they are now, locked in key order; rows in the other state drop out."""
    locked: list[SoftDelete] = []
    for model in dict.fromkeys(type(row) for row in rows):
        keys = [row.pk for row in rows if type(row) is model]
        found = model.all_objects.select_for_update(of=("self",)).filter(pk__in=keys, is_deleted=deleted)
        locked += list(found.order_by("pk"))
    return locked
