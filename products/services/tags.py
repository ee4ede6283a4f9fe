"""Tags: what is put on products, and what becomes of a tag itself.

Whoever puts tags on products holds these first, in the order of their keys; the tags are taken after them, in the order of
theirs. A tag that is held can't be deleted until the transaction ends, so nothing is put on by a name that is gone.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import BadInput, StaleForm
from core.soft_delete import mark_deleted, restore
from core.text import clean_text
from products.domain.tag_names import each_once, parted
from products.models import ProductTag
from products.models.product import TAG_LENGTH, TAGS_AT_MOST

Facts = dict[str, Any]
Pairs = Collection[tuple[int, int]]  # product, tag


class TagTaken(BadInput):
    """Another tag has this name: `data["other"]` is its key. The two may be made one (`merge_tags`)."""

    code = "tag_taken"


def checked_tags(names: Iterable[str]) -> list[str]:
    """Tags of one product as they are kept: each once whatever its case, by the alphabet. Raises BadInput for more than 20
    and for one that is too long or can't be printed."""
    found = each_once(filter(None, (clean_text(name, max_length=TAG_LENGTH) for name in names)))
    if len(found) > TAGS_AT_MOST:
        raise BadInput(
            _("A product has at most %(limit)s tags. Take some away.") % {"limit": TAGS_AT_MOST}, field="tags"
        )
    return found


def tags_there(names: Iterable[str]) -> dict[str, int]:
    """Name as given → key of the live tag with this name, whatever its case. Nothing is held: enough for taking off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select w.name, t.id from unnest(%s::text[]) w (name)"
            " join products_producttag t on not t.is_deleted and lower(t.name) = lower(w.name)",
            [list(names)],
        )
        return dict(cursor.fetchall())


def tags_called(names: Iterable[str]) -> dict[str, int]:
    """Name as given → key of the live tag with this name, whatever its case; held until the transaction ends. A name that
    no tag has makes one. One statement where all of them are there."""
    asked = list(dict.fromkeys(names))
    if not asked:
        return {}
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "with held as ("
                " select id, name from products_producttag"
                "  where not is_deleted and lower(name) in (select lower(n) from unnest(%s::text[]) n)"
                "  order by id for key share)"
                " select w.name, h.id from unnest(%s::text[]) w (name) join held h on lower(h.name) = lower(w.name)",
                [asked, asked],
            )
            found: dict[str, int] = dict(cursor.fetchall())
            missing = [name for name in asked if name not in found]
            if not missing:
                return found
            # Somebody else may be making the same one: then this waits for them, makes none, and finds theirs.
            cursor.execute(
                "insert into products_producttag (name, is_deleted)"
                " select name, false from ("
                "  select distinct on (lower(name)) name from unnest(%s::text[]) with ordinality w (name, place)"
                "   order by lower(name), place) w"
                " on conflict do nothing",
                [missing],
            )


def set_tags(wanted: Mapping[int, Collection[str]]) -> None:
    """Let each of these products, which the caller holds, carry exactly the tags with these names. Deleted ones stay on
    them unseen. A handful of statements, however many products."""
    names = {name for many in wanted.values() for name in many}
    keys = tags_called(sorted(names))
    pairs = {(product, keys[name]) for product, many in wanted.items() for name in many}
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from products_producttagging g using products_producttag t"
            " where g.product_id = any (%s) and t.id = g.tag_id and not t.is_deleted"
            "   and not exists (select from unnest(%s::bigint[], %s::bigint[]) w (product, tag)"
            "                    where w.product = g.product_id and w.tag = g.tag_id)",
            [list(wanted), *_columns(pairs)],
        )
    put_on(pairs)


def put_on(pairs: Pairs) -> None:
    """Put tags on products; one that is on already is left alone. The caller holds both."""
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into products_producttagging (product_id, tag_id)"
                " select product, tag from unnest(%s::bigint[], %s::bigint[]) w (product, tag)"
                " on conflict do nothing",
                _columns(pairs),
            )


def take_off(pairs: Pairs) -> None:
    """Take tags off products. The caller holds the products."""
    if pairs:
        with connection.cursor() as cursor:
            cursor.execute(
                "delete from products_producttagging g using unnest(%s::bigint[], %s::bigint[]) w (product, tag)"
                " where w.product = g.product_id and w.tag = g.tag_id",
                _columns(pairs),
            )


def hold_tags(keys: Iterable[int]) -> set[int]:
    """Which of these tags are there at all, deleted ones among them; they can't be removed until the transaction ends."""
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("select id from products_producttag where id = any (%s) order by id for key share", [wanted])
        return {key for (key,) in cursor.fetchall()}


