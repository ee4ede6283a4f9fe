"""The tree of categories: adding, renaming, moving. Every change locks the whole tree first, which is small, so that two
people can't put two categories under each other."""

from typing import Any

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


def move_category(category: ProductCategory, *, up: bool) -> None:
    """One place up or down among its neighbours; at the end of the row nothing changes. Raises StaleForm."""
    with transaction.atomic():
        rows = _lock_tree()
        here = rows.get(category.pk)
        if here is None or here.is_deleted:
            raise StaleForm(_("“%(name)s” was deleted meanwhile. Reload the page.") % {"name": category})
        row = sorted(
            (item for item in rows.values() if item.parent_id == here.parent_id and not item.is_deleted),
            key=lambda item: (item.position, item.name, item.pk),
        )
        place = [item.pk for item in row].index(here.pk)
        other = place - 1 if up else place + 1
        if not 0 <= other < len(row):
            return
        row[place], row[other] = row[other], row[place]
        for number, item in enumerate(row, start=1):
            item.position = number * 10
        ProductCategory.objects.bulk_update(row, ["position"])


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
