"""Writing recipes: bouquets of flowers and of other bouquets."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.quantities import MAX_QUANTITY, round_quantity
from core.tenancy import current_schema_name
from products.domain.explosion import LEVELS_AT_MOST, PARTS_AT_MOST, Circular, TooDeep, TooManyParts, explode
from products.models import (
    INSTEAD_AT_MOST,
    Kind,
    KitItem,
    KitItemAlternative,
    PriceRule,
    Product,
    ProductKit,
    ProductVariant,
    ProductVariantGroup,
    Unit,
)  # fmt: skip
from products.recipes import Goods, RecipeLine, read_recipes, recipes_of, reckon_now
from products.selectors import sizes_called
from products.services.catalogue import (
    hold_live,
    hold_live_category,
    refuse_if_deleted,
    refusing_taken,
)
from products.services.prices import check_price

_UNMAKEABLE: dict[type[Exception], Any] = {
    Circular: _("“%(name)s” would be inside itself. Take the bouquet out of the recipe that leads back to it."),
    TooDeep: _("“%(name)s” would be more than %(levels)s bouquets deep. Put its flowers into the recipe directly."),
    TooManyParts: _("“%(name)s” would be made of more than %(parts)s different products. Leave some out."),
}


# What a recipe line holds → the field of the row.
_FIELDS: dict[type[Any], str] = {Product: "product", ProductKit: "inner", ProductVariantGroup: "group"}


def save_kit(kit: ProductKit, lines: Sequence[RecipeLine]) -> ProductKit:
    """Save a bouquet with exactly these lines; what stands in several is summed. Confirmed orders keep what they were
    promised; a new name is that of its other sizes too. A price by a rule is reckoned anew. Where lines of one product are
    summed, what may be taken instead is what the first of them names and then what the others add.

    Raises BadInput: no lines, a service, a quantity that can't be meant, something deleted, a taken name, a bouquet that would be
    inside itself, more than five bouquets deep, or made of more than 200 products; something to be taken instead of
    itself, of a bouquet or of a group.
    """
    check_price(kit.sale_price)
    check_price(kit.work_cost)
    refuse_if_deleted(kit)
    wanted = _summed(lines)
    instead = _instead(lines)
    if kit.pk is not None and kit in wanted:
        raise BadInput(_UNMAKEABLE[Circular] % {"name": kit})
    with transaction.atomic(), refusing_taken():
        hold_live_category(kit.category_id)
        lock_recipes()
        _rename_other_sizes(kit)
        kit.save()
        _refuse_deleted({**wanted, **dict.fromkeys(other for others in instead.values() for other in others)})
        known = {(type(item.goods), item.goods.pk): item for item in _items(kit)}
        kept = {(type(goods), goods.pk) for goods in wanted}
        kit.items.filter(pk__in=[item.pk for key, item in known.items() if key not in kept]).delete()
        for goods, quantity in wanted.items():
            item = known.get((type(goods), goods.pk)) or KitItem(kit=kit, **{_FIELDS[type(goods)]: goods})
            item.quantity = quantity
            item.save()
            _save_instead(item, instead.get(goods, ()))
        check_recipe(kit)
        if kit.price_rule != PriceRule.FIXED:
            kit.sale_price = _price_by_rule(kit)
            kit.save(update_fields=["sale_price"])
    return kit


def _price_by_rule(kit: ProductKit) -> Decimal:
    """The price by the recipe's rule as its flowers cost now. Raises BadInput."""
    reckoned = reckon_now(recipes_of([kit.pk])[kit.pk], price=Decimal(0))
    price = reckoned.price_by(kit.priced)
    if price is None:
        raise BadInput(
            _("%(name)s was never received, so its cost is not known. Choose another rule or type the price.")
            % {"name": reckoned.unknown[0].product},
            field="price_rule",
        )
    check_price(price)
    return price


def _rename_other_sizes(kit: ProductKit) -> None:
    """The sizes of one bouquet have one name: a new one is that of all of them."""
    before = ProductKit.objects.filter(pk=kit.pk).values_list("name", flat=True).first() if kit.pk else None
    if before is not None and before != kit.name:
        sizes_called(before).exclude(pk=kit.pk).update(name=kit.name)


def _save_instead(item: KitItem, wanted: Sequence[Product]) -> None:
    known = [row.product_id for row in item.alternatives.all()]
    if known == [product.pk for product in wanted]:
        return
    item.alternatives.all().delete()
    KitItemAlternative.objects.bulk_create(
        KitItemAlternative(item=item, product=product, position=place) for place, product in enumerate(wanted, start=1)
    )


def _items(kit: ProductKit) -> QuerySet[KitItem]:
    return kit.items.select_related("product", "inner", "group").prefetch_related("alternatives")