def _columns(pairs: Pairs) -> list[list[int]]:
    rows = sorted(pairs)
    return [[product for product, _tag in rows], [tag for _product, tag in rows]]


def save_tag(tag: ProductTag) -> ProductTag:
    """Save a new tag, or one under another name. Raises BadInput: no name, a comma in it, a deleted tag; TagTaken."""
    name = clean_text(tag.name, max_length=TAG_LENGTH)
    if parted(name) != [name]:
        raise BadInput(
            _("A tag is a word or a few, without commas: these part one tag from the next. Correct the name."),
            field="name",
        )
    tag.name = name
    try:
        with transaction.atomic():
            if tag.pk is not None:
                held = ProductTag.all_objects.select_for_update(of=("self",), no_key=True).filter(pk=tag.pk).first()
                if held is None or held.is_deleted:
                    raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": held or name})
            tag.save()
    except IntegrityError as error:
        if broken_constraint(error, ["product_tag_name_once"]) is None:
            raise
        other = ProductTag.objects.filter(name__iexact=name).first()
        raise TagTaken(
            _("The tag “%(name)s” is there already. Choose another name or make one of both.")
            % {"name": other.name if other else name},
            field="name", data={"other": other.pk if other else None},
        ) from error  # fmt: skip
    return tag


def merge_tags(tag: ProductTag, into: ProductTag, *, by: Any) -> Facts:
    """Put `into` on every product that carries `tag`, and delete `tag`. Answers with what `part_tags` takes back. Raises
    BadInput for one and the same tag, StaleForm when one of them was deleted meanwhile."""
    if tag.pk == into.pk:
        raise BadInput(_("A tag can't be made one with itself. Choose another one."), field="name")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select id from products_product where id in (select product_id from products_producttagging where tag_id = %s)"
            " order by id for no key update",
            [tag.pk],
        )
        held = ProductTag.all_objects.select_for_update(of=("self",)).filter(pk__in=[tag.pk, into.pk]).order_by("pk")
        live = {row.pk: row for row in held if not row.is_deleted}
        if len(live) < 2:
            raise StaleForm(_("One of the two tags was deleted meanwhile. Reload the page and look at them anew."))
        cursor.execute(
            "insert into products_producttagging (product_id, tag_id)"
            " select product_id, %s from products_producttagging where tag_id = %s order by product_id"
            " on conflict do nothing returning product_id",
            [into.pk, tag.pk],
        )
        given = sorted(key for (key,) in cursor.fetchall())
        gone = live[tag.pk]
        mark_deleted([gone], by=by, now=timezone.now())
    return {
        "row": tag.pk, "name": gone.name, "into": into.pk, "into_name": live[into.pk].name,
        "deletion": str(gone.delete_batch), "given": given,
    }  # fmt: skip


def part_tags(facts: Facts, *, by: Any) -> None:
    """Bring back a tag that `merge_tags` took, and take the other one off the products that had it from there. Raises
    StaleForm when the tag was restored or removed since, CannotRestore when its name was taken."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select id from products_product where id = any (%s) order by id for no key update", [facts["given"]]
        )
        tag = ProductTag.all_objects.select_for_update(of=("self",)).filter(pk=facts["row"]).first()
        if tag is None or str(tag.delete_batch) != facts["deletion"]:
            raise StaleForm(
                _("“%(name)s” was restored since, or deleted once more. Look at it in the catalogue.")
                % {"name": facts["name"]}
            )
        restore(tag, by=by)
        take_off([(product, facts["into"]) for product in facts["given"]])
