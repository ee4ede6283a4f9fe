"""Writing prices: one by one, beside the retail price, or many at once. Every change leaves a line of history."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.constraints import broken_constraint
from core.errors import BadInput, StaleForm
from core.quantities import MAX_MONEY, round_money
from core.templatetags.florist import money
from products.domain.prices import Change
from products.models import CatalogueSettings, PriceChange, PriceKind, PriceReason, Product, ProductPrice
from products.models.settings import MINIMUM_AT_MOST

TOGETHER_AT_MOST = 20_000
NAMED_AT_MOST = 10


@dataclass(frozen=True)
class NewPrice:
    """A price to be written: of which product or bouquet, what it is before, what after."""

    key: int
    before: Decimal
    after: Decimal


def check_price(price: Decimal, *, field: str = "sale_price") -> None:
    """Raise BadInput for a price that can't be meant."""
    if not price.is_finite() or price < 0 or price > MAX_MONEY or price != round_money(price):
        raise BadInput(_("A price is a number from zero up with at most 2 decimals. Correct the price."), field=field)


def note_price(
    product: Product,
    *,
    before: Decimal | None,
    after: Decimal | None,
    why: PriceReason,
    by: Any,
    kind: PriceKind = PriceKind.RETAIL,
    place: int | None = None,
) -> None:
    """Write one line of history, none when nothing changed."""
    if before != after:
        PriceChange.objects.create(
            product=product, kind=kind, place=place, before=before, after=after, why=why, by=by,
        )  # fmt: skip


def set_price(product: Product, *, price: Decimal, seen: Decimal, by: Any) -> Product:
    """Write a retail price in the list, where the person saw `seen`. Raises StaleForm when it is another one meanwhile,
    its data `now` being the price as it is; BadInput."""
    check_price(price, field="price")
    with transaction.atomic():
        stored = Product.all_objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
        if stored.is_deleted:
            raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": stored})
        if stored.sale_price != seen:
            raise StaleForm(
                _("Somebody changed the price meanwhile: it is %(now)s, you saw %(seen)s. Say which shall hold.")
                % {"now": money(stored.sale_price), "seen": money(seen)},
                data={"now": stored.sale_price},
            )
        note_price(stored, before=stored.sale_price, after=price, why=PriceReason.LIST, by=by)
        Product.objects.filter(pk=stored.pk).update(sale_price=price)
    product.sale_price = price
    return product


OVERLAPS = _("Another promotion of this product holds on some of these days. Choose other days or take that one away.")
TAKEN: dict[str, tuple[str | None, Any]] = {"product_price_promotions_apart": ("from_on", OVERLAPS)}


def put_price(
    product: Product,
    *,
    kind: PriceKind,
    price: Decimal,
    place: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    by: Any,
) -> ProductPrice:
    """Write the staff's price, a warehouse's (in place of the one it has) or a promotion's.

    Raises BadInput: a price or days that can't be meant, a promotion that overlaps another one, a deleted product.
    """
    check_price(price, field="price")
    if kind is PriceKind.PROMOTION and (from_on is None or until_on is None or from_on > until_on):
        raise BadInput(_("A promotion has a first and a last day, in this order. Correct the days."), field="until_on")
    if kind is PriceKind.PLACE and place is None:
        raise BadInput(_("Say for which warehouse the price is."), field="place")
    try:
        with transaction.atomic():
            stored = _held(product)
            facts = {"place": place if kind is PriceKind.PLACE else None}
            if kind is PriceKind.PROMOTION:
                row = ProductPrice(product=stored, kind=kind, from_on=from_on, until_on=until_on)
                before = None
            else:
                row = ProductPrice.objects.filter(product=stored, kind=kind, **facts).first() or ProductPrice(
                    product=stored, kind=kind, **facts
                )
                before = row.price if row.pk else None
            row.price = price
            row.save()
            note_price(stored, before=before, after=price, why=PriceReason.FORM, by=by, kind=kind, place=row.place)
    except IntegrityError as error:
        if broken_constraint(error, TAKEN) is None:
            raise
        raise BadInput(OVERLAPS, field="from_on") from error
    return row


def take_price_away(price: ProductPrice, *, by: Any) -> None:
    """The price holds no more. Of two who press at once the second finds nothing and changes nothing."""
    with transaction.atomic():
        product = _held(price.product)
        gone, _models = ProductPrice.objects.filter(pk=price.pk).delete()
        if gone:
            kind = PriceKind(price.kind)
            note_price(
                product, before=price.price, after=None, why=PriceReason.FORM, by=by, kind=kind, place=price.place
            )


def _held(product: Product) -> Product:
    row = Product.all_objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
    if row.is_deleted:
        raise BadInput(_("“%(name)s” is deleted. Restore it before changing it.") % {"name": row})
    return row


# --- many at once ----------------------------------------------------------------------------------------------------


class PricesMoved(StaleForm):
    """Prices, or which products are meant, are not what the preview showed; `data["moved"]` says which."""

    def __init__(self, moved: Sequence[dict[str, Any]]) -> None:
        super().__init__(
            _("Nothing was changed: prices were changed since you looked, or other goods are meant now. Look again."),
            data={"moved": moved},
        )


def plan_of(keys: Iterable[int], change: Change, *, lock: bool = False) -> list[NewPrice]:
    """What `change` makes of the prices of these products, in the order of their keys; deleted ones are left out. With
    `lock` they are as they are now and stay so. Raises BadInput for a price that no product can have."""
    with connection.cursor() as cursor:
        asked = "select id, sale_price from products_product where id = any (%s) and not is_deleted order by id"
        cursor.execute(f"{asked} for no key update" if lock else asked, [list(keys)])
        plan = [NewPrice(key, price, change.of(price)) for key, price in cursor.fetchall()]
    if any(row.after > MAX_MONEY for row in plan):
        raise BadInput(_("This would make a price too large to be meant. Choose less."), field="amount")
    return plan


