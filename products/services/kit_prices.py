"""Writing the prices of many bouquets at once: of those whose price is typed. What a rule reckons stays with its rule."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput, StaleForm
from core.quantities import MAX_MONEY
from products.domain.prices import Change
from products.models import PriceRule, ProductKit
from products.services.prices import NewPrice, PricesMoved, fingerprint, these_keep

KITS_TOGETHER_AT_MOST = 2_000  # each stands in what is kept for undoing

Prices = Mapping[str, Sequence[str]]  # bouquet's key → price before, price after


def plan_of_kits(keys: Iterable[int], change: Change, *, lock: bool = False) -> list[NewPrice]:
    """What `change` makes of the prices of these bouquets, in the order of their keys; deleted ones and those whose price
    a rule reckons are left out. With `lock` they are as they are now and stay so. Raises BadInput for a price that no
    bouquet can have."""
    with connection.cursor() as cursor:
        asked = (
            "select id, sale_price from products_productkit"
            " where id = any (%s) and not is_deleted and price_rule = %s order by id"
        )
        cursor.execute(f"{asked} for no key update" if lock else asked, [list(keys), PriceRule.FIXED])
        plan = [NewPrice(key, price, change.of(price)) for key, price in cursor.fetchall()]
    if any(row.after > MAX_MONEY for row in plan):
        raise BadInput(_("This would make a price too large to be meant. Choose less."), field="amount")
    return plan


def change_kit_prices(keys: Sequence[int], change: Change, *, seen: str) -> dict[str, list[str]]:
    """Change the prices of many bouquets as one operation; answers with every price before and after, for undoing.

    `seen` is the fingerprint of the plan that the person looked at. Raises PricesMoved when it would be another plan now,
    BadInput for more than KITS_TOGETHER_AT_MOST or when nothing would change.
    """
    if len(keys) > KITS_TOGETHER_AT_MOST:
        raise BadInput(
            _("At most %(limit)s prices are changed at once. Narrow the list down.") % {"limit": KITS_TOGETHER_AT_MOST}
        )
    with transaction.atomic():
        plan = plan_of_kits(keys, change, lock=True)
        if fingerprint(plan) != seen:
            raise PricesMoved([])
        changed = [row for row in plan if row.before != row.after]
        if not changed:
            raise BadInput(_("No price would change. Choose another amount."), field="amount")
        _write(changed)
    return {str(row.key): [str(row.before), str(row.after)] for row in changed}


def undo_kit_prices(prices: Prices) -> list[str]:
    """Give bouquets the prices they had before; answers with a sentence about those that keep theirs, because somebody
    changed them since, gave them a rule or deleted the bouquet. Raises StaleForm when that is true of all."""
    with transaction.atomic():
        held = ProductKit.all_objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        back, kept = [], []
        for kit in held.filter(pk__in=[int(key) for key in prices]):
            before, after = (Decimal(price) for price in prices[str(kit.pk)])
            if kit.is_deleted or kit.price_rule != PriceRule.FIXED or kit.sale_price != after:
                kept.append(str(kit))
            else:
                back.append(NewPrice(kit.pk, after, before))
        if not back:
            raise StaleForm(_("All of these prices were changed since. Nothing was taken back."))
        _write(back)
    return these_keep(kept)


def _write(rows: Sequence[NewPrice]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update products_productkit k set sale_price = t.price"
            " from unnest(%s::bigint[], %s::numeric[]) as t (id, price) where k.id = t.id",
            [[row.key for row in rows], [row.after for row in rows]],
        )
