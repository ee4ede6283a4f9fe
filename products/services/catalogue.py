"""Writing the catalogue: products, bouquets and their recipes, deleting and bringing back."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import BadInput, DomainError
from core.models import SoftDelete
from core.quantities import MAX_QUANTITY, round_quantity
from core.soft_delete import CannotRestore, mark_deleted, restore
from products.domain import barcodes
from products.models import (
    Barcode,
    Packing,
    PriceReason,
    Product,
    ProductKit,
    ProductVariantGroup,
    PurchaseUnit,
)
from products.selectors import tags_on
from products.services.prices import check_price, note_price
from products.services.tags import checked_tags, set_tags

# Constraint → field of the form, sentence.
TAKEN: dict[str, tuple[str | None, Any]] = {
    "product_sku_once": ("sku", _("Another product has this SKU. Choose a different one or leave it empty.")),
    "variant_group_name_once": ("name", _("Other interchangeable products have this name. Choose a different one.")),
    "barcode_once": ("barcodes", _("Another product has one of these barcodes. Take it away there first.")),
    "kit_name_and_size_once": ("name", _("Another bouquet has this name and size. Choose a different name or size.")),
    "purchase_unit_once": (None, _("One purchase unit stands twice. Keep one of the two lines.")),
    "category_name_once": ("name", _("Another category here has this name. Choose a different one.")),
    "category_top_name_once": ("name", _("Another category here has this name. Choose a different one.")),
}


# Sent with `instance`, locked, before a product goes into the archive; answers as of `before_soft_delete`.
before_archive = Signal()


class CannotArchive(DomainError):
    """The shop still works with the product."""

    code = "cannot_archive"


@dataclass(frozen=True)
class Packed:
    """One way a product is bought: `factor` base units in one. `own_name` belongs to Packing.OTHER and to no other."""

    packing: str
    factor: Decimal
    own_name: str = ""

    @property
    def facts(self) -> tuple[str, str, Decimal]:
        """What makes it this unit and no other."""
        return (self.packing, self.own_name.casefold(), self.factor)


def save_product(
    product: Product,
    *,
    bought_in: Sequence[Packed] | None = None,
    codes: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    by: Any = None,
    why: PriceReason = PriceReason.FORM,
) -> Product:
    """Save a new or changed product; without an SKU one is made.

    `bought_in` are all its purchase units in order, `codes` all barcodes that stand on it when it comes, `tags` the names
    of all its tags, new ones among them; None leaves them as they are. Units that stay keep their keys. A changed price
    leaves a line of history: `by` whom, `why`.

    Raises BadInput when its SKU or a barcode is taken, a purchase unit, a code or a tag can't be meant, or goods were to
    become a service or the other way round.
    """
    check_price(product.sale_price)
    refuse_if_deleted(product)
    if bought_in is not None:
        _check_packed(bought_in)
    if codes is not None:
        codes = checked_codes(codes)
    if tags is not None:
        tags = checked_tags(tags)
    with transaction.atomic(), refusing_taken():
        hold_live_category(product.category_id)
        if product.pk is not None:
            before = Product.all_objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
            _refuse_other_nature(before, product)
            note_price(before, before=before.sale_price, after=product.sale_price, why=why, by=by)
        product.save()  # locks the row: two people who save the units of one product do it one after the other
        if bought_in is not None:
            _save_purchase_units(product, bought_in)
        if codes is not None:
            _save_codes(product, codes)
        if tags is not None:
            set_tags({product.pk: tags})
    return product


def _refuse_other_nature(before: Product, product: Product) -> None:
    """Stock, orders and demands count on it: what is kept in stock stays goods, what is not stays a service."""
    if before.is_service != product.is_service:
        raise BadInput(
            _("Goods can't become a service, nor a service goods: stock and orders count on it. Add a new product."),
            field="kind",
        )


def checked_codes(codes: Iterable[str]) -> list[str]:
    """Barcodes as they are kept, each once. Raises BadInput for one that no scanner can have read."""
    found: dict[str, None] = {}
    for text in codes:
        try:
            code = barcodes.normal(text)
        except ValueError as error:
            sentence = (
                _("The last digit of the barcode %(code)s does not fit the others. Scan it again or correct it.")
                if str(error) == "check"
                else _("“%(code)s” is not a barcode: it has 6 to 14 digits. Correct it.")
            )
            raise BadInput(sentence % {"code": text[:40]}, field="barcodes") from error
        if barcodes.key_of_own_code(code) is not None:
            raise BadInput(
                _("%(code)s is a code of the shop's own: the program reads it already. Leave it out.") % {"code": code},
                field="barcodes",
            )
        found[code] = None
    return list(found)


def _save_codes(product: Product, wanted: Sequence[str]) -> None:
    known = {row.code: row for row in product.barcodes.all()}
    Barcode.objects.filter(pk__in=[row.pk for code, row in known.items() if code not in wanted]).hard_delete()
    for code in wanted:
        if code not in known:
            Barcode.objects.create(product=product, code=code)


def archive_product(product: Product, *, now: datetime) -> None:
    """Put a product away: the shop carries it no more, nothing offers it, its history stays. A second call changes
    nothing.

    Raises CannotArchive while it is on hand, promised, on an open order or part of a bouquet on sale.
    """
    with transaction.atomic():
        # The full lock: an order line that names it is either seen below or waits.
        row = Product.all_objects.select_for_update(of=("self",)).get(pk=product.pk)
        refuse_if_deleted(row)
        answers = before_archive.send(sender=Product, instance=row)
        blockers = [str(blocker) for _receiver, answer in answers for blocker in answer or []]
        if blockers:
            raise CannotArchive(
                _("“%(name)s” can't go into the archive yet: %(blockers)s.")
                % {"name": row, "blockers": "; ".join(blockers)},
                data={"blockers": blockers},
            )
        Product.objects.filter(pk=row.pk, archived_at=None).update(archived_at=now)
    product.refresh_from_db(fields=["archived_at"])


def take_out_of_archive(product: Product) -> None:
    """The shop carries it again. Raises BadInput when it is deleted."""
    with transaction.atomic():
        row = Product.all_objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
        refuse_if_deleted(row)
        Product.objects.filter(pk=row.pk).update(archived_at=None)
    product.archived_at = None


def _save_purchase_units(product: Product, wanted: Sequence[Packed]) -> None:
    known = {unit.facts: unit for unit in product.purchase_units.all()}
    kept = {unit.facts for unit in wanted}
    gone = PurchaseUnit.objects.filter(pk__in=[unit.pk for facts, unit in known.items() if facts not in kept])
    list(gone.select_for_update(of=("self",)).order_by("pk"))  # whoever names one of them waits, or was there before
    gone.delete()
    for position, packed in enumerate(wanted):
        unit = known.get(packed.facts) or PurchaseUnit(product=product, packing=packed.packing, factor=packed.factor)
        unit.own_name, unit.position = packed.own_name, position
        unit.save()


def hold_purchase_units(keys: Iterable[int]) -> set[int]:
    """Which of these purchase units are still there; they can't be removed until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from products_purchaseunit where id = any (%s) order by id for key share", [sorted(set(keys))]
        )
        return {key for (key,) in cursor.fetchall()}


