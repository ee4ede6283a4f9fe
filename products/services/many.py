"""Tags, category and archive of many products at once: each change is one operation that can be taken back.

What an operation did is told by keys alone, product by product, so that taking it back leaves what was changed since.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from products.models import Product, ProductCategory, ProductTagging
from products.models.product import TAG_LENGTH, TAGS_AT_MOST
from products.services.catalogue import CannotArchive, archive_product, hold_live_category
from products.services.tags import hold_tags, put_on, tags_called, tags_there, take_off

MANY_AT_MOST, ARCHIVED_AT_MOST = 5000, 200

Facts = dict[str, Any]


def _held(keys: Iterable[int], *, most: int = MANY_AT_MOST) -> list[Product]:
    """The live ones of these products, locked in the order of their keys. Raises BadInput for none or too many."""
    wanted = sorted(set(keys))
    if len(wanted) > most:
        raise BadInput(_("At most %(limit)s products are changed at once. Choose fewer.") % {"limit": most})
    rows = list(Product.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted).order_by("pk"))
    if not rows:
        raise BadInput(_("No product is chosen. Tick some in the list."))
    return rows


def tag_products(keys: Sequence[int], *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Facts:
    """Give products tags, new ones among them, and take others away; a tag that differs in its case alone is the same,
    and one that is to be given and taken is given. Answers with the keys by tag: what `untag_products` takes back. Raises
    BadInput: no tags, one that is too long, more than 20 on a product, nothing would change."""
    if not add and not remove:
        raise BadInput(_("Say which tags are added or taken away."))
    if any(not tag or len(tag) > TAG_LENGTH for tag in [*add, *remove]):
        raise BadInput(_("A tag has up to %(limit)s letters. Shorten it.") % {"limit": TAG_LENGTH})
    with transaction.atomic():
        products = _held(keys)
        wanted = tags_called(add)
        unwanted = tags_there(remove)
        given, gone = set(wanted.values()), set(unwanted.values()) - set(wanted.values())
        carried: dict[int, set[int]] = {}
        taggings = ProductTagging.objects.filter(product__in=[row.pk for row in products], tag__is_deleted=False)
        for product, tag in taggings.values_list("product_id", "tag_id"):
            carried.setdefault(product, set()).add(tag)
        added: list[tuple[int, int]] = []
        removed: list[tuple[int, int]] = []
        for row in products:
            has = carried.get(row.pk, set())
            if len(has - gone | given) > TAGS_AT_MOST:
                raise BadInput(
                    _("“%(name)s” would have more than %(limit)s tags. Take some away first.")
                    % {"name": row, "limit": TAGS_AT_MOST}
                )
            added += [(row.pk, tag) for tag in given - has]
            removed += [(row.pk, tag) for tag in gone & has]
        changed = {product for product, _tag in [*added, *removed]}
        _refuse_nothing(changed)
        take_off(removed)
        put_on(added)
    names = {tag: name for name, tag in [*unwanted.items(), *wanted.items()]}
    return {
        "added": _by_name(added, names), "removed": _by_name(removed, names),
        "tags": {name: tag for tag, name in names.items()}, "count": len(changed),
    }  # fmt: skip


def _by_name(pairs: Iterable[tuple[int, int]], names: Mapping[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for product, tag in pairs:
        found.setdefault(names[tag], []).append(product)
    return found


def untag_products(facts: Facts) -> list[str]:
    """Take tags back that `tag_products` gave, and give those back that it took, whatever these tags are called by now,
    deleted ones too; answers with the names of products that stay as they are because they were deleted since.

    Facts without `tags`, the keys by name, are from before tags had any: there a tag is found by its name.
    """
    keys = {key for by_tag in (facts["added"], facts["removed"]) for many in by_tag.values() for key in many}
    with transaction.atomic():
        held = Product.all_objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk")
        rows = {row.pk: row for row in held}
        live = {key for key, row in rows.items() if not row.is_deleted}
        tags = facts["tags"] if "tags" in facts else tags_called([*facts["added"], *facts["removed"]])
        there = hold_tags(tags.values())
        given, taken = (
            [(key, tags[name]) for name, many in by_name.items() for key in many if key in live and tags[name] in there]
            for by_name in (facts["added"], facts["removed"])
        )
        take_off(given)
        put_on(taken)
    return [row.name for key, row in rows.items() if key not in live]


def put_into_category(keys: Sequence[int], category: ProductCategory | None) -> Facts:
    """Put products into a category, or into none. Answers with the keys by the category they came from. Raises BadInput: a
    deleted category, nothing would change."""
    with transaction.atomic():
        hold_live_category(category.pk if category else None)
        after = category.pk if category else None
        changed = [product for product in _held(keys) if product.category_id != after]
        _refuse_nothing(changed)
        before: dict[str, list[int]] = {}
        for product in changed:
            before.setdefault(str(product.category_id or ""), []).append(product.pk)
        Product.objects.filter(pk__in=[product.pk for product in changed]).update(category=category)
    return {"before": before, "after": after, "count": len(changed)}


def put_back_into_categories(facts: Facts) -> list[str]:
    """Put products back to where they stood; answers with the names of those that stay: they were moved or deleted since,
    or their category was."""
    origin = {key: int(old) if old else None for old, keys in facts["before"].items() for key in keys}
    with transaction.atomic():
        wanted = {old for old in origin.values() if old is not None}
        shelves = ProductCategory.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        live: set[int | None] = {None, *(shelf.pk for shelf in shelves)}
        held = Product.all_objects.select_for_update(of=("self",), no_key=True).filter(pk__in=origin).order_by("pk")
        back: list[Product] = []
        stay: list[Product] = []
        for row in held:
            moves = not row.is_deleted and row.category_id == facts["after"] and origin[row.pk] in live
            (back if moves else stay).append(row)
        for row in back:
            row.category_id = origin[row.pk]
        Product.objects.bulk_update(back, ["category"], batch_size=500)
    return [row.name for row in stay]


def archive_products(keys: Sequence[int], *, now: datetime) -> Facts:
    """Put products into the archive; those the shop still works with stay, and `stay` says why. Raises BadInput when
    all do, or there are more than 200."""
    with transaction.atomic():
        rows = [row for row in _held(keys, most=ARCHIVED_AT_MOST) if row.archived_at is None]
        done: list[int] = []
        stay: list[str] = []
        for row in rows:
            try:
                with transaction.atomic():
                    archive_product(row, now=now)
            except CannotArchive as refusal:
                stay.append(str(refusal))
            else:
                done.append(row.pk)
        if not done:
            raise BadInput(" ".join(stay[:5]) or _("Nothing would change: all of these products are so already."))
    return {"keys": done, "at": now.isoformat(), "count": len(done), "stay": stay}


def carry_again(facts: Facts) -> list[str]:
    """Take products out of the archive that `archive_products` put there; answers with the names of those that stay as
    they are: they were taken out or deleted since."""
    with transaction.atomic():
        held = Product.all_objects.select_for_update(of=("self",), no_key=True).filter(pk__in=facts["keys"])
        rows = list(held.order_by("pk"))
        back = [
            row for row in rows if not row.is_deleted and row.archived_at and row.archived_at.isoformat() == facts["at"]
        ]
        Product.objects.filter(pk__in=[row.pk for row in back]).update(archived_at=None)
    return [row.name for row in rows if row not in back]


def _refuse_nothing(changed: Collection[Any]) -> None:
    if not changed:
        raise BadInput(_("Nothing would change: all of these products are so already."))
