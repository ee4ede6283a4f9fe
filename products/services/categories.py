"""The tree of categories: adding, renaming, moving. Every change locks the whole tree first, which is small, so that two
people can't put two categories under each other."""

from typing import Any, NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, StaleForm
from core.soft_delete import CannotRestore
from products.domain.tree import LEVELS_AT_MOST, depth, height, subtree
from products.models import ProductCategory
from products.services.catalogue import refusing_taken, restore_row


def save_category(category: ProductCategory, *, parent: ProductCategory | None) -> ProductCategory:
    """Save a new or changed category under `parent` (None: at the top); a new one or one that moves comes last there.

    Raises BadInput: a taken name, a deleted parent, a parent inside the category itself, more than three levels.
    """
    with transaction.atomic(), refusing_taken():
        rows = _lock_tree()
        if category.pk is not None and (category.pk not in rows or rows[category.pk].is_deleted):
            raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": category})
        parents = {key: row.parent_id for key, row in rows.items()}
        if parent is not None:
            _check_parent(category, parent, rows, parents)
        category.parent = parent
        moved = category.pk is None or rows[category.pk].parent_id != category.parent_id
        beside = [row for row in rows.values() if row.parent_id == category.parent_id and row.pk != category.pk]
        if moved:
            category.position = max((row.position for row in beside), default=0) + 10
        else:
            category.position = rows[category.pk].position  # somebody may have moved it up or down meanwhile
        category.save()
    return category


class Moved(NamedTuple):
    """A category that has moved: keys of what it stood in and before (None: at the top, last) and of what it stands in."""

    category: int
    name: str
    was_in: int | None
    was_before: int | None
    now_in: int | None


def move_category(category: ProductCategory, *, to: str) -> Moved | None:
    """`up` or `down` among its neighbours; `in`: last into the one above it; `out`: behind what it stands in. None when
    there is no such place. Raises StaleForm, BadInput."""
    with transaction.atomic():
        rows = _lock_tree()
        here = _living(rows, category)
        row = _beside(rows, here.parent_id)
        place = row.index(here)
        after = row[place + 1 :]
        if to == "up" and place:
            return _put(rows, here, parent=here.parent_id, before=row[place - 1].pk)
        if to == "down" and after:
            return _put(rows, here, parent=here.parent_id, before=after[1].pk if len(after) > 1 else None)
        if to == "in" and place:
            return _put(rows, here, parent=row[place - 1].pk, before=None)
        if to == "out" and here.parent_id is not None:
            outer = _beside(rows, rows[here.parent_id].parent_id)
            behind = outer[outer.index(rows[here.parent_id]) + 1 :] if rows[here.parent_id] in outer else []
            return _put(rows, here, parent=rows[here.parent_id].parent_id, before=behind[0].pk if behind else None)
        return None


def place_category(category: ProductCategory, *, parent: int | None, before: int | None) -> Moved | None:
    """Put a category into `parent` (None: at the top) before `before` (None: last); None when it stands there already.

    Raises StaleForm when one of the three was deleted or moved meanwhile; BadInput for a place inside the category
    itself, a fourth level, a name that is taken there.
    """
    with transaction.atomic():
        rows = _lock_tree()
        here = _living(rows, category)
        if parent is not None and (parent not in rows or rows[parent].is_deleted):
            raise _changed()
        if before is not None and before not in [row.pk for row in _beside(rows, parent)]:
            raise _changed()
        if (here.parent_id, _next(rows, here)) == (parent, before) or before == here.pk:
            return None
        return _put(rows, here, parent=parent, before=before)


def put_back_category(moved: Moved) -> None:
    """Take a move back; where its neighbour has gone meanwhile it comes last. Raises StaleForm when it was moved into
    another one or deleted since, or what it stood in was."""
    with transaction.atomic():
        rows = _lock_tree()
        here = rows.get(moved.category)
        gone = moved.was_in is not None and (moved.was_in not in rows or rows[moved.was_in].is_deleted)
        if here is None or here.is_deleted or gone or here.parent_id != moved.now_in:
            raise StaleForm(
                _("“%(name)s” was moved or deleted since, or what it stood in was. Look at the tree.")
                % {"name": moved.name}
            )
        beside = [row.pk for row in _beside(rows, moved.was_in)]
        _put(rows, here, parent=moved.was_in, before=moved.was_before if moved.was_before in beside else None)


def _put(rows: dict[int, ProductCategory], here: ProductCategory, *, parent: int | None, before: int | None) -> Moved:
    moved = Moved(here.pk, here.name, here.parent_id, _next(rows, here), parent)
    if parent is not None:
        _check_parent(here, rows[parent], rows, {key: row.parent_id for key, row in rows.items()})
    beside = [row for row in _beside(rows, parent) if row.pk != here.pk]
    place = next((number for number, row in enumerate(beside) if row.pk == before), len(beside))
    beside.insert(place, here)
    here.parent_id = parent
    for number, row in enumerate(beside, start=1):
        row.position = number * 10
    with refusing_taken():
        ProductCategory.objects.bulk_update(beside, ["parent", "position"])
    return moved


def _living(rows: dict[int, ProductCategory], category: ProductCategory) -> ProductCategory:
    here = rows.get(category.pk)
    if here is None or here.is_deleted:
        raise StaleForm(_("“%(name)s” was deleted meanwhile. Reload the page.") % {"name": category})
    return here


def _beside(rows: dict[int, ProductCategory], parent: int | None) -> list[ProductCategory]:
    """What stands in `parent`, in order."""
    found = (row for row in rows.values() if row.parent_id == parent and not row.is_deleted)
    return sorted(found, key=lambda row: (row.position, row.name, row.pk))


def _next(rows: dict[int, ProductCategory], here: ProductCategory) -> int | None:
    row = _beside(rows, here.parent_id)
    after = row[row.index(here) + 1 :]
    return after[0].pk if after else None


def _changed() -> StaleForm:
    return StaleForm(_("Somebody changed the tree meanwhile. Here it is as it is now: move the category once more."))


def restore_category(category: ProductCategory, *, by: Any) -> None:
    """Bring a deleted category back where it was. Raises CannotRestore also when its place has become too deep."""
    with transaction.atomic():
        parents = {key: row.parent_id for key, row in _lock_tree().items()}
        if depth(parents, category.pk) > LEVELS_AT_MOST:
            raise CannotRestore(
                _("“%(name)s” would stand too deep now. Move what it was in up first.") % {"name": category}
            )
        restore_row(category, by=by)


def _check_parent(
    category: ProductCategory,
    parent: ProductCategory,
    rows: dict[int, ProductCategory],
    parents: dict[int, int | None],
) -> None:
    if parent.pk not in rows or rows[parent.pk].is_deleted:
        raise BadInput(
            _("“%(name)s” was deleted meanwhile. Choose another category.") % {"name": parent}, field="parent"
        )
    below = 1
    if category.pk is not None:
        if parent.pk in subtree(parents, category.pk):
            raise BadInput(
                _("“%(name)s” can't stand in itself or in what is under it. Choose another category.")
                % {"name": category},
                field="parent",
            )
        below = height(parents, category.pk)
    if depth(parents, parent.pk) + below > LEVELS_AT_MOST:
        raise BadInput(_("Categories have three levels at most. Choose one that stands higher."), field="parent")


def _lock_tree() -> dict[int, ProductCategory]:
    """All categories as they are now, deleted ones too: they come back to where they were."""
    rows = ProductCategory.all_objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return {row.pk: row for row in rows}
