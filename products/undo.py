"""What can be taken back in the catalogue: deletions and archiving, for as long as they are
remembered; many prices changed at once, for a day."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import StaleForm
from core.models import RecentAction
from core.photos import Photo
from core.undo import Kind, Payload, register, remember
from products.domain.prices import Change
from products.models import GoodsImport, Product, ProductCategory, ProductKit, ProductTag, ProductVariantGroup
from products.services.catalogue import archive_product, delete_row, restore_row, take_out_of_archive
from products.services.categories import Moved, move_category, place_category, put_back_category, restore_category
from products.services.importing import KEPT, apply_import, undo_import
from products.services.kit_prices import change_kit_prices, undo_kit_prices
from products.services.many import (
    archive_products,
    carry_again,
    put_back_into_categories,
    put_into_category,
    tag_products,
    untag_products,
)
from products.services.photos import PHOTOS, remove_photo, restore_photo
from products.services.prices import change_prices, undo_prices
from products.services.tags import merge_tags, part_tags

PRODUCT, KIT, CATEGORY = "products.delete_product", "products.delete_kit", "products.delete_category"
GROUP, TAG = "products.delete_group", "products.delete_tag"

ARCHIVE, PRICES, IMPORT = "products.archive", "products.prices", "products.import"
KIT_PRICES = "products.kit_prices"
PHOTO, MOVE = "products.remove_photo", "products.move_category"
TAGS, SHELVED, ARCHIVED = "products.tag_many", "products.move_many", "products.archive_many"
MERGED = "products.merge_tags"

Row = Product | ProductKit | ProductCategory | ProductVariantGroup | ProductTag
KINDS: dict[type[Row], str] = {
    Product: PRODUCT, ProductKit: KIT, ProductCategory: CATEGORY, ProductVariantGroup: GROUP, ProductTag: TAG,
}  # fmt: skip


def delete_and_remember(row: Row, *, by: Any) -> RecentAction:
    """Take a row out of the catalogue, remembered in the same transaction. Raises StillInUse."""
    delete_row(row, by=by, now=timezone.now())
    return remember(KINDS[type(row)], _facts(row), by=by)


def archive_and_remember(product: Product, *, by: Any) -> RecentAction:
    """Put a product away, remembered in the same transaction. Raises CannotArchive."""
    archive_product(product, now=timezone.now())
    at = product.archived_at
    return remember(ARCHIVE, {"row": product.pk, "name": product.name, "at": at.isoformat() if at else ""}, by=by)


def _carry_again(payload: Payload, by: Any) -> list[str]:
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(pk=payload["row"]).first()
    at = product.archived_at if product is not None else None
    if product is None or at is None or at.isoformat() != payload["at"]:
        raise StaleForm(
            _("“%(name)s” was taken out of the archive since, or deleted. Look at it in the catalogue.")
            % {"name": payload["name"]}
        )
    take_out_of_archive(product)
    return []


def change_prices_and_remember(
    keys: Sequence[int], change: Change, *, words: str, seen: str, since: int, by: Any
) -> RecentAction:
    """Change many prices as one operation, remembered in the same transaction; `words` say how. Raises what
    `change_prices` raises."""
    operation, count = change_prices(keys, change, seen=seen, since=since, by=by)
    return remember(PRICES, {"operation": str(operation), "count": count, "words": words}, by=by)


def change_kit_prices_and_remember(
    keys: Sequence[int], change: Change, *, words: str, seen: str, by: Any
) -> RecentAction:
    """`change_kit_prices`, remembered in the same transaction; `words` say how."""
    prices = change_kit_prices(keys, change, seen=seen)
    return remember(KIT_PRICES, {"prices": prices, "count": len(prices), "words": words}, by=by)


def tag_many_and_remember(keys: Sequence[int], *, add: Sequence[str], remove: Sequence[str], by: Any) -> RecentAction:
    """Change the tags of many products, remembered in the same transaction. Raises BadInput."""
    return remember(TAGS, tag_products(keys, add=add, remove=remove), by=by)


def merge_and_remember(tag: ProductTag, into: ProductTag, *, by: Any) -> RecentAction:
    """Make one of two tags, remembered in the same transaction. Raises BadInput, StaleForm."""
    return remember(MERGED, merge_tags(tag, into, by=by), by=by)


def _part(payload: Payload, by: Any) -> list[str]:
    part_tags(dict(payload), by=by)
    return []


def move_many_and_remember(keys: Sequence[int], category: ProductCategory | None, *, by: Any) -> RecentAction:
    """Put many products into a category, remembered in the same transaction. Raises BadInput."""
    return remember(SHELVED, {**put_into_category(keys, category), "name": category.name if category else ""}, by=by)


def archive_many_and_remember(keys: Sequence[int], *, by: Any) -> tuple[RecentAction, list[str]]:
    """Put many products away, remembered in the same transaction; and why some stay. Raises BadInput."""
    facts = archive_products(keys, now=timezone.now())
    stay = facts.pop("stay")
    return remember(ARCHIVED, facts, by=by), stay


def _describe_moved(payload: Payload) -> str:
    if not payload["name"]:
        return ngettext(
            "%(count)s product is in no category now.", "%(count)s products are in no category now.", payload["count"]
        ) % {"count": payload["count"]}
    return ngettext(
        "%(count)s product is in “%(name)s” now.", "%(count)s products are in “%(name)s” now.", payload["count"]
    ) % {"count": payload["count"], "name": payload["name"]}


def _names_that_stay(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [_("These stay as they are, they were changed since: %(names)s.") % {"names": ", ".join(names[:10])}]


def import_and_remember(kept: GoodsImport, *, seen: str, by: Any) -> RecentAction:
    """Apply a file of products, remembered in the same transaction. Raises what `apply_import` raises."""
    plan = apply_import(kept, seen=seen, by=by)
    return remember(IMPORT, {"import": kept.pk, "made": plan.made, "changed": plan.changed}, by=by)


def remove_photo_and_remember(photo: Photo, *, by: Any, now: datetime) -> RecentAction:
    """Take a photo away, remembered in the same transaction."""
    remove_photo(photo, by=by, now=now)
    owner = getattr(photo, photo.owner_field)
    facts = {"of": photo.owner_field, "owner": owner.pk, "name": str(owner)}
    return remember(PHOTO, {**facts, "row": photo.pk, "deletion": str(photo.delete_batch)}, by=by)


def _hang_again(payload: Payload, by: Any) -> list[str]:
    [model] = [model for model in PHOTOS.values() if model.owner_field == payload["of"]]
    photo = model.all_objects.select_for_update(of=("self",), no_key=True).filter(pk=payload["row"]).first()
    if photo is None or str(photo.delete_batch) != payload["deletion"]:
        raise StaleForm(
            _("The photo of “%(name)s” was restored since, or removed once more. Look at the photos there.")
            % {"name": payload["name"]}
        )
    restore_photo(photo, by=by)
    return []


def _page_of_photo(payload: Payload) -> str:
    page = {"product": "product_detail", "kit": "kit_detail", "category": "category_edit"}[payload["of"]]
    return reverse(f"products:{page}", args=[payload["owner"]])


def move_and_remember(category: ProductCategory, *, to: str, by: Any) -> RecentAction | None:
    """`move_category`, remembered in the same transaction; None when it stands at the end already."""
    return _remember_move(move_category(category, to=to), by=by)


def place_and_remember(
    category: ProductCategory, *, parent: int | None, before: int | None, by: Any
) -> RecentAction | None:
    """`place_category`, remembered in the same transaction; None when it stands there already."""
    return _remember_move(place_category(category, parent=parent, before=before), by=by)


def _remember_move(moved: Moved | None, *, by: Any) -> RecentAction | None:
    return None if moved is None else remember(MOVE, moved._asdict(), by=by)


def _put_back(payload: Payload, by: Any) -> list[str]:
    put_back_category(Moved(**payload))
    return []


def _describe_import(payload: Payload) -> str:
    return _("Imported: %(made)s new products, %(changed)s changed.") % payload


def _describe_prices(payload: Payload) -> str:
    return ngettext("%(count)s price changed: %(words)s.", "%(count)s prices changed: %(words)s.", payload["count"]) % {
        "count": payload["count"],
        "words": payload["words"],
    }


def _describe_kit_prices(payload: Payload) -> str:
    return ngettext(
        "%(count)s price of bouquets changed: %(words)s.",
        "%(count)s prices of bouquets changed: %(words)s.",
        payload["count"],
    ) % {"count": payload["count"], "words": payload["words"]}


def _facts(row: Row) -> dict[str, Any]:
    return {"row": row.pk, "name": str(row), "deletion": str(row.delete_batch)}


def _describe(payload: Payload) -> str:
    return _("“%(name)s” is deleted.") % {"name": payload["name"]}


def _restores(model: type[Row]) -> Callable[[Payload, Any], list[str]]:
    def undo(payload: Payload, by: Any) -> list[str]:
        row = model.all_objects.select_for_update(of=("self",), no_key=True).filter(pk=payload["row"]).first()
        if row is None or str(row.delete_batch) != payload["deletion"]:
            raise StaleForm(
                _("“%(name)s” was restored since, or deleted once more. Look at it in the catalogue.")
                % {"name": payload["name"]}
            )
        if isinstance(row, ProductCategory):
            restore_category(row, by=by)
        else:
            restore_row(row, by=by)
        return []

    return undo


def _page_of(model: type[Row], payload: Payload) -> str:
    if model is ProductCategory:
        return reverse("products:category_list")
    if model is ProductVariantGroup:
        return reverse("products:group_list")
    if model is ProductTag:
        return reverse("products:tag_list")
    name = "product" if model is Product else "kit"
    return reverse(f"products:{name}_detail", args=[payload["row"]])


for _model, _code in KINDS.items():
    register(
        _code,
        Kind(
            describe=_describe,
            undo=_restores(_model),
            right=lambda payload: "catalogue.change",
            link=partial(_page_of, _model),
        ),
    )

register(
    ARCHIVE,
    Kind(
        describe=lambda payload: _("“%(name)s” is in the archive.") % {"name": payload["name"]},
        undo=_carry_again,
        right=lambda payload: "catalogue.change",
        link=partial(_page_of, Product),
    ),
)
register(
    PRICES,
    Kind(
        describe=_describe_prices,
        undo=lambda payload, by: undo_prices(uuid.UUID(payload["operation"]), by=by),
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:product_list"),
        lasts=timedelta(hours=24),
    ),
)
register(
    KIT_PRICES,
    Kind(
        describe=_describe_kit_prices,
        undo=lambda payload, by: undo_kit_prices(payload["prices"]),
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:kit_list"),
        lasts=timedelta(hours=24),
    ),
)
register(
    TAGS,
    Kind(
        describe=lambda payload: (
            ngettext("Tags changed of %(count)s product.", "Tags changed of %(count)s products.", payload["count"])
            % {"count": payload["count"]}
        ),
        undo=lambda payload, by: _names_that_stay(untag_products(dict(payload))),
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:product_list"),
        lasts=timedelta(hours=24),
    ),
)
register(
    MERGED,
    Kind(
        describe=lambda payload: _("“%(name)s” became “%(into_name)s”.") % payload,
        undo=_part,
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:tag_list"),
    ),
)
register(
    SHELVED,
    Kind(
        describe=_describe_moved,
        undo=lambda payload, by: _names_that_stay(put_back_into_categories(dict(payload))),
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:product_list"),
        lasts=timedelta(hours=24),
    ),
)
register(
    ARCHIVED,
    Kind(
        describe=lambda payload: (
            ngettext("%(count)s product is in the archive.", "%(count)s products are in the archive.", payload["count"])
            % {"count": payload["count"]}
        ),
        undo=lambda payload, by: _names_that_stay(carry_again(dict(payload))),
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:product_list"),
        lasts=timedelta(hours=24),
    ),
)
register(
    IMPORT,
    Kind(
        describe=_describe_import,
        undo=lambda payload, by: undo_import(payload["import"], by=by, now=timezone.now()),
        right=lambda payload: "catalogue.change",
        link=lambda payload: reverse("products:product_list"),
        lasts=KEPT,
    ),
)
register(
    PHOTO,
    Kind(
        describe=lambda payload: _("A photo of “%(name)s” is removed.") % {"name": payload["name"]},
        undo=_hang_again,
        right=lambda payload: "catalogue.change",
        link=_page_of_photo,
    ),
)
register(
    MOVE,
    Kind(
        describe=lambda payload: _("“%(name)s” is moved.") % {"name": payload["name"]},
        undo=_put_back,
        right=lambda payload: "catalogue.change",
        link=partial(_page_of, ProductCategory),
    ),
)