def _refuse_deleted(wanted: Iterable[Goods]) -> None:
    """None of them is deleted, and none can be until the caller's transaction ends. Raises BadInput."""
    of_kind: dict[type[Any], list[Goods]] = {Product: [], ProductKit: [], ProductVariantGroup: []}
    for goods in wanted:
        of_kind[type(goods)].append(goods)
    for model, rows in of_kind.items():
        live = hold_live(model, [goods.pk for goods in rows])
        for goods in rows:
            if goods.pk not in live:
                raise BadInput(_("%(name)s is deleted. Restore it or take something else.") % {"name": goods})


def lock_recipes() -> None:
    """Let nobody else write recipes in this shop until the caller's transaction ends: two people can't put two bouquets
    into each other. To be taken before any row."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_schema_name()} recipes"])


def check_recipe(kit: ProductKit) -> None:
    """Raises BadInput when the bouquet as it is saved, or one that contains it, can't be made, or something stands for
    itself. Under `lock_recipes`."""
    for item in kit.items.filter(alternatives__isnull=False).distinct().prefetch_related("alternatives__product"):
        _check_instead(item.goods, [row.product for row in item.alternatives.all()])
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


def _summed(lines: Sequence[RecipeLine]) -> dict[Goods, Decimal]:
    """What goes in, with what all its lines come to. Raises BadInput."""
    if not lines:
        raise BadInput(_("A bouquet needs at least one component. Add what it is made of."))
    found: dict[Goods, Decimal] = {}
    for line in lines:
        found[line.goods] = found.get(line.goods, Decimal(0)) + line.quantity
        for quantity in (line.quantity, found[line.goods]):
            if not quantity.is_finite() or not 0 < quantity <= MAX_QUANTITY or quantity != round_quantity(quantity):
                raise BadInput(
                    _("A quantity is a number above zero with at most 3 decimals. Correct %(name)s.")
                    % {"name": line.goods}
                )
        if isinstance(line.goods, Product):
            _refuse_service(line.goods)
        if isinstance(line.goods, ProductKit) and line.quantity != int(line.quantity):
            raise BadInput(
                _("A bouquet is inside another whole. Correct the number of “%(name)s”.") % {"name": line.goods}
            )
    return found


def _refuse_service(product: Product) -> None:
    if product.is_service:
        raise BadInput(
            _("“%(name)s” is a service: nothing of it goes into a bouquet. Enter the work as money instead.")
            % {"name": product}
        )


def _instead(lines: Sequence[RecipeLine]) -> dict[Goods, list[Product]]:
    """What may be taken instead of what, where there is something; each once. Raises BadInput."""
    found: dict[Goods, list[Product]] = {}
    for line in lines:
        if line.instead:
            found[line.goods] = list(dict.fromkeys([*found.get(line.goods, []), *line.instead]))
    for goods, others in found.items():
        _check_instead(goods, others)
    return found


def _check_instead(goods: Goods, others: Sequence[Product]) -> None:
    """Raises BadInput when these can't be taken instead of `goods`."""
    if not isinstance(goods, Product):
        raise BadInput(
            _("Only a product can have others to take instead. Take them away from “%(name)s”.") % {"name": goods}
        )
    if goods in others:
        raise BadInput(
            _("“%(name)s” can't stand for itself. Choose another product to take instead.") % {"name": goods}
        )
    if len(others) > INSTEAD_AT_MOST:
        raise BadInput(
            _("Instead of “%(name)s” at most %(limit)s products can be taken. Make a group of interchangeable ones.")
            % {"name": goods, "limit": INSTEAD_AT_MOST}
        )
    for other in others:
        _refuse_service(other)


def save_group(group: ProductVariantGroup, products: Sequence[Product]) -> ProductVariantGroup:
    """Save interchangeable products, the most wanted first; one that stands twice counts where it stands first.

    Raises BadInput: fewer than two products, something deleted, a taken name.
    """
    refuse_if_deleted(group)
    wanted = list(dict.fromkeys(products))
    if len(wanted) < 2:
        raise BadInput(_("Interchangeable are at least two products. Add another."))
    with transaction.atomic(), refusing_taken():
        lock_recipes()
        group.save()
        _refuse_deleted(wanted)
        known = {row.product_id: row for row in group.variants.all()}
        group.variants.exclude(product__in=wanted).delete()
        for place, product in enumerate(wanted, start=1):
            row = known.get(product.pk) or ProductVariant(group=group, product=product)
            row.priority = place
            row.save()
    return group


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
                name=str(recipe)[:200], category_id=recipe.category_id, unit=Unit.PIECE, sale_price=recipe.sale_price,
                kind=Kind.BOUQUET, made_from=recipe,
            )  # fmt: skip
            made.save()
    return made