def fingerprint(plan: Sequence[NewPrice]) -> str:
    """What two people must have seen alike: everything with its price before and after. 32 digits."""
    return uuid.uuid5(uuid.NAMESPACE_OID, ";".join(f"{row.key}:{row.before}>{row.after}" for row in plan)).hex


def last_change() -> int:
    """The number of the newest line of history: what comes later is news to who looks now."""
    return PriceChange.objects.aggregate(last=Max("pk"))["last"] or 0


def change_prices(keys: Sequence[int], change: Change, *, seen: str, since: int, by: Any) -> tuple[uuid.UUID, int]:
    """Change the retail prices of many products as one operation; answers with its key and how many prices changed.

    `seen` is the fingerprint of the plan that the person looked at, `since` the `last_change` of then. Raises PricesMoved
    when it would be another plan now, BadInput for more than TOGETHER_AT_MOST or when nothing would change.
    """
    if len(keys) > TOGETHER_AT_MOST:
        raise BadInput(
            _("At most %(limit)s prices are changed at once. Narrow the list down.") % {"limit": TOGETHER_AT_MOST}
        )
    with transaction.atomic():
        plan = plan_of(keys, change, lock=True)
        if fingerprint(plan) != seen:
            raise PricesMoved(_moved(keys, since))
        changed = [row for row in plan if row.before != row.after]
        if not changed:
            raise BadInput(_("No price would change. Choose another amount."), field="amount")
        operation = uuid.uuid4()
        write_prices(changed, why=PriceReason.BULK, operation=operation, by=by)
    return operation, len(changed)


def _moved(keys: Sequence[int], since: int) -> list[dict[str, Any]]:
    rows = PriceChange.objects.filter(pk__gt=since, product__in=list(keys), kind=PriceKind.RETAIL).order_by("pk")
    found: dict[int, dict[str, Any]] = {}
    for row in rows.select_related("product", "by"):
        known = found.setdefault(row.product_id, {"name": row.product.name, "seen": row.before})
        known |= {"now": row.after, "by": row.by}
    return list(found.values())


def write_prices(rows: Sequence[NewPrice], *, why: PriceReason, operation: uuid.UUID | None, by: Any) -> None:
    """Write retail prices and their lines of history, however many, in two statements. The caller holds the products."""
    keys = [row.key for row in rows]
    before, after = [row.before for row in rows], [row.after for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "update products_product p set sale_price = t.price"
            " from unnest(%s::bigint[], %s::numeric[]) as t (id, price) where p.id = t.id",
            [keys, after],
        )
        cursor.execute(
            "insert into products_pricechange (product_id, kind, before, after, why, operation, at, by_id)"
            " select t.id, %s, t.before, t.after, %s, %s, now(), %s"
            " from unnest(%s::bigint[], %s::numeric[], %s::numeric[]) with ordinality as t (id, before, after, n) order by n",
            [PriceKind.RETAIL.value, why.value, operation, by and by.pk, keys, before, after],
        )


def set_minimum_margin(percent: Decimal) -> None:
    """Settle what every price has to leave, in whole per cent of itself. Raises BadInput."""
    if not percent.is_finite() or not 0 <= percent <= MINIMUM_AT_MOST or percent != int(percent):
        raise BadInput(
            _("The minimum margin is a whole number from 0 to %(most)s. Correct it.") % {"most": MINIMUM_AT_MOST},
            field="percent",
        )
    CatalogueSettings.objects.update_or_create(pk=1, defaults={"minimum_margin": int(percent)})


def undo_prices(operation: uuid.UUID, *, by: Any) -> list[str]:
    """Give the products of an operation the prices they had before it; answers with sentences about those that keep
    theirs, because somebody changed them since or deleted the product. Raises StaleForm when that is true of all."""
    with transaction.atomic():
        lines = list(PriceChange.objects.filter(operation=operation, kind=PriceKind.RETAIL).order_by("product_id"))
        held = Product.all_objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        products = {row.pk: row for row in held.filter(pk__in=[line.product_id for line in lines])}
        later = _changed_after(lines)
        back, kept = [], []
        for line in lines:
            product = products.get(line.product_id)
            if product is None or line.before is None:
                continue
            if product.is_deleted or product.sale_price != line.after or product.pk in later:
                kept.append(product.name)
            else:
                back.append(NewPrice(product.pk, product.sale_price, line.before))
        if not back:
            raise StaleForm(_("All of these prices were changed since. Nothing was taken back."))
        write_prices(back, why=PriceReason.UNDO, operation=None, by=by)
    return these_keep(kept)


def these_keep(names: Sequence[str]) -> list[str]:
    """The sentence about what keeps its price; nothing without names."""
    if not names:
        return []
    named, more = ", ".join(names[:NAMED_AT_MOST]), len(names) - NAMED_AT_MOST
    if more > 0:
        return [
            gettext("These keep their price, it was changed since: %(names)s and %(count)s more.")
            % {"names": named, "count": more}
        ]
    return [gettext("These keep their price, it was changed since: %(names)s.") % {"names": named}]


def _changed_after(lines: Sequence[PriceChange]) -> set[int]:
    """Products with a line of history behind this one."""
    if not lines:
        return set()
    newest: Mapping[int, int] = {line.product_id: line.pk for line in lines}
    rows = PriceChange.objects.filter(product__in=newest, kind=PriceKind.RETAIL, pk__gt=min(newest.values()))
    return {product for product, key in rows.values_list("product", "pk") if key > newest[product]}