def hold_live_category(key: int | None) -> None:
    """Refuse a deleted category; a live one stays until the caller's transaction ends. Raises BadInput."""
    if key is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("select 1 from products_productcategory where id = %s and not is_deleted for key share", [key])
        if cursor.fetchone() is None:
            raise BadInput(_("This category was deleted meanwhile. Choose another."), field="category")


def hold_live_products(keys: Iterable[int]) -> set[int]:
    """Which of these products are not deleted; they can't be until the caller's transaction ends."""
    return hold_live(Product, keys)


def hold_live(model: type[SoftDelete], keys: Iterable[int]) -> set[int]:
    """Which of these rows are not deleted; they can't be until the caller's transaction ends. No statement without keys.

    The weakest row lock will do: only a deletion collides with it, other users of the rows do not.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"select id from {model._meta.db_table} where id = any (%s) and not is_deleted order by id for key share",  # noqa: S608
            [wanted],
        )
        return {key for (key,) in cursor.fetchall()}


def reduced_product(product: Product, *, price: Decimal, by: Any = None) -> Product:
    """The product as which reduced goods of `product` are sold, made when first needed; `price` holds for all of them.

    Raises BadInput: a price that can't be meant, a deleted product, one that is reduced already.
    """
    check_price(price)
    with transaction.atomic():
        origin = _held(product)
        if origin.reduced_from_id is not None:
            raise BadInput(_("%(name)s is reduced already. Change its price instead.") % {"name": origin})
        reduced = Product.objects.filter(reduced_from=origin).first()
        if reduced is None:
            name = _("%(name)s, reduced") % {"name": origin.name[:180]}
            reduced = Product(
                name=name, category_id=origin.category_id, unit=origin.unit, vase_life_days=origin.vase_life_days,
                kind=origin.kind, variety=origin.variety, colour=origin.colour, stem_length=origin.stem_length,
                role=origin.role, tax_rate=origin.tax_rate, reduced_from=origin,
            )  # fmt: skip
        is_new = reduced.pk is None
        if is_new or reduced.sale_price != price:
            before, reduced.sale_price = price if is_new else reduced.sale_price, price
            reduced.save()
            note_price(reduced, before=before, after=price, why=PriceReason.MARKDOWN, by=by)
        if is_new:
            set_tags({reduced.pk: tags_on([origin.pk]).get(origin.pk, [])})
    return reduced


def _held(product: Product) -> Product:
    """The product as it is now, locked: two people who need something made of it get the same."""
    row = Product.all_objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
    refuse_if_deleted(row)
    return row


def delete_row(row: SoftDelete, *, by: Any, now: datetime) -> None:
    """Take a product, bouquet or category out of the catalogue; its history stays. Raises StillInUse."""
    mark_deleted([row], by=by, now=now)


def restore_row(row: SoftDelete, *, by: Any) -> None:
    """Bring it back. Raises CannotRestore: its category or a component is deleted, or its name or SKU is taken."""
    with transaction.atomic():
        if isinstance(row, ProductKit):
            gone = (
                Product.all_objects.filter(kit_items__kit=row, is_deleted=True).first()
                or Product.all_objects.filter(alternative_in__item__kit=row, is_deleted=True).first()
                or ProductKit.all_objects.filter(inside__kit=row, is_deleted=True).first()
                or ProductVariantGroup.all_objects.filter(kit_items__kit=row, is_deleted=True).first()
            )
            if gone is not None:
                raise CannotRestore(_("Restore “%(owner)s” first: it is deleted too.") % {"owner": gone})
        restore(row, by=by)


@contextmanager
def refusing_taken() -> Iterator[None]:
    """A name or code that somebody else has becomes a refusal beside its field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = broken_constraint(error, TAKEN)
        if name is None:
            raise
        field, sentence = TAKEN[name]
        raise BadInput(sentence, field=field) from error


def refuse_if_deleted(row: SoftDelete) -> None:
    if row.is_deleted:
        raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": row})


def _check_packed(wanted: Sequence[Packed]) -> None:
    for packed in wanted:
        factor = packed.factor
        if not factor.is_finite() or not 0 < factor <= MAX_QUANTITY or factor != round_quantity(factor):
            raise BadInput(
                _("A purchase unit holds more than nothing, with at most 3 decimals. Correct how much is in it.")
            )
        if (packed.packing == Packing.OTHER) != bool(packed.own_name):
            raise BadInput(_("A purchase unit of your own needs a name, the others have theirs. Correct the name."))
    if len({packed.facts for packed in wanted}) < len(wanted):
        raise BadInput(TAKEN["purchase_unit_once"][1])
