"""Writing recipes: bouquets of flowers and of other bouquets."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.quantities import MAX_QUANTITY, round_quantity
from core.tenancy import current_schema_name
from products.domain.explosion import LEVELS_AT_MOST, PARTS_AT_MOST, Circular, TooDeep, TooManyParts, explode
from products.models import KitItem, Product, ProductKit, Unit
from products.recipes import RecipeLine, read_recipes
from products.services.catalogue import (
    check_price,
    hold_live_category,
    hold_live_products,
    refuse_if_deleted,
    refusing_taken,
)

_UNMAKEABLE: dict[type[Exception], Any] = {
    Circular: _("“%(name)s” would be inside itself. Take the bouquet out of the recipe that leads back to it."),
    TooDeep: _("“%(name)s” would be more than %(levels)s bouquets deep. Put its flowers into the recipe directly."),
    TooManyParts: _("“%(name)s” would be made of more than %(parts)s different products. Leave some out."),
}


def save_kit(kit: ProductKit, lines: Sequence[RecipeLine]) -> ProductKit:
    """Save a bouquet with exactly these lines; what stands in several is summed. Confirmed orders keep what they were
    promised.

    Raises BadInput: no lines, a quantity that can't be meant, something deleted, a taken name, a bouquet that would be
    inside itself, more than five bouquets deep, or made of more than 200 products.
    """
    check_price(kit.sale_price)
    refuse_if_deleted(kit)
    products, inner = _summed(lines)
    if kit.pk is not None and kit in inner:
        raise BadInput(_UNMAKEABLE[Circular] % {"name": kit})
    with transaction.atomic(), refusing_taken():
        hold_live_category(kit.category_id)
        lock_recipes()
        kit.save()
        live = hold_live_products(product.pk for product in products), _hold_live_kits(kit.pk for kit in inner)
        wanted: list[Any] = [*products, *inner]
        for goods in wanted:
            if goods.pk not in live[isinstance(goods, ProductKit)]:
                raise BadInput(_("%(name)s is deleted. Restore it or take something else.") % {"name": goods})
        kit.items.exclude(product__in=products).exclude(inner__in=inner).delete()
        known = {(item.product_id, item.inner_id): item for item in kit.items.all()}
        for product, quantity in products.items():
            _put(known.get((product.pk, None)) or KitItem(kit=kit, product=product), quantity)
        for bouquet, quantity in inner.items():
            _put(known.get((None, bouquet.pk)) or KitItem(kit=kit, inner=bouquet), quantity)
        check_recipe(kit)
    return kit


def _put(item: KitItem, quantity: Decimal) -> None:
    item.quantity = quantity
    item.save()


def lock_recipes() -> None:
    """Let nobody else write recipes in this shop until the caller's transaction ends: two people can't put two bouquets
    into each other. To be taken before any row."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_schema_name()} recipes"])


def check_recipe(kit: ProductKit) -> None:
    """Raises BadInput when the bouquet as it is saved, or one that contains it, can't be made. Under `lock_recipes`."""
    around = _around(kit.pk)
    recipes = read_recipes(around)
    for key in around:
        try:
            explode(recipes, key)
        except (Circular, TooDeep, TooManyParts) as error:
            name = ProductKit.all_objects.get(pk=key)
            raise BadInput(
                _UNMAKEABLE[type(error)] % {"name": name, "levels": LEVELS_AT_MOST, "parts": PARTS_AT_MOST}
            ) from error


def _around(kit: int) -> list[int]:
    """The bouquet and all that contain it, however far: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "with recursive around (kit_id) as (select %s::bigint union"
            " select i.kit_id from around a join products_kititem i on i.inner_id = a.kit_id)"
            " select kit_id from around",
            [kit],
        )
        return [key for (key,) in cursor.fetchall()]


def _hold_live_kits(keys: Iterable[int]) -> set[int]:
    """Which of these bouquets are not deleted; they can't be until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id from products_productkit where id = any (%s) and not is_deleted order by id for key share",
            [sorted(set(keys))],
        )
        return {key for (key,) in cursor.fetchall()}


def _summed(lines: Sequence[RecipeLine]) -> tuple[dict[Product, Decimal], dict[ProductKit, Decimal]]:
    """Products and bouquets with what all their lines come to. Raises BadInput."""
    if not lines:
        raise BadInput(_("A bouquet needs at least one component. Add what it is made of."))
    products: dict[Product, Decimal] = {}
    inner: dict[ProductKit, Decimal] = {}
    for line in lines:
        goods = line.goods
        _check_quantity(goods, line.quantity)
        if isinstance(goods, Product):
            products[goods] = products.get(goods, Decimal(0)) + line.quantity
            _check_quantity(goods, products[goods])
        elif line.quantity != int(line.quantity):
            raise BadInput(_("A bouquet is inside another whole. Correct the number of “%(name)s”.") % {"name": goods})
        else:
            inner[goods] = inner.get(goods, Decimal(0)) + line.quantity
            _check_quantity(goods, inner[goods])
    return products, inner


def _check_quantity(goods: Product | ProductKit, quantity: Decimal) -> None:
    if not quantity.is_finite() or not 0 < quantity <= MAX_QUANTITY or quantity != round_quantity(quantity):
        raise BadInput(
            _("A quantity is a number above zero with at most 3 decimals. Correct %(name)s.") % {"name": goods}
        )


def product_of_kit(kit: ProductKit) -> Product:
    """The product as which bouquets of this recipe stand ready on the shelf, made when first needed.

    Raises BadInput when the bouquet is deleted.
    """
    with transaction.atomic():
        recipe = ProductKit.all_objects.select_for_update(of=("self",), no_key=True).get(pk=kit.pk)
        refuse_if_deleted(recipe)
        made = Product.objects.filter(made_from=recipe).first()
        if made is None:
            made = Product(
                name=recipe.name, category_id=recipe.category_id, unit=Unit.PIECE, sale_price=recipe.sale_price,
                made_from=recipe,
            )  # fmt: skip
            made.save()
    return made
